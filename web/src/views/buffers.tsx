// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { Buffer, BufferPage, Maybe, Snapshot } from "../data/model";
import * as format from "../data/format";
import type { BufferQuery } from "../data/source";
import { BufferDetails } from "../parts/buffer_details";
import { Choice, DeviceChoice } from "../parts/device_choice";
import { Words } from "../parts/figures";
import { Pager } from "../parts/pager";
import { type Column, Table } from "../parts/table";
import * as state from "../state";

const PAGE = 200;
const EVERY_MS = 3000;

/** "0x1a2b", "1a2bh" or a decimal number; null: neither. */
export function parseAddress(text: string): Maybe<number> {
  const trimmed = text.trim().toLowerCase();
  if (/^0x[0-9a-f]{1,12}$/.test(trimmed)) return parseInt(trimmed.slice(2), 16);
  return /^[0-9]{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}

export const COLUMNS: Column<Buffer>[] = [
  { key: "address", head: "Address", number: true, rank: (row) => row.address, cell: (row) => <span class="mono">{format.hex(row.address)}</span> },
  { key: "kind", head: "Kind", rank: (row) => row.kind, cell: (row) => format.word(row.kind) },
  {
    key: "bytes",
    head: "Allocated",
    number: true,
    hint: "On each of its devices",
    rank: (row) => row.allocated_bytes,
    cell: (row) => <span title={format.exactBytes(row.allocated_bytes)}>{format.bytes(row.allocated_bytes)}</span>,
  },
  {
    key: "requested",
    head: "Requested",
    number: true,
    rank: (row) => row.requested_bytes,
    cell: (row) => <span title={format.exactBytes(row.requested_bytes)}>{format.bytes(row.requested_bytes)}</span>,
  },
  { key: "bank", head: "A bank", number: true, rank: (row) => row.bytes_per_bank, cell: (row) => format.bytes(row.bytes_per_bank) },
  { key: "layout", head: "Layout", rank: (row) => row.layout, cell: (row) => <Words text={row.layout} /> },
  { key: "pid", head: "PID", number: true, rank: (row) => row.pid, cell: (row) => row.pid ?? format.UNKNOWN },
  { key: "name", head: "Made by", rank: (row) => row.operation ?? row.region ?? row.scope ?? null, cell: (row) => <Words text={row.operation ?? row.region ?? row.scope} empty="" /> },
  { key: "place", head: "At", rank: (row) => format.lineOf(row.stack) || null, cell: (row) => <span class="mono">{format.lineOf(row.stack)}</span> },
  { key: "since", head: "Since", number: true, rank: (row) => row.allocated_at_ns, cell: (row) => <span class="mono">{format.clock(row.allocated_at_ns)}</span> },
];

export function BuffersView({ snapshot }: { snapshot: Snapshot }) {
  const source = state.use((all) => all.source);
  const index = state.use((all) => all.device);
  const at = state.use(state.detailsAt);
  const [kind, setKind] = useState("");
  const [pid, setPid] = useState("");
  const [search, setSearch] = useState("");
  const [offset, setOffset] = useState(0);
  const [page, setPage] = useState<Maybe<BufferPage>>(null);
  const [complaint, setComplaint] = useState("");
  const [chosen, setChosen] = useState<Maybe<Buffer>>(null);
  const address = search ? parseAddress(search) : null;
  useEffect(() => {
    if (!source) return;
    const stop = new AbortController();
    let timer = 0;
    const query: BufferQuery = { device: index, offset, limit: PAGE };
    if (kind) query.kind = kind;
    if (pid) query.pid = Number(pid);
    if (address !== null) query.address = address;
    const ask = async () => {
      if (!document.hidden) {
        try {
          setPage(await source.buffers(query, at, stop.signal));
          setComplaint("");
        } catch (error) {
          if (!stop.signal.aborted) setComplaint(error instanceof Error ? error.message : String(error));
        }
      }
      if (!stop.signal.aborted && at === null) timer = window.setTimeout(ask, EVERY_MS);
    };
    timer = window.setTimeout(ask, at === null ? 150 : 30); // while somebody types, or goes through moments
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [source, index, kind, pid, address, offset, at]);
  useEffect(() => setChosen((before) => before && (page?.buffers.find((row) => row.id === before.id && row.pid === before.pid) ?? (at === null ? before : null))), [page]);
  const pids = snapshot.processes.filter((process) => process.devices.some((holding) => holding.index === index) && process.pid !== null).map((process) => process.pid as number);
  const first = (change: () => void) => {
    setOffset(0);
    change();
  };
  return (
    <>
      <div class="bar-of-choices">
        <DeviceChoice snapshot={snapshot} />
        <Choice
          label="Kind"
          value={kind}
          onChange={(value) => first(() => setKind(value))}
          options={[
            ["", "all"],
            ["dram", "DRAM"],
            ["l1", "L1"],
            ["l1_small", "L1 small"],
            ["trace", "trace"],
          ]}
        />
        <label class="choice">
          <span>Process</span>
          <select value={pid} onChange={(event) => first(() => setPid(event.currentTarget.value))}>
            <option value="">all</option>
            {[...new Set(pids)].map((one) => (
              <option key={one} value={String(one)}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label class="choice">
          <span>Covers address</span>
          <input
            type="text"
            class={search && address === null ? "wrong" : ""}
            placeholder="0x19000"
            value={search}
            onInput={(event) => {
              const text = event.currentTarget.value;
              first(() => setSearch(text));
            }}
          />
        </label>
      </div>
      {complaint ? <p class="card warn">{format.safe(complaint)}</p> : null}
      <div class={chosen ? "beside" : ""}>
        <section class="card" aria-label="Buffers">
          <h2>
            Buffers{" "}
            <small>
              {page ? `${format.count(page.matching)} match, ${format.bytes(page.matching_allocated_bytes)} over all their devices` : "…"}
            </small>
          </h2>
          <Table
            label="Buffers"
            columns={COLUMNS}
            rows={page?.buffers ?? []}
            id={(row) => `${row.pid} ${row.id}`}
            onRow={setChosen}
            marked={(row) => chosen !== null && row.id === chosen.id && row.pid === chosen.pid}
            empty={page ? "No buffer matches." : "…"}
          />
          <Pager offset={offset} size={PAGE} all={page?.matching ?? 0} before="earlier" after="later" onMove={setOffset} />
        </section>
        {chosen ? (
          <aside class="card side" aria-label="Details">
            <BufferDetails buffer={chosen} nowNs={snapshot.time_ns} />
            <p>
              <button
                class="plain"
                onClick={() => state.set({ view: "map", address: chosen.address })}
              >
                Show it on the map
              </button>
            </p>
          </aside>
        ) : null}
      </div>
    </>
  );
}
