# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's workload, as demo.sh runs it: it shows what it promises, the figures beside it are its own, and it ends on request."""
import json
import signal
import subprocess
import sys
import time

import host
import pytest
import truth

WORKLOAD = host.ROOT / "demo" / "workload.py"


def wait_for(path, process):
    limit = time.monotonic() + host.PATIENCE
    while not path.exists():
        assert process.process.poll() is None, process.errors()[-2000:]
        assert time.monotonic() < limit, f"{path} did not appear"
        time.sleep(0.05)


@pytest.mark.parametrize("cluster,devices", [("n150", 1), ("t3000", 8)])
def test_snapshot_in_the_middle_of_the_workload(tools, python, cluster, devices):
    path = tools.scratch / "checkpoint.json"
    command = [tools.ttmem, "run", "--", python, WORKLOAD, "--phase-seconds", "0.1", "--checkpoint-file", path]
    with host.Host(tools, command, "workload", cluster) as process:
        wait_for(path, process)
        told = json.loads(path.read_text())
        snapshot = tools.snapshot()
        seen = truth.process_of(snapshot, told["pid"])
        assert seen["state"] == "live"
        assert len(told["devices"]) == len(seen["devices"]) == devices
        ours = {device["id"]: device for device in seen["devices"]}
        for device in told["devices"]:
            for kind in truth.KINDS:
                assert ours[device["id"]][f"{kind}_bytes"] == device["memory"][kind]["allocated_bytes"] > 0, (device["id"], kind)
        assert list(truth.layout_differences(snapshot)) == []
        saved = tools.scratch / "snapshot.json"
        saved.write_text(json.dumps(snapshot))
        compared = subprocess.run([sys.executable, host.ROOT / "demo" / "compare.py", path, saved], capture_output=True, text=True)
        assert compared.returncode == 0, compared.stdout
        assert f"{4 * devices} figures compared, 0 differ" in compared.stdout
        ours[told["devices"][0]["id"]]["dram_bytes"] += 1
        saved.write_text(json.dumps(snapshot))
        assert subprocess.run([sys.executable, host.ROOT / "demo" / "compare.py", path, saved], capture_output=True).returncode == 1
        (tools.scratch / "checkpoint.json.go").touch()
        assert process.process.wait(60) == 0, process.errors()[-2000:]


def test_workload_moves_and_ends_when_told(tools, python):
    """DRAM and L1 change from phase to phase; SIGTERM closes the device and ends it with status 0."""
    with host.Host(tools, [tools.ttmem, "run", "--", python, WORKLOAD, "--phase-seconds", "0.05"], "workload") as process:
        levels = set()
        limit = time.monotonic() + host.PATIENCE
        while len({dram for dram, _ in levels}) < 3 or len({l1 for _, l1 in levels}) < 3:
            assert time.monotonic() < limit and process.process.poll() is None, f"seen {levels}\n{process.errors()[-2000:]}"
            devices = tools.snapshot()["devices"]
            if devices and devices[0]["memory"]["dram"]["allocated_bytes"] is not None:
                levels.add((devices[0]["memory"]["dram"]["allocated_bytes"], devices[0]["memory"]["l1"]["allocated_bytes"]))
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(60) == 0
        assert b"closed the device and ended" in process.process.stdout.read()
