// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where figures come from. The views know only this: a running server today (live.ts), a recording or a saved page
// with its data inside alike. What a source cannot do it says in `can`, and the views that need it do not appear.
import type { BufferPage, Bytes, History, LedgerEvent, Maybe, Picture, Snapshot } from "./model";

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

export interface Source {
  readonly can: {
    /** Buffers, maps and stacks: the reader is known. */
    details: boolean;
    /** snapshot(), buffers() and picture() answer for past moments too. */
    pastDetails: boolean;
    events: boolean;
  };
  /** The name of the source, for the page's head. */
  readonly title: string;
  /** The moments there are, in ms since 1970; a live source's end moves on. */
  extent(): { fromMs: number; untilMs: number };
  /** Calls back with each new state of affairs, and when the connection changes. Returns a function that ends it. */
  follow(onSnapshot: (snapshot: Snapshot) => void, onStatus: (status: Status) => void): () => void;
  /** Of a moment (ns since 1970); null: the latest. */
  snapshot(atNs: Maybe<number>, stop?: AbortSignal): Promise<Snapshot>;
  buffers(query: BufferQuery, atNs: Maybe<number>, stop?: AbortSignal): Promise<BufferPage>;
  picture(device: number, core: Maybe<[number, number]>, atNs: Maybe<number>, stop?: AbortSignal): Promise<Maybe<Picture>>;
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
