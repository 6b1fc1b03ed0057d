// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The data that src/report/page writes into the page, and figures computed from it. Pure but for a cache of its answers.
import type { Maybe } from "../data/model";
import * as format from "../data/format";
import type { Series } from "../data/source";
import { gather, type Stack } from "../data/stack";

export interface Holder {
  pid: Maybe<number>;
  name: Maybe<string>;
  buffers: number;
  bytes: number;
}
export interface Peak {
  pid: Maybe<number>;
  allocator: number;
  devices: number[];
  kind: string;
  bytes: number;
  lower_bound: boolean;
  buffers: number;
  capacity_bytes: Maybe<number>;
  ledger_bytes: Maybe<number>;
  holders: Holder[];
}
/** As `ttmem report --json` prints it (docs/recording.md). */
export interface Report {
  by: string;
  summary: { processes: number; events: number; allocations: number; frees: number; refusals: number; missed: number; seconds: number; file_bytes: number; finished: boolean; damages: string[] };
  processes: {
    pid: Maybe<number>;
    name: Maybe<string>;
    command: Maybe<string>;
    library: Maybe<string>;
    ending: Maybe<string>;
    first_ns: number;
    last_ns: number;
    events: number;
    allocations: number;
    frees: number;
    refusals: number;
    missed: number;
    approximate: boolean;
    from_the_beginning: boolean;
  }[];
  peak: Peak[];
  refusals: { pid: Maybe<number>; time_ns: number; what: string; bytes: number; name: Maybe<string> }[];
  leaks: Holder[];
  temporary: Holder[];
  churn: Holder[];
  growth: { pid: Maybe<number>; step: Maybe<string>; steps: number; rows: { name: Maybe<string>; first_bytes: number; last_bytes: number; bytes_per_step: number; certainty: number }[] }[];
  fragmentation: {
    pid: Maybe<number>;
    allocator: number;
    devices: number[];
    kind: string;
    largest_hole_bytes_per_bank: number;
    free_bytes_per_bank: number;
    bank_bytes: number;
    holes: number;
    joined_bytes_per_bank: number;
    between: Holder[];
  }[];
}

type Sparse = [pool: number, name: number, at: number[], bytes: number[]][];
export type Why = "peak" | "hole" | "refusal" | "further" | "end";
export interface MomentData {
  at: number; // ns since the process's first event
  why: [Why, Maybe<number>][];
  held: [buffers: number, bytes: number][]; // by pool
  plus: number[]; // rows of buffers that live now and did not at the moment before
  minus: number[];
}
const COLUMNS = ["id", "pool", "address", "bytes", "requested", "bank", "banks", "device", "page", "layout", "context", "tensor", "thread", "from", "until"] as const;
export interface ProcessData {
  number: number; // in the report's processes
  span_ns: number;
  allocators: { devices: number[]; lockstep: boolean; banks: Record<string, [base: number, bytes: number, banks: number]> }[];
  pools: [allocator: number, kind: string][];
  pools_left_out: number; // that held less than these
  points: { at: number[]; bytes: number[][]; scope: Sparse; operation: Sparse; line: Sparse };
  least_bytes: number;
  moments: MomentData[];
  buffers: Record<(typeof COLUMNS)[number], Maybe<number>[]>;
  strings: string[];
  frames: [fn: number, file: number, line: number, operation: number][];
  contexts: [scope: number, operation: number, line: number, stack: number[]][];
}
export interface Flame {
  list: string;
  process: number;
  of: Maybe<{ kind: string; allocator: number; devices: number[] }>;
  stacks: [frames: number[], bytes: number, buffers: number][];
}
export interface PageData {
  schema: number;
  name: string;
  report: Report;
  peak_processes: number[]; // by peak of the report: the number of its process, since pids may be equal or unknown
  flames: { frames: string[]; graphs: Flame[]; left_out: number }; // left_out: peaks without a graph
  report_alone: boolean; // there was no room for anything else
  processes: ProcessData[];
}

export interface Place {
  name: string;
  file: string;
  line: number;
  operation: string;
}
export interface Row {
  row: number;
  id: number;
  pool: number;
  kind: string;
  address: number;
  bytes: number; // on each of its devices, as all sums
  requested: number;
  bank: number; // in each bank
  banks: number; // 0 not known
  devices: number[];
  page: number; // 0 not known
  layout: string;
  scope: string;
  operation: string;
  stack: Place[]; // innermost first
  line: string; // "/srv/model.py:12", the innermost that is the program's own
  tensor: string;
  thread: number;
  from: number; // ns since the process's first event
  until: Maybe<number>; // null: not seen
}

export type By = "kind" | "scope" | "operation" | "line" | "tensor";
export type Memory = "dram" | "l1";
export const KINDS_OF: Record<Memory, string[]> = { dram: ["dram", "trace"], l1: ["l1", "l1_small"] };
export const NOT_KNOWN = "not known";

const KIND_NAMES: Record<string, string> = { dram: "DRAM", l1: "L1", l1_small: "L1 small", trace: "trace" };
export function kindName(kind: string): string {
  return Object.hasOwn(KIND_NAMES, kind) ? (KIND_NAMES[kind] as string) : format.word(kind);
}

export function devicesText(devices: number[]): string {
  if (devices.length === 0) return "unknown device";
  const [first, last] = [devices[0] as number, devices[devices.length - 1] as number];
  const range = devices.length > 2 && last - first === devices.length - 1;
  return devices.length === 1 ? `device ${first}` : `devices ${range ? `${first}–${last}` : devices.join(", ")}`;
}

/** One process of the recording. */
export class Run {
  private readonly known = new Map<number, Row>();
  private kept: { moment: number; rows: Row[] }[] = [];

  constructor(readonly data: ProcessData) {}

  private text(index: Maybe<number> | undefined): string {
    return index === null || index === undefined || index < 0 ? "" : (this.data.strings[index] ?? "");
  }

  kindOf(pool: number): string {
    return this.data.pools[pool]?.[1] ?? "";
  }
  poolName(pool: number): string {
    const [allocator, kind] = this.data.pools[pool] ?? [0, ""];
    return `${kindName(kind)}, ${devicesText(this.data.allocators[allocator]?.devices ?? [])}`;
  }
  bankOf(pool: number): Maybe<[base: number, bytes: number, banks: number]> {
    const [allocator, kind] = this.data.pools[pool] ?? [0, ""];
    const of = this.data.allocators[allocator];
    return of?.lockstep ? (of.banks[kind] ?? null) : null;
  }

  row(index: number): Row {
    const known = this.known.get(index);
    if (known) return known;
    const column = (name: (typeof COLUMNS)[number]) => this.data.buffers[name][index] ?? 0;
    const pool = column("pool");
    const [allocator, kind] = this.data.pools[pool] ?? [0, ""];
    const context = this.data.contexts[this.data.buffers.context[index] ?? -1];
    const stack = (context?.[3] ?? []).map((at) => {
      const [fn, file, line, operation] = this.data.frames[at] ?? [-1, -1, 0, -1];
      return { name: this.text(fn), file: this.text(file), line, operation: this.text(operation) };
    });
    const only = this.data.buffers.device[index];
    const made: Row = {
      row: index,
      id: column("id"),
      pool,
      kind,
      address: column("address"),
      bytes: column("bytes"),
      requested: column("requested"),
      bank: column("bank"),
      banks: column("banks"),
      devices: only === null || only === undefined ? (this.data.allocators[allocator]?.devices ?? []) : [only],
      page: column("page"),
      layout: this.text(this.data.buffers.layout[index]),
      scope: this.text(context?.[0]),
      operation: this.text(context?.[1]),
      stack,
      line: this.text(context?.[2]),
      tensor: this.text(this.data.buffers.tensor[index]),
      thread: column("thread"),
      from: column("from"),
      until: this.data.buffers.until[index] ?? null,
    };
    this.known.set(index, made);
    return made;
  }

  /** The buffers that live at a moment, largest first. */
  rowsAt(moment: number): Row[] {
    const known = this.kept.find((one) => one.moment === moment);
    if (known) return known.rows;
    const live = new Set<number>();
    for (const one of this.data.moments.slice(0, moment + 1)) {
      for (const row of one.minus) live.delete(row);
      for (const row of one.plus) live.add(row);
    }
    const rows = [...live].map((row) => this.row(row)).sort((a, b) => b.bytes - a.bytes || a.address - b.address);
    this.kept = [{ moment, rows }, ...this.kept].slice(0, 4);
    return rows;
  }

  /** Buffers and bytes that are held at a moment but in no list, since they are small and the page had no room. */
  unlistedAt(moment: number): { buffers: number; bytes: number } {
    const rows = this.rowsAt(moment);
    let [buffers, bytes] = [-rows.length, -rows.reduce((sum, row) => sum + row.bytes, 0)];
    for (const [count, held] of this.data.moments[moment]?.held ?? []) {
      buffers += count;
      bytes += held;
    }
    return { buffers, bytes };
  }

  /** The kept moment that is nearest to a time. */
  nearest(ns: number): number {
    const moments = this.data.moments;
    let best = 0;
    moments.forEach((moment, index) => {
      if (Math.abs(moment.at - ns) < Math.abs((moments[best] as MomentData).at - ns)) best = index;
    });
    return best;
  }

  /** The bytes of one allocator over time; times in seconds from the process's first event. */
  timeline(allocator: number, memory: Memory, by: By): Stack {
    const { points } = this.data;
    const seconds = points.at.map((ns) => ns / 1e9);
    const pools = this.data.pools.flatMap(([of, kind], pool) => (of === allocator && KINDS_OF[memory].includes(kind) ? [pool] : []));
    if (by === "kind") {
      return { seconds, series: pools.map((pool) => ({ key: this.kindOf(pool), label: kindName(this.kindOf(pool)), values: points.bytes[pool] ?? [] })) };
    }
    const made = new Map<string, Series>();
    for (const [pool, name, at, bytes] of by === "scope" ? points.scope : by === "line" ? points.line : points.operation) {
      if (!pools.includes(pool)) continue;
      const label = this.text(name) || NOT_KNOWN;
      const series = made.get(label) ?? { key: label, label, values: new Array<number>(seconds.length).fill(0) };
      made.set(label, series);
      at.forEach((from, index) => {
        for (let point = from; point < (at[index + 1] ?? seconds.length); ++point) series.values[point] = (series.values[point] ?? 0) + (bytes[index] as number);
      });
    }
    return { seconds, series: gather([...made.values()]) };
  }
}

export function groupOf(row: Row, by: By): string {
  return by === "kind" ? kindName(row.kind) : row[by] || NOT_KNOWN;
}

export interface Group {
  name: string;
  buffers: number;
  bytes: number;
}
export function groups(rows: Row[], by: By): Group[] {
  const made = new Map<string, Group>();
  for (const row of rows) {
    const name = groupOf(row, by);
    const group = made.get(name) ?? { name, buffers: 0, bytes: 0 };
    made.set(name, group);
    group.buffers += 1;
    group.bytes += row.bytes;
  }
  return [...made.values()].sort((a, b) => b.bytes - a.bytes);
}

/** Seconds with so many digits that the moments of a run can be told apart. */
export function secondsOf(ns: number, span: number): string {
  const digits = span >= 100e9 ? 2 : span >= 1e9 ? 3 : span >= 1e6 ? 6 : 9;
  return `${(ns / 1e9).toFixed(digits)} s`;
}

export function lifeText(ns: number): string {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(2)} ms` : `${(ns / 1e9).toFixed(3)} s`;
}

const WHY: Record<Why, string> = { peak: "peak of", hole: "smallest largest hole of", refusal: "refusal", further: "", end: "end of the recording" };
export function whyText(run: Run, moment: MomentData): string {
  const words = moment.why.map(([why, pool]) => (pool === null ? WHY[why] : `${WHY[why]} ${run.poolName(pool)}`));
  return [...new Set(words.filter((word) => word))].join(", ");
}
