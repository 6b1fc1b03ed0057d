# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The native module of the ttmem package; private."""
from types import FrameType
from typing import Any

from .types import BufferInfo, Device, Kind

class NotTrackedError(RuntimeError):
    """Nothing tracks this process, or what was asked is not known here."""

def memory_allocated(device: Device = None, kind: Kind = "dram") -> int:
    """Bytes of a kind of memory that this process holds on a device now."""

def max_memory_allocated(device: Device = None, kind: Kind = "dram") -> int | None:
    """The most bytes of a kind that this process held on a device at once, since it began or since reset_peak_memory_stats."""

class PeakWindow:
    """Peaks from the moment at which it was made."""

    def __init__(self) -> None: ...
    def bytes(self, device: Device, kind: str) -> int | None:
        """The most held at once so far, or up to close()."""
    def least_headroom(self, device: Device) -> int | None:
        """The smallest gap on a core between circular buffers and an L1 buffer in that time."""
    def restart(self) -> None:
        """Starts again at what is held now."""
    def close(self) -> None:
        """Ends; bytes() then stays."""

class OwnEvents:
    """The events of this process, from the moment at which the object was made."""

    def __init__(self) -> None: ...
    def take(self) -> tuple[list[tuple[str, str | None, int, int, int, list[int]]], int]:
        """(type, kind, id, bytes, context, devices) of each since the last call, and how many were lost in between."""

def own_regions(contexts: list[int]) -> list[str | None]:
    """What this process's buffers of each of these contexts are named after."""

def name_operations(value: str) -> None:
    """Has the hooks name operations as TT_ALLOC_OPERATIONS does with this value, from now on. Raises ValueError where it means nothing."""

def counters(device: Device, account: int) -> dict[str, Any]:
    """Counters of one account on a device, all allocators together."""

def device_number(device: Device) -> int:
    """tt-metal's number of a device; -1 where none was opened."""

def disable_hooks() -> str:
    """Empty when it is done, else why not."""

def enable_hooks() -> str:
    """Empty when it is done, else why not."""

def generation() -> int:
    """0 while nothing was recorded; another number in a forked child."""

def hooks_path() -> str:
    """Path of the hooks library in this process, or empty."""

def is_connected() -> bool:
    """Whether a library that tracks is in this process."""

def step(name: str) -> int:
    """Marks that a step begins, with a name or an empty one. Its number; 0 where nothing is tracked."""

def label_buffer(id: int, name: str) -> bool:
    """Names a live buffer. False: no such buffer is listed, or there is no room for the name."""

def own_places() -> list[tuple[int, str, int, list[int]]]:
    """Where this process's live buffers lie: (id, kind of memory, address, device ids)."""

def instances_of(class_: type, frames: list[FrameType], budget_ns: int) -> tuple[list[Any], bool, int]:
    """Objects of a class that something refers to, whether there was time to look at everything, and how many objects and references were looked at."""

def reference_chains(
    targets: list[Any], modules: list[Any], frames: list[FrameType], skipped: list[Any], most: int, budget_ns: int
) -> tuple[list[list[Any]], list[list[Any]], bool, int]:
    """Chains of references that keep targets alive, cycles that do where nothing else does, whether everything was looked at, and at how much."""

def frame_variable(frame: FrameType, name: str) -> Any:
    """A variable of a frame, read without making the frame's dictionary; None where it has none."""

def own_groups(by: str, device: int) -> str:
    """This process's buffers by scope, operation, line, function, module, tensor or kind, as `ttmem snapshot --group-by`."""

def own_fits(device: int, shape: str, data_type: str, layout: str, memory: str, sharding: str, shard_shape: str, cores: str) -> str: ...
def saved_why(path: str, width: int) -> str: ...
def own_why(width: int) -> str:
    """Why a request of this process was refused last: JSON, or text of that width where it is not 0."""

def own_peak(kind: str | None, width: int) -> str:
    """Who held the memory at the peak of a kind, or at the highest peak: JSON, or text of that width where it is not 0."""

def start_detached(program: bytes, words: list[bytes], environment: list[bytes], output: int) -> int:
    """Starts a program that is no child of this process, and gives its pid."""

def process_descriptor(pid: int) -> int:
    """A descriptor that becomes readable as the process ends; -1: it has ended."""

def end_process(descriptor: int) -> None:
    """Sends SIGTERM; nothing happens to a process that has ended."""

def tracking_is_on() -> bool:
    """False when nothing records what tt-metal allocates in this process: tracking is off, or the release is unknown."""

def load_hooks(path: str) -> None:
    """Loads the hooks library ahead of what is loaded later."""

def machine_json(buffers: bool, telemetry: bool) -> str:
    """All processes and devices, as `ttmem snapshot --json`."""

def name_context(name: str) -> int:
    """The number of a region's name; 0 where nothing is tracked."""

def own_figures(device: Device, kind: str) -> tuple[int | None, int | None, int | None, int | None, int | None] | None:
    """(reserved_bytes, capacity_bytes, allocated_bytes, largest_free_bytes_per_bank, banks) of a kind; None where the device is not open here."""

def own_rows(device: int | None, stack: bool) -> list[BufferInfo]:
    """This process's live buffers, as the JSON of `ttmem snapshot --buffers` lists them; on one device, or on all."""

def own_json(buffers: bool) -> str:
    """This process alone, as `ttmem snapshot --json`."""

def reset_peak(device: Device) -> None:
    """Lets max_memory_allocated start again at what is held now."""

def set_context(number: int) -> int:
    """Tags what the thread allocates from now on; gives the number that was there before."""

def tt_metal_is_loaded() -> bool:
    """Whether a libtt_metal.so is in this process."""
