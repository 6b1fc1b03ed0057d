// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// One worker core's L1, by address: firmware and rings at the bottom, circular buffers growing up from the base of the
// banks, L1 buffers growing down from the top, and the room between the two that the next launch may need.
import type { Device } from "../data/model";
import * as format from "../data/format";
import { Size } from "./figures";

export function ClashGauge({ device, nowNs }: { device: Device; nowNs: number }) {
  const ageSeconds = device.lists_time_ns === undefined ? 0 : (nowNs - device.lists_time_ns) / 1e9;
  const cbs = device.memory.circular_buffers;
  const physical = device.memory.layout?.l1_core?.physical_bytes;
  const path = `/devices/${device.index}/memory/circular_buffers`;
  const { base_address: base, limit_address: limit, high_water_bytes_per_core: high, headroom_bytes_per_core: headroom } = cbs;
  const clashes = cbs.clashes_ahead ?? [];
  const known = typeof base === "number" && typeof limit === "number" && typeof physical === "number" && physical > 0;
  const share = (bytes: number) => `${Math.max(0, Math.min(100, (100 * bytes) / (physical ?? 1)))}%`;
  const tight = clashes.length > 0 ? "bad" : headroom !== null && physical && headroom < physical / 16 ? "near" : "good";
  const words = { bad: "clash ahead", near: "close", good: "clear" }[tight];
  return (
    <div class="gauge">
      <div class="row">
        <span class="name">Clash gauge</span>
        <span class={`state ${known && headroom !== null ? tight : "unknown"}`}>{known && headroom !== null ? words : "not known"}</span>
        {known && ageSeconds >= 5 ? <small title="This server takes long to read the lists that it is made of, so it is read less often">{format.duration(ageSeconds)} ago</small> : null}
        <span class="right">
          <Size value={headroom} path={`${path}/headroom_bytes_per_core`} /> <small>headroom a core</small>
        </span>
      </div>
      <div
        class={known ? "bar tall" : "bar tall none"}
        role="img"
        aria-label={`L1 of a core by address: circular buffers reach ${format.bytes(high)} above ${format.hex(base)}, the lowest buffer is at ${format.hex(limit)}, headroom ${format.bytes(headroom)}`}
      >
        {known ? (
          <>
            <i class="t-region" style={{ left: 0, width: share(base) }} title={`below the banks: ${format.bytes(base)}`} />
            <i class="t-cb" style={{ left: share(base), width: share(high ?? 0) }} title={`circular buffers: ${format.bytes(high)}`} />
            <i class="t-l1" style={{ left: share(limit), width: share(physical - limit) }} title={`from the lowest L1 buffer up: ${format.bytes(physical - limit)}`} />
          </>
        ) : null}
      </div>
      {clashes.slice(0, 3).map((clash) => (
        <p class="warn" key={clash.program}>
          ⚠ program {clash.program}
          {clash.operation ? ` (${format.safe(clash.operation)})` : ""} {clash.refused ? "cannot be launched now" : "would overwrite a buffer"}: {format.bytes(clash.missing_bytes)} missing on a core
        </p>
      ))}
    </div>
  );
}
