# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that no ttnn operation allocates has a name, buffers that were made while a trace is alive are marked, and programs say what they take in the ring."""
import pytest
from statements import Program

VERSIONS = ["0.78.0", "0.81.1"]
CORES = "ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(3, 3))})"
GLOBAL_BUFFER = "ttnn.create_global_circular_buffer(device, [(ttnn.CoreCoord(0, 0), ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(1, 0), ttnn.CoreCoord(2, 0))}))], 4096)"


@pytest.mark.parametrize("version", VERSIONS)
def test_semaphores_and_circular_buffers_have_names(tools, python_for, version):
    with Program(tools, python_for(version)) as program:
        program.run("device = open_device(); held = [allocate(device, 64)]")
        before = {row["id"] for row in tools.snapshot()["buffers"]}
        for make, name in ((f"ttnn.create_global_semaphore(device, {CORES}, 0)", "global semaphore"), (GLOBAL_BUFFER, "global circular buffer")):
            program.run(f"held.append({make})")
            fresh = [row for row in tools.snapshot()["buffers"] if row["id"] not in before and row["allocated_bytes"] > 0]
            assert fresh and {row["region"] for row in fresh} == {name}, fresh
            assert {row["kind"] for row in fresh} == {"l1"}
            before |= {row["id"] for row in fresh}
        program.run("held.append(allocate(device, 64))")
        [plain] = [row for row in tools.snapshot()["buffers"] if row["id"] not in before]
        assert plain["region"] is None, "the name ends with what made it"
        assert "ttnn.empty" in tools.printed("l1").partition("Lockstep waste")[2], "4 tiles in 12 banks, by operation"
        program.end()


def test_socket_pairs_have_a_name(tools, python):
    """Only tt-metal's own function makes both ends: no stand-in is there for it, and no ttnn operation."""
    with Program(tools, python, "n300") as program:
        program.run("ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D); mesh = ttnn.open_mesh_device(ttnn.MeshShape(1, 2))")
        program.run("ends = [mesh.create_submesh(ttnn.MeshShape(1, 1), ttnn.MeshCoordinate(0, side)) for side in (0, 1)]; "
                    "core = ttnn.MeshCoreCoord(ttnn.MeshCoordinate(0, 0), ttnn.CoreCoord(0, 0))")
        before = {(row["pid"], row["address"], row["kind"]) for row in tools.snapshot()["buffers"]}
        program.run("pair = ttnn.create_socket_pair(*ends, ttnn.SocketConfig([ttnn.SocketConnection(core, core)], ttnn.SocketMemoryConfig(ttnn.BufferType.L1, 4096)))")
        fresh = [row for row in tools.snapshot()["buffers"] if (row["pid"], row["address"], row["kind"]) not in before and row["allocated_bytes"] > 0]
        assert len(fresh) == 3 and {row["operation"] for row in fresh} == {"MeshSocket::create_socket_pair"}, fresh
        program.end()


@pytest.mark.parametrize("region", [2 << 20, 0], ids=["trace region", "no trace region"])
@pytest.mark.parametrize("version", VERSIONS)
def test_buffers_of_a_live_trace(tools, python_for, version, region):
    with Program(tools, python_for(version)) as program:
        program.run(f"device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1), trace_region_size={region}); other = None; before = allocate(device, 64)")
        program.run("trace = ttnn.begin_trace_capture(device, cq_id=0); ttnn.end_trace_capture(device, trace, cq_id=0)")
        program.run("during = allocate(device, 64)")
        rows = sorted((row for row in tools.snapshot()["buffers"] if row["allocated_bytes"] > 0), key=lambda row: row["allocated_at_ns"])
        traces = [row for row in rows if row["region"] == "trace"]
        assert {row["kind"] for row in traces} <= ({"trace"} if region else {"dram"})
        others = [row for row in rows if row["region"] != "trace"]
        assert [row["while_traced"] for row in others] == [False, True], rows
        assert tools.printed("snapshot", "--buffers").count("made while a trace was alive") == 1
        program.run("ttnn.release_trace(device, trace); after = allocate(device, 64)")
        later = sorted((row for row in tools.snapshot()["buffers"] if row["allocated_bytes"] > 0), key=lambda row: row["allocated_at_ns"])
        assert [row["while_traced"] for row in later] == [False, True, False], "marked for good, and no longer than the trace lives"
        program.end()


@pytest.mark.parametrize("version", ["0.66.0", *VERSIONS])
def test_programs_say_what_they_take_in_the_ring(tools, python_for, version):
    """Two sources of tt-metal's: the program's own layout, and what its first launch reserved in an empty ring."""
    with Program(tools, python_for(version)) as program:
        program.run("device = open_device(); a = allocate(device, 256)")
        [before] = [ring for ring in tools.l1()["devices"][0]["rings"] if ring["core_type"] == "worker"]
        program.run("b = ttnn.relu(a)")
        picture = tools.l1()["devices"][0]
        [ring] = [ring for ring in picture["rings"] if ring["core_type"] == "worker"]
        programs = [one for one in picture["programs"] if one["type"] == "application"]
        assert len(programs) == ring["launches"] - before["launches"]
        assert all(one["config_bytes_per_core"] > 0 for one in programs)
        assert ring["used_bytes_per_core"] - before["used_bytes_per_core"] == sum(one["config_bytes_per_core"] for one in programs)
        program.end()
