# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The tools with a server and without: the same output, and no waiting for one that cannot answer.

  tools_test.py TTMEM LEDGER_HOLDER    exit code 1 when a test fails; what cannot be tested here says so as a skip
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from server_data_test import NOBODY, Holder, Skip, eventually, for_everybody, run_all
from legacy_streams import ALLOC, message
from server_test import PATIENCE_S, Server, clean_environment

# The tools under test. While the number of buffers does not change, their outputs differ in the time alone.
QUESTIONS = (
    ["snapshot"], ["snapshot", "--json"], ["snapshot", "--json", "--buffers"], ["l1"], ["l1", "--json"], ["top"], ["top", "--json"],
    ["top", "--csv"],
)


def api_socket(directory):
    path = pathlib.Path(directory, "ttmem")
    path.mkdir(exist_ok=True)
    return str(path / "api.sock")


def tool(program, directory, *words, server=None, user=None, ledgers=None, code=0, waits=True, may_fail=False, **variables):
    """The output of a tool; with `may_fail` None if it ends with 1. `server`: the value of --server; absent: it looks in XDG_RUNTIME_DIR. `waits`: however long a server takes to answer."""
    if waits:
        variables["TTMEM_SERVER_PATIENCE_MS"] = str(PATIENCE_S * 1000)
    words = [*words, *(["--server", server] if server else [])]
    done = subprocess.run([program[0], *words], capture_output=True, timeout=PATIENCE_S, user=user,
                          env=clean_environment(TT_ALLOC_LEDGER_DIR=ledgers or directory, XDG_RUNTIME_DIR=directory, XDG_STATE_HOME=directory, COLUMNS="100",
                                                **variables))
    if may_fail and done.returncode == 1:
        return None
    assert done.returncode == code, (words, done.returncode, done.stderr)
    return done.stderr if code else done.stdout


def without_times(text):
    """When it was asked, and when buffers were allocated: that is worked out from ticks again at each look, to a ns or two."""
    text = re.sub(rb'("allocated_at_ns": )\d+', rb"\1T", text)
    return re.sub(rb'("time_ns": |^|,)1\d{18}', rb"\1T", re.sub(rb"\d\d:\d\d:\d\d", b"T", text), flags=re.M)


def test_the_same_output(program, holder, directory):
    server = Server(directory, "--api-socket", api_socket(directory), program=program)
    holders = [Holder(holder, directory, 3, 4096), Holder(holder, directory, 2, 1 << 20, "decode step")]
    dead = Holder(holder, directory, 1, 64)
    dead.kill()
    try:
        for words in QUESTIONS:
            asked = tool(program, directory, *words)
            alone = tool(program, directory, *words, server="none")
            assert len(alone) > 50 and without_times(asked) == without_times(alone), f"{words}:\n{asked.decode()}\n{alone.decode()}"
            of_named = tool(program, directory, *words, server=api_socket(directory))  # an error if that one does not answer
            assert without_times(of_named) == without_times(alone)
            assert without_times(tool(program, directory, *words, TTMEM_SERVER="none")) == without_times(alone)
        regions = {row["region"] for row in json.loads(tool(program, directory, "snapshot", "--json", "--buffers"))["buffers"]}
        assert regions == {None, "decode step"}
        # Allocations made before the question are in the answer.
        for _ in range(20):
            process = Holder(holder, directory, 1, 128)
            pids = {row["pid"] for row in json.loads(tool(program, directory, "snapshot", "--json"))["processes"] if row["state"] == "live"}
            assert process.pid in pids
            process.end()
    finally:
        for process in holders:
            process.end()
        server.stop()


def test_what_only_the_server_knows(program, holder, directory):
    server = Server(directory, "--api-socket", api_socket(directory), program=program)
    client = server.connect()
    client.sendall(message(144, ALLOC, device=5, size=4711, buffer_id=16, process=os.getpid()))
    server.until(lambda: server.ask(144, device=5)["dram"] == 4711)
    shown = json.loads(tool(program, directory, "snapshot", "--json", "--buffers"))
    (process,) = shown["processes"]
    assert process["source"] == "socket" and process["pid"] == os.getpid() and process["devices"][0]["dram_bytes"] == 4711
    assert [row["allocated_bytes"] for row in shown["buffers"]] == [4711]
    assert json.loads(tool(program, directory, "snapshot", "--json", server="none"))["processes"] == []
    assert b"4711" in tool(program, directory, "top", "--csv", "--query", "id,dram.used")
    assert b"4711" not in tool(program, directory, "top", "--csv", "--query", "id,dram.used", server="none")
    client.close()
    server.stop()


def stopped(server):
    """Once all its threads stand still."""
    os.kill(server.process.pid, signal.SIGSTOP)
    threads = pathlib.Path(f"/proc/{server.process.pid}/task")
    eventually(lambda: {(thread / "stat").read_text().rpartition(")")[2].split()[0] for thread in threads.iterdir()}, lambda states: states == {"T"})
    return server


class Impostor:
    """Takes connections at the path and sends the texts that it was made with, then nothing more."""

    def __init__(self, path, *says):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.clients = []
        threading.Thread(target=self.serve, args=(says,), daemon=True).start()

    def serve(self, says):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.clients.append(client)
                for text in says:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text) if isinstance(text, bytes) else b"")

    def close(self):
        self.listener.close()
        for client in self.clients:
            client.close()


def test_no_tool_waits_for_a_server_that_cannot_answer(program, holder, directory):
    path = api_socket(directory)
    held = Holder(holder, directory, 3, 4096)
    good = Server(directory, "--api-socket", path, program=program)
    alone = without_times(tool(program, directory, "snapshot", "--json", server="none"))
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"GET /api/v1/tools/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            greeting = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")[2]

        def judge(what, why, waits=True):
            began = time.monotonic()
            assert without_times(tool(program, directory, "snapshot", "--json", waits=False)) == alone, what
            took = time.monotonic() - began
            said = tool(program, directory, "snapshot", "--json", server=path, code=1, waits=waits)
            assert path.encode() in said and why in said, (what, said)
            print(f"  {what}: {took * 1e3:.0f} ms")

        stopped(good)
        judge("a stopped server", b"does not answer", waits=False)
        os.kill(good.process.pid, signal.SIGCONT)
        assert without_times(tool(program, directory, "snapshot", "--json", server=path)) == alone, "it goes on"
        good.process.kill()
        good.process.wait()
        judge("a killed server", b"refused")
        good = Server(directory, "--api-socket", path, program=program, ledgers="/tmp")
        judge("a server that looks elsewhere", b"other places")
        good.stop()
        judge("no server", b"No such file")
        version, _, places = greeting.partition(b"\n")
        for what, says, why in (
            ("another version", [version.replace(b"ttmem ", b"ttmem 9") + b"\n" + places], b"another version"),
            ("one that greets and hangs", [greeting], b"does not answer"),
            ("one that greets and talks nonsense", [greeting, b"\xff" * 1000], b"no sense"),
            ("one that says nothing", [], b"does not answer"),
        ):
            impostor = Impostor(path, *says)
            judge(what, why, waits=why != b"does not answer")
            impostor.close()
        os.unlink(path)
    finally:
        held.end()
        good.process.kill()
        good.process.wait()


def test_a_loop_outlives_its_server(program, holder, directory):
    """`top --loop` goes on over a server that is stopped, killed and started again."""
    path = api_socket(directory)
    held = Holder(holder, directory, 3, 4096)
    server = Server(directory, "--api-socket", path, program=program)
    loop = subprocess.Popen([program[0], "top", "--json", "--loop", "0.1"], stdout=subprocess.PIPE,
                            env=clean_environment(TT_ALLOC_LEDGER_DIR=directory, XDG_RUNTIME_DIR=directory))
    try:
        def lines(count):
            for _ in range(count):
                (process,) = json.loads(loop.stdout.readline())["processes"]
                assert process["pid"] == held.pid and process["devices"][0]["dram_bytes"] == held.bytes

        lines(5)
        stopped(server)
        lines(5)
        server.process.kill()
        server.process.wait()
        lines(5)
        server = Server(directory, "--api-socket", path, program=program)
        lines(5)
    finally:
        loop.kill()
        loop.wait()
        loop.stdout.close()
        held.end()
        server.stop()


def test_history(program, holder, directory):
    held = Holder(holder, directory, 3, 4096)
    server = Server(directory, "--api-socket", api_socket(directory), "--history", os.path.join(directory, "elsewhere.db"), program=program)
    words = ["history", "--json", "--seconds", "1"]
    try:
        # A server that has just begun has no history yet.
        eventually(lambda: json.loads(tool(program, directory, *words, may_fail=True) or '{"processes": []}'),
                   lambda known: [p for p in known["processes"] if p["pid"] == held.pid])
    finally:
        held.end()
    eventually(lambda: json.loads(tool(program, directory, *words)), lambda known: known["processes"][0]["ended_ns"])
    stopped(server)  # nothing is added to it
    of_file = tool(program, directory, *words, "--database", os.path.join(directory, "elsewhere.db"), server="none")
    assert b"there is no history" in tool(program, directory, *words, code=1, waits=False), "a hung server is not waited for, and the usual file is not there"
    os.kill(server.process.pid, signal.SIGCONT)
    end = json.loads(of_file)["series"][0]["points"][-1][0]
    known, of_file = json.loads(tool(program, directory, *words)), json.loads(of_file)
    for answer in (known, of_file):
        for series in answer["series"]:
            series["points"] = [point for point in series["points"] if point[0] <= end]
        for row in (*answer["devices"], *answer["processes"]):
            row.pop("last_seen_ns")
    assert known == of_file
    server.stop()


def test_two_users(program, holder, directory):
    """Root's server shows each user what that user could read alone, and root everything; over HTTP no user sees regions."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be two users")
    with for_everybody(program, holder, directory) as (program, holder):
        two_users(program, holder, directory)


def two_users(program, holder, directory):
    path = api_socket(directory)
    server = Server(directory, "--api-socket", path, "--http", "127.0.0.1:0", program=program)
    port = int(re.search(rb"HTTP on http://127.0.0.1:(\d+)", server.said)[1])
    ours = Holder(holder, directory, 2, 4096, "secret of root")
    theirs = Holder(holder, directory, 3, 4096, "secret of nobody", user=NOBODY)
    try:
        for user, sees in ((None, {"secret of root", "secret of nobody"}), (NOBODY, {"secret of nobody", None})):
            for words in QUESTIONS:
                asked = tool(program, directory, *words, user=user, server=path)
                alone = tool(program, directory, *words, user=user, server="none")
                assert without_times(asked) == without_times(alone), f"{user} {words}:\n{asked.decode()}\n{alone.decode()}"
            shown = json.loads(tool(program, directory, "snapshot", "--json", "--buffers", user=user, server=path))
            assert {row["region"] for row in shown["buffers"]} == sees, shown["buffers"]
            commands = {row["pid"]: row["command"] for row in shown["processes"]}
            assert ("secret of root" in commands[ours.pid]) == (user is None) and "secret of nobody" in commands[theirs.pid], (user, commands)
        for target in ("/api/v1/buffers", "/api/v1/snapshot?buffers=true", "/api/v1/processes", "/metrics", "/api/v1/history"):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                text = b"".join(iter(lambda: client.recv(65536), b""))
            assert text.startswith(b"HTTP/1.1 200") and b"secret" not in text and len(text) > 300, target
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /api/v1/tools/model?want=31 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 404"), "the tools' paths are not there over TCP"
        # A server of another user is not believed.
        os.chmod(os.path.dirname(path), 0o777)
        path = os.path.join(os.path.dirname(path), "of-nobody.sock")
        impostor = subprocess.Popen([program[0], "server", "--socket", os.path.join(directory, "other.sock"), "--http", "off", "--no-history",
                                     "--api-socket", path], user=NOBODY, stderr=subprocess.PIPE, env=clean_environment(TT_ALLOC_LEDGER_DIR=directory))
        said = b""
        while b"listening" not in said:
            said = impostor.stderr.readline()
            assert said, "the other user's server does not run"
        assert b"user 65534 answers there" in tool(program, directory, "snapshot", server=path, code=1)
        impostor.kill()
        impostor.communicate()
    finally:
        ours.end()
        theirs.end()
        server.process.kill()
        server.process.wait()


def test_another_pid_namespace(program, holder, directory):
    """Pids mean something else there, so the server is not believed."""
    unshare = [shutil.which("unshare") or "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        raise Skip("unshare is not permitted here")
    path = api_socket(directory)
    held = Holder(holder, directory, 3, 4096)
    server = Server(directory, "--api-socket", path, program=program)
    done = subprocess.run([*unshare, program[0], "snapshot", "--server", path], capture_output=True, timeout=PATIENCE_S,
                          env=clean_environment(TT_ALLOC_LEDGER_DIR=directory, TTMEM_SERVER_PATIENCE_MS=str(PATIENCE_S * 1000)))
    assert done.returncode == 1 and b"other places" in done.stderr, done.stderr
    held.end()
    server.stop()


if __name__ == "__main__":
    sys.exit(run_all(globals()))
