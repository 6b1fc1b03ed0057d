#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of a scrape of a full machine: benchmarks/fleet's processes and devices, one server, /metrics and the JSON routes.

  benchmarks/scrape.py [--build build] [--processes 64] [--devices 32] [--mesh 32] [--buffers 100000] [--rounds 30] [--write]

A first answer reads all ledgers and renders; one that follows within the server's rest comes from what is there. `beside` is how long the old socket's
clients wait meanwhile: the answer to a QUERY while four scrapers ask without pause, against the same without a scraper.
"""
import argparse
import http.client
import os
import pathlib
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sections  # noqa: E402

HEADING = "## Scrapes"

ROUTES = ("/metrics", "/api/v1/snapshot", "/api/v1/processes", "/api/v1/buffers?limit=1000", "/healthz")


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    begin = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - begin
    assert answer.status == 200, (path, answer.status, body[:200])
    connection.close()
    return took, body


def ask_old_socket(path, count):
    """ms of each of `count` questions of 144 bytes."""
    times = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(path)
        question = struct.pack("<B3xi", 3, 0).ljust(144, b"\0")
        for _ in range(count):
            begin = time.perf_counter()
            client.sendall(question)
            left = 144
            while left:
                left -= len(client.recv(left))
            times.append((time.perf_counter() - begin) * 1000)
    return times


def line(name, times):
    times = sorted(times)
    print(f"| {name} | {statistics.median(times):.2f} | {times[int(len(times) * 0.95)]:.2f} | {times[-1]:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("--processes", 64), ("--devices", 32), ("--mesh", 32), ("--buffers", 100_000), ("--rounds", 30)):
        parser.add_argument(name, type=int, default=value)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--write", action="store_true", help="puts what is printed into benchmarks/RESULTS.md, too")
    options = parser.parse_args()
    return sections.measured(HEADING, options.write, lambda: measure(options))


def measure(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-scrape.", dir="/dev/shm"))
    folder.chmod(0o755)
    environment = dict(os.environ, TT_ALLOC_LEDGER_DIR=str(folder), TT_ALLOC_TRACKING_ENABLED="1")
    fleet = subprocess.Popen([options.build / "benchmarks/fleet", "--mock",
                              "--processes", str(options.processes), "--devices", str(options.devices), "--mesh", str(options.mesh),
                              "--buffers", str(options.buffers)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    server = None
    try:
        assert fleet.stdout.readline().startswith("ready")
        server = subprocess.Popen([options.build / "bin/ttmem", "server", "--socket", folder / "socket", "--http", "127.0.0.1:0", "--api-socket", "off",
                                   "--no-history"], env=environment, stderr=subprocess.PIPE, text=True)
        said = ""
        while "listening on" not in said:
            said += server.stderr.readline()
        port = int(re.search(r"HTTP on http://127\.0\.0\.1:(\d+)", said).group(1))
        _, body = get(port, "/metrics")
        series = [row for row in body.decode().splitlines() if not row.startswith("#")]
        print(f"{options.processes} processes, {options.devices} devices each of them, {options.buffers} buffers: "
              f"{len(series)} series, {len(body) / 1e6:.2f} MB\n")
        print("| answer | ms, median | 95 % | most |\n|---|---|---|---|")
        for route in ROUTES:
            times = []
            for _ in range(options.rounds):
                time.sleep(1.0)  # past the server's rest, as a scraper comes
                times.append(get(port, route)[0] * 1000)
            line(route, times)
        line("/metrics, again at once", [get(port, "/metrics")[0] * 1000 for _ in range(options.rounds)])
        read = re.search(r"^tt_server_read_seconds (\S+)", get(port, "/metrics")[1].decode(), re.M).group(1)
        print(f"\nReading the ledgers took {float(read) * 1000:.2f} ms of the last one.\n\n| beside | ms, median | 95 % | most |\n|---|---|---|---|")
        line("QUERY, nobody scrapes", ask_old_socket(str(folder / "socket"), 2000))
        stop = threading.Event()

        def scrape():
            while not stop.is_set():
                get(port, "/metrics")

        scrapers = [threading.Thread(target=scrape) for _ in range(4)]
        for scraper in scrapers:
            scraper.start()
        line("QUERY, four scrapers without pause", ask_old_socket(str(folder / "socket"), 2000))
        stop.set()
        for scraper in scrapers:
            scraper.join()
        server.terminate()
        return server.wait(30)
    finally:
        fleet.stdin.close()
        fleet.wait(30)
        if server and server.poll() is None:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
