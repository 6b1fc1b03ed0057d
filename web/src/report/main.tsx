// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The page of a recording. Its data stands in the element #data, as JSON; nothing is asked of any network.
import { render } from "preact";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as format from "../data/format";
import { Buffers } from "./buffers";
import { Compare } from "./compare";
import { type PageData, Run } from "./data";
import { FlameView } from "./flame_view";
import { MapView } from "./map";
import { Overview } from "./overview";
import * as state from "./state";
import type { Theme, View } from "./state";
import { Timeline } from "./timeline";

const NAMES: Record<View, string> = { overview: "Overview", timeline: "Timeline", map: "Map", buffers: "Buffers", compare: "Compare", flame: "Flame graph" };
const SHOWN: Record<View, ComponentType> = { overview: Overview, timeline: Timeline, map: MapView, buffers: Buffers, compare: Compare, flame: FlameView };
const THEME_SIGNS: Record<Theme, string> = { auto: "◐", light: "☀", dark: "☾" };
const KEYS: [string, string][] = [
  ["1 … 6", "views, from left to right"],
  ["← →", "the moment A before, the next one; with Shift B"],
  ["p", "the next peak"],
  ["x", "exchange A and B; Shift+X: B is gone"],
  ["+ − 0", "timeline and map: zoom, the whole"],
  ["↑ ↓ Enter", "rows of a table, buffers of the map, frames of the flame graph"],
  ["/", "search by address or name; Esc clears"],
  ["[ ]", "the process before, the next one"],
  ["t", "light, dark, or as the system has it"],
  ["?", "this help"],
];

function Help() {
  return (
    <div class="veil" onClick={() => state.set({ help: false })}>
      <div class="card help" role="dialog" aria-modal="true" aria-label="Keys" onClick={(event) => event.stopPropagation()}>
        <h2>Keys</h2>
        <dl class="list">
          {KEYS.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <p class="quiet">Sizes are those on each device. A moment that is not kept is not in this file: ttmem report --at TIME answers for any.</p>
        <button class="plain" autofocus onClick={() => state.set({ help: false })}>
          Close
        </button>
      </div>
    </div>
  );
}

function ProcessChoice() {
  const runs = state.use((all) => all.runs);
  const run = state.use((all) => all.run);
  const processes = state.get().page.report.processes;
  if (runs.length < 2) return null;
  return (
    <label class="choice">
      <span>Process</span>
      <select id="process" value={String(runs.indexOf(run))} onChange={(event) => state.show(runs[Number(event.currentTarget.value)] as Run)}>
        {runs.map((one, index) => (
          <option key={index} value={String(index)}>
            {processes[one.data.number]?.pid ?? format.UNKNOWN} {format.safe(processes[one.data.number]?.name)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Head() {
  const view = state.use((all) => all.view);
  const theme = state.use((all) => all.theme);
  const name = state.get().page.name;
  return (
    <header class="head">
      <span class="logo">
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <rect x="2" y="13" width="5" height="9" rx="1.5" class="f-dram" />
          <rect x="9.5" y="7" width="5" height="15" rx="1.5" class="f-l1" />
          <rect x="17" y="2" width="5" height="20" rx="1.5" class="f-cb" />
        </svg>
        ttmem
      </span>
      <nav role="tablist" aria-label="Views">
        {state.VIEWS.map((one, index) => (
          <button key={one} role="tab" aria-selected={view === one} title={`key ${index + 1}`} onClick={() => state.set({ view: one })}>
            {NAMES[one]}
          </button>
        ))}
      </nav>
      <span class="grow" />
      <ProcessChoice />
      <bdi class="file quiet" title={format.safe(name)}>
        {format.safe(name)}
      </bdi>
      <button class="icon" aria-label={`Colours: ${theme}`} title={`Colours: ${theme} (t)`} onClick={state.nextTheme}>
        {THEME_SIGNS[theme]}
      </button>
      <button class="icon" aria-label="Keys and help" title="Keys and help (?)" onClick={() => state.set({ help: true })}>
        ?
      </button>
    </header>
  );
}

function App() {
  const view = state.use((all) => all.view);
  const run = state.use((all) => all.run);
  const help = state.use((all) => all.help);
  const main = useRef<HTMLElement>(null);
  useEffect(() => main.current?.scrollTo(0, 0), [view]);
  const Shown = SHOWN[view];
  const empty = !run || run.data.moments.length === 0;
  return (
    <>
      <Head />
      <main ref={main} data-view={view}>
        {empty && view !== "overview" ? <p class="card empty">Nothing was recorded.</p> : <Shown key={run ? run.data.number : -1} />}
      </main>
      {help ? <Help /> : null}
    </>
  );
}

function nextPeak(): void {
  const { run, a } = state.get();
  const peaks = run.data.moments.flatMap((moment, index) => (moment.why.some(([why]) => why === "peak") ? [index] : []));
  const next = peaks.find((index) => index > a) ?? peaks[0];
  if (next !== undefined) state.set({ a: next });
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.key === "Escape") {
    if (state.get().help) state.set({ help: false });
    else if (target instanceof HTMLInputElement) {
      state.set({ search: "" });
      target.blur();
    } else state.set({ chosen: null });
    return;
  }
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement || event.ctrlKey || event.altKey || event.metaKey) return;
  const { a, b, runs, run, view, help } = state.get();
  if (!run) return;
  const tab = /^[1-9]$/.test(event.key) ? state.VIEWS[Number(event.key) - 1] : undefined;
  if (tab) state.set({ view: tab });
  else if (event.key === "ArrowLeft" || event.key === "ArrowRight") state.step(event.key === "ArrowRight" ? 1 : -1, event.shiftKey);
  else if (event.key === "p") nextPeak();
  else if (event.key === "x" && b !== null) state.set({ a: b, b: a });
  else if (event.key === "X") state.set({ b: null });
  else if (event.key === "/") {
    if (view !== "flame") state.set({ view: "buffers" });
    requestAnimationFrame(() => document.getElementById("search")?.focus());
  } else if (event.key === "?") state.set({ help: !help });
  else if (event.key === "t") state.nextTheme();
  else if ((event.key === "[" || event.key === "]") && runs.length > 1) state.show(runs[(runs.indexOf(run) + (event.key === "]" ? 1 : runs.length - 1)) % runs.length] as Run);
  else return;
  event.preventDefault();
}

function begin(): void {
  const page = JSON.parse(document.getElementById("data")?.textContent ?? "") as PageData;
  const runs = page.processes.map((one) => new Run(one));
  state.set({ page, runs });
  // The process that held the most is shown first.
  const bytesOf = (run: Run) => Math.max(0, ...page.report.peak.filter((_, index) => page.peak_processes[index] === run.data.number).map((peak) => peak.bytes));
  const first = [...runs].sort((one, other) => bytesOf(other) - bytesOf(one))[0];
  if (first) state.show(first);
  document.title = `ttmem – ${format.safe(page.name)}`;
  document.addEventListener("keydown", onKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state.setTheme(state.get().theme));
  state.setTheme("auto");
  const root = document.getElementById("app");
  if (root) render(<App />, root);
}

begin();
