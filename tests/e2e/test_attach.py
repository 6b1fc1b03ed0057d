# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem attach` and `ttmem detach`: tracking switched on and off in a running process from outside.

TTMEM_ATTACH_ROUNDS sets how often a busy process is attached to and detached from (8; docs/decisions/0006 has the figures of 100).
"""
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import host
import pytest
import test_late
import truth
from statements import Program

ROUNDS = int(os.environ.get("TTMEM_ATTACH_ROUNDS", "8"))


def ttmem(tools, *arguments):
    return subprocess.run([tools.ttmem, *map(str, arguments)], env=tools.environment(), capture_output=True, text=True, timeout=120)


def works(tools, command, pid):
    done = ttmem(tools, command, pid)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"process {pid}: tracking is {'on' if command == 'attach' else 'off'}\n"


def refused(tools, command, pid, *words):
    done = ttmem(tools, command, pid)
    assert done.returncode == 1 and done.stdout == "", (done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith(f"ttmem {command}: ") and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def start(tools, python, *arguments, cluster="n150", environment=None):
    return host.Host(tools, [python, test_late.SWITCH, "-", *arguments], "attach", cluster=cluster, environment=environment)


def while_running(process, work):
    """Does it while all threads of the process allocate and free; gives what they hold when they stand still again."""
    process.say("run")
    assert process.hear().get("running")
    work()
    process.say("halt")
    return process.hear()




@pytest.fixture
def sleeper():
    """A process without ttnn."""
    with subprocess.Popen(["sleep", "300"]) as process:
        yield process.pid
        process.kill()


def test_busy_process_again_and_again(tools, python):
    """Four threads allocate and free; attach, compare, detach, and in the end its own results are right."""
    with start(tools, python) as process:
        message = process.hear()
        pid = message["pid"]
        for _ in range(ROUNDS):
            message = while_running(process, lambda: works(tools, "attach", pid))
            test_late.exact(tools, message)
            message = while_running(process, lambda: works(tools, "detach", pid))
            test_late.over(tools, message)
        test_late.finish(process)


def test_mesh_with_submeshes(tools, python):
    with start(tools, python, "--mesh", "2x4", "--submeshes", "1", cluster="t3000") as process:
        pid = process.hear()["pid"]
        test_late.exact(tools, while_running(process, lambda: works(tools, "attach", pid)))
        test_late.over(tools, while_running(process, lambda: works(tools, "detach", pid)))
        test_late.finish(process)


def test_idle_process(tools, python):
    """All threads wait: nothing has to run for it to be tracked."""
    with start(tools, python, "--threads", "0") as process:
        message = process.hear()
        works(tools, "attach", message["pid"])
        test_late.exact(tools, message)
        refused(tools, "attach", message["pid"], "tracked already")
        works(tools, "detach", message["pid"])
        refused(tools, "detach", message["pid"], "not tracked")
        test_late.finish(process)


def test_one_that_is_tracked_from_the_start(tools, python):
    with start(tools, python, "--threads", "1", environment=tools.preload()) as process:
        message = process.hear()
        refused(tools, "attach", message["pid"], "tracked already")
        works(tools, "detach", message["pid"])
        test_late.over(tools, message)
        test_late.exact(tools, while_running(process, lambda: works(tools, "attach", message["pid"])))
        test_late.finish(process)


def test_programs_of_before_are_unknown_until_launched(tools, python):
    with start(tools, python, "--threads", "0", "--allocations", "50") as process:
        process.hear()
        process.say("add")
        pid = process.hear()["pid"]
        works(tools, "attach", pid)

        def figures():
            snapshot = tools.snapshot()
            entry = truth.process_of(snapshot, pid)["devices"][0]
            return snapshot["devices"][0]["memory"], entry

        memory, entry = figures()
        assert memory["circular_buffers"]["current_bytes"] is None and memory["kernels"]["loaded_bytes"] is None
        assert entry["cb_bytes"] is None and entry["kernel_bytes"] is None
        process.say("add")
        process.hear()
        memory, entry = figures()
        assert memory["circular_buffers"]["current_bytes"] > 0 and entry["cb_bytes"] == memory["circular_buffers"]["current_bytes"]
        assert memory["circular_buffers"]["programs_sum_bytes"] is None and memory["kernels"]["loaded_bytes"] is None
        known = memory["circular_buffers"]["current_bytes"]
        works(tools, "detach", pid)
        works(tools, "attach", pid)
        assert figures()[0]["circular_buffers"]["current_bytes"] is None
        process.say("add")
        process.hear()
        assert figures()[0]["circular_buffers"]["current_bytes"] == known
        test_late.finish(process)


def test_killed_in_the_middle(tools, python):
    """The attaching process may die at any moment: the target goes on, right, and can be attached to."""
    rng = random.Random(7)
    with start(tools, python, "--allocations", "200") as process:
        pid = process.hear()["pid"]

        def attack():
            for number in range(12):
                with subprocess.Popen([tools.ttmem, "attach" if number % 3 else "detach", str(pid)], env=tools.environment(), stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as attacker:
                    time.sleep(rng.uniform(0.0, 0.06))
                    attacker.kill()

        threads = lambda: len(os.listdir(f"/proc/{pid}/task"))
        while_running(process, lambda: None)
        own = threads()
        while_running(process, attack)
        time.sleep(0.5)
        host.until(lambda: threads() == own, "what was begun inside to come to its end by itself")
        done = ttmem(tools, "attach", pid)
        assert done.returncode == 0 or "tracked already" in done.stderr, done.stderr
        test_late.exact(tools, while_running(process, lambda: time.sleep(0.05)))
        works(tools, "detach", pid)
        test_late.finish(process)


def test_refusals(tools, sleeper):
    refused(tools, "attach", 2**22 + 1, "there is no process")
    refused(tools, "attach", sleeper, "no ttnn in it", "ttmem run")
    refused(tools, "detach", sleeper, "no ttnn in it")
    for words in (["attach"], ["attach", "x"], ["detach"]):
        done = ttmem(tools, *words)
        assert done.returncode == 2 and "--help" in done.stderr
    os.kill(sleeper, signal.SIGSTOP)
    host.until(lambda: host.state_letters(sleeper) == {"T"}, "a stop")
    refused(tools, "attach", sleeper, "is stopped", "kill -CONT")


def test_refuses_the_dead(tools):
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        refused(tools, "attach", process.pid, "has ended")


def test_refuses_a_thread(tools, python):
    code = "import threading, time; t = threading.Thread(target=time.sleep, args=(60,), daemon=True); t.start(); print(t.native_id, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        refused(tools, "attach", int(process.stdout.readline()), f"is a thread of process {process.pid}")
        process.kill()


def test_refuses_what_a_debugger_has(tools, sleeper):
    libc, seize, detach, interrupt = ctypes.CDLL(None, use_errno=True), 0x4206, 17, 0x4207
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    assert libc.ptrace(seize, sleeper, None, None) == 0
    try:
        refused(tools, "attach", sleeper, f"traced by process {os.getpid()}")
    finally:
        libc.ptrace(interrupt, sleeper, None, None)
        os.waitpid(sleeper, 0)
        libc.ptrace(detach, sleeper, None, None)


def test_refuses_another_users_process(tools, sleeper):
    """Root attaches as user 65534 to a process of its own; any other user attaches to process 1, which is root's."""
    if os.geteuid() != 0:
        refused(tools, "attach", 1, "you may not look into process 1", "sudo")
        return
    with tempfile.TemporaryDirectory() as folder:  # for the build may lie where no other user can go
        os.chmod(folder, 0o755)
        program = shutil.copy(tools.ttmem, folder)
        done = subprocess.run([program, "attach", str(sleeper)], env=tools.environment(), capture_output=True, text=True, user=65534, cwd="/")
        assert done.returncode == 1 and f"you may not look into process {sleeper}" in done.stderr and "sudo" in done.stderr, done.stderr


def test_refuses_another_mount_namespace(tools):
    command = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    with subprocess.Popen([*command, "sleep", "60"]) as process:
        own = os.readlink("/proc/self/ns/mnt")
        host.until(lambda: process.poll() is None and os.readlink(f"/proc/{process.pid}/ns/mnt") != own, "a mount namespace")
        refused(tools, "attach", process.pid, "another mount namespace", "in there")
        process.kill()


HELD = "sum(view.total_bytes_allocated_per_bank * view.num_banks for view in [ttnn.get_memory_view(device, ttnn.BufferType.DRAM)])"


def test_a_peak_from_before_the_attach_is_unknown(tools, python):
    """A process held 32 MiB and freed them: what it holds when it is attached to is not the most that it ever held."""
    with Program(tools, python, tracked=False) as program:
        def figures():
            snapshot = tools.snapshot()
            [told] = [row for row in snapshot["processes"] if row["pid"] == program.pid]
            return snapshot["devices"][0]["memory"]["dram"], told

        most, kept = program.run(f"device = open_device(); small = allocate(device, 256); big = allocate(device, 4096); most = {HELD}; ttnn.deallocate(big); answer = [most, {HELD}]")
        began = time.time_ns()
        works(tools, "attach", program.pid)
        memory, told = figures()
        assert most > kept and (memory["allocated_bytes"], memory["peak_bytes"], memory["peak_since_attach_bytes"]) == (kept, None, kept)
        [use] = told["devices"]
        assert (use["dram_peak_bytes"], use["dram_peak_since_attach_bytes"]) == (None, kept)
        assert began <= told["tracked_since_ns"] <= time.time_ns()
        later = program.run(f"more = allocate(device, 1024); answer = {HELD}; ttnn.deallocate(more)")
        memory, told = figures()
        assert (memory["peak_bytes"], memory["peak_since_attach_bytes"]) == (None, later) and later < most
        text = ttmem(tools, "snapshot").stdout
        assert f">={later}" in text and f"process {program.pid} is tracked since " in text, text
        ring = " ".join(ttmem(tools, "l1").stdout.split())
        assert "tracking began when the device was open already" in ring, ring
        works(tools, "detach", program.pid)
        program.end()


def test_a_process_tracked_from_its_beginning_knows_its_peak(tools, python):
    with Program(tools, python) as program:
        most = program.run(f"device = open_device(); big = allocate(device, 1024); answer = {HELD}; ttnn.deallocate(big)")
        snapshot = tools.snapshot()
        memory = snapshot["devices"][0]["memory"]["dram"]
        assert (memory["peak_bytes"], memory["allocated_bytes"], memory["peak_since_attach_bytes"]) == (most, 0, None)
        assert snapshot["processes"][0]["tracked_since_ns"] is None
        program.end()
