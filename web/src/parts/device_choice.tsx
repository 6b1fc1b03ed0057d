// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import type { Snapshot } from "../data/model";
import * as format from "../data/format";
import * as state from "../state";

export function DeviceChoice({ snapshot }: { snapshot: Snapshot }) {
  const device = state.use((all) => all.device);
  return (
    <label class="choice">
      <span>Device</span>
      <select value={String(device)} onChange={(event) => state.set({ device: Number(event.currentTarget.value) })} aria-label="Device ( [ and ] change it )">
        {snapshot.devices.map((one) => (
          <option key={one.index} value={String(one.index)}>
            {format.deviceName(one)} {format.safe(one.board ?? one.arch)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** One of a few: buttons that arrow keys move between. */
export function Choice<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: [T, string][]; onChange: (value: T) => void }) {
  return (
    <div class="choice" role="radiogroup" aria-label={label}>
      <span>{label}</span>
      <div class="segments">
        {options.map(([name, text], index) => (
          <button
            key={name}
            role="radio"
            aria-checked={name === value}
            tabIndex={name === value ? 0 : -1}
            onClick={() => onChange(name)}
            onKeyDown={(event) => {
              const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              if (step === 0) return;
              event.preventDefault();
              event.stopPropagation();
              const next = options[(index + step + options.length) % options.length];
              if (next) onChange(next[0]);
              (event.currentTarget.parentElement?.children[(index + step + options.length) % options.length] as HTMLElement | undefined)?.focus();
            }}
          >
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}
