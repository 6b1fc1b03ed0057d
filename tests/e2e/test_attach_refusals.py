# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem attach` where the kernel or a sandbox says no: refused with the reason, and the process ends as if it had never been asked.

The processes here stand for ttnn: they have a library of libtt_metal.so's name in them, compute sums in threads, and report at the end whether these are right.
"""
import contextlib
import os
import pathlib
import platform
import shutil
import struct
import subprocess
import sys

import pytest

# The program of the targets: argv is the library, and the calls that they forbid themselves. A line is written when they are ready; a line read ends them.
TARGET = """
import ctypes, os, sys, threading
ctypes.CDLL(sys.argv[1])
from refusing import forbid
stop, sums = threading.Event(), []
def work():
    total = rounds = 0
    while not stop.is_set():
        total = (total * 31 + rounds) % 1000003
        rounds += 1
    again = 0
    for step in range(rounds):
        again = (again * 31 + step) % 1000003
    sums.append(again == total)
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads: thread.start()
if len(sys.argv) > 2: forbid(sys.argv[2:])
print("ready", flush=True)
sys.stdin.readline()
stop.set()
for thread in threads: thread.join()
print("right" if sums == [True, True] else "wrong", flush=True)
"""

# A seccomp filter without libseccomp: the system calls named answer EPERM, in all threads; after "kill" they end the process.
FORBID = """
import ctypes, struct
NUMBERS = {"mmap": 9, "clone": 56, "clone3": 435, "ptrace": 101, "process_vm_readv": 310, "openat": 257}
def forbid(names):
    libc = ctypes.CDLL(None, use_errno=True)
    answer = 0x00050001  # EPERM
    if names[0] == "kill":
        names, answer = names[1:], 0x80000000  # the whole process
    code = [(0x20, 0, 0, 0)]  # load the number of the call
    for at, name in enumerate(names):
        code.append((0x15, len(names) - at, 0, NUMBERS[name]))
    code += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, answer)]  # allow; the answer
    filters = b"".join(struct.pack("<HBBI", *each) for each in code)
    held = ctypes.create_string_buffer(filters)
    program = struct.pack("<HxxxxxxQ", len(code), ctypes.addressof(held))
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.syscall(317, 1, 1, program) != 0:  # no new privileges; for all threads
        raise OSError(ctypes.get_errno(), "seccomp")
"""

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="attaching works on x86-64 only")


@pytest.fixture
def folder(tools, tmp_path):
    """A library of libtt_metal.so's name (our own client, which does nothing by itself), and the filter's module."""
    (tmp_path / "refusing.py").write_text(FORBID)
    shutil.copy(tools.build / "lib" / "libtt_alloc_client.so", tmp_path / "libtt_metal.so")
    return tmp_path


@contextlib.contextmanager
def target(folder, *forbidden, before=()):
    """A process that computes; unharmed at the end, or the test fails."""
    with subprocess.Popen([*before, sys.executable, "-c", TARGET, folder / "libtt_metal.so", *forbidden], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env=os.environ | {"PYTHONPATH": str(folder)}) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
            assert process.communicate("\n", timeout=600)[0] == "right\n"
            assert process.returncode == 0
        finally:
            process.kill()


def refused(tools, pid, *words, before=()):
    done = subprocess.run([*map(str, before), tools.ttmem, "attach", str(pid)], env=tools.environment(PYTHONPATH=None), capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("ttmem attach: ") and done.stderr.count("\n") == 1, (done, words)
    for word in words:
        assert word in done.stderr, done.stderr


@pytest.mark.parametrize("action", ["errno", "kill"])
@pytest.mark.parametrize("forbidden", [["mmap"], ["clone", "clone3"], ["openat"]], ids=["memory", "threads", "files"])
def test_a_seccomp_filter(tools, folder, forbidden, action):
    """Incident: filters that kill ended 12 of 12 targets. What a filter does is not to be seen from outside: any one is a reason."""
    with target(folder, *(["kill"] if action == "kill" else []), *forbidden) as process:
        refused(tools, process.pid, "seccomp filter", "ttmem run")
        refused(tools, process.pid, "seccomp filter")  # again: nothing was left behind


def test_a_filter_that_both_have(tools, folder):
    """As in a container: its filter is on every process there, also on the attaching one."""
    forbidding = f"import os, sys; sys.path.insert(0, {str(folder)!r}); from refusing import forbid; forbid(['ptrace']); os.execv(sys.argv[1], sys.argv[1:])"
    both = [sys.executable, "-c", forbidding]
    with target(folder, before=both) as process:
        refused(tools, process.pid, "you may not look into process", before=both)


def test_seccomp_strict_mode(tools, folder):
    """Only read, write and exit are allowed to such a process: one system call on its account would kill it."""
    code = ("import ctypes, sys\nctypes.CDLL(sys.argv[1])\nlibc = ctypes.CDLL(None)\nbuffer = ctypes.create_string_buffer(1)\nlibc.write(1, b'ready\\n', 6)\n"
            "libc.prctl(22, 1, 0, 0, 0)\nlibc.read(0, buffer, 1)\nlibc.syscall(60, 7)")
    with subprocess.Popen([sys.executable, "-c", code, folder / "libtt_metal.so"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        status = pathlib.Path(f"/proc/{process.pid}/status")
        while "Seccomp:\t1" not in status.read_text():
            assert process.poll() is None
        refused(tools, process.pid, "seccomp strict mode")
        process.communicate(b"x", timeout=600)
        assert process.returncode == 7


@pytest.mark.parametrize("scope, words", [("1", ["is 1", "parents and root", "sysctl kernel.yama.ptrace_scope=0"]), ("2", ["is 2", "root"]), ("3", ["is 3", "ttmem run"]),
                                          (None, ["another user, or is protected"])])
def test_ptrace_scope(tools, folder, scope, words):
    """The kernel's answer is made by a filter on the asking process, the setting by a file over its place: kernels without Yama have the test too."""
    over = "mount -t tmpfs none /proc/sys/kernel && " + (f"mkdir /proc/sys/kernel/yama && echo {scope} > /proc/sys/kernel/yama/ptrace_scope && " if scope else "")
    alone = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--mount", "sh", "-c", over + 'exec "$@"', "-"]
    run = f"import os, sys; sys.path.insert(0, {str(folder)!r}); from refusing import forbid; forbid(['ptrace']); os.execv(sys.argv[1], sys.argv[1:])"
    with target(folder, before=alone) as process:
        into = ["nsenter", f"--target={process.pid}", *([] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]), "--mount", "--wd=/"]
        refused(tools, process.pid, "you may not look into process", *words, before=[*into, sys.executable, "-c", run])


def test_a_32_bit_program(tools, tmp_path):
    """Made here by hand, for no 32-bit library may be installed: it waits for a signal, again and again."""
    code = bytes.fromhex("b81d000000cd80ebf7")  # mov eax, 29 (pause); int 0x80; jmp back
    base, start = 0x08048000, 52 + 32
    header = b"\x7fELF\x01\x01\x01".ljust(16, b"\0") + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + start, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<IIIIIIII", 1, 0, base, base, start + len(code), start + len(code), 5, 4096)
    program = tmp_path / "waits"
    program.write_bytes(header + segment + code)
    program.chmod(0o755)
    try:
        process = subprocess.Popen([program])
    except OSError as error:
        pytest.skip(f"this kernel runs no 32-bit programs: {error}")
    with process:
        refused(tools, process.pid, "is a 32-bit program")
        assert process.poll() is None
        process.kill()
