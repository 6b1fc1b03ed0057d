# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Real ttnn where tracking cannot work, or not fully: the application goes on as if nothing were there, and one line says why."""
import contextlib
import subprocess

import host
import pytest
import truth

HOLDS = host.HOSTS / "leaves.py"


def goes_on_untracked(tools, python, environment, prefix=()):
    with host.Host(tools, [*prefix, python, HOLDS, "return"], "untracked", environment=tools.preload() | environment) as process:
        message = process.hear()
        assert message["allocators"][0]["rows"]
        process.say()
        assert process.hear().get("end")
        assert process.end() == 0, process.errors()[-2000:]
    lines = process.own_lines()
    assert len(lines) == 1 and "untracked" in lines[0], lines
    return lines[0]


@contextlib.contextmanager
def mounted(tools, options):
    """A tmpfs of its own as the ledger folder."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", tools.ledgers], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", tools.ledgers], check=True)


def test_no_place_for_a_ledger(tools, python):
    line = goes_on_untracked(tools, python, {"TT_ALLOC_LEDGER_DIR": "/dev/null/nowhere"})
    assert "/dev/null/nowhere" in line


def test_full_from_the_start(tools, python):
    with mounted(tools, "size=64k"):
        goes_on_untracked(tools, python, {})
        assert tools.snapshot()["processes"] == []


def test_read_only(tools, python):
    with mounted(tools, "ro"):
        goes_on_untracked(tools, python, {})


def test_full_later(tools, python):
    """The table of buffers cannot grow: totals stay exact, the list is short by what the reader says it is short by."""
    with mounted(tools, "size=2200k"), host.Host(tools, [python, host.HOSTS / "many_tensors.py", "30000"], "full",
                                                 environment=tools.preload()) as process:
        message = process.hear()
        snapshot = tools.snapshot()
        seen = truth.process_of(snapshot, message["pid"])
        for kind in truth.KINDS:
            assert seen["devices"][0][f"{kind}_bytes"] == truth.chip_bytes(message["allocators"], 0, kind), kind
        listed = sum(row["pid"] == message["pid"] and row["kind"] in truth.KINDS for row in snapshot["buffers"])
        held = len(message["allocators"][0]["rows"])
        assert listed < held, "the folder was not small enough to show anything"
        assert seen["unlisted_buffers"] == held - listed
        process.say()
        message = process.hear()
        assert message["checkpoint"] == "all freed"
        snapshot = tools.snapshot()
        assert truth.process_of(snapshot, message["pid"])["lost_events"] == held - listed, "how often there was no room is told for good"
        assert truth.differences(message | {"late_frees": held - listed}, snapshot) == []
        process.say()
        assert process.hear().get("end")
        assert process.end() == 0, process.errors()[-2000:]


def test_limit_on_file_size(tools, python):
    """Under a limit on file sizes a growing file brings SIGXFSZ, which must never reach the application."""
    with host.Host(tools, ["prlimit", f"--fsize={1 << 20}", python, HOLDS, "return"], "limit", environment=tools.preload()) as process:
        message = process.hear()
        snapshot = tools.snapshot()
        if truth.process_of(snapshot, message["pid"]) is None:
            assert len(process.own_lines()) == 1
        else:
            assert truth.differences(message, snapshot) == []
        process.say()
        assert process.hear().get("end")
        assert process.end() == 0, process.errors()[-2000:]


def test_many_live_buffers(tools, python):
    """Thirty thousand live buffers: every one is listed, nothing is off."""
    with host.Host(tools, [python, host.HOSTS / "many_tensors.py", "30000"], "many", environment=tools.preload()) as process:
        for expected in ("all held", "all freed"):
            message = process.hear()
            assert message["checkpoint"] == expected
            assert truth.differences(message, tools.snapshot()) == []
            process.say()
        assert process.hear().get("end")
        assert process.end() == 0
    assert process.own_lines() == []
