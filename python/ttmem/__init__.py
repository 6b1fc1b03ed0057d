# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Device memory of Tenstorrent accelerators, asked from Python: torch.cuda's questions for the unmodified ttnn.

    $ TT_ALLOC_TRACKING_ENABLED=1 python your_model.py

    import ttmem
    ttmem.memory_allocated()        # bytes of DRAM that this process holds on its first device
    ttmem.max_memory_allocated()    # the most it ever held at once
    print(ttmem.memory_summary())

`device` is everywhere optional: tt-metal's number of a chip, or a device or mesh of ttnn's (of a mesh, its first chip); without it the
lowest that the process has open. `kind` is "dram", "l1", "l1_small" or "trace". All figures are bytes on one chip, exact, and those of
`ttnn.get_memory_view`: bytes in each bank times banks. What is not known is None, never 0.

Where nothing tracks this process, questions raise `NotTrackedError`. `ttmem.enable()` turns tracking on from inside.
"""
from ._native import (
    NotTrackedError,
    max_memory_allocated,
    memory_allocated,
)
from ._cache import CacheBudget, cache_budget
from ._holders import Holders, holders
from ._label import label
from ._peak import Peak, peak
from ._questions import (
    devices,
    fits,
    get_memory_info,
    largest_fit,
    max_memory_reserved,
    mem_get_info,
    memory_reserved,
    memory_by,
    memory_snapshot,
    memory_stats,
    memory_summary,
    processes,
    reset_peak_memory_stats,
    why,
    why_text,
)
from ._record import Recording, record
from ._scope import region, scope, step
from ._snapshot import dump_snapshot
from ._tracking import disable, enable, follow_variable, is_tracking
from . import memory
from ._watch import Alert, Watcher, watch
from .types import BufferInfo, DeviceInfo, Kind, ProcessDeviceInfo, ProcessInfo

follow_variable()
del follow_variable

__version__ = "0.1.0"

__all__ = [
    "Alert",
    "BufferInfo",
    "CacheBudget",
    "DeviceInfo",
    "Holders",
    "Kind",
    "NotTrackedError",
    "Peak",
    "ProcessDeviceInfo",
    "ProcessInfo",
    "Recording",
    "Watcher",
    "cache_budget",
    "devices",
    "disable",
    "dump_snapshot",
    "enable",
    "fits",
    "get_memory_info",
    "holders",
    "is_tracking",
    "label",
    "largest_fit",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory",
    "memory_allocated",
    "memory_reserved",
    "memory_by",
    "memory_snapshot",
    "memory_stats",
    "memory_summary",
    "peak",
    "processes",
    "record",
    "region",
    "reset_peak_memory_stats",
    "scope",
    "step",
    "watch",
    "why",
    "why_text",
]
