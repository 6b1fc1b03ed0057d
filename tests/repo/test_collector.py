# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""OpenTelemetry's collector with the recipe of docs/integrations.md: what it reads from a server is what `ttmem snapshot --json` prints. Making it takes minutes."""
import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request

import go_programs
import pytest
import yaml
from scraping import Room, until

pytestmark = pytest.mark.long
DEVICES, PROCESSES = 4, 6


@pytest.fixture(scope="module")
def collector(build):
    return go_programs.collector()


@pytest.fixture(scope="module")
def recipe(root):
    return re.search(r"<!-- recipe: otel -->\n```yaml\n(.*?)```", (root / "docs/integrations.md").read_text(), re.S).group(1)


def test_the_collector_takes_the_recipe(collector, recipe, tmp_path):
    (tmp_path / "config.yaml").write_text(recipe)
    done = subprocess.run([collector, "validate", f"--config={tmp_path}/config.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (tmp_path / "config.yaml").write_text(recipe.replace("otlp_grpc", "otlp_grpcs"))
    assert subprocess.run([collector, "validate", f"--config={tmp_path}/config.yaml"], capture_output=True).returncode != 0


def points_of(line):
    """{(metric, labels): value} of one scrape."""
    found = {}
    for resource in json.loads(line)["resourceMetrics"]:
        for metric in (each for scope in resource["scopeMetrics"] for each in scope["metrics"]):
            for point in metric.get("gauge", metric.get("sum", {})).get("dataPoints", []):
                labels = frozenset((pair["key"], pair["value"]["stringValue"]) for pair in point.get("attributes", []))
                found[metric["name"], labels] = float(point["asInt"] if "asInt" in point else point["asDouble"])
    return found


def series_of(text):
    """The same of what the server gives to Prometheus."""
    lines = re.findall(r'^(\w+)(?:\{(.*)\})? (\S+)$', text, re.M)
    return {(name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))): float(value) for name, labels, value in lines}


def of_snapshot(snapshot):
    """The same of `ttmem snapshot --json`, as far as its labels are taken here: (metric, device, kind, pid)."""
    wanted = {}
    for device in snapshot["devices"]:
        for kind in ("dram", "l1"):
            for ours, name in (("allocated_bytes", "allocated_bytes"), ("capacity_bytes", "capacity_bytes"), ("buffers", "buffers")):
                wanted[f"tt_device_memory_{name}", str(device["id"]), kind, None] = device["memory"][kind][ours]
    for process in snapshot["processes"]:
        for holding in process["devices"]:
            for kind in ("dram", "l1"):
                wanted["tt_process_memory_allocated_bytes", str(holding["id"]), kind, str(process["pid"])] = holding[f"{kind}_bytes"]
    return wanted


def test_what_it_reads_is_what_the_snapshot_prints(root, build, collector, recipe, tmp_path):
    if not (build / "benchmarks/fleet").exists():
        pytest.skip("benchmarks/fleet is not built; ./test.sh builds it")
    cards = tmp_path / "cards"
    subprocess.run([sys.executable, root / "tests/support/fake-kmd-tree", cards, *["n150"] * DEVICES], check=True)
    out = tmp_path / "metrics.json"
    with contextlib.ExitStack() as after:
        room = Room(build, tmp_path / "room", cards, DEVICES, PROCESSES)
        after.callback(room.kill)
        target = room.target()
        config = yaml.safe_load(recipe)
        scrape = config["receivers"]["prometheus"]["config"]["scrape_configs"][0]
        scrape["scrape_interval"], scrape["static_configs"] = "1s", [{"targets": [target]}]
        config["exporters"] = {"file": {"path": str(out)}}
        config["service"] = {"telemetry": {"metrics": {"level": "none"}}, "pipelines": {"metrics": {"receivers": ["prometheus"], "exporters": ["file"]}}}
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        with open(tmp_path / "collector.log", "wb") as log:
            running = subprocess.Popen([collector, f"--config={tmp_path}/config.yaml"], stdout=log, stderr=log)
        after.callback(running.kill)

        def whole_scrapes():
            assert running.poll() is None, (tmp_path / "collector.log").read_text()
            return out.read_text().splitlines()[:-1] if out.exists() else []

        # The processes hold still, so that every scrape after their start shows the same.
        until(lambda: len(whole_scrapes()) >= 3, lambda: (tmp_path / "collector.log").read_text())
        read = points_of(whole_scrapes()[-1])
        with urllib.request.urlopen(f"http://{target}/metrics", timeout=60) as answer:
            served = series_of(answer.read().decode())
        environment = {**os.environ, "TT_ALLOC_LEDGER_DIR": str(room.folder), "TT_ALLOC_SYSFS_ROOT": str(cards / "sys"), "TT_ALLOC_PROCFS_ROOT": str(cards / "proc")}
        snapshot = json.loads(subprocess.run([build / "bin/ttmem", "snapshot", "--json", "--server", "none"], env=environment, capture_output=True, text=True, check=True).stdout)
        running.terminate()
        assert running.wait(60) == 0, (tmp_path / "collector.log").read_text()
        room.end()
    wanted = of_snapshot(snapshot)
    assert len(wanted) >= DEVICES * 6 + PROCESSES * 2 and sum(value for (name, *_), value in wanted.items() if name == "tt_process_memory_allocated_bytes") > 0
    got = {(name, dict(labels).get("device"), dict(labels).get("kind"), dict(labels).get("pid")): value for (name, labels), value in read.items()}
    assert {key: got.get(key) for key in wanted} == wanted
    # And nothing of the server's page is lost on the way: each of its series of memory, with all of its labels.
    memory = {key: value for key, value in served.items() if key[0].startswith(("tt_device_memory", "tt_process_memory", "tt_device_circular"))}
    assert len(memory) > 100 and {key: read.get(key) for key in memory} == memory
