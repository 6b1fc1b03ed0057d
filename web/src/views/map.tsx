// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { Buffer, Maybe, Picture, Snapshot, Stretch } from "../data/model";
import * as format from "../data/format";
import { BankMap } from "../parts/bank_map";
import { BufferDetails } from "../parts/buffer_details";
import { Choice, DeviceChoice } from "../parts/device_choice";
import * as state from "../state";

type Memory = "l1" | "dram";
const EVERY_MS = 2000;
const MOST_NAMES = 2000; // buffers whose names stand in the map; a chosen one's are always asked for

interface Seen {
  picture: Maybe<Picture>;
  names: Map<string, Buffer>;
  complaint: string;
}

function keyOf(pid: Maybe<number>, id: number): string {
  return `${pid} ${id}`;
}

/** The device's picture, again and again while it is looked at. */
function usePicture(device: number, memory: Memory, core: Maybe<string>): Seen {
  const source = state.use((all) => all.source);
  const at = state.use(state.detailsAt);
  const [seen, setSeen] = useState<Seen>({ picture: null, names: new Map(), complaint: "" });
  useEffect(() => {
    if (!source) return;
    const stop = new AbortController();
    let timer = 0;
    const ask = async () => {
      if (!document.hidden) {
        try {
          const picture = await source.picture(device, core ? (core.split(",").map(Number) as [number, number]) : null, at, stop.signal);
          const page = await source.buffers({ device, kind: memory, offset: 0, limit: MOST_NAMES }, at, stop.signal);
          setSeen({ picture, names: new Map(page.buffers.map((buffer) => [keyOf(buffer.pid, buffer.id), buffer])), complaint: "" });
        } catch (error) {
          if (!stop.signal.aborted) setSeen((before) => ({ ...before, complaint: error instanceof Error ? error.message : String(error) }));
        }
      }
      if (!stop.signal.aborted && at === null) timer = window.setTimeout(ask, EVERY_MS);
    };
    void ask();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [source, device, memory, core, at]);
  return seen;
}

function nameOf(buffer: Buffer | undefined): string {
  if (!buffer) return "";
  return format.safe(buffer.label ?? buffer.operation ?? buffer.region ?? buffer.scope);
}

function Cores({ picture, core, onCore }: { picture: Picture; core: Maybe<string>; onCore: (core: Maybe<string>) => void }) {
  const cores = picture.gauge.cores;
  if (cores.length === 0) return <p class="quiet">No program's circular buffers are known on any core.</p>;
  const columns = Math.max(...cores.map((one) => one.x)) + 1;
  const most = Math.max(1, ...cores.map((one) => one.headroom_bytes));
  return (
    <>
      <div class="cores" role="group" aria-label="Headroom of each core" style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}>
        {cores.map((one) => {
          const name = `${one.x},${one.y}`;
          const level = one.headroom_bytes < 0 ? "bad" : String(Math.min(4, Math.floor((5 * one.headroom_bytes) / most)));
          return (
            <button
              key={name}
              class={`h-${level}`}
              aria-pressed={core === name}
              style={{ gridColumn: String(one.x + 1), gridRow: String(one.y + 1) }}
              title={`core ${name}: headroom ${format.bytes(one.headroom_bytes)}${one.cached_program ? `, program ${one.cached_program.id} ${format.safe(one.cached_program.name)}` : ""}`}
              onClick={() => onCore(core === name ? null : name)}
            />
          );
        })}
      </div>
      <p class="quiet">The stronger the colour, the less headroom. A click shows that core's own L1, another one what all have in common.</p>
    </>
  );
}

function Space({ picture, memory }: { picture: Picture; memory: Memory }) {
  const spaces = picture.spaces.filter((space) => space.kind === memory);
  return (
    <>
      {spaces.map((space, index) => (
        <div key={index} class="space">
          <h3>
            Free <small>in each of {space.banks} banks, allocator of {space.pid ?? format.UNKNOWN}{space.mesh !== null ? `, mesh ${space.mesh}` : ""}</small>
          </h3>
          <dl class="list">
            <div>
              <dt>free</dt>
              <dd>{format.bytes(space.free_bytes_per_bank)} in {format.count(space.free_blocks)} {space.free_blocks === 1 ? "hole" : "holes"}</dd>
            </div>
            <div>
              <dt>largest hole</dt>
              <dd>{format.bytes(space.largest_free_bytes_per_bank)}</dd>
            </div>
            {space.fits.slice(0, 2).map((fit) => (
              <div key={fit.page_bytes} title={`pages of ${fit.page_bytes} bytes`}>
                <dt>largest tensor that fits, pages of {format.count(fit.page_bytes)} B</dt>
                <dd>{format.bytes(fit.interleaved_bytes)}</dd>
              </div>
            ))}
          </dl>
          {space.walls.length > 0 ? (
            <>
              <h3>
                Walls <small>between the largest holes</small>
              </h3>
              <ul class="walls">
                {space.walls.slice(0, 5).map((wall, row) => (
                  <li key={row}>
                    {format.bytes(wall.bytes_per_bank)} ({wall.buffers.length} {wall.buffers.length === 1 ? "buffer" : "buffers"}) keep {format.bytes(wall.below[1])} and {format.bytes(wall.above[1])} apart
                  </li>
                ))}
              </ul>
            </>
          ) : null}
        </div>
      ))}
    </>
  );
}

function Chosen({ stretch, device, nowNs, held }: { stretch: Stretch; device: number; nowNs: number; held: Buffer | undefined }) {
  const source = state.use((all) => all.source);
  const at = state.use(state.detailsAt);
  const [buffer, setBuffer] = useState<Maybe<Buffer>>(null);
  const ref = stretch.buffer;
  useEffect(() => {
    setBuffer(held ?? null);
    if (held || !ref || !source) return;
    const stop = new AbortController();
    source
      .buffers({ device, address: ref.address, offset: 0, limit: 50 }, at, stop.signal)
      .then((page) => setBuffer(page.buffers.find((one) => one.id === ref.id && one.pid === ref.pid) ?? null))
      .catch(() => setBuffer(null));
    return () => stop.abort();
  }, [ref?.id, ref?.pid, device, held, at]);
  if (buffer) return <BufferDetails buffer={buffer} nowNs={nowNs} />;
  return (
    <div class="details">
      <h3>{stretch.type === "free" ? "A hole" : stretch.type === "region" ? `Region ${format.word(stretch.region)}` : format.word(stretch.type)}</h3>
      <dl class="list">
        <div>
          <dt>address</dt>
          <dd class="mono">
            {format.hex(stretch.address)} – {format.hex(stretch.address + stretch.bytes)}
          </dd>
        </div>
        <div>
          <dt>size</dt>
          <dd>{format.exactBytes(stretch.bytes)}</dd>
        </div>
        {stretch.source ? (
          <div>
            <dt>read from</dt>
            <dd>{format.safe(stretch.source)}</dd>
          </div>
        ) : null}
      </dl>
    </div>
  );
}

export function MapView({ snapshot }: { snapshot: Snapshot }) {
  const index = state.use((all) => all.device);
  const theme = state.use((all) => (all.dark ? "dark" : "light"));
  const wanted = state.use((all) => all.address);
  const device = snapshot.devices[index] ?? snapshot.devices[0];
  const [memory, setMemory] = useState<Memory>("l1");
  const [core, setCore] = useState<Maybe<string>>(null);
  const [colours, setColours] = useState<"kind" | "process">("kind");
  const [address, setAddress] = useState<Maybe<number>>(wanted);
  const seen = usePicture(device?.index ?? 0, memory, memory === "l1" ? core : null);
  if (!device) return <p class="card empty">No device is known.</p>;
  const picture = seen.picture?.index === device.index ? seen.picture : null;
  const layout = memory === "l1" ? picture?.l1 : picture?.dram;
  const pids = [...new Set(snapshot.processes.map((process) => process.pid))];
  const chosen = address === null ? null : (layout?.stretches.find((stretch) => address >= stretch.address && address < stretch.address + stretch.bytes) ?? null);
  const colourOf = (stretch: Stretch) => {
    if (stretch.type === "region") return "region";
    if (stretch.type === "unexplained") return "odd";
    if (colours === "process") return `s${(Math.max(0, pids.indexOf(stretch.buffer?.pid ?? null)) % 8) + 1}`;
    const own = stretch.kind === "l1_small" ? "small" : stretch.kind === "trace" ? "trace" : stretch.kind === "dram" ? "dram" : "l1";
    return `${own}${(stretch.buffer?.id ?? 0) % 2 ? "" : "-b"}`;
  };
  const labelOf = (stretch: Stretch) => {
    if (stretch.type === "free") return `free ${format.bytes(stretch.bytes)}`;
    if (stretch.type !== "buffer" || !stretch.buffer) return `${format.word(stretch.region ?? stretch.type)} ${format.bytes(stretch.bytes)}`;
    const name = nameOf(seen.names.get(keyOf(stretch.buffer.pid, stretch.buffer.id)));
    return `${format.bytes(stretch.bytes)}  ${name || `buffer ${stretch.buffer.id}`} of ${stretch.buffer.pid}${stretch.more_buffers ? ` and ${stretch.more_buffers} more` : ""}`;
  };
  const tightest = picture?.gauge.cores.find((one) => core === null || core === `${one.x},${one.y}`);
  return (
    <>
      <div class="bar-of-choices">
        <DeviceChoice snapshot={snapshot} />
        <Choice
          label="Memory"
          value={memory}
          onChange={(value) => {
            setMemory(value);
            setAddress(null);
          }}
          options={[
            ["l1", "L1 of a core"],
            ["dram", "DRAM bank"],
          ]}
        />
        <Choice
          label="Colour by"
          value={colours}
          onChange={setColours}
          options={[
            ["kind", "kind"],
            ["process", "process"],
          ]}
        />
      </div>
      {seen.complaint ? <p class="card warn">{format.safe(seen.complaint)}</p> : null}
      <div class="beside">
        <section class="card" aria-label="Map">
          <h2>
            {memory === "l1" ? (core ? `L1 of core ${core}` : "L1, as all worker cores have it") : "A DRAM bank"} <small>addresses upward</small>
          </h2>
          {layout ? (
            <BankMap
              key={`${device.index} ${memory}`}
              layout={layout}
              base={memory === "l1" ? (picture?.gauge.base_address ?? null) : null}
              floor={memory === "l1" ? (tightest?.cached_end_address ?? null) : null}
              chosen={chosen}
              colourOf={colourOf}
              labelOf={labelOf}
              onChoose={(stretch) => setAddress(stretch.address)}
              theme={theme}
            />
          ) : (
            <p class="empty">{picture ? "Where things lie in this memory is not known: no process has the device open." : "…"}</p>
          )}
        </section>
        <aside class="card side" aria-label="Details">
          {chosen ? (
            <Chosen stretch={chosen} device={device.index} nowNs={snapshot.time_ns} held={chosen.buffer ? seen.names.get(keyOf(chosen.buffer.pid, chosen.buffer.id)) : undefined} />
          ) : (
            <p class="quiet">Click a stretch, or choose one with the arrow keys.</p>
          )}
          {picture ? <Space picture={picture} memory={memory} /> : null}
          {picture && memory === "l1" ? (
            <>
              <h3>Headroom of each core</h3>
              <Cores picture={picture} core={core} onCore={setCore} />
            </>
          ) : null}
        </aside>
      </div>
    </>
  );
}
