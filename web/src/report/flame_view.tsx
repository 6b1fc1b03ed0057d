// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Flame graphs of held memory, by stack: width is bytes, callers stand above what they call.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as format from "../data/format";
import type { Maybe } from "../data/model";
import { type Box, boxesOf, graphsOf, type Node, treeOf } from "./flame";
import { MomentBar } from "./moment_bar";
import * as state from "./state";

const HEIGHT = 22; // px of a row
const LETTER = 7.25; // px, about

/** Three kinds of frames, in two shades each so that neighbours can be told apart. */
function toneOf(node: Node): string {
  if (node.depth === 0) return "f-root";
  let hash = 0;
  for (const letter of node.name) hash = (hash * 31 + letter.charCodeAt(0)) | 0;
  const shade = (hash >>> 0) % 3;
  const line = / \([^()]*:\d+\)$/.test(node.name);
  return line ? `f-line-${shade}` : node.children.length > 0 ? `f-scope-${shade}` : `f-operation-${shade}`;
}

export function shortName(name: string): string {
  // "attention (/a/b/model.py:12)" without the folder.
  return name.replace(/ \((.*)\/([^/]*:\d+)\)$/, " ($2)");
}

function FlameBox({ box, width, lit, focused, onTop, onFocus }: { box: Box; width: number; lit: boolean; focused: boolean; onTop: () => void; onFocus: (node: Node) => void }) {
  const place = useRef<SVGGElement>(null);
  useEffect(() => {
    if (focused) place.current?.focus();
  }, [focused]);
  const pixels = box.width * width;
  const name = format.safe(shortName(box.node.name));
  const room = Math.floor((pixels - 8) / LETTER);
  const letters = [...name]; // which are never cut in two
  return (
    <g
      ref={place}
      class={`box ${toneOf(box.node)} ${lit ? "" : "unlit"}`}
      tabindex={focused ? 0 : -1}
      role="button"
      aria-label={`${name}, ${format.bytes(box.node.bytes)}`}
      data-bytes={box.node.bytes}
      onClick={() => {
        onFocus(box.node);
        onTop();
      }}
      onMouseEnter={() => onFocus(box.node)}
    >
      <rect x={box.x * width} y={box.node.depth * HEIGHT} width={Math.max(0.5, pixels - 1)} height={HEIGHT - 1} rx={2} />
      {room > 2 ? (
        <text x={box.x * width + 5} y={box.node.depth * HEIGHT + 15}>
          {letters.length > room ? `${letters.slice(0, room - 1).join("")}…` : name}
        </text>
      ) : null}
    </g>
  );
}

export function FlameView() {
  const page = state.use((all) => all.page);
  const run = state.use((all) => all.run);
  const a = state.use((all) => all.a);
  const search = state.use((all) => all.search);
  const graphs = graphsOf(page, run, a);
  const [key, setKey] = useState(graphs[0]?.key ?? "moment");
  const graph = graphs.find((one) => one.key === key) ?? graphs[0];
  const root = useMemo(() => treeOf(graph?.stacks() ?? []), [page, run, graph?.key, graph?.key === "moment" ? a : 0]);
  const [zoomed, setTop] = useState<Maybe<Node>>(null);
  const [focus, setFocus] = useState<Maybe<Node>>(null);
  const [moved, setMoved] = useState(false); // by key: the box takes the focus
  const [width, setWidth] = useState(900);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    setTop(null);
    setFocus(null);
  }, [root]);
  const inTree = (node: Maybe<Node>): boolean => {
    for (let at = node; at; at = at.parent) if (at === root) return true;
    return false;
  };
  const top = zoomed && inTree(zoomed) ? zoomed : root;
  const at = focus && inTree(focus) ? focus : top;
  const boxes = useMemo(() => boxesOf(top, 0.8 / width), [top, width]);
  const depth = boxes.reduce((most, box) => Math.max(most, box.node.depth), 0);
  const text = search.trim().toLowerCase();
  const onKey = (event: KeyboardEvent) => {
    const row = at.parent?.children ?? [at];
    const index = row.indexOf(at);
    if (event.key === "Enter") setTop(at);
    else if (event.key === "Escape") setTop(null);
    else {
      const next = event.key === "ArrowDown" ? at.children[0] : event.key === "ArrowUp" ? at.parent : event.key === "ArrowRight" ? row[index + 1] : event.key === "ArrowLeft" ? row[index - 1] : undefined;
      if (next === undefined) return;
      if (next) setFocus(next);
      setMoved(true);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <MomentBar />
      <section class="card flame" aria-label="Flame graph" onKeyDown={onKey}>
        <div class="bar-of-choices inside">
          <label class="choice">
            <span>What</span>
            <select id="graph" value={graph?.key ?? ""} onChange={(event) => setKey(event.currentTarget.value)}>
              {graphs.map((one) => (
                <option key={one.key} value={one.key}>
                  {one.title}
                </option>
              ))}
            </select>
          </label>
          <input type="search" id="search" placeholder="Find  /" aria-label="Find frames" value={search} onInput={(event) => state.set({ search: event.currentTarget.value })} />
          <button class="plain" disabled={top === root} onClick={() => setTop(null)}>
            Whole graph
          </button>
          <span class="grow" />
          <span class="colours">
            <span class="choice"><i class="dot f-scope" />scope</span>
            <span class="choice"><i class="dot f-line" />line of the program</span>
            <span class="choice"><i class="dot f-operation" />operation</span>
          </span>
        </div>
        <div ref={place}>
          {root.bytes === 0 ? (
            <p class="empty">Nothing to show.</p>
          ) : (
            <svg width={width} height={(depth + 1) * HEIGHT} role="group" aria-label={`${graph?.title ?? ""}: arrow keys move, Enter zooms, Escape shows the whole`}>
              {boxes.map((box) => (
                <FlameBox
                  key={`${box.node.depth} ${box.x} ${box.node.name}`}
                  box={box}
                  width={width}
                  lit={!text || box.node.name.toLowerCase().includes(text)}
                  focused={box.node === at && (moved || box.node === top)}
                  onTop={() => setTop(box.node)}
                  onFocus={(node) => {
                    setMoved(false);
                    setFocus(node);
                  }}
                />
              ))}
            </svg>
          )}
        </div>
        {page.flames.left_out > 0 ? <p class="quiet">{format.count(page.flames.left_out)} peaks have no graph in this file: ttmem report --folded peak prints all.</p> : null}
        <p class="under" aria-live="polite">
          <strong>{format.bytes(at.bytes)}</strong> <span class="quiet">{format.percent(at.bytes, root.bytes)}, {format.count(at.buffers)} buffers</span> <bdi class="mono">{format.safe(at.name)}</bdi>
        </p>
      </section>
    </>
  );
}
