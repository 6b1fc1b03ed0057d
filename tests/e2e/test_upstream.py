# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Upstream's own counters as a source: a stock process with nothing of ours is seen, a tracked one is counted once."""
import json
import os
import pathlib
import subprocess

import host

LEAVES = host.HOSTS / "leaves.py"


def remove_forgotten_regions():
    """A region has room for a bounded number of processes and keeps those that were killed: on a machine where many were, the next one finds none. Takes
    away our own regions that no process has mapped."""
    mapped = set()
    for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
        try:
            mapped |= {line.split()[-1] for line in maps.read_text().splitlines() if "/dev/shm/tt_device_" in line}
        except OSError:
            continue  # it ended, or is another user's
    for region in pathlib.Path("/dev/shm").glob("tt_device_*_memory"):
        if region.stat().st_uid == os.getuid() and str(region) not in mapped:
            region.unlink()


def look(tools):
    """Regions are where the stock wheel puts them. Other processes of this machine may be in them, too: only ours are judged."""
    done = subprocess.run([tools.ttmem, "snapshot", "--json", "--buffers"], env=tools.environment(TT_ALLOC_REGION_DIR="/dev/shm"),
                          capture_output=True, text=True, timeout=300, check=True)
    return json.loads(done.stdout)


def of(snapshot, pid):
    return [process for process in snapshot["processes"] if process["pid"] == pid]


def test_a_stock_process_is_seen_and_a_tracked_one_counts_once(tools, python):
    remove_forgotten_regions()
    command = [python, LEAVES, "return"]
    with host.Host(tools, command, "stock") as stock, host.Host(tools, command, "tracked", environment=tools.preload()) as tracked:
        stock.hear(), tracked.hear()
        snapshot = look(tools)
        (process,) = of(snapshot, stock.pid)
        assert (process["source"], process["state"], process["pid_visible"]) == ("upstream_shm", "live", True)
        (counted,) = of(snapshot, tracked.pid)
        assert counted["source"] == "ledger", "a process with a ledger and a region counts from its ledger"
        wanted = sum(buffer["requested_bytes"] for buffer in snapshot["buffers"] if buffer["pid"] == tracked.pid and buffer["kind"] == "dram")
        (use,) = process["devices"]
        assert use["dram_bytes"] == wanted > 0, "both run the same program; upstream counts what was asked for"
        assert use["dram_peak_bytes"] is None
        device = snapshot["devices"][use["index"]]
        assert counted["devices"][0]["index"] == use["index"], "one chip"
        assert device["mock"] and set(device["sources"]) == {"ledger", "upstream_shm"}
        assert device["memory"]["dram"]["upstream_bytes"] >= wanted
        assert device["memory"]["dram"]["allocated_bytes"] >= counted["devices"][0]["dram_bytes"] + wanted

        stock.kill()
        before = device["memory"]["dram"]["upstream_bytes"]
        (ghost,) = of(look(tools), stock.pid)
        assert ghost["state"] == "died" and "ghost" in ghost["reason"] and ghost["devices"][0]["dram_bytes"] == wanted
        tracked.kill()
        after = look(tools)
        (counted,) = of(after, tracked.pid)
        assert counted["source"] == "ledger" and counted["state"] == "died", "its ghost in the region is no second process"
        left = [each for each in after["devices"] if each["mock"] and each["id"] == device["id"]]
        assert sum(each["memory"]["dram"]["upstream_bytes"] or 0 for each in left) <= before - wanted
