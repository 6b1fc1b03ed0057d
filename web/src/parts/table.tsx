// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A table that is sorted by a click or a key on a column's head. Rows may be chosen with arrows and Enter.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Maybe } from "../data/model";

export interface Column<Row> {
  key: string;
  head: string;
  hint?: string;
  number?: boolean;
  /** By what it is sorted; unknown values come last either way. Absent: not sortable. */
  rank?: (row: Row) => Maybe<number | string>;
  cell: (row: Row) => ComponentChildren;
}

function compare(a: Maybe<number | string>, b: Maybe<number | string>, down: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return down ? -order : order;
}

export function move(event: KeyboardEvent): void {
  const row = event.currentTarget as HTMLElement;
  const next = event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
  if (next instanceof HTMLElement) {
    next.focus();
    event.preventDefault();
  }
}

export function Table<Row>(props: {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  id: (row: Row) => string;
  sort?: { key: string; down: boolean };
  onRow?: (row: Row) => void;
  marked?: (row: Row) => boolean;
  tone?: (row: Row) => string;
  /** Rows that are shown at most, after they are sorted. */
  most?: number;
  empty: string;
}) {
  const [sort, setSort] = useState(props.sort ?? null);
  const by = sort ? props.columns.find((column) => column.key === sort.key)?.rank : undefined;
  const sorted = by && sort ? [...props.rows].sort((a, b) => compare(by(a), by(b), sort.down)) : props.rows;
  const rows = props.most === undefined ? sorted : sorted.slice(0, props.most);
  return (
    <div class="scroll">
      <table aria-label={props.label}>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                class={column.number ? "number" : ""}
                title={column.hint}
                aria-sort={sort?.key === column.key ? (sort.down ? "descending" : "ascending") : undefined}
              >
                {column.rank ? (
                  <button onClick={() => setSort({ key: column.key, down: sort?.key === column.key ? !sort.down : column.number === true })}>
                    {column.head}
                    <span aria-hidden="true">{sort?.key === column.key ? (sort.down ? " ↓" : " ↑") : ""}</span>
                  </button>
                ) : (
                  column.head
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={props.id(row)}
              class={`${props.marked?.(row) ? "marked" : ""} ${props.tone?.(row) ?? ""}`}
              tabIndex={props.onRow ? 0 : undefined}
              onClick={props.onRow ? () => props.onRow?.(row) : undefined}
              onKeyDown={
                props.onRow
                  ? (event) => {
                      move(event);
                      if (event.key === "Enter") props.onRow?.(row);
                    }
                  : undefined
              }
            >
              {props.columns.map((column) => (
                <td key={column.key} class={column.number ? "number" : ""}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 ? <p class="empty">{props.empty}</p> : null}
    </div>
  );
}
