# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Buffers, programs and failures named after the operation of ttnn that made them."""
import json
import subprocess

import pytest
from conftest import HOSTS, VENVS, run

SWITCHED = {"TT_ALLOC_OPERATIONS": "lines"}


def started(runner, python, way, **changes):
    environment = runner.environment(tracked=way == "switch", **changes)
    return subprocess.Popen([str(python), str(HOSTS / "operations.py"), way], env=environment, cwd=HOSTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process):
    return json.loads(process.stdout.readline())


def named(truth, lines=True):
    if truth is None:
        return None
    region, operation, line = truth
    return f"{region}{operation}" + (f" (operations.py:{line})" if lines else "")


def compared(runner, told, lines=True):
    """The rows that a reader from outside sees are named as the program says. Gives the rows by address."""
    snapshot = runner.tools.snapshot()
    rows = {row["address"]: row["region"] for row in snapshot["buffers"]}
    wanted = {int(address): named(truth, lines) for address, truth in told["names"].items()}
    assert {address: rows.get(address, "no such buffer") for address in wanted} == wanted
    return snapshot


def ended(process):
    process.communicate("\n")
    assert process.returncode == 0


def test_named_by_the_variable_with_lines(python, runner):
    with started(runner, python, "switch", **SWITCHED) as process:
        told = said(process)
        snapshot = compared(runner, told)
        assert len(told["names"]) > 200
        (failure,) = snapshot["failures"]
        assert failure["operation"] == named(told["failed"])
        layout = json.loads(run(runner.tools.ttmem, "l1", "--json", env=runner.environment(tracked=False)))
        regions = {program["operation"].partition(" ")[0] for program in layout["devices"][0]["programs"]}
        assert regions == {"ttnn.add", "decoder/ttnn.matmul", "decoder/attention/ttnn.softmax", "ttnn.to_memory_config"}
        ended(process)


def test_named_by_the_variable_alone(own_python, runner):
    with started(runner, own_python, "switch", TT_ALLOC_OPERATIONS="1") as process:
        compared(runner, said(process), lines=False)
        ended(process)


def test_buffers_that_are_gone_are_named_too(own_python, runner):
    """A budget's message names the buffers at the moment of a test's peak."""
    code = """
import ttnn, ttmem
from ttmem._changes import Changes
device = ttnn.open_device(device_id=0)
changes = Changes({})
make = lambda: ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
with ttmem.scope("part"):
    held = [make(), make()]
held.append(ttnn.add(*held))
del held
changes.stop()
print("AT PEAK", [row["region"] for row in changes.at_peak(0, "dram")])
"""
    done = runner.start(own_python, "-c", code, TT_ALLOC_OPERATIONS="1")
    assert "AT PEAK ['part/ttnn.empty', 'part/ttnn.empty', 'ttnn.add']\n" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


def test_named_with_callers(own_python, runner):
    code = """
import ttnn, ttmem
device = ttnn.open_device(device_id=0)
def linear():
    return ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
def attention():
    return linear()
held = [attention(), linear()]
print("NAMED", sorted(row["region"] for row in ttmem.memory_snapshot()))
"""
    (runner.scratch / "model.py").write_text(code)
    done = runner.start(own_python, "model.py", TT_ALLOC_OPERATIONS="lines:3")
    wanted = ["ttnn.empty (model.py:5 < model.py:7 < model.py:8)", "ttnn.empty (model.py:5 < model.py:8)"]
    assert f"NAMED {wanted}\n" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize("way", ["before", "late"])
def test_named_from_inside_and_no_longer(own_python, runner, way):
    with started(runner, own_python, way) as process:
        compared(runner, said(process))
        process.stdin.write("off\n")
        process.stdin.flush()
        unnamed, named_again = said(process)
        rows = {row["address"]: row["region"] for row in runner.tools.snapshot()["buffers"]}
        assert (rows[unnamed], rows[named_again]) == (None, "ttnn.empty")
        ended(process)


@pytest.mark.parametrize("release", ["0.66.0", "0.78.0", "0.80.0"])
def test_of_older_releases(own_python, runner, release):
    """Their operations have the same two classes. The environment of such a release has no package: it is lent the one of another."""
    python = VENVS / f"ttnn-{release}" / "bin" / "python"
    (site,) = own_python.parent.parent.glob("lib/python*/site-packages")
    with started(runner, python, "before", PYTHONPATH=site) as process:
        compared(runner, said(process))
        ended(process)


def test_what_operations_cannot_be_is_refused(own_python, runner):
    for value in ("some", "lines:", "lines:0", "lines:10", "lines:x", "LINES"):
        code = f"import ttmem, os\ntry: ttmem.enable(operations={value!r})\nexcept ValueError as error: print(error, ttmem.is_tracking(), 'TT_ALLOC_OPERATIONS' in os.environ)"
        assert runner.start(own_python, "-c", code, tracked=False).stdout == (
            f"TT_ALLOC_OPERATIONS={value} is none of 1 (names), lines (names and the line), lines:2 to lines:9 (and its callers') and 0 False False\n")
