// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// One device on the overview: what is taken of it, how near a clash is, how it feels.
import type { Device, MemoryUse } from "../data/model";
import { deviceKey } from "../data/recent";
import * as format from "../data/format";
import * as state from "../state";
import { Bar, Reading, Share, Size, Words } from "./figures";
import { ClashGauge } from "./gauge";
import { Spark } from "./spark";

const CHIPS = ["asic_temperature", "power", "ai_clock", "fan"];

function KindRow({ name, use, path, tone }: { name: string; use: MemoryUse; path: string; tone: string }) {
  return (
    <div class="kind">
      <div class="row">
        <span class="name">{name}</span>
        <span class="right">
          <strong>
            <Size value={use.allocated_bytes} path={`${path}/allocated_bytes`} />
          </strong>
          <small>
            {" of "}
            <Size value={use.capacity_bytes} path={`${path}/capacity_bytes`} />
          </small>
          <Share part={use.allocated_bytes} whole={use.capacity_bytes} paths={[`${path}/allocated_bytes`, `${path}/capacity_bytes`]} />
        </span>
      </div>
      <Bar parts={[{ name: "allocated", bytes: use.allocated_bytes, tone }]} whole={use.capacity_bytes} mark={use.peak_bytes} label={name} />
    </div>
  );
}

export function DeviceCard({ device, version, theme, onOpen }: { device: Device; version: number; theme: string; onOpen: () => void }) {
  const path = `/devices/${device.index}`;
  const memory = device.memory;
  const recent = state.recent.of(deviceKey(device));
  const whole = state.use((all) => all.source?.past != null);
  const opened = memory.dram.allocated_bytes !== null;
  return (
    <article class="card device" aria-label={format.deviceName(device)}>
      <header>
        <button class="title" onClick={onOpen} title="Open this device">
          {format.deviceName(device)}
        </button>
        <span class="tag">
          <Words text={device.board ?? device.arch} empty="unknown board" />
        </span>
        {device.mock ? <span class="tag quiet">mock</span> : null}
        {device.remote ? <span class="tag quiet">remote</span> : null}
        <span class="right quiet mono">
          <Words text={device.pci} empty="" />
        </span>
      </header>
      {opened ? (
        <>
          <KindRow name="DRAM" use={memory.dram} path={`${path}/memory/dram`} tone="t-dram" />
          <Spark seconds={recent.seconds} values={recent.dram} most={memory.dram.capacity_bytes} colour="dram" label="DRAM" version={version} theme={theme} whole={whole} />
          <KindRow name="L1" use={memory.l1} path={`${path}/memory/l1`} tone="t-l1" />
          <Spark seconds={recent.seconds} values={recent.l1} most={memory.l1.capacity_bytes} colour="l1" label="L1" version={version} theme={theme} whole={whole} />
          <ClashGauge device={device} nowNs={version} />
          <dl class="parts">
            <div>
              <dt>
                <i class="dot t-cb" />
                Circular buffers
              </dt>
              <dd>
                <Size value={memory.circular_buffers.current_bytes} path={`${path}/memory/circular_buffers/current_bytes`} />
              </dd>
            </div>
            <div>
              <dt>
                <i class="dot t-kernel" />
                Kernels
              </dt>
              <dd>
                <Size value={memory.kernels.loaded_bytes} path={`${path}/memory/kernels/loaded_bytes`} />
              </dd>
            </div>
            <div>
              <dt>
                <i class="dot t-small" />
                L1 small
              </dt>
              <dd>
                <Size value={memory.l1_small.allocated_bytes} path={`${path}/memory/l1_small/allocated_bytes`} />
              </dd>
            </div>
            <div>
              <dt>
                <i class="dot t-trace" />
                Trace
              </dt>
              <dd>
                <Size value={memory.trace.allocated_bytes} path={`${path}/memory/trace/allocated_bytes`} />
              </dd>
            </div>
          </dl>
        </>
      ) : (
        <p class="quiet">No process has it open.</p>
      )}
      <footer>
        {device.telemetry
          ? CHIPS.filter((name) => device.telemetry?.sensors[name]).map((name) => {
              const sensor = device.telemetry?.sensors[name];
              const hot = sensor && typeof sensor.value === "number" && sensor.limit !== null && sensor.value >= sensor.limit * 0.95;
              return (
                <span class={hot ? "chip hot" : "chip"} key={name} title={`${format.sensorName(name)}, ${format.safe(sensor?.state)}`}>
                  <small>{format.sensorName(name)}</small> <Reading value={sensor?.value} unit={sensor?.unit} path={`${path}/telemetry/sensors/${name}/value`} />
                </span>
              );
            })
          : null}
        {device.telemetry && device.telemetry.condition !== "ok" ? <span class="chip hot">{format.safe(device.telemetry.condition)}</span> : null}
        {!device.telemetry ? <span class="quiet">no sensors{whole ? ": a recording has none" : device.mock ? ": a mock device" : ""}</span> : null}
      </footer>
    </article>
  );
}
