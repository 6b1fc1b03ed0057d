// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A running server.
import { type BufferPage, type Device, type History, KINDS, type LedgerEvent, type Maybe, type Picture, type Snapshot } from "./model";
import { deviceKey } from "./recent";
import { Refused, type Session } from "./session";
import type { BufferQuery, HistoryQuery, Source, Status } from "./source";

const EVERY_MS = 1000;
const MOST_EVENTS = 1000; // that are handed on at once
// Figures made from lists (clash gauge, layout, regions) are requested so seldom that they cost the server a two-hundredth of a core.
const REST_AFTER_LISTS = 200;
const LONGEST_REST_MS = 60_000;

/** Takes over from the last snapshot the figures that only one with lists has. */
function addLists(device: Device, known: Device): void {
  const { memory } = device;
  for (const kind of KINDS) memory[kind].largest_free_bytes_per_bank = known.memory[kind].largest_free_bytes_per_bank;
  memory.preallocated_bytes = known.memory.preallocated_bytes;
  const { high_water_bytes_per_core, headroom_bytes_per_core, base_address, limit_address, clashes_ahead } = known.memory.circular_buffers;
  Object.assign(memory.circular_buffers, { high_water_bytes_per_core, headroom_bytes_per_core, base_address, limit_address, clashes_ahead });
  const { regions, layout, spaces } = known.memory;
  Object.assign(memory, { regions, layout, spaces });
  memory.kernels.rings = known.memory.kernels.rings ?? [];
  if (known.lists_time_ns !== undefined) device.lists_time_ns = known.lists_time_ns;
}

export class LiveSource implements Source {
  readonly title = location.host;
  readonly past = null;
  private readonly beganMs = Date.now();
  private listsAfter = 0;
  private readonly lists = new Map<string, Device>(); // as of the last snapshot that had them

  constructor(private readonly session: Session) {}

  get can() {
    return { details: this.session.known, events: true };
  }

  extent() {
    return { fromMs: this.beganMs - 30 * 86_400_000, untilMs: Date.now() };
  }

  follow(onSnapshot: (snapshot: Snapshot) => void, onStatus: (status: Status) => void): () => void {
    let ended = false;
    let asking = false;
    let timer = 0;
    const ask = async () => {
      if (asking || ended) return;
      window.clearTimeout(timer);
      const began = performance.now();
      // A page that is not seen costs the server nothing.
      if (!document.hidden) {
        asking = true;
        try {
          const snapshot = await this.snapshot(null);
          if (!ended) {
            onSnapshot(snapshot);
            onStatus({ state: "live", why: "" });
          }
        } catch (error) {
          if (!ended) onStatus({ state: "stale", why: error instanceof Refused ? error.message : "the server does not answer" });
        }
        asking = false;
      }
      if (!ended) timer = window.setTimeout(ask, Math.max(50, EVERY_MS - (performance.now() - began)));
    };
    const seen = () => {
      if (!document.hidden) void ask();
    };
    document.addEventListener("visibilitychange", seen);
    void ask();
    return () => {
      ended = true;
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }

  async snapshot(_at: Maybe<string>, stop?: AbortSignal): Promise<Snapshot> {
    const began = performance.now();
    const whole = began >= this.listsAfter;
    const snapshot = await this.session.get<Snapshot>("/api/v1/snapshot", whole ? { l1: "true" } : {}, stop);
    if (whole) {
      this.listsAfter = began + Math.min(LONGEST_REST_MS, (performance.now() - began) * REST_AFTER_LISTS);
      this.lists.clear();
      for (const device of snapshot.devices) {
        device.lists_time_ns = snapshot.time_ns;
        this.lists.set(deviceKey(device), device);
      }
    } else {
      for (const device of snapshot.devices) {
        const known = this.lists.get(deviceKey(device));
        if (known && device.live_processes > 0) addLists(device, known);
      }
    }
    return snapshot;
  }
  buffers(query: BufferQuery, _at: Maybe<string>, stop?: AbortSignal): Promise<BufferPage> {
    return this.session.get<BufferPage>("/api/v1/buffers", { ...query }, stop);
  }
  async picture(device: number, core: Maybe<[number, number]>, _at: Maybe<string>, stop?: AbortSignal): Promise<Maybe<Picture>> {
    const said = await this.session.get<{ devices: Picture[] }>("/api/v1/l1", core ? { device, core_x: core[0], core_y: core[1] } : { device }, stop);
    return said.devices.find((picture) => picture.index === device) ?? null;
  }
  history(query: HistoryQuery, stop?: AbortSignal): Promise<History> {
    const wanted: Record<string, number | string> = {
      since: Math.floor(query.sinceMs / 1000),
      until: Math.ceil(query.untilMs / 1000),
      points: query.points,
    };
    if (query.deviceId === null) wanted.processes = "false";
    else wanted.device_id = query.deviceId;
    return this.session.get<History>("/api/v1/history", wanted, stop);
  }

  events(onEvents: (events: LedgerEvent[], missed: number) => void): () => void {
    const stream = new EventSource("/api/v1/events");
    let waiting: string[] = [];
    let left = 0;
    let missed = 0;
    let timer = 0;
    const later = () => {
      timer ||= window.setTimeout(() => {
        timer = 0;
        onEvents(waiting.map((text) => JSON.parse(text) as LedgerEvent), missed + left);
        waiting = [];
        missed = left = 0;
      }, 100);
    };
    const take = (message: MessageEvent<string>) => {
      // A browser's own "open" event, which says that the stream is there, has the name of one of ours.
      if (typeof message.data !== "string") return;
      waiting.push(message.data);
      // Of a flood the earlier ones go unread: a page that cannot keep up must not fall behind further and further.
      if (waiting.length > 2 * MOST_EVENTS) left += waiting.splice(0, waiting.length - MOST_EVENTS).length;
      later();
    };
    for (const type of ["allocate", "free", "fail", "open", "close", "program_load", "program_unload", "clash"]) {
      stream.addEventListener(type, take);
    }
    stream.addEventListener("missed", (message) => {
      missed += (JSON.parse((message as MessageEvent<string>).data) as { events: number }).events;
      later();
    });
    return () => {
      stream.close();
      window.clearTimeout(timer);
    };
  }
}
