# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Regions, watchers and the examples on real ttnn, as others see them."""
import contextlib
import http.client
import json
import re
import socket
import subprocess
import time

import pytest
from conftest import HOSTS, ROOT


def test_watchers(own_python, runner):
    done = runner.start(own_python, HOSTS / "watched.py")
    assert done.returncode == 0 and done.stdout.endswith('{"done": true}\n'), done.stdout[-2000:] + done.stderr[-4000:]
    assert "leaked" not in done.stderr


def test_tasks_and_children_have_regions_of_their_own(own_python, runner):
    assert runner.answer(own_python, "tasks.py")["done"]


@contextlib.contextmanager
def server(runner):
    """A server over the test's ledgers: the port of its HTTP and the path of its unix socket."""
    log, path = runner.scratch / "server.log", runner.scratch / "api.sock"
    command = [runner.tools.ttmem, "server", "--socket", runner.scratch / "old.sock", "--http", "127.0.0.1:0", "--api-socket", path, "--no-history"]
    with open(log, "wb") as output, subprocess.Popen(command, env=runner.environment(tracked=False), stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process:
        try:
            limit = time.monotonic() + 60
            while (port := re.search(r"HTTP on http://127\.0\.0\.1:(\d+)", log.read_text())) is None or not path.exists():
                assert process.poll() is None and time.monotonic() < limit, log.read_text()
                time.sleep(0.01)
            yield int(port.group(1)), path
        finally:
            process.terminate()


def regions_told(connection):
    connection.request("GET", "/api/v1/buffers?limit=1000")
    rows = json.loads(connection.getresponse().read())["buffers"]
    connection.close()
    return {row["address"]: row["region"] for row in rows}


def over_unix(path):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    return connection


def test_names_are_seen_by_others(own_python, runner):
    with subprocess.Popen([str(own_python), str(HOSTS / "regions.py")], env=runner.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        try:
            names = {int(address): name for address, name in json.loads(host.stdout.readline())["names"].items()}
            snapshot = runner.tools.snapshot()
            seen = {row["address"]: row["region"] for row in snapshot["buffers"] if row["address"] in names}
            assert seen == names and len(set(names.values())) > 300
            table = subprocess.run([runner.tools.ttmem, "snapshot", "--buffers"], env=runner.environment(tracked=False), capture_output=True, text=True).stdout
            assert "model/attention ✓" in table
            with server(runner) as (port, path):
                told = regions_told(over_unix(path))
                assert {address: told[address] for address in names} == names  # to the owner
                assert set(regions_told(http.client.HTTPConnection("127.0.0.1", port)).values()) == {None}  # to any other user
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
    places = [done.stdout.find(word) for word in words]
    assert -1 not in places and places == sorted(places), done.stdout  # a warning comes before the refusal


def test_an_example_says_how_to_be_tracked(own_python, runner):
    done = runner.start(own_python, ROOT / "examples" / "python" / "model_memory.py", tracked=False)
    assert done.returncode != 0 and re.search(r"^ttmem\.NotTrackedError: .*TT_ALLOC_TRACKING_ENABLED=1", done.stderr, re.M)
