# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The server's data: processes with ledgers that come and die, users and containers, and the history.

  server_data_test.py TTMEM LEDGER_HOLDER    exit code 1 when a test fails; what cannot be tested here says so as a skip
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from server_test import PATIENCE_S, Server, clean_environment, figures

NOBODY = 65534
SECOND_NS = 1_000_000_000


class Skip(Exception):
    """The machine does not let us."""


class Holder:
    """A process with a ledger of its own."""

    def __init__(self, program, directory, count=3, size=4096, *words, before=(), user=None, **environment):
        self.bytes = count * size
        self.process = subprocess.Popen(
            [*before, program, str(count), str(size), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, user=user,
            env=clean_environment(TT_ALLOC_LEDGER_DIR=directory, TT_ALLOC_TRACKING_ENABLED="1", **environment),
        )
        word, self.inner_pid = (self.process.stdout.readline().split() + ["", "0"])[:2]
        if word != "ready":
            code = self.process.wait()
            assert before, f"the process ended with {code}"
            raise Skip(f"{' '.join(map(str, before))} cannot run here")
        self.inner_pid = int(self.inner_pid)
        self.pid = self.process.pid

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()

    def end(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE_S)
        self.process.kill()
        self.process.wait()


def snapshot(program, directory, *before, user=None):
    done = subprocess.run([*before, program[0], "snapshot", "--json"], capture_output=True, text=True, timeout=PATIENCE_S, user=user, check=True,
                          env=clean_environment(TT_ALLOC_LEDGER_DIR=directory))
    return json.loads(done.stdout)


def history(program, directory, *options):
    done = subprocess.run([program[0], "history", "--json", *options], capture_output=True, text=True, timeout=PATIENCE_S,
                          env=clean_environment(XDG_STATE_HOME=directory))
    if "there is no history" in done.stderr:
        return {"processes": [], "series": [], "events": []}
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def eventually(make, holds):
    end = time.monotonic() + PATIENCE_S
    while True:
        value = make()
        if holds(value):
            return value
        assert time.monotonic() < end, f"waited in vain: {str(value)[:1000]}"
        time.sleep(0.02)


def test_a_death_is_noticed_at_once(program, holder, directory):
    """The server's own word, in its log, against the moment of the kill."""
    server = Server(directory, program=program, log="debug")
    took = []
    for _ in range(10):
        process = Holder(holder, directory)
        # Until it is followed: one that ends sooner is noticed by its ledger, without a line of its own.
        assert any(b", 1 processes live" in line for line in server.process.stderr)
        server.until(lambda: server.ask(144)["dram"] == process.bytes)  # it may have been read while it was still allocating
        killed = time.monotonic()
        process.kill()
        assert any(f"process {process.pid} ended".encode() in line for line in server.process.stderr)
        took.append(time.monotonic() - killed)
        assert figures(server.ask(144))[0] == 0, "the next answer knows"
    took.sort()
    print(f"  a death was noticed after {took[5] * 1e3:.1f} ms in the median, {took[-1] * 1e3:.1f} ms at most")
    server.stop()


def test_what_the_dead_held_stays(program, holder, directory):
    server = Server(directory, program=program)
    process = Holder(holder, directory, 5, 1 << 20)
    eventually(lambda: history(program, directory), lambda known: [p for p in known["processes"] if p["pid"] == process.pid])
    process.kill()
    known = eventually(lambda: history(program, directory), lambda known: known["processes"] and known["processes"][0]["state"] == "died")
    (dead,) = known["processes"]
    assert dead["pid"] == process.pid and dead["ended_ns"] and dead["devices"][0]["dram_peak_bytes"] == process.bytes
    assert dead["devices"][0]["dram_bytes"] == process.bytes
    assert {"start", "death"} <= {event["type"] for event in known["events"]}
    assert server.stop()[0] == 0


def points_of(known):
    """The moments of the card's own points, each a second's."""
    (points,) = [series["points"] for series in known["series"] if series["pid"] is None] or [[]]
    return [point[0] for point in points]


def test_a_killed_server_comes_back_with_everything(program, holder, directory):
    """SIGKILL in the middle of load: all ledgers are there at the first answer, and the history has no gap before the kill."""
    holders = [Holder(holder, directory, 10 + number, 4096, "churn") for number in range(8)]
    wanted = sum(process.bytes for process in holders)
    try:
        first = Server(directory, program=program)
        assert first.ask(144)["dram"] == wanted
        # Four seconds in a row: a machine that holds the server up for longer than one may cost a point.
        written = eventually(lambda: points_of(history(program, directory, "--seconds", "1")), lambda points: [p for p in points[3:] if p - 3 * SECOND_NS in points])
        killed_ns = time.time_ns()
        first.stop(signal.SIGKILL)
        begin = time.monotonic()
        second = Server(directory, program=program)
        assert second.ask(144)["dram"] == wanted, "the first answer is exact"
        print(f"  all of {len(holders)} processes were back {(time.monotonic() - begin) * 1e3:.0f} ms after the start of the second server")
        kept = points_of(history(program, directory, "--seconds", "1"))
        assert kept[:len(written)] == written, "what was written before the kill"
        print(f"  history's last point before the kill was {(killed_ns - max(p for p in kept if p <= killed_ns)) / 1e6:.0f} ms old")
        assert second.stop()[0] == 0
    finally:
        for process in holders:
            process.end()


def test_damaged_history_is_set_aside(program, holder, directory):
    place = pathlib.Path(directory, "ttmem")
    place.mkdir()
    (place / "history.db").write_bytes(b"no database, whatever its name" * 1000)
    server = Server(directory, program=program)
    eventually(lambda: (place / "history.db.damaged").exists(), bool)
    process = Holder(holder, directory)
    eventually(lambda: subprocess.run([program[0], "history", "--json", "--database", place / "history.db"], env=clean_environment(),
                                      capture_output=True).returncode, lambda code: code == 0)
    process.end()
    code, _, log = server.stop()
    assert code == 0 and "set aside" in log, log


def test_history_without_a_server_says_so(program, holder, directory):
    done = subprocess.run([program[0], "history", "--database", os.path.join(directory, "none.db")], env=clean_environment(), capture_output=True, text=True)
    assert done.returncode == 1 and "ttmem server" in done.stderr, done


@contextlib.contextmanager
def for_everybody(program, holder, directory):
    """Both where another user may run them: a build folder can be anywhere. Without what debuggers want: shared memory can be small."""
    os.chmod(directory, 0o1777)
    folders = {name: os.path.join(directory, name) for name in ("bin", "lib")}
    for folder in folders.values():
        os.mkdir(folder)
        os.chmod(folder, 0o755)

    def copied(source, folder):
        copy = os.path.join(folders[folder], os.path.basename(source))
        subprocess.run(["strip", "-o", copy, source], check=True)
        os.chmod(copy, 0o755)
        return copy

    build = pathlib.Path(program[0]).resolve().parent.parent
    for path in build.joinpath("lib").glob("libtt_alloc_client.so*"):
        copied(path, "lib")
    copied(build / "bin" / "ttmem-server", "bin")
    program, holder = (copied(program[0], "bin"), *program[1:]), copied(holder, "bin")
    os.environ["LD_LIBRARY_PATH"] = folders["lib"]
    try:
        if subprocess.run([holder], user=NOBODY).returncode != 2:
            raise Skip("another user cannot run programs here")
        yield program, holder
    finally:
        del os.environ["LD_LIBRARY_PATH"]


def test_two_users(program, holder, directory):
    """Every user sees the figures of every user's processes; a copied ledger is not believed."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be two users")
    with for_everybody(program, holder, directory) as (program, holder):
        two_users(program, holder, directory)


def two_users(program, holder, directory):
    ours = Holder(holder, directory, 2, 4096)
    theirs = Holder(holder, directory, 3, 4096, user=NOBODY)
    try:
        for user in (None, NOBODY):
            processes = {process["pid"]: process for process in snapshot(program, directory, user=user)["processes"]}
            assert set(processes) == {ours.pid, theirs.pid}
            assert processes[ours.pid]["state"] == processes[theirs.pid]["state"] == "live"
            assert processes[theirs.pid]["devices"][0]["dram_bytes"] == theirs.bytes
        server = Server(directory, program=program)
        assert server.ask(144)["dram"] == ours.bytes + theirs.bytes
        (ledger,) = pathlib.Path(directory, "tt_alloc.0").glob("*.ledger")
        forged = pathlib.Path(directory, f"tt_alloc.{NOBODY}", ledger.name)
        shutil.copy(ledger, forged)
        os.chown(forged, NOBODY, NOBODY)
        states = eventually(lambda: sorted(process["state"] for process in snapshot(program, directory)["processes"]), lambda states: len(states) == 3)
        assert states == ["live", "live", "untrusted"], states
        assert server.ask(144)["dram"] == ours.bytes + theirs.bytes
        assert server.stop()[0] == 0
    finally:
        ours.end()
        theirs.end()


def test_two_pid_namespaces(program, holder, directory):
    """Seen from outside by the pid that it has there; seen from inside, an outer process is shown by no pid of ours."""
    unshare = [shutil.which("unshare") or "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        raise Skip("unshare is not permitted here")
    outer = Holder(holder, directory, 2, 4096)
    inner = Holder(holder, directory, 3, 4096, before=unshare)
    try:
        server = Server(directory, program=program, log="debug")
        assert server.ask(144)["dram"] == outer.bytes + inner.bytes
        processes = snapshot(program, directory)["processes"]
        by_bytes = {process["devices"][0]["dram_bytes"]: process for process in processes}
        contained = by_bytes[inner.bytes]
        assert inner.inner_pid < 10 and contained["pid"] != inner.inner_pid
        assert contained["pid_visible"] and contained["state"] == "live"
        assert pathlib.Path(f"/proc/{contained['pid']}/comm").read_text().startswith("ledger_holder")
        seen = snapshot(program, directory, *unshare)["processes"]
        stranger = {process["devices"][0]["dram_bytes"]: process for process in seen}[outer.bytes]
        assert stranger["pid"] == outer.pid and not stranger["pid_visible"] and stranger["state"] == "live"
        os.kill(contained["pid"], signal.SIGKILL)
        server.until(lambda: server.ask(144)["dram"] == outer.bytes)
        assert server.stop()[0] == 0
    finally:
        outer.end()
        inner.end()


def test_shared_ledger_directories_are_named(program, holder, directory):
    usual, shared, other = (os.path.join(directory, name) for name in ("usual", "shared", "other"))
    for path in (usual, shared, other):
        os.mkdir(path, 0o755)
    holders = [Holder(holder, path, number, 4096, SLURM_JOB_ID="4711") for number, path in enumerate((usual, shared, other), 1)]
    config = pathlib.Path(directory, "server.toml")
    config.write_text(f'[ledgers]\nshared = ["{shared}"]\n')
    both = holders[0].bytes + holders[1].bytes
    try:
        for options in (("--ledger-dir", shared), ("--config", str(config))):
            server = Server(directory, *options, program=program, ledgers=usual)
            assert server.ask(144)["dram"] == both, "and not what nobody shared with us"
            late = Holder(holder, shared, 7, 4096)
            server.until(lambda late=late: server.ask(144)["dram"] == both + late.bytes)
            late.kill()
            server.until(lambda: server.ask(144)["dram"] == both)
            assert server.stop()[0] == 0
        (process,) = snapshot(program, usual)["processes"]
        assert process["container"]["job"] == "4711"
    finally:
        for process in holders:
            process.end()


def run_all(names):
    """Runs a module's tests, each in a folder of its own; the exit code."""
    program, holder = (sys.argv[1], "server"), sys.argv[2]
    failures = skips = 0
    tests = [(name, test) for name, test in names.items() if name.startswith("test_")]
    for name, test in tests:
        with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None, prefix="ttmem-server.") as directory:
            pathlib.Path(directory).chmod(0o755)
            try:
                test(program, holder, directory)
                print(f"ok   {name}")
            except Skip as why:
                skips += 1
                print(f"skip {name}: {why}")
            except Exception as error:  # the next test may still find something
                failures += 1
                print(f"FAIL {name}: {type(error).__name__}: {error}")
            finally:
                Server.end_all()
    print(f"{len(tests) - failures - skips} of {len(tests)} tests passed, {skips} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(run_all(globals()))
