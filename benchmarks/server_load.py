#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of the server, and its behaviour under stress: load, deaths, restart, idle and flooding clients. Writes benchmarks/SERVER.md.

  server_load.py [--build DIR] [--processes 64] [--devices 32] [--buffers 1000000] [--output FILE]

Needs the programs `ttmem`, `fleet` and `socket_throughput` (a build with TTMEM_BUILD_BENCHMARKS=ON). Latencies are compared within one run: a server beside an
echo process under the same ten flooding clients.
"""
import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import pathlib
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "server"))
from legacy_streams import ALLOC, FREE, QUERY, message  # noqa: E402

SIZE = 128


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row(values, unit=1e3):
    return {"median": round(statistics.median(values) * unit, 3), "p99": round(percentile(values, 0.99) * unit, 3), "max": round(max(values) * unit, 3),
            "count": len(values)}


class Place:
    def __init__(self, build):
        self.build = pathlib.Path(build)
        self.folder = tempfile.mkdtemp(prefix="ttmem-load.", dir="/dev/shm")
        os.chmod(self.folder, 0o755)
        self.socket = os.path.join(self.folder, "socket")
        self.environment = dict(os.environ, TT_ALLOC_LEDGER_DIR=self.folder, XDG_STATE_HOME=self.folder)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Fleet:
    def __init__(self, place, *words):
        self.process = subprocess.Popen([place.build / "benchmarks" / "fleet", "--mock", *map(str, words)], env=place.environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pids = [int(word) for word in self.process.stdout.readline().split()[1:]]
        assert self.pids, "the fleet did not start"

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Server:
    def __init__(self, place, *words, log="debug", http="off"):
        self.place = place
        self.begun = time.monotonic()
        self.process = subprocess.Popen([place.build / "bin" / "ttmem", "server", "--socket", place.socket, "--http", http, "--api-socket", "off",
                                         "--log-level", log, *words], env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.rest = b""
        self.hear(b"listening on")

    def hear(self, what, patience=60):
        """The moment at which a line with that came, and the line."""
        end = time.monotonic() + patience
        while True:
            while b"\n" in self.rest:
                line, _, self.rest = self.rest.partition(b"\n")
                if what in line:
                    return self.heard, line
            assert select.select([self.process.stderr], [], [], end - time.monotonic())[0], f"never heard {what}"
            more = os.read(self.process.stderr.fileno(), 65536)
            self.heard = time.monotonic()
            assert more, f"the server ended with {self.process.wait()}"
            self.rest += more

    def drain(self):
        while select.select([self.process.stderr], [], [], 0)[0]:
            self.rest = os.read(self.process.stderr.fileno(), 65536)

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return {key: int(status.split(key + ":")[1].split()[0]) / 1024 for key in ("VmRSS", "VmHWM")}

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.communicate(timeout=60)


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)

    def ask(self, device=0):
        begin = time.monotonic()
        self.socket.sendall(message(SIZE, QUERY, device=device))
        reply = b""
        while len(reply) < SIZE:
            more = self.socket.recv(SIZE - len(reply))
            assert more
            reply += more
        return time.monotonic() - begin, struct.unpack_from("<Q", reply, 40)[0]

    def times(self, count, pause=0.005):
        took = []
        for _ in range(count):
            took.append(self.ask(99)[0])
            time.sleep(pause)
        return took


def measure_rest(place, options):
    """A fleet that holds its buffers and does nothing: what the server's own second costs, and a question to it."""
    fleet = Fleet(place, "--processes", options.processes, "--devices", options.devices, "--buffers", options.buffers)
    server = Server(place)
    client = Client(place.socket)
    client.ask(0)
    time.sleep(3)
    before, begin = server.processor_seconds(), time.monotonic()
    time.sleep(20)
    result = {"processor use, with history each second, %": round((server.processor_seconds() - before) / (time.monotonic() - begin) * 100, 2)}
    asked = []
    for _ in range(200):
        asked.append(client.ask(0)[0])
        time.sleep(0.05)
    result["a question, ms"] = row(asked)
    server.stop()
    fleet.end()
    return result


def measure_load(place, options):
    words = ["--processes", options.processes, "--devices", options.devices, "--buffers", options.buffers]
    fleet = Fleet(place, *words, "--rate", 20)
    server = Server(place)
    result = {"first answer after start, ms": None}
    client = Client(place.socket)
    _, dram = client.ask(0)
    result["first answer after start, ms"] = round((time.monotonic() - server.begun) * 1e3, 1)
    assert dram > 0
    time.sleep(3)
    before, begin = server.processor_seconds(), time.monotonic()
    time.sleep(10)
    result["processor use without questions, with history each second, %"] = round((server.processor_seconds() - before) / (time.monotonic() - begin) * 100, 1)
    asked = []
    for _ in range(60):
        asked.append(client.ask(0)[0])
        time.sleep(0.1)
    result["a question, ms"] = row(asked)
    result["memory, MiB"] = {key: round(value) for key, value in server.resident().items()}
    snapshot = []
    for words in ((), ("--buffers",)):
        begin = time.monotonic()
        subprocess.run([place.build / "bin" / "ttmem", "snapshot", "--json", *words], env=place.environment, stdout=subprocess.DEVNULL, check=True)
        snapshot.append(round(time.monotonic() - begin, 2))
    result["ttmem snapshot --json / --json --buffers, s"] = snapshot
    result["a death, ms"] = row(measure_deaths(server, fleet.pids[:40]))
    killed = time.time_ns()
    server.stop(signal.SIGKILL)
    again = Server(place)
    client = Client(place.socket)
    _, dram = client.ask(len(fleet.pids) - 1 if len(fleet.pids) <= options.devices else options.devices - 1)
    result["all back after SIGKILL and restart, ms"] = round((time.monotonic() - again.begun) * 1e3, 1)
    assert dram > 0
    history = json.loads(subprocess.run([place.build / "bin" / "ttmem", "history", "--json", "--seconds", "1", "--until", str(killed // 10**9)],
                                        env=place.environment, capture_output=True, check=True).stdout)
    last = max(point[0] for series in history["series"] for point in series["points"])
    result["history's last point before the kill, s"] = round((killed - last) / 1e9, 2)
    again.stop()
    fleet.end()
    return result


def measure_deaths(server, pids):
    """From the kill to the line in which the server says that its answers know."""
    took = []
    for pid in pids:
        time.sleep(0.15)
        server.drain()
        begin = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        took.append(server.hear(f"process {pid} ended".encode())[0] - begin)
    return took


def measure_pause(place, options):
    """`/healthz`, which the loop answers by itself, while no client asks and while one asks QUERY 20 times a second."""
    fleet = Fleet(place, "--processes", options.processes, "--devices", options.devices, "--buffers", options.buffers, "--rate", 20)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Server(place, "--no-history", http=f"127.0.0.1:{port}")
    over, asked = threading.Event(), []

    def ask():
        client = Client(place.socket)
        while not over.wait(0.05):
            asked.append(client.ask(0)[0])

    def ping(count=1500):
        connection, took = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
        for _ in range(count):
            begin = time.monotonic()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            took.append(time.monotonic() - begin)
            time.sleep(0.005)
        return took

    quiet = ping()
    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(1)
    busy = ping()
    over.set()
    asker.join()
    server.stop()
    fleet.end()
    return {"/healthz, nobody asks": row(quiet), "/healthz, one asks": row(busy), "the questions": row(asked)}


def measure_small_deaths(place):
    fleet = Fleet(place, "--processes", 40, "--devices", 4, "--buffers", 4000)
    server = Server(place)
    time.sleep(1)
    result = row(measure_deaths(server, fleet.pids))
    server.stop()
    fleet.end()
    return result


def measure_idle(place):
    server = Server(place, "--no-history", log="info")
    probe = Client(place.socket)
    rounds = {"alone": [], "with 1,000": []}
    for _ in range(3):
        rounds["alone"] += probe.times(400)
        idle = [Client(place.socket) for _ in range(1000)]
        time.sleep(0.5)
        rounds["with 1,000"] += probe.times(400)
        before = server.processor_seconds()
        time.sleep(2)
        rounds["processor s in 2 s"] = server.processor_seconds() - before
        for client in idle:
            client.socket.close()
        time.sleep(0.5)
    result = {name: row(values) for name, values in rounds.items() if isinstance(values, list)}
    result["processor time in 2 idle seconds, s"] = rounds["processor s in 2 s"]
    result["median, ratio"] = round(statistics.median(rounds["with 1,000"]) / statistics.median(rounds["alone"]), 2)
    server.stop()
    return result


def flood(path, stop):
    client = Client(path)
    batch = b"".join(message(SIZE, kind, size=4096, buffer_id=1 + i // 2) for i in range(512) for kind in ((ALLOC,) if i % 2 == 0 else (FREE,)))
    while not stop.is_set():
        client.socket.sendall(batch)


def echo(path, ready):
    """The least that a process can do for the same clients: take the bytes in, and give an answer where one is due."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(64)
    ready.set()
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    clients = {}
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                client, _ = listener.accept()
                clients[client.fileno()] = client
                poll.register(client, select.EPOLLIN)
                continue
            got = clients[fd].recv(16384)
            if not got:
                clients.pop(fd).close()
            elif got[0] == QUERY:
                clients[fd].sendall(got[:SIZE])


def measure_flood(place):
    """The probe asks the server; ten clients flood the server itself, or an unrelated echo process on the same machine."""
    server = Server(place, "--no-history", log="info")
    probe = Client(place.socket)
    echo_path = place.socket + ".echo"
    ready = multiprocessing.Event()
    peer = multiprocessing.Process(target=echo, args=(echo_path, ready), daemon=True)
    peer.start()
    ready.wait()
    took = {place.socket: [], echo_path: []}
    for _ in range(4):
        for target in took:
            stop = multiprocessing.Event()
            flooders = [multiprocessing.Process(target=flood, args=(target, stop), daemon=True) for _ in range(10)]
            for each in flooders:
                each.start()
            time.sleep(1)
            took[target] += probe.times(300, 0.01)
            stop.set()
            for each in flooders:
                each.join(10)
                each.kill()
            server.drain()
    peer.kill()
    server.stop()
    mine, theirs = took[place.socket], took[echo_path]
    return {"ten flood the server": row(mine), "ten flood an echo process": row(theirs),
            "median, ratio": round(statistics.median(mine) / statistics.median(theirs), 2), "p99, ratio": round(percentile(mine, 0.99) / percentile(theirs, 0.99), 2)}


def measure_throughput(build):
    """The old socket in its own thread on one core, beside a reader that throws the same bytes away (benchmarks/socket)."""
    found = {}
    for batch in (32, 1):
        words = [build / "benchmarks" / "socket_throughput", "8", "40" if batch > 1 else "10", str(batch)]
        result = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)  # it checks the totals
        for name in ("server", "sink"):
            found[f"{name}, {batch} a send"] = f"{result[name]['messages_per_cpu_second'] / 1e6:.2f} million messages a second of one core"
        found[f"processor time, ratio, {batch} a send"] = result["server_cpu_to_sink_cpu"]
    return found


def table(title, values):
    lines = [f"## {title}", "", "| | |", "|---|---|"]
    for name, value in values.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {part}" for key, part in value.items())
        elif isinstance(value, list):
            value = " / ".join(map(str, value))
        lines.append(f"| {name} | {value} |")
    return lines + [""]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=ROOT / "build")
    parser.add_argument("--processes", type=int, default=64)
    parser.add_argument("--devices", type=int, default=32)
    parser.add_argument("--buffers", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["throughput", "rest", "load", "pause", "deaths", "idle", "flood"], action="append")
    parser.add_argument("--output", type=pathlib.Path, help="write the page there, too")
    options = parser.parse_args()
    parts = {
        "throughput": ("The old socket: 8 clients, mixed types, 100,000 live keys", lambda place: measure_throughput(place.build)),
        "rest": (f"{options.processes} processes, {options.devices} devices, {options.buffers:,} live buffers, all at rest", lambda place: measure_rest(place, options)),
        "load": (f"{options.processes} processes, {options.devices} devices, {options.buffers:,} live buffers, of which each process replaces 20 a second", lambda place: measure_load(place, options)),
        "pause": ("What another client notices of the questions, with as many buffers, ms", lambda place: measure_pause(place, options)),
        "deaths": ("Deaths of processes with little, ms from the kill", lambda place: {"noticed after": measure_small_deaths(place)}),
        "idle": ("1,000 idle connections: a question, ms", measure_idle),
        "flood": ("Ten flooding clients: a question of another one, ms", measure_flood),
    }
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    page = ["# The server under load", "", "Written by `benchmarks/server_load.py`; do not edit.", "",
            f"- Command: `benchmarks/server_load.py {' '.join(sys.argv[1:])}`", f"- Date: {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}",
            f"- {os.cpu_count()} cores, load average at the start {os.getloadavg()[0]:.2f}; commit {commit}", ""]
    for name, (title, measure) in parts.items():
        if options.only and name not in options.only:
            continue
        place = Place(options.build)
        try:
            values = measure(place)
        finally:
            place.close()
        print(json.dumps({title: values}, indent=1), flush=True)
        page += table(title, values)
    if options.output:
        options.output.write_text("\n".join(page))


if __name__ == "__main__":
    main()
