# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tracking switched on and off in a process that runs: from inside (ttmem_hooks_enable, ttmem_hooks_disable).

TTMEM_LATE_ROUNDS sets how often tracking is switched on and off under load (40; docs/decisions/0006 has the figures of 1,000).
"""
import os

import host
import pytest
import truth

ROUNDS = int(os.environ.get("TTMEM_LATE_ROUNDS", "40"))
SWITCH = host.HOSTS / "late_switch.py"


def exact(tools, message):
    wrong = truth.differences(message, tools.snapshot())
    assert not wrong, f"after {message['done']}:\n" + "\n".join(wrong[:10])


def over(tools, message):
    """Tracking ended: the process is not said to have died, and holds nothing that counts."""
    snapshot = tools.snapshot()
    found = truth.process_of(snapshot, message["pid"])
    assert found is None or found["state"] == "exited", found
    assert not [row for row in snapshot["buffers"] if row["pid"] == message["pid"]]


def switch(process, on):
    process.say("on" if on else "off")
    message = process.hear()
    assert message["done"]["result"] == 0, message["done"]
    return message


def finish(process):
    """The program's own work came out right: its sums, and everything that its threads allocated is free."""
    process.say("stop")
    message = process.hear()
    assert message["end"] and message["right"] and message["left"] == 0, message
    assert process.end() == 0, process.errors()[-2000:]


def start(tools, python, *arguments, cluster="n150", environment=None):
    return host.Host(tools, [python, SWITCH, tools.hooks, *arguments], "late", cluster=cluster, environment=environment)


@pytest.mark.parametrize("cluster, arguments", [("n150", []), ("t3000", ["--mesh", "2x4", "--submeshes", "1"])], ids=["n150", "t3000"])
def test_what_was_there_before_is_listed(tools, python, cluster, arguments):
    """1,000 random allocations untracked, then tracking is switched on: every figure and every row is the allocator's."""
    with start(tools, python, *arguments, cluster=cluster) as process:
        message = process.hear()
        assert message["counts"]["created"] >= 1000
        assert tools.ledger_files() == []
        message = switch(process, True)
        assert message["done"]["message"] == "tracking is on"
        exact(tools, message)
        assert {row[2] for row in message["allocators"][0]["rows"]} == set(truth.KINDS)
        process.say("go")
        exact(tools, process.hear())
        finish(process)


@pytest.mark.parametrize("version, slow", [("0.66.0", False), ("0.72.0", True), ("0.78.0", False), ("0.80.0", False)])
def test_other_releases(tools, python_for, version, slow):
    """Each way in which releases differ: how buffers are read, how an open device is found. 0.72.0 runs in slow dispatch only."""
    environment = {"TT_METAL_SLOW_DISPATCH_MODE": "1"} if slow else None
    with start(tools, python_for(version), "--allocations", "200", "--threads", "2", environment=environment) as process:
        process.hear()
        for _ in range(2):
            exact(tools, switch(process, True))
            process.say("go")
            exact(tools, process.hear())
            over(tools, switch(process, False))
        finish(process)


def test_on_and_off_under_load(tools, python):
    with start(tools, python, "--allocations", "300") as process:
        process.hear()
        seconds = []
        for _ in range(ROUNDS):
            message = switch(process, True)
            seconds.append(message["done"]["seconds"])
            exact(tools, message)
            message = switch(process, False)
            seconds.append(message["done"]["seconds"])
            over(tools, message)
        finish(process)
        assert len([path for path in tools.ledger_files() if path.suffix == ".ledger"]) == 1
        print(f"{ROUNDS} rounds; a switch takes {1000 * sum(seconds) / len(seconds):.1f} ms, at most {1000 * max(seconds):.1f} ms")


@pytest.mark.parametrize("asked", ["1", None], ids=["tracked", "loaded"])
def test_with_a_preload(tools, python, asked):
    """Where the library came in before: on is done already (or lists, if nothing was tracked), off and on again work as ever."""
    environment = {"LD_PRELOAD": str(tools.hooks), "TT_ALLOC_TRACKING_ENABLED": asked}
    with start(tools, python, "--allocations", "200", environment=environment) as process:
        message = process.hear()
        if asked:
            exact(tools, message)
        message = switch(process, True)
        assert message["done"]["message"] == ("tracking is on already" if asked else "tracking is on")
        exact(tools, message)
        over(tools, switch(process, False))
        assert switch(process, False)["done"]["message"] == "tracking is off already"
        exact(tools, switch(process, True))
        finish(process)
