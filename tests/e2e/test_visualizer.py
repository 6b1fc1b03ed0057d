# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem export --to visualizer` beside the report that ttnn wrote of the same run, and `ttmem report --import` and `ttmem diff` of both."""
import collections
import json
import sqlite3
import stat
import subprocess
import time

import host
import pytest
from test_l1_view import cores_of_text
from test_record import record, report

DEALLOCATE = {"ttnn::deallocate", "ttnn.deallocate"}


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture
def reports(tools, python, made):
    """(ttnn's own report, the recording of the same run, our report of it)."""
    if not made:
        folder = tools.scratch.parent / "reported"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        recording = folder / "run.ttrec"
        with host.Host(tools, record(tools, recording, python, host.HOSTS / "reported.py", folder), "reported") as process:
            assert process.hear()["end"]
            assert process.end() == 0
        ours = folder / "ours.sqlite"
        done = subprocess.run([tools.ttmem, "export", "--to", "visualizer", recording, "-o", ours], env=tools.environment(), capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert stat.S_IMODE(ours.stat().st_mode) == 0o600
        made["all"] = (folder / "db.sqlite", recording, ours)
    return made["all"]


def rows(path, query, *values):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return database.execute(query, values).fetchall()
    finally:
        database.close()


def states(path):
    """The operations in order: name, and the buffers that live after each."""
    return [(name, collections.Counter(rows(path, "SELECT device_id, address, max_size_per_bank, buffer_type, buffer_layout FROM buffers WHERE operation_id = ?", number)))
            for number, name in rows(path, "SELECT operation_id, name FROM operations ORDER BY operation_id")]


def test_operations_and_buffers_are_those_of_ttnns_own_report(reports):
    theirs, _, ours = reports
    of_ttnn, of_ours = states(theirs), states(ours)
    assert len(of_ttnn) == 8 and len({name for name, _ in of_ttnn}) == 4
    # A capture with fast operations has no frees of its own.
    assert not {name for name, _ in of_ttnn} & DEALLOCATE
    assert [(name, live) for name, live in of_ours if name not in DEALLOCATE] == of_ttnn
    frees = [i for i, (name, _) in enumerate(of_ours) if name in DEALLOCATE]
    assert len(frees) == 4 and all(of_ours[i][1] < of_ours[i - 1][1] for i in frees) and not of_ours[-1][1]


def test_the_schema_and_the_device_are_those_of_ttnns_own_report(reports):
    theirs, _, ours = reports
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    assert rows(ours, tables) == rows(theirs, tables)
    for (table,) in rows(ours, tables):
        columns = f"SELECT name, type FROM pragma_table_info('{table}')"
        assert [(name, kind.lower()) for name, kind in rows(ours, columns)] == [(name, kind.lower()) for name, kind in rows(theirs, columns)], table
    names = [name for (name,) in rows(ours, "SELECT name FROM pragma_table_info('devices')")]
    (own,), (other,) = (rows(path, "SELECT * FROM devices") for path in (ours, theirs))
    assert {name: value for name, value in zip(names, own) if value is not None} == {name: other[i] for i, name in enumerate(names) if own[i] is not None}
    version = "SELECT value FROM report_metadata WHERE key = 'schema_version'"
    assert rows(ours, version) == rows(theirs, version)


def test_tensors_are_those_of_ttnns_own_report(reports):
    theirs, _, ours = reports
    facts = "SELECT shape, replace(dtype, '::', '.'), replace(layout, '::', '.'), address, buffer_type FROM tensors WHERE storage_type = 'DEVICE' AND address IS NOT NULL"
    own, other = (collections.Counter(rows(path, facts)) for path in (ours, theirs))
    assert set(other) <= set(own) and len(set(other)) >= 6, (other - own, own - other)


def circular_buffers(path):
    """Of each operation in order: its name, and the nodes of its graph about circular buffers."""
    return [(name, [(node["node_type"], node["params"]) for node in json.loads(graph) if node["node_type"].startswith("circular_buffer_")])
            for name, graph in rows(path, "SELECT name, captured_graph FROM operations JOIN captured_graph USING (operation_id, rank) ORDER BY operation_id")]


def test_circular_buffers_are_those_of_ttnns_own_report(reports):
    theirs, _, ours = reports
    of_ttnn = circular_buffers(theirs)
    of_ours = [(name, nodes) for name, nodes in circular_buffers(ours) if name not in DEALLOCATE]
    assert [name for name, _ in of_ours] == [name for name, _ in of_ttnn]
    # ttnn's capture of a launch leaves out dataflow buffers, which are all that ttnn.exp has.
    assert [(name, nodes) for name, nodes in of_ours if name != "ttnn.exp"] == [(name, nodes) for name, nodes in of_ttnn if name != "ttnn.exp"]
    assert sum(len(nodes) for _, nodes in of_ttnn) >= 8
    assert [len(nodes) for name, nodes in of_ttnn if name == "ttnn.exp"] == [1] and [len(nodes) > 1 for name, nodes in of_ours if name == "ttnn.exp"] == [True]


@pytest.mark.parametrize("cluster, shape", [("n150", "1x1"), ("n300", "1x2")])
def test_circular_buffers_of_many_operations_are_those_of_ttnns_captures(tools, python, cluster, shape):
    """A capture without launches has all of them and no addresses; a capture of the launch has addresses of the circular buffers that are nothing else."""
    path, out = tools.scratch / "ops.ttrec", tools.scratch / "ops.sqlite"
    with host.Host(tools, record(tools, path, python, host.HOSTS / "first_launches.py", shape), "launches", cluster) as process:
        message = process.hear()
        time.sleep(1)  # the recorder reads the programs' tables meanwhile
        process.say()
        assert process.end() == 0
    done = subprocess.run([tools.ttmem, "export", "--to", "visualizer", path, "-o", out], env=tools.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    of_devices = collections.defaultdict(list)
    for _, nodes in circular_buffers(out):
        for kind, p in nodes:
            if kind == "circular_buffer_allocate":
                of_devices[p["device_id"]].append([p["size"], p["address"], sorted(map(list, cores_of_text(p["core_range_set"]))), p["globally_allocated"] == "1"])
    assert len(of_devices) == {"1x1": 1, "1x2": 2}[shape]
    for found in of_devices.values():
        assert len(found) > 80
        for label, programs in message["planned"].items():
            launched = message["launched"][label]
            for planned, launch in zip(programs, launched, strict=True):
                if launch["cached"]:
                    assert not launch["buffers"], label
                    continue  # launched before, by another operation
                count = len(planned["buffers"])
                ours, found = found[:count], found[count:]
                assert sorted([size, cores, shared] for size, _, cores, shared in ours) == sorted([size, cores, shared] for size, _, cores, shared in planned["buffers"]), label
                assert all(buffer in ours for buffer in launch["buffers"]), label
        assert not found


def imported(tools, path, *words):
    done = subprocess.run([tools.ttmem, "report", "--import", path, "--json", "--top", "100", *words], env=tools.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_peaks_of_both_reports_and_of_the_recording_agree(tools, reports):
    theirs, recording, ours = reports
    peaks = {peak["kind"]: peak for peak in report(tools, recording)["peak"]}
    own, other = ({peak["kind"]: peak for peak in imported(tools, path)["peak"]} for path in (ours, theirs))
    for kind in ("dram", "l1"):
        assert own[kind]["bytes_per_bank"] == other[kind]["bytes_per_bank"]
        assert peaks[kind]["bytes"] % own[kind]["bytes_per_bank"] == 0
    assert peaks["l1"]["bytes"] == own["l1"]["bytes_per_bank"] * own["l1"]["banks"] == other["l1"]["bytes_per_bank"] * other["l1"]["banks"]
    for by in ("operation", "line", "tensor", "kind"):
        own, other = ({peak["kind"]: {row["name"]: row["bytes_per_bank"] for row in peak["holders"]} for peak in imported(tools, path, "--by", by)["peak"]}
                      for path in (ours, theirs))
        assert {kind: own[kind] for kind in ("dram", "l1")} == {kind: other[kind] for kind in ("dram", "l1")}, by
    text = subprocess.run([tools.ttmem, "report", "--import", theirs], env=tools.environment(), capture_output=True, text=True).stdout
    assert "Report of ttnn" in text and "Peak of l1 on device 0" in text


def test_a_recording_and_ttnns_report_are_compared(tools, reports):
    theirs, recording, ours = reports
    for before, after in ((recording, theirs), (theirs, recording), (ours, theirs)):
        done = subprocess.run([tools.ttmem, "diff", before, after, "--json", "--fail-above", "0", "--floor", "0"], env=tools.environment(), capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        found = json.loads(done.stdout)
        assert found["per_bank"]
        kinds = {row["kind"]: row for row in found["peaks"]}
        assert all(kinds[kind]["before_bytes"] == kinds[kind]["after_bytes"] and kinds[kind]["changes"] == [] for kind in ("dram", "l1")), kinds


def test_a_part_of_a_run(tools, reports):
    _, recording, ours = reports
    part = tools.scratch / "part.sqlite"
    done = subprocess.run([tools.ttmem, "export", "--to", "visualizer", "--from", "peak", recording, "-o", part], env=tools.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    whole, found = states(ours), states(part)
    assert found[0][0] == "(held before)" and found[1:] == whole[-len(found) + 1:]
    for words in (("--to", "csv", "--from", "peak"), ("--to", "visualizer", "--from", "soon"), ("--to", "visualizer", "--from", "end", "--until", "begin")):
        done = subprocess.run([tools.ttmem, "export", *words, recording, "-o", "-"], env=tools.environment(), capture_output=True, text=True)
        assert done.returncode in (1, 2) and done.stdout == "" and done.stderr.startswith("ttmem export: "), words
