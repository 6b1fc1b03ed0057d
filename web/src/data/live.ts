// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A running server. The key that `ttmem web` obtained stays in this object's memory and goes out as a header: no
// cookie (cookies know no port), no storage, no address that stays in the browser's history.
import { type BufferPage, type Device, type History, KINDS, type LedgerEvent, type Maybe, type Picture, type Snapshot } from "./model";
import { deviceKey } from "./recent";
import type { BufferQuery, HistoryQuery, Source, Status } from "./source";

const EVERY_MS = 1000;
const PATIENCE_MS = 15_000;
const MOST_EVENTS = 1000; // that are handed on at once
// Figures made from lists (clash gauge, layout, regions) are requested so seldom that they cost the server a two-hundredth of a core.
const REST_AFTER_LISTS = 200;
const LONGEST_REST_MS = 60_000;
const TOKEN_HEADER = "X-Ttmem-Token";
const SESSION_HEADER = "X-Ttmem-Session";

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

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function reasonOf(answer: Response): Promise<string> {
  try {
    const said: unknown = await answer.json();
    if (said && typeof said === "object" && "error" in said && typeof said.error === "string") return said.error;
  } catch {
    // No JSON: the status alone has to do.
  }
  return `the server answers ${answer.status}`;
}

export class LiveSource implements Source {
  readonly title = location.host;
  readonly can = { details: false, pastDetails: false, events: true };
  private readonly beganMs = Date.now();
  private listsAfter = 0;
  private readonly lists = new Map<string, Device>(); // as of the last snapshot that had them

  private constructor(private key: Maybe<string>) {
    this.can.details = key !== null;
  }

  /** With the token of the address, if there is one. `complaint`: why it was not taken. */
  static async open(token: Maybe<string>): Promise<{ source: LiveSource; user: Maybe<string>; complaint: string }> {
    if (token === null) return { source: new LiveSource(null), user: null, complaint: "" };
    try {
      const answer = await fetch("/api/v1/web/session", { headers: { [TOKEN_HEADER]: token }, cache: "no-store" });
      if (!answer.ok) throw new Refused(answer.status, await reasonOf(answer));
      const said: { session: string; user: Maybe<string> } = await answer.json();
      return { source: new LiveSource(said.session), user: said.user, complaint: "" };
    } catch (error) {
      return { source: new LiveSource(null), user: null, complaint: error instanceof Error ? error.message : String(error) };
    }
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

  async snapshot(_atNs: Maybe<number>, stop?: AbortSignal): Promise<Snapshot> {
    const began = performance.now();
    const whole = began >= this.listsAfter;
    const snapshot = await this.get<Snapshot>("/api/v1/snapshot", whole ? { l1: "true" } : {}, stop);
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
  buffers(query: BufferQuery, _atNs: Maybe<number>, stop?: AbortSignal): Promise<BufferPage> {
    return this.get<BufferPage>("/api/v1/buffers", { ...query }, stop);
  }
  async picture(device: number, core: Maybe<[number, number]>, _atNs: Maybe<number>, stop?: AbortSignal): Promise<Maybe<Picture>> {
    const said = await this.get<{ devices: Picture[] }>("/api/v1/l1", core ? { device, core_x: core[0], core_y: core[1] } : { device }, stop);
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
    return this.get<History>("/api/v1/history", wanted, stop);
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

  private async get<T>(path: string, parameters: Record<string, string | number | undefined>, stop?: AbortSignal): Promise<T> {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) words.set(name, String(value));
    const query = words.toString();
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(query ? `${path}?${query}` : path, {
      headers: this.key === null ? {} : { [SESSION_HEADER]: this.key },
      cache: "no-store",
      signal: stop ? AbortSignal.any([stop, patience]) : patience,
    });
    if (answer.status === 401) {
      this.key = null;
      this.can.details = false;
    }
    if (!answer.ok) throw new Refused(answer.status, await reasonOf(answer));
    return (await answer.json()) as T;
  }
}
