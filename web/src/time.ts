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

/** To so many seconds after the first event. */
export function goToSecond(second: number): void {
  const span = (state.get().source?.past?.recording.span_ns ?? 0) / 1e9;
  go(Math.max(0, Math.min(span, second)).toFixed(9));
}
