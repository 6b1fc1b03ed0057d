# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Buffers, programs and failures named after the operation of ttnn that made them."""
import ast
import json
import pathlib
import subprocess
import sys

import pytest
from conftest import HOSTS, ROOT, VENVS, run

sys.path.insert(0, str(ROOT / "python"))
import _ttmem_switch  # noqa: E402

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


NESTED = """
import dataclasses
from ttmem import _native

now = 0

def set_context(number):
    global now
    before, now = now, number
    return before

_native.set_context = set_context

def current():
    return now

@dataclasses.dataclass
class Operation:
    python_fully_qualified_name: str
    inner: object = None
    def __call__(self):
        if self.python_fully_qualified_name == "fails":
            raise KeyError(current())
        return [current()] + (self.inner() if self.inner else []) + [current()]

class FastOperation(Operation):
    def __call__(self):
        return super().__call__()
"""


def test_an_operation_that_calls_others_is_one(own_python, runner):
    """In ttnn's slow mode, which the stock wheel cannot run (it misses ttnn.tracer), an operation goes through both classes: a made-up ttnn does so here."""
    (runner.scratch / "ttnn").mkdir()
    (runner.scratch / "ttnn" / "__init__.py").touch()
    (runner.scratch / "ttnn" / "decorators.py").write_text(NESTED)
    code = """
import ttmem
names = []
def number(name):
    if name not in names:
        names.append(name)
    return names.index(name) + 1
ttmem._native.name_context = number  # the real one knows names only where a device is open
import ttnn.decorators as d
outer = d.FastOperation("outer", d.FastOperation("inner", d.Operation("innermost")))
assert set(outer()) == {number("outer")} != {0}
assert set(outer.inner()) == {number("inner")} and d.current() == 0
with ttmem.scope("part"):
    assert set(outer()) == {number("part/outer")} and d.current() == number("part")
    try:
        d.Operation("fails")()
    except KeyError as error:
        assert error.args == (number("part/fails"),) and d.current() == number("part")
assert set(outer()) == {number("outer")} and d.current() == 0
print("as it should be")
"""
    done = runner.start(own_python, "-c", code, PYTHONPATH=runner.scratch, TT_ALLOC_OPERATIONS="1")
    assert done.stdout == "as it should be\n", done.stderr


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
def test_named_from_inside_and_put_back(own_python, runner, way):
    with started(runner, own_python, way) as process:
        compared(runner, said(process))
        process.stdin.write("off\n")
        process.stdin.flush()
        unnamed, named_again = said(process)
        rows = {row["address"]: row["region"] for row in runner.tools.snapshot()["buffers"]}
        assert (rows[unnamed], rows[named_again]) == (None, "ttnn.empty")
        process.stdin.write("\n")
        process.stdin.flush()
        assert said(process) is False, "it still stands in"
        ended(process)


@pytest.mark.parametrize("release", ["0.66.0", "0.78.0", "0.80.0"])
def test_of_older_releases(own_python, runner, release):
    """Their operations have the same two classes. The environment of such a release has no package: it is lent the one of another."""
    python = VENVS / f"ttnn-{release}" / "bin" / "python"
    (site,) = own_python.parent.parent.glob("lib/python*/site-packages")
    with started(runner, python, "before", PYTHONPATH=site) as process:
        compared(runner, said(process))
        ended(process)


def test_what_the_variable_cannot_mean_is_said_and_all_else_goes_on(own_python, runner):
    code = "import ttnn, ttmem; d = ttnn.open_device(device_id=0); print(ttmem.is_tracking(), hasattr(type(ttnn.add).__call__, '__wrapped__'))"
    done = runner.start(own_python, "-c", code, TT_ALLOC_OPERATIONS="some")
    assert done.returncode == 0 and done.stdout.endswith("True False\n")
    assert "ttmem: TT_ALLOC_OPERATIONS=some is none of 1 (names), lines (names and the line), lines:2 to lines:9 (and its callers') and 0; operations are not named\n" in done.stderr
    for value in ("some", "lines:", "lines:0", "lines:10", "lines:x", "LINES"):
        code = f"import ttmem, os\ntry: ttmem.enable(operations={value!r})\nexcept ValueError as error: print(error, ttmem.is_tracking(), 'TT_ALLOC_OPERATIONS' in os.environ)"
        assert runner.start(own_python, "-c", code, tracked=False).stdout == (
            f"TT_ALLOC_OPERATIONS={value} is none of 1 (names), lines (names and the line), lines:2 to lines:9 (and its callers') and 0 False False\n")


def test_nothing_stands_in_unless_asked(own_python, runner):
    code = "import sys, ttnn, ttmem; print(hasattr(type(ttnn.add).__call__, '__wrapped__'), [f for f in sys.meta_path if 'ttmem' in type(f).__module__])"
    assert runner.start(own_python, "-c", code).stdout.endswith("False []\n")
    assert runner.start(own_python, "-c", code, tracked=False, TT_ALLOC_OPERATIONS="1").stdout.endswith("False []\n")
    without = "import sys; print([name for name in sys.modules if name.startswith('ttmem')])"
    assert runner.start(own_python, "-c", without, **SWITCHED).stdout == "[]\n", "a program without ttnn pays for nothing"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """name, text -> a module of that text that can be imported."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def write(name, text):
        pathlib.Path(tmp_path, f"{name}.py").write_text(text)
        made.append(name)

    yield write
    for name in made:
        sys.modules.pop(name, None)
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _ttmem_switch._Finder)]


def test_called_behind_the_import(module, capsys):
    seen = []
    module("looked_on", "VALUE = 7\n")
    _ttmem_switch.when_imported("looked_on", lambda module: seen.append(module.VALUE))
    _ttmem_switch.when_imported("looked_on", lambda module: seen.append("twice"))
    import looked_on
    assert seen == [7] and looked_on.__spec__.loader.exec_module.__name__ == "exec_module"
    assert not any(isinstance(finder, _ttmem_switch._Finder) for finder in sys.meta_path)
    _ttmem_switch.when_imported("looked_on", lambda module: seen.append(module is looked_on))
    assert seen == [7, True]
    assert capsys.readouterr() == ("", "")


def test_a_module_that_fails_fails_as_before_and_is_looked_on_again(module):
    seen = []
    module("fails_once", "import builtins\nif not hasattr(builtins, 'tried'):\n    builtins.tried = True\n    raise KeyError('its own')\n")
    _ttmem_switch.when_imported("fails_once", lambda module: seen.append(module.__name__))
    with pytest.raises(KeyError, match="its own"):
        import fails_once
    assert seen == []
    import fails_once  # noqa: F811
    assert seen == [fails_once.__name__]


def test_an_error_of_ours_is_a_line(module, capsys):
    module("whole", "VALUE = 1\n")
    _ttmem_switch.when_imported("whole", lambda module: 1 / 0)
    import whole
    assert whole.VALUE == 1
    assert capsys.readouterr() == ("", "ttmem: division by zero; operations are not named\n")


def test_the_switch_and_the_package_read_one_variable():
    module = ast.parse((ROOT / "python" / "ttmem" / "_operations.py").read_text())  # its package's binding is not built here
    (variable,) = [node.value.value for node in module.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VARIABLE"]
    assert _ttmem_switch.OPERATIONS == variable
