# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Starts the programs of tests/hosts, tracked or not, and talks to them; takes snapshots with `ttmem` as any other process would."""
import contextlib
import functools
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOSTS = ROOT / "tests" / "hosts"
CLUSTERS = ROOT / "tests" / "support" / "clusters"
PATIENCE = 180  # seconds for one answer: kernels may have to be compiled; only a hang is a failure


class HostDied(Exception):
    """The host ended where it should have answered. `crashed`: by a signal or an error of its own."""

    def __init__(self, host, returncode):
        super().__init__(f"{host.name} ended with {returncode}\n{host.errors()[-3000:]}")
        self.returncode = returncode


@functools.cache
def libstdcxx():
    return subprocess.check_output(["c++", "-print-file-name=libstdc++.so.6"], text=True).strip()


class Tools:
    """The programs under test and the environment that they and their hosts get."""

    def __init__(self, build, ledgers, scratch, caches, hooks=None, runtime=None):
        """`hooks`: another build of the hooks library; `runtime`: the sanitizer's runtime that it needs, before everything else in a host."""
        self.build, self.ledgers, self.scratch = pathlib.Path(build), pathlib.Path(ledgers), pathlib.Path(scratch)
        self.ttmem = self.build / "bin" / "ttmem"
        self.hooks = pathlib.Path(hooks or self.build / "lib" / "libtt_alloc_hooks.so")
        self.caches, self.runtime = caches, runtime
        self.named = {"TTMEM_HOOKS_LIBRARY": str(self.hooks)} if hooks else {}

    def environment(self, cluster=None, **changes):
        """A clean environment: nothing of the caller's tracking or tt-metal settings leaks in."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTNN_", "TTMEM_", "LD_", "PYTHON"))}
        kept |= self.caches | self.named
        kept |= {"TT_ALLOC_LEDGER_DIR": str(self.ledgers), "TT_LOGGER_LEVEL": "fatal", "TT_METAL_LOGS_PATH": str(self.scratch)}
        if cluster:
            kept["TT_METAL_MOCK_CLUSTER_DESC_PATH"] = str(cluster if os.sep in str(cluster) else CLUSTERS / f"{cluster}.yaml")
        for key, value in changes.items():
            kept.pop(key, None)
            if value is not None:
                kept[key] = str(value)
        if self.runtime:
            # The runtime looks for __cxa_throw once, as it starts, and the interpreter is not linked to libstdc++.
            kept["LD_PRELOAD"] = ":".join(part for part in (self.runtime, libstdcxx(), kept.get("LD_PRELOAD")) if part)
            # Memory that CPython and ttnn leak at their end is not ours. `ttmem run` puts the hooks in front of what is preloaded.
            kept["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1:verify_asan_link_order=0"
        return kept

    def without_runtime(self, environment):
        """Of a server, which loads no hooks: with the sanitizer's runtime in front of a program that is not built for it, exit() waits for ever in
        a destructor of p11-kit, for glibc's lock of locales."""
        return {name: value for name, value in environment.items() if not self.runtime or name not in ("LD_PRELOAD", "ASAN_OPTIONS")}

    def preload(self):
        return {"LD_PRELOAD": str(self.hooks), "TT_ALLOC_TRACKING_ENABLED": "1"}

    def snapshot(self, *options):
        done = subprocess.run([self.ttmem, "snapshot", "--json", "--buffers", *options], env=self.environment(), capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, f"ttmem snapshot ended with {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def printed(self, *words):
        """The output of `ttmem` with these words."""
        done = subprocess.run([self.ttmem, *words], env=self.environment(), capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f"ttmem {words} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def l1(self, *options):
        done = subprocess.run([self.ttmem, "l1", "--json", *options], env=self.environment(), capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f"ttmem l1 ended with {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def ledger_files(self):
        return sorted(path for path in self.ledgers.rglob("*") if path.is_file())


class Host:
    """A running host program. A context manager: whatever happens, it is gone afterwards."""

    def __init__(self, tools, command, name, cluster="n150", environment=None):
        self.name = name
        self.error_path = tools.scratch / f"{name}.{time.monotonic_ns()}.err"
        with open(self.error_path, "wb") as errors:
            self.process = subprocess.Popen([str(part) for part in command], cwd=tools.scratch, env=tools.environment(cluster, **(environment or {})),
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
        self.pending = b""

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if failure[0] is not None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # what hangs, and children that outlived it
        except ProcessLookupError:
            pass
        self.process.wait()

    def errors(self):
        return self.error_path.read_text(errors="replace")

    def own_lines(self):
        """Lines on its stderr that our libraries wrote, and not ttnn, whose lines may hold our name as part of a path."""
        return [line for line in self.errors().splitlines() if line.startswith("ttmem")]

    def hear(self, patience=PATIENCE):
        """The next message; HostDied if there is none."""
        limit = time.monotonic() + patience
        while b"\n" not in self.pending:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, limit - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 1 << 20) if ready else None
            if chunk is None:
                raise AssertionError(f"{self.name} did not answer for {patience} s\n{self.errors()[-3000:]}")
            if not chunk:
                raise HostDied(self, self.process.wait(PATIENCE))
            self.pending += chunk
        line, _, self.pending = self.pending.partition(b"\n")
        return json.loads(line)

    def say(self, text="go"):
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise HostDied(self, self.process.wait(PATIENCE)) from None

    def end(self):
        """Asks the program to end and returns its exit status."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        return self.process.wait(PATIENCE)


def run_through(host, look=lambda message: None):
    """Answers every checkpoint after `look` has seen it; returns the last message."""
    while True:
        message = host.hear()
        if message.get("end"):
            return message
        look(message)
        host.say()


def shared_segments():
    """Files that libraries under ttnn leave in shared memory when a process of ours is killed: Open MPI's segments, upstream's counters."""
    found = set()
    for path in pathlib.Path("/dev/shm").glob("*"):
        with contextlib.suppress(OSError):  # it went meanwhile
            if re.match(r"sm_segment\.|tt_device_|TT_UMD_LOCK\.", path.name) and path.stat().st_uid == os.geteuid():
                found.add(path)
    return found


def until(holds, what="that"):
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit, f"waited in vain for {what}"
        time.sleep(0.002)


def state_letters(pid):
    """Those of all its threads: {"T"} when the process has stopped altogether."""
    letters = set()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # that thread has ended
            letters.add((task / "stat").read_text().rpartition(")")[2].split()[0])
    return letters


def everything_mapped():
    """The maps of all processes that we may look into, as one text."""
    texts = []
    for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):  # it ended, or is another user's
            texts.append(maps.read_text(errors="replace"))
    return "\n".join(texts)


@contextlib.contextmanager
def tidy_shared_memory():
    """Removes afterwards what appeared meanwhile and no process maps."""
    before = shared_segments()
    try:
        yield
    finally:
        appeared = shared_segments() - before
        mapped = everything_mapped() if appeared else ""
        for path in appeared:
            if str(path) not in mapped:
                path.unlink(missing_ok=True)
