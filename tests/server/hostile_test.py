# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks by another user on the tools and the server, and their outcome (docs/security.md).

  hostile_test.py TTMEM LEDGER_HOLDER    exit code 1 when a test fails; what cannot be tested here says so as a skip
"""
import contextlib
import csv
import fcntl
import gzip
import io
import json
import os
import pathlib
import pickletools
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from xml.etree import ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import protocol_buffers  # noqa: E402
from server_data_test import NOBODY, Holder, Skip, run_all  # noqa: E402
from server_test import PATIENCE_S, Server, clean_environment  # noqa: E402

# Names that steer a terminal, end a line, turn the direction of text, break a table, or are a formula.
HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred", "a\r\nttmem server: error: forged", "\u009b31mred", "\u202etxt.exe\u2066", "=HYPERLINK(\"http://x\")", "@SUM(1+1)|a",
    "<script>alert(1)</script>", "a\",\"b", "# HELP forged\nforged 1", "\u2028line\u200b\ufeff", "\x7f\x08\x08", "{device=\"0\"} 1e9",
)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

# Each subcommand that prints what others wrote, and its arguments. A subcommand that is in the help and not here fails the test:
# a new output has to be put in.
OUTPUTS = {
    "snapshot": [[], ["--json"], ["--buffers"], ["--json", "--buffers"]],
    "top": [[], ["--json"], ["--csv"], ["--query", "process.command,process.user"]],
    "l1": [[], ["--json"]],
    "history": [[], ["--json"], ["--csv"]],
    "doctor": [[], ["--json"]],
    "why": [[], ["--json"]], "holders": [[], ["--json"]], "fits": [["--shape", "4096,409600"], ["--json", "--shape", "4096,409600"]], "boards": [[]],
}
# These work on a recording: test_hostile_names_in_pages_and_exports.
OF_RECORDINGS = {"report", "diff", "export"}
# These take a program to work on, go on for ever, or print nothing of others.
OTHERS = {"run", "server", "attach", "detach", "help", "record", "dry-run", "web", "completion", "manual"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def hostile_holder(holder, directory, name, number):
    """A process whose command line and region are called like that; in a program of that name where a file may be."""
    program = holder
    with contextlib.suppress(OSError, ValueError):
        called = pathlib.Path(directory, f"names{number}")
        called.mkdir()
        program = str(called / name.replace("/", "_")[:100])
        shutil.copy(holder, program)
    return Holder(program, directory, 2, 4096 + number, name)


def check(text, where):
    decoded = text.decode()  # fails when it is no UTF-8
    found = CONTROL.search(decoded)
    assert found is None, f"{where}: {found.group()!r} in {decoded[max(0, found.start() - 40):found.end() + 40]!r}"
    return decoded


def check_csv(text, where):
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            plain = cell.strip(" ")
            is_number = re.fullmatch(r"[-+.0-9eE]*", plain)
            assert not plain or plain[0] not in "=+-@" or is_number, f"{where}: {cell!r} is a formula"


def subcommands(program):
    text = subprocess.run([program[0], "--help"], capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout
    return set(re.findall(r"^  ([a-z][a-z0-9-]*)\b", text, re.M))


def test_hostile_names_in_every_output(program, holder, directory):
    names = subcommands(program)
    assert {"snapshot", "top", "doctor"} <= names, names
    known = OUTPUTS.keys() | OF_RECORDINGS | OTHERS
    assert names <= known, f"outputs that this test does not know: {names - known}"
    port = free_port()
    server = Server(directory, "--http", f"127.0.0.1:{port}", program=program, log="debug")
    holders = [hostile_holder(holder, directory, name, number) for number, name in enumerate(HOSTILE)]
    dead = hostile_holder(holder, directory, HOSTILE[0], 99)
    dead.kill()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/openapi.json", timeout=PATIENCE_S) as answer:
            paths = list(json.load(answer)["paths"])
        assert "/metrics" in paths and "/api/v1/snapshot" in paths, paths
        for path in paths:
            if path == "/api/v1/events":  # without end: what it sends is an event's numbers
                continue
            for question in (path, path + "?buffers=true"):
                with contextlib.suppress(urllib.error.HTTPError):
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}{question}", timeout=PATIENCE_S) as answer:
                        text = check(answer.read(), question)
                if path == "/metrics" and question == path:
                    assert "forged 1\n" not in text and text.count("tt_device_info{") >= 1
        environment = clean_environment(TT_ALLOC_LEDGER_DIR=directory, XDG_RUNTIME_DIR=directory, XDG_STATE_HOME=directory, COLUMNS="300")
        for name in sorted(names & OUTPUTS.keys()):
            for words in OUTPUTS[name]:
                done = subprocess.run([program[0], name, *words], capture_output=True, timeout=PATIENCE_S, env=environment)
                text = check(done.stdout, (name, *words))
                check(done.stderr, (name, *words))
                if "--csv" in words or "--query" in words:
                    check_csv(text, (name, *words))
        listed = subprocess.run([program[0], "snapshot", "--json", "--buffers"], capture_output=True, timeout=PATIENCE_S, env=environment, check=True)
        seen = {process["pid"] for process in json.loads(listed.stdout)["processes"]}
        assert {one.pid for one in holders} <= seen, "the processes with hostile names are there"
    finally:
        for one in holders:
            one.end()
    _, _, log = server.stop()
    check(log.encode(), "the server's log")


def hooks_to_preload(program):
    hooks = pathlib.Path(program[0]).resolve().parents[1] / "lib" / "libtt_alloc_hooks.so"
    if not hooks.exists():
        raise Skip(f"{hooks} is not built")
    if any(runtime in hooks.read_bytes() for runtime in (b"__asan_init", b"__tsan_init")):
        raise Skip("a sanitizer's run-time has to come first in a process, so that these hooks cannot be preloaded alone")
    return hooks


def choices(program, command, option):
    """The words that an option of the command takes, by its help: a new form is tested too."""
    text = subprocess.run([program[0], command, "--help"], capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout
    return re.search(rf"{option} [A-Z]+:{{([a-z_,]+)}}", text)[1].split(",")


def texts_of_pickle(data):
    yield from (argument.encode() for operation, argument, _ in pickletools.genops(data) if isinstance(argument, str))


def texts_of_profile(data):
    """The string table of profile.proto, field 6."""
    return [value for number, value in protocol_buffers.fields(gzip.decompress(data)) if number == 6]


def texts_of_database(data):
    """Each text of each row. Lines of a stack end as lines do."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with contextlib.closing(sqlite3.connect(file.name)) as database:
            database.text_factory = bytes
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in database.execute(f"SELECT * FROM {table.decode()}"):
                    yield from (line for cell in row if isinstance(cell, bytes) for line in cell.split(b"\n"))


# Exports that are no text: their texts, each as bytes.
PACKED = {"memory_viz": texts_of_pickle, "pprof": texts_of_profile, "visualizer": texts_of_database}


def test_hostile_names_in_pages_and_exports(program, holder, directory):
    """Recordings of programs with hostile names: no text, page, picture or file for another program carries what steers or is run."""
    hooks_to_preload(program)  # by ttmem record
    environment = clean_environment(TT_ALLOC_LEDGER_DIR=directory, TT_ALLOC_TRACKING_ENABLED="1", XDG_RUNTIME_DIR=directory)
    formats, lists, groups = choices(program, "export", "--to"), choices(program, "report", "--folded"), choices(program, "report", "--by")
    assert {"csv", "perfetto", "pprof", "visualizer"} <= set(formats) and "peak" in lists and "scope" in groups, (formats, lists, groups)
    for number, name in enumerate(("\x1b[31m<script>x", "=1+1|\r\nforged", "\u202etxt&amp;<b>\"")):
        named = pathlib.Path(directory, f"recorded{number}", name)
        named.parent.mkdir()
        shutil.copy(holder, named)
        file = named.parent / "made.ttrec"
        recorded = subprocess.run([program[0], "record", "-o", file, "--", named, "2", "4096", name], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
                                  env=environment)
        assert recorded.returncode == 0, recorded.stderr
        check(recorded.stderr, "record")
        made = {form: named.parent / f"made.{form}" for form in ("html", "svg")}
        asked = [["report", file], ["report", "--json", file], ["report", "--at", "0", file], ["diff", file, file], ["diff", "--json", file, file],
                 ["report", "--html", made["html"], file], ["report", "--flame", made["svg"], file],
                 *(["report", "--by", group, file] for group in groups), *(["report", "--folded", kind, file] for kind in lists),
                 *(["export", "--to", form, "-o", "-", file] for form in formats)]
        for words in asked:
            done = subprocess.run([program[0], *words], capture_output=True, timeout=PATIENCE_S, env=environment)
            assert done.returncode == 0, (words, done.stderr)
            check(done.stderr, words)
            packed = next((PACKED[word] for word in words if word in PACKED), None)
            if packed is None:
                text = check(done.stdout, words)
            else:
                names = list(packed(done.stdout))
                assert names, words
                for packed_name in names:
                    check(packed_name, words)
            if "csv" in words:
                check_csv(text, words)
        page = check(made["html"].read_bytes(), "report --html")
        assert "<script>x" not in page and "<b>\"" not in page
        ElementTree.fromstring(check(made["svg"].read_bytes(), "report --flame"))


def raw_answer(port, head):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
        client.sendall(head.encode())
        return client.recv(200).decode()


def test_two_host_headers_are_refused(program, holder, directory):
    port = free_port()
    Server(directory, "--http", f"127.0.0.1:{port}", program=program)
    good = f"Host: 127.0.0.1:{port}\r\n"
    assert " 200 " in raw_answer(port, f"GET /healthz HTTP/1.1\r\n{good}\r\n")
    for more in ("Host: evil.example\r\n", good, "Content-Length: 0\r\nContent-Length: 0\r\n"):
        answer = raw_answer(port, f"GET /healthz HTTP/1.1\r\n{good}{more}\r\n")
        assert " 400 " in answer, (more, answer)


@contextlib.contextmanager
def squat(taken, path, user):
    """While it lasts a process of that user listens at the path ("socket") or holds its lock ("lock"). Forked, since another user may be kept from starting this Python."""
    said, say = os.pipe()
    squatter = os.fork()
    if squatter == 0:
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            if taken == "socket":
                listening = socket.socket(socket.AF_UNIX)
                listening.bind(path)
                listening.listen()
            else:
                fcntl.flock(os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
            os.write(say, b"ready")
            signal.pause()
        finally:
            os._exit(1)
    os.close(say)
    try:
        assert os.read(said, 5) == b"ready", "the other user cannot take it"
        yield
    finally:
        os.close(said)
        os.kill(squatter, signal.SIGKILL)
        os.waitpid(squatter, 0)


def test_a_squatter_on_the_socket_keeps_nobody_from_the_rest(program, holder, directory):
    """Incident: a user who held the old socket's name, or its lock, kept root's server from starting."""
    if os.geteuid() != 0:
        raise Skip("two users are needed: run as root")
    place = pathlib.Path(directory, "everybodys")
    place.mkdir()
    place.chmod(0o1777)
    for taken in ("socket", "lock"):
        with squat(taken, str(place / "socket"), NOBODY):
            port = free_port()
            server = Server(directory, "--socket", str(place / "socket"), "--http", f"127.0.0.1:{port}", program=program)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
                assert b"tt_server_info" in answer.read()
            code, _, log = server.stop()
            assert code == 0 and f"user {NOBODY}" in log and "goes on without the old socket" in log, log
        for left in place.iterdir():
            left.unlink()


def test_few_descriptors_are_enough_for_http(program, holder, directory):
    """Incident: with 64 descriptors and many processes HTTP was never answered again."""
    few_descriptors(program, holder, directory, descriptors=64, processes=40, askers=40)


def test_a_thousand_processes_and_descriptors(program, holder, directory):
    """The same at the usual limit."""
    if not os.environ.get("TTMEM_LONG"):
        raise Skip("starts 1,000 processes: with ./test.sh --long")
    few_descriptors(program, holder, directory, descriptors=1024, processes=1000, askers=800)


def few_descriptors(program, holder, directory, descriptors, processes, askers):
    holders = [Holder(holder, directory, 1, 4096) for _ in range(processes)]
    try:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        port = free_port()
        limited = [sys.executable, "-I", "-c", f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({descriptors}, {descriptors})); os.execv(sys.argv[1], sys.argv[1:])"]
        server = Server(directory, "--http", f"127.0.0.1:{port}", program=[*limited, *program])
        clients = [server.connect() for _ in range(askers)]
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/processes", timeout=PATIENCE_S) as answer:
                answer = json.load(answer)
            assert sum(process["state"] == "live" for process in answer["processes"]) == len(holders), len(answer["processes"])
        for client in clients:
            client.close()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
    finally:
        for one in holders:
            one.end()


def test_junk_in_the_place_of_sysfs(program, holder, directory):
    """Incident: of six made-up trees, doctor aborted in three and hung in three."""
    for kind in ("folder", "fifo", "device", "link", "long", "binary"):
        root = pathlib.Path(directory, kind)
        card = root / "bus/pci/devices/0000:01:00.0"
        card.mkdir(parents=True)
        vendor = card / "vendor"
        if kind == "folder":
            vendor.mkdir()
        elif kind == "fifo":
            os.mkfifo(vendor)
        elif kind == "device":
            vendor.symlink_to("/dev/zero")
        elif kind == "link":
            vendor.symlink_to(vendor)
        elif kind == "long":
            vendor.write_bytes(b"x" * (1 << 21))
        else:
            vendor.write_bytes(bytes(range(256)))
        done = subprocess.run([program[0], "doctor"], capture_output=True, timeout=PATIENCE_S,
                              env=clean_environment(TT_ALLOC_LEDGER_DIR=directory, TT_ALLOC_SYSFS_ROOT=str(root), XDG_RUNTIME_DIR=directory))
        assert done.returncode in (0, 1), (kind, done.returncode, done.stderr)
        check(done.stdout, kind)


def test_a_removed_ledger_is_named(program, holder, directory):
    one = Holder(holder, directory, 3, 4096)
    try:
        for file in pathlib.Path(directory).rglob("*.ledger"):
            file.unlink()
        done = subprocess.run([program[0], "doctor"], capture_output=True, text=True, timeout=PATIENCE_S,
                              env=clean_environment(TT_ALLOC_LEDGER_DIR=directory, XDG_RUNTIME_DIR=directory))
        assert re.search(rf"process {one.pid} .*ledger that was removed", done.stdout), done.stdout
    finally:
        one.end()


def test_a_run_from_a_path_with_a_space(program, holder, directory):
    """The loader splits LD_PRELOAD at spaces: a link in a folder of the user's own takes the path's place."""
    hooks = hooks_to_preload(program)
    spaced = pathlib.Path(directory, "with a space")
    spaced.mkdir()
    shutil.copy(hooks, spaced / hooks.name)
    done = subprocess.run([program[0], "run", "--", "/bin/cat", "/proc/self/maps"], capture_output=True, text=True, timeout=PATIENCE_S,
                          env=clean_environment(TTMEM_HOOKS_LIBRARY=str(spaced / hooks.name), XDG_RUNTIME_DIR=directory))
    assert done.returncode == 0 and str(spaced) in done.stdout and done.stderr == "", (done.stdout, done.stderr)


if __name__ == "__main__":
    sys.exit(run_all(globals()))
