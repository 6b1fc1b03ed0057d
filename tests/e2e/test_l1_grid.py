# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Each worker core of a device is a bank's or has a reason why not, whatever dispatch runs on. The truth: ttnn takes a shard on a core with a bank and
refuses one elsewhere."""
import host
import pytest

GRIDS = [("n150", "1x1", "WORKER", "ROW"), ("n150", "1x1", "WORKER", "COL"), ("n150", "1x1", "ETH", "ROW"), ("n300", "1x2", "WORKER", "COL"),
         ("n300", "1x2", "ETH", "ROW"), ("t3000", "2x4", "WORKER", "ROW"), ("t3000", "2x4", "WORKER", "COL"), ("t3000", "2x4", "ETH", "ROW"),
         ("p150", "1x1", "WORKER", "COL")]


def cores_in(ranges):
    return {(x, y) for x0, y0, x1, y1 in ranges for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)}


def look(tools, python, cluster, arguments, environment=None):
    """Runs the host and compares every device; what each is made of."""
    seen = []

    def see(message, picture):
        banks = {tuple(core) for core in message["banks"]}
        [allocator] = message["allocators"]
        assert len(banks) == allocator["memory"]["l1"]["banks"]
        for device in picture["devices"]:
            cores = {role: cores_in(ranges) for role, ranges in device["worker_cores"].items()}
            assert cores["bank"] == banks
            assert sum(len(set_) for set_ in cores.values()) == len(set().union(*cores.values())) == device["l1_cores"]
            # No buffer is shown on a core without a bank, and one is on a core with a bank.
            for role, (core, *_) in ((role, sorted(set_)) for role, set_ in cores.items() if set_):
                [own] = [d for d in tools.l1("--core", f"{core[0]},{core[1]}")["devices"] if d["index"] == device["index"]]
                assert own["l1"]["in_bank"] == (role == "bank")
                assert any(s["type"] == "buffer" for s in own["l1"]["stretches"]) == (role == "bank")
            seen.append({role: len(set_) for role, set_ in cores.items()})

    with host.Host(tools, [python, host.HOSTS / "l1_grid.py", *arguments], "grid", cluster, {**tools.preload(), **(environment or {})}) as run:
        host.run_through(run, lambda message: see(message, tools.l1()))
        assert run.end() == 0
    assert seen
    return seen


@pytest.mark.parametrize("cluster, shape, kind, axis", GRIDS)
def test_every_core_has_a_reason(tools, python, cluster, shape, kind, axis):
    seen = look(tools, python, cluster, (shape, kind, axis))
    if kind == "ETH":
        assert all(device["dispatch"] == 0 for device in seen), "dispatch is on no worker core"
    else:
        assert all(device["dispatch"] > 0 for device in seen)


def test_slow_dispatch_leaves_every_core_to_the_banks(tools, python):
    [device] = look(tools, python, "n150", ("1x1", "WORKER", "-"), {"TT_METAL_SLOW_DISPATCH_MODE": "1"})
    assert device == {"bank": 72, "dispatch": 0, "unused": 0}
