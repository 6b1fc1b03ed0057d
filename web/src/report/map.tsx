// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A bank by address, at A and, if it is chosen, at B beside it.
import { useMemo, useState } from "preact/hooks";
import type { Layout, Maybe, Stretch } from "../data/model";
import * as format from "../data/format";
import { BankMap } from "../parts/bank_map";
import { TONES } from "../parts/chart";
import { Chosen } from "./buffers";
import { groups, groupOf, type Row, type Run, secondsOf } from "./data";
import { MomentBar } from "./moment_bar";
import { Named } from "../parts/named";
import * as state from "./state";

interface Picture {
  layout: Layout;
  rows: Map<number, Row>; // by id
  base: number;
  holes: [number, number][]; // address, bytes; largest first
}

function pictureOf(run: Run, pool: number, moment: number): Maybe<Picture> {
  const bank = run.bankOf(pool);
  if (!bank) return null;
  const [base, size] = bank;
  const end = base + size;
  const rows = run.rowsAt(moment).filter((row) => row.pool === pool && row.bank > 0);
  const sorted = [...rows].sort((a, b) => a.address - b.address);
  const stretches: Stretch[] = [];
  const holes: [number, number][] = [];
  let at = base;
  const hole = (until: number) => {
    if (until <= at) return;
    stretches.push({ address: at, bytes: until - at, type: "free", region: null, kind: null, source: null, buffer: null, more_buffers: 0 });
    holes.push([at, until - at]);
  };
  for (const row of sorted) {
    hole(Math.min(row.address, end));
    stretches.push({ address: row.address, bytes: row.bank, type: "buffer", region: null, kind: row.kind, source: null, buffer: { pid: null, id: row.row, address: row.address, bytes_per_bank: row.bank }, more_buffers: 0 });
    at = Math.max(at, row.address + row.bank);
  }
  hole(end);
  const taken = rows.reduce((sum, row) => sum + row.bank, 0);
  return {
    layout: { core: null, in_bank: true, physical_bytes: end, region_bytes: 0, buffer_bytes: taken, free_bytes: size - taken, unexplained_bytes: 0, contested_bytes: 0, stretches },
    rows: new Map(rows.map((row) => [row.row, row])),
    base,
    holes: holes.sort((a, b) => b[1] - a[1]),
  };
}

function One({ name, run, pool, moment, tones }: { name: string; run: Run; pool: number; moment: number; tones: Map<string, string> }) {
  const chosen = state.use((all) => all.chosen);
  const by = state.use((all) => all.by);
  const theme = state.use((all) => (all.dark ? "dark" : "light"));
  const [hole, setHole] = useState<Maybe<number>>(null); // address of a hole that was chosen
  const picture = useMemo(() => pictureOf(run, pool, moment), [run, pool, moment]);
  if (!picture) return <p class="empty">Each core has addresses of its own here, or the bank's size was not recorded: see Buffers.</p>;
  const rowOf = (stretch: Stretch) => (stretch.buffer ? picture.rows.get(stretch.buffer.id) : undefined);
  const largest = picture.holes[0]?.[1] ?? 0;
  const free = picture.layout.free_bytes;
  return (
    <div class="one-map" data-moment={name}>
      <h2>
        <span class={`letter ${name}`}>{name}</span> {secondsOf(run.data.moments[moment]?.at ?? 0, run.data.span_ns)}
        <small>
          {format.bytes(free)} a bank free in {picture.holes.length} {picture.holes.length === 1 ? "hole" : "holes"}, the largest {format.bytes(largest)}
        </small>
      </h2>
      <BankMap
        key={pool}
        layout={picture.layout}
        start={picture.base}
        floor={null}
        base={null}
        chosen={picture.layout.stretches.find((stretch) => (chosen === null ? stretch.type === "free" && stretch.address === hole : stretch.buffer?.id === chosen)) ?? null}
        colourOf={(stretch) => {
          const row = rowOf(stretch);
          return row ? (tones.get(groupOf(row, by)) ?? "s8") : "free";
        }}
        labelOf={(stretch) => {
          const row = rowOf(stretch);
          return row ? `${format.bytes(row.bank)}  ${format.safe(row.tensor || row.operation || row.scope)}  ${format.safe(format.shortPlace(row.line))}` : `hole  ${format.bytes(stretch.bytes)}`;
        }}
        onChoose={(stretch) => {
          setHole(stretch.buffer ? null : stretch.address);
          state.set({ chosen: stretch.buffer?.id ?? null });
        }}
        theme={theme}
      />
    </div>
  );
}

export function MapView() {
  const run = state.use((all) => all.run);
  const a = state.use((all) => all.a);
  const b = state.use((all) => all.b);
  const pool = state.use((all) => all.pool);
  const by = state.use((all) => all.by);
  const chosen = state.use((all) => all.chosen);
  const rows = run.rowsAt(a).filter((row) => row.pool === pool);
  const found = groups(rows, by);
  const tones = new Map(found.slice(0, TONES.length - 1).map((group, index) => [group.name, TONES[index] as string]));
  return (
    <>
      <MomentBar />
      <div class={chosen === null ? "" : "beside"}>
        <section class="card" aria-label="Map">
          <div class="bar-of-choices inside">
            <label class="choice">
              <span>Bank of</span>
              <select id="pool" value={String(pool)} onChange={(event) => state.set({ pool: Number(event.currentTarget.value), chosen: null })}>
                {run.data.pools.map((_, index) => (
                  <option key={index} value={String(index)}>
                    {run.poolName(index)}
                  </option>
                ))}
              </select>
            </label>
            <label class="choice">
              <span>Colours by</span>
              <select value={by} onChange={(event) => state.set({ by: event.currentTarget.value as typeof by })}>
                {(["line", "operation", "scope", "tensor", "kind"] as const).map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
              </select>
            </label>
            <span class="colours">
              {found.slice(0, TONES.length - 1).map((group) => (
                <span key={group.name} class="choice">
                  <i class={`dot ${tones.get(group.name)}`} />
                  <Named text={group.name} />
                </span>
              ))}
              {found.length >= TONES.length ? (
                <span class="choice">
                  <i class="dot s8" />
                  {found.length - TONES.length + 1} more
                </span>
              ) : null}
            </span>
          </div>
          <div class={b === null ? "" : "pair"}>
            <One name="A" run={run} pool={pool} moment={a} tones={tones} />
            {b === null ? null : <One name="B" run={run} pool={pool} moment={b} tones={tones} />}
          </div>
          <p class="quiet keys">
            A buffer lies at the same address in each bank. Click or <kbd>↑</kbd> <kbd>↓</kbd> choose, wheel or <kbd>+</kbd> <kbd>−</kbd> zoom, drag or PageUp, PageDown move, <kbd>0</kbd> the whole bank.
          </p>
        </section>
        <Chosen run={run} />
      </div>
    </>
  );
}
