#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The memory of the server: at rest, while it makes an answer with L1 (the page's largest), and after it.

  benchmarks/server_memory.py [--build build] [--before BUILD] [--processes 64] [--devices 32] [--mesh 32] [--buffers 128000] [--write]

The fleet is benchmarks/fleet's; each process opens all devices of a mesh, and its programs' circular buffers clash with the others' buffers, so that the list of clashes
ahead makes the answer long. --before names a build to compare with, whose server reads the same ledgers. The machine's load changes nothing of these figures.
"""
import argparse
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sections  # noqa: E402

HEADING = "## Memory of the server"


class Fleet:
    """Processes that hold buffers, in a folder of their own. A context manager; gives the environment that reads them."""

    def __init__(self, build, processes, devices, mesh, buffers):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-server-memory.", dir="/dev/shm"))
        self.environment = dict(os.environ, TT_ALLOC_LEDGER_DIR=str(self.folder), TT_ALLOC_TRACKING_ENABLED="1", XDG_STATE_HOME=str(self.folder))
        self.process = subprocess.Popen([build / "benchmarks/fleet", "--mock", "--processes", str(processes), "--devices", str(devices), "--mesh", str(mesh),
                                         "--buffers", str(buffers)], env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        assert self.process.stdout.readline().startswith("ready")
        return self.environment

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def mebibytes(pid):
    """(resident now, the most so far)"""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return tuple(int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) / 1024 for name in ("VmRSS", "VmHWM"))


def figures(build, environment):
    """{what: MiB} of that build's server, and of the answer."""
    server = subprocess.Popen([build / "bin/ttmem", "server", "--socket", pathlib.Path(environment["TT_ALLOC_LEDGER_DIR"]) / "socket", "--http", "127.0.0.1:0", "--api-socket", "off",
                               "--no-history"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        said = ""
        while "listening on" not in said:
            line = server.stderr.readline()
            assert line, said
            said += line
        connection = http.client.HTTPConnection("127.0.0.1", int(re.search(r"HTTP on http://127\.0\.0\.1:(\d+)", said).group(1)), timeout=600)

        def ask(path):
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text[:1000]
            return len(text) / 2**20

        ask("/api/v1/snapshot")
        rest, _ = mebibytes(server.pid)
        size = ask("/api/v1/snapshot?l1=true")
        ask("/api/v1/snapshot")  # answered once the large answer is gone
        after, most = mebibytes(server.pid)
        return {"the answer": size, "resident with totals alone": rest, "resident after the answer": after, "most at a time": most}
    finally:
        server.kill()
        server.wait()


def measure(options):
    print(f"{options.processes} processes on {options.devices} devices ({options.mesh} as one mesh), {options.buffers} buffers; the answer is `/api/v1/snapshot?l1=true`.\n")
    with Fleet(options.build, options.processes, options.devices, options.mesh, options.buffers) as environment:
        builds = ([("before", options.before)] if options.before else []) + [("now", options.build)]
        columns = {name: figures(build, environment) for name, build in builds}
    print("| MiB | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for row in columns["now"]:
        print(f"| {row} | " + " | ".join(f"{values[row]:.0f}" for values in columns.values()) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("--processes", 64), ("--devices", 32), ("--mesh", 32), ("--buffers", 128_000)):
        parser.add_argument(name, type=int, default=value)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--before", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="puts what is printed into benchmarks/RESULTS.md, too")
    options = parser.parse_args()
    sections.measured(HEADING, options.write, lambda: measure(options))


if __name__ == "__main__":
    main()
