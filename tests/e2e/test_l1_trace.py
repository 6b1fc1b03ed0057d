# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Features that a mock does not exercise by itself: kernel binaries in DRAM, which are forced on it, and with them a trace capture. Both untested on hardware."""
import host
import pytest

BINARIES = 32768  # of each program (tests/support/force_binaries.cpp)
TYPES = ("worker", "active_ethernet", "idle_ethernet")
MESHES = {"n150": "1x1", "n300": "1x2", "t3000": "2x4", "p150": "1x1"}


@pytest.mark.parametrize("cluster", MESHES)
def test_binaries_are_tagged_and_a_capture_marks_the_ring(cluster, tools, python):
    seen = {}

    def see(message):
        snapshot, label = tools.snapshot(), message["checkpoint"]
        [allocator] = message["allocators"]
        # Buffers that ttnn lists in DRAM and that belong to no tensor are the programs' binaries.
        others = sorted(address for address, _, kind in allocator["rows"] if kind == "dram" and address not in message["tensors"])
        tagged = [b for b in snapshot["buffers"] if b["kernel_binaries"] and b["kind"] != "view"]
        assert sorted(buffer["address"] for buffer in tagged) == others, label
        assert len(others) == (0 if label == "cleared" else 2), label
        assert {(b["kind"], b["requested_bytes"]) for b in tagged} <= {("dram", BINARIES)}, label
        for device in snapshot["devices"]:
            kernels = device["memory"]["kernels"]
            assert (kernels["loaded_bytes"] > 0, kernels["application_bytes"] > 0) == ((False, False) if label == "cleared" else (True, True)), label
        # The ring, against tt-metal's own memory: taken whole by a capture, and afterwards as it was before.
        for device in tools.l1()["devices"]:
            assert label != "cleared" or not device["programs"]
            for ring, truth in zip(sorted(device["rings"], key=lambda ring: TYPES.index(ring["core_type"])), message["rings"], strict=True):
                assert {key: ring[key] for key in ("used_bytes_per_core", "launches", "capacity_bytes_per_core")} == {
                    "used_bytes_per_core": truth["used_bytes"], "launches": truth["programs"], "capacity_bytes_per_core": truth["capacity_bytes"]}, label
                assert ring["trace"] == (label in ("capture begun", "captured")), label
                if ring["core_type"] == "worker" and not ring["trace"]:
                    assert ring["evictions"] == truth["launches"] - truth["programs"], label
        seen[label] = True

    preload = f"{tools.build / 'tests' / 'libforce_binaries.so'}:{tools.build / 'tests' / 'libring_probe.so'}:{tools.hooks}"
    with host.Host(tools, [python, host.HOSTS / "l1_trace.py", MESHES[cluster]], "l1_trace", cluster, {**tools.preload(), "LD_PRELOAD": preload}) as run:
        host.run_through(run, see)
        assert run.end() == 0, run.errors()[-2000:]
    assert len(seen) == 7
