// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The types of the server's JSON (docs/snapshot-json.md, docs/history.md). Unknown values are null, never 0. Fields that
// only newer servers send are optional, so that a page and a saved file of neighbouring versions understand each other.

export type Maybe<T> = T | null;
export type Bytes = Maybe<number>;

export const KINDS = ["dram", "l1", "l1_small", "trace"] as const;
export type Kind = (typeof KINDS)[number];

export interface MemoryUse {
  physical_bytes: Bytes;
  capacity_bytes: Bytes;
  reserved_bytes: Bytes;
  allocated_bytes: Bytes;
  requested_bytes: Bytes;
  peak_bytes: Bytes;
  upstream_bytes: Bytes;
  buffers: Maybe<number>;
  banks: Maybe<number>;
  largest_free_bytes_per_bank: Bytes;
}

export interface LayoutSums {
  physical_bytes: number;
  region_bytes: number;
  buffer_bytes: number;
  free_bytes: number;
  unexplained_bytes: number;
  contested_bytes: number;
}

export interface ClashAhead {
  pid: Maybe<number>;
  mesh: Maybe<number>;
  program: number;
  operation: Maybe<string>;
  kernels: string[];
  end_address: number;
  buffer: Maybe<number>;
  buffer_address: number;
  missing_bytes: number;
  refused: boolean;
}

export interface Region {
  pid: Maybe<number>;
  mesh: Maybe<number>;
  memory: "l1" | "dram";
  type: string;
  source: Maybe<string>;
  address: number;
  bytes: number;
  cores: Maybe<number[][]>;
}

export interface Space {
  pid: Maybe<number>;
  mesh: Maybe<number>;
  kind: Kind;
  banks: number;
  base_address: number;
  bank_bytes: number;
  alignment: number;
  allocated_bytes_per_bank: number;
  free_bytes_per_bank: number;
  largest_free_bytes_per_bank: number;
  free_blocks: number;
}

export interface Ring {
  pid: Maybe<number>;
  mesh: Maybe<number>;
  sub_device: number;
  core_type: string;
  trace: boolean;
  launches: number;
  base_address: number;
  capacity_bytes_per_core: number;
  used_bytes_per_core: number;
  evictions: number;
}

export interface DeviceMemory extends Record<Kind, MemoryUse> {
  preallocated_bytes: Bytes;
  circular_buffers: {
    current_bytes: Bytes;
    cached_union_bytes: Bytes;
    programs_sum_bytes: Bytes;
    high_water_bytes_per_core: Bytes;
    headroom_bytes_per_core: Bytes;
    base_address?: Bytes;
    limit_address?: Bytes;
    clashes_ahead?: ClashAhead[];
  };
  kernels: {
    loaded_bytes: Bytes;
    application_bytes: Bytes;
    fabric_bytes: Bytes;
    dispatch_bytes: Bytes;
    ring_capacity_bytes_per_core: Bytes;
    ring_used_bytes_per_core: Bytes;
    rings?: Ring[];
  };
  regions?: Region[];
  layout?: { l1_core: Maybe<LayoutSums>; dram_bank: Maybe<LayoutSums> };
  spaces?: Space[];
}

export interface Sensor {
  state: string;
  value: Maybe<number | string>;
  unit: Maybe<string>;
  age_ns: Maybe<number>;
  limit: Maybe<number>;
  min: Maybe<number>;
  max: Maybe<number>;
}

export interface Device {
  index: number;
  id: Maybe<number>;
  kmd_index: Maybe<number>;
  pci: Maybe<string>;
  unique_id: Maybe<string>;
  arch: Maybe<string>;
  board: Maybe<string>;
  mock: boolean;
  remote: boolean;
  live_processes: number;
  /** Of what moment gauge, layout, regions and free space are; the page's own note. */
  lists_time_ns?: number;
  memory: DeviceMemory;
  telemetry: Maybe<{ condition: string; sensors: Record<string, Sensor> }>;
}

export interface Holding {
  index: number;
  id: Maybe<number>;
  dram_bytes: Bytes;
  l1_bytes: Bytes;
  l1_small_bytes: Bytes;
  trace_bytes: Bytes;
  cb_bytes: Bytes;
  kernel_bytes: Bytes;
  dram_peak_bytes: Bytes;
  l1_peak_bytes: Bytes;
}
export type HoldingField = Exclude<keyof Holding, "index" | "id">;

export interface Process {
  pid: Maybe<number>;
  start_time_ns: Maybe<number>;
  user: Maybe<string>;
  name: Maybe<string>;
  command: Maybe<string>;
  state: string;
  reason: Maybe<string>;
  source: string;
  container: Maybe<{ runtime: Maybe<string>; id: Maybe<string>; pod: Maybe<string>; job: Maybe<string> }>;
  unlisted_buffers: number;
  lost_events: number;
  devices: Holding[];
}

export interface Failure {
  pid: Maybe<number>;
  number: number;
  time_ns: number;
  type: "out_of_memory" | "clash";
  devices: Maybe<number>[];
  operation: Maybe<string>;
  kind?: Maybe<string>;
  requested_bytes?: number;
  bytes_per_bank?: Bytes;
  banks?: Maybe<number>;
  largest_free_bytes_per_bank?: Bytes;
  program_name?: Maybe<string>;
  missing_bytes?: Bytes;
}

export interface Snapshot {
  schema: number;
  time_ns: number;
  driver_version: Maybe<string>;
  devices: Device[];
  processes: Process[];
  failures?: Failure[];
  notices: string[];
}

export interface Frame {
  file: Maybe<string>;
  line: Maybe<number>;
  function: Maybe<string>;
  operation?: string;
}

export interface Buffer {
  pid: Maybe<number>;
  id: number;
  devices: Maybe<number>[];
  device_indexes: number[];
  mesh: Maybe<number>;
  kind: string;
  address: number;
  requested_bytes: number;
  allocated_bytes: number;
  bytes_per_bank: number;
  banks: number;
  page_bytes: Bytes;
  layout: Maybe<string>;
  thread: number;
  allocated_at_ns: number;
  region?: Maybe<string>;
  scope?: Maybe<string>;
  operation?: Maybe<string>;
  label?: Maybe<string>;
  stack?: Maybe<Frame[]>;
  tensor?: Maybe<{ shape: Maybe<number[]>; dtype: Maybe<string>; layout: Maybe<string>; memory_layout: Maybe<string> }>;
  padding_bytes?: Bytes;
  lockstep_waste_bytes?: Bytes;
}

export interface BufferPage {
  time_ns: number;
  matching: number;
  matching_allocated_bytes: number;
  offset: number;
  buffers: Buffer[];
}

export interface BufferRef {
  pid: Maybe<number>;
  id: number;
  address: number;
  bytes_per_bank: number;
}

export interface Stretch {
  address: number;
  bytes: number;
  type: "region" | "buffer" | "free" | "unexplained";
  region: Maybe<string>;
  kind: Maybe<string>;
  source: Maybe<string>;
  buffer: Maybe<BufferRef>;
  more_buffers: number;
}
export interface Layout extends LayoutSums {
  core: Maybe<[number, number]>;
  in_bank: boolean;
  stretches: Stretch[];
}
export interface ProgramRef {
  pid: Maybe<number>;
  id: number;
  name: string;
}
export interface Picture {
  index: number;
  id: Maybe<number>;
  l1_cores: Maybe<number>;
  l1_columns: Maybe<number>;
  l1_banks: Maybe<number>;
  dram_banks: Maybe<number>;
  l1: Maybe<Layout>;
  dram: Maybe<Layout>;
  gauge: {
    known: boolean;
    base_address: Bytes;
    limit_address: Bytes;
    lowest_buffer: Maybe<BufferRef>;
    clashes_ahead: ClashAhead[];
    cores: {
      x: number;
      y: number;
      current_end_address: Bytes;
      current_program: Maybe<ProgramRef>;
      cached_end_address: Bytes;
      cached_program: Maybe<ProgramRef>;
      headroom_bytes: number;
    }[];
  };
  spaces: (Space & {
    blocks: [number, number][];
    fits: { page_bytes: number; interleaved_bytes: Bytes; sharded_bytes_per_core: Bytes }[];
    walls: { bytes_per_bank: number; below: [number, number]; above: [number, number]; buffers: Maybe<BufferRef>[] }[];
  })[];
}

export interface History {
  schema: number;
  seconds_per_point: number;
  columns: string[];
  devices: { index: number; id: Maybe<number>; unique_id: Maybe<string>; pci: Maybe<string>; board: Maybe<string>; arch: Maybe<string>; mock: boolean }[];
  processes: { index: number; pid: Maybe<number>; user: Maybe<string>; command: Maybe<string>; state: string }[];
  series: { device_index: number; process_index: Maybe<number>; pid: Maybe<number>; points: Maybe<number>[][] }[];
  events: HistoryEvent[];
  events_cut: boolean;
}
export interface HistoryEvent {
  time_ns: number;
  type: string;
  pid: Maybe<number>;
  device_index: Maybe<number>;
  kind: Maybe<string>;
  requested_bytes: Bytes;
  text: Maybe<string>;
  /** Of a recording: the name of its moment. */
  at?: string;
}

export interface LedgerEvent {
  time_ns: number;
  pid: Maybe<number>;
  type: string;
  kind: Maybe<string>;
  id: number;
  bytes: number;
  devices: Maybe<number>[];
}

/** A recording as a whole (`ttmem web FILE`). */
export interface Recording {
  name: string;
  path: string;
  first_ns: number;
  span_ns: number;
  events: number;
  processes: { pid: Maybe<number>; name: Maybe<string> }[];
  at: string; // the moment at which it was opened
  beside: boolean; // there is a second recording to compare with
  marks: MomentMark[];
  marks_left_out: number;
  damages: string[];
}

/** A moment of note: a peak, a refusal, a step. */
export interface MomentMark {
  at: string; // its name, to go there
  since_first_ns: number;
  kind: string;
  process: number;
  words: string;
}

export interface Moment {
  at: string; // its name on this page
  words: string; // and for `ttmem snapshot --replay FILE --at`
  time_ns: number;
  since_first_ns: number;
  events: number; // of all processes that have happened
  step: Maybe<number>;
  said: string; // what happened last
}
/** Buffers and bytes of a part of a comparison: only at A, at both, only at B. */
export interface PartSum {
  buffers: number;
  bytes: number;
}
export type Part = "first" | "both" | "second";
export type PartSums = Record<Part, PartSum>;

/** Two moments beside each other. */
export interface Comparison {
  first_time_ns: number;
  second_time_ns: number;
  one_run: boolean; // else buffers are the same where they are alike
  parts: PartSums;
  groups: (PartSums & { name: Maybe<string> })[];
  groups_left_out: number;
  matching: number;
  buffers: Buffer[];
}

/** Why memory was refused up to a moment, or what is fullest then, as `ttmem why` prints it. */
export interface WhyThen {
  verdict: string;
  lines: { text: string; heading: boolean }[];
  notices: string[];
}
export type Move = "back" | "on" | "note_back" | "note_on";
