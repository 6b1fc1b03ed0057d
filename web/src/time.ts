// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Going from moment to moment of a recording. Steps that come faster than the server answers are taken one after the
// other, and figures are asked for where they end; moment and figures on the page change together.
import type { Maybe, Move } from "./data/model";
import { Refused } from "./data/session";
import * as state from "./state";

const MOST_WAITING = 30;

let waiting: { at: Maybe<string>; move: Maybe<Move> }[] = [];
let busy = false;

async function work(): Promise<void> {
  const { source } = state.get();
  const past = source?.past;
  if (!source || !past) return;
  let { moment } = state.get();
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    moment = await past.moment(next.at ?? moment?.at ?? "", next.move);
    if (waiting.length > 0) continue;
    const snapshot = await source.snapshot(moment.at);
    if (waiting.length > 0) continue;
    state.set({ moment, snapshot, momentMs: (past.recording.first_ns + moment.since_first_ns) / 1e6, momentComplaint: "", status: { state: "past", why: "" } });
  }
}

/** `at`: a moment's name or a person's words for one; null: the present moment, from which `move` leads on. */
export function go(at: Maybe<string>, move: Maybe<Move> = null): void {
  if (at !== null) waiting = [];
  if (waiting.length < MOST_WAITING) waiting.push({ at, move });
  if (busy) return;
  busy = true;
  work()
    .catch((error: unknown) => {
      waiting = [];
      if (error instanceof Refused && error.status === 404) state.set({ momentComplaint: error.message });
      else state.set({ status: { state: "stale", why: error instanceof Refused ? error.message : "the server does not answer" } });
    })
    .finally(() => (busy = false));
}

let secondWaiting: { at: string; move: Maybe<Move> }[] = [];
let secondBusy = false;

async function workOnSecond(): Promise<void> {
  const other = state.get().source?.past?.other;
  let { second } = state.get();
  for (let next = secondWaiting.shift(); other && next; next = secondWaiting.shift()) {
    second = await other.moment(next.at || (second?.at ?? other.recording.at), next.move);
    if (secondWaiting.length === 0) state.set({ second, secondComplaint: "" });
  }
}

/** Moment B, as go(). */
export function goSecond(at: Maybe<string>, move: Maybe<Move> = null): void {
  if (at !== null) secondWaiting = [];
  if (secondWaiting.length < MOST_WAITING) secondWaiting.push({ at: at ?? "", move });
  if (secondBusy) return;
  secondBusy = true;
  workOnSecond()
    .catch((error: unknown) => {
      secondWaiting = [];
      state.set({ secondComplaint: error instanceof Refused ? error.message : "the server does not answer" });
    })
    .finally(() => (secondBusy = false));
}

/** A and B change places, where they are moments of one recording. */
export function exchange(): void {
  const { moment, second, source } = state.get();
  if (!moment || !second || source?.past?.other !== source?.past) return;
  goSecond(moment.at);
  go(second.at);
}

/** Words for so many seconds after the first event of that recording. */
export function wordsOfSecond(second: number, span_ns: number): string {
  return Math.max(0, Math.min(span_ns / 1e9, second)).toFixed(9);
}

/** To so many seconds after the first event. */
export function goToSecond(second: number): void {
  go(wordsOfSecond(second, state.get().source?.past?.recording.span_ns ?? 0));
}
