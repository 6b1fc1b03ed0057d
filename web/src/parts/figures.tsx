// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures. Each says in `data-path` where in the snapshot it stands: a JSON pointer, or "sum " and a pointer in which *
// is every member of a list. So a test can hold every number of the page against `ttmem snapshot --json`.
import type { Bytes, Maybe } from "../data/model";
import * as format from "../data/format";

interface Place {
  path: string;
}

/** Bytes in a human unit; the exact count stands in the title. */
export function Size({ value, path }: { value: Bytes | undefined } & Place) {
  return (
    <span class={value === null || value === undefined ? "num unknown" : "num"} data-path={path} data-form="bytes" title={format.exactBytes(value)}>
      {format.bytes(value)}
    </span>
  );
}

export function Count({ value, path }: { value: Maybe<number> | undefined } & Place) {
  return (
    <span class={value === null || value === undefined ? "num unknown" : "num"} data-path={path} data-form="count">
      {format.count(value)}
    </span>
  );
}

export function Address({ value, path }: { value: Maybe<number> | undefined } & Place) {
  return (
    <span class="num mono" data-path={path} data-form="hex">
      {format.hex(value)}
    </span>
  );
}

/** `paths`: of the part and of the whole. */
export function Share({ part, whole, paths }: { part: Bytes | undefined; whole: Bytes | undefined; paths: [string, string] }) {
  return (
    <span class="num share" data-path={`share ${paths.join(" ")}`} data-form="percent">
      {format.percent(part, whole)}
    </span>
  );
}

/** A sensor's value with its unit, as it was published. */
export function Reading({ value, unit, path }: { value: Maybe<number | string> | undefined; unit: Maybe<string> | undefined } & Place) {
  const text = value === null || value === undefined ? format.UNKNOWN : typeof value === "string" ? format.safe(value) : String(Math.round(value * 100) / 100);
  const shown = unit === "C" ? "°C" : unit === "count" ? "" : format.safe(unit);
  return (
    <span class={text === format.UNKNOWN ? "num unknown" : "num"} data-path={path} data-form="reading">
      {text === format.UNKNOWN || !shown ? text : `${text} ${shown}`}
    </span>
  );
}

export interface Part {
  name: string;
  bytes: Bytes | undefined;
  tone: string; // a class of the style sheet
}

/** A bar of parts of a whole; what is not covered is free. Its parts are in the title for those who cannot see colours. */
export function Bar({ parts, whole, mark, label }: { parts: Part[]; whole: Bytes | undefined; mark?: Bytes | undefined; label: string }) {
  const shown = whole ? parts.filter((part) => part.bytes) : [];
  const text = `${label}: ${parts.map((part) => `${part.name} ${format.bytes(part.bytes)}`).join(", ")} of ${format.bytes(whole)}`;
  let before = 0;
  return (
    <div class={whole ? "bar" : "bar none"} role="img" aria-label={text} title={text}>
      {shown.map((part) => {
        const from = before;
        before += (100 * (part.bytes ?? 0)) / (whole ?? 1);
        return <i key={part.name} class={part.tone} style={{ left: `${Math.min(from, 100)}%`, width: `${Math.max(0, Math.min(before, 100) - Math.min(from, 100))}%` }} />;
      })}
      {whole && mark ? <b style={{ left: `${Math.min(100, (100 * mark) / whole)}%` }} title={`peak ${format.bytes(mark)}`} /> : null}
    </div>
  );
}

/** Other people's words: text, never markup, and nothing in it that rearranges the line. */
export function Words({ text, empty = format.UNKNOWN }: { text: Maybe<string> | undefined; empty?: string }) {
  const shown = format.safe(text);
  return (
    <bdi class={shown ? "words" : "words unknown"} title={shown || undefined}>
      {shown || empty}
    </bdi>
  );
}
