# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Types of the answers to the package's questions. Rows may hold more keys than are named here: they are those of `ttmem snapshot --json`."""
from __future__ import annotations

from typing import Any, Literal, Protocol, TypedDict, Union

Kind = Literal["dram", "l1", "l1_small", "trace"]
"""The kinds of device memory that tt-metal's allocators hand out."""

KINDS: tuple[Kind, ...] = ("dram", "l1", "l1_small", "trace")
"""All of them."""


class HasDeviceIds(Protocol):
    """A mesh device of ttnn's."""

    def get_device_ids(self) -> Any:
        """The chips it is made of."""


class HasId(Protocol):
    """A single device of ttnn's."""

    def id(self) -> int:
        """tt-metal's number of it."""


Device = Union[int, HasDeviceIds, HasId, None]
"""How a device is named: a chip's number, a device or mesh of ttnn's, or None for the lowest that is open."""


class FrameInfo(TypedDict):
    """A line of Python in the middle of a call."""

    file: str | None
    line: int | None
    function: str | None


class TensorInfo(TypedDict):
    """The facts of a tensor."""

    shape: list[int]
    padded_shape: list[int] | None
    dtype: str | None
    layout: str | None
    memory_layout: str | None
    shard_shape: list[int] | None
    shard_orientation: str | None
    distribution_shape: list[int] | None
    """How it is distributed over the chips of a mesh: the extent of each dimension of the distribution; None on one chip, and where it is not known."""
    sharded_along: list[int | None] | None
    """For each of these dimensions, the dimension of the tensor that is divided along it; None where it is replicated."""


class BufferInfo(TypedDict):
    """A live buffer. Sizes are for each of its devices."""

    id: int
    pid: int
    devices: list[int]
    mesh: int | None
    kind: str
    address: int
    requested_bytes: int
    allocated_bytes: int
    bytes_per_bank: int
    banks: int
    page_bytes: int | None
    layout: str | None
    kernel_binaries: bool
    program_cache: bool
    while_traced: bool
    thread: int
    allocated_at_ns: int
    region: str | None
    scope: str | None
    operation: str | None
    label: str | None
    stack: list[FrameInfo] | None
    tensor: TensorInfo | None


class GroupInfo(TypedDict):
    """Live buffers that have something in common."""

    pid: int
    name: str | None
    buffers: int
    allocated_bytes: int
    """On one device each: a buffer of a mesh counts once."""
    device_bytes: int
    """On all of their devices together."""


class ProcessDeviceInfo(TypedDict):
    """The memory of a process on one device."""

    id: int | None
    dram_bytes: int | None
    l1_bytes: int | None
    l1_small_bytes: int | None
    trace_bytes: int | None
    cb_bytes: int | None
    kernel_bytes: int | None
    dram_peak_bytes: int | None
    l1_peak_bytes: int | None


class ProcessInfo(TypedDict):
    """A process that uses or used devices."""

    pid: int | None
    user: str | None
    command: str | None
    library: str | None
    state: str
    source: str
    start_time_ns: int | None
    devices: list[ProcessDeviceInfo]


class DeviceInfo(TypedDict):
    """A chip, over all processes."""

    id: int | None
    pci: str | None
    unique_id: str | None
    arch: str | None
    board: str | None
    mock: bool
    live_processes: int
    memory: dict[str, Any]
    telemetry: dict[str, Any] | None
