// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which moments are looked at: A, and B beside it.
import type { Maybe } from "../data/model";
import * as format from "../data/format";
import { type MomentData, type Run, secondsOf, whyText } from "./data";
import * as state from "./state";

function label(run: Run, moment: MomentData): string {
  const why = whyText(run, moment);
  return `${secondsOf(moment.at, run.data.span_ns)}${why ? ` – ${why}` : ""}`;
}

function Choice({ name, value, onChange, none }: { name: string; value: Maybe<number>; onChange: (moment: Maybe<number>) => void; none?: boolean }) {
  const run = state.use((all) => all.run);
  const last = run.data.moments.length - 1;
  return (
    <span class="choice moment">
      <span class={`letter ${name}`}>{name}</span>
      <button class="plain" disabled={value === null || value === 0} aria-label={`${name}: the moment before`} onClick={() => onChange((value ?? 1) - 1)}>
        ‹
      </button>
      <select
        id={`moment-${name}`}
        aria-label={`Moment ${name}`}
        value={value === null ? "" : String(value)}
        onChange={(event) => onChange(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}
      >
        {none ? <option value="">none</option> : null}
        {run.data.moments.map((moment, index) => (
          <option key={index} value={String(index)}>
            {label(run, moment)}
          </option>
        ))}
      </select>
      <button class="plain" disabled={value === null || value >= last} aria-label={`${name}: the moment after`} onClick={() => onChange((value ?? -1) + 1)}>
        ›
      </button>
    </span>
  );
}

export function MomentBar() {
  const run = state.use((all) => all.run);
  const a = state.use((all) => all.a);
  const b = state.use((all) => all.b);
  const held = (moment: number) => run.data.moments[moment]?.held.reduce((sum, [buffers]) => sum + buffers, 0) ?? 0;
  return (
    <div class="bar-of-choices moments">
      <Choice name="A" value={a} onChange={(moment) => moment !== null && state.set({ a: moment })} />
      <Choice name="B" value={b} none onChange={(moment) => state.set({ b: moment })} />
      <span class="quiet">
        {format.count(held(a))} buffers at A{b === null ? "" : `, ${format.count(held(b))} at B`}
      </span>
    </div>
  );
}
