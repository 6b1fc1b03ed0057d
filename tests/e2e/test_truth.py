# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The comparison itself: each kind of lie is found. Without this, a comparison that compares nothing would pass."""
import copy

import pytest
import truth


def view(*blocks, banks=2, bank_bytes=1000):
    held = sum(size for _, size in blocks)
    return {"banks": banks, "bytes_per_bank": bank_bytes, "allocated_per_bank": held, "largest_free_per_bank": bank_bytes - held,
            "blocks": [list(block) for block in blocks]}


def allocator(mesh, devices, *blocks):
    memory = {kind: view() for kind in truth.KINDS} | {"dram": view(*blocks)}
    return {"mesh": mesh, "devices": devices, "memory": memory, "rows": [[100 + a, s, "dram"] for a, s in blocks]}


def row(mesh, devices, address, size):
    return {"pid": 7, "id": address, "devices": devices, "mesh": mesh, "kind": "dram", "address": 100 + address, "requested_bytes": size,
            "allocated_bytes": 2 * size, "bytes_per_bank": size, "allocated_at_ns": 1}


def memory(total, buffers, largest):
    empty = {"banks": 2, "capacity_bytes": 2000, "allocated_bytes": 0, "buffers": 0, "largest_free_bytes_per_bank": 1000}
    return {kind: dict(empty) for kind in truth.KINDS} | {
        "dram": empty | {"allocated_bytes": total, "buffers": buffers, "largest_free_bytes_per_bank": largest}}


@pytest.fixture
def told():
    """A mesh of two chips and a submesh over one of them, both with a buffer at one address."""
    return {"pid": 7, "allocators": [allocator(0, [0, 1], (0, 10), (10, 20)), allocator(1, [1], (0, 16))]}


@pytest.fixture
def seen():
    share = lambda chip, size: {"id": chip, "dram_bytes": size, "l1_bytes": 0, "l1_small_bytes": 0, "trace_bytes": 0, "dram_peak_bytes": size}
    process = {"pid": 7, "state": "live", "lost_events": 0, "unlisted_buffers": 0, "one_moment": True, "devices": [share(0, 60), share(1, 60)]}
    return {"processes": [process],
            "devices": [{"id": 0, "memory": memory(60, 2, 970)}, {"id": 1, "memory": memory(60, 3, None)}],
            "buffers": [row(0, [0, 1], 0, 10), row(0, [0, 1], 10, 20), row(1, [1], 0, 16)]}


def test_equal_accounts_differ_in_nothing(told, seen):
    assert truth.differences(told, seen) == []


def test_union_counts_shared_bytes_once():
    assert truth.union_bytes([(0, 10), (5, 10), (30, 5)]) == 20
    assert truth.union_bytes([]) == 0
    assert truth.union_bytes([(0, 10), (2, 3)]) == 10


def test_a_block_may_be_larger_than_its_buffer_is_said_to_be(told, seen):
    told["allocators"][1]["rows"][0][1] = 13
    assert truth.differences(told, seen) == []


def test_overlap_is_seen(told):
    assert truth.overlaps(told["allocators"])
    assert not truth.overlaps(told["allocators"][:1])


@pytest.mark.parametrize("change", [
    lambda s: s["buffers"].pop(),
    lambda s: s["buffers"].append(row(0, [0, 1], 40, 8)),
    lambda s: s["buffers"].append(row(5, [0], 40, 8)),
    lambda s: s["buffers"][0].update(address=101),
    lambda s: s["buffers"][0].update(bytes_per_bank=11),
    lambda s: s["buffers"][0].update(kind="l1"),
    lambda s: s["buffers"][0].update(devices=[0]),
    lambda s: s["buffers"][0].update(mesh=1),
    lambda s: s["buffers"][0].update(allocated_bytes=21),
    lambda s: s["buffers"][0].update(requested_bytes=21),
    lambda s: s["processes"].clear(),
    lambda s: s["processes"].append(s["processes"][0] | {"pid": 8}) or s["processes"].pop(0),
    lambda s: s["processes"][0].update(state="died"),
    lambda s: s["processes"][0].update(lost_events=1),
    lambda s: s["processes"][0].update(unlisted_buffers=1),
    lambda s: s["processes"][0].update(one_moment=False),
    lambda s: s["processes"][0]["devices"][0].update(dram_peak_bytes=59),
    lambda s: s["processes"][0]["devices"][1].update(dram_bytes=92),
    lambda s: s["processes"][0]["devices"].pop(),
    lambda s: s["devices"].pop(),
    lambda s: s["devices"][1]["memory"]["dram"].update(allocated_bytes=92),
    lambda s: s["devices"][0]["memory"]["dram"].update(banks=3),
    lambda s: s["devices"][0]["memory"]["dram"].update(capacity_bytes=1),
    lambda s: s["devices"][0]["memory"]["dram"].update(buffers=3),
    lambda s: s["devices"][0]["memory"]["dram"].update(largest_free_bytes_per_bank=971),
])
def test_each_lie_is_found(told, seen, change):
    lied = copy.deepcopy(seen)
    change(lied)
    assert lied != seen
    assert truth.differences(told, lied)


def space(mesh=0, kind="dram", **changes):
    return {"pid": 7, "mesh": mesh, "kind": kind, "banks": 2, "bank_bytes": 1000, "base_address": 500, "allocated_bytes_per_bank": 30,
            "free_bytes_per_bank": 970, "largest_free_bytes_per_bank": 970, "blocks": [[530, 970]]} | changes


def test_free_space_that_lies_is_found():
    own = view((0, 30)) | {"free_blocks": [[30, 970]]}
    assert list(truth.space_differences(space(), own)) == []
    for lie in ({"banks": 3}, {"bank_bytes": 999}, {"allocated_bytes_per_bank": 31}, {"largest_free_bytes_per_bank": 969}, {"blocks": [[531, 969]]},
                {"blocks": [[530, 470], [1000, 500]]}, {"blocks": []}, {"base_address": 501}):
        assert list(truth.space_differences(space(**lie), own)), lie


def layout(physical, *stretches):
    at, rows = 0, []
    for type_, kind, size in stretches:
        rows.append({"address": at, "bytes": size, "type": type_, "kind": kind, "source": "test"})
        at += size
    return {"physical_bytes": physical, "stretches": rows}


def test_layouts_that_lie_are_found():
    free = [[0, 1000]]
    told = {"pid": 7, "allocators": [{"mesh": 0, "devices": [0], "memory": {kind: view() | {"free_blocks": free} for kind in truth.KINDS} | {
        "dram": view((0, 30)) | {"free_blocks": [[30, 970]]}}}]}
    empty = {"allocated_bytes_per_bank": 0, "largest_free_bytes_per_bank": 1000, "blocks": [[500, 1000]]}
    dram = (("region", None, 500), ("buffer", "dram", 30), ("free", "dram", 970), ("free", "trace", 1000))
    l1 = layout(2500, ("region", None, 500), ("free", "l1", 1000), ("free", "l1_small", 1000))

    def seen(spaces=(), stretches=dram, physical=2500):
        spaces = spaces or [space(), *(space(kind=kind, **empty) for kind in truth.KINDS[1:])]
        return {"devices": [{"id": 0, "spaces": spaces, "l1": l1, "dram": layout(physical, *stretches)}]}

    assert list(truth.picture_differences(told, seen())) == []
    assert list(truth.picture_differences(told, seen(physical=2501)))
    assert list(truth.picture_differences(told, seen(spaces=[space()])))
    assert list(truth.picture_differences(told, seen(stretches=(dram[0], ("buffer", "dram", 31), ("free", "dram", 969), dram[3]))))
    assert list(truth.picture_differences(told, {"devices": []}))
    sums = {"region_bytes": 499_136, "buffer_bytes": 0, "free_bytes": 1_000_000, "unexplained_bytes": 0, "contested_bytes": 0, "physical_bytes": 1_499_136}
    bank = sums | {"free_bytes": (1 << 30) - 499_136, "physical_bytes": 1 << 30}

    def device(**changes):
        return {"devices": [{"id": 0, "live_processes": 1, "arch": "wormhole_b0", "memory": {"layout": {"l1_core": sums | changes, "dram_bank": bank}}}]}

    assert list(truth.layout_differences(device())) == []
    for lie in ({"unexplained_bytes": 1}, {"contested_bytes": 1}, {"free_bytes": 999_999}, {"physical_bytes": 1_499_135, "free_bytes": 999_999}):
        assert list(truth.layout_differences(device(**lie))), lie
