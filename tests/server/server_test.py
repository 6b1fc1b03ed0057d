# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The server as its users meet it: a process that is started, spoken to in bytes, stopped and killed.

  server_test.py TTMEM    exit code 1 when a test fails
"""
import os
import pathlib
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time

from legacy_streams import ALLOC, CB_ALLOC, DEVICE_INFO, DUMP, FREE, KERNEL_LOAD, QUERY, STREAMS, message

RESPONSE, DEVICE_INFO_RESPONSE = 4, 7
PATIENCE_S = 60


def clean_environment(**changes):
    """Without what the caller says of tracking, servers and places."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTMEM_", "XDG_"))} | changes


class Server:
    started = []

    def __init__(self, directory, *options, program, log="info", ledgers=None):
        self.path = os.path.join(directory, "socket")
        usual = [word for door in ("--http", "--api-socket") if door not in options for word in (door, "off")]
        environment = clean_environment(TT_ALLOC_LEDGER_DIR=ledgers or directory, XDG_STATE_HOME=directory)
        # Without a buffer of Python's: communicate() reads the pipe itself, and would leave out what such a buffer holds.
        self.process = subprocess.Popen(
            [*program, *([] if "--socket" in options else ["--socket", self.path]), *usual, "--log-level", log, *options], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0,
        )
        Server.started.append(self.process)
        self.said = b""  # before it listened
        for line in self.process.stderr:
            self.said += line
            if b"listening on" in line or (b"HTTP on" in line and b"without the old socket" in self.said):
                return
        raise AssertionError(f"the server ended with {self.process.wait()}: {self.said.decode()}")

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(PATIENCE_S)
        client.connect(self.path)
        return client

    def ask(self, size, kind=QUERY, device=0, client=None):
        """The fields of the answer, read at the offsets that the protocol's description gives for that size."""
        mine = client or self.connect()
        mine.sendall(message(size, kind, device=device))
        reply = b""
        while len(reply) < size:
            more = mine.recv(size - len(reply))
            assert more, "the server closed the connection"
            reply += more
        if client is None:
            mine.close()
        fields = dict(zip(("type", "device"), struct.unpack_from("<B3xi", reply)))
        fields.update(zip(("dram", "l1", "l1_small", "trace"), struct.unpack_from("<4Q", reply, 40)))
        if size > 112:
            fields.update(zip(("cb", "kernel"), struct.unpack_from("<2Q", reply, 72)))
        fields["available"], fields["devices"] = struct.unpack_from("<2I", reply, 104 if size == 112 else 120)
        return fields

    def until(self, holds):
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.005)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out.decode(), (self.said + err).decode()

    @classmethod
    def end_all(cls):
        """Ends the processes that a failed test has left running."""
        while cls.started:
            process = cls.started.pop()
            process.kill()
            process.wait()


def figures(answer):
    return tuple(answer.get(name, 0) for name in ("dram", "l1", "l1_small", "trace", "cb", "kernel"))


def test_hand_worked_streams(program, directory):
    """Each stream of legacy_streams.py in each size over the real socket; devices are asked in the same size."""
    server = Server(directory, program=program)
    for name, messages, devices in STREAMS:
        for size in (112, 128, 144):
            with server.connect() as client:
                for kind, fields in messages:
                    if kind not in (QUERY, DEVICE_INFO, DUMP):
                        client.sendall(message(size, kind, **fields))
                for device in sorted(devices)[:3]:
                    answer = server.ask(size, device=device, client=client)
                    assert answer["type"] == RESPONSE and answer["device"] == device
                    wanted = devices[device][:6] if size > 112 else devices[device][:4] + (0, 0)
                    assert figures(answer) == wanted, (name, size, device, answer)
            for device in sorted(devices)[:1]:
                server.until(lambda: figures(server.ask(144, device=device)) == (0,) * 6)
    code, _, log = server.stop()
    assert code == 0, log


def test_three_sizes_at_once_and_devices(program, directory):
    server = Server(directory, program=program)
    cards = server.ask(144, DEVICE_INFO, device=-1)["devices"]  # those that this machine really has
    clients = {size: server.connect() for size in (112, 128, 144)}
    for size, client in clients.items():
        client.sendall(message(size, ALLOC, device=2, size=size, buffer_id=size))
    server.until(lambda: server.ask(144, device=2)["dram"] == 112 + 128 + 144)
    for size in clients:
        answer = server.ask(size, DEVICE_INFO, device=-1)
        assert (answer["type"], answer["device"], answer["devices"], answer["available"]) == (DEVICE_INFO_RESPONSE, -1, max(cards, 3), 1)
    clients[128].close()
    server.until(lambda: server.ask(112, device=2)["dram"] == 112 + 144)
    assert server.stop()[0] == 0


def test_death_of_a_client_is_seen_at_once(program, directory):
    server = Server(directory, program=program)
    child = os.fork()
    if child == 0:
        client = server.connect()
        client.sendall(message(128, ALLOC, size=5000, buffer_id=1) + message(128, CB_ALLOC, size=70, buffer_id=2))
        client.sendall(message(128, KERNEL_LOAD, size=9, buffer_id=2) + message(128, FREE, buffer_id=12345))
        signal.pause()
    server.until(lambda: figures(server.ask(144)) == (5000, 0, 0, 0, 70, 9))
    os.kill(child, signal.SIGKILL)
    killed = time.monotonic()
    os.waitpid(child, 0)
    server.until(lambda: figures(server.ask(144)) == (0,) * 6)
    print(f"  a client's death was seen after {(time.monotonic() - killed) * 1e3:.1f} ms")
    code, _, log = server.stop()
    assert code == 0 and "releases memory that it does not hold" in log and "1 releases of nothing" in log, log


def test_dump_is_written_on_stdout(program, directory):
    server = Server(directory, program=program)
    with server.connect() as client:
        client.sendall(message(112, ALLOC, size=4096, buffer_type=1, buffer_id=0xABC0))
        client.sendall(message(112, DUMP))
        assert server.ask(112, client=client)["l1"] == 4096
        line = server.process.stdout.readline()
        assert line == b"remaining buffers: 1\n", line
    server.process.send_signal(signal.SIGTERM)
    out = server.process.stdout.read().decode()  # what readline left in its buffer, and the rest
    assert server.process.wait(PATIENCE_S) == 0 and f"pid {os.getpid()} (socket)" in out and "at 0xabc0" in out, out


def test_second_server_explains_itself(program, directory):
    first = Server(directory, program=program)
    second = subprocess.run([*program, "--socket", first.path], env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S)
    assert second.returncode == 1 and f"pid {first.process.pid}" in second.stderr, second.stderr
    assert first.ask(112)["type"] == RESPONSE, "the first one serves on"
    assert stat.S_IMODE(os.stat(first.path).st_mode) == 0o666
    assert first.stop()[0] == 0
    assert not os.path.exists(first.path) and not os.path.exists(first.path + ".lock")


def test_killed_server_is_replaced(program, directory):
    first = Server(directory, program=program)
    first.stop(signal.SIGKILL)
    assert os.path.exists(first.path)
    second = Server(directory, program=program)
    assert second.ask(128)["type"] == RESPONSE
    assert second.stop(signal.SIGINT)[0] == 0


def test_wrong_command_lines(program, directory):
    for options, code in ((["--socket", ""], 1), (["--log-level", "loud"], 2), (["--nonsense"], 2), (["extra"], 2)):
        done = subprocess.run([*program, *options], env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == code and done.stderr.strip(), (options, done)


def test_old_name(program, directory):
    link = os.path.join(directory, "allocation_server_poc")
    os.symlink(os.path.abspath(program[0]), link)
    server = Server(directory, program=(link,))
    assert server.ask(112)["type"] == RESPONSE
    assert server.stop()[0] == 0


def main():
    program = (sys.argv[1], "server")
    failures = 0
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for name, test in tests:
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory).chmod(0o755)
            try:
                test(program, directory)
                print(f"ok   {name}")
            except Exception as error:  # the next test may still find something
                failures += 1
                print(f"FAIL {name}: {type(error).__name__}: {error}")
            finally:
                Server.end_all()
    print(f"{len(tests) - failures} of {len(tests)} tests passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
