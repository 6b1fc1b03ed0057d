# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Buffers that hold the same bytes, and views whose memory was freed, on real ttnn: said in words, with both buffers by name."""
import subprocess

import host
import pytest
from statements import Program

ALLOCATED = "[len(ttnn._ttnn.reports.get_buffers([device])), *(ttnn.get_memory_view(device, kind).total_bytes_allocated_per_bank for kind in (ttnn.BufferType.DRAM, ttnn.BufferType.L1))]"

# How tensors come to share memory, and how that memory goes: (statements that make `owner` and `views`, statement that frees it).
VIEWS = {
    "freed through the view": ("owner = allocate(device, 1024); views = [ttnn.reshape(owner, (1, 1024, 1024)), ttnn.reshape(owner, (1, 1, 1024, 1024))]",
                               "ttnn.deallocate(views.pop(0)); views.append(owner)"),
    "freed through the tensor": ("owner = allocate(device, 1024); views = [ttnn.reshape(owner, (1, 1024, 1024))]", "ttnn.deallocate(owner)"),
    "freed in L1": ("owner = allocate(device, 256, ttnn.L1_MEMORY_CONFIG); views = [ttnn.reshape(owner, (1, 256, 256))]", "ttnn.deallocate(owner)"),
}


def words_of(tools, *options, **environment):
    """The output of a command, as one line: words may be wrapped anywhere."""
    done = subprocess.run([tools.ttmem, *options], env=tools.environment(**environment), capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert options != ("l1",) or all(len(line) <= 80 for line in done.stdout.splitlines()), "words are wrapped, not cut"
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("case", VIEWS)
@pytest.mark.parametrize("version", ["0.78.0", "0.81.1"])
def test_a_view_of_freed_memory_dangles(tools, python_for, version, case):
    make, free = VIEWS[case]
    kind, side, config = ("l1", 256, "ttnn.L1_MEMORY_CONFIG") if "L1" in case else ("dram", 1024, "None")
    with Program(tools, python_for(version)) as program:
        address = program.run(f"device = open_device(); {make}; answer = owner.buffer_address()")
        before = tools.snapshot()
        assert before["conflict_count"] == 0
        views = [row for row in before["buffers"] if row["kind"] == "view"]
        assert views and {(row["address"], row["view_of"], row["allocated_bytes"]) for row in views} == {(address, kind, 0)}
        assert len(before["buffers"]) == len(views) + 1
        assert all(0 <= row["id"] < 2 ** 53 for row in before["buffers"]), "ids that doubles can tell apart"
        assert len({row["id"] for row in before["buffers"]}) == len(before["buffers"])

        assert program.run(f"{free}; answer = {ALLOCATED}") == [0, 0, 0], "ttnn holds nothing any more"
        stale = tools.snapshot()
        memory = stale["devices"][0]["memory"]
        assert (memory["preallocated_bytes"], memory["dram"]["allocated_bytes"], memory["l1"]["allocated_bytes"]) == (0, 0, 0)
        dangling = [row for row in stale["buffers"] if row["kind"] == "dangling_view"]
        assert len(dangling) == len(stale["buffers"]) >= 1 and {row["address"] for row in dangling} == {address}
        assert stale["conflict_count"] == 0, "nothing lies there yet"

        # The next buffer lies where they look: the use after free that people hunt.
        assert program.run(f"fresh = allocate(device, {side}, {config}); answer = fresh.buffer_address()") == address
        found = tools.snapshot()
        [new] = [row for row in found["buffers"] if row["kind"] == kind]
        assert found["conflict_count"] == len(found["conflicts"]) == len(dangling)
        for conflict in found["conflicts"]:
            assert (conflict["type"], conflict["memory"], conflict["address"], conflict["pid"]) == ("dangling_view", kind, address, program.pid)
            assert conflict["first"]["kind"] == "dangling_view" and conflict["first"]["id"] in {row["id"] for row in dangling}
            assert conflict["second"]["id"] == new["id"] and conflict["bytes_per_bank"] == new["bytes_per_bank"]
        for command in ("snapshot", "l1"):
            words = words_of(tools, command)
            assert f"buffer {dangling[0]['id']}" in words and "looks into memory that was freed" in words and f"buffer {new['id']}" in words, words
        program.run("views.clear(); del owner; import gc; gc.collect()")
        gone = tools.snapshot()
        assert [row["kind"] for row in gone["buffers"]] == [kind] and gone["conflict_count"] == 0
        program.end()


def test_a_parent_mesh_and_its_submesh_hold_the_same_bytes(tools, python):
    with Program(tools, python, "n300") as program:
        first, second, chips = program.run("parent = open_device((1, 2)); child = parent.create_submeshes(ttnn.MeshShape(1, 1))[0]; a = allocate(parent, 1024); "
                                           "b = allocate(child, 1024); answer = [a.buffer_address(), b.buffer_address(), list(child.get_device_ids())]")
        assert first == second, "each allocator knows only itself"
        snapshot = tools.snapshot()
        assert snapshot["conflict_count"] == 1
        [conflict] = snapshot["conflicts"]
        rows = {row["mesh"]: row for row in snapshot["buffers"]}
        assert len(rows) == 2 and conflict["type"] == "two_allocators" and conflict["devices"] == chips
        assert {conflict["first"]["mesh"], conflict["second"]["mesh"]} == set(rows)
        for side in (conflict["first"], conflict["second"]):
            assert (side["id"], side["address"], side["bytes_per_bank"]) == (rows[side["mesh"]]["id"], first, rows[side["mesh"]]["bytes_per_bank"])
        for command in ("snapshot", "l1"):
            words = words_of(tools, command)
            for row in rows.values():
                assert f"buffer {row['id']} (mesh {row['mesh']})" in words, words
            assert "hold the same" in words and "overwrites the other" in words, words
        program.run("ttnn.deallocate(b)")
        assert tools.snapshot()["conflict_count"] == 0
        program.end()
