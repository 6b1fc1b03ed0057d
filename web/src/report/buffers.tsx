// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import * as format from "../data/format";
import { Words } from "../parts/figures";
import { type Column, Table } from "../parts/table";
import { kindName, lifeText, type Row, type Run, secondsOf } from "./data";
import { Details } from "./details";
import { MomentBar } from "./moment_bar";
import { Named } from "../parts/named";
import * as state from "./state";

export const MOST = 300; // rows of a table; a search finds the others

export function columns(run: Run): Column<Row>[] {
  const span = run.data.span_ns;
  return [
    { key: "bytes", head: "Bytes", hint: "on each of its devices", number: true, rank: (row) => row.bytes, cell: (row) => <span class="num" title={format.exactBytes(row.bytes)}>{format.bytes(row.bytes)}</span> },
    { key: "address", head: "Address", hint: "in each bank", rank: (row) => row.address, cell: (row) => <span class="mono">{format.hex(row.address)}</span> },
    { key: "bank", head: "In a bank", number: true, rank: (row) => row.bank, cell: (row) => <span class="num" title={format.exactBytes(row.bank)}>{format.bytes(row.bank)}</span> },
    { key: "kind", head: "Kind", rank: (row) => row.kind, cell: (row) => kindName(row.kind) },
    { key: "scope", head: "Scope", rank: (row) => row.scope || null, cell: (row) => <Words text={row.scope} empty="" /> },
    { key: "operation", head: "Operation", rank: (row) => row.operation || null, cell: (row) => <Words text={row.operation} empty="" /> },
    { key: "line", head: "At", rank: (row) => row.line || null, cell: (row) => <span class="mono"><Named text={row.line} empty="" /></span> },
    { key: "tensor", head: "Tensor", rank: (row) => row.tensor || null, cell: (row) => <Words text={row.tensor} empty="" /> },
    { key: "from", head: "Since", number: true, rank: (row) => row.from, cell: (row) => <span class="num">{secondsOf(row.from, span)}</span> },
    { key: "life", head: "Life", number: true, rank: (row) => (row.until === null ? null : row.until - row.from), cell: (row) => <span class="num">{row.until === null ? format.UNKNOWN : lifeText(row.until - row.from)}</span> },
  ];
}

/** "0x19000" or "102400": buffers that cover the address; other words: those in whose names they stand. */
export function matches(row: Row, search: string): boolean {
  const text = search.trim().toLowerCase();
  if (!text) return true;
  if (/^(0x[0-9a-f]+|[0-9]+)$/.test(text)) {
    const address = Number(text);
    if (address >= row.address && address < row.address + Math.max(1, row.bank)) return true;
  }
  const names = [row.scope, row.operation, row.tensor, row.kind, row.line, ...row.stack.map((frame) => `${frame.name} ${frame.file}`)];
  return names.some((name) => name.toLowerCase().includes(text));
}

export function Chosen({ run }: { run: Run }) {
  const chosen = state.use((all) => all.chosen);
  if (chosen === null) return null;
  const row = run.row(chosen);
  const view = state.get().view;
  return (
    <aside class="card side" aria-label="Details">
      <Details run={run} row={row} />
      <p class="bar-of-choices">
        {view === "map" ? null : (
          <button class="plain" onClick={() => state.set({ view: "map", pool: row.pool })}>
            Show it on the map
          </button>
        )}
        <button class="plain" onClick={() => state.set({ chosen: null })}>
          Close
        </button>
      </p>
    </aside>
  );
}

export function Buffers() {
  const run = state.use((all) => all.run);
  const a = state.use((all) => all.a);
  const chosen = state.use((all) => all.chosen);
  const search = state.use((all) => all.search);
  const rows = run.rowsAt(a).filter((row) => matches(row, search));
  const unlisted = run.unlistedAt(a);
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  return (
    <>
      <MomentBar />
      <div class={chosen === null ? "" : "beside"}>
        <section class="card" aria-label="Buffers">
          <div class="bar-of-choices inside">
            <h2>
              Buffers at A{" "}
              <small>
                {format.count(rows.length)} {search ? "match" : "live"}, {format.bytes(bytes)} on each device
                {rows.length > MOST ? `; the first ${MOST} are shown` : ""}
                {unlisted.buffers > 0 ? `; ${format.count(unlisted.buffers)} others below ${format.bytes(run.data.least_bytes)} hold ${format.bytes(unlisted.bytes)} and are not listed` : ""}
              </small>
            </h2>
            <input type="search" id="search" placeholder="Address or name  /" aria-label="Search by address or name" value={search} onInput={(event) => state.set({ search: event.currentTarget.value })} />
          </div>
          <Table
            label="Buffers"
            columns={columns(run)}
            rows={rows}
            id={(row) => String(row.row)}
            sort={{ key: "bytes", down: true }}
            most={MOST}
            onRow={(row) => state.set({ chosen: row.row })}
            marked={(row) => row.row === chosen}
            empty={search ? "No buffer matches." : "Nothing was held at this moment."}
          />
        </section>
        <Chosen run={run} />
      </div>
    </>
  );
}
