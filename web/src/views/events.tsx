// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure, LedgerEvent, Maybe, Snapshot, WhyThen } from "../data/model";
import * as format from "../data/format";
import { Choice } from "../parts/device_choice";
import { Size, Words } from "../parts/figures";
import { type Column, Table } from "../parts/table";
import * as state from "../state";

const KEPT = 500;

interface Row {
  number: number;
  event: LedgerEvent;
}

function failureText(failure: Failure): string {
  if (failure.type === "clash") return `${format.bytes(failure.missing_bytes)} missing on a core`;
  if (failure.banks === null) return "the rest of it is not in a recording";
  const hole = failure.largest_free_bytes_per_bank;
  return `${format.bytes(failure.bytes_per_bank)} wanted in each of ${failure.banks ?? format.UNKNOWN} banks, the largest hole had ${format.bytes(hole)}`;
}

function Failures({ failures }: { failures: Failure[] }) {
  const columns: Column<Failure>[] = [
    { key: "time", head: "When", rank: (row) => row.time_ns, cell: (row) => <span class="mono">{format.clock(row.time_ns, true)}</span> },
    { key: "type", head: "What", rank: (row) => row.type, cell: (row) => <span class="badge e-failure">{format.word(row.type)}</span> },
    { key: "pid", head: "PID", number: true, rank: (row) => row.pid, cell: (row) => row.pid ?? format.UNKNOWN },
    { key: "kind", head: "Memory", rank: (row) => row.kind ?? "l1", cell: (row) => format.word(row.kind ?? "l1") },
    {
      key: "bytes",
      head: "Asked for",
      number: true,
      rank: (row) => row.requested_bytes ?? null,
      cell: (row) => <Size value={row.requested_bytes} path={`/failures/${failures.indexOf(row)}/requested_bytes`} />,
    },
    { key: "why", head: "Why", cell: failureText },
    { key: "operation", head: "Operation", rank: (row) => row.operation, cell: (row) => <Words text={row.operation ?? row.program_name} empty="" /> },
  ];
  return (
    <Table
      label="Refusals"
      columns={columns}
      rows={failures}
      id={(row) => `${row.pid} ${row.number} ${row.type}`}
      sort={{ key: "time", down: true }}
      empty="Nothing was refused."
    />
  );
}

/** Why the latest refusal up to the moment was one, or what is fullest: the words of `ttmem why`. */
function Why({ at }: { at: string }) {
  const past = state.use((all) => all.source?.past ?? null);
  const [said, setSaid] = useState<Maybe<WhyThen>>(null);
  useEffect(() => {
    if (!past) return;
    const stop = new AbortController();
    past
      .why(at, stop.signal)
      .then(setSaid)
      .catch(() => stop.signal.aborted || setSaid(null));
    return () => stop.abort();
  }, [past, at]);
  return (
    <section class="card" aria-label="Why">
      <h2>
        Why <small>{said ? format.word(said.verdict === "none" ? "nothing was refused" : said.verdict) : "…"}</small>
      </h2>
      <pre class="why">
        {said?.lines.map((line, index) => (
          <span key={index} class={line.heading ? "heading" : ""}>
            {`${format.safe(line.text)}\n`}
          </span>
        ))}
      </pre>
    </section>
  );
}

type Wanted = "all" | "memory" | "programs" | "refusals";
const TYPES: Record<Wanted, string[]> = {
  all: [],
  memory: ["allocate", "free"],
  programs: ["program_load", "program_unload"],
  refusals: ["fail", "clash"],
};

export function EventsView({ snapshot }: { snapshot: Snapshot }) {
  const source = state.use((all) => all.source);
  const filter = state.use((all) => all.filter);
  const [rows, setRows] = useState<Row[]>([]);
  const [missed, setMissed] = useState(0);
  const [wanted, setWanted] = useState<Wanted>("all");
  const [paused, setPaused] = useState(false);
  const stopped = useRef(paused);
  stopped.current = paused;
  const last = useRef(0);
  const past = source?.past ?? null;
  const at = state.use(state.detailsAt);
  useEffect(() => {
    if (!past || at === null) return;
    const stop = new AbortController();
    past
      .eventsUpTo(at, stop.signal)
      .then((events) => setRows(events.slice(-KEPT).map((event, number) => ({ number, event })).reverse()))
      .catch(() => stop.signal.aborted || setRows([]));
    return () => stop.abort();
  }, [past, at]);
  useEffect(() => {
    if (!source?.can.events) return;
    return source.events((events, overwritten) => {
      if (stopped.current) return;
      setMissed((before) => before + overwritten);
      // Of a flood only the latest can be seen; the others are not even made into rows.
      last.current += events.length;
      const begin = last.current - events.length;
      const fresh = events.slice(-KEPT);
      setRows((before) => [...fresh.map((event, index) => ({ number: begin + events.length - fresh.length + index, event })).reverse(), ...before].slice(0, KEPT));
    });
  }, [source]);
  const types = TYPES[wanted];
  const words = filter.toLowerCase();
  const commands = new Map<Maybe<number>, string>(snapshot.processes.map((process) => [process.pid, process.name ?? process.command ?? ""]));
  const shown = rows.filter(
    ({ event }) => (types.length === 0 || types.includes(event.type)) && (!words || `${event.pid} ${event.type} ${event.kind} ${commands.get(event.pid)}`.toLowerCase().includes(words)),
  );
  const columns: Column<Row>[] = [
    { key: "time", head: "When", cell: ({ event }) => <span class="mono">{`${format.clock(event.time_ns)}.${String(Math.floor((event.time_ns / 1e6) % 1000)).padStart(3, "0")}`}</span> },
    { key: "type", head: "What", cell: ({ event }) => <span class={`badge ${format.className("e-", event.type)}`}>{format.word(event.type)}</span> },
    { key: "pid", head: "PID", number: true, cell: ({ event }) => event.pid ?? format.UNKNOWN },
    { key: "command", head: "Command", cell: ({ event }) => <Words text={commands.get(event.pid)} empty="" /> },
    { key: "kind", head: "Memory", cell: ({ event }) => format.word(event.kind) },
    { key: "bytes", head: "Bytes", number: true, cell: ({ event }) => (past && event.bytes === 0 ? "" : <span title={format.exactBytes(event.bytes)}>{format.bytes(event.bytes)}</span>) },
    { key: "devices", head: "Devices", cell: ({ event }) => (event.devices.length > 6 ? `${event.devices.length} devices` : event.devices.map((id) => id ?? format.UNKNOWN).join(" ")) },
  ];
  return (
    <>
      <section class="card" aria-label="Refusals">
        <h2>Refusals</h2>
        <Failures failures={snapshot.failures ?? []} />
      </section>
      {past && at !== null ? <Why at={at} /> : null}
      <section class="card" aria-label={past ? "Events" : "Live events"}>
        <div class="bar-of-choices inside">
          <h2>
            {past ? "Up to this moment" : "As it happens"} <small>{missed > 0 ? `${format.count(missed)} went by unread` : `the last ${KEPT}`}</small>
          </h2>
          <Choice
            label="Show"
            value={wanted}
            onChange={setWanted}
            options={[
              ["all", "all"],
              ["memory", "memory"],
              ["programs", "programs"],
              ["refusals", "refusals"],
            ]}
          />
          {past ? null : (
            <button class="plain" aria-pressed={paused} onClick={() => setPaused(!paused)}>
              {paused ? "▶ go on" : "❚❚ pause"}
            </button>
          )}
        </div>
        <Table
          label={past ? "Events" : "Live events"}
          columns={columns}
          rows={shown}
          id={(row) => String(row.number)}
          empty={past ? "Nothing has happened up to this moment." : "Nothing has happened since this view was opened."}
        />
      </section>
    </>
  );
}
