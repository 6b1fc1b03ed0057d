// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import type { Kind, Snapshot } from "../data/model";
import * as format from "../data/format";
import { DeviceCard } from "../parts/device_card";
import { Bar, Count, Size } from "../parts/figures";
import { matches, ProcessTable } from "../parts/processes";
import { type Column, Table } from "../parts/table";
import type { Device } from "../data/model";
import * as state from "../state";

const MOST_CARDS = 8; // more devices are a table, which shows them all at once

function MemoryTile({ snapshot, kind, name, tone }: { snapshot: Snapshot; kind: Kind; name: string; tone: string }) {
  const used = format.sum(snapshot.devices.map((device) => device.memory[kind].allocated_bytes));
  const whole = format.sum(snapshot.devices.map((device) => device.memory[kind].capacity_bytes));
  return (
    <div class="tile">
      <span class="name">{name}</span>
      <strong class="big">
        <Size value={used} path={`sum /devices/*/memory/${kind}/allocated_bytes`} />
      </strong>
      <small>
        of <Size value={whole} path={`sum /devices/*/memory/${kind}/capacity_bytes`} /> · <span>{format.percent(used, whole)}</span>
      </small>
      <Bar parts={[{ name: "allocated", bytes: used, tone }]} whole={whole} label={name} />
    </div>
  );
}

function Tiles({ snapshot }: { snapshot: Snapshot }) {
  const living = snapshot.processes.filter((process) => process.state === "live" || process.state === "stopped").length;
  const gone = snapshot.processes.length - living;
  const failures = snapshot.failures ?? [];
  const ahead = snapshot.devices.flatMap((device) => device.memory.circular_buffers.clashes_ahead ?? []).length;
  const last = failures[failures.length - 1];
  return (
    <section class="tiles" aria-label="All devices">
      <MemoryTile snapshot={snapshot} kind="dram" name="DRAM" tone="t-dram" />
      <MemoryTile snapshot={snapshot} kind="l1" name="L1" tone="t-l1" />
      <div class="tile">
        <span class="name">Processes</span>
        <strong class="big">
          <Count value={living} path="living" />
        </strong>
        <small>
          alive on {snapshot.devices.length} {snapshot.devices.length === 1 ? "device" : "devices"}
          {gone > 0 ? `, ${gone} ended` : ""}
        </small>
      </div>
      <button class={failures.length + ahead > 0 ? "tile alert" : "tile"} onClick={() => state.set({ view: "events" })}>
        <span class="name">Refusals</span>
        <strong class="big">
          <Count value={failures.length} path="failures" />
        </strong>
        <small>{ahead > 0 ? `${ahead} clash${ahead > 1 ? "es" : ""} ahead` : last ? `last at ${format.clock(last.time_ns)}` : "none: all that was asked for fitted"}</small>
      </button>
    </section>
  );
}

function DeviceTable({ devices, onOpen }: { devices: Device[]; onOpen: (device: Device) => void }) {
  const size = (key: string, head: string, of: (device: Device) => number | null, path: string): Column<Device> => ({
    key,
    head,
    number: true,
    rank: of,
    cell: (device) => <Size value={of(device)} path={`/devices/${device.index}/${path}`} />,
  });
  const columns: Column<Device>[] = [
    { key: "device", head: "Device", rank: (device) => device.index, cell: (device) => <strong>{format.deviceName(device)}</strong> },
    { key: "board", head: "Board", rank: (device) => device.board, cell: (device) => `${format.safe(device.board ?? device.arch)}${device.mock ? " mock" : ""}` },
    {
      key: "bar",
      head: "DRAM",
      hint: "What is allocated, of what the allocator may hand out",
      rank: (device) => device.memory.dram.allocated_bytes,
      cell: (device) => (
        <Bar
          parts={[{ name: "allocated", bytes: device.memory.dram.allocated_bytes, tone: "t-dram" }]}
          whole={device.memory.dram.capacity_bytes}
          mark={device.memory.dram.peak_bytes}
          label="DRAM"
        />
      ),
    },
    size("dram", "allocated", (device) => device.memory.dram.allocated_bytes, "memory/dram/allocated_bytes"),
    {
      key: "l1bar",
      head: "L1",
      rank: (device) => device.memory.l1.allocated_bytes,
      cell: (device) => (
        <Bar
          parts={[{ name: "allocated", bytes: device.memory.l1.allocated_bytes, tone: "t-l1" }]}
          whole={device.memory.l1.capacity_bytes}
          mark={device.memory.l1.peak_bytes}
          label="L1"
        />
      ),
    },
    size("l1", "allocated", (device) => device.memory.l1.allocated_bytes, "memory/l1/allocated_bytes"),
    size("cb", "CBs", (device) => device.memory.circular_buffers.current_bytes, "memory/circular_buffers/current_bytes"),
    size("room", "headroom", (device) => device.memory.circular_buffers.headroom_bytes_per_core, "memory/circular_buffers/headroom_bytes_per_core"),
    { key: "processes", head: "Processes", number: true, rank: (device) => device.live_processes, cell: (device) => <Count value={device.live_processes} path={`/devices/${device.index}/live_processes`} /> },
  ];
  return <Table label="Devices" columns={columns} rows={devices} id={(device) => String(device.index)} onRow={onOpen} empty="No device is known." />;
}

export function Overview({ snapshot }: { snapshot: Snapshot }) {
  const filter = state.use((all) => all.filter);
  const theme = state.use((all) => (all.dark ? "dark" : "light"));
  const rows = snapshot.processes.map((process, index) => ({ process, index })).filter((row) => matches(row.process, filter));
  const open = (device: Device) => state.set({ view: "device", device: device.index });
  return (
    <>
      <Tiles snapshot={snapshot} />
      <section aria-label="Devices">
        {snapshot.devices.length === 0 ? <p class="card empty">No device is known yet: none is open, and no driver lists any.</p> : null}
        {snapshot.devices.length > MOST_CARDS ? (
          <div class="card">
            <DeviceTable devices={snapshot.devices} onOpen={open} />
          </div>
        ) : (
          <div class="cards">
            {snapshot.devices.map((device) => (
              <DeviceCard key={device.index} device={device} version={snapshot.time_ns} theme={theme} onOpen={() => open(device)} />
            ))}
          </div>
        )}
      </section>
      <section class="card" aria-label="Processes">
        <h2>
          Processes <small>{filter ? `${rows.length} of ${snapshot.processes.length} match` : snapshot.processes.length}</small>
        </h2>
        <ProcessTable
          rows={rows}
          device={null}
          onRow={(row) => {
            const first = row.process.devices[0];
            if (first) state.set({ view: "device", device: first.index });
          }}
        />
      </section>
      {snapshot.notices.length > 0 ? (
        <section class="card notices" aria-label="Notices">
          <h2>Notices</h2>
          <ul>
            {snapshot.notices.map((notice, index) => (
              <li key={index}>{format.safe(notice)}</li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}
