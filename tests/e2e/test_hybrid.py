# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""tt-metal's HYBRID allocator: bytes, peaks, the cores and addresses of each buffer, free space on single cores, and what clashes.

`ttnn.get_memory_view` does not see what lies on single cores; the truth is each tensor's own addresses and shard sizes, and what is refused.
"""
import host
import pytest

RUNS = [("0.81.1", "n150", "1x1"), ("0.81.1", "n300", "1x2"), ("0.81.1", "p150", "1x1"), ("0.80.0", "n150", "1x1"), ("0.78.0", "n150", "1x1")]
TILE = 2048


def hybrid(tools):
    return tools.preload() | {"TT_METAL_ALLOCATOR_MODE_HYBRID": "1"}


def in_range(core, ranges):
    return any(x0 <= core[0] <= x1 and y0 <= core[1] <= y1 for x0, y0, x1, y1 in ranges)


def compare(message, snapshot):
    [process] = snapshot["processes"]
    assert process["lost_events"] == 0
    for device in snapshot["devices"]:
        l1 = device["memory"]["l1"]
        assert l1["allocated_bytes"] == message["bytes"], message["checkpoint"]
        assert l1["peak_bytes"] == message["peaks"][str(device["id"])], message["checkpoint"]
        [share] = [share for share in process["devices"] if share["id"] == device["id"]]
        assert (share["l1_bytes"], share["l1_peak_bytes"]) == (message["bytes"], l1["peak_bytes"])
    own = [row for row in snapshot["buffers"] if row["cores"] is not None]
    for row in own:
        cores = sum((x1 - x0 + 1) * (y1 - y0 + 1) for x0, y0, x1, y1 in row["cores"])
        assert (row["banks"], row["allocated_bytes"], row["lockstep_waste_bytes"]) == (cores, cores * row["bytes_per_bank"], 0)
    found = sorted([row["bytes_per_bank"], row["devices"][0], row["addresses"]] for row in own if row["addresses"] is not None)
    for row in found:
        row[2].sort()
    assert found == sorted([told["bytes"], told["chip"], told["addresses"]] for told in message["own"] if told["kind"] == "per core")
    ranges = sorted([row["bytes_per_bank"], row["address"], sorted([x, y] for x0, y0, x1, y1 in row["cores"] for x in range(x0, x1 + 1) for y in range(y0, y1 + 1))]
                    for row in own if row["addresses"] is None)
    assert ranges == sorted([told["bytes"], told["address"], sorted(told["cores"])] for told in message["own"] if told["kind"] == "range")


def probe(tools, run, picture, seen):
    """On one core of each group: a tensor of as many tiles as are free there goes in, one more does not. Of a mesh the core is the same on each chip."""
    core = [3, 2]
    largest = min(group["largest_bytes"] for device in picture["devices"] for group in device["free_on_cores"] if in_range(core, group["cores"]))
    for tiles, refused in ((largest // TILE + 1, True), (largest // TILE, False)):
        run.say(f"try {core[0]} {core[1]} {tiles}")
        answer = run.hear()
        assert (answer["tried"], answer["refused"]) == ([*core, tiles], refused)
        seen.append(refused)


def random_run(tools, python, version, cluster, shape, seed, steps):
    looks, tried, kinds = 0, [], set()
    with_range = ["range"] if version != "0.78.0" else []
    with host.Host(tools, [python, host.HOSTS / "hybrid.py", shape, seed, steps, *with_range], "hybrid", cluster, hybrid(tools)) as run:
        while True:
            message = run.hear()
            if message.get("end"):
                break
            compare(message, tools.snapshot())
            kinds |= {told["kind"] for told in message["own"]}
            looks += 1
            probe(tools, run, tools.l1(), tried)
            run.say()
        assert run.end() == 0
    assert looks >= steps // 10
    assert tried.count(True) == tried.count(False) == looks
    assert kinds == {"per core", "range"} if with_range else kinds == {"per core"}


@pytest.mark.parametrize("version, cluster, shape", RUNS)
def test_a_random_run_is_exact(tools, python_for, version, cluster, shape):
    random_run(tools, python_for(version), version, cluster, shape, 1, 60)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 7))
@pytest.mark.parametrize("version, cluster, shape", [*RUNS, ("0.81.1", "t3000", "2x4")])
def test_long_random_runs_are_exact(tools, python_for, version, cluster, shape, seed):
    random_run(tools, python_for(version), version, cluster, shape, seed, 300)


@pytest.mark.parametrize("version, cluster, shape", [("0.81.1", "n150", "1x1"), ("0.81.1", "p150", "1x1"), ("0.81.1", "n300", "1x2"), ("0.80.0", "n150", "1x1"),
                                                     ("0.78.0", "n150", "1x1")])
def test_what_is_announced_is_what_is_refused(tools, python_for, version, cluster, shape):
    """A program on one core, and a buffer that leaves it no room: on that core or on another, with one address, or one on each core. tt-metal refuses where
    that is announced, and nowhere else; what it launches over a buffer is announced as that. Dataflow buffers are known of 0.81.1 alone."""
    with_range = ["range"] if version != "0.78.0" else []
    known = ("circular", "dataflow") if version == "0.81.1" else ("circular",)
    refused, overwritten = [], []
    with host.Host(tools, [python_for(version), host.HOSTS / "hybrid_clash.py", shape, *with_range], "clash", cluster, hybrid(tools)) as run:
        while not (asked := run.hear()).get("end"):
            case = (asked["program"], asked["kind"], asked["on_the_core"])
            ahead = [device["gauge"]["clashes_ahead"] for device in tools.l1()["devices"]]
            run.say()
            said = run.hear()["said"]
            run.say()
            assert not said or "clash with L1 buffers" in said, (case, said)
            if case[0] not in known:
                continue
            for clashes in ahead:
                assert any(clash["refused"] for clash in clashes) == bool(said), (case, clashes, said)
                assert len(clashes) == (1 if said or case == ("dataflow", "per core", True) else 0), (case, clashes)
            if said:
                refused.append(case)
                assert f"allocated at {ahead[0][0]['buffer_address']} and" in said and f"ends at {ahead[0][0]['end_address']}" in said, (case, ahead[0], said)
            elif ahead[0]:
                overwritten.append(case)
        assert run.end() == 0
    everywhere = ["lockstep", "range"] if with_range else ["lockstep"]
    assert sorted(refused) == sorted([(program, kind, there) for program in known for kind in everywhere for there in (True, False)]
                                     + [("circular", "per core", True)])
    assert overwritten == ([("dataflow", "per core", True)] if "dataflow" in known else [])
