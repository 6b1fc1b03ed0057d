// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Two moments of a recording, or of two: what lived at A alone, at both, at B alone.
import { useEffect, useState } from "preact/hooks";
import type { Buffer, Comparison, Maybe, Part, PartSum, PartSums, Snapshot } from "../data/model";
import * as format from "../data/format";
import type { CompareQuery } from "../data/source";
import { BufferDetails } from "../parts/buffer_details";
import { Choice, DeviceChoice } from "../parts/device_choice";
import { Named } from "../parts/named";
import { Pager } from "../parts/pager";
import { type Column, Table } from "../parts/table";
import { SecondBar } from "../parts/time_bar";
import * as state from "../state";
import { COLUMNS } from "./buffers";

const PAGE = 200;
const WAIT_MS = 30; // while somebody goes through moments
type By = "line" | "operation" | "scope" | "tensor" | "kind";
type Group = PartSums & { name: Maybe<string> };

const PARTS: [Part, string][] = [
  ["first", "Only at A"],
  ["both", "At both"],
  ["second", "Only at B"],
];

function Sum({ sum }: { sum: PartSum }) {
  return (
    <span title={`${format.exactBytes(sum.bytes)} in ${format.count(sum.buffers)} buffers`} class={sum.buffers === 0 ? "unknown" : ""}>
      {sum.buffers === 0 ? "" : format.bytes(sum.bytes)}
    </span>
  );
}

const GROUPS: Column<Group>[] = [
  ...PARTS.map(([part, head]): Column<Group> => ({ key: part, head, number: true, rank: (group) => group[part].bytes, cell: (group) => <Sum sum={group[part]} /> })),
  {
    key: "change",
    head: "B − A",
    number: true,
    rank: (group) => group.second.bytes - group.first.bytes,
    cell: (group) => {
      const change = group.second.bytes - group.first.bytes;
      return change === 0 ? "=" : `${change > 0 ? "+" : "−"}${format.bytes(Math.abs(change))}`;
    },
  },
  { key: "name", head: "Name", rank: (group) => group.name, cell: (group) => <Named text={group.name} /> },
];

/** The answer to the question, and why there is none. */
function useComparison(query: CompareQuery): { said: Maybe<Comparison>; complaint: string } {
  const past = state.use((all) => all.source?.past ?? null);
  const at = state.use((all) => all.moment?.at ?? null);
  const other = state.use((all) => all.second?.at ?? null);
  const [answer, setAnswer] = useState<{ said: Maybe<Comparison>; complaint: string }>({ said: null, complaint: "" });
  useEffect(() => {
    if (!past || at === null || other === null) return;
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      past
        .compare(at, other, query, stop.signal)
        .then((said) => setAnswer({ said, complaint: "" }))
        .catch((error: unknown) => {
          if (!stop.signal.aborted) setAnswer((before) => ({ ...before, complaint: error instanceof Error ? error.message : String(error) }));
        });
    }, WAIT_MS);
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [past, at, other, JSON.stringify(query)]);
  return answer;
}

export function CompareView({ snapshot }: { snapshot: Snapshot }) {
  const past = state.use((all) => all.source?.past ?? null);
  const second = state.use((all) => all.second);
  const index = state.use((all) => all.device);
  const [by, setBy] = useState<By>("line");
  const [kind, setKind] = useState("");
  const [part, setPart] = useState<Part>("second");
  const [offset, setOffset] = useState(0);
  const [chosen, setChosen] = useState<Maybe<Buffer>>(null);
  const query: CompareQuery = { by, part, offset, limit: PAGE };
  const id = snapshot.devices[index]?.id ?? null;
  if (id !== null) query.device_id = id;
  if (kind) query.kind = kind;
  const { said, complaint } = useComparison(query);
  useEffect(() => setChosen(null), [said]);
  if (!past) return null;
  const first = (change: () => void) => {
    setOffset(0);
    change();
  };
  return (
    <>
      <SecondBar past={past} />
      {second === null ? (
        <p class="card empty">
          Choose a moment B: on the bar above, with Shift+click on the bar of A, or <kbd>b</kbd> keeps the moment of the page as B.
        </p>
      ) : (
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
            <Choice label="By" value={by} onChange={setBy} options={(["line", "operation", "scope", "tensor", "kind"] as By[]).map((name) => [name, name])} />
          </div>
          {complaint ? <p class="card warn">{format.safe(complaint)}</p> : null}
          <div class="tiles three">
            {PARTS.map(([name, text]) => (
              <button key={name} class="tile" data-part={name} aria-pressed={part === name} onClick={() => first(() => setPart(name))}>
                <span class="name">{text}</span>
                <span class="big" title={said ? format.exactBytes(said.parts[name].bytes) : ""}>
                  {said ? format.bytes(said.parts[name].bytes) : "…"}
                </span>
                <small>{said ? `${format.count(said.parts[name].buffers)} buffers` : ""}</small>
              </button>
            ))}
          </div>
          {said && !said.one_run ? <p class="quiet">Two runs: a buffer is at both where one of the same kind, size, scope, operation, line and tensor is.</p> : null}
          <section class="card" aria-label="Groups">
            <h2>
              Put together by {by} <small>{said && said.groups_left_out > 0 ? `${format.count(said.groups_left_out)} more with the smallest differences` : ""}</small>
            </h2>
            <Table<Group> label="Groups" columns={GROUPS} rows={said?.groups ?? []} id={(group) => group.name ?? ""} most={50} empty={said ? "None." : "…"} />
          </section>
          <div class={chosen ? "beside" : ""}>
            <section class="card" aria-label="Buffers">
              <h2>
                {PARTS.find(([name]) => name === part)?.[1]} <small>{said ? `${format.count(said.matching)} buffers` : "…"}</small>
              </h2>
              <Table<Buffer>
                label="Buffers"
                columns={COLUMNS}
                rows={said?.buffers ?? []}
                id={(row) => `${row.pid} ${row.id} ${row.allocated_at_ns}`}
                onRow={setChosen}
                marked={(row) => chosen !== null && row.id === chosen.id && row.pid === chosen.pid}
                empty={said ? "None." : "…"}
              />
              <Pager offset={offset} size={PAGE} all={said?.matching ?? 0} before="larger" after="smaller" onMove={setOffset} />
            </section>
            {chosen && said ? (
              <aside class="card side" aria-label="Details">
                <BufferDetails buffer={chosen} nowNs={part === "second" ? said.second_time_ns : said.first_time_ns} />
              </aside>
            ) : null}
          </div>
        </>
      )}
    </>
  );
}
