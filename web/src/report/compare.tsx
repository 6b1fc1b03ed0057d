// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Two moments: what lived at the first alone, at both, at the second alone.
import { useState } from "preact/hooks";
import * as format from "../data/format";
import { Choice } from "../parts/device_choice";
import { Table } from "../parts/table";
import { Chosen, columns, MOST } from "./buffers";
import { type By, type Group, groups, type Row } from "./data";
import { MomentBar } from "./moment_bar";
import { Named } from "../parts/named";
import * as state from "./state";

type Part = "first" | "both" | "second";
const PARTS: [Part, string][] = [
  ["first", "Only at A"],
  ["both", "At both"],
  ["second", "Only at B"],
];

export function parted(a: Row[], b: Row[]): Record<Part, Row[]> {
  const [inA, inB] = [new Set(a.map((row) => row.row)), new Set(b.map((row) => row.row))];
  return { first: a.filter((row) => !inB.has(row.row)), both: a.filter((row) => inB.has(row.row)), second: b.filter((row) => !inA.has(row.row)) };
}

const bytesOf = (rows: Row[]) => rows.reduce((sum, row) => sum + row.bytes, 0);

export function Compare() {
  const run = state.use((all) => all.run);
  const a = state.use((all) => all.a);
  const b = state.use((all) => all.b);
  const chosen = state.use((all) => all.chosen);
  const [by, setBy] = useState<By>("line");
  const [part, setPart] = useState<Part>("second");
  if (b === null) {
    return (
      <>
        <MomentBar />
        <p class="card empty">
          Choose a second moment: B above, or Shift+click on the timeline, or <kbd>Shift</kbd>+<kbd>←</kbd> <kbd>→</kbd>.
        </p>
      </>
    );
  }
  const parts = parted(run.rowsAt(a), run.rowsAt(b));
  const rows = parts[part];
  return (
    <>
      <MomentBar />
      <div class="tiles three">
        {PARTS.map(([name, text]) => (
          <button key={name} class="tile" data-part={name} aria-pressed={part === name} onClick={() => setPart(name)}>
            <span class="name">{text}</span>
            <span class="big" title={format.exactBytes(bytesOf(parts[name]))}>
              {format.bytes(bytesOf(parts[name]))}
            </span>
            <small>{format.count(parts[name].length)} buffers</small>
          </button>
        ))}
      </div>
      <section class="card" aria-label="Groups">
        <div class="bar-of-choices inside">
          <h2>
            {PARTS.find(([name]) => name === part)?.[1]} <small>put together</small>
          </h2>
          <Choice
            label="By"
            value={by}
            onChange={setBy}
            options={[
              ["line", "line"],
              ["operation", "operation"],
              ["scope", "scope"],
              ["tensor", "tensor"],
              ["kind", "kind"],
            ]}
          />
        </div>
        <Table<Group>
          label="Groups"
          columns={[
            { key: "bytes", head: "Bytes", number: true, rank: (group) => group.bytes, cell: (group) => <span title={format.exactBytes(group.bytes)}>{format.bytes(group.bytes)}</span> },
            { key: "buffers", head: "Buffers", number: true, rank: (group) => group.buffers, cell: (group) => format.count(group.buffers) },
            { key: "name", head: "Name", rank: (group) => group.name, cell: (group) => <Named text={group.name} /> },
          ]}
          rows={groups(rows, by)}
          id={(group) => group.name}
          sort={{ key: "bytes", down: true }}
          most={30}
          empty="None."
        />
      </section>
      <div class={chosen === null ? "" : "beside"}>
        <section class="card" aria-label="Buffers">
          <h2>
            Buffers <small>{rows.length > MOST ? `the first ${MOST} are shown` : ""}</small>
          </h2>
          <Table
            label="Buffers"
            columns={columns(run)}
            rows={rows}
            id={(row) => String(row.row)}
            sort={{ key: "bytes", down: true }}
            most={MOST}
            onRow={(row) => state.set({ chosen: row.row })}
            marked={(row) => row.row === chosen}
            empty="None."
          />
        </section>
        <Chosen run={run} />
      </div>
    </>
  );
}
