# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A process's memory in its host, against what the kernel says of it."""
import pathlib
import re

import host
import pytest

NAMES = {"rss_bytes": "VmRSS", "locked_bytes": "VmLck", "pinned_bytes": "VmPin", "huge_bytes": "HugetlbPages"}


def kernel_says(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    found = {ours: re.search(rf"^{name}:\s+(\d+) kB$", text, re.M) for ours, name in NAMES.items()}
    return {ours: int(match[1]) * 1024 if match else None for ours, match in found.items()}


def test_figures_are_the_kernels(tools, python):
    if tools.runtime:
        pytest.skip("AddressSanitizer's runtime stands in for mlock, which then does nothing")
    seen = {}

    def see(message):
        pid = message["pid"]
        before, [process], after = kernel_says(pid), tools.snapshot()["processes"], kernel_says(pid)
        for name in NAMES:
            low, high = sorted((before[name] or 0, after[name] or 0))
            assert (process["host"][name] is None) == (before[name] is None), name
            assert before[name] is None or low <= process["host"][name] <= high, name
        seen[message["checkpoint"]] = process["host"], message.get("refused")

    with host.Host(tools, [python, host.HOSTS / "host_memory.py"], "host memory", "n150", tools.preload()) as run:
        host.run_through(run, see)
        assert run.end() == 0
    locked, refused = seen["locked"]
    assert seen["before"][0]["rss_bytes"] > 10 << 20
    assert refused or locked["locked_bytes"] - seen["before"][0]["locked_bytes"] == 4 << 20


def test_a_process_that_is_gone_has_none(tools, python):
    with host.Host(tools, [python, host.HOSTS / "host_memory.py"], "host memory", "n150", tools.preload()) as run:
        host.run_through(run)
        assert run.end() == 0
    assert [process["host"] for process in tools.snapshot()["processes"]] == [None]
