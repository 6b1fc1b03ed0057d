# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""torch.cuda's questions, beyond those that the binding answers itself."""
from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, cast

from . import _native
from .sizes import bytes_text
from .types import KINDS, BufferInfo, Device, DeviceInfo, GroupInfo, Kind, ProcessInfo

# Accounts of the ledger (docs/ledger-format.md).
_ACCOUNTS: dict[str, tuple[int, ...]] = {"dram": (0,), "l1": (1,), "l1_small": (3,), "trace": (4,), "circular_buffers": (7,), "kernels": (8, 9, 10)}
_MEASURES = (("allocation", "allocations", "frees"), ("allocated_bytes", "allocated_bytes", "freed_bytes"))


def _own(buffers: bool = False) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(_native.own_json(buffers)))


def _own_device(model: dict[str, Any], number: int) -> dict[str, Any] | None:
    """This process's row of a chip, None where it has not opened it."""
    for device in model["devices"]:
        if device["id"] == number:
            return cast("dict[str, Any]", device)
    return None


# Places in the tuple of _native.own_figures.
_RESERVED, _CAPACITY, _ALLOCATED, _LARGEST_FREE, _BANKS = range(5)


def _known(device: Device, kind: str, *places: int) -> list[int]:
    """Figures of a kind of memory from the allocators of a chip. Raises NotTrackedError where there are none."""
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(map(repr, KINDS))}, not {kind!r}")
    figures = _native.own_figures(device, kind)
    found = [None if figures is None else figures[place] for place in places]
    if None in found:
        number = _native.device_number(device)
        where = "this process has no device open" if number < 0 else f"this process does not have device {number} open"
        raise _native.NotTrackedError(f"the size of {kind} is not known: {where if figures is None else f'the allocators of device {number} do not report it'}")
    return cast("list[int]", found)


def reset_peak_memory_stats(device: Device = None) -> None:
    """Restarts `max_memory_allocated` at the bytes held now, on one device, or on all without one.

    The peak that other programs see (`ttmem top`, `ttmem snapshot`) stays that of the whole process, and so do `ttmem.peak()` blocks.
    """
    _native.reset_peak(device)


def memory_reserved(device: Device = None, kind: Kind = "dram") -> int:
    """Bytes of the physical memory that lie in no bank of the allocators: firmware, rings, dispatch cores, and what other kinds take.

    Known for DRAM and L1, which the other kinds are carved out of. Raises NotTrackedError where the process has no device open.
    """
    return _known(device, kind, _RESERVED)[0]


def max_memory_reserved(device: Device = None, kind: Kind = "dram") -> int:
    """The same as `memory_reserved`: what lies in no bank does not change while a device is open."""
    return memory_reserved(device, kind)


def mem_get_info(device: Device = None, kind: Kind = "dram") -> tuple[int, int]:
    """(free, total): what the allocators may still hand out, and what they could hand out in all (banks times bank size).

    As with any allocator, one buffer may need more than the largest free stretch has: `largest_fit` answers that.
    """
    total, held = _known(device, kind, _CAPACITY, _ALLOCATED)
    return total - held, total


def get_memory_info(device: Device = None, kind: Kind = "dram") -> tuple[int, int]:
    """`mem_get_info`, by the name that `torch.accelerator` has for it."""
    return mem_get_info(device, kind)


def largest_fit(device: Device = None, kind: Kind = "dram") -> int:
    """The largest buffer, in bytes over all banks, that the allocator could still place (its largest free stretch in a bank times banks)."""
    per_bank, banks = _known(device, kind, _LARGEST_FREE, _BANKS)
    return per_bank * banks


def memory_stats(device: Device = None) -> dict[str, int | None]:
    """All counters of a device in one flat dict, named as torch.cuda.memory_stats names them.

    `allocation.<kind>.<current|allocated|freed>` counts buffers; `allocated_bytes.<kind>.<current|peak|allocated|freed>` and
    `requested_bytes.<kind>.current` are bytes. Kinds are dram, l1, l1_small, trace, circular_buffers (what the program launched last has) and
    kernels (of loaded programs). `num_ooms` counts refused allocations. Peaks are since `reset_peak_memory_stats`, as are `highest_address.<kind>` (of
    buffers that grow upward), `lowest_address.<kind>` (of those that grow downward), `least_largest_free_bytes_per_bank.<kind>` (as the allocator said at
    peaks and refusals) and `least_headroom_bytes_per_core` (how near circular buffers and an L1 buffer have come). None: not known.
    """
    number = _native.device_number(device)
    row = _own_device(_own(), number)
    stats: dict[str, int | None] = {}
    failures = 0
    for kind, accounts in _ACCOUNTS.items():
        counters = [_native.counters(number, account) for account in accounts]
        failures += sum(each["failures"] or 0 for each in counters)
        in_programs = kind not in KINDS and not any(each["allocations"] for each in counters)
        for name, added, removed in _MEASURES:
            gained, lost = (None if in_programs else sum(each[key] or 0 for each in counters) for key in (added, removed))
            stats[f"{name}.{kind}.current"] = None if gained is None or lost is None else gained - lost
            stats[f"{name}.{kind}.allocated"] = gained
            stats[f"{name}.{kind}.freed"] = lost
        peaks = [each["peak_bytes"] for each in counters]
        stats[f"allocated_bytes.{kind}.peak"] = peaks[0] if len(peaks) == 1 and not in_programs else None
        stats[f"requested_bytes.{kind}.current"] = None if in_programs else sum(each["requested_bytes"] or 0 for each in counters)
        if kind in KINDS:
            for name in ("highest_address", "lowest_address", "least_largest_free_bytes_per_bank"):
                stats[f"{name}.{kind}"] = counters[0][name]
        if kind == "l1":
            stats["least_headroom_bytes_per_core"] = counters[0]["least_headroom_bytes_per_core"]
    for kind in KINDS:
        stats[f"allocated_bytes.{kind}.current"] = _native.memory_allocated(number, kind)
    if row is not None:
        stats["allocated_bytes.circular_buffers.current"] = row["memory"]["circular_buffers"]["current_bytes"]
        stats["allocated_bytes.kernels.current"] = row["memory"]["kernels"]["loaded_bytes"]
    stats["num_ooms"] = failures
    return dict(sorted(stats.items()))


def memory_snapshot(device: Device = None, stack: bool = False) -> list[BufferInfo]:
    """Every live buffer of this process, in order of their ids; on one device, or on all without one.

    Rows of kind "view" look into another buffer and "hooked" ones were taken by a capture: both have 0 allocated bytes. `stack`: with the
    Python frames that made each, innermost first; else "stack" is None.
    """
    number = _native.device_number(device)
    return _native.own_rows(None if device is None else number, stack)


def memory_by(by: str, device: Device = None) -> list[GroupInfo]:
    """The memory of this process by "scope", "operation", "line", "function", "module" (file), "tensor" or "kind", the largest first; as `ttmem snapshot --group-by`.

    A name of None: of these buffers it is not known. Of one device, or of all without one. Raises ValueError for another word.
    """
    number = _native.device_number(device)
    return cast("list[GroupInfo]", json.loads(_native.own_groups(by, -1 if device is None else number)))


def why(path: str | os.PathLike[str] | None = None, *, peak: bool = False, kind: Kind | None = None) -> dict[str, Any]:
    """Why a request of this process was refused last, what holds the memory, and what would help; as `ttmem why --json` prints it.

    "verdict" is "none" where nothing was refused; it then is about the fullest device. Works in an except block and after it: the arithmetic
    is that of the refusal. Raises NotTrackedError where nothing tracks this process.

    With `peak=True`: the holders of the memory at the highest peak since the process began, or at the peak of `kind`, as `ttmem why --peak` prints. Raises
    NotTrackedError where there is no picture of it: it is taken when memory is freed of which at least 1 MiB was held.

    With `path`: of the refusal or peak that `ttmem why --save` wrote into this file, in any process. Raises ValueError where it is no such file.
    """
    return cast("dict[str, Any]", json.loads(_explained(0, path, peak, kind)))


def why_text(width: int = 80, path: str | os.PathLike[str] | None = None, *, peak: bool = False, kind: Kind | None = None) -> str:
    """The same for people, as `ttmem why` prints it."""
    return _explained(max(width, 40), path, peak, kind)


def _explained(width: int, path: str | os.PathLike[str] | None, peak: bool, kind: Kind | None) -> str:
    """JSON without a width."""
    if kind is not None and not peak:
        raise ValueError("kind is of a peak: why(peak=True, kind=...)")
    if path is not None:
        if peak:
            raise ValueError("a file says by itself whether it is of a peak or of a refusal")
        return _native.saved_why(os.fspath(path), width)
    _native.device_number(None)
    return _native.own_peak(kind, width) if peak else _native.own_why(width)


def fits(
    shape: Sequence[int],
    dtype: object = "bfloat16",
    memory_config: object = None,
    device: Device = None,
    *,
    layout: object = "tile",
    cores: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Whether a tensor would fit on a device as it is now; as `ttmem fits --json` prints it.

    `dtype` and `layout` are ttnn's (`ttnn.bfloat8_b`, `ttnn.ROW_MAJOR_LAYOUT`) or their names; `memory_config` is a ttnn.MemoryConfig, or "dram", "l1",
    "l1_small", or one of these and a sharding ("l1 height") with the grid of `cores` (columns, rows) that it is sharded over. "fits" is the answer; each of
    "answers" has the arithmetic, the address and, where it does not fit, "why" as `why()` says it. The answer is of the moment, and of the allocator alone:
    circular buffers of a program that runs afterwards need L1 of their own. Raises ValueError for a question that makes no sense and for allocators in
    HYBRID mode, NotTrackedError where nothing tracks this process.
    """
    memory, sharding, shard_shape = _memory_words(memory_config)
    grid = "" if cores is None else f"{cores[0]}x{cores[1]}"
    words = (",".join(str(int(each)) for each in shape), _ttnn_name(dtype), _ttnn_name(layout), memory, sharding, shard_shape, grid)
    return cast("dict[str, Any]", json.loads(_native.own_fits(_native.device_number(device), *words)))


def _ttnn_name(value: object) -> str:
    """The name of a value of one of ttnn's enumerations ("DataType.BFLOAT16"), or the word itself, in small letters."""
    return str(value).rsplit(".", 1)[-1].lower()


def _memory_words(memory_config: object) -> tuple[str, str, str]:
    """Kind, sharding and shape of a shard, each "" where it is not given."""
    if memory_config is None or isinstance(memory_config, str):
        memory, _, sharding = (memory_config or "").partition(" ")
        return memory, sharding, ""
    config = cast("Any", memory_config)
    memory, memory_layout = _ttnn_name(config.buffer_type), _ttnn_name(config.memory_layout)
    if memory_layout == "interleaved":
        return memory, "", ""
    if config.shard_spec is None:
        raise ValueError(f"a tensor that is {memory_layout} without a ShardSpec (an NdShardSpec) is not simulated")
    height, width = config.shard_spec.shape
    return memory, memory_layout.removesuffix("_sharded"), f"{height}x{width}"


def processes() -> list[ProcessInfo]:
    """Every process on this machine that uses devices, and those that ended, with what they held; as `ttmem snapshot --json` lists them.

    Works without tracking in this process.
    """
    return cast("list[ProcessInfo]", json.loads(_native.machine_json(False, False))["processes"])


def devices() -> list[DeviceInfo]:
    """Every device on this machine with its memory over all processes and its telemetry; as `ttmem snapshot --json` lists them.

    Works without tracking in this process.
    """
    return cast("list[DeviceInfo]", json.loads(_native.machine_json(False, True))["devices"])


def memory_summary(device: Device = None) -> str:
    """A table of what this process holds on a device, for people."""
    number = _native.device_number(device)
    stats = memory_stats(number)
    row = _own_device(_own(), number)
    name = " ".join(str(row[key]) for key in ("arch", "board") if row[key]) if row is not None else "not open"
    mock = " (mock)" if row is not None and row["mock"] else ""
    lines = [f"Device {number}: {name}{mock}",
             f"{'':18}{'held':>12}{'peak':>12}{'free':>12}{'largest fit':>14}{'buffers':>10}{'ever':>10}"]
    for kind in _ACCOUNTS:
        memory = row["memory"].get(kind, {}) if row is not None else {}
        capacity, held = memory.get("capacity_bytes"), stats[f"allocated_bytes.{kind}.current"]
        free = None if capacity is None or held is None else capacity - held
        per_bank, banks = memory.get("largest_free_bytes_per_bank"), memory.get("banks")
        fit = None if per_bank is None or banks is None else per_bank * banks
        counts = ("-" if stats[f"allocation.{kind}.{which}"] is None else str(stats[f"allocation.{kind}.{which}"]) for which in ("current", "allocated"))
        now, ever = counts
        lines.append(f"{kind.replace('_', ' '):18}{bytes_text(held):>12}{bytes_text(stats[f'allocated_bytes.{kind}.peak']):>12}{bytes_text(free):>12}"
                     f"{bytes_text(fit):>14}{now:>10}{ever:>10}")
    lines.append(f"refused allocations: {stats['num_ooms']}")
    return "\n".join(lines)
