# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes the server during a real ttnn run: what it answers equals ttnn's own account, and every expression of the board and of the
rules finds data."""
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import host
import pytest
import truth
from scraping import PACKAGING, PATIENCE, Prometheus, board_expressions, until, without_comparison

RUN = host.HOSTS / "random_run.py"


@pytest.fixture
def scraped(tools, tmp_path):
    """The server, with three cards of a fake driver beside the mocks, and a Prometheus on it."""
    if shutil.which("prometheus") is None:
        pytest.fail("no prometheus; scripts/setup.sh --for test installs it")
    cards = tmp_path / "cards"
    subprocess.run([sys.executable, host.ROOT / "tests/support/fake-kmd-tree", cards, "n150", "n300", "p150"], check=True)
    errors = tmp_path / "server.err"
    with open(errors, "wb") as log:
        server = subprocess.Popen([tools.ttmem, "server", "--socket", tmp_path / "socket", "--http", "127.0.0.1:0", "--api-socket", tmp_path / "api.sock",
                                   "--history", tmp_path / "history.db"], stderr=log,
                                  env=tools.without_runtime(tools.environment(TT_ALLOC_SYSFS_ROOT=cards / "sys", TT_ALLOC_PROCFS_ROOT=cards / "proc")))
    prometheus = None
    try:
        target = until(lambda: re.search(r"HTTP on http://(\S+)", errors.read_text()), errors.read_text).group(1)
        prometheus = Prometheus(tmp_path, [target])
        until(prometheus.ready, prometheus.log.read_text)
        prometheus.target = target
        yield prometheus
        prometheus.end()
        server.terminate()
        assert server.wait(60) == 0, errors.read_text()
    finally:
        for process in (server, prometheus and prometheus.process):
            if process and process.poll() is None:
                process.kill()
                process.wait()


class Witness:
    def __init__(self, prometheus):
        self.prometheus, self.wrong, self.compared, self.pid = prometheus, [], 0, None

    def __call__(self, message):
        self.pid = message["pid"]
        moment = time.time()
        then = until(lambda: self.prometheus.has_read_since(moment), lambda: self.prometheus.log.read_text()[-3000:])
        allocators = message["allocators"]
        chips = {chip for allocator in allocators for chip in allocator["devices"]}
        for kind in truth.KINDS:
            mock = 'tt_device_memory_allocated_bytes{kind="%s"} * on (device, unique_id) group_left tt_device_info{mock="true"}' % kind
            said = {int(labels["device"]): value for labels, value in self.prometheus.query(mock, time=then)}
            for chip in chips:
                wanted = truth.chip_bytes(allocators, chip, kind)
                self.compared += 1
                if said.get(chip) != wanted:
                    self.wrong.append(f"at '{message['checkpoint']}': chip {chip} {kind}: Prometheus says {said.get(chip)}, ttnn {wanted}")
            # One process: what it holds on all chips is what all chips hold.
            total = self.prometheus.query(f'sum(tt_process_memory_allocated_bytes{{kind="{kind}",pid="{message["pid"]}"}})', time=then)
            assert [value for _, value in total] == [sum(said[chip] for chip in chips)], (kind, total, said)
        assert not self.wrong, "\n".join(self.wrong[:20])


def test_prometheus_says_what_ttnn_says(tools, python, scraped):
    command = [python, RUN, "--seed", "21", "--mesh", "2x4", "--worker-dispatch", "--checkpoints", "5"]
    witness = Witness(scraped)
    with host.Host(tools, command, "random_run", "t3000", tools.preload()) as run:
        message = run.hear()
        while not message.get("end"):
            witness(message)
            last = message
            run.say()
            message = run.hear()
            if witness.compared >= 3 * 32:
                break
        assert witness.compared >= 32, "no checkpoint was compared"
        print(f"{witness.compared} figures of {last['checkpoint']} and before are the same")

        panels, annotations = board_expressions()
        rules = [rule for group in scraped.get("/api/v1/rules")["groups"] for rule in group["rules"]]
        assert len(panels) > 25 and len(rules) > 10
        broken = [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] == "err"]
        assert not broken
        looked_at = panels + [(rule["name"], rule["query"] if rule["type"] == "recording" else without_comparison(rule["query"])) for rule in rules]
        empty = {title: text for title, text in looked_at}

        def all_have_data():
            for title, text in list(empty.items()):
                if scraped.query(text):
                    del empty[title]
            return not empty

        until(all_have_data, lambda: f"these find nothing: {json.dumps(empty, indent=1)}")
        if not message.get("end"):
            run.process.send_signal(signal.SIGKILL)  # an alert of its own, which the board's annotations show
            run.process.wait()
            until(lambda: all(scraped.query(text) for _, text in annotations), lambda: str(scraped.query("ALERTS")))
            until(lambda: scraped.query('ALERTS{alertstate="firing", alertname="TtProcessDied"}'), lambda: str(scraped.query("ALERTS")))


def promtool(*arguments, **options):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_promtool_accepts_rules_and_metrics(scraped):
    folder = PACKAGING / "prometheus"
    promtool("check", "rules", "ttmem.rules.yml", cwd=folder)
    promtool("check", "config", "scrape.example.yml", cwd=folder)
    assert "SUCCESS" in promtool("test", "rules", "ttmem.rules.test.yml", cwd=folder)
    promtool("check", "rules", "other-names.rules.yml", cwd=folder)
    assert "SUCCESS" in promtool("test", "rules", "other-names.rules.test.yml", cwd=folder)
    metrics = lambda: urllib.request.urlopen(f"http://{scraped.target}/metrics", timeout=PATIENCE).read().decode()
    until(lambda: "tt_asic_temperature_celsius" in metrics(), metrics)
    text = metrics()
    assert not promtool("check", "metrics", input=text).strip(), "promtool has something to say of the names"


def test_the_metrics_are_those_of_the_documentation(scraped):
    """Every exported metric is described; described metrics that this machine cannot show are in the code."""
    text = urllib.request.urlopen(f"http://{scraped.target}/metrics", timeout=PATIENCE).read().decode()
    exported = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    document = (host.ROOT / "docs" / "server.md").read_text()
    code = "".join((host.ROOT / "src" / name).read_text() for name in ("output/figures.hpp", "output/prometheus.cpp", "server/http/http_service.cpp", "server/server.cpp"))
    described = set(re.findall(r"`(tt_[a-z_]+)[`{]", (host.ROOT / "docs" / "figures.md").read_text()))  # which a unit test compares with the table
    for line in document.splitlines():
        if line.startswith("| `tt_"):
            first = None
            for name in re.findall(r"`([a-z_…]+)`", line.split("|")[1]):
                if name.startswith("_"):  # shares the beginning of the first name of its line
                    described.add(next(head + name for head in prefixes(first) if head + name in code))
                elif "…" not in name:
                    described.add(name)
                    first = name
    missing = {name for name in exported - described if not name.startswith("tt_server_socket_") and "_limit_" not in name}
    assert exported and not missing, f"exported and not described: {sorted(missing)}"
    assert not {name for name in described if name not in code}, "described and not in the code"


def prefixes(name):
    parts = name.split("_")
    return ["_".join(parts[:count]) for count in range(len(parts) - 1, 1, -1)]


@pytest.mark.parametrize("name", ["ttmem.json", "ttmem-fleet.json"])
def test_the_board_is_what_grafana_reads(name):
    board = json.loads((PACKAGING / "grafana" / name).read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) and board["uid"] and board["schemaVersion"] >= 36
    places = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not places & cells, f"{panel['title']} lies on another panel"
        places |= cells
    assert pathlib.Path(PACKAGING / "prometheus" / "ttmem.rules.yml").exists()
