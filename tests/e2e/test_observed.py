# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A program's phases and parts seen from outside by `ttmem snapshot`, on real ttnn: peaks of a time of observation, and holders."""
import contextlib
import json
import pathlib
import signal
import subprocess
import time

import host
import pytest
from statements import Program

HELD = "sum(view.total_bytes_allocated_per_bank * view.num_banks for view in [ttnn.get_memory_view(device, ttnn.BufferType.DRAM)])"
LONGEST = 600  # seconds; Ctrl-C ends it


def has_open(pid, ledger):
    for link in pathlib.Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):  # closed meanwhile
            if link.readlink() == pathlib.Path(ledger):
                return True
    return False


@contextlib.contextmanager
def observation(tools, program):
    """While it stands ttmem looks on; then its figures of the program are in the list that it gives."""
    [ledger] = [process["ledger"] for process in tools.snapshot()["processes"] if process["pid"] == program.pid]
    with subprocess.Popen([tools.ttmem, "snapshot", "--json", "--observe", str(LONGEST)], env=tools.environment(), stdout=subprocess.PIPE, text=True) as watching:
        found = []
        try:
            host.until(lambda: has_open(watching.pid, ledger), "its look at the ledger")
            time.sleep(0.5)  # of which the first one takes a small part
            yield watching, found
            watching.send_signal(signal.SIGINT)
            said = json.loads(watching.communicate(timeout=host.PATIENCE)[0])["observed"]
            found += [row for row in said["processes"] if row["pid"] == program.pid]
            assert 0 < said["since_ns"] < said["until_ns"]
        finally:
            watching.kill()


def test_peaks_of_a_phase_from_outside(tools, python):
    with Program(tools, python) as program:
        before, ever = program.run(f"device = open_device(); kept = allocate(device, 512); big = allocate(device, 4096); ever = {HELD}; ttnn.deallocate(big); answer = [{HELD}, ever]")
        with observation(tools, program) as (_, found):
            # Nothing short is missed: this peak stands for no time at all.
            most = program.run("most = 0\nfor side in (256, 1024, 512):\n    held = [allocate(device, side) for _ in range(3)]\n"
                               f"    most = max(most, {HELD})\n    [ttnn.deallocate(one) for one in held]\nanswer = most")
        [row] = found
        assert (row["dram_peak_bytes"], row["dram_exact"]) == (most, True) and before < most < ever, "a peak from before does not count"
        assert (row["l1_peak_bytes"], row["l1_exact"]) == (0, True)
        assert tools.snapshot()["devices"][0]["memory"]["dram"]["peak_bytes"] == ever, "and what the process knows is as it was"
        program.end()


def test_events_that_were_overwritten_make_a_lower_bound(tools, python):
    with Program(tools, python) as program:
        kept = program.run(f"device = open_device(); kept = allocate(device, 512); answer = {HELD}")
        with observation(tools, program) as (watching, found):
            watching.send_signal(signal.SIGSTOP)
            program.run("for _ in range(20000):\n    ttnn.deallocate(allocate(device, 32))")
            watching.send_signal(signal.SIGCONT)
        [row] = found
        assert row["dram_exact"] is False and row["dram_peak_bytes"] >= kept
        program.end()


@pytest.mark.parametrize("by", ["scope", "operation", "line", "tensor", "kind"])
def test_groups_add_up(tools, python, by):
    with Program(tools, python) as program:
        program.run("device = open_device(); a = allocate(device, 256); b = ttnn.add(a, a, memory_config=ttnn.L1_MEMORY_CONFIG); c = ttnn.add(a, a)")
        snapshot = tools.snapshot("--group-by", by)
        assert snapshot["group_by"] == by
        rows = [row for row in snapshot["buffers"] if row["allocated_bytes"] > 0]
        groups = snapshot["groups"]
        assert sum(group["buffers"] for group in groups) == len(rows) == 3
        assert sum(group["device_bytes"] for group in groups) == sum(row["allocated_bytes"] for row in rows)
        assert [group["device_bytes"] for group in groups] == sorted((group["device_bytes"] for group in groups), reverse=True)
        if by == "kind":
            assert {group["name"]: group["buffers"] for group in groups} == {"dram": 2, "l1": 1}
        program.end()
