# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The server as a service manager meets it: readiness, watchdog, reload, given sockets, configuration, units.

  service_test.py TTMEM    exit code 1 when a test fails; what cannot be tested here is said and counted as skipped
"""
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from legacy_streams import ALLOC, QUERY, message
from server_test import PATIENCE_S, clean_environment

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
HISTORY_OFF = ("--no-history",)


class Skipped(Exception):
    pass


class Running:
    """A server whose log is a file, so that no reader is needed for it to go on."""

    started = []

    def __init__(self, directory, command, **variables):
        self.log_path = pathlib.Path(directory, f"log.{time.monotonic_ns()}")
        environment = clean_environment(TT_ALLOC_LEDGER_DIR=directory, XDG_STATE_HOME=directory, **variables)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        Running.started.append(self.process)

    def log(self):
        return self.log_path.read_text()

    def wait_for(self, text, count=1):
        limit = time.monotonic() + PATIENCE_S
        while self.log().count(text) < count:
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log()}"
            assert time.monotonic() < limit, f"never said {text!r}: {self.log()}"
            time.sleep(0.01)
        return self

    def port(self):
        return int(re.search(r"HTTP on http://127\.0\.0\.1:(\d+)", self.wait_for("HTTP on").log()).group(1))

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)


def start(program, directory, *options, **variables):
    return Running(directory, [*program, *HISTORY_OFF, *options], **variables)


def own_places(directory):
    return ("--socket", f"{directory}/socket", "--http", "127.0.0.1:0", "--api-socket", f"{directory}/api.sock")


def status(port, path="/healthz", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def ask_unix(path, size=112):
    """The old protocol over a unix socket: does a server answer?"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE_S)
        client.connect(path)
        client.sendall(message(size, QUERY, device=0))
        reply = b""
        while len(reply) < size:
            more = client.recv(size - len(reply))
            assert more, "the server closed the connection"
            reply += more
        return reply[0] == 4


class Manager:
    """A stand-in for the service manager's end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(PATIENCE_S)

    def hear(self, *wanted):
        """The messages up to one that has a line beginning with the first of `wanted`, which are met in their order."""
        heard = []
        for word in wanted:
            while True:
                heard.append(self.socket.recv(4096).decode())
                if any(line.startswith(word) for line in heard[-1].splitlines()):
                    break
        return heard


def test_readiness_watchdog_reload_and_stop(program, directory):
    config = pathlib.Path(directory, "server.toml")
    config.write_text('log_level = "info"\n')
    for kind in ("path", "abstract"):
        address = f"{directory}/notify" if kind == "path" else f"\0ttmem-notify-{os.getpid()}"
        manager = Manager(address)
        server = start(program, directory, "--config", str(config), *own_places(directory),
                       NOTIFY_SOCKET=address.replace("\0", "@"), WATCHDOG_USEC="100000")
        ready = manager.hear("READY=1")[-1]
        assert f"STATUS=listening on {directory}/socket" in ready, ready
        assert ask_unix(f"{directory}/socket") and status(server.port()) == 200, "ready means: it answers"
        manager.hear("WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1")
        server.process.send_signal(signal.SIGHUP)
        reloading = [m for m in manager.hear("RELOADING=1", "READY=1") if "RELOADING" in m][0]
        assert re.search(r"^MONOTONIC_USEC=\d+$", reloading, re.M), reloading
        assert server.stop() == 0
        manager.hear("STOPPING=1")


def test_a_stopped_server_does_not_feed_its_watchdog(program, directory):
    manager = Manager(f"{directory}/notify")
    server = start(program, directory, *own_places(directory), NOTIFY_SOCKET=f"{directory}/notify", WATCHDOG_USEC="40000")
    manager.hear("WATCHDOG=1", "WATCHDOG=1")
    server.process.send_signal(signal.SIGSTOP)
    manager.socket.settimeout(0.5)
    try:
        while True:
            manager.socket.recv(4096)  # what was on its way; a live one would go on for good
    except TimeoutError:
        pass
    server.process.send_signal(signal.SIGCONT)
    manager.socket.settimeout(PATIENCE_S)
    manager.hear("WATCHDOG=1")
    assert server.stop() == 0


def test_a_watchdog_of_another_process_is_not_fed(program, directory):
    manager = Manager(f"{directory}/notify")
    server = start(program, directory, *own_places(directory), NOTIFY_SOCKET=f"{directory}/notify", WATCHDOG_USEC="1000", WATCHDOG_PID="1")
    heard = manager.hear("READY=1")
    assert server.stop() == 0
    assert not [m for m in heard + manager.hear("STOPPING=1") if "WATCHDOG" in m]


def test_reload_takes_what_it_can_and_names_the_rest(program, directory):
    config = pathlib.Path(directory, "server.toml")
    places = f'[socket]\npath = "{directory}/socket"\n[api]\nsocket = "{directory}/api.sock"\n'
    config.write_text(places + '[http]\naddress = "127.0.0.1:0"\n')
    server = start(program, directory, "--config", str(config))
    port = server.port()
    server.wait_for("listening on")
    assert status(port, Host="node7") == 403
    config.write_text(places + '[http]\naddress = "127.0.0.1:1"\nhosts = ["Node7"]\n')
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("changes when the server starts again: http.address")
    assert status(port, Host="node7") == 200
    config.write_text('log_level = "info"\n[http]\nadress = "127.0.0.1:0"\n')
    server.process.send_signal(signal.SIGHUP)
    server.wait_for(f"{config}:3: there is no key http.adress")
    assert status(port, Host="node7") == 200, "everything stays as it was"
    config.write_text('log_level = "error"\n' + places)
    server.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + PATIENCE_S
    while status(port, Host="node7") != 403:
        assert time.monotonic() < until
    assert server.stop() == 0
    assert "stopping on" not in server.log(), "the log level has changed"


def test_wrong_configurations(program, directory):
    config = pathlib.Path(directory, "server.toml")
    config.write_text("[history]\n\ndays = 0\n")
    done = subprocess.run([*program, "--config", config], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2 and f"{config}:3: history.days must be" in done.stderr, done
    done = subprocess.run([*program, "--http", "0.0.0.0:0"], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2 and "--http-remote" in done.stderr, done


def test_places_that_are_taken(program, directory):
    first = start(program, directory, *own_places(directory)).wait_for("listening on")
    elsewhere = ("--socket", f"{directory}/other")
    done = subprocess.run([*program, *HISTORY_OFF, *elsewhere, "--http", f"127.0.0.1:{first.port()}", "--api-socket", "off"],
                          capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1 and "Address already in use" in done.stderr and "--http" in done.stderr, done
    done = subprocess.run([*program, *HISTORY_OFF, *elsewhere, "--http", "off", "--api-socket", f"{directory}/api.sock"],
                          capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1 and f"pid {first.process.pid}" in done.stderr, done
    assert status(first.port()) == 200 and first.stop() == 0
    assert not pathlib.Path(directory, "api.sock").exists()


def test_sockets_of_a_service_manager(program, directory):
    """By hand, as sd_listen_fds(3) says: descriptors from 3 on, and whose they are."""
    listeners = []
    for path in ("socket", "api.sock"):
        listeners.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        listeners[-1].bind(f"{directory}/{path}")
    listeners.append(socket.create_server(("127.0.0.1", 0)))
    port = listeners[-1].getsockname()[1]
    for listener in listeners:
        listener.listen()
    moves = " ".join(f"{3 + i}<&{listener.fileno() + 20}" for i, listener in enumerate(listeners))
    kept = [os.dup2(listener.fileno(), listener.fileno() + 20) for listener in listeners]
    script = f"export LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=socket:api:http; exec \"$@\" {moves}"
    environment = clean_environment(TT_ALLOC_LEDGER_DIR=directory)
    server = subprocess.Popen(["bash", "-c", script, "-", *program, *HISTORY_OFF], env=environment, pass_fds=kept, stderr=subprocess.PIPE, text=True)
    for fd in kept:
        os.close(fd)
    for listener in listeners:
        listener.close()
    assert ask_unix(f"{directory}/socket") and status(port) == 200
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(f"{directory}/api.sock")
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    server.send_signal(signal.SIGTERM)
    _, log = server.communicate(timeout=PATIENCE_S)
    assert server.returncode == 0, log
    assert pathlib.Path(directory, "socket").exists() and pathlib.Path(directory, "api.sock").exists(), "they are the manager's to remove"


def test_systemd_socket_activate(program, directory):
    activate = shutil.which("systemd-socket-activate")
    if activate is None:
        raise Skipped("systemd-socket-activate is not installed")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [activate, "-E", f"TT_ALLOC_LEDGER_DIR={directory}", "-l", f"{directory}/socket", "-l", f"127.0.0.1:{port}", "--fdname=socket:http", *program,
               *HISTORY_OFF, "--api-socket", "off"]
    server = Running(directory, command).wait_for(f"Listening on 127.0.0.1:{port}")
    assert status(port) == 200, "the first connection starts it, and is answered"
    assert ask_unix(f"{directory}/socket")
    server.wait_for("listening on")
    assert server.stop() == 0


REPORTING = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect(sys.argv[1])
client.sendall(bytes.fromhex(sys.argv[2]))
print("reported", flush=True)
sys.stdin.read()
"""
ASKING = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect(sys.argv[1])
client.sendall(b"GET /api/v1/processes HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
while block := client.recv(65536):
    sys.stdout.buffer.write(block)
"""


def test_two_users(program, directory):
    """Full command lines are shown to their own user and to root, by the kernel's word on the client's user."""
    if os.getuid() != 0:
        raise Skipped("only root can be two users")
    owner, other = 65534, 1
    server = start(program, directory, *own_places(directory))
    port = server.port()
    server.wait_for("listening on")
    python = [shutil.which("python3", path="/usr/bin:/bin") or sys.executable, "-c"]
    report = message(144, ALLOC, size=4096, buffer_id=1).hex()
    job = subprocess.Popen([*python, REPORTING, f"{directory}/socket", report, "--key=secret"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=owner,
                           group=owner, extra_groups=[])
    assert job.stdout.readline() == b"reported\n"

    def as_user(user):
        return subprocess.run([*python, ASKING, f"{directory}/api.sock"], capture_output=True, text=True, user=user, group=user, extra_groups=[],
                              timeout=PATIENCE_S, check=True).stdout

    def over_tcp(path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    until = time.monotonic() + PATIENCE_S
    while f'"pid":{job.pid}' not in over_tcp("/api/v1/processes"):
        assert time.monotonic() < until, server.log()
    for user, sees in ((0, True), (owner, True), (other, False)):
        answer = as_user(user)
        assert f'"pid":{job.pid}' in answer and ("--key=secret" in answer) == sees, (user, answer)
    for path in ("/api/v1/processes", "/api/v1/snapshot?buffers=true", "/metrics"):
        assert "secret" not in over_tcp(path) and str(job.pid) in over_tcp(path), path
    job.stdin.close()
    assert job.wait(PATIENCE_S) == 0 and server.stop() == 0


def units(directory, program):
    """The units as they are installed, with the program under test in their command."""
    folder = pathlib.Path(directory, "units")
    folder.mkdir()
    for source in (PACKAGING / "systemd").iterdir():
        text = source.read_text().replace("@TTMEM_BIN@/ttmem", os.path.abspath(program[0])).replace("@TTMEM_ETC@", "/etc/ttmem")
        assert "@" not in re.sub(r"SystemCallFilter=.*", "", text), text
        (folder / source.name.removesuffix(".in")).write_text(text)
    return folder


def test_systemd_accepts_the_units(program, directory):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        raise Skipped("systemd-analyze is not installed")
    folder = units(directory, program)
    done = subprocess.run([analyze, "verify", *sorted(str(p) for p in folder.iterdir())], capture_output=True, text=True, timeout=PATIENCE_S)
    about_ours = [line for line in (done.stdout + done.stderr).splitlines() if "ttmem" in line]
    assert done.returncode == 0 and not about_ours, done
    # 10 is what a service without any sandbox has.
    done = subprocess.run([analyze, "security", "--offline=true", "--threshold=35", "--no-pager", str(folder / "ttmem.service")], capture_output=True,
                          text=True, timeout=PATIENCE_S)
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert level and float(level.group(1)) <= 3.5 and done.returncode == 0, done.stdout[-400:] + done.stderr
    print(f"     exposure level {level.group(1)}")


def main():
    program = (sys.argv[1], "server")
    results = {"ok": 0, "FAIL": 0, "skip": 0}
    for name, test in [(name, test) for name, test in globals().items() if name.startswith("test_")]:
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory).chmod(0o755)  # other users' sockets are reached through it
            why = ""
            try:
                test(program, directory)
                result = "ok"
            except Skipped as skipped:
                result, why = "skip", f": {skipped}"
            except Exception as error:  # the next test may still find something
                result, why = "FAIL", f": {type(error).__name__}: {error}"
            finally:
                while Running.started:  # what a test that failed left behind
                    process = Running.started.pop()
                    process.kill()
                    process.wait()
        results[result] += 1
        print(f"{result:4} {name}{why}")
    print(f"{results['ok']} passed, {results['FAIL']} failed, {results['skip']} skipped")
    return 1 if results["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
