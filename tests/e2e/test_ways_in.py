# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The ways in which tracking gets into a process, and the processes into which it must not get."""
import subprocess
import sys

import host
import pytest
import truth

HOLDS = host.HOSTS / "leaves.py"


def is_exact(tools, process):
    message = process.hear()
    wrong = truth.differences(message, tools.snapshot())
    assert not wrong, "\n".join(wrong)
    assert message["allocators"][0]["rows"], "the host held nothing"
    return message


def run_and_check(tools, command, environment=None):
    with host.Host(tools, command, "way", environment=environment) as process:
        is_exact(tools, process)
        process.say()
        assert process.hear().get("end")
        assert process.end() == 0, process.errors()[-2000:]


def test_ttmem_run(tools, python):
    run_and_check(tools, [tools.ttmem, "run", "--", python, HOLDS, "return"])


def test_ttmem_run_without_dashes(tools, python):
    run_and_check(tools, [tools.ttmem, "run", python, HOLDS, "return"])


def test_ttmem_run_reaches_children_of_the_command(tools, python):
    run_and_check(tools, [tools.ttmem, "run", "--", "sh", "-c", f"'{python}' '{HOLDS}' return; exit $?"])


def test_preload(tools, python):
    run_and_check(tools, [python, HOLDS, "return"], tools.preload())


def test_loaded_with_global_symbols_before_ttnn(tools, python):
    code = (f"import ctypes, runpy, sys; ctypes.CDLL({str(tools.hooks)!r}, mode=ctypes.RTLD_GLOBAL); sys.path.insert(0, {str(HOLDS.parent)!r});"
            f"sys.argv = ['leaves.py', 'return']; runpy.run_path({str(HOLDS)!r}, run_name='__main__')")
    run_and_check(tools, [python, "-c", code], {"TT_ALLOC_TRACKING_ENABLED": "1"})


@pytest.mark.parametrize("value", [None, "0", ""])
def test_switched_off_makes_nothing(tools, python, value):
    environment = {"LD_PRELOAD": str(tools.hooks), "TT_ALLOC_TRACKING_ENABLED": value}
    with host.Host(tools, [python, HOLDS, "return"], "off", environment=environment) as process:
        message = process.hear()
        assert tools.ledger_files() == []
        snapshot = tools.snapshot()
        process_seen = truth.process_of(snapshot, message["pid"])
        assert process_seen is None or process_seen["source"] != "ledger"
        process.say()
        assert process.hear().get("end")
        assert process.end() == 0
        assert process.own_lines() == []


@pytest.mark.parametrize("command", [["true"], ["sh", "-c", "echo one; echo two >&2; exit 5"], [sys.executable, "-c", "print(sum(range(10)))"],
                                     ["ls", "/"], ["sh", "-c", "sh -c 'exit 3'"], ["perl", "-e", "print 6*7"]], ids=lambda c: " ".join(c)[-24:])
def test_processes_without_ttnn_notice_nothing(tools, command):
    plain = subprocess.run(command, env=tools.environment(), capture_output=True, text=True, cwd=tools.scratch)
    tracked = subprocess.run(command, env=tools.environment(**tools.preload()), capture_output=True, text=True, cwd=tools.scratch)
    assert (tracked.returncode, tracked.stdout, tracked.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert tools.ledger_files() == []


@pytest.mark.parametrize("status", [0, 7])
def test_ttmem_run_passes_the_status_on(tools, status):
    done = subprocess.run([tools.ttmem, "run", "--", "sh", "-c", f"exit {status}"], env=tools.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


def test_ttmem_run_of_an_absent_command_is_told(tools):
    done = subprocess.run([tools.ttmem, "run", "--", "no-such-program-anywhere"], env=tools.environment(), capture_output=True, text=True)
    assert done.returncode == 127
    assert "no-such-program-anywhere" in done.stderr


def test_ttmem_run_keeps_a_preload_that_is_there(tools):
    with_other = tools.environment(LD_PRELOAD="libpthread.so.0")
    done = subprocess.run([tools.ttmem, "run", "--", "sh", "-c", "echo $LD_PRELOAD"], env=with_other, capture_output=True, text=True)
    assert "libtt_alloc_hooks.so" in done.stdout and "libpthread.so.0" in done.stdout


def test_own_tools_are_not_tracked(tools):
    done = subprocess.run([tools.ttmem, "run", "--", tools.ttmem, "snapshot", "--json"], env=tools.environment(), capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("{")
    assert tools.ledger_files() == []


def test_exec_starts_over(tools, python):
    """The new program's ledger is its own; what the old one held is no longer live."""
    with host.Host(tools, [python, HOLDS, "exec"], "exec", environment=tools.preload()) as process:
        before = is_exact(tools, process)
        process.say()
        after = is_exact(tools, process)
        assert before["pid"] == after["pid"]
        process.say()
        assert process.hear().get("end")


def test_descriptors_closed_by_the_host(tools, python):
    """A host that closes every descriptor stays tracked, exact and live, and nothing is written into the files that get their numbers."""
    with host.Host(tools, [python, host.HOSTS / "closes_descriptors.py"], "closes", environment=tools.preload()) as process:
        seen = []

        def look(message):
            wrong = truth.differences(message, tools.snapshot())
            assert not wrong, f"at '{message['checkpoint']}':\n" + "\n".join(wrong[:10])
            seen.append(len(message["allocators"][0]["rows"]))

        host.run_through(process, look)
        assert process.end() == 0, process.errors()[-2000:]
    assert max(seen) > 4000


def test_threads_by_the_thousand(tools, python):
    """Threads that end leave nothing: after 500 and after 10,500 of them the ledger and the process are the same size."""
    if tools.runtime:
        pytest.skip("AddressSanitizer keeps freed memory back, so that the process grows")
    sizes = []
    with host.Host(tools, [python, host.HOSTS / "many_threads.py", "500"], "threads", environment=tools.preload()) as process:

        def look(message):
            wrong = truth.differences(message, tools.snapshot())
            assert not wrong, f"at '{message['checkpoint']}':\n" + "\n".join(wrong[:10])
            if "resident" in message:
                sizes.append((message["resident"], message["descriptors"], sum(path.stat().st_blocks * 512 for path in tools.ledger_files())))

        host.run_through(process, look)
    (resident, descriptors, ledger), (resident_after, descriptors_after, ledger_after) = sizes
    assert descriptors_after == descriptors
    assert ledger_after == ledger
    assert resident_after - resident < 4 << 20, f"10,000 threads cost {resident_after - resident} bytes of memory"
