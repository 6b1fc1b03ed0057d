# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Real ttnn processes that are killed, stopped or leave without saying so."""
import os
import random
import signal
import struct
import time

import host
import pytest
import truth

KILLS, STOPS = 30, 15


def account(path, banks):
    """The two totals, in bytes, of which one is true: see tests/hosts/churn.py."""
    data = path.read_bytes()
    event = struct.unpack_from("=Q", data, 0)[0]
    return event, [per_bank * banks for per_bank in struct.unpack_from("=QQ", data, 8 + 16 * (event % 2))]


def dram_of(process):
    return sum(device["dram_bytes"] for device in process["devices"])


def rows_total(snapshot, pid):
    return sum(row["allocated_bytes"] for row in snapshot["buffers"] if row["pid"] == pid and row["kind"] == "dram")


def live_dram(snapshot):
    return sum(device["memory"]["dram"]["allocated_bytes"] for device in snapshot["devices"])


def test_killed_at_random_moments(tools, python):
    """Gone from the live figures at the next read, and still listed with what it held: the state before or after its last event."""
    rng = random.Random(30)
    events = []
    for number in range(KILLS):
        path = tools.scratch / f"account.{number}"
        with host.Host(tools, [python, host.HOSTS / "churn.py", path, str(number)], "churn", environment=tools.preload()) as process:
            banks = process.hear()["banks"]
            least = rng.choice((0, 0, 1, 10, 100, 1000))
            host.until(lambda: account(path, banks)[0] >= least, f"{least} events")
            time.sleep(rng.random() * 0.1)
            process.kill()
        snapshot = tools.snapshot()
        event, (before, after) = account(path, banks)
        events.append(event)
        dead = truth.process_of(snapshot, process.pid)
        assert dead is not None, f"kill {number}: the killed process is not listed"
        assert dead["state"] == "died"
        assert dram_of(dead) in (before, after), f"kill {number}, event {event}: listed with {dram_of(dead)} B, held {before} or {after}"
        assert live_dram(snapshot) == 0, "what a dead process held is not live"
        listed = rows_total(snapshot, process.pid)
        assert listed in (0, dram_of(dead)), "the list of a dead process, where it is given, adds up to its total"
    assert max(events) > 100, f"the processes were killed before they did anything: {events}"


def test_what_a_killed_process_held_is_listed(tools, python):
    """`ttmem snapshot --buffers --ended`: the rows are those that ttnn's allocator had when the process was killed, marked as such and in no total."""
    with host.Host(tools, [python, host.HOSTS / "leaves.py", "return"], "leaves", environment=tools.preload()) as process:
        held = process.hear()["allocators"]
        before = [row for row in tools.snapshot()["buffers"] if row["pid"] == process.pid]
        assert tools.snapshot("--ended")["ended_buffers"] == []
        process.kill()
    snapshot = tools.snapshot("--ended")
    rows = snapshot["ended_buffers"]
    for row, was in zip(rows, before, strict=True):  # times are computed from the clock's rate, which each reader measures
        assert abs(row["allocated_at_ns"] - was["allocated_at_ns"]) < 1_000_000_000
        assert {**row, "allocated_at_ns": 0} == {**was, "allocated_at_ns": 0, "state": "died"}
    assert len(rows) >= 3
    assert {row["state"] for row in rows} == {"died"} and {row["pid"] for row in rows} == {process.pid}
    said = sorted((kind, address, bytes_per_bank) for allocator in held for address, bytes_per_bank, kind in allocator["rows"])
    assert sorted((row["kind"], row["address"], row["bytes_per_bank"]) for row in rows) == said
    assert snapshot["buffers"] == [] and live_dram(snapshot) == 0 and "ended_buffers" not in tools.snapshot()
    table = tools.printed("snapshot", "--buffers", "--ended")
    part = table.partition("Buffers that processes held when they ended")[2]
    assert all(f" {row['allocated_bytes']} " in part for row in rows) and part.count(" died ") == len(rows)


def test_stopped_at_random_moments(tools, python):
    """A stopped process answers as it stands, whatever it was in the middle of, and goes on when continued."""
    rng = random.Random(15)
    path = tools.scratch / "account"
    with host.Host(tools, [python, host.HOSTS / "churn.py", path, "1"], "churn", environment=tools.preload()) as process:
        banks, event = process.hear()["banks"], 0
        for number in range(STOPS):
            host.until(lambda: account(path, banks)[0] > event + 70, "events")
            time.sleep(rng.random() * 0.1)
            os.kill(process.pid, signal.SIGSTOP)
            host.until(lambda: host.state_letters(process.pid) == {"T"}, "a stop")
            snapshot = tools.snapshot()
            event, (before, after) = account(path, banks)
            stopped = truth.process_of(snapshot, process.pid)
            assert stopped["state"] == "stopped"
            assert dram_of(stopped) in (before, after), f"stop {number}, event {event}"
            assert live_dram(snapshot) == dram_of(stopped) == rows_total(snapshot, process.pid)
            os.kill(process.pid, signal.SIGCONT)
        process.kill()
        assert event > 1000


@pytest.mark.parametrize("how,status", [("exit_now", 3), ("abort", -signal.SIGABRT)])
def test_leaving_without_closing(tools, python, how, status):
    with host.Host(tools, [python, host.HOSTS / "leaves.py", how], how, environment=tools.preload()) as process:
        message = process.hear()
        held = message["allocators"][0]["memory"]["dram"]
        assert truth.differences(message, tools.snapshot()) == []
        process.say()
        assert process.process.wait(60) == status
    snapshot = tools.snapshot()
    gone = truth.process_of(snapshot, process.pid)
    assert gone is not None and gone["state"] in ("died", "exited")
    assert dram_of(gone) == held["allocated_per_bank"] * held["banks"]
    assert live_dram(snapshot) == 0
