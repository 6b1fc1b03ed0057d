// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Processes and their memory: a row for each process, its figures added up over the devices (or of one device).
import type { Bytes, HoldingField, Maybe, Process } from "../data/model";
import * as format from "../data/format";
import { Size, Words } from "./figures";
import { type Column, Table } from "./table";

export interface Row {
  process: Process;
  index: number; // in the snapshot's processes
}

const FIELDS: [HoldingField, string, string][] = [
  ["dram_bytes", "DRAM", "DRAM that it holds"],
  ["l1_bytes", "L1", "L1 that its buffers hold"],
  ["cb_bytes", "CBs", "Circular buffers of the programs launched last"],
  ["kernel_bytes", "Kernels", "Kernels of its loaded programs"],
  ["dram_peak_bytes", "DRAM peak", "The most DRAM that it ever held; over several devices, their peaks added up"],
  ["l1_peak_bytes", "L1 peak", "The most L1 that it ever held; over several devices, their peaks added up"],
];

export function containerOf(process: Process): string {
  const box = process.container;
  if (!box) return "";
  return [box.runtime, box.id?.slice(0, 12), box.pod ? `pod ${box.pod}` : null, box.job ? `job ${box.job}` : null].filter(Boolean).join(" ");
}

export function matches(process: Process, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [process.pid, process.user, process.command, process.name, process.state, process.source, containerOf(process)].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function held(row: Row, field: HoldingField, device: Maybe<number>): Bytes {
  return format.sum(row.process.devices.filter((holding) => device === null || holding.index === device).map((holding) => holding[field]));
}

function pathOf(row: Row, field: HoldingField, device: Maybe<number>): string {
  if (device === null) return `sum /processes/${row.index}/devices/*/${field}`;
  return `/processes/${row.index}/devices/${row.process.devices.findIndex((holding) => holding.index === device)}/${field}`;
}

export function ProcessTable({ rows, device, onRow }: { rows: Row[]; device: Maybe<number>; onRow?: (row: Row) => void }) {
  const columns: Column<Row>[] = [
    { key: "pid", head: "PID", number: true, rank: (row) => row.process.pid, cell: (row) => <span class="num">{row.process.pid ?? format.UNKNOWN}</span> },
    { key: "user", head: "User", rank: (row) => row.process.user, cell: (row) => <Words text={row.process.user} /> },
    {
      key: "state",
      head: "State",
      rank: (row) => row.process.state,
      cell: (row) => (
        <span class={`badge ${format.className("s-", row.process.state)}`} title={format.safe(row.process.reason) || undefined}>
          {format.word(row.process.state)}
        </span>
      ),
    },
  ];
  if (device === null) {
    columns.push({
      key: "devices",
      head: "Devices",
      rank: (row) => row.process.devices.length,
      cell: (row) => {
        const ids = row.process.devices.map((holding) => holding.id ?? holding.index);
        return <span class="num">{ids.length > 4 ? `${ids[0]}…${ids[ids.length - 1]} (${ids.length})` : ids.join(" ") || format.UNKNOWN}</span>;
      },
    });
  }
  for (const [field, head, hint] of FIELDS) {
    columns.push({
      key: field,
      head,
      hint,
      number: true,
      rank: (row) => held(row, field, device),
      cell: (row) => <Size value={held(row, field, device)} path={pathOf(row, field, device)} />,
    });
  }
  columns.push(
    { key: "container", head: "Container", rank: (row) => containerOf(row.process) || null, cell: (row) => <Words text={containerOf(row.process)} empty="" /> },
    { key: "command", head: "Command", rank: (row) => row.process.command, cell: (row) => <Words text={row.process.command} /> },
  );
  return (
    <Table
      label="Processes"
      columns={columns}
      rows={rows}
      id={(row) => `${row.process.pid} ${row.process.start_time_ns} ${row.index}`}
      sort={{ key: "dram_bytes", down: true }}
      tone={(row) => (row.process.state === "live" || row.process.state === "stopped" ? "" : "gone")}
      empty="No process that matches. Start a program with: ttmem run -- python your_model.py"
      {...(onRow ? { onRow } : {})}
    />
  );
}
