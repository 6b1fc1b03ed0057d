# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Buffers at an address of the caller's choice: listed, distinguished, and in no allocator's totals."""
import host
import pytest
import truth


@pytest.mark.parametrize("version", ["0.78.0", "0.81.1"])
def test_views_and_preallocated_buffers(tools, python_for, version):
    with host.Host(tools, [python_for(version), host.HOSTS / "given_addresses.py"], "given", environment=tools.preload()) as process:
        message = process.hear()
        snapshot = tools.snapshot()
        assert truth.differences(message, snapshot) == []
        rows = [row for row in snapshot["buffers"] if row["kind"] in ("view", "preallocated")]
        views = [row for row in rows if row["kind"] == "view"]
        assert [(row["address"], row["allocated_bytes"], row["devices"]) for row in views] == [(message["view"], 0, [0])]
        outside = sorted([row["address"], row["requested_bytes"]] for row in rows if row["kind"] == "preallocated")
        assert outside == sorted(message["outside"])
        process.say()
        assert process.hear().get("end")
