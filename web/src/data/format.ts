// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How figures and names are written. Pure.
import type { Bytes, Device, Maybe } from "./model";

export const UNKNOWN = "–";
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** Three or four digits and a unit of 1024: "8.94 GiB". Unknown is a dash. */
export function bytes(value: Bytes | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  let scaled = Math.abs(value);
  let unit = 0;
  while (scaled >= 1023.5 && unit < UNITS.length - 1) {
    scaled /= 1024;
    ++unit;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${value < 0 ? "−" : ""}${scaled.toFixed(digits)} ${UNITS[unit]}`;
}

/** A count with thin spaces between thousands. */
export function count(value: Maybe<number> | undefined): string {
  return value === null || value === undefined ? UNKNOWN : String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

export function exactBytes(value: Bytes | undefined): string {
  return value === null || value === undefined ? "not known" : `${count(value)} bytes`;
}

export function percent(part: Bytes | undefined, whole: Bytes | undefined): string {
  if (part === null || part === undefined || !whole) return UNKNOWN;
  return `${((100 * part) / whole).toFixed(1)} %`;
}

export function hex(value: Maybe<number> | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `0x${value.toString(16)}`;
}

/** Of a moment in nanoseconds since 1970, in the reader's own time zone. */
export function clock(timeNs: number, withDate = false): string {
  const date = new Date(timeNs / 1e6);
  const two = (n: number) => String(n).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withDate ? `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}` : time;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} d`;
}

// Characters that turn the direction of text, or draw nothing: a name must not disguise what stands beside it.
const DISGUISES = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text of other people, for display: as text alone, without characters that rearrange the line. */
export function safe(text: Maybe<string> | undefined): string {
  return text === null || text === undefined ? "" : text.replace(DISGUISES, "\u00b7");
}

/** A word of the server's own vocabulary, as a person would write it. It is cleaned like any other text. */
export function word(text: Maybe<string> | undefined): string {
  return safe(text).replace(/_/g, " ");
}

/** A style sheet's class for such a word; what is no plain word gets none. */
export function className(prefix: string, text: Maybe<string> | undefined): string {
  return text && /^[a-z_]{1,24}$/.test(text) ? `${prefix}${text}` : "";
}

/** "model.py:42": the file alone, for the folder is mostly the same; empty where nothing is known. */
export function placeOf(frame: { file: Maybe<string>; line: Maybe<number> } | undefined): string {
  if (!frame?.file) return "";
  return safe(frame.file.slice(frame.file.lastIndexOf("/") + 1)) + (frame.line === null ? "" : `:${frame.line}`);
}

/** The line that made something: the innermost frame outside of ttnn's own files and of compiled text; empty where none is known. */
export function lineOf(stack: Maybe<{ file: Maybe<string>; line: Maybe<number> }[]> | undefined): string {
  return placeOf(stack?.find((frame) => frame.line !== null && frame.file && !frame.file.includes("/ttnn/") && !frame.file.startsWith("<")));
}

export function deviceName(device: Pick<Device, "id" | "kmd_index" | "index">): string {
  if (device.id !== null) return `Device ${device.id}`;
  return device.kmd_index !== null ? `Card ${device.kmd_index}` : `Device at ${device.index}`;
}

/** The sum of what is known; null where nothing is. */
export function sum(values: Iterable<Bytes | undefined>): Bytes {
  let total: Bytes = null;
  for (const value of values) if (value !== null && value !== undefined) total = (total ?? 0) + value;
  return total;
}

export function sensorName(name: string): string {
  return word(name).replace(/\b(asic|ai|axi|arc|pcie|eth|m3)\b/g, (word) => (word === "ai" ? "AI" : word === "pcie" ? "PCIe" : word.toUpperCase()));
}

/** "/srv/models/attention.py:12" without its folders, as a name is shown; the title has all of it. */
export function shortPlace(name: string): string {
  return /:\d+$/.test(name) ? name.slice(name.lastIndexOf("/") + 1) : name;
}
