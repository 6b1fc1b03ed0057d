# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus for tests, machines for it to scrape, and the expressions that boards and rules ask it with."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

PACKAGING = pathlib.Path(__file__).resolve().parents[1] / "packaging"
PATIENCE = 120
BUFFERS = 2000  # of a room


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def until(what, say):
    limit = time.monotonic() + PATIENCE
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < limit, say()
        time.sleep(0.05)


class Room:
    """One machine: its processes, its cards as the driver's files show them, its server."""

    def __init__(self, build, folder, cards, devices, processes):
        self.folder = folder
        folder.mkdir()
        environment = {**os.environ, "TT_ALLOC_LEDGER_DIR": str(folder), "TT_ALLOC_SYSFS_ROOT": str(cards / "sys"), "TT_ALLOC_PROCFS_ROOT": str(cards / "proc")}
        self.holders = subprocess.Popen(
            [build / "benchmarks/fleet", "--processes", str(processes), "--devices", str(devices), "--buffers", str(BUFFERS), "--steps", "2"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.errors = folder / "server.err"
        with open(self.errors, "wb") as log:
            self.server = subprocess.Popen(
                [build / "bin/ttmem", "server", "--http", "127.0.0.1:0", "--socket", folder / "socket", "--api-socket", "off", "--no-history"], stderr=log, env=environment)

    def target(self):
        assert self.holders.stdout.readline().startswith("ready ")
        return until(lambda: re.search(r"HTTP on http://(\S+)", self.errors.read_text()), self.errors.read_text).group(1)

    def end(self):
        self.holders.stdin.close()
        self.server.terminate()
        assert self.holders.wait(60) == 0 and self.server.wait(60) == 0, self.errors.read_text()

    def kill(self):
        for process in (self.holders, self.server):
            if process.poll() is None:
                process.kill()
                process.wait()


class Prometheus:
    """Scrapes servers with the configuration and the rules of packaging/, each `interval`; `rules` names files beside ttmem.rules.yml."""

    def __init__(self, folder, targets, interval="500ms", rules=()):
        self.port = free_port()
        self.log = folder / "prometheus.log"
        text = (PACKAGING / "prometheus" / "scrape.example.yml").read_text()
        assert '["127.0.0.1:9465"]' in text and "scrape_interval: 15s" in text and "  - ttmem.rules.yml\n" in text
        text = text.replace('["127.0.0.1:9465"]', json.dumps(targets)).replace("scrape_interval: 15s", f"scrape_interval: {interval}")
        text = text.replace("  - ttmem.rules.yml\n", "".join(f"  - {name}\n" for name in ("ttmem.rules.yml", *rules)))
        for name in ("ttmem.rules.yml", *rules):
            shutil.copy(PACKAGING / "prometheus" / name, folder)
        (folder / "prometheus.yml").write_text(f"global:\n  evaluation_interval: {interval}\n" + text)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
                stdout=log, stderr=log, cwd=folder)

    def get(self, path, **parameters):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(parameters)}", timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def ready(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).status == 200
        except OSError:
            assert self.process.poll() is None, self.log.read_text()
            return False

    def query(self, expression, **when):
        """[(labels, value)]"""
        return [(row["metric"], float(row["value"][1])) for row in self.get("/api/v1/query", query=expression, **when)["result"]]

    def has_read_since(self, moment):
        """When a scrape whose figures were read after that moment is in the database. Later ones may fail on a machine that is slow, and hide it."""
        found = self.get("/api/v1/query", query=f"tt_model_time_seconds > {moment!r}")["result"]
        return found and found[0]["value"][0]

    def end(self):
        self.process.terminate()
        assert self.process.wait(60) == 0, self.log.read_text()


def board_expressions(name="ttmem.json"):
    """Every expression of a Grafana board of packaging/, its variables replaced by "all"; those of its annotations."""
    board = json.loads((PACKAGING / "grafana" / name).read_text())
    found = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
    found += [(f"variable {v['name']}", re.fullmatch(r"label_values\((.*), (\w+)\)", v["definition"]).group(1))
              for v in board["templating"]["list"] if v["type"] == "query"]
    annotations = [(f"annotation {a['name']}", a["expr"]) for a in board["annotations"]["list"]]
    return [(title, re.sub(r"\$(instance|device)", ".*", text)) for title, text in found], annotations


def without_comparison(expression):
    """The figure of an alert: its expression without the comparison at its end, and without a second condition."""
    looked_at = re.fullmatch(r"(.*?) (?:[<>]=?|==|!=) -?[0-9.]+(?: and .*)?", expression)
    assert looked_at, expression
    # A well machine has no card in a bad condition, and memory that does not grow: the figures of any are looked at.
    return re.sub(r"\((\S+) > 0\)", r"\1", looked_at.group(1).replace('{condition!~"ok|starting"}', ""))
