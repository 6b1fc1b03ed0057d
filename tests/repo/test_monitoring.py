# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Rules, the Grafana boards and the Helm chart name what the server has: metrics and options. test_chart.py has Helm render the chart; test_fleet.py and tests/e2e/test_prometheus.py ask a real Prometheus with them."""
import json
import re
import shutil
import subprocess

import pytest
import yaml

PROMETHEUS = "packaging/prometheus"
CHART = "packaging/helm/ttmem"


def metrics_of(expression):
    """Names of ours in an expression: those of recording rules have a colon."""
    return set(re.findall(r"\b(tt_[a-z0-9_]+|hw_[a-z0-9_]+|tt:[a-z0-9_:]+)\b", re.sub(r'"[^"]*"', '""', expression)))


def rules_of(root, name):
    return [rule for group in yaml.safe_load((root / PROMETHEUS / name).read_text())["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def described(root):
    """The metrics that docs/figures.md and docs/server.md describe. A row of the latter names several that begin alike by what differs: `_…`."""
    text = (root / "docs/figures.md").read_text()
    names = set(re.findall(r"`(tt_[a-z0-9_]+)[`{]", text))
    for line in (root / "docs/server.md").read_text().splitlines():
        if line.startswith("| `tt_"):
            first, *rest = re.findall(r"`([a-z0-9_…]+)[`{]", line.split("|")[1])
            parts = first.split("_")
            names |= {first} | {name for name in rest if name.startswith("tt_")}
            names |= {"_".join(parts[:count]) + name for count in range(2, len(parts)) for name in rest if name.startswith("_")}
            if first.endswith("…_total"):
                names.add(first)
    return names


def is_described(name, described):
    return name in described or any("…" in pattern and re.fullmatch(pattern.replace("…", "[a-z0-9_]+"), name) for pattern in described)


def test_expressions_name_metrics_that_are_described(root, described):
    asked = set()
    for file in (root / "packaging/grafana").iterdir():
        board = json.loads(file.read_text())
        asked |= {(panel["title"], name) for panel in board["panels"] for target in panel.get("targets", []) for name in metrics_of(target["expr"])}
        asked |= {(f"variable {each['name']}", name) for each in board["templating"]["list"] if each["type"] == "query" for name in metrics_of(each["definition"])}
    made = set()
    for name in ("ttmem.rules.yml", "other-names.rules.yml"):
        for rule in rules_of(root, name):
            made.add(rule.get("record"))
            asked |= {(f"{name}: {rule.get('record', rule.get('alert'))}", each) for each in metrics_of(rule["expr"])}
    assert len(asked) > 60
    assert not sorted(f"{where} asks for {name}" for where, name in asked if name not in made and not is_described(name, described))


def test_rules_are_what_their_tests_say(root):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    for name in ("ttmem", "other-names"):
        done = subprocess.run(["promtool", "test", "rules", f"{name}.rules.test.yml"], capture_output=True, text=True, cwd=root / PROMETHEUS)
        assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr


def test_prometheus_reads_what_the_collectors_recipe_gives_it(root, tmp_path):
    """docs/integrations.md: the receiver takes a Prometheus configuration."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    block = re.search(r"<!-- recipe: otel -->\n```yaml\n(.*?)```", (root / "docs/integrations.md").read_text(), re.S).group(1)
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(yaml.safe_load(block)["receivers"]["prometheus"]["config"]))
    done = subprocess.run(["promtool", "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_chart_names_options_of_the_server_and_its_version(root, build):
    template = (root / CHART / "templates/daemonset.yaml").read_text()
    options = set(re.findall(r"^ +- (--[a-z-]+)", template, re.M))
    offered = subprocess.run([build / "bin/ttmem", "server", "--help"], capture_output=True, text=True, check=True).stdout
    assert len(options) > 8 and not {option for option in options if option not in offered.split()}
    chart = yaml.safe_load((root / CHART / "Chart.yaml").read_text())
    version = re.search(r"^project\(ttmem VERSION ([0-9.]+)", (root / "CMakeLists.txt").read_text(), re.M).group(1)
    assert chart["version"] == chart["appVersion"] == version
