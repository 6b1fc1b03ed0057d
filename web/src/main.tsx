// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";
import { App, nextTheme, setTheme, tabs } from "./app";
import * as format from "./data/format";
import { openSource } from "./data/open";
import type { Source } from "./data/source";
import { POINTS } from "./parts/time_bar";
import * as state from "./state";
import { exchange, go, goSecond } from "./time";

// The token behind # is taken out of the address, and so out of the browser's history, before anything else happens.
function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** The moment of the page becomes B, where both are of one recording. */
function goSecondHere(): void {
  const { source, moment } = state.get();
  if (moment && source?.past?.other === source?.past) goSecond(moment.at);
}

/** Keys of a recording alone. */
function onMomentKey(key: string): boolean {
  if (!state.get().source?.past) return false;
  if (key === "," || key === ".") go(null, key === "." ? "on" : "back");
  else if (key === "<" || key === ">") go(null, key === ">" ? "note_on" : "note_back");
  else if (key === "b") goSecondHere();
  else if (key === "x") exchange();
  else if (key === "T") document.getElementById("moment")?.focus();
  else return false;
  return true;
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (event.key === "Escape") {
    if (state.get().help) state.set({ help: false });
    else if (target instanceof HTMLInputElement) {
      if (target.id === "filter") state.set({ filter: "" });
      if (target.id === "moment") state.set({ momentComplaint: "" });
      if (target.id === "second-moment") state.set({ secondComplaint: "" });
      target.blur();
    }
    return;
  }
  if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
  const { snapshot, device, help } = state.get();
  const tab = /^[1-9]$/.test(event.key) ? tabs()[Number(event.key) - 1] : undefined;
  if (tab) state.set({ view: tab.view });
  else if (event.key === "/") document.getElementById("filter")?.focus();
  else if (event.key === "?") state.set({ help: !help });
  else if (event.key === "t") nextTheme();
  else if ((event.key === "[" || event.key === "]") && snapshot && snapshot.devices.length > 0) {
    const count = snapshot.devices.length;
    state.set({ device: (device + (event.key === "]" ? 1 : count - 1)) % count });
  } else if (!onMomentKey(event.key)) return;
  event.preventDefault();
}

/** The last minutes for the small charts, or the whole run of a recording. */
function beginCharts(source: Source): void {
  const now = Date.now();
  const question = source.past ? { sinceMs: source.extent().fromMs, untilMs: source.extent().untilMs, points: POINTS } : { sinceMs: now - 600_000, untilMs: now, points: 300 };
  source
    .history({ ...question, deviceId: null })
    .then((past) => {
      state.recent.begin(past);
      const { snapshot } = state.get();
      state.set({ ...(source.past ? { course: past } : {}), ...(snapshot ? { snapshot: { ...snapshot } } : {}) });
    })
    .catch(() => {
      // A server without a history: the small charts begin now.
    });
}

async function begin(): Promise<void> {
  const token = takeToken();
  const { at, second } = state.readAddress();
  document.addEventListener("keydown", onKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(state.get().theme));
  setTheme("auto");
  const root = document.getElementById("app");
  if (root) render(<App />, root);
  const { source, user, complaint } = await openSource(token);
  state.set({ source, user, complaint, details: source.can.details });
  let written = "";
  source.follow(
    (snapshot) => {
      state.recent.add(snapshot);
      state.set({ snapshot });
    },
    (status) => {
      const ended = state.get().details && !source.can.details;
      state.set({ status, details: source.can.details, ...(ended ? { complaint: "This session has ended. Open the page again with: ttmem web" } : {}) });
    },
  );
  // The address follows what is shown, so that it can be passed on.
  const follow = () => {
    const { view, device, momentMs, moment, second } = state.get();
    const now = `${view} ${device} ${momentMs} ${moment?.words} ${second?.words}`;
    if (now !== written) state.writeAddress();
    written = now;
  };
  window.setInterval(follow, 500);
  beginCharts(source);
  if (source.past) {
    document.title = `ttmem – ${format.safe(source.title)}`;
    go(at);
    // Of two recordings B begins at the peak of the second one.
    if (second || source.past.other !== source.past) goSecond(second);
  }
}

void begin();
