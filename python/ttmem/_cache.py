# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""How much device memory a cache of keys and values may take, from what the model was seen to need."""
from __future__ import annotations

from typing import Any, NamedTuple, cast

from . import _native
from ._questions import largest_fit, mem_get_info
from .sizes import bytes_text
from .types import Device, Kind


class CacheBudget(NamedTuple):
    """The arithmetic of `cache_budget`, in bytes on one chip."""

    device: int
    """The chip that can take the least, whose figures these are."""
    total: int
    """The capacity of its allocator."""
    usable: int
    """Of that the part that may be used: total times utilization."""
    held: int
    """Held now: weights, and whatever else stays."""
    transient: int
    """The peak since the last `reset_peak_memory_stats`, less the bytes held now: activations."""
    margin: int
    """Left free on top."""
    largest_fit: int
    """The largest single buffer that the allocator could place now."""
    buffers: int
    """How many buffers of one size the cache consists of."""
    available_bytes: int
    """usable - held - transient - margin, at most largest_fit times buffers, and never below 0."""

    def __str__(self) -> str:
        """The arithmetic as one sentence."""
        left = max(self.usable - self.held - self.transient - self.margin, 0)
        text = (f"device {self.device}: {bytes_text(self.available_bytes)} for the cache: {bytes_text(self.usable)} of {bytes_text(self.total)} may be used, "
                f"less {bytes_text(self.held)} held, {bytes_text(self.transient)} more at the peak and {bytes_text(self.margin)} of margin")
        if self.available_bytes < left:
            text += f"; no buffer may be larger than {bytes_text(self.largest_fit)}, the largest free stretch"
        return text


def cache_budget(
    device: Device = None,
    *,
    utilization: float = 0.9,
    margin: int = 0,
    buffers: int = 1,
    kind: Kind = "dram",
) -> CacheBudget:
    """The bytes that a cache may take on each chip of a device or mesh, after a profiling run: the figures of the chip that can take the least.

    Call `reset_peak_memory_stats` after loading the weights, run the model once at its largest, without a cache, then ask. `utilization` is the part of the
    memory that may be used in all (vLLM's gpu_memory_utilization), above 0 and at most 1; `margin` bytes stay free on top; `buffers` is the number of buffers of
    one size that the cache is made of, each of which needs a free stretch of its own. Raises ValueError for figures that make no sense, NotTrackedError where
    nothing tracks this process, and where the peak of a chip is not known because a mesh and its submesh held memory there at overlapping times.
    """
    if not 0 < utilization <= 1 or margin < 0 or buffers < 1:
        raise ValueError("utilization is above 0 and at most 1, margin is 0 or more, buffers is 1 or more")
    each = [_budget(chip, utilization, margin, buffers, kind) for chip in _chips(device)]
    return min(each, key=lambda budget: budget.available_bytes)


def _chips(device: Device) -> list[int]:
    """Numbers of the chips that a device or mesh is made of."""
    if hasattr(device, "get_device_ids"):
        return [int(each) for each in cast("Any", device).get_device_ids()]
    return [_native.device_number(device)]


def _budget(chip: int, utilization: float, margin: int, buffers: int, kind: Kind) -> CacheBudget:
    free, total = mem_get_info(chip, kind)
    held = total - free
    peak = _native.max_memory_allocated(chip, kind)
    if peak is None:
        raise _native.NotTrackedError(f"the peak of {kind} on device {chip} is not known: several allocators held memory there at overlapping times")
    fit = largest_fit(chip, kind)
    usable = int(total * utilization)
    transient = max(peak - held, 0)
    available = max(min(usable - held - transient - margin, fit * buffers), 0)
    return CacheBudget(chip, total, usable, held, transient, margin, fit, buffers, available)
