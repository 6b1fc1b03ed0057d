// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from "preact/hooks";
import type { Bytes, Maybe } from "../data/model";
import * as format from "../data/format";
import { placeAt } from "../data/stack";
import { Chart, TONES } from "../parts/chart";
import { Choice } from "../parts/device_choice";
import { move, Table } from "../parts/table";
import { type By, devicesText, type Group, groups, groupOf, kindName, KINDS_OF, type Memory, type MomentData, NOT_KNOWN, type Run, secondsOf, whyText } from "./data";
import { Brush } from "./brush";
import { MomentBar } from "./moment_bar";
import { Named, Thin } from "../parts/named";
import * as state from "./state";

const MARKS = { peak: "accent", hole: "near", refusal: "bad", further: "region", end: "quiet" } as const;

function difference(a: number, b: number): string {
  return a === b ? "=" : `${b > a ? "+" : "−"}${format.bytes(Math.abs(b - a))}`;
}

/** The bytes of each name at a kept moment: from the buffers themselves, not from the timeline's points. */
function heldBy(run: Run, moment: number, allocator: number, memory: Memory, by: By): Map<string, number> {
  const sums = new Map<string, number>();
  if (by === "kind") {
    run.data.pools.forEach(([of, kind], pool) => {
      if (of === allocator && KINDS_OF[memory].includes(kind)) sums.set(kindName(kind), run.data.moments[moment]?.held[pool]?.[1] ?? 0);
    });
    return sums;
  }
  for (const row of run.rowsAt(moment)) {
    if (run.data.pools[row.pool]?.[0] !== allocator || !KINDS_OF[memory].includes(row.kind)) continue;
    const name = groupOf(row, by);
    sums.set(name, (sums.get(name) ?? 0) + row.bytes);
  }
  return sums;
}

function Figure({ value }: { value: Bytes | undefined }) {
  return (
    <td class="number" title={format.exactBytes(value)}>
      {format.bytes(value)}
    </td>
  );
}

/** All kinds and all allocators together: what a person asks first of a moment. */
function Held({ run, moment, by }: { run: Run; moment: number; by: By }) {
  const found = useMemo(() => groups(run.rowsAt(moment), by), [run, moment, by]);
  const most = found[0]?.bytes ?? 0;
  return (
    <section class="card" aria-label="Held at A">
      <h2>
        Held at A <small>by {by}, all kinds</small>
      </h2>
      <Table<Group>
        label="Held at A"
        columns={[
          { key: "bytes", head: "Bytes", number: true, rank: (group) => group.bytes, cell: (group) => <span class="num" title={format.exactBytes(group.bytes)}>{format.bytes(group.bytes)}</span> },
          { key: "bar", head: "", cell: (group) => <Thin part={group.bytes} whole={most} /> },
          { key: "buffers", head: "Buffers", number: true, rank: (group) => group.buffers, cell: (group) => format.count(group.buffers) },
          { key: "name", head: by, rank: (group) => group.name, cell: (group) => <Named text={group.name} /> },
        ]}
        rows={found}
        id={(group) => group.name}
        sort={{ key: "bytes", down: true }}
        most={12}
        empty="Nothing was held at this moment."
      />
    </section>
  );
}

/** Peaks, refusals and the like: each a step to that moment. */
function Notable({ run }: { run: Run }) {
  const a = state.use((all) => all.a);
  const rows = run.data.moments.map((moment, index) => ({ moment, index })).filter(({ moment }) => moment.why.some(([why]) => why !== "further"));
  const of = (moment: MomentData, kinds: string[]) => moment.held.reduce((sum, [, bytes], pool) => sum + (kinds.includes(run.kindOf(pool)) ? bytes : 0), 0);
  return (
    <section class="card" aria-label="Moments of note">
      <h2>
        Moments of note <small>Enter or a click makes one A, with Shift B</small>
      </h2>
      <div class="scroll short">
        <table>
          <thead>
            <tr>
              <th class="number">After</th>
              <th class="wide">What</th>
              <th class="number">DRAM</th>
              <th class="number">L1</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ moment, index }) => {
              const choose = (event: MouseEvent | KeyboardEvent) => state.set(event.shiftKey ? { b: index } : { a: index });
              return (
                <tr key={index} tabIndex={0} class={index === a ? "marked" : ""} onClick={choose} onKeyDown={(event) => (move(event), event.key === "Enter" && choose(event))}>
                  <td class="number">{secondsOf(moment.at, run.data.span_ns)}</td>
                  <td class="wide">{whyText(run, moment)}</td>
                  <Figure value={of(moment, KINDS_OF.dram)} />
                  <Figure value={of(moment, KINDS_OF.l1)} />
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function Timeline() {
  const run = state.use((all) => all.run);
  const { a, b } = { a: state.use((all) => all.a), b: state.use((all) => all.b) };
  const allocator = state.use((all) => all.allocator);
  const memory = state.use((all) => all.memory);
  const by = state.use((all) => all.by);
  const theme = state.use((all) => (all.dark ? "dark" : "light"));
  const span = Math.max(run.data.span_ns / 1e9, 1e-9);
  const [range, setRange] = useState<[number, number]>([0, span]);
  const [lit, setLit] = useState<Maybe<string>>(null);
  const [hover, setHover] = useState<Maybe<number>>(null);
  const stack = useMemo(() => run.timeline(allocator, memory, by), [run, allocator, memory, by]);
  const total = useMemo(() => stack.seconds.map((_, at) => stack.series.reduce((sum, series) => sum + (series.values[at] ?? 0), 0)), [stack]);
  const marks = useMemo(() => run.data.moments.map((moment) => ({ second: moment.at / 1e9, tone: MARKS[moment.why[0]?.[0] ?? "further"] })), [run]);
  const second = (moment: Maybe<number>) => (moment === null ? null : (run.data.moments[moment]?.at ?? 0) / 1e9);
  const look = (from: number, until: number) => {
    const width = Math.min(span, Math.max(span / 1e6, until - from));
    const begin = Math.max(0, Math.min(span - width, from));
    setRange([begin, begin + width]);
  };
  const zoom = (factor: number) => {
    const at = second(a) ?? 0;
    const middle = at >= range[0] && at <= range[1] ? at : (range[0] + range[1]) / 2;
    const half = ((range[1] - range[0]) / 2) * factor;
    look(middle - half, middle + half);
  };
  const onKey = (event: KeyboardEvent) => {
    const width = range[1] - range[0];
    if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (event.key === "0") setRange([0, span]);
    else if (event.key === "PageDown") look(range[0] + width / 2, range[1] + width / 2);
    else if (event.key === "PageUp") look(range[0] - width / 2, range[1] - width / 2);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  // At the pointer the timeline's own figures; else those of the chosen moments.
  const hovered = hover === null ? -1 : placeAt(stack.seconds, hover);
  const atA = useMemo(() => heldBy(run, a, allocator, memory, by), [run, a, allocator, memory, by]);
  const atB = useMemo(() => (b === null ? null : heldBy(run, b, allocator, memory, by)), [run, b, allocator, memory, by]);
  const shown = new Set(stack.series.map((series) => series.label));
  const sum = (held: Map<string, number>) => [...held.values()].reduce((all, one) => all + one, 0);
  const of = (held: Map<string, number>, label: string, key: string) => (key === "rest" ? sum(held) - [...held].filter(([name]) => shown.has(name)).reduce((all, [, one]) => all + one, 0) : (held.get(label) ?? 0));
  const owners = run.data.allocators.map((one, index) => ({ index, devices: one.devices })).filter(({ index }) => run.data.pools.some(([of]) => of === index));
  return (
    <>
      <div class="bar-of-choices">
        {owners.length > 1 ? (
          <label class="choice">
            <span>On</span>
            <select value={String(allocator)} onChange={(event) => state.set({ allocator: Number(event.currentTarget.value) })}>
              {owners.map(({ index, devices }) => (
                <option key={index} value={String(index)}>
                  {devicesText(devices)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <Choice label="Memory" value={memory} onChange={(memory) => state.set({ memory })} options={[["dram", "DRAM"], ["l1", "L1"]]} />
        <Choice label="By" value={by} onChange={(by) => state.set({ by })} options={[["line", "line"], ["operation", "operation"], ["scope", "scope"], ["kind", "kind"]]} />
      </div>
      <MomentBar />
      <section class="card timeline" aria-label="Timeline" tabIndex={0} onKeyDown={onKey}>
        <div class="beside">
          <div>
            <Chart
              stack={stack}
              from={range[0]}
              until={range[1]}
              moments={[second(a), second(b)]}
              marks={marks}
              lit={lit}
              theme={theme}
              ofRun
              onHover={setHover}
              onMoment={(moment, which) => state.set(which === 0 ? { a: run.nearest(moment * 1e9) } : { b: run.nearest(moment * 1e9) })}
              onRange={look}
              onReset={() => setRange([0, span])}
            />
            <Brush seconds={stack.seconds} values={total} span={span} from={range[0]} until={range[1]} theme={theme} onRange={look} />
            <p class="quiet keys">
              Drag to look closely, double click for the whole. Click chooses the nearest kept moment (marks above) as A, Shift+click as B; <kbd>←</kbd> <kbd>→</kbd> step, <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> zoom.
            </p>
          </div>
          <div class="legend">
            <h3>{hovered >= 0 ? `At ${secondsOf((stack.seconds[hovered] ?? 0) * 1e9, run.data.span_ns)}` : `A ${secondsOf(run.data.moments[a]?.at ?? 0, run.data.span_ns)}${b === null ? "" : `   B ${secondsOf(run.data.moments[b]?.at ?? 0, run.data.span_ns)}`}`}</h3>
            <table aria-label="Figures of the chosen moment">
              <tbody>
                {[...stack.series.entries()].reverse().map(([row, series]) => (
                  <tr key={series.key} onMouseEnter={() => setLit(series.key)} onMouseLeave={() => setLit(null)}>
                    <th scope="row">
                      <i class={`dot ${TONES[row % TONES.length]}`} />
                      <Named text={series.label} />
                    </th>
                    <Figure value={hovered >= 0 ? series.values[hovered] : of(atA, series.label, series.key)} />
                    {atB && hovered < 0 ? <Figure value={of(atB, series.label, series.key)} /> : null}
                    {atB && hovered < 0 ? <td class="number">{difference(of(atA, series.label, series.key), of(atB, series.label, series.key))}</td> : null}
                  </tr>
                ))}
              </tbody>
              <tfoot>
                <tr>
                  <th scope="row">together</th>
                  <Figure value={hovered >= 0 ? total[hovered] : sum(atA)} />
                  {atB && hovered < 0 ? <Figure value={sum(atB)} /> : null}
                  {atB && hovered < 0 ? <td class="number">{difference(sum(atA), sum(atB))}</td> : null}
                </tr>
              </tfoot>
            </table>
            <p class="quiet">
              On each of {devicesText(run.data.allocators[allocator]?.devices ?? [])}. The line keeps the lowest and the highest of each of its steps.
              {shown.has(NOT_KNOWN) ? ` “${NOT_KNOWN}”: nothing was recorded of that.` : ""}
            </p>
          </div>
        </div>
      </section>
      <div class="halves">
        <Held run={run} moment={a} by={by} />
        <Notable run={run} />
      </div>
    </>
  );
}
