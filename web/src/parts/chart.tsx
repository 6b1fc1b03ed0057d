// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Areas stacked over time. Dragging chooses a time to look at closely; a click chooses a moment, with Shift a second one.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Maybe } from "../data/model";
import { cumulate, type Stack } from "../data/stack";
import * as format from "../data/format";
import { tone } from "./spark";

export const TONES = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
const HEIGHT = 340;
// Steps of an axis of bytes: powers of two, so that its labels are whole.
const STEPS = Array.from({ length: 52 }, (_, power) => 2 ** power);

export interface Mark {
  second: number;
  tone: string;
}

interface Props {
  stack: Stack;
  from: number; // seconds since 1970
  until: number;
  moments: [Maybe<number>, Maybe<number>];
  marks: Mark[];
  lit: Maybe<string>; // key of the series to bring out
  theme: string;
  /** Times are seconds from the beginning of a run, and what is held stays so until the next point. */
  ofRun?: boolean;
  onHover?: (second: Maybe<number>) => void;
  onMoment: (second: number, which: 0 | 1) => void;
  onRange: (from: number, until: number) => void;
  onReset: () => void;
}

function line(plot: uPlot, second: number, colour: string, dash: number[], name: string): void {
  const x = plot.valToPos(second, "x", true);
  const { left, top, width, height } = plot.bbox;
  if (x < left || x > left + width) return;
  const draw = plot.ctx;
  draw.save();
  draw.strokeStyle = colour;
  draw.fillStyle = colour;
  draw.lineWidth = 1.5 * devicePixelRatio;
  draw.setLineDash(dash.map((length) => length * devicePixelRatio));
  draw.beginPath();
  draw.moveTo(x, top);
  draw.lineTo(x, top + height);
  draw.stroke();
  draw.font = `600 ${11 * devicePixelRatio}px system-ui, sans-serif`;
  draw.fillText(name, x + 4 * devicePixelRatio, top + 12 * devicePixelRatio);
  draw.restore();
}

/** Labels of an axis of seconds from a beginning, with as many digits as its steps need. */
export function secondsText(second: number, step: number): string {
  return `${second.toFixed(step >= 1 ? 0 : Math.min(9, Math.ceil(-Math.log10(step))))} s`;
}

export function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef(props);
  now.current = props;
  const shape = `${props.stack.series.map((series) => series.key).join("|")} ${props.theme} ${props.lit ?? ""}`;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const axis = { stroke: tone("quiet"), grid: { stroke: tone("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const stepped = props.ofRun ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
    const made = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: HEIGHT,
        ...(props.ofRun ? { padding: [null, 16, null, null] as [null, number, null, null] } : {}),
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
        scales: {
          x: { time: !props.ofRun, range: () => [now.current.from, now.current.until] },
          y: { range: (_, __, high) => [0, (high || 1) * 1.06] },
        },
        axes: [
          { ...axis, size: 30, values: (_, splits, __, ___, step) => splits.map((second) => props.ofRun ? secondsText(second, step) : (step >= 86400 ? format.clock(second * 1e9, true).slice(5, 10) : format.clock(second * 1e9).slice(0, step >= 60 ? 5 : 8))) },
          { ...axis, size: 70, incrs: STEPS, values: (_, splits) => splits.map((value) => format.bytes(value)) },
        ],
        series: [
          {},
          ...props.stack.series.map((series, index) => {
            const colour = tone(TONES[index % TONES.length] as string);
            const faded = props.lit !== null && props.lit !== series.key;
            return { label: series.label, stroke: faded ? `${colour}55` : colour, fill: `${colour}${faded ? "22" : "99"}`, width: 1.25, points: { show: false }, spanGaps: false, ...(stepped ? { paths: stepped } : {}) };
          }),
        ],
        bands: props.stack.series.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })),
        hooks: {
          draw: [
            (self) => {
              for (const mark of now.current.marks) {
                const x = self.valToPos(mark.second, "x", true);
                if (x < self.bbox.left || x > self.bbox.left + self.bbox.width) continue;
                self.ctx.fillStyle = tone(mark.tone);
                self.ctx.fillRect(x - devicePixelRatio, self.bbox.top, 2 * devicePixelRatio, 9 * devicePixelRatio);
              }
              const [a, b] = now.current.moments;
              if (a !== null) line(self, a, tone("text"), [], "A");
              if (b !== null) line(self, b, tone("text"), [4, 3], "B");
            },
          ],
          setCursor: [(self) => now.current.onHover?.(self.cursor.left !== undefined && self.cursor.left >= 0 ? self.posToVal(self.cursor.left, "x") : null)],
          setSelect: [
            (self) => {
              if (self.select.width < 6) return;
              now.current.onRange(self.posToVal(self.select.left, "x"), self.posToVal(self.select.left + self.select.width, "x"));
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [[]],
      element,
    );
    plot.current = made;
    let pressed = 0;
    made.over.addEventListener("mousedown", (event) => (pressed = event.clientX));
    made.over.addEventListener("click", (event) => {
      if (Math.abs(event.clientX - pressed) < 4) now.current.onMoment(made.posToVal(event.offsetX, "x"), event.shiftKey ? 1 : 0);
    });
    made.over.addEventListener("dblclick", () => now.current.onReset());
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData([props.stack.seconds, ...cumulate(props.stack)], true);
  }, [props.stack, shape]);
  useEffect(() => {
    plot.current?.setScale("x", { min: props.from, max: props.until });
    plot.current?.redraw(false);
  }, [props.from, props.until, props.moments[0], props.moments[1], props.marks, shape]);
  return <div class="chart" ref={place} role="img" aria-label="Memory over time, stacked. The table beside it has the figures of the chosen moment." />;
}
