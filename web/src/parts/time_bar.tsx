// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The whole run of a recording with its moments of note, and the moment that the page shows: by click, by keys, by words.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Bytes, Device, History, Maybe, Moment, MomentMark, Move, Recording } from "../data/model";
import * as format from "../data/format";
import type { Past } from "../data/source";
import * as state from "../state";
import { exchange, go, goSecond, wordsOfSecond } from "../time";

const LANE = 16; // of the marks, px
const HEIGHT = 52; // of the course below it
const NEAR = 6; // px within which a click in the lane means a mark
export const POINTS = 600;
// By kind: a sign, so that no colour has to be told apart, and what it says.
const SIGNS = new Map<string, [string, string]>(Object.entries({
  peak: ["▲", "peak"],
  refusal: ["✕", "refusal"],
  step: ["|", "step"],
  gap: ["▮", "events lost"],
  open: ["○", "opened"],
  close: ["●", "closed"],
  begin: ["[", "begins"],
  end: ["]", "ends"],
}));

/** "12.345 678 901 s": every digit that the recording knows, in groups. */
export function secondsOf(ns: number): string {
  const text = (ns / 1e9).toFixed(9);
  const [whole, parts] = text.split(".") as [string, string];
  return `${whole}.${parts.replace(/(\d{3})(?=\d)/g, "$1\u202f")} s`;
}

function isSame(device: Device, of: History["devices"][number]): boolean {
  return device.id === of.id && (of.unique_id === null || device.unique_id === null || device.unique_id === of.unique_id);
}

/** A line that stays where it is until the next point, and the area under it. */
function pathOf(values: Bytes[], most: number, width: number): string {
  const step = width / Math.max(1, values.length);
  const y = (value: Bytes) => (LANE + HEIGHT - (most > 0 ? (HEIGHT * (value ?? 0)) / most : 0)).toFixed(1);
  const points = values.map((value, index) => `V${y(value)}H${((index + 1) * step).toFixed(1)}`);
  return `M0,${LANE + HEIGHT}${points.join("")}V${LANE + HEIGHT}Z`;
}

function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(100, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [place, width];
}

function Course({ course, device, width, span }: { course: Maybe<History>; device: Maybe<Device>; width: number; span: number }) {
  // What a device has is not known before it is opened and after it is closed: the scale stays.
  const known = useRef(new Map<string, number>());
  const paths = useMemo(() => {
    if (!course || !device) return [];
    const place = course.devices.findIndex((of) => isSame(device, of));
    const series = course.series.find((one) => one.device_index === place && one.process_index === null);
    return (["dram", "l1"] as const).map((kind) => {
      const column = course.columns.indexOf(`${kind}_bytes`);
      const values = (series?.points ?? []).map((point) => point[column] ?? null);
      const key = `${device.id} ${device.unique_id} ${kind}`;
      const capacity = device.memory[kind].capacity_bytes;
      if (capacity !== null) known.current.set(key, Math.max(capacity, known.current.get(key) ?? 0));
      const whole = known.current.get(key) ?? Math.max(0, ...values.map((value) => value ?? 0));
      return { kind, path: pathOf(values, whole, width) };
    });
  }, [course, device?.id, device?.unique_id, device?.memory.dram.capacity_bytes, device?.memory.l1.capacity_bytes, width, span]);
  return (
    <>
      {paths.map(({ kind, path }) => (
        <path key={kind} class={`course ${kind}`} d={path} />
      ))}
    </>
  );
}

function Marks({ marks, span, width }: { marks: MomentMark[]; span: number; width: number }) {
  const signs = useMemo(
    () =>
      [...marks]
        .sort((one, other) => Number(one.kind === "peak" || one.kind === "refusal") - Number(other.kind === "peak" || other.kind === "refusal"))
        .map((mark) => (
          <text key={mark.at} class={`mark ${format.className("m-", mark.kind)}`} x={((mark.since_first_ns / span) * width).toFixed(1)} y={LANE - 4} data-at={mark.at}>
            {SIGNS.get(mark.kind)?.[0] ?? "·"}
            <title>{`${secondsOf(mark.since_first_ns)}: ${format.safe(mark.words)}`}</title>
          </text>
        )),
    [marks, span, width],
  );
  return <g>{signs}</g>;
}

type Go = (at: Maybe<string>, move?: Maybe<Move>) => void;

interface OfMoment {
  recording: Recording;
  moment: Maybe<Moment>;
  course: Maybe<History>;
  onGo: Go;
  label: string;
}

function Strip({ recording, moment, course, onGo, label, device, onOther }: OfMoment & { device: Maybe<Device>; onOther?: Go }) {
  const [place, width] = useWidth();
  const { marks } = recording;
  const span = Math.max(1, recording.span_ns);
  const now = moment?.since_first_ns ?? 0;
  const goToSecond = (second: number, to: Go = onGo) => to(wordsOfSecond(second, recording.span_ns));
  const choose = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const x = event.clientX - box.left;
    const to = event.shiftKey && onOther ? onOther : onGo;
    if (event.clientY - box.top < LANE && event.type === "pointerdown") {
      const away = (mark: MomentMark) => Math.abs((mark.since_first_ns / span) * width - x);
      const nearest = marks.reduce<Maybe<MomentMark>>((best, mark) => (best === null || away(mark) < away(best) ? mark : best), null);
      if (nearest && away(nearest) <= NEAR) {
        to(nearest.at);
        return;
      }
    }
    goToSecond(((x / width) * span) / 1e9, to);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step !== 0) goToSecond((now + (step * span) / (event.shiftKey ? 1000 : 100)) / 1e9);
    else if (event.key === "Home") onGo("begin");
    else if (event.key === "End") onGo("end");
    else if (event.key === "PageDown" || event.key === "PageUp") onGo(null, event.key === "PageDown" ? "note_on" : "note_back");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={place}
      class="strip"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={span / 1e9}
      aria-valuenow={now / 1e9}
      aria-valuetext={`${secondsOf(now)} of ${secondsOf(span)}`}
      onKeyDown={onKey}
      onPointerDown={(event) => {
        (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
        choose(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && choose(event)}
    >
      <svg width={width} height={LANE + HEIGHT} aria-hidden="true">
        <Course course={course} device={device} width={width} span={span} />
        <Marks marks={marks} span={span} width={width} />
        <line class="now" x1={((now / span) * width).toFixed(2)} x2={((now / span) * width).toFixed(2)} y1={LANE - 2} y2={LANE + HEIGHT} />
      </svg>
    </div>
  );
}

function GoTo({ id, label, complaint, onGo }: { id: string; label: string; complaint: string; onGo: Go }) {
  const [text, setText] = useState("");
  return (
    <form
      class="goto"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onGo(text.trim());
      }}
    >
      <input
        id={id}
        type="text"
        class={complaint ? "wrong" : ""}
        aria-label={label}
        placeholder={`go to: 12.5, 40%, step:3, peak${id === "moment" ? "  T" : ""}`}
        title="Seconds after the first event, 40% of the time, @NS since 1970, step:N, peak, begin or end"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}

/** Buttons that lead from moment to moment, and where the moment is. */
function MomentRow({ recording, moment, onGo, keys, letter }: Pick<OfMoment, "recording" | "moment" | "onGo"> & { keys: boolean; letter: string }) {
  const button = (text: string, name: string, key: string, move: Move) => {
    const title = keys ? `${name} ( ${key} )` : name;
    return (
      <button class="plain" aria-label={letter ? `${letter}: ${title}` : title} title={title} onClick={() => onGo(null, move)}>
        {text}
      </button>
    );
  };
  const at = moment ? { [keys ? "data-moment" : "data-second"]: moment.words } : {};
  return (
    <>
      {letter ? <b class={`letter ${letter}`}>{letter}</b> : null}
      {button("«", "The moment of note before", "<", "note_back")}
      {button("‹", "The moment before", ",", "back")}
      {button("›", "The next moment", ".", "on")}
      {button("»", "The next moment of note", ">", "note_on")}
      {moment ? (
        <>
          <strong class="num" {...at} title={`ttmem snapshot --replay ${format.safe(recording.path)} --at ${moment.words}`}>
            {secondsOf(moment.since_first_ns)}
          </strong>
          <span class="quiet">
            of {secondsOf(recording.span_ns)} · event {format.count(moment.events)} of {format.count(recording.events)}
            {moment.step !== null ? ` · step ${moment.step}` : ""}
          </span>
          <span class="said">{format.safe(moment.said)}</span>
        </>
      ) : null}
      <span class="grow" />
    </>
  );
}

/** Moment B, as the time bar of moment A. */
export function SecondBar({ past }: { past: Past }) {
  const moment = state.use((all) => all.second);
  const complaint = state.use((all) => all.secondComplaint);
  const course = state.use((all) => all.secondCourse);
  const index = state.use((all) => all.device);
  const snapshot = state.use((all) => all.snapshot);
  const { recording } = past.other;
  useEffect(() => {
    if (state.get().secondCourse) return;
    past
      .otherHistory(POINTS)
      .then((secondCourse) => state.set({ secondCourse }))
      .catch(() => undefined); // the bar then has its signs alone
  }, [past]);
  return (
    <section class="timebar inside" aria-label="Moment B">
      <div class="row">
        <MomentRow recording={recording} moment={moment} onGo={goSecond} keys={false} letter="B" />
        {past.other === past ? (
          <>
            <button class="plain" title="A's moment becomes B ( b )" onClick={() => goSecond(state.get().moment?.at ?? null)}>
              as A
            </button>
            <button class="plain" title="A and B change places ( x )" disabled={!moment} onClick={exchange}>
              A ⇄ B
            </button>
          </>
        ) : (
          <bdi class="file quiet" title={format.safe(recording.path)}>
            {format.safe(recording.name)}
          </bdi>
        )}
        <GoTo id="second-moment" label="Go to a moment B" complaint={complaint} onGo={goSecond} />
      </div>
      {complaint ? (
        <p class="warn" role="alert">
          {format.safe(complaint)}
        </p>
      ) : null}
      <Strip recording={recording} moment={moment} course={course} onGo={goSecond} label="Moment B of the comparison" device={snapshot?.devices[index] ?? snapshot?.devices[0] ?? null} />
    </section>
  );
}

export function TimeBar({ past }: { past: Past }) {
  const moment = state.use((all) => all.moment);
  const course = state.use((all) => all.course);
  const index = state.use((all) => all.device);
  const snapshot = state.use((all) => all.snapshot);
  const complaint = state.use((all) => all.momentComplaint);
  const { recording } = past;
  const kinds = [...SIGNS.keys()].filter((kind) => recording.marks.some((mark) => mark.kind === kind));
  const onOther = past.other === past ? { onOther: goSecond } : {};
  return (
    <section class="timebar" aria-label="Time of the recording">
      <div class="row">
        <MomentRow recording={recording} moment={moment} onGo={go} keys={true} letter="" />
        <GoTo id="moment" label="Go to a moment" complaint={complaint} onGo={go} />
      </div>
      {complaint ? (
        <p class="warn" role="alert">
          {format.safe(complaint)}
        </p>
      ) : null}
      <Strip recording={recording} moment={moment} course={course} onGo={go} label="Moment of the recording" device={snapshot?.devices[index] ?? snapshot?.devices[0] ?? null} {...onOther} />
      <p class="quiet signs">
        <i class="dot t-dram" />
        DRAM <i class="dot t-l1" />
        L1
        {kinds.map((kind) => (
          <span key={kind}>
            <b class={`mark m-${kind}`}>{SIGNS.get(kind)?.[0]}</b> {SIGNS.get(kind)?.[1]}
          </span>
        ))}
        {recording.marks_left_out > 0 ? <span>{format.count(recording.marks_left_out)} more moments of note are reached with &lt; and &gt;</span> : null}
        {recording.damages.length > 0 ? <span class="warn">{recording.damages.map(format.safe).join("; ")}</span> : null}
      </p>
    </section>
  );
}
