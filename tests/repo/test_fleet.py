# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus that scrapes several servers, each with a made-up machine room (benchmarks/fleet): our boards and rules, and the board of tt-mgmt."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from scraping import BUFFERS, Prometheus, Room, board_expressions, until, without_comparison

# The queries of the board that tt-mgmt publishes. Grafana fills its variables in for "All" with each value there is, not with ".*".
OF_TT_MGMT = (
    "max(tt_temperature_celsius)", "sum(tt_power_watts)", "count(tt_temperature_celsius)", "count(tt_process_cpu_percent)", "sum(tt_process_vm_swap_bytes) or vector(0)", "max(tt_dram_used_bytes / tt_dram_total_bytes * 100)",
    *(f'{name}{{device=~"$device"}}' for name in (
        "tt_temperature_celsius", "tt_power_watts", "tt_aiclk_mhz", "tt_voltage_millivolts", "tt_current_milliamps", "tt_dram_used_bytes", "tt_dram_total_bytes",
        "tt_l1_used_bytes", "tt_l1_total_bytes")),
    'tt_dram_used_bytes{device=~"$device"} / tt_dram_total_bytes{device=~"$device"} * 100',
    *(f'tt_process_{name}{{device=~"$device",pid=~"$pid"}}' for name in (
        "cpu_percent", "vm_rss_bytes", "dram_bytes", "threads", "vm_virt_bytes", "vm_swap_bytes", "l1_bytes", "cb_bytes")),
)
AT_MOST = 60  # series that a panel of the board for fleets may have


@pytest.fixture(params=[pytest.param((3, 8, 8), id="3-servers"), pytest.param((20, 50, 60), id="20-servers-of-50-devices", marks=pytest.mark.long)])
def fleet(request, root, build, tmp_path):
    """(the Prometheus, servers, devices and processes of each)"""
    servers, devices, processes = request.param
    if shutil.which("prometheus") is None:
        pytest.fail("no prometheus; scripts/setup.sh --for test installs it")
    if not (build / "benchmarks/fleet").exists():
        pytest.skip("benchmarks/fleet is not built; ./test.sh builds it")
    cards = tmp_path / "cards"
    subprocess.run([sys.executable, root / "tests/support/fake-kmd-tree", cards, *["n150"] * devices], check=True)
    with contextlib.ExitStack() as after:
        rooms = []
        for number in range(servers):
            rooms.append(Room(build, tmp_path / f"room{number}", cards, devices, processes))
            after.callback(rooms[-1].kill)
        prometheus = Prometheus(tmp_path, [room.target() for room in rooms], interval="1s" if servers < 10 else "5s", rules=("other-names.rules.yml",))
        after.callback(prometheus.process.kill)
        until(prometheus.ready, prometheus.log.read_text)
        yield prometheus, servers, devices, processes
        prometheus.end()
        for room in rooms:
            room.end()


def filled_in(expression, prometheus):
    """As Grafana does it for "All" of a variable without a value of its own for it."""
    for name in ("device", "pid"):
        values = {labels[name] for labels, _ in prometheus.query(f"count by ({name}) (tt_process_cpu_percent)")}  # as its board fills them in
        expression = expression.replace(f"${name}", "(" + "|".join(sorted(values)) + ")")
    return expression


def test_every_query_is_answered_for_a_fleet(fleet):
    prometheus, servers, devices, processes = fleet
    known = {
        "count(tt_device_info)": servers * devices,
        "sum(tt_device_memory_buffers)": servers * BUFFERS,
        "count(count by (instance, pid) (tt_process_memory_allocated_bytes))": servers * processes,
        "sum(up)": servers,
    }
    until(lambda: all([value for _, value in prometheus.query(text)] == [wanted] for text, wanted in known.items()),
          lambda: str({text: (prometheus.query(text), wanted) for text, wanted in known.items()}))
    for name in ("tt_process_dram_bytes", "tt_process_cpu_percent"):
        until(lambda name=name: len(prometheus.query(name)) == servers * processes, lambda name=name: f"{name}: {len(prometheus.query(name))}")

    rules = [rule for group in prometheus.get("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert len(rules) > 50 and not [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] == "err"]
    asked = {f"tt-mgmt: {text}": filled_in(text, prometheus) for text in OF_TT_MGMT}
    for name in ("ttmem.json", "ttmem-fleet.json"):
        asked |= {f"{name}: {title}: {text}": text for title, text in board_expressions(name)[0]}
    asked |= {f"rule {rule['name']}": rule["query"] if rule["type"] == "recording" else without_comparison(rule["query"]) for rule in rules}
    # The made-up cards have no fan, no trip counter and no L1_SMALL or trace region; their programs were never launched.
    unknown = re.compile(r"l1_small|trace|thermal_trip|circular_buffers_headroom")
    empty = {title: text for title, text in asked.items() if not unknown.search(title + text)}
    assert len(empty) > 90

    def all_have_data():
        for title, text in list(empty.items()):
            if prometheus.query(text):
                del empty[title]
        return not empty

    until(all_have_data, lambda: f"these find nothing: {json.dumps(empty, indent=1)}")
    long = {text: count for _, text in board_expressions("ttmem-fleet.json")[0] if (count := len(prometheus.query(text))) > AT_MOST}
    assert not long, "a board for fleets shows a choice, not every device"

    # The other exporters' figures are ours, on each device and for each process.
    sums = "sum(tt_dram_used_bytes)", "sum(tt_process_dram_bytes)", "sum(hw_gpu_memory_usage_bytes)", 'sum(tt_device_memory_allocated_bytes{kind="dram"})'
    until(lambda: len({prometheus.query(text)[0][1] for text in sums}) == 1, lambda: f"{[(text, prometheus.query(text)) for text in sums]}")
    for theirs, ours in (("vm_rss_bytes", "resident_bytes"), ("vm_virt_bytes", "virtual_bytes"), ("vm_swap_bytes", "swap_bytes"), ("threads", "threads")):
        found = [sorted((labels["instance"], labels["pid"]) for labels, _ in prometheus.query(f"sum by (instance, pid) (tt_process_{name})")) for name in (theirs, f"host_{ours}")]
        assert found[0] == found[1] and len(found[0]) == servers * processes, theirs
    # The kernel says the same of these processes, which hold still.
    for labels, value in prometheus.query("tt_process_host_virtual_bytes"):
        assert value == 1024 * int(re.search(r"^VmSize:\s+(\d+) kB", pathlib.Path(f"/proc/{labels['pid']}/status").read_text(), re.M).group(1))
    for labels, value in prometheus.query("tt_process_host_threads"):
        assert value == len(os.listdir(f"/proc/{labels['pid']}/task"))
    for labels, value in prometheus.query("tt_process_host_cpu_seconds_total"):
        ran = pathlib.Path(f"/proc/{labels['pid']}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        assert value * os.sysconf("SC_CLK_TCK") == pytest.approx(sum(map(int, ran)), abs=1)
