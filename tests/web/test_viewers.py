# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Exports of a recording in the programs that they are made for: speedscope's own importer in Chromium, Go's pprof, torch's _memory_viz.py. Each is fetched for the
test by its registry's client, pinned; where that is not possible the test is skipped and says so. Perfetto's trace_processor is in no registry: its Python package
downloads it from elsewhere, so tests/e2e/test_export.py reads that format by its rules alone."""
import base64
import collections
import csv
import functools
import http.server
import importlib.util
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile

import pytest
from test_recording_page import RECORDING

SPEEDSCOPE = "speedscope@1.25.0"
PPROF = "github.com/google/pprof@v0.0.0-20261105003125-4bf881d7fb0b"
TORCH = "torch==2.15.0"
UNREACHABLE = re.compile(r"ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|no such host|connection refused|i/o timeout|Temporary failure|NewConnectionError|No matching distribution")
pytestmark = pytest.mark.long


def fetched(words, folder, **options):
    """Runs a registry's client in the folder."""
    if not shutil.which(words[0]):
        pytest.skip(f"no {words[0]} here, which would fetch {words[-1]}")
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600, **options)
    if done.returncode != 0 and UNREACHABLE.search(done.stderr + done.stdout):
        pytest.skip(f"{words[-1]} cannot be fetched: its registry does not answer, or has it no more")
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def tool(build):
    def run(*words):
        done = subprocess.run([str(build / "bin/ttmem"), *map(str, words)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def export(tool, tmp_path):
    def write(form):
        out = tmp_path / f"decoder.{form}"
        tool("export", "--to", form, RECORDING, "-o", out)
        return out

    return write


@pytest.fixture(scope="module")
def peaks(tool):
    return {peak["kind"]: peak for peak in json.loads(tool("report", RECORDING, "--json", "--top", "1000"))["peak"]}


def totals(profile, frames):
    """Bytes of each stack, root first, of one profile of a speedscope file: sampled, or evented as its exporter writes it."""
    sums = collections.Counter()
    if profile["type"] == "sampled":
        for sample, weight in zip(profile["samples"], profile["weights"]):
            sums[tuple(frames[index]["name"] for index in sample)] += weight
        return sums
    stack, last = [], profile["startValue"]
    for event in profile["events"]:
        sums[tuple(stack)] += event["at"] - last
        last = event["at"]
        if event["type"] == "O":
            stack.append(frames[event["frame"]]["name"])
        else:
            assert stack.pop() == frames[event["frame"]]["name"]
    assert not stack
    return collections.Counter({key: value for key, value in sums.items() if value})


def test_speedscope(chromium, export, peaks, tmp_path):
    """The importer exports again what it understood: the same stacks with the same bytes."""
    fetched(["npm", "pack", "--silent", SPEEDSCOPE], tmp_path)
    with tarfile.open(next(tmp_path.glob("speedscope-*.tgz"))) as package:
        package.extractall(tmp_path / "npm", filter="data")
    given = export("speedscope").read_bytes()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path / "npm/package/dist/release"))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        chromium.open(f"http://127.0.0.1:{server.server_port}/index.html#localProfilePath=/none.js")
        chromium.wait("typeof speedscope === 'object' && typeof speedscope.loadFileFromBase64 === 'function'", "speedscope")
        chromium.run("speedscope.loadFileFromBase64('a.speedscope.json', arguments[0])", base64.b64encode(given).decode())
        chromium.wait("document.body.innerText.includes('peak of')", "the profile's name")
        chromium.run("URL.createObjectURL = blob => { window.saved = blob; return 'about:blank#'; }; HTMLAnchorElement.prototype.click = () => {}")
        chromium.run("[...document.querySelectorAll('div')].filter(e => e.textContent.trim().endsWith('Export') && e.children.length <= 1).pop().click()")
        chromium.wait("window.saved", "its export")
        text = chromium.driver.execute_async_script("const done = arguments[arguments.length - 1]; window.saved.text().then(done)")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        chromium.complaints()
    ours, theirs = json.loads(given), json.loads(text)
    assert [profile["name"] for profile in theirs["profiles"]] == [profile["name"] for profile in ours["profiles"]]
    assert len(ours["profiles"]) == len(peaks) > 1
    for our, their in zip(ours["profiles"], theirs["profiles"]):
        assert their["unit"] == "bytes"
        assert totals(their, theirs["shared"]["frames"]) == totals(our, ours["shared"]["frames"])
        assert their["endValue"] - their["startValue"] == peaks[our["name"].split()[2].rstrip(",")]["bytes"]
    assert "ttnn.empty" in {frame["name"] for frame in theirs["shared"]["frames"]}


def test_pprof(export, tool, peaks, tmp_path):
    """The totals of `pprof -top`, and what each function has of them by itself."""
    fetched(["go", "install", PPROF], tmp_path, env={**os.environ, "GOBIN": str(tmp_path), "GOFLAGS": "-mod=mod"})
    profile = export("pprof")
    churn = json.loads(tool("report", RECORDING, "--json", "--by", "operation", "--top", "100000"))["churn"]
    wanted = {"inuse_space": sum(peak["bytes"] for peak in peaks.values()), "alloc_space": sum(row["bytes"] for row in churn), "alloc_objects": sum(row["buffers"] for row in churn)}
    for index, total in wanted.items():
        unit = [] if index.endswith("objects") else ["-unit=B"]
        done = subprocess.run([tmp_path / "pprof", "-top", f"-sample_index={index}", "-nodecount=100000", "-nodefraction=0", "-edgefraction=0", *unit, profile],
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert re.search(rf"Total samples = {total}(?:B|\s|$)", done.stdout) or re.search(rf"of {total}B? total", done.stdout), done.stdout[:800]
        rows = re.findall(r"^\s*(\d+)B?\s+\S+%\s+\S+%\s+(\d+)B?\s+\S+%\s+(.+)$", done.stdout, re.M)
        flat = {name.strip(): int(value) for value, _, name in rows}
        assert sum(flat.values()) == total and flat["ttnn.empty"] > 0
        if index != "inuse_space":
            key = "bytes" if index == "alloc_space" else "buffers"
            operations = {row["name"]: row[key] for row in churn}
            assert operations and all(flat[name] == value for name, value in operations.items()), (flat, operations)


def test_memory_viz(export, tmp_path):
    """torch's own module, out of the smallest of its wheels: segments add up, and its trace has each allocation."""
    fetched([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version", "3.12", "--platform", "macosx_14_0_arm64", TORCH], tmp_path)
    (wheel,) = tmp_path.glob("torch-*.whl")
    with zipfile.ZipFile(wheel) as package:
        (tmp_path / "memory_viz.py").write_bytes(package.read("torch/cuda/_memory_viz.py"))
    wheel.unlink()
    spec = importlib.util.spec_from_file_location("memory_viz", tmp_path / "memory_viz.py")
    viz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(viz)
    snapshot = pickle.loads(export("memory_viz").read_bytes())
    said = viz.segsum(snapshot)
    assert f"segments: {len(snapshot['segments'])}" in said
    assert f"total_reserved: {viz.Bytes(sum(segment['total_size'] for segment in snapshot['segments']))}" in said
    allocated = sum(block["size"] for segment in snapshot["segments"] for block in segment["blocks"] if block["state"] == "active_allocated")
    assert f"total_allocated: {viz.Bytes(allocated)}" in said
    rows = collections.Counter(row["kind"] for row in csv.DictReader(export("csv").open(newline="")) if row["event"] == "allocate")
    counts = []
    for text in re.split(r"Device \d+ -+\n", viz.trace(snapshot))[1:]:
        counts.append(len(re.findall(r"^\w+ = \S+\[", text, re.M)))
    assert sorted(counts) == sorted(rows.values()), (counts, rows)
