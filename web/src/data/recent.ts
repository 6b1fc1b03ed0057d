// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The last minutes of every device, for the small charts: begun from the history, gone on with from each snapshot.
// Bounded: a page that stays open for a day holds as much as one that was opened ten minutes ago.
import type { Bytes, Device, History, Snapshot } from "./model";

const KEPT_SECONDS = 600;
const MOST_POINTS = 660;

export interface Recent {
  seconds: number[]; // since 1970, rising
  dram: Bytes[];
  l1: Bytes[];
}

/** A key of the device that stays the same when its index changes. */
export function deviceKey(device: Pick<Device, "id" | "unique_id" | "pci"> & { kmd_index?: number | null; mock: boolean }): string {
  return device.unique_id ?? device.pci ?? (device.mock ? `mock ${device.id}` : `id ${device.id}`);
}

export class RecentSeries {
  private readonly devices = new Map<string, Recent>();

  of(key: string): Recent {
    let recent = this.devices.get(key);
    if (!recent) this.devices.set(key, (recent = { seconds: [], dram: [], l1: [] }));
    return recent;
  }

  /** Puts the history before what has been seen since. */
  begin(history: History): void {
    const dram = history.columns.indexOf("dram_bytes");
    const l1 = history.columns.indexOf("l1_bytes");
    for (const series of history.series) {
      const device = history.devices[series.device_index];
      if (series.process_index !== null || !device) continue;
      const recent = this.of(deviceKey(device));
      const first = recent.seconds[0] ?? Infinity;
      const earlier = series.points.filter((point) => (point[0] ?? 0) / 1e9 < first);
      recent.seconds.unshift(...earlier.map((point) => (point[0] ?? 0) / 1e9));
      recent.dram.unshift(...earlier.map((point) => point[dram] ?? null));
      recent.l1.unshift(...earlier.map((point) => point[l1] ?? null));
    }
  }

  add(snapshot: Snapshot): void {
    const now = snapshot.time_ns / 1e9;
    const seen = new Set<string>();
    for (const device of snapshot.devices) {
      const key = deviceKey(device);
      seen.add(key);
      const recent = this.of(key);
      if (now <= (recent.seconds[recent.seconds.length - 1] ?? 0)) continue;
      recent.seconds.push(now);
      recent.dram.push(device.memory.dram.allocated_bytes);
      recent.l1.push(device.memory.l1.allocated_bytes);
      let old = Math.max(0, recent.seconds.length - MOST_POINTS);
      while ((recent.seconds[old] ?? now) < now - KEPT_SECONDS) ++old;
      if (old > 0) for (const list of [recent.seconds, recent.dram, recent.l1]) list.splice(0, old);
    }
    for (const [key, recent] of this.devices) {
      if (!seen.has(key) && (recent.seconds[recent.seconds.length - 1] ?? 0) < now - KEPT_SECONDS) this.devices.delete(key);
    }
  }
}
