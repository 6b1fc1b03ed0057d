# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Many operations: bytes of all kinds of memory against ttnn's allocator, what their programs take in L1 against ttnn's own graph capture, and the end of all
of it against what tt-metal refuses.

In the gate a sample on one board; with --long all of them on three.
"""
import re

import host
import pytest

SAMPLE = ["exp", "add", "sum", "matmul", "softmax", "reshape", "reshape lines", "pad", "slice lines", "split", "embedding", "tilize"]
BOARDS = [("n150", "1x1"), ("t3000", "2x4"), ("p150", "1x1")]


def look(tools, command, cluster, see):
    with host.Host(tools, command, "many", cluster, tools.preload()) as run:
        host.run_through(run, see)
        assert run.end() == 0


def compare(tools, python, cluster, shape, names):
    """Operations that were compared with their results held, those with scratchpads among them, and those that ttnn refused."""
    seen, scratchpads, refused = [], [], []

    def see(message):
        if "refused" in message:
            refused.append((message["refused"], message["said"].split("info:")[-1][:200]))
            return
        label, planned = message["checkpoint"], [b for b in message["buffers"] if not b["shared"]]
        snapshot = tools.snapshot()
        [allocator] = message["allocators"]
        assert len(snapshot["devices"]) == len(allocator["devices"])
        for device in snapshot["devices"]:
            for kind, view in allocator["memory"].items():
                assert device["memory"][kind]["allocated_bytes"] == view["allocated_per_bank"] * view["banks"], f"{label}: {kind}"
            use = device["memory"]["circular_buffers"]
            assert use["programs_sum_bytes"] == sum(b["bytes"] * b["cores"] for b in planned), f"{label}: {planned}"
            assert 0 <= use["scratchpad_bytes"] <= use["current_bytes"] <= use["programs_sum_bytes"], label
            if len({p["id"] for p in tools.l1()["devices"][0]["programs"]} if planned else ()) == 1:
                of_scratchpads = sum(b["bytes"] * b["cores"] for b in planned if b["kind"] == "scratchpad")
                assert use["scratchpad_bytes"] == of_scratchpads, label
        seen.append(label)
        scratchpads.extend({label for b in planned if b["kind"] == "scratchpad"})

    look(tools, [python, host.HOSTS / "l1_many.py", shape, *names], cluster, see)
    return seen, scratchpads, refused


def test_a_sample_equals_the_captures(tools, python):
    seen, scratchpads, refused = compare(tools, python, "n150", "1x1", SAMPLE)
    assert sorted(seen) == sorted(SAMPLE) and not refused
    assert len(scratchpads) >= 6


@pytest.mark.long
@pytest.mark.parametrize("cluster, shape", BOARDS)
def test_a_hundred_operations_equal_the_captures(tools, python, cluster, shape):
    seen, scratchpads, refused = compare(tools, python, cluster, shape, [])
    print(f"{cluster}: {len(seen)} operations, {len(scratchpads)} with scratchpads, 0 bytes off; {len(refused)} refused by ttnn: {refused}")
    assert len(seen) >= 100, refused
    assert len(scratchpads) >= 15


def gauge(tools, python, cluster, shape, names):
    """Operations for which tt-metal accepts and refuses exactly where the gauge says; and those that went another way."""
    exact, others, skipped = [], [], []

    def see(message):
        name, result = message["operation"], message["result"]
        if "skipped" in result:
            skipped.append((name, result["skipped"].split("info:")[-1][:200]))
            return
        assert result["known"], name
        above, below = result["above"], result["below"]
        assert below["bottom"] < result["end"] <= above["bottom"] < result["end"] + 2048, name
        assert above["announced"] == 0 and below["announced"] > 0, name
        clash = re.search(r"L1 buffer allocated at (\d+) and .* region ends at (\d+)", below["said"])
        if above["said"] or clash is None:
            others.append((name, above["said"][:200], below["said"][:200]))  # it chose another program, or refused by itself
            return
        assert (int(clash[1]), int(clash[2])) == (below["bottom"], result["end"]), name
        exact.append(name)

    look(tools, [python, host.HOSTS / "l1_fill.py", tools.ttmem, shape, *names], cluster, see)
    return exact, others, skipped


def test_the_gauge_is_right_to_a_tile_for_a_sample(tools, python):
    names = ["exp", "add", "sum", "reshape", "pad lines", "embedding"]
    exact, others, skipped = gauge(tools, python, "n150", "1x1", names)
    assert sorted(exact) == sorted(names), (others, skipped)


@pytest.mark.long
@pytest.mark.parametrize("cluster, shape", BOARDS)
def test_the_gauge_is_right_to_a_tile(tools, python, cluster, shape):
    exact, others, skipped = gauge(tools, python, cluster, shape, [])
    print(f"{cluster}: right to a tile for {len(exact)} operations; {len(others)} took another program: {[name for name, *_ in others]}; {len(skipped)} left out")
    assert len(exact) >= 40, (others, skipped)
