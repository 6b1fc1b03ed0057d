// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// One recorded buffer: where it lies, how large it is, who made it and how long it lived.
import * as format from "../data/format";
import { Words } from "../parts/figures";
import { devicesText, kindName, lifeText, type Row, type Run, secondsOf } from "./data";

function Life({ run, row }: { run: Run; row: Row }) {
  const span = run.data.span_ns || 1;
  const until = row.until ?? span;
  return (
    <div class="life" role="img" aria-label="Its life within the run">
      <i style={{ left: `${(100 * row.from) / span}%`, width: `${Math.max(0.4, (100 * (until - row.from)) / span)}%` }} />
    </div>
  );
}

export function Details({ run, row }: { run: Run; row: Row }) {
  const span = run.data.span_ns;
  const rows: [string, string][] = [
    ["address", row.bank ? `${format.hex(row.address)} – ${format.hex(row.address + row.bank)}${row.banks ? ` in ${row.banks} banks` : ""}` : format.hex(row.address)],
    ["allocated", `${format.bytes(row.bytes)} on each of its devices (${format.exactBytes(row.bytes)})`],
    ["requested", format.exactBytes(row.requested)],
    ["in each bank", format.exactBytes(row.bank)],
    ["page", format.exactBytes(row.page || null)],
    ["kind, layout", `${kindName(row.kind)}, ${format.word(row.layout) || format.UNKNOWN}`],
    ["on", devicesText(row.devices)],
    ["thread", String(row.thread)],
    ["allocated at", secondsOf(row.from, span)],
    ["freed at", row.until === null ? "not in this recording" : secondsOf(row.until, span)],
    ["lived for", row.until === null ? format.UNKNOWN : lifeText(row.until - row.from)],
  ];
  const names: [string, string][] = [
    ["scope", row.scope],
    ["operation", row.operation],
    ["tensor", row.tensor],
  ];
  return (
    <div class="details">
      <h3>
        Buffer {row.id} <small>{format.bytes(row.bytes)}</small>
      </h3>
      <Life run={run} row={row} />
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
      {row.stack.length > 0 ? (
        <ol class="stack" aria-label="Stack">
          {row.stack.map((frame, index) => (
            <li key={index}>
              <Words text={frame.operation || frame.name} />{" "}
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
