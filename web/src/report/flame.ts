// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Stacks with their bytes as a tree, and where its boxes lie. Pure.
import { devicesText, kindName, type PageData, type Run } from "./data";

export interface Node {
  name: string;
  bytes: number;
  buffers: number;
  depth: number;
  parent: Node | null;
  children: Node[]; // by name
}

export function treeOf(stacks: [frames: string[], bytes: number, buffers: number][]): Node {
  const root: Node = { name: "all", bytes: 0, buffers: 0, depth: 0, parent: null, children: [] };
  const known = new Map<Node, Map<string, Node>>();
  for (const [frames, bytes, buffers] of stacks) {
    let at = root;
    at.bytes += bytes;
    at.buffers += buffers;
    for (const name of frames) {
      const below = known.get(at) ?? new Map<string, Node>();
      known.set(at, below);
      let next = below.get(name);
      if (!next) {
        next = { name, bytes: 0, buffers: 0, depth: at.depth + 1, parent: at, children: [] };
        below.set(name, next);
        at.children.push(next);
      }
      next.bytes += bytes;
      next.buffers += buffers;
      at = next;
    }
  }
  const sort = (node: Node) => {
    node.children.sort((a, b) => b.bytes - a.bytes);
    node.children.forEach(sort);
  };
  sort(root);
  return root;
}

export interface Box {
  node: Node;
  x: number; // shares of the width, 0 to 1
  width: number;
}

/** Boxes of what is below `top` and of what leads to it; those thinner than `least` are left out. */
export function boxesOf(top: Node, least: number): Box[] {
  const boxes: Box[] = [];
  for (let at: Node | null = top.parent; at; at = at.parent) boxes.push({ node: at, x: 0, width: 1 });
  const place = (node: Node, x: number, width: number) => {
    if (width < least) return;
    boxes.push({ node, x, width });
    let from = x;
    for (const child of node.children) {
      const share = node.bytes > 0 ? (width * child.bytes) / node.bytes : 0;
      place(child, from, share);
      from += share;
    }
  };
  place(top, 0, 1);
  return boxes;
}

export interface Graph {
  key: string;
  title: string;
  stacks: () => [string[], number, number][];
}

const TITLES: Record<string, string> = { leaks: "Never freed by the program", temporary: "Short-lived", churn: "Allocated, ever" };

/** Those of the process that is shown, and what is held at its moment A. */
export function graphsOf(page: PageData, run: Run, a: number): Graph[] {
  const graphs: Graph[] = page.flames.graphs
    .filter((graph) => graph.process === run.data.number)
    .map((graph, index) => ({
      key: `${graph.list} ${index}`,
      title: graph.of ? `Peak of ${kindName(graph.of.kind)}, ${devicesText(graph.of.devices)}` : (TITLES[graph.list] ?? graph.list),
      stacks: () => graph.stacks.map(([frames, bytes, buffers]) => [frames.map((frame) => page.flames.frames[frame] ?? "?"), bytes, buffers]),
    }));
  graphs.push({
    key: "moment",
    title: "Held at A",
    stacks: () =>
      run.rowsAt(a).map((row) => {
        const frames = [row.scope, ...[...row.stack].reverse().map((frame) => `${frame.name || "?"} (${frame.file}${frame.line ? `:${frame.line}` : ""})`), row.operation].filter((name) => name);
        return [frames.length > 0 ? frames : ["(unknown)"], row.bytes, 1];
      }),
  });
  return graphs;
}
