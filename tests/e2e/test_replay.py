# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A recording of real ttnn looked at moment by moment: what ttnn said while it ran, in snapshots and on the monitor's screen."""
import collections
import json
import os
import re
import subprocess
import time

import host
import pytest
from terminal import Terminal
from test_monitor import human, listed_keys
from test_record import record


def snapshot(tools, path, at, *options):
    done = subprocess.run([tools.ttmem, "snapshot", "--replay", path, "--at", at, "--buffers", "--json", *options], env=tools.environment(), capture_output=True,
                          text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_moment_is_as_ttnn_said_it(tools, python):
    path, seen = tools.scratch / "run.ttrec", []

    def look(message):
        seen.append((time.time_ns(), [(a["rows"], message["pid"]) for a in message["allocators"]]))

    with host.Host(tools, record(tools, path, python, host.HOSTS / "recorded.py", "11", "900", "4"), "recorded") as process:
        last = host.run_through(process, look)
        assert process.end() == 0
    assert len(seen) > 5
    for time_ns, allocators in seen:
        shown = snapshot(tools, path, f"@{time_ns}")
        rows = collections.Counter((row["address"], row["bytes_per_bank"], row["kind"]) for row in shown["buffers"])
        assert rows == collections.Counter(tuple(row) for rows, _ in allocators for row in rows)
        assert [(p["pid"], p["state"]) for p in shown["processes"]] == [(allocators[0][1], "live")]
        held = collections.Counter()
        for row in shown["buffers"]:
            held[row["kind"]] += row["allocated_bytes"]
        memory = shown["devices"][0]["memory"]
        assert {kind: memory[kind]["allocated_bytes"] for kind in ("dram", "l1")} == {kind: held[kind] for kind in ("dram", "l1")}
        assert any(row["stack"] or row["operation"] for row in shown["buffers"]) or not shown["buffers"]
    peak = snapshot(tools, path, "peak")
    kind = max(last["most"], key=last["most"].get)
    assert peak["devices"][0]["memory"][kind]["allocated_bytes"] == peak["devices"][0]["memory"][kind]["peak_bytes"] == last["most"][kind]

    environment = tools.environment()
    map_of_peak = subprocess.run([tools.ttmem, "l1", "--replay", path, "--at", "peak", "--json"], env=environment, capture_output=True, text=True, timeout=host.PATIENCE)
    assert map_of_peak.returncode == 0, map_of_peak.stderr
    [chip] = json.loads(map_of_peak.stdout)["devices"]
    assert chip["programs"] == [] and chip["gauge"]["known"] in (True, False)
    assert chip["dram"]["buffer_bytes"] * chip["dram_banks"] == peak["devices"][0]["memory"]["dram"]["allocated_bytes"]
    piped = subprocess.run([tools.ttmem, "top", "--replay", path], env=environment, capture_output=True, text=True, timeout=host.PATIENCE)
    assert piped.returncode == 0 and str(seen[0][1][0][1]) in piped.stdout
    bad = subprocess.run([tools.ttmem, "top", "--replay", path, "--at", "step:7"], env=environment, capture_output=True, text=True, timeout=host.PATIENCE)
    assert bad.returncode == 1 and "no step 7 is in this recording" in bad.stderr
    with Terminal([os.fspath(tools.ttmem), "top", "--replay", os.fspath(path), "--view", "4"], environment, 120, 52) as terminal:
        screen = terminal.until("REPLAY")
        assert "peak" in screen and human(last["most"][kind]) in screen

        def event(screen):
            return int(re.search(r"event (\d+) of", screen).group(1))

        # A key without a row here fails, and so does a row without a key.
        peak_at, pressed = event(screen), set()

        def press(keys, seen):
            for key in keys:
                pressed.add(key)
                terminal.type(key)
            return terminal.until(seen, f"{keys} does its work")

        press(".", lambda screen: event(screen) == peak_at + 1)
        press(",", lambda screen: event(screen) == peak_at)
        press("[", lambda screen: event(screen) < peak_at)
        press("]]", lambda screen: event(screen) > peak_at)
        press("<", lambda screen: event(screen) == peak_at and "peak" in screen)
        press(">", lambda screen: event(screen) > peak_at)
        press("T", "go to (")
        terminal.type("end")
        terminal.keys("Enter")
        terminal.until(lambda screen: (found := re.search(r"event (\d+) of (\d+)", screen)) and found.group(1) == found.group(2))
        press("T", "go to (")
        terminal.type("nonsense")
        terminal.keys("Enter")
        terminal.until("is no moment")
        press("T", "go to (")
        terminal.type("peak")
        terminal.keys("Enter")
        terminal.until(lambda screen: event(screen) == peak_at)
        terminal.type("2")
        terminal.until(lambda screen: " DRAM " in screen and "100%" in screen)
        listed = listed_keys(tools, replay=True)
        assert pressed == {key for key, _, _ in listed}
        terminal.type("?")
        screen = terminal.until("this help")
        assert all(text in screen for _, _, text in listed)
        terminal.keys("Escape")
        terminal.type("q")
        terminal.until(lambda _: terminal.is_over())


def of_programs(chip):
    """Programs of a layout, without the facts that are as of the recorder's last look: the order of launches, and the contents of the ring."""
    programs = sorted(((row["id"], row["circular_buffers"], row["kernels"], row["operation"]) for row in chip["programs"]), key=lambda row: row[0])
    gauge = [(core["x"], core["y"], core["cached_end_address"], core["headroom_bytes"]) for core in chip["gauge"]["cores"]]
    return programs, sorted(gauge), chip["gauge"]["known"], chip["gauge"]["base_address"], chip["gauge"]["limit_address"], chip["gauge"]["clashes_ahead"], chip["l1"]


def of_cores(device):
    memory = device["memory"]
    buffers = {name: memory["circular_buffers"][name] for name in ("cached_union_bytes", "programs_sum_bytes", "high_water_bytes_per_core", "headroom_bytes_per_core")}
    return buffers, {name: memory["kernels"][name] for name in ("loaded_bytes", "application_bytes", "fabric_bytes", "ring_capacity_bytes_per_core")}


@pytest.mark.parametrize("cluster, mesh", [("n150", "1x1"), pytest.param("t3000", "2x4", marks=pytest.mark.long)])
def test_programs_and_refusals_of_a_moment(tools, python, cluster, mesh):
    """Circular buffers, the gauge, and why a launch clashed: each moment of the recording beside what was said live at it."""
    path, seen, refused, pid = tools.scratch / "programs.ttrec", [], {}, []

    def look(message):
        pid[:] = [message["pid"]]
        before = time.time_ns()
        live = tools.snapshot(), tools.l1()
        seen.append((message["checkpoint"], before, *live))
        if message["checkpoint"].endswith("clashed"):
            refused[before] = json.loads(tools.printed("why", "--json", str(pid[0]))), message["said"]

    with host.Host(tools, record(tools, path, python, host.HOSTS / "l1_clash.py", "--cached", "--mesh", mesh), "programs", cluster) as process:
        host.run_through(process, look)
        assert process.end() == 0
    for label, time_ns, live, live_l1 in seen:
        shown = snapshot(tools, path, f"@{time_ns}")
        if label == "add: before":  # no program was reported yet: live that is unknown, and a recording knows that none was loaded
            assert [of_cores(device)[0]["programs_sum_bytes"] for device in shown["devices"]] == [0] * len(live["devices"])
            continue
        assert [of_cores(device) for device in shown["devices"]] == [of_cores(device) for device in live["devices"]], label
        chips = json.loads(tools.printed("l1", "--replay", path, "--at", f"@{time_ns}", "--json"))["devices"]
        assert len(chips) == len(live_l1["devices"])
        for chip, truth in zip(chips, live_l1["devices"], strict=True):
            for then, now in zip(of_programs(chip), of_programs(truth), strict=True):
                assert then == now, label
        assert len(shown["failures"]) == len(live["failures"]), label
        for then, now in zip(shown["failures"], live["failures"], strict=True):
            assert {name: then[name] for name in now if name != "time_ns"} == {name: now[name] for name in now if name != "time_ns"}, label
    assert any(live_l1["devices"][0]["programs"] for _, _, _, live_l1 in seen) and len(refused) == 2
    assert any("\n" in (failure["exception"] or "") for _, _, live, _ in seen for failure in live["failures"]), "a text of several lines is among them"
    for time_ns, (live, said) in refused.items():
        then = json.loads(tools.printed("why", path, "--at", f"@{time_ns}", "--json"))
        same = ("verdict", "sentence", "pid", "devices", "kind", "operation", "stack", "wanted_bytes", "limit_bytes", "missing_bytes", "cores", "holders")
        assert {name: then[name] for name in same} == {name: live[name] for name in same}
        assert [(each["action"], each["bytes"]) for each in then["advice"]] == [(each["action"], each["bytes"]) for each in live["advice"]]
        assert str(then["limit_bytes"]) in said and then["picture"]
    text = " ".join(tools.printed("why", path, "--at", "end", "--width", "100").split())
    assert "which lived then" in text and "at the refusal" in text
    first = tools.printed("why", path, "--at", f"@{seen[1][1]}")
    assert "which lived then" not in first and "Who holds" in first, "before the first refusal the fullest device is shown"
    with Terminal([os.fspath(tools.ttmem), "top", "--replay", os.fspath(path), "--at", "end", "--view", "7"], tools.environment(), 120, 60) as terminal:
        terminal.until("Refusal 1 of 2")
        terminal.until(lambda screen: "which lived then" in " ".join(screen.split()), "which lived then")  # the sentence is wrapped where the command is long
        terminal.type("q")
        terminal.until(lambda _: terminal.is_over())
