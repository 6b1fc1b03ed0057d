# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The L1 that programs take, on real ttnn. The truth is ttnn's own graph capture, and the text of a clash that was provoked."""
import re

import host
import pytest

L1_CORE_BYTES = 1_499_136  # of a Wormhole worker core
L1_SMALL_BYTES = 16_384  # as host_protocol opens devices


def look_at(tools, command, cluster, see):
    with host.Host(tools, command, "l1", cluster, tools.preload()) as run:
        host.run_through(run, lambda message: see(message, tools.snapshot()))
        assert run.end() == 0


def lowest_l1(allocator):
    """The lowest L1 buffer, or the end of the banks."""
    return min([address for address, _, kind in allocator["rows"] if kind == "l1"], default=L1_CORE_BYTES - L1_SMALL_BYTES)


def l1_base(allocator):
    """Where L1's banks begin: what the bank and L1_SMALL leave of a core."""
    return L1_CORE_BYTES - L1_SMALL_BYTES - allocator["memory"]["l1"]["bytes_per_bank"]


@pytest.mark.parametrize("version", ["0.81.1", "0.78.0"])
def test_buffers_equal_the_capture_and_the_clash(tools, python_for, version):
    ops, labels, unknown = [], [], set()

    def see(message, snapshot):
        [device], label = snapshot["devices"], message["checkpoint"]
        buffers, kernels = device["memory"]["circular_buffers"], device["memory"]["kernels"]
        labels.append(label)
        if "buffers" in message:
            wanted = sum(b["bytes"] * b["cores"] for b in message["buffers"] if not b["shared"])
            if buffers["programs_sum_bytes"] is None:
                unknown.add(label.removesuffix(" again"))
                return
            assert buffers["programs_sum_bytes"] == wanted, f"{label}: {message['buffers']}"
            assert buffers["scratchpad_bytes"] == sum(b["bytes"] * b["cores"] for b in message["buffers"] if b["kind"] == "scratchpad"), label
            assert buffers["current_bytes"] <= buffers["cached_union_bytes"] <= buffers["programs_sum_bytes"]
            [process] = snapshot["processes"]
            assert process["devices"][0]["cb_bytes"] == buffers["current_bytes"]
            assert process["devices"][0]["kernel_bytes"] == kernels["loaded_bytes"]
            if label == "cleared":
                assert (buffers["current_bytes"], kernels["loaded_bytes"]) == (0, 0)
            else:
                ops.append(label)
                assert kernels["application_bytes"] == kernels["loaded_bytes"] > 0, label
            return
        [allocator] = message["allocators"]
        end = l1_base(allocator) + buffers["high_water_bytes_per_core"]
        assert buffers["headroom_bytes_per_core"] == max(0, lowest_l1(allocator) - end)
        if label == "fits":
            see.end = end
            assert buffers["headroom_bytes_per_core"] > 0
        elif label == "would clash":
            assert buffers["headroom_bytes_per_core"] == 0, "announced before it happens"
        else:
            said = re.search(r"clash with L1 buffers on core range .* allocated at (\d+) and .* region ends at (\d+)", message["said"])
            assert said, message["said"]
            assert (lowest_l1(allocator), see.end) == (int(said[1]), int(said[2]))

    look_at(tools, [python_for(version), host.HOSTS / "l1_ops.py"], "n150", see)
    assert labels[-1] == "clashed" and len(ops) >= (30 if version == "0.78.0" else 48)
    # Dataflow buffers are read in the newest release alone; an older one's are recorded as unknown, and are not zero.
    assert ("softmax" in unknown) == (version == "0.78.0") and (version == "0.78.0" or not unknown)


@pytest.mark.parametrize("cluster, shape", [("n300", "1x2"), ("t3000", "2x4")])
def test_fabric_programs_are_told_as_fabric(tools, python, cluster, shape):
    chips = {"n300": 2, "t3000": 8}[cluster]

    def see(message, snapshot):
        label = message["checkpoint"]
        kernels = [device["memory"]["kernels"] for device in snapshot["devices"]]
        assert len(kernels) == chips
        for of_device in kernels:
            assert (of_device["fabric_bytes"] > 0) == (label != "closed"), label
            assert (of_device["application_bytes"] > 0) == (label == "launched"), label
            assert of_device["dispatch_bytes"] == 0
            assert of_device["loaded_bytes"] == of_device["fabric_bytes"] + of_device["application_bytes"]

    look_at(tools, [python, host.HOSTS / "l1_fabric.py", shape], cluster, see)
