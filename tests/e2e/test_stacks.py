# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Stacks and operations of buffers, against what Python itself reports in the same place. No Python package is loaded into the host."""
import json
import math
import pathlib
import re
import subprocess
import sys

import host
import pytest

OWN = str(host.HOSTS)


def run(tools, python, count=200, seed=1, environment=None):
    """The buffers that ttmem lists, and what Python reported for each: by address."""
    found = {}

    def look(message):
        found["stacks"] = {address: stack for address, stack in message["stacks"]}
        found["snapshot"] = tools.snapshot()
        done = subprocess.run([tools.ttmem, "doctor", "--json", "--http", "off"], capture_output=True, text=True, env=tools.environment("n150"), timeout=300)
        frames = (environment or {}).get("TT_ALLOC_STACK_FRAMES", "32")
        wanted = "stacks are off by request" if frames == "0" else f"Python stacks are read, at most {frames} frames"
        (finding,) = [one for one in json.loads(done.stdout)["findings"] if one["topic"] == "stacks"]
        assert ("C++ frames are kept as well" in finding["text"]) == ((environment or {}).get("TT_ALLOC_STACKS") == "native"), finding
        assert wanted in finding["text"] and f"process {process.pid} " in finding["text"], finding

    with host.Host(tools, [python, host.HOSTS / "stacks.py", count, seed], "stacks", environment=tools.preload() | (environment or {})) as process:
        host.run_through(process, look)
        assert process.end() == 0
    return {row["address"]: row for row in found["snapshot"]["buffers"] if row["kind"] == "dram"}, found["stacks"]


ALL_VERSIONS = ["0.66.0", "0.78.0", "0.80.0", "0.81.1", "0.81.1-python3.10"]


def wrong_stacks(rows, stacks):
    wrong = []
    for address, reported in stacks.items():
        stack = [[frame["file"], frame["line"], frame["function"]] for frame in rows[address]["stack"] or []]
        # Frames of ttnn below the calling line are left out; a stack that was cut has 32 frames.
        while stack and stack[0][0] != reported[0][0]:
            stack.pop(0)
        if stack != reported[: len(stack)] or len(stack) < min(len(reported), 28):
            wrong.append((stack, reported))
    return wrong


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_stacks_are_those_that_python_reports(tools, python_for, version):
    rows, stacks = run(tools, python_for(version))
    assert len(stacks) == 200
    assert wrong_stacks(rows, stacks) == []
    assert {row["operation"] for row in rows.values() if row["address"] in stacks} == {"ttnn.empty"}


@pytest.mark.long
@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_ten_thousand_stacks_are_those_that_python_reports(tools, python_for, version):
    rows, stacks = run(tools, python_for(version), count=10000, seed=20)
    assert len(stacks) == 10000 and len({str(stack) for stack in stacks.values()}) > 3000
    assert wrong_stacks(rows, stacks)[:3] == []


def churned(tools, python, tensors, checks):
    """Runs hosts/stacks_churn.py; how many of its stacks were compared. Fails where one has a text of another code object."""
    compared = []

    def look(message):
        rows = {row["address"]: row["stack"] or [] for row in tools.snapshot()["buffers"] if row["kind"] == "dram"}
        wrong = []
        for address, number in message["made"]:
            frames = [(frame["file"], frame["function"], frame["line"]) for frame in rows[address]]
            if (f"<made {number}>", f"made_{number}", 10 * number + 2) not in frames:
                wrong.append((number, frames))
        for frames in rows.values():  # of threads that came and went as well
            for frame in frames:
                made = re.fullmatch(r"<made (\d+)>", frame["file"])
                if made and (frame["function"], frame["line"]) != (f"made_{made[1]}", 10 * int(made[1]) + 2):
                    wrong.append(frame)
        assert wrong[:3] == []
        compared.append(len(message["made"]))

    with host.Host(tools, [python, host.HOSTS / "stacks_churn.py", tensors, checks], "stacks-churn", environment=tools.preload()) as process:
        last = host.run_through(process, look)
        assert process.end() == 0
    return last["tensors"], sum(compared)


@pytest.mark.parametrize("version", ["0.81.1", "0.81.1-python3.10"])
def test_stacks_beside_code_that_comes_and_goes(tools, python_for, version):
    tensors, compared = churned(tools, python_for(version), 3000, 3)
    assert tensors == 3000 and compared >= 2400


@pytest.mark.long
@pytest.mark.parametrize("version", ["0.81.1", "0.81.1-python3.10"])
def test_a_million_events_beside_code_that_comes_and_goes(tools, python_for, version):
    """Each tensor is allocated and freed."""
    tensors, compared = churned(tools, python_for(version), 501_000, 50)
    assert 2 * tensors >= 1_000_000 and compared >= 50_000


def test_the_first_buffer_has_its_stack(tools, python_for, tmp_path):
    """Incident: the first tensor of a program had no operation and no stack: they were looked for when it was made, without the GIL."""
    program = tmp_path / "first.py"
    program.write_text("import sys\nimport ttnn\ndevice = ttnn.open_device(device_id=0)\ntensor = ttnn.zeros([32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)\n"
                       "print('ready', flush=True)\nsys.stdin.readline()\nttnn.close_device(device)\n")
    process = subprocess.Popen([python_for("0.81.1"), program], env=tools.environment("n150", **tools.preload()), cwd=tools.scratch, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    while process.stdout.readline().strip() != "ready":
        assert process.poll() is None
    (row,) = [row for row in tools.snapshot()["buffers"] if row["pid"] == process.pid and row["kind"] == "dram"]
    process.communicate("\n", timeout=host.PATIENCE)
    assert row["operation"] == "ttnn.zeros" and [row["stack"][-1][key] for key in ("file", "line")] == [str(program), 4], row


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_bound_functions_name_what_no_operation_does(tools, python_for, version):
    names = {}

    def look(message):
        rows = {row["address"]: row["operation"] for row in tools.snapshot()["buffers"] if row["kind"] == "dram"}
        names.update({name: rows[address] for name, address in message["addresses"].items()})

    with host.Host(tools, [python_for(version), host.HOSTS / "native_calls.py"], "native", environment=tools.preload()) as process:
        host.run_through(process, look)
        assert process.end() == 0
    reshape = names.pop("reshape")  # made by the operation's C++ function, whose name differs between releases
    assert "::" in reshape and "reshape" in reshape.lower(), reshape
    assert names == {"to": "Tensor::to_device", "constructor": "Tensor::from_vector", "weights": "conv2d::prepare_conv_weights", "operation": "ttnn.to_device"}


@pytest.mark.parametrize("version, value, lines", [*((version, "lines:3", 3) for version in ALL_VERSIONS),
                                                   ("0.81.1", "1", 0), ("0.81.1-python3.10", "lines", 1)])
def test_operations_name_what_they_make(tools, python_for, version, value, lines):
    """TT_ALLOC_OPERATIONS: the operation, and the lines that called it."""
    wrong = []

    def look(message):
        assert len(message["refused"]) < 6, message["refused"]
        assert len(message["names"]) >= 60 and len({places[0] for _, _, _, places in message["names"]}) >= 45
        rows = {(row["address"], row["kind"]): row["region"] for row in tools.snapshot()["buffers"]}
        for address, kind, operation, places in message["names"]:
            wanted = operation + (f" ({' < '.join(places[:lines])})" if lines else "")
            if rows.get((address, kind)) != wanted:
                wrong.append((wanted, rows.get((address, kind))))

    environment = tools.preload() | {"TT_ALLOC_OPERATIONS": value}
    with host.Host(tools, [python_for(version), host.HOSTS / "named_operations.py"], "named-operations", environment=environment) as process:
        host.run_through(process, look)
        assert process.end() == 0
    assert wrong == []


def test_a_value_that_means_nothing_is_a_line(tools, python_for):
    environment = tools.preload() | {"TT_ALLOC_OPERATIONS": "some"}
    with host.Host(tools, [python_for("0.81.1"), host.HOSTS / "stacks.py", 4, 1], "named-some", environment=environment) as process:
        host.run_through(process, lambda message: None)
        assert process.end() == 0
        said = process.own_lines()
    assert said == ["ttmem: TT_ALLOC_OPERATIONS=some is none of 1 (names), lines (names and the line), lines:2 to lines:9 (and its callers') and 0; operations are not named"]


def exported_functions(library):
    """The functions that binutils find in a library, without results, arguments and arguments of templates."""
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    symbols = [line.split()[-1].split("@")[0] for line in listed.splitlines()]
    plain = subprocess.run(["c++filt", "-p"], input="\n".join(symbols), capture_output=True, text=True, check=True).stdout.splitlines()
    names = set()
    for name in plain:
        shorter = None
        while shorter != name:
            name, shorter = re.sub(r"<[^<>]*>", "", name), name
        names.add(name)
    return names


@pytest.mark.parametrize("version", ["0.66.0", "0.78.0", "0.81.1", "0.81.1-python3.10"])
def test_calls_of_cpp_stand_below_those_of_python(tools, python_for, version):
    """TT_ALLOC_STACKS=native: the C++ calls come first and are functions of ttnn's libraries; the Python part is what Python reports."""
    rows, stacks = run(tools, python_for(version), count=40, environment={"TT_ALLOC_STACKS": "native"})
    assert len(stacks) == 40
    functions = {}
    for address, reported in stacks.items():
        stack = [[frame["file"], frame["line"], frame["function"]] for frame in rows[address]["stack"]]
        below = [frame for frame in stack if frame[1] is None]
        python_part = stack[len(below):]
        assert len(below) >= 5 and None not in [frame[1] for frame in python_part], stack
        while python_part[0][0] != reported[0][0]:
            python_part.pop(0)
        assert python_part == reported[: len(python_part)] and len(python_part) >= min(len(reported), 28)
        for file, _, function in below:
            functions.setdefault(file, set()).add(function)
        assert "tt::tt_metal::tensor_impl::allocate_device_buffer" in [frame[2] for frame in below], below
    assert {row["operation"] for row in rows.values() if row["address"] in stacks} == {"ttnn.empty"}
    named = 0
    for file, found in functions.items():
        named += len(found)
        unnamed = {name for name in found if re.fullmatch(r"\+0x[0-9a-f]+", name)}
        named -= len(unnamed)
        assert found - unnamed <= exported_functions(file), (file, found)
    assert named >= 5, functions
    assert not [file for file in functions if "libtt_alloc_hooks" in file or "python3" in pathlib.Path(file).name], functions


def test_calls_of_cpp_are_in_recordings(tools, python_for, tmp_path):
    program = tmp_path / "once.py"
    program.write_text("import ttnn\ndevice = ttnn.open_device(device_id=0)\ntensor = ttnn.zeros([32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)\n"
                       "ttnn.close_device(device)\n")
    recording, picture = tmp_path / "once.ttrec", tmp_path / "once.speedscope.json"
    environment = tools.environment("n150", TT_ALLOC_STACKS="native")
    subprocess.run([tools.ttmem, "record", "-o", recording, "--", python_for("0.81.1"), program], env=environment, check=True, capture_output=True, timeout=host.PATIENCE)
    subprocess.run([tools.ttmem, "export", "--to", "speedscope", recording, "-o", picture], env=environment, check=True, capture_output=True, timeout=host.PATIENCE)
    assert "tt::tt_metal::tensor_impl::allocate_device_buffer" in picture.read_text()


def test_off_is_off(tools, python_for):
    rows, stacks = run(tools, python_for("0.81.1"), count=8, environment={"TT_ALLOC_STACK_FRAMES": "0"})
    assert len(stacks) == 8
    assert [row["stack"] for row in rows.values() if row["stack"] is not None] == []


def test_a_stack_is_cut_where_the_limit_says(tools, python_for):
    rows, stacks = run(tools, python_for("0.81.1"), count=8, environment={"TT_ALLOC_STACK_FRAMES": "2"})
    assert {len(rows[address]["stack"]) for address in stacks} == {2}


@pytest.mark.parametrize("count, limit", [(3000, 1 << 16), pytest.param(100_000, 1 << 22, marks=pytest.mark.long)])
def test_stacks_that_find_no_room_are_counted(tools, python_for, count, limit):
    """The program makes so many distinct stacks, with room for all and with less, and fails where those kept and those counted as dropped are not all."""
    program = host.ROOT / "benchmarks" / "sidecar_size.py"
    done = subprocess.run([sys.executable, program, "--python", python_for("0.81.1"), "--build", tools.build, "--count", str(count), "--limit", str(limit)], capture_output=True, text=True,
                          timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    kept, dropped = (int(cell.replace(",", "")) for cell in done.stdout.splitlines()[-1].strip("| ").split(" | ")[-2:])
    assert 0 < kept < count and dropped >= count - kept, done.stdout


FACTS = ("shape", "padded_shape", "dtype", "layout", "memory_layout", "shard_shape", "shard_orientation")
# The result of these is a view of the tensor that they allocated, with another shape of as many elements; ttmem shows the tensor that was allocated.
VIEWS = {"reshape", "reshape lines", "embedding", "embedding in tiles"} | {f"{name} over rows" for name in ("sum", "mean", "max", "min", "std", "var")}


def elements(facts):
    return [math.prod(facts[key]) for key in FACTS[:2]] + [facts[key] for key in FACTS[2:]]


@pytest.mark.parametrize("version, most", [("0.66.0", 1000), ("0.78.0", 30), ("0.80.0", 30), ("0.81.1", 1000), ("0.81.1-python3.10", 1000)])
def test_tensors_are_what_ttnn_says(tools, python_for, version, most):
    wrong, counted, operations = [], [], set()

    def look(message):
        assert len(message["refused"]) < 6, message["refused"]
        rows = {}
        for row in tools.snapshot()["buffers"]:
            rows.setdefault((row["address"], row["kind"]), []).append(row["tensor"])
        for name, said in [[None, said] for said in message["tensors"]] + message["results"]:
            found = rows.get((said["address"], said["kind"]), [])
            known = len(found) == 1 and found[0] is not None
            counted.append(name)
            if known and name in VIEWS and elements(found[0]) == elements(said):
                continue
            operations.add(name)
            if not known or {key: found[0][key] for key in FACTS} != {key: said[key] for key in FACTS}:
                wrong.append((name, said, found))

    with host.Host(tools, [python_for(version), host.HOSTS / "tensor_facts.py", most], "tensor-facts", environment=tools.preload()) as process:
        host.run_through(process, look)
        assert process.end() == 0
    assert len(operations) >= min(most, 110) and len(counted) >= len(operations) + 70
    assert wrong[:3] == []


@pytest.mark.parametrize("version, cluster, shape", [("0.81.1", "t3000", "2x4"), ("0.81.1", "galaxy", "8x4"), ("0.80.0", "t3000", "2x4"), ("0.78.0", "t3000", "2x4"),
                                                     ("0.81.1-python3.10", "t3000", "2x4"), ("0.81.1", "n150", "1x1")])
def test_tensors_lie_on_a_mesh_as_ttnn_says(tools, python_for, version, cluster, shape):
    """Replicated, along one dimension, along two; put there, and made by operations. On one chip there is no distribution."""
    wrong, names, extents = [], [], []

    def look(message):
        rows = {row["address"]: row["tensor"] for row in tools.snapshot()["buffers"] if row["kind"] == "dram"}
        for said in message["tensors"]:
            names.append(said["name"])
            extents.append(said["distribution_shape"])
            found = rows[said["address"]]
            wanted = [said["distribution_shape"], said["sharded_along"]] if math.prod(said["distribution_shape"]) > 1 else [None, None]
            if [found["distribution_shape"], found["sharded_along"]] != wanted or found["shape"] != said["shape"]:
                wrong.append((said, found))

    with host.Host(tools, [python_for(version), host.HOSTS / "mesh_tensors.py", shape], "mesh-tensors", cluster, tools.preload()) as process:
        host.run_through(process, look)
        assert process.end() == 0
    assert len(names) >= 20 and (shape == "1x1") == all(math.prod(said) == 1 for said in extents)
    assert wrong == []
