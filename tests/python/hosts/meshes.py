# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The questions on a mesh of eight chips with a submesh: each chip's figures against the block tables of all allocators over it."""
import json
import pathlib
import sys

from truths import KINDS, memory_of, tensor, ttnn, view

import ttmem

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e"))
import truth  # noqa: E402


def described(device):
    """An allocator as truth.py wants it."""
    memory = {}
    for kind in KINDS:
        own = ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper()))
        memory[kind] = {"banks": own.num_banks, "blocks": [[int(b["address"]), int(b["size"])] for b in own.block_table if b["allocated"] == "yes"]}
    return {"devices": list(device.get_device_ids()), "memory": memory}


def compare(*devices):
    allocators = [described(device) for device in devices]
    for chip in devices[0].get_device_ids():
        for kind in KINDS:
            assert ttmem.memory_allocated(chip, kind) == truth.chip_bytes(allocators, chip, kind), (chip, kind)
        stats = ttmem.memory_stats(chip)
        assert {kind: stats[f"allocated_bytes.{kind}.current"] for kind in KINDS} == {kind: ttmem.memory_allocated(chip, kind) for kind in KINDS}


def main():
    mesh = ttnn.open_mesh_device(ttnn.MeshShape(2, 4), l1_small_size=16384, trace_region_size=1 << 20)
    chips = list(mesh.get_device_ids())
    held = [tensor(mesh, 512), tensor(mesh, 128, memory_of("l1")), tensor(mesh, 64, memory_of("trace"))]
    compare(mesh)
    most = view(mesh)[0]
    dropped = tensor(mesh, 1024)
    most = view(mesh)[0]
    del dropped
    compare(mesh)
    for device in (mesh, *chips):
        assert ttmem.max_memory_allocated(device) == most
        assert ttmem.mem_get_info(device) == (view(mesh)[2], view(mesh)[1]) and ttmem.largest_fit(device) == view(mesh)[3]
        assert len([row for row in ttmem.memory_snapshot(device) if row["kind"] == "dram"]) == 1
    (row,) = [row for row in ttmem.memory_snapshot() if row["kind"] == "dram"]  # one buffer on eight chips is one row
    assert sorted(row["devices"]) == sorted(chips)

    ttmem.reset_peak_memory_stats(chips[1])  # one chip alone
    assert ttmem.max_memory_allocated(chips[1]) == view(mesh)[0]

    submesh = mesh.create_submesh(ttnn.MeshShape(1, 2))
    on_both = list(submesh.get_device_ids())
    with ttmem.peak(on_both[0]) as peak:
        held += [tensor(submesh, 256), tensor(submesh, 2048)]
        compare(mesh, submesh)
        assert ttmem.memory_allocated(submesh) == ttmem.memory_allocated(on_both[0])
        assert peak.dram is None  # two allocators held bytes there at once: the peak of their sum is not known
    assert ttmem.max_memory_allocated(on_both[0]) is None
    assert ttmem.memory_stats(on_both[0])["allocated_bytes.dram.peak"] is None
    assert "-" in ttmem.memory_summary(on_both[0])
    elsewhere = next(chip for chip in chips if chip not in on_both)
    assert ttmem.max_memory_allocated(elsewhere) is not None
    held.clear()
    compare(mesh, submesh)
    ttnn.close_mesh_device(mesh)
    assert ttmem.memory_allocated(chips[0]) == 0
    print(json.dumps({"done": True}))


main()
