# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tensors written, read, printed, moved, saved and loaded.

Incident: from 0.79.0 on every read of a tensor left a phantom view and a lost event, and hooks built without optimisation made it fail.
"""
import host
import pytest
import truth


def tensors_of(tools, python, rounds=20, environment=None):
    """Runs the host; what each checkpoint found wrong: what ttnn contradicts, buffers that no allocator has, events that were lost."""
    wrong, seen = [], []

    def look(message):
        snapshot = tools.snapshot()
        label = message["checkpoint"]
        seen.append(label)
        wrong.extend(f"{label}: {difference}" for difference in truth.differences(message, snapshot))
        wrong.extend(f"{label}: {row['kind']} at {row['address']:#x}" for row in snapshot["buffers"] if row["kind"] in ("view", "preallocated"))
        wrong.extend(f"{label}: {process['lost_events']} events are lost" for process in snapshot["processes"] if process["lost_events"])

    with host.Host(tools, [python, host.HOSTS / "tensor_io.py", rounds], "tensor-io", environment=tools.preload() | (environment or {})) as process:
        host.run_through(process, look)
        assert process.end() == 0
    assert seen == ["written", "read", "printed", "moved", "saved and loaded"]
    return wrong


@pytest.mark.parametrize("version", ["0.66.0", "0.78.0", "0.80.0", "0.81.1"])
def test_reading_a_tensor_leaves_no_trace(tools, python_for, version):
    assert tensors_of(tools, python_for(version)) == []
