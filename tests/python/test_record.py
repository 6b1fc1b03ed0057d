# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""ttmem.record() and TT_ALLOC_RECORD: the recorder is no child of the program, and the file says what ttnn says."""
import json
import pathlib
import pickle
import stat
import subprocess

import host
import pytest


def report(runner, path, *options):
    done = subprocess.run([runner.tools.ttmem, "report", path, "--json", *options], env=runner.environment(tracked=False), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("way", ["before", "late", "variable"])
def test_a_program_that_records_itself(own_python, runner, way):
    path = runner.scratch / "run-%p.ttrec"
    answer = runner.answer(own_python, "recorded_inside.py", way, path, **({"TT_ALLOC_RECORD": str(path)} if way == "variable" else {}))
    (file,) = runner.scratch.glob("*.ttrec")
    assert file.name == f"run-{answer['pid']}.ttrec" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not answer["had_a_child"] and not any(answer["signals"]) and answer["variable"] is None
    (recorder,) = answer["seen"]
    assert not recorder["parent_is_this"] and recorder["leads_a_session"]
    assert not any("recorded_inside.py" in name or "ttnn" in name for name in recorder["files"]), recorder["files"]
    assert set(recorder["variables"]) <= {"TT_ALLOC_LEDGER_DIR"}
    if way != "variable":
        assert answer["left"] == 0 and "exists already" in answer["again"]
    else:
        host.until(lambda: report(runner, file)["summary"]["finished"], "the recorder to finish")
    found = report(runner, file)
    assert found["summary"]["missed"] == 0 and found["summary"]["finished"] and not found["summary"]["damages"]
    (process,) = found["processes"]
    assert process["pid"] == answer["pid"] and process["from_the_beginning"] == (way != "late")
    assert process["ending"] == ("exited" if way == "variable" else "lived as the recording ended")
    (peak,) = [peak for peak in found["peak"] if peak["kind"] == "dram"]
    assert (peak["bytes"], peak["step"]) == (answer["most"], 50)
    assert [number for number, _ in answer["steps"]] == list(range(1, 51))
    for number, held in answer["steps"][::16]:
        rows = report(runner, file, "--at", f"step:{number}")["buffers"]
        assert sum(row["allocated_bytes"] for row in rows if row["kind"] == "dram") == held, number
    (growth,) = found["growth"]
    assert (growth["step"], growth["steps"]) == ('ttmem.step("fill")', 50)
    held = [row for row in report(runner, file, "--at", f"@{process['last_ns']}")["buffers"] if row["kind"] == "dram"]
    if way != "variable":
        assert sum(row["allocated_bytes"] for row in held) == answer["end"]


def test_a_path_that_cannot_be_made_costs_a_line(own_python, runner):
    done = runner.start(own_python, "-c", "import ttnn; print('ran')", TT_ALLOC_RECORD="/proc/no/such.ttrec")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "this process is not recorded" in done.stderr


def test_a_program_without_ttnn_starts_no_recorder(own_python, runner):
    done = runner.start(own_python, "-c", "import os; print(os.environ['TT_ALLOC_RECORD'])", TT_ALLOC_RECORD=str(runner.scratch / "never.ttrec"))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{runner.scratch}/never.ttrec\n", "")
    assert not list(runner.scratch.glob("*.ttrec"))


def test_torchs_names_for_a_history(own_python, runner):
    answer = runner.answer(own_python, "history.py", runner.scratch, TMPDIR=str(runner.scratch))
    snapshots = [pickle.loads(pathlib.Path(path).read_bytes()) for path in answer["files"]]
    assert all(stat.S_IMODE(pathlib.Path(path).stat().st_mode) == 0o600 for path in answer["files"])
    actions = [[entry["action"] for trace in snapshot["device_traces"] for entry in trace] for snapshot in snapshots]
    assert (actions[0].count("alloc"), actions[0].count("free_completed")) == (13, 10)
    # The second history begins with what was held then: in its segments, and not in its trace.
    assert (actions[1].count("alloc"), actions[1].count("free_completed")) == (1, 0)
    for snapshot in snapshots[1:]:
        held = [(block["address"], block["size"]) for segment in snapshot["segments"] for block in segment["blocks"] if block["state"] == "active_allocated"]
        assert sorted(map(list, held)) == sorted(answer["held"])
    assert all(entry["frames"][0]["name"] == "ttnn.empty" for trace in snapshots[0]["device_traces"] for entry in trace)
    assert answer["left"] == [] and not list(runner.scratch.glob("ttmem-history.*"))
