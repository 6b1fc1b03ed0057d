// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Memory over time. Moment A, and B beside it for comparison, by mouse or arrow keys.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Bytes, History, HistoryEvent, Maybe, Snapshot } from "../data/model";
import * as format from "../data/format";
import { type By, type Memory, placeAt, stackOf } from "../data/stack";
import { Chart, TONES } from "../parts/chart";
import { Choice, DeviceChoice } from "../parts/device_choice";
import { Words } from "../parts/figures";
import * as state from "../state";
import { go, goSecond, goToSecond, wordsOfSecond } from "../time";

const SPANS: [string, string, number][] = [
  ["10m", "10 min", 600],
  ["1h", "1 h", 3600],
  ["6h", "6 h", 21600],
  ["1d", "1 day", 86400],
  ["7d", "7 days", 604800],
  ["30d", "30 days", 2592000],
];
const POINTS = 600;
const SPECIAL: Record<string, string> = { failure: "bad", clash: "bad", death: "bad", exit: "quiet", start: "good", peak: "accent", gap: "bad" };

interface Range {
  span: string; // "" after a zoom
  from: number;
  until: number;
  follows: boolean; // its end is now
}

/** `whole`: the recording, whose time does not go on. */
function rangeOf(span: string, whole: Maybe<{ from: number; until: number }>): Range {
  if (whole) return { span: "whole", ...whole, follows: false };
  const seconds = SPANS.find(([name]) => name === span)?.[2] ?? 600;
  const until = Date.now() / 1000;
  return { span, from: until - seconds, until, follows: true };
}

function useHistory(range: Range, deviceId: Maybe<number>, onLater: () => void): { history: Maybe<History>; complaint: string } {
  const source = state.use((all) => all.source);
  const asked = source?.past ? null : range; // a recording answers with the whole run
  const [answer, setAnswer] = useState<{ history: Maybe<History>; complaint: string }>({ history: null, complaint: "" });
  const later = useRef(onLater);
  later.current = onLater;
  useEffect(() => {
    if (!source) return;
    const stop = new AbortController();
    let timer = 0;
    source
      .history({ sinceMs: range.from * 1000, untilMs: range.until * 1000, points: POINTS, deviceId }, stop.signal)
      .then((history) => setAnswer({ history, complaint: "" }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setAnswer((before) => ({ ...before, complaint: error instanceof Error ? error.message : String(error) }));
      })
      .finally(() => {
        // As often as a new point can be seen, and not more.
        const pause = Math.min(60_000, Math.max(2000, ((range.until - range.from) / 200) * 1000));
        const again = () => {
          if (document.hidden) timer = window.setTimeout(again, pause);
          else later.current();
        };
        if (range.follows && !stop.signal.aborted) timer = window.setTimeout(again, pause);
      });
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [source, asked, deviceId]);
  return answer;
}

function Figure({ value }: { value: Bytes | undefined }) {
  return (
    <td class="number" title={format.exactBytes(value)}>
      {format.bytes(value)}
    </td>
  );
}

function difference(a: Bytes | undefined, b: Bytes | undefined): string {
  if (a === null || a === undefined || b === null || b === undefined) return format.UNKNOWN;
  return b === a ? "=" : `${b > a ? "+" : "−"}${format.bytes(Math.abs(b - a))}`;
}

function Events({ events, onMoment }: { events: HistoryEvent[]; onMoment: (event: HistoryEvent) => void }) {
  if (events.length === 0) return <p class="empty">Nothing started, ended or was refused in this time.</p>;
  return (
    <div class="scroll short">
      <table aria-label="Events of this time">
        <tbody>
          {[...events].reverse().map((event, index) => (
            <tr key={index} tabIndex={0} onClick={() => onMoment(event)} onKeyDown={(key) => key.key === "Enter" && onMoment(event)}>
              <td class="mono">{format.clock(event.time_ns)}</td>
              <td>
                <span class={`badge ${format.className("e-", event.type)}`}>{format.word(event.type)}</span>
              </td>
              <td>{event.pid ?? ""}</td>
              <td>{event.requested_bytes !== null ? `${format.bytes(event.requested_bytes)} ${format.safe(event.kind)}` : ""}</td>
              <td>
                <Words text={event.text} empty="" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Timeline({ snapshot }: { snapshot: Snapshot }) {
  const index = state.use((all) => all.device);
  const theme = state.use((all) => (all.dark ? "dark" : "light"));
  const momentMs = state.use((all) => all.momentMs);
  const [memory, setMemory] = useState<Memory>("dram");
  const [by, setBy] = useState<By>(snapshot.devices.length > 1 ? "device" : "process");
  const past = state.use((all) => all.source?.past ?? null);
  // Of a recording, seconds count from its first event.
  const origin = (past?.recording.first_ns ?? 0) / 1e9;
  const whole = useMemo(() => past && { from: 0, until: Math.max(1e-6, past.recording.span_ns / 1e9) }, [past]);
  const [range, setRange] = useState<Range>(() => {
    if (!whole && momentMs !== null && momentMs < Date.now() - 600_000) return { span: "", from: momentMs / 1000 - 300, until: momentMs / 1000 + 300, follows: false };
    return rangeOf("10m", whole);
  });
  const [ownSecond, setOwnSecond] = useState<Maybe<number>>(null); // moment B
  const b = state.use((all) => all.second);
  const hasB = past !== null && past.other === past;
  const second = hasB ? (b ? b.since_first_ns / 1e9 : null) : ownSecond;
  const setSecond = (value: Maybe<number>) => {
    if (!hasB) setOwnSecond(value);
    else if (value === null) state.set({ second: null });
    else goSecond(wordsOfSecond(value, past.recording.span_ns));
  };
  const [lit, setLit] = useState<Maybe<string>>(null);
  const chosen = snapshot.devices[index] ?? snapshot.devices[0];
  const deviceId = by === "device" ? null : (chosen?.id ?? null);
  const { history, complaint } = useHistory(range, deviceId, () => range.follows && setRange(rangeOf(range.span, whole)));
  const stack = useMemo(() => {
    if (!history) return { seconds: [], series: [] };
    const place = history.devices.findIndex((device) => device.id === deviceId && (device.unique_id === null || device.unique_id === chosen?.unique_id));
    const stack = stackOf(history, memory, by, by === "device" ? null : place);
    return { ...stack, seconds: stack.seconds.map((second) => second - origin) };
  }, [history, memory, by, deviceId]);
  const marks = useMemo(
    () => (history?.events ?? []).filter((event) => event.type in SPECIAL).map((event) => ({ second: event.time_ns / 1e9 - origin, tone: SPECIAL[event.type] as string })),
    [history],
  );
  const now = state.use((all) => all.moment);
  const a = past ? (now?.since_first_ns ?? 0) / 1e9 : momentMs === null ? null : momentMs / 1000;
  const setA = (value: Maybe<number>) => {
    if (!past) state.set({ momentMs: value === null ? null : value * 1000 });
    else if (value !== null) goToSecond(value);
  };
  const at = placeAt(stack.seconds, a ?? Infinity);
  const also = second === null ? -1 : placeAt(stack.seconds, second);

  const zoom = (factor: number) => {
    const middle = a !== null && a > range.from && a < range.until ? a : (range.from + range.until) / 2;
    const half = Math.max(whole ? whole.until / 1000 : 5, ((range.until - range.from) / 2) * factor);
    setRange({ span: "", from: Math.max(whole ? 0 : -Infinity, middle - half), until: Math.min(whole?.until ?? Date.now() / 1000, middle + half), follows: false });
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step !== 0 && stack.seconds.length > 0) {
      const start = event.shiftKey ? (also >= 0 ? also : at) : at;
      const next = stack.seconds[Math.max(0, Math.min(stack.seconds.length - 1, start + step))] as number;
      if (event.shiftKey) setSecond(next);
      else setA(next);
    } else if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (event.key === "0" || event.key === "Escape") {
      setA(null);
      setSecond(null);
      setRange(rangeOf(range.span || "10m", whole));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const name = (moment: number) => (past ? `${moment.toFixed(3)} s` : format.clock(moment * 1e9));
  const sumAt = (place: number) => format.sum(stack.series.map((series) => series.values[place]));
  return (
    <>
      <div class="bar-of-choices">
        <Choice label="Memory" value={memory} onChange={setMemory} options={[["dram", "DRAM"], ["l1", "L1"]]} />
        <Choice label="By" value={by} onChange={setBy} options={[["device", "device"], ["process", "process"], ["kind", "kind"]]} />
        {by === "device" ? null : <DeviceChoice snapshot={snapshot} />}
        <Choice label="Time" value={range.span} onChange={(span) => setRange(rangeOf(span, whole))} options={whole ? [["whole", "the whole run"]] : SPANS.map(([name, text]) => [name, text])} />
      </div>
      <section class="card timeline" aria-label="Timeline" tabIndex={0} onKeyDown={onKey}>
        {complaint ? <p class="warn">{format.safe(complaint)}</p> : null}
        <div class="beside">
          <div>
            <Chart
              stack={stack}
              from={range.from}
              until={range.until}
              moments={[a, second]}
              marks={marks}
              lit={lit}
              theme={theme}
              onMoment={(moment, which) => (which === 0 ? setA(moment) : setSecond(moment))}
              onRange={(from, until) => setRange({ span: "", from, until, follows: false })}
              ofRun={past !== null}
              onReset={() => setRange(rangeOf(range.span || "10m", whole))}
            />
            {history && stack.seconds.length === 0 ? <p class="empty">Nothing was recorded in this time.</p> : null}
            <p class="quiet keys">
              Drag to look closely, double click to go back. Click for moment A, Shift+click for B; <kbd>←</kbd> <kbd>→</kbd> step, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>0</kbd> {past ? "the whole run" : "now"}.
            </p>
          </div>
          <div class="legend">
            <h3>
              {a === null ? "Latest" : `A ${name(a)}`}
              {second === null ? "" : `   B ${name(second)}`}
            </h3>
            <table aria-label="Figures of the chosen moment">
              <tbody>
                {[...stack.series.entries()].reverse().map(([row, series]) => (
                  <tr key={series.key} onMouseEnter={() => setLit(series.key)} onMouseLeave={() => setLit(null)}>
                    <th scope="row">
                      <i class={`dot ${TONES[row % TONES.length]}`} />
                      <Words text={series.label} />
                    </th>
                    <Figure value={series.values[at]} />
                    {second === null ? null : <Figure value={series.values[also]} />}
                    {second === null ? null : <td class="number">{difference(series.values[at], series.values[also])}</td>}
                  </tr>
                ))}
              </tbody>
              <tfoot>
                <tr>
                  <th scope="row">together</th>
                  <Figure value={sumAt(at)} />
                  {second === null ? null : <Figure value={sumAt(also)} />}
                  {second === null ? null : <td class="number">{difference(sumAt(at), sumAt(also))}</td>}
                </tr>
              </tfoot>
            </table>
            {history ? <p class="quiet">{past ? `a point is the most of ${(history.seconds_per_point * 1000).toPrecision(3)} ms` : `a point is ${format.duration(history.seconds_per_point)}`}</p> : null}
          </div>
        </div>
      </section>
      <section class="card" aria-label="Events">
        <h2>What happened</h2>
        <Events events={history?.events ?? []} onMoment={(event) => (event.at ? go(event.at) : setA(event.time_ns / 1e9))} />
      </section>
    </>
  );
}
