# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A ttnn that calls itself 0.82.0, later than all that ttmem was tried with: what is read at offsets is probed, and switched on where it agrees.

The libraries are those of known releases in a folder with another release's name: 0.81.1 stands for a release in which nothing moved, 0.80.0 for one whose
objects are others.
"""
import json
import pathlib
import shutil
import subprocess

import host
import pytest
from test_l1_arena import walk
from test_l1_ledger import DATAFLOW, ledger

NEWER = "0.82.0"
REFUTED = "ttmem: dataflow buffers of this libtt_metal.so are not where they are expected; circular buffer figures are unknown"


def called(python, folder, version=NEWER):
    """A site-packages with the ttnn of `python` under the name of `version`."""
    [library] = pathlib.Path(python).parent.parent.glob("lib/python3*/site-packages/ttnn/build/lib/libtt_metal.so")
    site = library.parents[3]
    [metadata] = site.glob("ttnn-*.dist-info/METADATA")
    target = folder / "site" / f"ttnn-{version}.dist-info"
    target.mkdir(parents=True)
    (folder / "site" / "ttnn").symlink_to(site / "ttnn")
    shutil.copy(metadata, target / "METADATA")
    return str(folder / "site")


def programs_of(tools, python, **environment):
    """[(checkpoint, library, [(flags, [(flags, bytes, address, cores)])])] of a host that launches programs, and the lines of ours on its stderr."""
    seen = []

    def see(message):
        said = ledger(tools)
        programs = sorted((p["flags"], sorted((b["flags"], b["bytes"], b["address"], json.dumps(b["cores"])) for b in p["circular_buffers"]))
                          for p in said["programs"] if p["type"] == 0)
        [process] = tools.snapshot()["processes"]
        seen.append((message["checkpoint"], process["library"], programs))

    with host.Host(tools, [python, host.HOSTS / "l1_clash.py"], "newer", "n150", {**tools.preload(), **environment}) as run:
        host.run_through(run, see)
        assert run.end() == 0
        lines = run.own_lines()
    for path in tools.ledger_files():
        path.unlink()
    return seen, lines


def test_what_did_not_move_is_on(tools, python, tmp_path):
    expected, lines = programs_of(tools, python)
    assert lines == [] and {library for _, library, _ in expected} == {"libtt_metal 0.81.1"}
    found, lines = programs_of(tools, python, PYTHONPATH=called(python, tmp_path))
    assert lines == [] and {library for _, library, _ in found} == {f"libtt_metal {NEWER}"}
    assert [(label, programs) for label, _, programs in found] == [(label, programs) for label, _, programs in expected]
    assert any(flags & DATAFLOW for _, _, programs in found for _, buffers in programs for flags, *_ in buffers), "no dataflow buffer was looked at"


def test_what_moved_stays_unknown_and_is_reported(tools, python_for, tmp_path):
    python = python_for("0.80.0")
    expected, lines = programs_of(tools, python)
    assert lines == []
    found, lines = programs_of(tools, python, PYTHONPATH=called(python, tmp_path))
    assert lines == [REFUTED]
    assert [(label, programs) for label, _, programs in found] == [(label, programs) for label, _, programs in expected]
    assert any(flags != 0 for _, _, programs in found for flags, _ in programs), "no program whose buffers are unknown"


def test_an_arena_from_before_tracking_is_found(tools, python, tmp_path):
    with host.Host(tools, [python, host.HOSTS / "l1_arena.py", "1x1", "-"], "l1_arena", "n150", {"PYTHONPATH": called(python, tmp_path)}) as run:
        assert walk(tools, run) == {"beside": 4, "above": 6, "launched": 6, "first gone": 4, "all gone": 0}


@pytest.mark.parametrize("version, probed", [("0.81.1", "are checked in the process"), ("0.66.0", "cannot be read")])
def test_doctor_reports_how_far_it_was_verified(tools, python_for, tmp_path, version, probed):
    site = called(python_for(version), tmp_path)
    done = subprocess.run([tools.ttmem, "doctor", "--json", "--http", "off", site], capture_output=True, text=True, timeout=300)
    [found] = [one for one in json.loads(done.stdout)["findings"] if one["topic"] == "ttnn"]
    assert found["level"] == "note", found
    assert f"ttnn {NEWER} can be tracked as " in found["text"] and "newer than 0.81.1, the newest that was tried" in found["text"], found
    assert f"dataflow buffers {probed}" in found["text"], found
