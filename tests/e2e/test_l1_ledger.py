# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The hooks' records of L1, read from the ledger itself: regions, kernel-config rings, parts of a mesh, clashes, tt-metal's own programs."""
import json
import re
import subprocess

import host
import pytest

DRAM, L1 = 0, 1
FIRMWARE, RING, DISPATCH, ALLOCATOR, L1_SMALL, TRACE, UNUSED = 1, 2, 3, 4, 5, 6, 8
GLOBAL, BORROWED, DATAFLOW, SCRATCHPAD = 1, 4, 8, 16


def ledger(tools):
    """Everything that the only ledger says, also a dead process's."""
    [path] = [path for path in tools.ledger_files() if path.suffix == ".ledger"]
    done = subprocess.run([tools.build / "tests" / "ledger_dump", path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def look_at(tools, command, cluster, see, **environment):
    with host.Host(tools, command, "l1", cluster, {**tools.preload(), **environment}) as run:
        host.run_through(run, lambda message: see(message, ledger(tools)))
        assert run.end() == 0


def layout(said, buffer_type, device):
    """(address, bytes) of the regions that every core or bank of a device has, by address."""
    return sorted((r["address"], r["bytes"], r["type"]) for r in said["regions"]
                  if r["buffer_type"] == buffer_type and not r["cores"] and r["device"] in (None, device))


@pytest.mark.parametrize("cluster, shape, dispatch", [("n150", "1x1", "fast"), ("n150", "1x1", "slow"), ("n300", "1x2", "fast"),
                                                      ("t3000", "2x4", "fast"), ("p150", "1x1", "fast")])
def test_regions_reach_from_nothing_to_the_end(tools, python, cluster, shape, dispatch):
    def see(message, said):
        if message["checkpoint"] == "closed":
            assert (said["regions"], said["config_rings"]) == ([], [])
            return
        [allocator] = message["allocators"]
        for number, device in enumerate(said["devices"]):
            for buffer_type, end, kinds in ((DRAM, device["dram_channel_bytes"], [FIRMWARE, ALLOCATOR, TRACE]),
                                            (L1, device["l1_core_bytes"], [FIRMWARE, RING, ALLOCATOR, L1_SMALL])):
                found, at = layout(said, buffer_type, number), 0
                assert [kind for _, _, kind in found] == kinds
                for address, size, _ in found:
                    assert address == at and size > 0
                    at += size
                assert at == end
            # Banks as ttnn itself gives them.
            sizes = {kind: size for buffer_type in (DRAM, L1) for _, size, kind in layout(said, buffer_type, number) if kind in (L1_SMALL, TRACE)}
            assert sizes == {L1_SMALL: allocator["memory"]["l1_small"]["bytes_per_bank"], TRACE: allocator["memory"]["trace"]["bytes_per_bank"]}
            # Worker cores in no bank run dispatch, or the allocator leaves them out.
            away = [r for r in said["regions"] if r["type"] in (DISPATCH, UNUSED) and r["device"] == number]
            cores = {tuple(core) for region in away for core in region["cores"]}
            assert allocator["memory"]["l1"]["banks"] + len(cores) == device["l1_cores"]
            assert all((r["address"], r["bytes"]) == (0, device["l1_core_bytes"]) for r in away)
        rings = {(r["sub_device"], r["core_type"]): r for r in said["config_rings"]}
        assert set(rings) == (set() if dispatch == "slow" else {(0, 0), (0, 1), (0, 2)})
        if rings:
            [(address, size)] = [(address, size) for address, size, kind in layout(said, L1, 0) if kind == RING]
            assert (rings[0, 0]["base_address"], rings[0, 0]["capacity_bytes"]) == (address, size)

    look_at(tools, [python, host.HOSTS / "l1_layout.py", shape], cluster, see, TT_METAL_SLOW_DISPATCH_MODE="1" if dispatch == "slow" else None)


def test_sixty_programs_round_the_ring(tools, python):
    seen = {"most": 0, "evictions": 0, "looks": 0}

    def see(message, said):
        for core_type, truth in enumerate(message["rings"]):
            [ring] = [r for r in said["config_rings"] if (r["sub_device"], r["core_type"]) == (0, core_type)]
            for key in ("used_bytes", "programs", "capacity_bytes"):
                assert ring[key] == truth[key], f"{message['checkpoint']}: core type {core_type}"
            assert ring["used_bytes"] <= ring["capacity_bytes"] and not ring["trace"]
            if core_type == 0:
                assert ring["evictions"] == truth["launches"] - truth["programs"] >= seen["evictions"]
                seen["evictions"], seen["most"] = ring["evictions"], max(seen["most"], ring["programs"])
        seen["looks"] += 1

    probe = tools.build / "tests" / "libring_probe.so"
    look_at(tools, [python, host.HOSTS / "l1_generic.py", "ring"], "n150", see, LD_PRELOAD=f"{probe}:{tools.hooks}")
    assert seen["most"] > 2 and seen["evictions"] >= 100 and seen["looks"] > 30


@pytest.mark.parametrize("case, dispatch", [("parts", None), ("chip", "1")])
def test_programs_on_part_of_a_mesh(tools, python, case, dispatch):
    def see(message, said):
        bytes_on = {device["logical_id"]: 0 for device in said["devices"]}
        for program in said["programs"]:
            for number in program["devices"]:
                bytes_on[said["devices"][number]["logical_id"]] += program["circular_buffer_bytes"]
        assert bytes_on == {int(chip): size for chip, size in message["bytes"].items()}, message["checkpoint"]

    look_at(tools, [python, host.HOSTS / "l1_generic.py", case], "t3000", see, TT_METAL_SLOW_DISPATCH_MODE=dispatch)


def test_buffers_over_ranges_and_tensors(tools, python):
    def see(message, said):
        [program] = said["programs"]
        assert program["circular_buffer_bytes"] == message["own"]
        [over] = [b for b in program["circular_buffers"] if b["flags"] & GLOBAL]
        assert over["address"] == message["over"]

    look_at(tools, [python, host.HOSTS / "l1_generic.py", "ranges"], "n150", see)


@pytest.mark.parametrize("version", ["0.66.0", "0.80.0", "0.81.1"])
def test_circular_buffers_have_numbers_and_formats(tools, python_for, version):
    def see(message, said):
        [device] = tools.l1()["devices"]
        [program] = device["programs"]
        assert [[b["bytes_per_core"], b["indices"], b["data_format"]] for b in program["circular_buffers"]] == message["uses"]

    look_at(tools, [python_for(version), host.HOSTS / "l1_generic.py", "formats"], "n150", see)


def test_dataflow_buffers_have_formats(tools, python):
    def see(message, said):
        [device] = tools.l1()["devices"]
        [program] = device["programs"]
        inputs = {b["indices"][0]: b["data_format"] for b in program["circular_buffers"] if b["dataflow"] and b["indices"][0] < 2}
        assert [inputs[0], inputs[1]] == message["inputs"]

    look_at(tools, [python, host.HOSTS / "l1_generic.py", "dataflow"], "n150", see)


@pytest.mark.parametrize("cluster, shape, programs", [("n150", "1x1", 1), ("t3000", "2x4", 8)])
def test_changes_between_launches_are_noticed(tools, python, cluster, shape, programs):
    """A relaunch looks at nothing unless one of the functions was called that change a circular buffer: of none may a call be missed."""
    seen = []

    def see(message, said):
        assert message["cached"] == 1, "a relaunch"
        assert len(said["programs"]) == programs
        for program in said["programs"]:
            own = sorted((b for b in program["circular_buffers"] if not b["flags"] & GLOBAL), key=lambda b: b["address"])
            assert [b["bytes"] for b in own] == message["own"], message["checkpoint"]
            assert own[1]["address"] == own[0]["address"] + own[0]["bytes"], message["checkpoint"]
            [over] = [b["address"] for b in program["circular_buffers"] if b["flags"] & GLOBAL]
            assert over == message["over"], message["checkpoint"]
        seen.append(message["over"])

    probe = tools.build / "tests" / "libresize_probe.so"
    look_at(tools, [python, host.HOSTS / "l1_generic.py", "changed", shape], cluster, see, LD_PRELOAD=f"{probe}:{tools.hooks}")
    assert len(seen) == 7 and len(set(seen)) == 2


def buffers_of(said, flags):
    """[bytes, address, cores] of every live program's circular or dataflow buffers whose memory is their own or, with GLOBAL, a tensor's."""
    return [[b["bytes"], b["address"], cores_in(b["cores"])] for program in said["programs"] for b in program["circular_buffers"]
            if b["flags"] in flags]


def cores_in(ranges):
    return sorted([x, y] for x0, y0, x1, y1 in ranges for x in range(x0, x1 + 1) for y in range(y0, y1 + 1))


@pytest.mark.parametrize("what", ["ops", "demo"])
@pytest.mark.parametrize("cluster, shape", [("n150", "1x1"), ("n300", "1x2"), ("t3000", "2x4"), ("p150", "1x1")])
def test_buffers_equal_the_captures(tools, python, cluster, shape, what):
    """Sizes, cores and, for circular buffers, addresses; those of dataflow buffers and scratchpads are the ones that a clash names (below)."""
    seen, seen_scratchpads = [], []

    def see(message, said):
        label = message["checkpoint"]
        if label == "cleared":
            assert [p for p in said["programs"] if p["type"] == 0] == []
            return
        planned, launched = message["planned"], message["launched"]
        for of_device in launched[1:]:
            assert of_device == launched[0], "every chip has the same"
        planned, launched = planned[0] if planned else [], launched[0] if launched else []
        own = sorted([size, cores] for kind, size, _, cores, shared in planned if not shared)
        assert sorted([size, cores] for size, _, cores in buffers_of(said, (0, DATAFLOW, SCRATCHPAD))) == own, label
        scratchpads = sorted([size, cores] for kind, size, _, cores, _ in planned if kind == "scratchpad")
        assert sorted([size, cores] for size, _, cores in buffers_of(said, (SCRATCHPAD,))) == scratchpads, label
        wanted = sorted([size, address, cores] for kind, size, address, cores, shared in launched if kind == "circular" and not shared)
        assert sorted(buffers_of(said, (0,))) == wanted, label
        # Of those over a tensor the capture of a launch says nothing; they lie where ttnn put a tensor.
        over = buffers_of(said, (GLOBAL, DATAFLOW | BORROWED))
        assert sorted([size, cores] for size, _, cores in over) == sorted([size, cores] for _, size, _, cores, shared in planned if shared), label
        assert {address for _, address, _ in over} <= {address for of in message["allocators"] for address, _, kind in of["rows"] if kind == "l1"}
        assert all(len(p["devices"]) == len(said["devices"]) for p in said["programs"])
        seen.append((label, len(own)))
        seen_scratchpads.extend(scratchpads)

    look_at(tools, [python, host.HOSTS / "l1_truth.py", shape, what], cluster, see)
    assert len({label for label, _ in seen}) >= (5 if what == "demo" else 32) and sum(count for _, count in seen) > len(seen)
    assert what == "demo" or len(seen_scratchpads) >= 5


def test_dataflow_buffers_in_tensors_alone(tools, python):
    """A process's first programs may allocate nothing of their own; they are known all the same, and follow their tensors."""
    seen = {}

    def see(message, said):
        label = message["checkpoint"]
        if label == "planned":
            for kind, size, _, cores, shared in message["planned"]:
                assert (kind, shared) == ("dataflow", True)
                assert [size, cores] in seen["buffers"]
            assert len(message["planned"]) == len(seen["buffers"])
            return
        [program] = said["programs"]
        assert program["flags"] == 0 and program["circular_buffer_bytes"] == 0
        found = buffers_of(said, (DATAFLOW | BORROWED,))
        assert sorted(address for _, address, _ in found) == message["tensors"], label
        seen["buffers"] = [[size, cores] for size, _, cores in found]
        assert tools.snapshot()["devices"][0]["memory"]["circular_buffers"]["programs_sum_bytes"] == 0
        seen[label] = True

    look_at(tools, [python, host.HOSTS / "l1_borrowed.py"], "n150", see)
    assert len(seen) == 4


@pytest.mark.parametrize("version, op, kind", [("0.81.1", "add", "circular"), ("0.81.1", "relu", "dataflow"), ("0.66.0", "add", "circular")])
def test_a_clash_names_both_sides(tools, python_for, version, op, kind):
    seen = {}

    def see(message, said):
        if message["checkpoint"] == "fits":
            [program] = said["programs"]
            own = [b for b in program["circular_buffers"] if b["flags"] in (0, DATAFLOW)]
            seen["end"] = max(b["address"] + b["bytes"] for b in own)
            seen["kernels"] = ", ".join(sorted({kernel["name"] for kernel in program["kernels"]}))
        if message["checkpoint"] != "clashed":
            return
        text = re.search(rf"allocated {kind} buffers in program (\d+) clash with L1 buffers on core range \[(.*?)\]\. "
                         r"L1 buffer allocated at (\d+) and .* region ends at (\d+)", message["said"])
        program, cores, address, end = int(text[1]), [int(n) for n in re.findall(r"\d+", text[2])], int(text[3]), int(text[4])
        failure = said["failures"][-1]
        assert (failure["type"], failure["program_id"], failure["cores"]) == (2, program, [cores])
        assert (failure["buffer_address"], failure["end_address"], failure["requested_bytes"]) == (address, end, end - address)
        assert (end, failure["kernels"]) == (seen["end"], seen["kernels"]), "as of the same op when it fitted"
        [buffer] = [b for b in said["buffers"] if b["id"] == failure["buffer_id"]]
        assert (buffer["address"], buffer["account"]) == (address, 1)
        assert program not in [p["id"] for p in said["programs"]], "it is gone"
        seen["clash"] = True

    look_at(tools, [python_for(version), host.HOSTS / "l1_refused.py", op], "n150", see)
    assert seen.get("clash")


def test_dispatch_programs_of_a_process_that_died(tools, python_for):
    """0.72.0 compiles them on a mock before it crashes by itself: they stand in what it left behind."""
    with host.Host(tools, [python_for("0.72.0"), host.HOSTS / "l1_layout.py", "1x1"], "dispatch", "n150", tools.preload()) as run:
        with pytest.raises(host.HostDied):
            host.run_through(run)
    said = ledger(tools)
    [program] = [p for p in said["programs"] if p["type"] == 2]
    names = {kernel["name"] for kernel in program["kernels"]}
    assert {"cq_prefetch", "cq_dispatch"} <= names and all(kernel["type"] == 2 for kernel in program["kernels"])
    assert program["devices"] == [0] and not [p for p in said["programs"] if p["type"] == 0]
