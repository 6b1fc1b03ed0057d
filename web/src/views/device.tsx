// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// One device in full: where a core's L1 and a DRAM bank go, every kind of memory, programs' share, sensors.
import { type Device, KINDS, type LayoutSums, type Snapshot } from "../data/model";
import * as format from "../data/format";
import { DeviceChoice } from "../parts/device_choice";
import { Address, Bar, Count, Reading, Size, Words } from "../parts/figures";
import { ClashGauge } from "../parts/gauge";
import { matches, ProcessTable } from "../parts/processes";
import * as state from "../state";

const KIND_NAMES = { dram: "DRAM", l1: "L1", l1_small: "L1 small", trace: "Trace" };

function Account({ name, sums, path, tone }: { name: string; sums: LayoutSums | null | undefined; path: string; tone: string }) {
  if (!sums) return null;
  const parts: [string, keyof LayoutSums, string][] = [
    ["regions (firmware, rings)", "region_bytes", "t-region"],
    ["buffers", "buffer_bytes", tone],
    ["unexplained", "unexplained_bytes", "t-odd"],
    ["free", "free_bytes", "t-free"],
  ];
  return (
    <div class="account">
      <div class="row">
        <span class="name">{name}</span>
        <span class="right">
          <Size value={sums.physical_bytes} path={`${path}/physical_bytes`} />
        </span>
      </div>
      <Bar parts={parts.slice(0, 3).map(([part, field, shade]) => ({ name: part, bytes: sums[field], tone: shade }))} whole={sums.physical_bytes} label={name} />
      <dl class="parts">
        {parts
          .filter(([, field]) => field !== "unexplained_bytes" || sums[field] > 0)
          .map(([part, field, shade]) => (
            <div key={field}>
              <dt>
                <i class={`dot ${shade}`} />
                {part}
              </dt>
              <dd>
                <Size value={sums[field]} path={`${path}/${field}`} />
              </dd>
            </div>
          ))}
      </dl>
    </div>
  );
}

function Kinds({ device }: { device: Device }) {
  const path = `/devices/${device.index}/memory`;
  return (
    <div class="scroll">
      <table aria-label="Kinds of memory">
        <thead>
          <tr>
            {["Memory", "allocated", "requested", "peak", "capacity", "reserved", "physical", "buffers", "banks", "largest hole a bank"].map((head, index) => (
              <th key={head} scope="col" class={index ? "number" : ""}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {KINDS.map((kind) => {
            const use = device.memory[kind];
            const size = (field: Exclude<keyof typeof use, "banks" | "buffers">) => (
              <td class="number">
                <Size value={use[field]} path={`${path}/${kind}/${field}`} />
              </td>
            );
            return (
              <tr key={kind}>
                <th scope="row">{KIND_NAMES[kind]}</th>
                {size("allocated_bytes")}
                {size("requested_bytes")}
                {size("peak_bytes")}
                {size("capacity_bytes")}
                {size("reserved_bytes")}
                {size("physical_bytes")}
                <td class="number">
                  <Count value={use.buffers} path={`${path}/${kind}/buffers`} />
                </td>
                <td class="number">
                  <Count value={use.banks} path={`${path}/${kind}/banks`} />
                </td>
                {size("largest_free_bytes_per_bank")}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Programs({ device }: { device: Device }) {
  const path = `/devices/${device.index}/memory`;
  const { circular_buffers: cbs, kernels } = device.memory;
  const rows: [string, string, number | null | undefined, string][] = [
    ["Circular buffers now", "of the program launched last on each core", cbs.current_bytes, "circular_buffers/current_bytes"],
    ["… of any cached program", "what must stay free for any of them to be launched again", cbs.cached_union_bytes, "circular_buffers/cached_union_bytes"],
    ["… of all programs together", "as the proof of concept counted", cbs.programs_sum_bytes, "circular_buffers/programs_sum_bytes"],
    ["High water on a core", "above the base of the banks", cbs.high_water_bytes_per_core, "circular_buffers/high_water_bytes_per_core"],
    ["Headroom on a core", "from there to the lowest L1 buffer", cbs.headroom_bytes_per_core, "circular_buffers/headroom_bytes_per_core"],
    ["Kernels loaded", "size on a core, times cores", kernels.loaded_bytes, "kernels/loaded_bytes"],
    ["… application", "", kernels.application_bytes, "kernels/application_bytes"],
    ["… fabric", "", kernels.fabric_bytes, "kernels/fabric_bytes"],
    ["… dispatch", "", kernels.dispatch_bytes, "kernels/dispatch_bytes"],
    ["Kernel ring on a core", "capacity of the kernel-config ring", kernels.ring_capacity_bytes_per_core, "kernels/ring_capacity_bytes_per_core"],
    ["… used", "", kernels.ring_used_bytes_per_core, "kernels/ring_used_bytes_per_core"],
  ];
  return (
    <dl class="list">
      {rows.map(([name, hint, value, field]) => (
        <div key={field} title={hint}>
          <dt>{name}</dt>
          <dd>
            <Size value={value} path={`${path}/${field}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Sensors({ device }: { device: Device }) {
  const sensors = Object.entries(device.telemetry?.sensors ?? {});
  const past = state.use((all) => all.source?.past != null);
  if (!device.telemetry) return <p class="quiet">{past ? "A recording has no sensors." : device.mock ? "A mock device has no sensors." : "No telemetry: the driver lists no such card."}</p>;
  return (
    <dl class="list">
      {sensors
        .filter(([, sensor]) => sensor.state !== "unknown")
        .map(([name, sensor]) => (
          <div key={name} title={`${format.safe(sensor.state)}${sensor.limit !== null ? `, limit ${sensor.limit}` : ""}`}>
            <dt>{format.sensorName(name)}</dt>
            <dd>
              <Reading value={sensor.value} unit={sensor.unit} path={`/devices/${device.index}/telemetry/sensors/${name}/value`} />
            </dd>
          </div>
        ))}
    </dl>
  );
}

function Regions({ device }: { device: Device }) {
  const regions = device.memory.regions ?? [];
  if (regions.length === 0) return null;
  return (
    <section class="card" aria-label="Regions">
      <h2>Where it lies</h2>
      <div class="scroll">
        <table aria-label="Regions">
          <thead>
            <tr>
              {["Memory", "region", "address", "bytes", "cores", "PID", "read from"].map((head) => (
                <th key={head} scope="col" class={head === "address" || head === "bytes" ? "number" : ""}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {regions.map((region, index) => (
              <tr key={index}>
                <td>{region.memory === "l1" ? "L1" : "DRAM"}</td>
                <td>{format.word(region.type)}</td>
                <td class="number">
                  <Address value={region.address} path={`/devices/${device.index}/memory/regions/${index}/address`} />
                </td>
                <td class="number">
                  <Size value={region.bytes} path={`/devices/${device.index}/memory/regions/${index}/bytes`} />
                </td>
                <td>{region.cores ? region.cores.map(([x0, y0, x1, y1]) => `${x0},${y0}–${x1},${y1}`).join(" ") : "all"}</td>
                <td>{region.pid ?? format.UNKNOWN}</td>
                <td>
                  <Words text={region.source} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function DeviceView({ snapshot }: { snapshot: Snapshot }) {
  const wanted = state.use((all) => all.device);
  const filter = state.use((all) => all.filter);
  const device = snapshot.devices[wanted] ?? snapshot.devices[0];
  if (!device) return <p class="card empty">No device is known.</p>;
  const path = `/devices/${device.index}`;
  const rows = snapshot.processes
    .map((process, index) => ({ process, index }))
    .filter((row) => row.process.devices.some((holding) => holding.index === device.index) && matches(row.process, filter));
  return (
    <>
      <div class="bar-of-choices">
        <DeviceChoice snapshot={snapshot} />
        <span class="quiet mono">
          {[device.arch, device.pci, device.unique_id].filter(Boolean).map((text) => format.safe(text)).join(" · ")}
          {device.mock ? " · mock" : ""}
        </span>
      </div>
      <div class="columns">
        <div class="stacked">
        <section class="card" aria-label="Memory">
          <h2>Memory</h2>
          <Kinds device={device} />
          <div class="two">
            <Account name="L1 of a worker core" sums={device.memory.layout?.l1_core} path={`${path}/memory/layout/l1_core`} tone="t-l1" />
            <Account name="A DRAM bank" sums={device.memory.layout?.dram_bank} path={`${path}/memory/layout/dram_bank`} tone="t-dram" />
          </div>
          <ClashGauge device={device} nowNs={snapshot.time_ns} />
        </section>
        <section class="card" aria-label="Processes">
          <h2>
            Processes <small>of this device</small>
          </h2>
          <ProcessTable rows={rows} device={device.index} />
        </section>
        </div>
        <div class="stacked">
        <section class="card" aria-label="Programs">
          <h2>Programs</h2>
          <Programs device={device} />
        </section>
        <section class="card" aria-label="Sensors">
          <h2>Sensors</h2>
          <Sensors device={device} />
        </section>
        </div>
      </div>
      <Regions device={device} />
    </>
  );
}
