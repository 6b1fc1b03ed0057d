// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The whole run, small: dragging chooses what the timeline above shows.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Bytes } from "../data/model";
import { tone } from "../parts/spark";

const HEIGHT = 58;
const MARGIN = 16; // right of both, as in chart.tsx
const AXIS = 70; // as wide as the timeline's, so that both begin at one place

interface Props {
  seconds: number[];
  values: Bytes[];
  span: number; // seconds
  from: number;
  until: number;
  theme: string;
  onRange: (from: number, until: number) => void;
}

export function Brush(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef(props);
  now.current = props;
  const mark = () => {
    const self = plot.current;
    if (!self) return;
    const [left, right] = [self.valToPos(now.current.from, "x"), self.valToPos(now.current.until, "x")];
    self.setSelect({ left, width: Math.max(1, right - left), top: 0, height: self.over.clientHeight }, false);
  };
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const made = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: HEIGHT,
        padding: [4, MARGIN, 0, 0],
        legend: { show: false },
        cursor: { x: false, y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
        axes: [{ show: false }, { size: AXIS, ticks: { show: false }, grid: { show: false }, values: (_, splits) => splits.map(() => "") }],
        scales: { x: { time: false, range: () => [0, now.current.span || 1] }, y: { range: (_, __, high) => [0, high || 1] } },
        series: [{}, { stroke: tone("quiet"), fill: `${tone("quiet")}40`, width: 1, points: { show: false }, ...(stepped ? { paths: stepped } : {}) }],
        hooks: {
          setSelect: [
            (self) => {
              if (self.select.width < 4) mark();
              else now.current.onRange(self.posToVal(self.select.left, "x"), self.posToVal(self.select.left + self.select.width, "x"));
            },
          ],
        },
      },
      [props.seconds, props.values],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT });
      mark();
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [props.seconds, props.values, props.theme]);
  useEffect(mark, [props.from, props.until, props.values, props.theme]);
  return <div class="brush" ref={place} role="img" aria-label="The whole run; drag to choose a part of it" />;
}
