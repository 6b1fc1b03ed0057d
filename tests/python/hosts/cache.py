# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""ttmem.cache_budget as a serving worker uses it: weights, a profiling run, the budget, a cache of that size, and the run beside it once more."""
import json

from truths import tensor, ttnn, view

import ttmem

PAGE = 2048  # a bfloat16 tile; the allocator hands out whole pages to each bank


def cache(device, share):
    """A buffer of as many whole tiles as a share of memory on each chip has room for, in every bank alike."""
    banks = ttnn.get_memory_view(device, ttnn.BufferType.DRAM).num_banks
    tiles = share // (PAGE * banks) * banks
    return ttnn.empty((32, 32 * tiles), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)


def profile(device):
    """Allocates the memory that a run needs besides weights, while it runs."""
    activations = [tensor(device, side) for side in (2048, 512, 2048)]
    most = view(device)[0]
    del activations
    return most


def refused(allocate):
    try:
        allocate()
    except RuntimeError as error:
        return "Out of Memory" in str(error)
    return False


def main():
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 2), l1_small_size=16384, trace_region_size=1 << 20)
    checked = 0
    weights = [tensor(device, 4096) for _ in range(4)]
    warm_up = tensor(device, 8192)  # larger than all that follows, and gone before the peak is reset
    del warm_up
    held, total, _, fit = view(device)
    for utilization, margin, buffers in ((0.5, 0, 1), (0.9, 0, 1), (1.0, 1 << 30, 1), (1.0, 0, 1), (0.9, 0, 64)):
        ttmem.reset_peak_memory_stats(device)
        most = profile(device)
        budget = ttmem.cache_budget(device, utilization=utilization, margin=margin, buffers=buffers)
        assert (budget.total, budget.held, budget.transient, budget.largest_fit) == (total, held, most - held, fit), (budget, total, held, most, fit)
        assert budget.available_bytes == min(int(total * utilization) - most - margin, fit * buffers), budget
        size = budget.available_bytes // buffers
        made = [cache(device, size) for _ in range(buffers)]
        assert view(device)[0] - held <= budget.available_bytes
        assert profile(device) <= total * utilization - margin  # the run fits beside the cache, within what was allowed
        del made
        checked += 3
    assert not refused(lambda: cache(device, fit)) and refused(lambda: cache(device, fit + PAGE * 64)), "the largest fit is what the allocator grants at most"
    # Free memory in pieces: the largest free stretch is the bound, and more buffers than one may use the others.
    pieces = [tensor(device, 8192) for _ in range(total // (8192 * 8192 * 2) - 2)]
    del pieces[1::2]
    ttmem.reset_peak_memory_stats(device)
    one, many = (ttmem.cache_budget(device, utilization=1.0, buffers=count) for count in (1, 1000))
    assert one.available_bytes == view(device)[3] < many.available_bytes == view(device)[2]
    assert "largest free stretch" in str(one) and "largest free stretch" not in str(many)
    del weights, pieces
    for wrong in ({"utilization": 0}, {"utilization": 1.1}, {"margin": -1}, {"buffers": 0}):
        try:
            ttmem.cache_budget(device, **wrong)
            raise AssertionError(f"{wrong} was answered")
        except ValueError:
            checked += 1
    chips = len(device.get_device_ids())
    ttnn.close_mesh_device(device)
    print(json.dumps({"checked": checked, "chips": chips}))


main()
