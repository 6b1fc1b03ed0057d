// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where figures come from. The views know only this: a running server (live.ts) or a recording at a moment that the
// reader chooses (recorded.ts). What a source cannot do it says in `can`, and the views that need it do not appear.
import type { BufferPage, Bytes, Comparison, History, LedgerEvent, Maybe, Moment, Move, Part, Picture, Recording, Snapshot, WhyThen } from "./model";

export interface BufferQuery {
  device?: number; // index in the snapshot's devices
  pid?: number;
  kind?: string;
  address?: number; // only buffers that cover this address
  offset: number;
  limit: number;
}

export interface HistoryQuery {
  sinceMs: number;
  untilMs: number;
  points: number;
  /** tt-metal's number of one device, whose processes are wanted as well; null: the devices alone. */
  deviceId: Maybe<number>;
}

export interface Status {
  /** "live": figures arrive; "stale": the last ones are shown, `why` says for what reason; "past": a recording. */
  state: "starting" | "live" | "stale" | "past";
  why: string;
}

/** A recording's moments. */
export interface Moments {
  readonly recording: Recording;
  /** The moment that those words name, or the one beside it. Fails when there is none. */
  moment(at: string, move: Maybe<Move>, stop?: AbortSignal): Promise<Moment>;
}

export interface CompareQuery {
  by: string;
  part: Part;
  device_id?: number; // tt-metal's
  kind?: string;
  offset: number;
  limit: number;
}

/** The recording that the page shows; names of its moments go to snapshot(), buffers() and picture(). */
export interface Past extends Moments {
  /** The recording that B is a moment of: this one, or a second file. */
  readonly other: Moments;
  /** The whole of the other one. */
  otherHistory(points: number): Promise<History>;
  compare(at: string, other: string, query: CompareQuery, stop?: AbortSignal): Promise<Comparison>;
  why(at: string, stop?: AbortSignal): Promise<WhyThen>;
  /** The latest events up to a moment. */
  eventsUpTo(at: string, stop?: AbortSignal): Promise<LedgerEvent[]>;
}

export interface Source {
  readonly can: {
    /** Buffers, maps and stacks: the reader is known. */
    details: boolean;
    events: boolean;
  };
  /** null: figures are those of now. */
  readonly past: Maybe<Past>;
  /** The name of the source, for the page's head. */
  readonly title: string;
  /** The moments there are, in ms since 1970; a live source's end moves on. */
  extent(): { fromMs: number; untilMs: number };
  /** Calls back with each new state of affairs, and when the connection changes. Returns a function that ends it. */
  follow(onSnapshot: (snapshot: Snapshot) => void, onStatus: (status: Status) => void): () => void;
  /** Of a moment of the past; null: the latest. */
  snapshot(at: Maybe<string>, stop?: AbortSignal): Promise<Snapshot>;
  buffers(query: BufferQuery, at: Maybe<string>, stop?: AbortSignal): Promise<BufferPage>;
  picture(device: number, core: Maybe<[number, number]>, at: Maybe<string>, stop?: AbortSignal): Promise<Maybe<Picture>>;
  history(query: HistoryQuery, stop?: AbortSignal): Promise<History>;
  /** Calls back with events from now on; `missed`: events that were lost unread. Returns a function that ends it. */
  events(onEvents: (events: LedgerEvent[], missed: number) => void): () => void;
}

/** A row of a timeline: what is stacked, by moment. */
export interface Series {
  key: string;
  label: string;
  values: Bytes[];
}
