// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The last ten minutes of a figure, or the whole run of a recording, as a line without axes.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Bytes } from "../data/model";
import * as format from "../data/format";

const WINDOW_SECONDS = 600;

export function tone(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** `version` changes with the values, which are the caller's own lists. */
export function Spark(props: { seconds: number[]; values: Bytes[]; most: Bytes; colour: string; label: string; version: number; theme: string; whole?: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const most = useRef(props.most);
  most.current = props.most;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(
      {
        width: Math.max(40, element.clientWidth),
        height: 34,
        padding: [2, 0, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        axes: [{ show: false }, { show: false }],
        scales: {
          x: { time: false, range: (_, first, last) => [props.whole ? first : last - WINDOW_SECONDS, last] },
          y: { range: (_, __, high) => [0, most.current || high || 1] },
        },
        series: [{}, { stroke: tone(props.colour), fill: `${tone(props.colour)}38`, width: 1.5, points: { show: false }, spanGaps: false }],
      },
      [[], []],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(40, element.clientWidth), height: 34 }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [props.colour, props.theme]);
  useEffect(() => {
    plot.current?.setData([props.seconds, props.values], true);
  }, [props.version, props.seconds, props.colour, props.theme]);
  const last = props.values[props.values.length - 1];
  return <div class="spark" ref={place} role="img" aria-label={props.whole ? `${props.label}, the whole run` : `${props.label}, the last ten minutes; now ${format.bytes(last)}`} />;
}
