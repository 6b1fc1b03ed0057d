// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import type { Maybe } from "../data/model";
import { makeStore } from "../store";
import { type By, type Memory, type PageData, Run } from "./data";

export const VIEWS = ["overview", "timeline", "map", "buffers", "compare", "flame"] as const;
export type View = (typeof VIEWS)[number];
export type Theme = "auto" | "light" | "dark";

export interface State {
  page: PageData;
  runs: Run[];
  run: Run; // of the process that is shown
  a: number; // moments of it
  b: Maybe<number>;
  view: View;
  allocator: number;
  memory: Memory;
  by: By;
  pool: number; // whose bank the map shows
  chosen: Maybe<number>; // row of a buffer
  search: string;
  theme: Theme;
  dark: boolean;
  help: boolean;
}

export const { get, set, use } = makeStore<State>({
  page: { schema: 0, name: "", report: undefined as never, peak_processes: [], flames: { frames: [], graphs: [], left_out: 0 }, report_alone: false, processes: [] },
  runs: [],
  run: undefined as never,
  a: 0,
  b: null,
  view: "overview",
  allocator: 0,
  memory: "dram",
  by: "line",
  pool: 0,
  chosen: null,
  search: "",
  theme: "auto",
  dark: false,
  help: false,
});

/** Begins with the highest moment of its largest pool. */
export function show(run: Run): void {
  const peakOf = (pool: number) => run.data.moments.findIndex((moment) => moment.why.some(([why, of]) => why === "peak" && of === pool));
  let largest = 0;
  run.data.pools.forEach((_, pool) => {
    const bytes = (one: number) => run.data.moments[peakOf(one)]?.held[one]?.[1] ?? 0;
    if (bytes(pool) > bytes(largest)) largest = pool;
  });
  set({
    run,
    a: Math.max(0, peakOf(largest)),
    b: null,
    pool: largest,
    allocator: run.data.pools[largest]?.[0] ?? 0,
    memory: run.kindOf(largest).startsWith("l1") ? "l1" : "dram",
    chosen: null,
  });
}

export function step(by: number, second: boolean): void {
  const { run, a, b } = get();
  const last = run.data.moments.length - 1;
  const clamp = (moment: number) => Math.max(0, Math.min(last, moment));
  if (second) set({ b: clamp((b ?? a) + by) });
  else set({ a: clamp(a + by) });
}

const THEMES: Theme[] = ["auto", "light", "dark"];
export function setTheme(theme: Theme): void {
  const dark = theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  set({ theme, dark });
}
export function nextTheme(): void {
  setTheme(THEMES[(THEMES.indexOf(get().theme) + 1) % THEMES.length] as Theme);
}
