# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Regions, watchers and the examples on real ttnn, as others see them."""
import json
import subprocess

import pytest
from conftest import HOSTS, ROOT


def test_watchers(own_python, runner):
    assert runner.answer(own_python, "watched.py")["done"]


def test_names_are_seen_by_others(own_python, runner):
    with subprocess.Popen([str(own_python), str(HOSTS / "regions.py")], env=runner.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        try:
            names = {int(address): name for address, name in json.loads(host.stdout.readline())["names"].items()}
            snapshot = runner.tools.snapshot()
            seen = {row["address"]: row["region"] for row in snapshot["buffers"] if row["address"] in names}
            assert seen == names and len(set(names.values())) > 300
            table = subprocess.run([runner.tools.ttmem, "snapshot", "--buffers"], env=runner.environment(tracked=False), capture_output=True, text=True).stdout
            assert "model/attention ✓" in table
            # Of the ledger's files only the one that its owner alone may read has the names.
            for file in runner.tools.ledger_files():
                has = b"model/attention" in file.read_bytes()
                assert has == (file.suffix == ".detail") and (not has or file.stat().st_mode & 0o077 == 0), file
        finally:
            host.communicate("\n")
    assert host.returncode == 0


@pytest.mark.parametrize("example, words", [
    ("model_memory.py", ["weights 8,454,144 B, activations at most", "Device 0: wormhole_b0 n150 (mock)", "circular buffers"]),
    ("clash_watcher.py", ["careful: device 0", "left between circular buffers and the lowest L1 buffer", ": refused: "]),
])
def test_examples(own_python, runner, example, words):
    done = runner.start(own_python, ROOT / "examples" / "python" / example)
    assert done.returncode == 0, done.stderr[-3000:]
    for word in words:
        assert word in done.stdout, done.stdout


def test_an_example_says_how_to_be_tracked(own_python, runner):
    done = runner.start(own_python, ROOT / "examples" / "python" / "model_memory.py", tracked=False)
    assert done.returncode != 0 and "TT_ALLOC_TRACKING_ENABLED=1" in done.stderr
