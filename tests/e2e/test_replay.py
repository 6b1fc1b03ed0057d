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
    assert (chip["programs"], chip["rings"]) == (None, None), "no recording has them"
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
