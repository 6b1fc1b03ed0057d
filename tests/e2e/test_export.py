# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem export` and `ttmem diff` of recordings of real ttnn: each file is read by the rules of its viewer and compared with `ttmem report`."""
import collections
import csv
import gzip
import json
import pickle
import pickletools
import re
import stat
import subprocess
import xml.etree.ElementTree

import host
import pytest
from protocol_buffers import fields, numbers
from test_record import record, report


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    return {}


@pytest.fixture
def recording(tools, python, recordings):
    """A finished recording of a random run, and of the same run with more kept at its end."""
    if not recordings:
        for kept in ("3", "400"):
            path = tools.scratch.parent / f"export-{kept}.ttrec"
            path.unlink(missing_ok=True)
            with host.Host(tools, record(tools, path, python, host.HOSTS / "recorded.py", "5", "400", kept), "recorded") as process:
                recordings[kept] = (path, host.run_through(process))
                assert process.end() == 0
    return recordings


def export(tools, path, form, out):
    done = subprocess.run([tools.ttmem, "export", "--to", form, path, "-o", out], env=tools.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = subprocess.run([tools.ttmem, "export", "--to", form, path, "-o", out], env=tools.environment(), capture_output=True, text=True)
    assert again.returncode == 1 and "exists" in again.stderr, "an export never overwrites a file"
    return out


def test_csv(tools, recording):
    path, _ = recording["3"]
    rows = list(csv.DictReader(export(tools, path, "csv", tools.scratch / "a.csv").open(newline="")))
    summary = report(tools, path)["summary"]
    assert len(rows) == summary["events"]
    counts = collections.Counter(row["event"] for row in rows)
    assert (counts["allocate"], counts["free"]) == (summary["allocations"], summary["frees"])
    held, most = 0, 0
    for row in rows:
        if row["kind"] == "dram" and row["event"] in ("allocate", "free"):
            held += int(row["bytes"]) * (1 if row["event"] == "allocate" else -1)
            most = max(most, held)
    assert most == {peak["kind"]: peak["bytes"] for peak in report(tools, path)["peak"]}["dram"]
    assert any(row["operation"] == "ttnn.empty" and ".py:" in row["line"] and "bfloat16" in row["tensor"] for row in rows)


def test_memory_viz(tools, recording):
    """The rules of torch/cuda/_memory_viz.py (segsum: blocks tile a segment) and MemoryViz.js (traces replayed backwards from the segments)."""
    path, _ = recording["3"]
    out = export(tools, path, "memory_viz", tools.scratch / "a.pickle")
    snapshot = pickle.loads(out.read_bytes())
    allowed = set(b"}]()u.eXJjrtN\x80\x88\x89\x8a")
    assert {ord(op.code) for op, _, _ in pickletools.genops(out.read_bytes())} <= allowed, "an operation that the viewer's unpickler does not know"
    found = {(peak["kind"]): peak for peak in report(tools, path)["peak"]}
    assert len(snapshot["segments"]) == len(snapshot["device_traces"]) == len(found)
    for segment in snapshot["segments"]:
        at = segment["address"]
        for block in segment["blocks"]:
            assert block["address"] == at and 0 <= block["requested_size"] <= block["size"]
            at += block["size"]
        assert at == segment["address"] + segment["total_size"]
        live = {block["address"]: block["size"] for block in segment["blocks"] if block["state"] == "active_allocated"}
        assert segment["allocated_size"] == sum(live.values())
        for entry in reversed(snapshot["device_traces"][segment["device"]]):
            if entry["action"] == "free_completed":
                assert entry["addr"] not in live
                live[entry["addr"]] = entry["size"]
            elif entry["action"] == "alloc":
                assert live.pop(entry["addr"]) == entry["size"]
                assert segment["address"] <= entry["addr"] and entry["addr"] + entry["size"] <= segment["address"] + segment["total_size"]
        assert not live
    innermost = {entry["frames"][0]["name"] for trace in snapshot["device_traces"] for entry in trace if entry["action"] == "alloc" and entry["frames"]}
    assert "ttnn.empty" in innermost


def test_perfetto_and_speedscope(tools, recording):
    path, _ = recording["3"]
    peaks = {peak["kind"]: peak["bytes"] for peak in report(tools, path)["peak"]}
    trace = json.loads(export(tools, path, "perfetto", tools.scratch / "a.json").read_text())
    counters = collections.defaultdict(list)
    for event in trace["traceEvents"]:
        if event["ph"] == "C":
            counters[event["name"]].append((event["ts"], event["args"]["bytes"]))
    assert {name: max(value for _, value in series) for name, series in counters.items()} == {f"{kind}, device 0": most for kind, most in peaks.items()}
    assert all(series == sorted(series, key=lambda at: at[0]) for series in counters.values())
    slices = collections.Counter(event["name"] for event in trace["traceEvents"] if event["ph"] == "X")
    assert slices == {row["name"]: row["buffers"] for row in report(tools, path, "--by", "operation", "--top", "1000")["churn"]}
    assert all(event["dur"] >= 0 for event in trace["traceEvents"] if event["ph"] == "X")

    scope = json.loads(export(tools, path, "speedscope", tools.scratch / "a.speedscope.json").read_text())
    assert scope["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = scope["shared"]["frames"]
    for profile in scope["profiles"]:
        kind = profile["name"].split()[2].rstrip(",")
        assert (profile["type"], profile["unit"]) == ("sampled", "bytes")
        assert len(profile["samples"]) == len(profile["weights"])
        assert sum(profile["weights"]) == profile["endValue"] == peaks[kind]
        assert all(0 <= index < len(frames) for sample in profile["samples"] for index in sample)
    assert {"ttnn.empty", "main"} <= {frame["name"] for frame in frames}


def test_the_page_of_a_recording_holds_what_the_report_says_of_each_moment(tools, recording):
    path, _ = recording["3"]
    page = tools.scratch / "page.html"
    done = subprocess.run([tools.ttmem, "report", path, "--html", page], env=tools.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stdout, stat.S_IMODE(page.stat().st_mode)) == (0, "", 0o600), done.stderr
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.S).group(1))
    assert data["report"] == report(tools, path, "--top", "100")
    (process,), live = data["processes"], set()
    columns, first = process["buffers"], data["report"]["processes"][0]["first_ns"]
    for number, moment in enumerate(process["moments"]):
        live = live - set(moment["minus"]) | set(moment["plus"])
        if number % 25 == 0 or moment["why"][0][0] == "peak":
            rows = report(tools, path, "--at", f"@{first + moment['at']}")["buffers"]
            assert sorted((row["address"], row["bytes_per_bank"], row["operation"]) for row in rows) == sorted(
                (columns["address"][row], columns["bank"][row], process["strings"][process["contexts"][columns["context"][row]][1]]) for row in live)


def test_a_flame_graph_is_a_picture_of_the_stacks(tools, recording):
    path, _ = recording["3"]
    picture = tools.scratch / "flame.svg"
    done = subprocess.run([tools.ttmem, "report", path, "--folded", "churn", "--flame", picture], env=tools.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stdout, stat.S_IMODE(picture.stat().st_mode)) == (0, "", 0o600), done.stderr
    folded = subprocess.run([tools.ttmem, "report", path, "--folded", "churn"], env=tools.environment(), capture_output=True, text=True).stdout
    sums = collections.Counter()
    for line in folded.splitlines():
        stack, _, size = line.rpartition(" ")
        for depth in range(len(stack.split(";"))):
            sums[tuple(stack.split(";")[:depth + 1])] += int(size)
    whole = sum(size for frames, size in sums.items() if len(frames) == 1)
    boxes = [title.text.splitlines() for title in xml.etree.ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}title")]
    shown = sorted((name, int(figures.split(" ")[0].rstrip(","))) for name, figures in boxes)
    assert shown == sorted([("all", whole)] + [(frames[-1], size) for frames, size in sums.items() if size >= whole * 0.4 / 1180])


def test_pprof(tools, recording):
    """profile.proto of github.com/google/pprof, read by its field numbers."""
    path, _ = recording["3"]
    out = export(tools, path, "pprof", tools.scratch / "a.pb.gz")
    profile = list(fields(gzip.decompress(out.read_bytes())))
    strings = [value.decode() for number, value in profile if number == 6]
    assert strings[0] == ""
    assert [[strings[value] for _, value in fields(each)] for number, each in profile if number == 1] == [
        ["alloc_objects", "count"], ["alloc_space", "bytes"], ["inuse_objects", "count"], ["inuse_space", "bytes"]]
    functions = {dict(fields(each))[1]: strings[dict(fields(each))[2]] for number, each in profile if number == 5}
    places = {dict(fields(each))[1]: functions[dict(fields(dict(fields(each))[4]))[1]] for number, each in profile if number == 4}
    sums, in_use, innermost = [0] * 4, collections.Counter(), set()
    for number, each in profile:
        if number == 2:
            parts = list(fields(each))
            values = numbers(dict(parts)[2])
            labels = {strings[dict(fields(label))[1]]: strings[dict(fields(label))[2]] for field, label in parts if field == 3}
            sums = [a + b for a, b in zip(sums, values)]
            in_use[labels["kind"]] += values[3]
            innermost.add(places[numbers(dict(parts)[1])[0]])
    found = report(tools, path, "--top", "1000")
    assert sums[:2] == [sum(row[key] for row in found["churn"]) for key in ("buffers", "bytes")]
    assert in_use == {peak["kind"]: peak["bytes"] for peak in found["peak"]}
    assert "ttnn.empty" in innermost and "main" in places.values()


def test_diff_of_a_run_that_holds_more(tools, recording):
    before, after = recording["3"][0], recording["400"][0]

    def diff(*words):
        return subprocess.run([tools.ttmem, "diff", *words], env=tools.environment(), capture_output=True, text=True)

    same = diff(before, before, "--fail-above", "0", "--floor", "0", "--json")
    assert same.returncode == 0
    assert all(kind["changes"] == [] and kind["before_bytes"] == kind["after_bytes"] for kind in json.loads(same.stdout)["peaks"])
    peaks = [{peak["kind"]: peak["bytes"] for peak in report(tools, path)["peak"]} for path in (before, after)]
    for words, code in ((("--json",), 0), (("--json", "--fail-above", "1"), 3)):
        done = diff(before, after, *words)
        assert done.returncode == code
        found = {kind["kind"]: kind for kind in json.loads(done.stdout)["peaks"]}
        assert {kind: (row["before_bytes"], row["after_bytes"]) for kind, row in found.items()} == {k: (peaks[0][k], peaks[1][k]) for k in peaks[0]}
        for row in found.values():
            assert sum(change["after_bytes"] - change["before_bytes"] for change in row["changes"]) == row["after_bytes"] - row["before_bytes"]
    assert diff(before, tools.scratch / "none").returncode == 1
