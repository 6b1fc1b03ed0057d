# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Claims in ledgers of other users, and that they change nothing that is said about another user's (docs/security.md). Ledgers are forged (forged_ledger.py); all as root,
to be several users.

  claims_test.py TTMEM LEDGER_HOLDER    exit code 1 when a test fails; what cannot be tested here says so as a skip
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from forged_ledger import GIB, Forger, buffer, chip, ledger
from server_data_test import NOBODY, Skip, eventually, history, run_all
from server_test import PATIENCE_S, RESPONSE, Server, clean_environment

HONEST, SECOND = 12345, 12346
FAKE_CARDS = pathlib.Path(__file__).resolve().parents[1] / "support" / "fake-kmd-tree"


@contextlib.contextmanager
def place(directory):
    """A folder that every user may put ledgers in, as /dev/shm is."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be several users")
    shared = pathlib.Path(directory, "shared")
    shared.mkdir()
    shared.chmod(0o1777)
    try:
        yield str(shared)
    finally:
        Forger.end_all()


def look(program, directory, *words, **environment):
    done = subprocess.run([program[0], "snapshot", "--json", *words], capture_output=True, timeout=PATIENCE_S, check=True,
                          env=clean_environment(TT_ALLOC_LEDGER_DIR=directory, **environment))
    return json.loads(done.stdout)


def get(port, path):
    """Status and body. An answer that is an error has one, too."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def port_of(server):
    return int(re.search(rb"HTTP on http://127.0.0.1:(\d+)", server.said)[1])


def test_a_stranger_does_not_describe_roots_chip(program, holder, directory):
    """Incident: a stranger's ledger renamed root's chip and gave it another id; its user is named."""
    with place(directory) as shared:
        roots = Forger(shared, ledger([chip()], [buffer(0, 1 << 20)]))
        before = look(program, shared)["devices"]
        liar = Forger(shared, ledger([chip(board="e150", unique_id=0xBAD, channels=1, channel_bytes=1 << 20)], [buffer(1 << 29, 1 << 10, banks=1)]), user=NOBODY)
        after = look(program, shared)
        (device,) = after["devices"]
        assert all(device[name] == before[0][name] for name in ("board", "unique_id", "pci", "arch")), device
        assert device["memory"]["dram"]["physical_bytes"] == 12 * GIB
        (notice,) = after["notices"]
        assert f"process {liar.pid} of user {NOBODY} describes a chip otherwise" in notice, notice
        assert {process["pid"] for process in after["processes"]} == {roots.pid, liar.pid}


def test_most_users_describe_a_chip(program, holder, directory):
    """Between users that root believes alike: two against one, however many processes the one has, and however early these say that they began."""
    with place(directory) as shared:
        told = chip()
        lie = chip(board="e150", unique_id=0xBAD, channels=1, channel_bytes=1 << 20)
        liars = [Forger(shared, ledger([lie], [buffer(0, 1 << 10, banks=1)]), user=NOBODY, created_ns=1, start_ns=1) for _ in range(3)]
        Forger(shared, ledger([told], [buffer(0, 1 << 20)]), user=HONEST)
        Forger(shared, ledger([told], [buffer(1 << 21, 1 << 20)]), user=SECOND)
        answer = look(program, shared)
        (device,) = answer["devices"]
        assert device["board"] == "n150" and device["memory"]["dram"]["physical_bytes"] == 12 * GIB, device
        assert {int(re.search(r"process (\d+)", notice)[1]) for notice in answer["notices"]} == {liar.pid for liar in liars}, answer["notices"]


def test_of_two_users_the_one_that_was_first_describes(program, holder, directory):
    """The kernel says which process began first; a ledger that says that it is older gains nothing."""
    with place(directory) as shared:
        Forger(shared, ledger([chip(unique_id=5)], [buffer(0, 1 << 20)]), user=HONEST)
        time.sleep(0.05)  # the kernel counts in ticks of 10 ms
        liar = Forger(shared, ledger([chip(unique_id=5, board="e150")], [buffer(0, 1 << 10)]), user=NOBODY, created_ns=1, start_ns=1)
        answer = look(program, shared)
        assert [device["board"] for device in answer["devices"]] == ["n150"], answer["devices"]
        assert len(answer["notices"]) == 1 and str(liar.pid) in answer["notices"][0], answer["notices"]
        (start,) = [process["start_time_ns"] for process in answer["processes"] if process["pid"] == liar.pid]
        assert abs(start - time.time_ns()) < 3600 * 10**9, "the kernel's word on when it began"


def test_a_stranger_fills_a_chip_at_most(program, holder, directory):
    """Incidents: made-up bytes turned 1.2 GiB into 0, and made 4.9 TiB of it."""
    with place(directory) as shared:
        roots = Forger(shared, ledger([chip()], [buffer(0, 1 << 20)]))
        for lie, state in ((buffer(1 << 22, 1 << 40, banks=64), "live"), (buffer(0, (1 << 64) - (12 << 20), banks=1), "corrupt"), (buffer(0, 1 << 63, banks=2), "corrupt")):
            liar = Forger(shared, ledger([chip()], [lie]), user=NOBODY)
            answer = look(program, shared)
            states = {process["pid"]: process["state"] for process in answer["processes"]}
            assert states[liar.pid] == state, (lie, answer["processes"])
            dram = answer["devices"][0]["memory"]["dram"]
            assert any("other users claim more memory of device 0 than it has" in notice for notice in answer["notices"]) == (state == "live"), (lie, answer["notices"])
            assert 12 << 20 <= dram["allocated_bytes"] <= dram["physical_bytes"] == 12 * GIB and dram["requested_bytes"] <= 12 * GIB, (lie, dram)
            (own,) = [process for process in answer["processes"] if process["pid"] == roots.pid]
            assert own["devices"][0]["dram_bytes"] == 12 << 20
            liar.end()


def test_a_ledger_from_another_start_of_the_machine_adds_no_chip(program, holder, directory):
    """Incident: a dead golden file in another user's folder added chips."""
    golden = bytearray((pathlib.Path(__file__).resolve().parents[1] / "golden" / "ledger-v1.2.bin").read_bytes())
    with place(directory) as shared:
        Forger(shared, ledger([chip()], [buffer(0, 1 << 20)]))
        golden[28:32] = NOBODY.to_bytes(4, "little")
        folder = pathlib.Path(shared, f"tt_alloc.{NOBODY}")
        folder.mkdir(mode=0o755)
        file = folder / "4242-0123456789abcdef.ledger"
        file.write_bytes(golden)
        for path in (folder, file):
            os.chown(path, NOBODY, NOBODY)
        answer = look(program, shared)
        assert [device["pci"] for device in answer["devices"]] == ["0000:01:00.0"] and answer["devices"][0]["board"] == "n150", answer["devices"]
        assert {process["pid"]: process["state"] for process in answer["processes"]}[4242] == "exited"


def made_up(first, count, **changes):
    return [chip(logical_id=first + i, pci="", unique_id=(1 << 50) + first + 5000 + i, **changes) for i in range(count)]


def test_made_up_devices_push_nobody_out(program, holder, directory):
    """Incidents: processes that claim thousands of chips held up the loop for 66 s, and pushed honest rows out of the history and the metrics."""
    with place(directory) as shared:
        server = Server(directory, "--http", "127.0.0.1:0", "--history", os.path.join(directory, "state", "ttmem", "history.db"), program=program, ledgers=shared)
        Forger(shared, ledger([chip()], [buffer(0, 1 << 20)]))
        for user in (NOBODY, HONEST, SECOND):
            Forger(shared, *(ledger(made_up(-4000 + user % 1000 * 1000 + 100 * number, 100), [buffer(0, 1 << 10)]) for number in range(4)), user=user)
        answer = look(program, shared)
        assert len(answer["devices"]) <= 1 + 3 * 128 and answer["devices"][0]["pci"] == "0000:01:00.0", len(answer["devices"])
        for user in (NOBODY, HONEST, SECOND):
            assert any(f"user {user} claims more than" in notice for notice in answer["notices"]), answer["notices"]
        status, metrics = get(port_of(server), "/metrics")
        assert status == 200 and b'pci="0000:01:00.0"' in metrics and len(metrics) < 8 << 20, (status, len(metrics))
        assert server.ask(144)["dram"] == 12 << 20
        known = eventually(lambda: history(program, os.path.join(directory, "state")), lambda known: known.get("devices"))
        assert "0000:01:00.0" in {device["pci"] for device in known["devices"]}, len(known["devices"])
        assert server.stop()[0] == 0


def test_a_card_that_its_claimant_does_not_have_open(program, holder, directory):
    """tt-kmd says who has a card open: what another user's process claims to hold there without having it open is not counted."""
    with place(directory) as shared:
        cards = pathlib.Path(directory, "cards")
        subprocess.run([sys.executable, FAKE_CARDS, cards, "n150"], check=True)
        roots = {"TT_ALLOC_SYSFS_ROOT": str(cards / "sys"), "TT_ALLOC_PROCFS_ROOT": str(cards / "proc")}
        opened = cards / "proc/driver/tenstorrent/0/pids"
        opened.chmod(0o644)
        honest = Forger(shared, ledger([chip()], [buffer(0, 1 << 20)]), user=HONEST)
        liar = Forger(shared, ledger([chip()], [buffer(1 << 22, 1 << 20)]), user=NOBODY)
        for pids, bytes_held, named in (([honest.pid], 12 << 20, [liar.pid]), ([honest.pid, liar.pid], 24 << 20, []), ([honest.pid, 0], 24 << 20, [])):
            opened.write_text("".join(f"{pid}\n" for pid in pids))
            answer = look(program, shared, **roots)
            (device,) = answer["devices"]
            assert device["memory"]["dram"]["allocated_bytes"] == bytes_held, (pids, device["memory"]["dram"])
            said = [notice for notice in answer["notices"] if "does not have open" in notice]
            assert [int(re.search(r"process (\d+)", notice)[1]) for notice in said] == named, answer["notices"]


def test_the_driver_describes_its_cards(program, holder, directory):
    """A card is what tt-kmd says, where strangers alone have it: its board and architecture, and no more memory than any chip of that architecture has."""
    with place(directory) as shared:
        cards = pathlib.Path(directory, "cards")
        subprocess.run([sys.executable, FAKE_CARDS, cards, "n150"], check=True)
        roots = {"TT_ALLOC_SYSFS_ROOT": str(cards / "sys"), "TT_ALLOC_PROCFS_ROOT": str(cards / "proc")}
        opened = cards / "proc/driver/tenstorrent/0/pids"
        opened.chmod(0o644)
        lies = [chip(board="e150"), chip(arch=3), chip(channel_bytes=GIB << 10), chip(cores=1 << 20)]
        for lie, is_believed in [(chip(), True), (lies[0], True)] + [(lie, False) for lie in lies[1:]]:
            claimant = Forger(shared, ledger([lie], [buffer(0, 1 << 20)]), user=NOBODY)
            opened.write_text(f"{claimant.pid}\n")
            answer = look(program, shared, **roots)
            (device,) = answer["devices"]
            assert (device["board"], device["arch"]) == ("n150", "wormhole_b0"), (lie, device)
            physical = device["memory"]["dram"]["physical_bytes"]
            assert physical in ((12 * GIB,) if is_believed else (12 * GIB, None)), (lie, physical)
            assert device["memory"]["dram"]["allocated_bytes"] == (12 << 20 if is_believed else 0), (lie, device["memory"]["dram"])
            said = [notice for notice in answer["notices"] if f"process {claimant.pid} of user {NOBODY} describes a chip otherwise" in notice]
            assert len(said) == (0 if is_believed else 1), (lie, answer["notices"])
            claimant.end()


def test_buffers_lie_within_their_banks(program, holder, directory):
    """Buffers that another user's ledger lists outside of its banks are counted, not listed, and said."""
    with place(directory) as shared:
        within = [buffer(0, 1 << 20), buffer(GIB - (1 << 20), 1 << 20)]
        outside = [buffer(GIB - (1 << 20) + 32, 1 << 20), buffer(5 * GIB, 32)]
        for user, listed in ((NOBODY, 2), (0, 4)):
            forger = Forger(shared, ledger([chip()], within + outside), user=user)
            answer = look(program, shared, "--buffers")
            (process,) = [process for process in answer["processes"] if process["pid"] == forger.pid]
            assert len(answer["buffers"]) == listed and process["unlisted_buffers"] == 4 - listed, (user, answer["buffers"], process)
            said = [notice for notice in answer["notices"] if f"process {forger.pid} of user {user} lists 2 buffers outside of their banks" in notice]
            assert len(said) == (4 - listed) // 2, answer["notices"]
            forger.end()


def test_bad_files_are_named_and_counted(program, holder, directory):
    """Incident: 100,000 notices. The first few of a user's are given and how many more there are."""
    with place(directory) as shared:
        folder = pathlib.Path(shared, f"tt_alloc.{NOBODY}")
        folder.mkdir(mode=0o755)
        for number in range(500):
            file = folder / f"{number + 1}-{number:016x}.ledger"
            file.mkdir()
            os.chown(file, NOBODY, NOBODY)
        os.chown(folder, NOBODY, NOBODY)
        own = pathlib.Path(shared, f"tt_alloc.{HONEST}")
        own.write_text("a file, in the place of the folder of a user that has a word to be told")
        notices = look(program, shared)["notices"]
        assert len([notice for notice in notices if f"tt_alloc.{NOBODY}" in notice]) <= 6 and any("495 more ledgers" in notice for notice in notices), notices[:10]
        assert any(f"tt_alloc.{HONEST}" in notice for notice in notices), notices


def test_figures_are_there_while_lists_are_wanted(program, holder, directory):
    """Incident: 256 requests for lists, abandoned, kept /metrics away for 287 s. Figures have room of their own; equal requests share an answer."""
    with place(directory) as shared:
        Forger(shared, ledger(made_up(0, 100), [buffer(0, 32)], repeat=16_000), user=NOBODY)
        server = Server(directory, "--http", "127.0.0.1:0", "--no-history", program=program, ledgers=shared)
        port = port_of(server)
        assert get(port, "/metrics")[0] == 200
        keep = []
        for question in ("/api/v1/snapshot?buffers=true", *(f"/api/v1/buffers?offset={offset}&limit=10000" for offset in range(300))):
            for _ in range(300 if question.endswith("true") else 1):
                waiting = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
                waiting.sendall(f"GET {question} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                keep.append(waiting)
        try:
            for path in ("/metrics", "/api/v1/devices", "/api/v1/processes", "/healthz"):
                status, body = get(port, path)
                assert status == 200, (path, status, body[:200])
        finally:
            while keep:
                keep.pop().close()
        rows = eventually(lambda: get(port, "/api/v1/buffers?limit=10"), lambda answer: answer[0] == 200)
        assert len(json.loads(rows[1])["buffers"]) == 10, "and lists again, once their askers are gone"
        assert server.stop()[0] == 0


def as_user(user, act):
    """Runs that in a child of that user, and waits until it is done. Gives the pid of the child, which stays as it is while `act` gave anything."""
    said, say = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(said)
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        kept = act()
        os.write(say, b"ready")
        while kept is not None:
            signal.pause()
        os._exit(0)
    os.close(say)
    with os.fdopen(said, "rb") as answer:
        assert answer.read(5) == b"ready"
    return child


def ask_socket(path, question):
    """The status and body of an answer of the unix socket."""
    with socket.socket(socket.AF_UNIX) as mine:
        mine.settimeout(PATIENCE_S)
        mine.connect(path)
        mine.sendall(f"GET {question} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: mine.recv(1 << 16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_clients_take_turns_for_lists(program, holder, directory):
    """Incident: one client took all the room for lists, so that others got 503 for as long as its answers took."""
    with place(directory) as shared:
        Forger(shared, ledger(made_up(0, 100), [buffer(0, 32)], repeat=16_000), user=HONEST)
        door = os.path.join(directory, "api.sock")
        pathlib.Path(directory).chmod(0o755)
        server = Server(directory, "--api-socket", door, "--no-history", program=program, ledgers=shared)

        def flood():
            keep = []
            for offset in range(300):
                waiting = socket.socket(socket.AF_UNIX)
                waiting.connect(door)
                waiting.sendall(f"GET /api/v1/buffers?offset={offset}&limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                keep.append(waiting)
            return keep

        flooder = as_user(NOBODY, flood)
        try:
            for question in ("/api/v1/buffers?limit=10", "/api/v1/buffers?limit=11", "/api/v1/buffers?kind=l1"):
                status, body = ask_socket(door, question)
                assert status == 200, (question, status, body[:200])
        finally:
            os.kill(flooder, signal.SIGKILL)
            os.waitpid(flooder, 0)
        assert server.stop()[0] == 0


def test_ledgers_of_others_are_read_beside_the_loop(program, holder, directory):
    """The thread that answers clients reads no other user's ledger, not even to notice that there is one: however long that takes, the others' answers do not."""
    with place(directory) as shared:
        server = Server(directory, "--http", "127.0.0.1:0", "--no-history", program=program, ledgers=shared)
        port = port_of(server)
        threads = pathlib.Path(f"/proc/{server.process.pid}/task")

        def read_bytes():
            """The bytes that each thread has read from files."""
            return {int(thread.name): int(re.search(r"rchar: (\d+)", (thread / "io").read_text())[1]) for thread in threads.iterdir()}

        try:
            before = read_bytes()
        except OSError as error:
            raise Skip(f"the kernel does not say what threads read: {error}") from error
        for number in range(5):
            liar = Forger(shared, *(ledger([chip()], [buffer(0, 32)], repeat=1000) for _ in range(50)), user=NOBODY)
            for _ in range(20):
                assert server.ask(144)["type"] == RESPONSE and get(port, "/metrics")[0] == 200
            liar.end()
        used = {thread: count - before.get(thread, 0) for thread, count in read_bytes().items()}
        loop = used.pop(server.process.pid)
        assert sum(used.values()) > 5 * 50 * 4096, f"the ledgers were read at all: {used}"
        assert loop < 50 * 4096, (loop, used)
        assert server.stop()[0] == 0


def test_lists_of_one_user_are_bounded(program, holder, directory):
    """Incident: one ledger of 1.8 MB made a list of 10 GB. All lists of another user have the room of one ledger; what is beyond is counted and said."""
    if not os.environ.get("TTMEM_LONG"):
        raise Skip("takes a minute: with ./test.sh --long")
    with place(directory) as shared:
        Forger(shared, ledger([chip()], [buffer(0, 1 << 20)]))
        lists = [ledger(made_up(0, 128), [buffer(0, 32)], repeat=28_000) for _ in range(6)]
        liars = [Forger(shared, one, user=NOBODY) for one in lists]
        server = Server(directory, "--http", "127.0.0.1:0", "--no-history", program=program, ledgers=shared)
        port = port_of(server)
        status, body = get(port, "/api/v1/snapshot?buffers=true")
        answer = json.loads(body)
        status_file = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        most = int(re.search(r"VmHWM:\s+(\d+)", status_file)[1]) << 10
        assert status == 200 and most < 3 << 30, (status, most)
        assert any(f"user {NOBODY} lists more than" in notice for notice in answer["notices"]), answer["notices"]
        unlisted = {process["pid"]: process["unlisted_buffers"] for process in answer["processes"]}
        assert sum(unlisted[liar.pid] > 0 for liar in liars) == 5, unlisted
        assert server.stop()[0] == 0


if __name__ == "__main__":
    sys.exit(run_all(globals()))
