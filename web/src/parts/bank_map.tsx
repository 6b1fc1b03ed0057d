// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A bank's memory drawn by address, upward: left the whole of it, right what is looked at closely. Own code, since no
// chart library draws address maps. Wheel and + - zoom, dragging and PageUp/PageDown move, arrows choose a stretch.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Bytes, Layout, Maybe, Stretch } from "../data/model";
import * as format from "../data/format";
import { tone } from "./spark";

const HEIGHT = 560;
const WHOLE = 54; // px of the left strip
const RULER = 96;
const LEAST_WINDOW = 256; // bytes

export interface Look {
  from: number;
  until: number;
}

interface Props {
  layout: Layout;
  start?: number; // the lowest address that is drawn; 0 without
  floor: Bytes; // up to where circular buffers reach
  base: Bytes; // where L1's banks begin
  chosen: Maybe<Stretch>;
  colourOf: (stretch: Stretch) => string; // name of a colour
  labelOf: (stretch: Stretch) => string;
  onChoose: (stretch: Stretch) => void;
  theme: string;
}

export function clampLook(look: Look, size: number, start = 0): Look {
  const span = Math.min(size - start, Math.max(LEAST_WINDOW, look.until - look.from));
  const from = Math.max(start, Math.min(size - span, look.from));
  return { from, until: from + span };
}

/** Text that can be read on a colour, which is written #rrggbb. */
function inkOn(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.3 ? "#14181f" : "#ffffff";
}

function hatch(draw: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, colour: string): void {
  draw.save();
  draw.beginPath();
  draw.rect(x, y, width, height);
  draw.clip();
  draw.strokeStyle = colour;
  draw.lineWidth = 1;
  draw.beginPath();
  for (let at = x - height; at < x + width; at += 7) {
    draw.moveTo(at, y + height);
    draw.lineTo(at + height, y);
  }
  draw.stroke();
  draw.restore();
}

function paint(canvas: HTMLCanvasElement, props: Props, look: Look): void {
  const draw = canvas.getContext("2d");
  if (!draw) return;
  const scale = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  canvas.width = width * scale;
  canvas.height = HEIGHT * scale;
  draw.scale(scale, scale);
  const size = props.layout.physical_bytes;
  const start = props.start ?? 0;
  const [text, quiet, line, free] = [tone("text"), tone("quiet"), tone("line"), tone("free")];
  const closeX = WHOLE + 18 + RULER;
  const closeWidth = width - closeX - 2;
  const columns: { x: number; width: number; look: Look; close: boolean }[] = [
    { x: 1, width: WHOLE, look: { from: start, until: size }, close: false },
    { x: closeX, width: closeWidth, look, close: true },
  ];
  for (const column of columns) {
    const span = column.look.until - column.look.from;
    const y = (address: number) => HEIGHT - ((address - column.look.from) / span) * HEIGHT;
    draw.fillStyle = free;
    draw.fillRect(column.x, 0, column.width, HEIGHT);
    for (const stretch of props.layout.stretches) {
      const end = stretch.address + stretch.bytes;
      if (end <= column.look.from || stretch.address >= column.look.until) continue;
      const top = Math.max(0, y(end));
      const height = Math.max(1, Math.min(HEIGHT, y(stretch.address)) - top);
      if (stretch.type !== "free") {
        draw.fillStyle = tone(props.colourOf(stretch));
        draw.fillRect(column.x, top, column.width, height);
        if (stretch.type === "unexplained") hatch(draw, column.x, top, column.width, height, text);
      }
      if (!column.close) continue;
      if (height > 3) {
        draw.strokeStyle = tone("ground");
        draw.lineWidth = 1;
        draw.strokeRect(column.x, top + 0.5, column.width, height);
      }
      if (height >= 15) {
        draw.font = "12px system-ui, sans-serif";
        draw.fillStyle = stretch.type === "free" ? quiet : stretch.type === "region" ? text : inkOn(tone(props.colourOf(stretch)));
        draw.save();
        draw.beginPath();
        draw.rect(column.x + 6, top, column.width - 12, height);
        draw.clip();
        // A hole that circular buffers reach into is labelled above them.
        const below = stretch.type === "free" && props.floor !== null && props.floor > stretch.address && props.floor < end ? Math.max(0, top + height - y(props.floor)) : 0;
        const clear = height - below >= 15 ? height - below : height;
        draw.fillText(props.labelOf(stretch), column.x + 8, top + clear / 2 + 4);
        draw.restore();
      }
    }
    if (props.floor !== null && props.base !== null && props.floor > props.base) {
      const top = Math.max(0, y(props.floor));
      const bottom = Math.min(HEIGHT, y(props.base));
      if (bottom > top) {
        hatch(draw, column.x, top, column.width, bottom - top, tone("cb"));
        draw.fillStyle = tone("cb");
        draw.fillRect(column.x, top - 1, column.width, 2);
        if (column.close && bottom - top > 18) {
          draw.font = "600 12px system-ui, sans-serif";
          draw.textAlign = "right";
          draw.fillText(`circular buffers up to ${format.hex(props.floor)}`, column.x + column.width - 8, top + 15);
          draw.textAlign = "left";
        }
      }
    }
    if (props.chosen && column.close) {
      const top = y(props.chosen.address + props.chosen.bytes);
      draw.strokeStyle = text;
      draw.lineWidth = 2;
      draw.strokeRect(column.x + 1, Math.max(1, top), column.width - 2, Math.max(2, Math.min(HEIGHT - 1, y(props.chosen.address)) - Math.max(1, top)));
    }
    draw.strokeStyle = line;
    draw.strokeRect(column.x, 0.5, column.width, HEIGHT - 1);
  }
  // The part of the whole that the close picture shows, and the lines that lead to it.
  const wholeY = (address: number) => HEIGHT - ((address - start) / (size - start)) * HEIGHT;
  draw.strokeStyle = text;
  draw.lineWidth = 1.5;
  draw.strokeRect(1, wholeY(look.until), WHOLE, Math.max(2, wholeY(look.from) - wholeY(look.until)));
  draw.strokeStyle = line;
  draw.beginPath();
  draw.moveTo(WHOLE + 1, wholeY(look.until));
  draw.lineTo(WHOLE + 16, 0);
  draw.moveTo(WHOLE + 1, wholeY(look.from));
  draw.lineTo(WHOLE + 16, HEIGHT);
  draw.stroke();
  draw.fillStyle = quiet;
  draw.font = "11px ui-monospace, monospace";
  draw.textAlign = "right";
  for (let step = 0; step <= 8; ++step) {
    const address = Math.round(look.from + ((look.until - look.from) * step) / 8);
    draw.fillText(format.hex(address), closeX - 8, Math.min(HEIGHT - 3, Math.max(10, HEIGHT - (step / 8) * HEIGHT + 4)));
  }
  draw.textAlign = "left";
}

export function BankMap(props: Props) {
  const place = useRef<HTMLCanvasElement>(null);
  const size = props.layout.physical_bytes;
  const start = props.start ?? 0;
  const [look, setLook] = useState<Look>({ from: start, until: size });
  const shown = clampLook(look, size, start);
  const dragging = useRef<Maybe<{ y: number; look: Look; moved: boolean }>>(null);
  const [, redraw] = useState(0);
  useEffect(() => {
    const canvas = place.current;
    if (!canvas) return;
    const observer = new ResizeObserver(() => redraw((n) => n + 1));
    observer.observe(canvas);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (place.current) paint(place.current, props, shown);
  });
  const addressAt = (offsetX: number, offsetY: number) => {
    const seen = offsetX <= WHOLE + 8 ? { from: start, until: size } : shown;
    return seen.from + ((HEIGHT - offsetY) / HEIGHT) * (seen.until - seen.from);
  };
  const zoom = (factor: number, about: number) =>
    setLook(clampLook({ from: about - (about - shown.from) * factor, until: about + (shown.until - about) * factor }, size, start));
  const at = (address: number) => props.layout.stretches.find((stretch) => address >= stretch.address && address < stretch.address + stretch.bytes);
  const step = (by: number) => {
    const stretches = props.layout.stretches;
    const now = props.chosen ? stretches.findIndex((stretch) => stretch.address === props.chosen?.address) : -1;
    const next = stretches[Math.max(0, Math.min(stretches.length - 1, now + by))];
    if (!next) return;
    props.onChoose(next);
    if (next.address < shown.from || next.address + next.bytes > shown.until) {
      const span = Math.max(shown.until - shown.from, next.bytes * 1.2);
      const middle = next.address + next.bytes / 2;
      setLook(clampLook({ from: middle - span / 2, until: middle + span / 2 }, size, start));
    }
  };
  const onKey = (event: KeyboardEvent) => {
    const span = shown.until - shown.from;
    const middle = props.chosen ? props.chosen.address + props.chosen.bytes / 2 : shown.from + span / 2;
    if (event.key === "ArrowUp") step(1);
    else if (event.key === "ArrowDown") step(-1);
    else if (event.key === "+" || event.key === "=") zoom(0.5, middle);
    else if (event.key === "-") zoom(2, middle);
    else if (event.key === "0") setLook({ from: start, until: size });
    else if (event.key === "PageUp") setLook(clampLook({ from: shown.from + span / 2, until: shown.until + span / 2 }, size, start));
    else if (event.key === "PageDown") setLook(clampLook({ from: shown.from - span / 2, until: shown.until - span / 2 }, size, start));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <canvas
      ref={place}
      class="map"
      tabIndex={0}
      role="img"
      aria-label={`Memory by address: ${props.layout.stretches.length} stretches. Arrow keys choose one, plus and minus zoom.`}
      onKeyDown={onKey}
      onWheel={(event) => {
        event.preventDefault();
        zoom(event.deltaY > 0 ? 1.25 : 0.8, addressAt(event.offsetX, event.offsetY));
      }}
      onPointerDown={(event) => {
        dragging.current = { y: event.offsetY, look: shown, moved: false };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const drag = dragging.current;
        if (!drag) return;
        const delta = ((event.offsetY - drag.y) / HEIGHT) * (drag.look.until - drag.look.from);
        if (Math.abs(event.offsetY - drag.y) > 3) drag.moved = true;
        if (drag.moved) setLook(clampLook({ from: drag.look.from + delta, until: drag.look.until + delta }, size, start));
      }}
      onPointerUp={(event) => {
        const drag = dragging.current;
        dragging.current = null;
        const stretch = drag && !drag.moved ? at(addressAt(event.offsetX, event.offsetY)) : undefined;
        if (stretch) props.onChoose(stretch);
      }}
    />
  );
}
