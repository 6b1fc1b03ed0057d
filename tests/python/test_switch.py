# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""One environment variable tracks stock ttnn; without it nothing is loaded."""
import pathlib
import subprocess
import sys

import pytest
from conftest import HOSTS, ROOT

sys.path.insert(0, str(ROOT / "python"))
import _ttmem_switch  # noqa: E402


@pytest.mark.parametrize("way", ["spawn", "fork", "subprocess"])
def test_children_are_tracked(own_python, runner, way):
    answer = runner.answer(own_python, "family.py", way)
    assert answer["tracking"] and answer["told"] == answer["own"] > 0


LOADED = ("import sys; maps = open('/proc/self/maps').read(); "
          "print('tt_alloc' in maps, sorted(name for name in sys.modules if 'ttmem' in name or name == 'ctypes'))")


def test_without_the_variable_nothing_is_loaded(python, runner):
    assert runner.start(python, "-c", LOADED, tracked=False).stdout == "False []\n"
    for off in ("0", "", "off", "2"):
        assert runner.start(python, "-c", LOADED, tracked=False, TT_ALLOC_TRACKING_ENABLED=off).stdout == "False []\n"


def test_with_the_variable_the_hooks_are_there_and_say_nothing(python, runner):
    done = runner.start(python, "-c", LOADED)
    assert done.stdout.startswith("True") and done.stderr == ""
    assert runner.ledgers() == []  # no device, no ledger


MODEL = "import truths, sys; d = truths.open_device(); t = truths.tensor(d, 1024); print(truths.view(d)[0], file=sys.stderr); sys.stderr.flush(); input()"


@pytest.mark.parametrize("way", ["script", "module", "code"])
def test_a_model_is_tracked_without_an_import(python, runner, way):
    (runner.scratch / "your_model.py").write_text(MODEL)
    command = {"script": ["your_model.py"], "module": ["-m", "your_model"], "code": ["-c", MODEL]}[way]
    with subprocess.Popen([str(python), *command], cwd=runner.scratch, env=runner.environment(PYTHONPATH=HOSTS), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as model:
        held = int(model.stderr.readline())
        rows = runner.tools.snapshot()["processes"]
        assert [(row["pid"], row["devices"][0]["dram_bytes"]) for row in rows] == [(model.pid, held)]
        model.communicate("\n")


def test_both_ways_in_at_once_are_one(own_python, runner):
    """`ttmem run` preloads the library; the switch must not bring a second one."""
    program = "maps = open('/proc/self/maps').read(); print(len({line.split()[-1] for line in maps.splitlines() if 'libtt_alloc_hooks' in line}))"
    done = runner.start(own_python.parent / "ttmem", "run", "--", own_python, "-c", program)
    assert done.stdout == "1\n", done.stderr


def test_a_switch_that_fails_costs_a_line_and_not_the_start(own_python, runner):
    moved = own_python.parent.parent.joinpath("lib").glob("python*/site-packages/ttmem/lib/libtt_alloc_hooks.so")
    (library,) = moved
    aside = library.with_suffix(".aside")
    library.rename(aside)
    try:
        done = runner.start(own_python, "-c", "print('runs')")
    finally:
        aside.rename(library)
    assert done.returncode == 0 and done.stdout == "runs\n"
    assert done.stderr.startswith("ttmem: ") and done.stderr.count("\n") == 1 and "untracked" in done.stderr


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
    assert capsys.readouterr() == ("", "ttmem: division by zero; this process is not recorded\n")
