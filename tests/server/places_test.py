# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Places that another user holds or that are full, and programs that run with another user's rights (docs/security.md). All as root, in mount namespaces of their own.

  places_test.py TTMEM LEDGER_HOLDER    exit code 1 when a test fails; what cannot be tested here says so as a skip
"""
import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import threading

from server_data_test import NOBODY, Holder, Skip, eventually, run_all
from server_test import PATIENCE_S, Server, clean_environment

# Runs in a mount namespace of its own: argv is what to prepare there (shell), then the command.
ALONE = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", 'eval "$1"; shift; exec "$@"', "-"]


def need_namespaces():
    if os.geteuid() != 0:
        raise Skip("needs root, to be two users")
    if shutil.which("unshare") is None or subprocess.run([*ALONE, "mount -t tmpfs none /dev/shm", "true"], capture_output=True).returncode != 0:
        raise Skip("mount namespaces are not permitted here")


# Starts the holder, looks around while it lives, and ends it. argv: TTMEM, LEDGER_HOLDER.
LOOK = """
import json, subprocess, sys
holder = subprocess.Popen([sys.argv[2], "2", "4096"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
assert holder.stdout.readline().startswith("ready")
done = subprocess.run([sys.argv[1], "snapshot", "--json"], capture_output=True, text=True)
doctor = subprocess.run([sys.argv[1], "doctor"], capture_output=True, text=True)
print(json.dumps({"pid": holder.pid, "snapshot": json.loads(done.stdout), "doctor": doctor.stdout}))
holder.communicate()
"""
SQUAT = f"mount -t tmpfs none /dev/shm; for i in '' $(seq -f .%g 99); do mkdir /dev/shm/tt_alloc.0$i; chown {NOBODY}:{NOBODY} /dev/shm/tt_alloc.0$i; done; mount -t tmpfs none /run; "


def test_readers_know_where_ledgers_go_when_all_names_are_taken(program, holder, directory):
    """Incident: a user who held 100 folders of root's name left root untracked. Its ledgers go where others cannot write, and every reader finds them there."""
    need_namespaces()
    for prepare, variables, expected in (("mkdir -m 700 /run/own", {"XDG_RUNTIME_DIR": "/run/own"}, "/run/own/tt_alloc.0/"), (":", {}, "/run/ttmem/tt_alloc.0/")):
        done = subprocess.run([*ALONE, SQUAT + prepare, sys.executable, "-c", LOOK, program[0], holder], capture_output=True, text=True, timeout=PATIENCE_S,
                              env=clean_environment(TT_ALLOC_TRACKING_ENABLED="1", **variables))
        assert done.returncode == 0 and done.stderr == "", done.stderr
        found = json.loads(done.stdout)
        (process,) = found["snapshot"]["processes"]
        assert process["pid"] == found["pid"] and process["state"] == "live" and process["ledger"].startswith(expected), process
        assert process["devices"][0]["dram_bytes"] == 8192


def test_a_set_uid_program_does_as_nobody_says(program, holder, directory):
    """Incident: with LD_PRELOAD out of reach, variables still made a set-uid program track itself and write where they said. They are not heard there."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be two users")
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ttmem-set-uid.") as place:
        pathlib.Path(place).chmod(0o777)
        library = next(pathlib.Path(program[0]).resolve().parents[1].joinpath("lib").glob("libtt_alloc_client.so.0.*"))
        shutil.copy(library, pathlib.Path(place, "libtt_alloc_client.so.0"))
        plain, raised = pathlib.Path(place, "plain"), pathlib.Path(place, "raised")
        subprocess.run(["cc", "-x", "c", "-o", plain, "-", "-x", "none", f"-Wl,-rpath,{place}", f"{place}/libtt_alloc_client.so.0"], input=b"""
            extern void tt_alloc_report_allocation_(int, unsigned long, unsigned char, unsigned long);
            extern const char* tt_alloc_own_ledger_path(void);
            int puts(const char*);
            int main(void) { tt_alloc_report_allocation_(0, 4096, 0, 4096); const char* path = tt_alloc_own_ledger_path(); puts(path ? path : ""); return 0; }""", check=True, capture_output=True)
        shutil.copy(plain, raised)
        for file, mode in ((plain, 0o755), (raised, 0o4755)):
            file.chmod(mode)
        ledgers = pathlib.Path(place, "ledgers")
        ledgers.mkdir()
        ledgers.chmod(0o777)
        said = {}
        for file in (plain, raised):
            done = subprocess.run([file], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, timeout=PATIENCE_S,
                                  env=clean_environment(TT_ALLOC_TRACKING_ENABLED="1", TT_ALLOC_LEDGER_DIR=str(ledgers)))
            assert done.returncode == 0, (file.name, done.returncode, done.stderr)
            said[file.name] = done.stdout.strip()
        assert said["plain"].startswith(f"{ledgers}/tt_alloc.{NOBODY}"), said
        assert said["raised"] == "" and not list(ledgers.glob("tt_alloc.0*")), said


def test_a_history_on_a_full_disk_goes_on(program, holder, directory):
    """A disk that is full, also of the write-ahead log alone: the server goes on, says it, and writes again when there is room."""
    need_namespaces()
    state = pathlib.Path(directory, "state")
    state.mkdir()
    prepare = f"mount -t tmpfs -o size=1500k none {state}"
    server = Server(directory, "--history", str(state / "history.db"), program=[*ALONE, prepare, *program])
    inside = pathlib.Path(f"/proc/{server.process.pid}/root{state}")  # the disk, as the server sees it

    def newest():
        """When the history was written last."""
        done = subprocess.run(["nsenter", f"--target={server.process.pid}", "--mount", pathlib.Path(program[0]).resolve(), "history", "--json", "--database", state / "history.db"],
                              capture_output=True, text=True, timeout=PATIENCE_S, env=clean_environment())
        if done.returncode != 0:
            return 0
        return max((point[0] for series in json.loads(done.stdout)["series"] for point in series["points"]), default=0)

    one = Holder(holder, directory, 2, 4096)
    try:
        first = eventually(newest, lambda when: when > 0)
        with contextlib.suppress(OSError), open(inside / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        server.until(lambda: re.search(rb"full|missing", said_of(server)))
        assert server.ask(144)["dram"] == 8192, "the server goes on"
        (inside / "filler").unlink()
        stopped = newest()
        eventually(newest, lambda when: when > max(first, stopped))
    finally:
        one.end()
    assert server.stop()[0] == 0


def test_the_monitor_with_something_else_in_the_place_of_its_settings(program, holder, directory):
    """Incidents: a folder there aborted the monitor, a FIFO held it, and what a link pointed at was overwritten."""
    for kind in ("folder", "fifo", "device", "link"):
        settings = pathlib.Path(directory, kind, "ttmem", "monitor.conf")
        settings.parent.mkdir(parents=True)
        linked = pathlib.Path(directory, kind, "linked")
        linked.write_text("not ours")
        if kind == "folder":
            settings.mkdir()
        elif kind == "fifo":
            os.mkfifo(settings)
        else:
            settings.symlink_to("/dev/zero" if kind == "device" else linked)
        before = settings.lstat()
        ours, its = pty.openpty()
        monitor = subprocess.Popen([program[0], "top", "-w"], stdin=its, stdout=its, stderr=subprocess.PIPE, start_new_session=True,
                                   env=clean_environment(TT_ALLOC_LEDGER_DIR=directory, XDG_CONFIG_HOME=str(pathlib.Path(directory, kind)), TERM="xterm"))
        os.close(its)
        try:
            assert os.read(ours, 65536), "it draws"
            os.write(ours, b"tq")  # t: a setting that it would write down at its end
            drain = threading.Thread(target=read_all, args=(ours,))
            drain.start()
            _, said = monitor.communicate(timeout=PATIENCE_S)
            drain.join()
        finally:
            monitor.kill()
            os.close(ours)
        assert monitor.returncode == 0 and b"rror" not in said, (kind, monitor.returncode, said)
        after = settings.lstat()
        assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode) and linked.read_text() == "not ours", kind


def read_all(terminal):
    with contextlib.suppress(OSError):  # EIO: the other side was closed
        while os.read(terminal, 65536):
            pass


def said_of(server):
    """All that the server has said so far."""
    os.set_blocking(server.process.stderr.fileno(), False)
    server.said += server.process.stderr.read() or b""
    return server.said


if __name__ == "__main__":
    sys.exit(run_all(globals()))
