# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A recording in ttnn-visualizer: its server's answers, and its page in Chromium. It is fetched from PyPI into an environment of its own, pinned."""
import collections
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from test_recording_page import RECORDING
from test_viewers import fetched

VISUALIZER = "ttnn-visualizer==0.108.0"
PATIENCE_S = 120
pytestmark = pytest.mark.long


def tool(build, *words):
    done = subprocess.run([str(build / "bin/ttmem"), *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Visualizer:
    def __init__(self, environment, report, scratch):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        variables = {**os.environ, "APP_DATA_DIRECTORY": str(scratch / "app"), "REPORT_DATA_DIRECTORY": str(scratch / "reports"), "HOME": str(scratch),
                     "LAUNCH_BROWSER_ON_START": "false", "USAGE_RECORDING_DISABLED": "true", "FLASK_ENV": "production"}
        self.log = (scratch / "log").open("w")
        self.process = subprocess.Popen([environment / "bin/ttnn-visualizer", "--host", "127.0.0.1", "--port", str(self.port), "--profiler-path", report], cwd=scratch, env=variables,
                                        stdout=self.log, stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.ask("/api/up", as_json=False)
                break
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None and time.monotonic() < deadline, (scratch / "log").read_text()[-2000:]
                time.sleep(0.2)
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/instance/local-paths", json.dumps({"profiler_path": str(report)}).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            self.instance = json.load(answer)["instance_id"]

    def ask(self, path, as_json=True):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_S) as answer:
            return json.load(answer) if as_json else answer.read()

    def get(self, path, **more):
        words = "&".join(f"{name}={value}" for name, value in {"instanceId": self.instance, **more}.items())
        return self.ask(f"/api/{path}?{words}")

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="module")
def visualizer(build, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("visualizer")
    environment = scratch / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, capture_output=True)
    fetched([environment / "bin/python", "-m", "pip", "install", "--quiet", "--only-binary=:all:", VISUALIZER], scratch)
    report = scratch / "decoder"
    report.mkdir()
    tool(build, "export", "--to", "visualizer", RECORDING, "-o", report / "db.sqlite")
    server = Visualizer(environment, report, scratch)
    yield server
    server.close()


def test_the_servers_answers_are_those_of_the_recording(build, visualizer):
    found = json.loads(tool(build, "report", RECORDING, "--json", "--top", "100"))
    assert visualizer.get("report-metadata")["schema_version"] == "3.5"
    devices = visualizer.get("devices")
    operations = visualizer.get("operations")
    assert [row["id"] for row in operations] == list(range(1, len(operations) + 1))
    refused = {row["operation_id"] for row in visualizer.get("errors")}
    allocations = [row for row in operations if row["name"] != "ttnn::deallocate" and row["id"] not in refused]
    # Of each thing that ttmem counts, the server's own answer.
    assert len(allocations) == found["summary"]["allocations"]
    assert len(refused) == found["summary"]["refusals"] == len(found["refusals"])
    assert all("decoder.py" in row["stack_trace"] for row in allocations)
    assert all(len(row["outputs"]) == 1 and row["outputs"][0]["dtype"] == "DataType.BFLOAT16" for row in allocations)
    freed = {tensor["id"] for row in operations if row["name"] == "ttnn::deallocate" for tensor in row["inputs"]}
    assert len(freed) == found["summary"]["frees"]

    most = collections.Counter()
    for row in visualizer.get("operation-buffers"):
        held = collections.Counter()
        for buffer in row["buffers"]:
            held[buffer["buffer_type"], buffer["device_id"]] += buffer["size"]
        most |= held
    banks = {"l1": devices[0]["l1_num_banks"], "dram": None}
    for peak in found["peak"]:
        number = {"dram": 0, "l1": 1, "l1_small": 3, "trace": 4}[peak["kind"]]
        for device in peak["devices"]:
            held = most[number, device]
            assert held * (banks[peak["kind"]] or peak["bytes"] // held) == peak["bytes"], peak
    last = operations[-1]["id"]
    detail = visualizer.get(f"operations/{last}")
    assert len(detail["buffers"]) == len(visualizer.get("operation-buffers")[-1]["buffers"])
    assert len(visualizer.get("tensors")) == found["summary"]["allocations"]


def test_its_page_draws_the_operations(visualizer, chromium):
    chromium.open(f"http://127.0.0.1:{visualizer.port}/operations?instanceId={visualizer.instance}")
    chromium.wait("document.body.innerText.includes('ttnn.empty')", "the list of operations", 60)
    chromium.open(f"http://127.0.0.1:{visualizer.port}/operations/20?instanceId={visualizer.instance}")
    chromium.wait("document.body.innerText.includes('ttnn.empty') && document.querySelectorAll('.js-plotly-plot').length > 0", "the operation's memory", 60)
    chromium.open(f"http://127.0.0.1:{visualizer.port}/graph?instanceId={visualizer.instance}")
    time.sleep(3)
    # The page looks for newer releases and descriptions of clusters, which are not there.
    serious = [line for line in chromium.complaints() if "TypeError" in line or "RangeError" in line]
    assert not serious, serious
