# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Eight processes whose ledgers share the 64 MiB that /dev/shm has in a container: totals stay exact, rows that find no room are counted."""
import contextlib
import os
import subprocess

import pytest
from statements import Program

RANKS = 8


@pytest.fixture
def small_folder(tools, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a file system takes root")
    folder = tmp_path / "shm"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    before, tools.ledgers = tools.ledgers, folder
    yield folder
    tools.ledgers = before
    subprocess.run(["umount", folder], check=True)


@pytest.mark.long
@pytest.mark.parametrize("tensors, all_listed", [(5_000, True), (40_000, False)])
def test_eight_ranks_in_64_mib(tools, python, small_folder, tensors, all_listed):
    with contextlib.ExitStack() as all_ranks:
        held = {}
        for _ in range(RANKS):
            program = all_ranks.enter_context(Program(tools, python))
            program.run(f"device = open_device(); held = [allocate(device, 32) for _ in range({tensors})]")
            for _ in range(20):
                assert "Out of Memory" in program.attempt("allocate(device, 131072)")["error"]
            program.run("more = [allocate(device, 64) for _ in range(100)]; view = ttnn.get_memory_view(device, ttnn.BufferType.DRAM)")
            held[program.pid] = program.run("answer = view.total_bytes_allocated_per_bank * view.num_banks")
        processes = {process["pid"]: process for process in tools.snapshot()["processes"]}
        assert {pid: sum(device["dram_bytes"] for device in processes[pid]["devices"]) for pid in held} == held
        unlisted = sum(processes[pid]["unlisted_buffers"] for pid in held)
        assert (unlisted == 0) == all_listed, unlisted
        for pid in held:
            assert "The request is larger than the device" in tools.printed("why", str(pid))
        space = os.statvfs(small_folder)
        assert space.f_bavail > 0, "others need room, too"
