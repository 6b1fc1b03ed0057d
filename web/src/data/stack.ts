// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// From a history to what a timeline stacks. Pure.
import * as format from "./format";
import type { Bytes, History, Maybe } from "./model";
import type { Series } from "./source";

export type Memory = "dram" | "l1";
export type By = "kind" | "process" | "device";

export interface Stack {
  seconds: number[]; // since 1970, rising
  series: Series[]; // largest first
}

const MOST_SERIES = 8; // as many as there are colours that everybody can tell apart
const PARTS: Record<Memory, [string, string][]> = {
  dram: [
    ["dram_bytes", "DRAM"],
    ["trace_bytes", "Trace"],
  ],
  l1: [
    ["l1_bytes", "L1 buffers"],
    ["l1_small_bytes", "L1 small"],
    ["cb_bytes", "Circular buffers"],
  ],
};

/** Where each moment stands, so that series with gaps of their own share one axis. */
function axisOf(history: History): { seconds: number[]; place: Map<number, number> } {
  const times = new Set<number>();
  for (const series of history.series) for (const point of series.points) if (typeof point[0] === "number") times.add(point[0]);
  const sorted = [...times].sort((a, b) => a - b);
  return { seconds: sorted.map((ns) => ns / 1e9), place: new Map(sorted.map((ns, index) => [ns, index])) };
}

function total(series: Series): number {
  return series.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The smaller ones together, so that the sum stays whole. */
export function gather(series: Series[]): Series[] {
  const sorted = [...series].filter((one) => one.values.some((value) => value !== null)).sort((a, b) => total(b) - total(a));
  if (sorted.length <= MOST_SERIES) return sorted;
  const rest = sorted.slice(MOST_SERIES - 1);
  const together = (rest[0] as Series).values.map((_, index) => format.sum(rest.map((one) => one.values[index])));
  return [...sorted.slice(0, MOST_SERIES - 1), { key: "rest", label: `${rest.length} more`, values: together }];
}

/** `device`: a place in the history's devices; null: all of them. */
export function stackOf(history: History, memory: Memory, by: By, device: Maybe<number>): Stack {
  const { seconds, place } = axisOf(history);
  const made: Series[] = [];
  const add = (key: string, label: string, column: string, points: Maybe<number>[][]) => {
    const at = history.columns.indexOf(column);
    const found = made.find((one) => one.key === key);
    const series = found ?? { key, label, values: new Array<Bytes>(seconds.length).fill(null) };
    for (const point of points) {
      const index = place.get(point[0] ?? -1);
      const value = point[at];
      if (index !== undefined && typeof value === "number") series.values[index] = (series.values[index] ?? 0) + value;
    }
    if (!found) made.push(series);
  };
  const [mainColumn] = PARTS[memory][0] as [string, string];
  for (const series of history.series) {
    const of = history.devices[series.device_index];
    if (!of || (device !== null && series.device_index !== device)) continue;
    const process = series.process_index === null ? null : history.processes[series.process_index];
    if (by === "process" ? process : !process && series.process_index === null) {
      if (by === "kind") for (const [column, label] of PARTS[memory]) add(column, label, column, series.points);
      else if (by === "device") add(`device ${series.device_index}`, `Device ${of.id ?? series.device_index}`, mainColumn, series.points);
      else if (process) add(`process ${series.process_index}`, `${process.pid ?? format.UNKNOWN} ${format.safe(process.command)}`, mainColumn, series.points);
    }
  }
  return { seconds, series: by === "kind" ? made.filter((one) => one.values.some((value) => value !== null)) : gather(made) };
}

/** Sums from the bottom up, for drawing; a moment at which nothing is known stays a gap. */
export function cumulate(stack: Stack): Bytes[][] {
  const sums: Bytes[][] = [];
  stack.series.forEach((series, row) => {
    const below = sums[row - 1];
    sums.push(
      series.values.map((value, index) => {
        const under = below?.[index] ?? null;
        return value === null && under === null ? (stack.series.some((one) => one.values[index] !== null) ? 0 : null) : (value ?? 0) + (under ?? 0);
      }),
    );
  });
  return sums;
}

/** The last place whose moment is not after `second`; -1: all are. */
export function placeAt(seconds: number[], second: number): number {
  let low = 0;
  let high = seconds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((seconds[middle] as number) <= second) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
