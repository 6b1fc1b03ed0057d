// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The figures of `ttmem report`. Each figure says in `data-path` where in `ttmem report --json --top 100` it stands.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import * as format from "../data/format";
import { Bar, Count, Share, Size, Words } from "../parts/figures";
import { devicesText, type Holder, kindName, type PageData, type Peak, type Report } from "./data";
import { Thin } from "../parts/named";
import * as state from "./state";

const FIRST = 8; // rows of a list before it is opened
const TONE: Record<string, string> = { dram: "t-dram", l1: "t-l1", l1_small: "t-small", trace: "t-trace" };

/** The moment that is a peak of the report, in its process; nowhere if the page has no timeline of that. */
function go(peak: Peak, index: number, view: state.View): void {
  const { run, page, runs } = state.get();
  const owner = runs.find((one) => one.data.number === page.peak_processes[index]);
  if (!owner) return;
  if (owner !== run) state.show(owner);
  const pool = owner.data.pools.findIndex(([allocator, kind]) => allocator === peak.allocator && kind === peak.kind);
  if (pool < 0) return;
  const moment = owner.data.moments.findIndex((one) => one.why.some(([why, of]) => why === "peak" && of === pool));
  if (moment >= 0) state.set({ a: moment, pool, allocator: peak.allocator, memory: peak.kind.startsWith("l1") ? "l1" : "dram", view });
}

function PeakTile({ peak, index, pid }: { peak: Peak; index: number; pid: boolean }) {
  const path = `/peak/${index}`;
  return (
    <button class="tile" onClick={() => go(peak, index, "timeline")} title="Show it on the timeline">
      <span class="name">
        Peak of {kindName(peak.kind)} <small>on {peak.devices.length > 1 ? "each of " : ""}{devicesText(peak.devices)}{pid ? `, pid ${peak.pid ?? format.UNKNOWN}` : ""}</small>
      </span>
      <strong class="big">
        {peak.lower_bound ? "≥ " : ""}
        <Size value={peak.bytes} path={`${path}/bytes`} />
      </strong>
      <small>
        of <Size value={peak.capacity_bytes} path={`${path}/capacity_bytes`} />, <Share part={peak.bytes} whole={peak.capacity_bytes} paths={[`${path}/bytes`, `${path}/capacity_bytes`]} /> in{" "}
        <Count value={peak.buffers} path={`${path}/buffers`} /> buffers
      </small>
      <Bar parts={[{ name: "held", bytes: peak.bytes, tone: TONE[peak.kind] ?? "t-region" }]} whole={peak.capacity_bytes} label={`Peak of ${peak.kind}`} />
    </button>
  );
}

function Opened<Row>({ rows, children }: { rows: Row[]; children: (row: Row, index: number) => ComponentChildren }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {rows.slice(0, open ? undefined : FIRST).map(children)}
      {rows.length > FIRST ? (
        <tr>
          <td colSpan={9}>
            <button class="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? "Fewer" : `${rows.length - FIRST} more`}
            </button>
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Holders({ holders, path, by, pid }: { holders: Holder[]; path: string; by: string; pid: boolean }) {
  const most = holders[0]?.bytes ?? 0;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="number">Bytes</th>
            <th />
            <th class="number">Buffers</th>
            {pid ? <th class="number">Pid</th> : null}
            <th class="wide">{format.word(by)}</th>
          </tr>
        </thead>
        <tbody>
          <Opened rows={holders}>
            {(holder, index) => (
              <tr key={index}>
                <td class="number">
                  <Size value={holder.bytes} path={`${path}/${index}/bytes`} />
                </td>
                <td>
                  <Thin part={holder.bytes} whole={most} />
                </td>
                <td class="number">
                  <Count value={holder.buffers} path={`${path}/${index}/buffers`} />
                </td>
                {pid ? <td class="number">{holder.pid ?? format.UNKNOWN}</td> : null}
                <td class="wide">
                  <Words text={holder.name} />
                </td>
              </tr>
            )}
          </Opened>
        </tbody>
      </table>
    </div>
  );
}

function List({ title, hint, holders, path, report }: { title: string; hint: string; holders: Holder[]; path: string; report: Report }) {
  if (holders.length === 0) return null;
  return (
    <section class="card" aria-label={title}>
      <h2>
        {title} <small>{hint}</small>
      </h2>
      <Holders holders={holders} path={path} by={report.by} pid={report.processes.length > 1} />
    </section>
  );
}

/** Sentences about the parts for which the file has no room. */
function leftOut(page: PageData): string[] {
  if (page.report_alone) return ["Nothing but the report fits into this file: timeline, moments, buffers and flame graphs are left out. ttmem report --at TIME answers for any moment."];
  const shown = page.processes.length;
  return [
    ...(shown < page.report.processes.length ? [`The first ${format.count(shown)} processes have a timeline, the others have none.`] : []),
    ...page.processes
      .filter((one) => one.pools_left_out > 0)
      .map((one) => `Process ${page.report.processes[one.number]?.pid ?? format.UNKNOWN}: timeline and moments have the ${format.count(one.pools.length)} pools of memory that held the most; ${format.count(one.pools_left_out)} others are left out.`),
  ];
}

function Summary({ report }: { report: Report }) {
  const page = state.use((all) => all.page);
  const warnings = [
    ...(report.summary.finished ? [] : ["The recorder did not come to its end: up to its last second is missing."]),
    ...(report.summary.missed > 0 ? [`${format.count(report.summary.missed)} events were lost: peaks are lower bounds, counts are too small.`] : []),
    ...report.summary.damages,
    ...leftOut(page),
  ];
  return (
    <section class="card" aria-label="Recording">
      <h2>
        Recording{" "}
        <small>
          <Count value={report.summary.events} path="/summary/events" /> events, <Count value={report.summary.allocations} path="/summary/allocations" /> allocations,{" "}
          <Count value={report.summary.frees} path="/summary/frees" /> frees, <Count value={report.summary.refusals} path="/summary/refusals" /> refusals in {report.summary.seconds.toFixed(1)} s;{" "}
          <Size value={report.summary.file_bytes} path="/summary/file_bytes" />
        </small>
      </h2>
      {warnings.map((text, index) => (
        <p key={index} class="warn">
          {format.safe(text)}
        </p>
      ))}
      <div class="scroll">
        <table aria-label="Processes">
          <tbody>
            {report.processes.map((process, index) => (
              <tr key={index}>
                <td class="number">{process.pid ?? format.UNKNOWN}</td>
                <td class="wide">
                  <Words text={process.command ?? process.name} />
                </td>
                <td>{format.safe(process.ending) || "unknown: the recorder was cut off"}</td>
                <td class="number">
                  <Count value={process.events} path={`/processes/${index}/events`} /> events
                </td>
                <td>{process.from_the_beginning ? "" : "recorded from a moment on"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Refusals({ report }: { report: Report }) {
  if (report.refusals.length === 0) return null;
  return (
    <section class="card" aria-label="Refusals">
      <h2>
        Refusals <small>what did not fit</small>
      </h2>
      <div class="scroll">
        <table>
          <tbody>
            <Opened rows={report.refusals}>
              {(refusal, index) => (
                <tr key={index}>
                  <td class="mono">{format.clock(refusal.time_ns)}</td>
                  <td>
                    <span class="badge e-failure">{format.safe(refusal.what)}</span>
                  </td>
                  <td class="number">
                    <Size value={refusal.bytes} path={`/refusals/${index}/bytes`} /> wanted
                  </td>
                  <td class="wide">
                    <Words text={refusal.name} />
                  </td>
                </tr>
              )}
            </Opened>
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Growth({ report }: { report: Report }) {
  return (
    <>
      {report.growth.map((growth, place) =>
        growth.rows.length === 0 ? null : (
          <section key={place} class="card" aria-label="Growth">
            <h2>
              Growth{" "}
              <small>
                held as a step begins; <Count value={growth.steps} path={`/growth/${place}/steps`} /> {growth.step ? `steps, each begins at ${format.safe(growth.step)}` : "parts of the run, no steps were found"}
              </small>
            </h2>
            <div class="scroll">
              <table>
                <thead>
                  <tr>
                    <th class="number">A step</th>
                    <th class="number">From</th>
                    <th class="number">To</th>
                    <th class="number">Certain</th>
                    <th class="wide">{format.word(report.by)}</th>
                  </tr>
                </thead>
                <tbody>
                  <Opened rows={growth.rows}>
                    {(row, index) => (
                      <tr key={index}>
                        <td class="number">+{format.bytes(row.bytes_per_step)}</td>
                        <td class="number">
                          <Size value={row.first_bytes} path={`/growth/${place}/rows/${index}/first_bytes`} />
                        </td>
                        <td class="number">
                          <Size value={row.last_bytes} path={`/growth/${place}/rows/${index}/last_bytes`} />
                        </td>
                        <td class="number">{Math.min(99.9, row.certainty * 100).toFixed(1)} %</td>
                        <td class="wide">
                          <Words text={row.name} />
                        </td>
                      </tr>
                    )}
                  </Opened>
                </tbody>
              </table>
            </div>
          </section>
        ),
      )}
    </>
  );
}

function Holes({ report }: { report: Report }) {
  const cut = report.fragmentation.map((worst, index) => ({ worst, index })).filter(({ worst }) => worst.holes > 1);
  return (
    <>
      {cut.map(({ worst, index }) => (
        <section key={index} class="card" aria-label="Smallest largest hole">
          <h2>
            Smallest largest hole of {kindName(worst.kind)}{" "}
            <small>
              <Size value={worst.largest_hole_bytes_per_bank} path={`/fragmentation/${index}/largest_hole_bytes_per_bank`} /> a bank, of{" "}
              <Size value={worst.free_bytes_per_bank} path={`/fragmentation/${index}/free_bytes_per_bank`} /> free in <Count value={worst.holes} path={`/fragmentation/${index}/holes`} /> holes, on{" "}
              {devicesText(worst.devices)}
            </small>
          </h2>
          {worst.between.length > 0 ? (
            <>
              <p class="quiet">
                Without these it would have been <Size value={worst.joined_bytes_per_bank} path={`/fragmentation/${index}/joined_bytes_per_bank`} /> a bank:
              </p>
              <Holders holders={worst.between} path={`/fragmentation/${index}/between`} by={report.by} pid={false} />
            </>
          ) : null}
        </section>
      ))}
    </>
  );
}

export function Overview() {
  const report = state.use((all) => all.page.report);
  const many = report.processes.length > 1;
  const peaks = report.peak.map((peak, index) => ({ peak, index }));
  return (
    <>
      <Summary report={report} />
      {peaks.length > 0 ? (
        <section class="tiles" aria-label="Peaks">
          {peaks.map(({ peak, index }) => (
            <PeakTile key={index} peak={peak} index={index} pid={many} />
          ))}
        </section>
      ) : (
        <p class="card empty">Nothing was allocated.</p>
      )}
      <Refusals report={report} />
      <Growth report={report} />
      <div class="halves">
        {peaks.map(({ peak, index }) => (
          <section key={index} class="card" aria-label="Peak">
            <h2>
              At the peak of {kindName(peak.kind)} <small>on {devicesText(peak.devices)}{many ? `, pid ${peak.pid ?? format.UNKNOWN}` : ""}</small>
              <button class="plain right" onClick={() => go(peak, index, "map")}>
                Map
              </button>
            </h2>
            <Holders holders={peak.holders} path={`/peak/${index}/holders`} by={report.by} pid={false} />
          </section>
        ))}
        <Holes report={report} />
        <List title="Never freed by the program" hint="held at its end, or gone only with its device" holders={report.leaks} path="/leaks" report={report} />
        <List title="Short-lived" hint="freed before its thread allocated more than a few others" holders={report.temporary} path="/temporary" report={report} />
        <List title="Allocated, ever" hint="where the churn is" holders={report.churn} path="/churn" report={report} />
      </div>
    </>
  );
}
