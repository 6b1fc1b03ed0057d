// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "preact/hooks";
import * as format from "./data/format";
import * as state from "./state";
import { TimeBar } from "./parts/time_bar";
import type { Theme, View } from "./state";
import { BuffersView } from "./views/buffers";
import { CompareView } from "./views/compare";
import { DeviceView } from "./views/device";
import { EventsView } from "./views/events";
import { MapView } from "./views/map";
import { Overview } from "./views/overview";
import { Timeline } from "./views/timeline";

interface Tab {
  view: View;
  name: string;
  /** Shown only to a reader whom the source knows. */
  details?: boolean;
  /** Shown only of a recording. */
  past?: boolean;
}
const TABS: Tab[] = [
  { view: "overview", name: "Overview" },
  { view: "device", name: "Device" },
  { view: "timeline", name: "Timeline" },
  { view: "events", name: "Events" },
  { view: "map", name: "Map", details: true },
  { view: "buffers", name: "Buffers", details: true },
  { view: "compare", name: "Compare", details: true, past: true },
];
const isShown = (tab: Tab, all: state.State): boolean => (!tab.details || all.details) && (!tab.past || all.source?.past !== null);
export const tabs = (): Tab[] => TABS.filter((tab) => isShown(tab, state.get()));

const THEMES: Theme[] = ["auto", "light", "dark"];
const THEME_SIGNS: Record<Theme, string> = { auto: "◐", light: "☀", dark: "☾" };
export function setTheme(theme: Theme): void {
  const dark = theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  state.set({ theme, dark });
}
export function nextTheme(): void {
  setTheme(THEMES[(THEMES.indexOf(state.get().theme) + 1) % THEMES.length] as Theme);
}

function Help() {
  const keys: [string, string][] = [
    [`1 … ${tabs().length}`, "views, from left to right"],
    ["[  ]", "the device before, the next one"],
    ["/", "filter processes and events; Esc clears"],
    ["t", "light, dark, or as the system has it"],
    ["↑ ↓ Enter", "rows of a table, stretches of the map"],
    ["← → + − 0", "timeline: step, zoom, now; Shift moves moment B"],
    ["+ − 0 PgUp PgDn", "map: zoom, whole, move"],
    ...(state.get().source?.past
      ? ([
          [", .", "recording: the moment before, the next one"],
          ["< >", "recording: the moment of note before, the next one (peak, refusal, step)"],
          ["T", "recording: go to a moment: seconds, 40%, step:N, peak"],
          ["b  x", "recording: this moment becomes B of the comparison; A and B change places"],
          ["← → Home End", "time bar: a hundredth of the time (with Shift a thousandth), begin, end"],
        ] as [string, string][])
      : []),
    ["?", "this help"],
  ];
  return (
    <div class="veil" onClick={() => state.set({ help: false })}>
      <div class="card help" role="dialog" aria-modal="true" aria-label="Keys" onClick={(event) => event.stopPropagation()}>
        <h2>Keys</h2>
        <dl class="list">
          {keys.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        {state.get().details ? null : (
          <p>
            Maps, buffers, stacks and whole command lines are for their owner: open this page with <code>ttmem web</code>.
          </p>
        )}
        <button class="plain" autofocus onClick={() => state.set({ help: false })}>
          Close
        </button>
      </div>
    </div>
  );
}

function Head() {
  const view = state.use((all) => all.view);
  const details = state.use((all) => all.details);
  const user = state.use((all) => all.user);
  const status = state.use((all) => all.status);
  const snapshot = state.use((all) => all.snapshot);
  const filter = state.use((all) => all.filter);
  const theme = state.use((all) => all.theme);
  const title = state.use((all) => all.source?.title ?? "");
  const past = state.use((all) => all.source?.past ?? null);
  const said = status.state === "live" ? `live ${snapshot ? format.clock(snapshot.time_ns) : ""}` : status.state === "stale" ? `stale since ${snapshot ? format.clock(snapshot.time_ns) : "the start"}` : status.state === "past" ? "recording" : status.state;
  return (
    <header class="head">
      <a class="logo" href="/" onClick={(event) => (event.preventDefault(), state.set({ view: "overview" }))}>
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <rect x="2" y="13" width="5" height="9" rx="1.5" class="f-dram" />
          <rect x="9.5" y="7" width="5" height="15" rx="1.5" class="f-l1" />
          <rect x="17" y="2" width="5" height="20" rx="1.5" class="f-cb" />
        </svg>
        ttmem
      </a>
      <nav role="tablist" aria-label="Views">
        {TABS.filter((tab) => (!tab.details || details) && (!tab.past || past)).map((tab, index) => (
          <button key={tab.view} role="tab" aria-selected={view === tab.view} title={`key ${index + 1}`} onClick={() => state.set({ view: tab.view })}>
            {tab.name}
          </button>
        ))}
      </nav>
      <span class="grow" />
      <input type="search" id="filter" placeholder="Filter  /" aria-label="Filter processes and events" value={filter} onInput={(event) => state.set({ filter: event.currentTarget.value })} />
      <span class={`status ${status.state}`} role="status" title={status.why || `figures of ${title}`}>
        <i aria-hidden="true" />
        {said}
      </span>
      {status.state === "past" ? (
        <bdi class="file quiet" title={format.safe(title)}>
          {format.safe(title)}
        </bdi>
      ) : null}
      <span class="who quiet" title={details ? "You see names, maps and buffers of your own processes" : "Open this page with: ttmem web"}>
        {details ? format.safe(user) : "guest"}
      </span>
      <button class="icon" aria-label={`Colours: ${theme}`} title={`Colours: ${theme} (t)`} onClick={nextTheme}>
        {THEME_SIGNS[theme]}
      </button>
      <button class="icon" aria-label="Keys and help" title="Keys and help (?)" onClick={() => state.set({ help: true })}>
        ?
      </button>
    </header>
  );
}

export function App() {
  const snapshot = state.use((all) => all.snapshot);
  const view = state.use((all) => all.view);
  const status = state.use((all) => all.status);
  const details = state.use((all) => all.details);
  const complaint = state.use((all) => all.complaint);
  const help = state.use((all) => all.help);
  const past = state.use((all) => all.source?.past ?? null);
  const main = useRef<HTMLElement>(null);
  useEffect(() => main.current?.scrollTo(0, 0), [view]);
  const shown = ((view === "map" || view === "buffers" || view === "compare") && !details) || (view === "compare" && !past) ? "overview" : view;
  return (
    <>
      <Head />
      {past ? <TimeBar past={past} /> : null}
      <main ref={main} class={status.state === "stale" ? "stale" : ""}>
        {complaint ? (
          <p class="card warn" role="alert">
            {format.safe(complaint)}{" "}
            <button class="plain" onClick={() => state.set({ complaint: "" })}>
              Close
            </button>
          </p>
        ) : null}
        {status.state === "stale" ? (
          <p class="card warn" role="alert">
            {format.safe(status.why)}: the figures below are those of {snapshot ? format.clock(snapshot.time_ns) : "no moment yet"}.
          </p>
        ) : null}
        {!snapshot ? (
          <p class="empty">{status.state === "stale" ? "" : "…"}</p>
        ) : shown === "overview" ? (
          <Overview snapshot={snapshot} />
        ) : shown === "device" ? (
          <DeviceView snapshot={snapshot} />
        ) : shown === "timeline" ? (
          <Timeline snapshot={snapshot} />
        ) : shown === "events" ? (
          <EventsView snapshot={snapshot} />
        ) : shown === "map" ? (
          <MapView snapshot={snapshot} />
        ) : shown === "compare" ? (
          <CompareView snapshot={snapshot} />
        ) : (
          <BuffersView snapshot={snapshot} />
        )}
      </main>
      {help ? <Help /> : null}
    </>
  );
}
