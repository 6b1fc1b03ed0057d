// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The state of the page: one value, replaced as a whole; components follow the part that they draw.
import type { History, Maybe, Moment, Snapshot } from "./data/model";
import { RecentSeries } from "./data/recent";
import type { Source, Status } from "./data/source";
import { makeStore } from "./store";

export type View = "overview" | "device" | "timeline" | "map" | "buffers" | "events" | "compare";
export type Theme = "auto" | "light" | "dark";

export interface State {
  source: Maybe<Source>;
  details: boolean; // the source answers for maps and buffers
  user: Maybe<string>;
  complaint: string; // why the token of the address was not taken
  status: Status;
  snapshot: Maybe<Snapshot>;
  view: View;
  device: number; // index in the snapshot's devices
  filter: string;
  help: boolean;
  theme: Theme;
  dark: boolean; // what the theme comes to
  /** A moment of the timeline that the address names (ms since 1970). */
  momentMs: Maybe<number>;
  /** The moment of the recording that everything on the page is of; null: the present. */
  moment: Maybe<Moment>;
  momentComplaint: string; // why the words that were typed name none
  /** Moment B of a recording, which a comparison shows beside the moment of the page (A). */
  second: Maybe<Moment>;
  secondComplaint: string;
  /** The whole run that B is a moment of. */
  secondCourse: Maybe<History>;
  /** The whole run of a recording, for its time bar. */
  course: Maybe<History>;
  /** The address of the buffer that another view asked to show. */
  address: Maybe<number>;
}

const store = makeStore<State>({
  source: null,
  details: false,
  user: null,
  complaint: "",
  status: { state: "starting", why: "" },
  snapshot: null,
  view: "overview",
  device: 0,
  filter: "",
  help: false,
  theme: "auto",
  dark: false,
  momentMs: null,
  moment: null,
  momentComplaint: "",
  second: null,
  secondComplaint: "",
  secondCourse: null,
  course: null,
  address: null,
});
export const { get, set, use } = store;
export const recent = new RecentSeries();

/** Of which moment maps and buffers are; null: the latest. */
export function detailsAt(all: State): Maybe<string> {
  return all.moment?.at ?? null;
}

/** The address names view, device and moment, so that it can be passed on; never a key. */
export function readAddress(): { at: string; second: string } {
  const words = new URLSearchParams(location.search);
  const views: View[] = ["overview", "device", "timeline", "map", "buffers", "events", "compare"];
  const view = views.find((name) => name === words.get("view"));
  const device = Number(words.get("device") ?? "0");
  const moment = Number(words.get("t") ?? "");
  set({
    view: view ?? "overview",
    device: Number.isInteger(device) && device >= 0 ? device : 0,
    momentMs: words.has("t") && Number.isFinite(moment) ? moment : null,
  });
  return { at: words.get("at") ?? "", second: words.get("b") ?? "" };
}
export function writeAddress(): void {
  const state = get();
  const words = new URLSearchParams();
  if (state.view !== "overview") words.set("view", state.view);
  if (state.device !== 0) words.set("device", String(state.device));
  if (state.moment) words.set("at", state.moment.words);
  if (state.second) words.set("b", state.second.words);
  if (!state.moment && state.momentMs !== null) words.set("t", String(Math.round(state.momentMs)));
  const query = words.toString();
  const wanted = location.pathname + (query ? `?${query}` : "");
  if (wanted !== location.pathname + location.search + location.hash) history.replaceState(null, "", wanted);
}
