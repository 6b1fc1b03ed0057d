# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The persistent L1 arena of 0.81.1: what ttnn says that a space for prefetcher pipes holds against the regions of the layout."""
import subprocess

import host
import pytest
import truth

ARENA = ("arena", "persistent L1 arena")


def rows(regions):
    """{(address, bytes): cores} of the arena's regions of one device."""
    found = {}
    for address, size, cores in regions:
        found.setdefault((address, size), set()).update(tuple(core) for core in cores)
    return found


def arena_of(snapshot):
    """As rows(), for every device that is open."""
    said = {}
    for device in snapshot["devices"]:
        told = [r for r in device["memory"]["regions"] if r["type"] == "arena"]
        assert all((r["type"], r["source"]) == ARENA and r["memory"] == "l1" for r in told)
        said[device["id"]] = rows((r["address"], r["bytes"], [(x, y) for x0, y0, x1, y1 in r["cores"] for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)])
                                  for r in told)
    return said


CLUSTERS = [("n150", "1x1"), ("n300", "1x2"), ("t3000", "2x4"), ("p150", "1x1")]


def walk(tools, run):
    """{checkpoint: number of stretches} of a host that was held against its regions at each."""
    seen = {}

    def see(message):
        label = message["checkpoint"]
        if label == "to be attached to":
            done = subprocess.run([tools.ttmem, "attach", str(message["pid"])], env=tools.environment(), capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            return
        snapshot, wanted = tools.snapshot(), rows(message["spaces"])
        assert arena_of(snapshot) == {chip: wanted for chip in message["allocators"][0]["devices"]}, label
        assert list(truth.layout_differences(snapshot)) == [], label
        for core in ((0, 0), (3, 1), (5, 5), (7, 0)):  # when nothing was launched yet, too
            for device in tools.l1("--core", f"{core[0]},{core[1]}")["devices"]:
                found = [[s["address"], s["bytes"]] for s in device["l1"]["stretches"] if s["region"] == "arena"]
                # Two that lie side by side, a ring and its page, are one stretch.
                assert sum(size for _, size in found) == sum(size for (_, size), cores in wanted.items() if core in cores), f"{label}: core {core}"
                sums = device["l1"]
                assert (sums["unexplained_bytes"], sums["contested_bytes"]) == (0, 0), f"{label}: core {core}"
        if label == "launched":
            program = max(tools.l1()["devices"][0]["programs"], key=lambda program: program["last_launch"])
            end = max(address + size for address, size in wanted)
            assert {b["address"] >= end for b in program["circular_buffers"]} == {True}, "behind what the arena gave out"
        seen[label] = len(wanted)

    host.run_through(run, see)
    assert run.end() == 0 and "arena" not in run.errors(), run.errors()[-2000:]
    return seen


@pytest.mark.parametrize("cluster, mesh", CLUSTERS)
def test_what_the_arena_gave_out_is_a_region(tools, python, cluster, mesh):
    with host.Host(tools, [python, host.HOSTS / "l1_arena.py", mesh], "l1_arena", cluster, tools.preload()) as run:
        assert walk(tools, run) == {"opened": 0, "one": 2, "beside": 4, "above": 6, "launched": 6, "first gone": 4, "all gone": 0}


@pytest.mark.parametrize("cluster, mesh, way", [*((*where, "inside") for where in CLUSTERS), ("n150", "1x1", "attach")])
def test_what_it_gave_out_before_tracking_began(tools, python, cluster, mesh, way):
    """The allocator was made before tracking began: its arena is looked for where this release has it."""
    with host.Host(tools, [python, host.HOSTS / "l1_arena.py", mesh, tools.hooks if way == "inside" else "-"], "l1_arena", cluster) as run:
        assert walk(tools, run) == {"beside": 4, "above": 6, "launched": 6, "first gone": 4, "all gone": 0}
