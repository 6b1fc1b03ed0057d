// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import type { Maybe } from "../data/model";
import * as format from "../data/format";

/** A name of a group: a line without its folders, which the title has. */
export function Named({ text, empty = format.UNKNOWN }: { text: Maybe<string> | undefined; empty?: string }) {
  const whole = format.safe(text);
  return (
    <bdi class={whole ? "words" : "words unknown"} title={whole || undefined}>
      {format.shortPlace(whole) || empty}
    </bdi>
  );
}

/** A part of the largest of a list. */
export function Thin({ part, whole }: { part: number; whole: number }) {
  return (
    <div class="bar thin" aria-hidden="true">
      <i class="s1" style={{ left: "0", width: `${whole > 0 ? (100 * part) / whole : 0}%` }} />
    </div>
  );
}
