// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Below a list of which a part is shown: its place in the whole, and buttons to the parts around it.
import * as format from "../data/format";

interface Props {
  offset: number;
  /** Most rows of a part. */
  size: number;
  /** Rows of the whole list. */
  all: number;
  before: string;
  after: string;
  onMove: (offset: number) => void;
}

export function Pager({ offset, size, all, before, after, onMove }: Props) {
  if (all <= size) return null;
  return (
    <p class="pager">
      <button disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - size))}>
        ← {before}
      </button>
      <span>
        {format.count(offset + 1)} – {format.count(Math.min(all, offset + size))}
      </span>
      <button disabled={offset + size >= all} onClick={() => onMove(offset + size)}>
        {after} →
      </button>
    </p>
  );
}
