// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// One buffer: where it is, how large, who made it and when.
import type { Buffer } from "../data/model";
import * as format from "../data/format";
import { Words } from "./figures";

export function BufferDetails({ buffer, nowNs }: { buffer: Buffer; nowNs: number }) {
  const rows: [string, string][] = [
    ["address", `${format.hex(buffer.address)} – ${format.hex(buffer.address + buffer.bytes_per_bank)} in each of ${buffer.banks} banks`],
    ["allocated", `${format.bytes(buffer.allocated_bytes)} on each device (${format.exactBytes(buffer.allocated_bytes)})`],
    ["requested", format.exactBytes(buffer.requested_bytes)],
    ["in each bank", format.exactBytes(buffer.bytes_per_bank)],
    ["page", format.exactBytes(buffer.page_bytes)],
    ["kind, layout", `${format.word(buffer.kind)}, ${format.safe(buffer.layout) || format.UNKNOWN}`],
    ["devices", buffer.devices.map((id) => id ?? format.UNKNOWN).join(" ") + (buffer.mesh !== null ? ` (mesh ${buffer.mesh})` : "")],
    ["process, thread", `${buffer.pid ?? format.UNKNOWN}, ${buffer.thread}`],
    ["allocated at", `${format.clock(buffer.allocated_at_ns, true)}, ${format.duration(Math.max(0, (nowNs - buffer.allocated_at_ns) / 1e9))} ago`],
  ];
  if (typeof buffer.padding_bytes === "number") rows.push(["padding", format.exactBytes(buffer.padding_bytes)]);
  if (typeof buffer.lockstep_waste_bytes === "number") rows.push(["lockstep waste", format.exactBytes(buffer.lockstep_waste_bytes)]);
  const tensor = buffer.tensor;
  if (tensor) rows.push(["tensor", `${tensor.shape ? tensor.shape.join("×") : format.UNKNOWN} ${format.safe(tensor.dtype)} ${format.safe(tensor.layout)} ${format.safe(tensor.memory_layout)}`]);
  const names: [string, string | null | undefined][] = [
    ["region", buffer.region],
    ["scope", buffer.scope],
    ["operation", buffer.operation],
    ["label", buffer.label],
  ];
  return (
    <div class="details">
      <h3>
        Buffer {buffer.id} <small>of {buffer.pid ?? format.UNKNOWN}</small>
      </h3>
      <dl class="list">
        {names
          .filter(([, text]) => text)
          .map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Words text={text} />
              </dd>
            </div>
          ))}
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {buffer.stack && buffer.stack.length > 0 ? (
        <ol class="stack" aria-label="Stack">
          {buffer.stack.map((frame, index) => (
            <li key={index}>
              <Words text={frame.operation ?? frame.function} />{" "}
              <small class="mono" title={format.safe(frame.file) || undefined}>
                {format.placeOf(frame)}
              </small>
            </li>
          ))}
        </ol>
      ) : null}
    </div>
  );
}
