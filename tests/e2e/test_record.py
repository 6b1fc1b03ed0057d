# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem record` and `ttmem report` on real ttnn: what the file says is what ttnn said while it ran."""
import collections
import json
import os
import signal
import stat
import subprocess
import time

import host
import pytest
import truth
from test_death import account


def record(tools, path, *command, options=()):
    return [tools.ttmem, "record", "-o", path, *options, "--", *command]


def report(tools, path, *options):
    done = subprocess.run([tools.ttmem, "report", path, "--json", *options], env=tools.environment(), capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows_at(tools, path, time_ns):
    return collections.Counter((row["address"], row["bytes_per_bank"], row["kind"]) for row in report(tools, path, "--at", f"@{time_ns}")["buffers"])


def test_every_checkpoint_peak_and_leak_is_ttnns_own(tools, python):
    path, seen = tools.scratch / "run.ttrec", []

    def look(message):
        rows = [tuple(row) for allocator in message["allocators"] for row in allocator["rows"]]
        seen.append((time.time_ns(), collections.Counter(rows), message["pid"]))

    with host.Host(tools, record(tools, path, python, host.HOSTS / "recorded.py", "7", "1500", "5"), "recorded") as process:
        last = host.run_through(process, look)
        assert process.end() == 0
        said = process.errors()
    assert len(seen) > 10
    for time_ns, rows, _ in seen:
        assert rows_at(tools, path, time_ns) == rows
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    found = report(tools, path)
    assert found["summary"]["missed"] == 0 and found["summary"]["finished"] and not found["summary"]["damages"]
    assert f"{found['summary']['events']} events of 1 process in {path}" in said
    assert [(p["pid"], p["ending"], p["from_the_beginning"]) for p in found["processes"]] == [(seen[0][2], "exited", True)]
    peaks = {peak["kind"]: peak for peak in found["peak"]}
    for kind, most in last["most"].items():
        assert (peaks[kind]["bytes"], peaks[kind]["lower_bound"], peaks[kind]["devices"]) == (most, False, [0])
        assert peaks[kind]["ledger_bytes"] == most
        assert sum(holder["bytes"] for holder in peaks[kind]["holders"]) == most
    leaks = {leak["name"].rpartition("/")[2].partition(":")[0]: leak for leak in found["leaks"]}
    assert list(leaks) == ["host_protocol.py"]
    assert (leaks["host_protocol.py"]["buffers"], leaks["host_protocol.py"]["bytes"]) == (5, last["kept_bytes"])
    by_operation = report(tools, path, "--by", "operation")
    assert [leak["name"] for leak in by_operation["leaks"]] == ["ttnn.empty"]
    assert "Never freed by the program" in subprocess.run([tools.ttmem, "report", path], env=tools.environment(), capture_output=True, text=True).stdout


def test_a_file_is_never_overwritten_and_the_command_not_begun(tools, python):
    path = tools.scratch / "there.ttrec"
    path.write_text("mine")
    mark = tools.scratch / "ran"
    done = subprocess.run(record(tools, path, "touch", mark), env=tools.environment(), capture_output=True, text=True)
    assert done.returncode == 125 and "exists already" in done.stderr
    assert path.read_text() == "mine" and not mark.exists()


def test_exit_code_and_signals_are_the_commands(tools):
    environment = tools.environment()
    assert subprocess.run(record(tools, tools.scratch / "%p.a", "sh", "-c", "exit 7"), env=environment).returncode == 7
    assert subprocess.run(record(tools, tools.scratch / "%p.a", "sh", "-c", "kill -9 $$"), env=environment).returncode == 137
    assert subprocess.run(record(tools, tools.scratch / "%p.a", "no such command"), env=environment, stderr=subprocess.DEVNULL).returncode == 127
    assert len(list(tools.scratch.glob("*.a"))) == 3


def test_parent_and_forked_child_are_in_one_file(tools, python):
    path, seen = tools.scratch / "fork.ttrec", []
    with host.Host(tools, record(tools, path, python, host.HOSTS / "fork_host.py", "fork"), "fork") as process:
        while True:
            message = process.hear()
            if message.get("end"):
                break
            rows = message.get("own_rows") or [row for allocator in message["allocators"] for row in allocator["rows"]]
            seen.append((time.time_ns(), message["pid"], message["checkpoint"], collections.Counter(tuple(row) for row in rows)))
            process.say()
        process.end()
    found = report(tools, path)
    pids = [p["pid"] for p in found["processes"]]
    assert sorted(pids) == sorted({pid for _, pid, _, _ in seen}) and len(pids) == 2
    assert found["summary"]["missed"] == 0
    for time_ns, pid, label, rows in seen:
        buffers = [b for b in report(tools, path, "--at", f"@{time_ns}")["buffers"] if b["pid"] == pid]
        assert collections.Counter((b["address"], b["bytes_per_bank"], b["kind"]) for b in buffers) == rows, label


def test_of_a_killed_application_nothing_is_missing(tools, python):
    for number, wait in enumerate((0.05, 0.4, 1.3)):
        path, log = tools.scratch / f"killed.{number}", tools.scratch / f"account.{number}"
        with host.Host(tools, record(tools, path, python, host.HOSTS / "churn.py", log, str(number)), "churn") as process:
            banks = process.hear()["banks"]
            time.sleep(wait)
            child = int(subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True).split()[0])
            os.kill(child, signal.SIGKILL)
            assert process.process.wait(host.PATIENCE) == 137
        event, possible = account(log, banks)
        found = report(tools, path)
        assert [p["ending"] for p in found["processes"]] == ["died"] and found["summary"]["missed"] == 0
        last = found["processes"][0]["last_ns"]
        held = sum(row["allocated_bytes"] for row in report(tools, path, "--at", f"@{last}")["buffers"] if row["kind"] == "dram")
        assert held in possible, f"event {event}"


def test_a_killed_recorder_loses_a_second_at_most_and_the_application_nothing(tools, python):
    path, log = tools.scratch / "cut.ttrec", tools.scratch / "account"
    with host.Host(tools, record(tools, path, python, host.HOSTS / "churn.py", log, "3"), "churn") as process:
        banks = process.hear()["banks"]
        child = int(subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True).split()[0])
        time.sleep(2.5)
        killed_ns = time.time_ns()
        process.process.kill()
        process.process.wait()
        before, _ = account(log, banks)
        host.until(lambda: account(log, banks)[0] > before + 1000, "the application to go on")
        assert truth.process_of(tools.snapshot(), child)["state"] == "live"
        os.kill(child, signal.SIGKILL)
    found = report(tools, path)
    assert not found["summary"]["finished"] and found["processes"][0]["ending"] is None
    assert found["summary"]["events"] > 100
    assert killed_ns - found["processes"][0]["last_ns"] < 3_000_000_000  # a chunk of a second, and what a loaded machine adds
    text = subprocess.run([tools.ttmem, "report", path], env=tools.environment(), capture_output=True, text=True).stdout
    assert "the recorder did not come to its end" in text


def test_threads_at_full_speed_lose_nothing(tools, python):
    path = tools.scratch / "fast.ttrec"
    with host.Host(tools, record(tools, path, python, host.HOSTS / "recorded.py", "1", "4000", "0", "4"), "fast") as process:
        assert host.run_through(process)["end"]
        assert process.end() == 0
    found = report(tools, path)
    assert found["summary"]["missed"] == 0 and found["processes"][0]["unknown_frees"] == 0
    assert found["summary"]["allocations"] >= 16000 and found["summary"]["allocations"] == found["summary"]["frees"]


def test_a_process_that_runs(tools, python):
    path, seen = tools.scratch / "pid.ttrec", []
    with host.Host(tools, [python, host.HOSTS / "recorded.py", "9", "600", "2"], "late", environment=tools.preload()) as process:
        first = process.hear()
        recorder = subprocess.Popen([tools.ttmem, "record", "-o", path, "--pid", str(process.pid)], env=tools.environment(), stderr=subprocess.PIPE)
        host.until(lambda: path.exists() and path.stat().st_size > 0, "the recorder")
        time.sleep(0.5)

        def look(message):
            rows = [tuple(row) for allocator in message["allocators"] for row in allocator["rows"]]
            seen.append((time.time_ns(), collections.Counter(rows)))

        look(first)
        process.say()
        host.run_through(process, look)
        assert process.end() == 0
        assert recorder.wait(host.PATIENCE) == 0
        recorder.stderr.close()
    for time_ns, rows in seen[1:]:
        assert rows_at(tools, path, time_ns) == rows
    found = report(tools, path)
    assert [p["from_the_beginning"] for p in found["processes"]] == [False]
    assert all(peak["lower_bound"] for peak in found["peak"]) and found["summary"]["missed"] == 0


def test_growth_by_steps_in_a_file_that_is_passed_on(tools, python):
    path = tools.scratch / "grows.ttrec"
    command = record(tools, path, python, host.HOSTS / "grows.py", "200", options=("--redact",))
    done = subprocess.run(command, env=tools.environment("n150"), capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    found = report(tools, path)
    (growth,) = found["growth"]
    assert growth["steps"] >= 200 and growth["step"] is not None
    (row,) = growth["rows"]
    assert row["bytes_per_step"] * growth["steps"] / 200 == pytest.approx(told["kept_a_step"], rel=0.05) and row["certainty"] > 0.99
    assert row["name"].startswith("grows.py:"), "the program's own line, not ttnn's"
    (worst,) = [one for one in found["fragmentation"] if one["kind"] == "dram"]
    assert 0 < worst["largest_hole_bytes_per_bank"] <= worst["free_bytes_per_bank"] < worst["bank_bytes"]
    assert found["processes"][0]["command"] is None
    folded = subprocess.run([tools.ttmem, "report", path, "--folded", "leaks"], env=tools.environment(), capture_output=True, text=True).stdout
    stacks = {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in folded.splitlines()}
    assert any(f"(grows.py:{told['lines']['a leak']})" in stack and stack.endswith(";ttnn.empty") for stack in stacks), stacks
    assert sum(stacks.values()) == sum(leak["bytes"] for leak in report(tools, path, "--top", "1000")["leaks"])
    everything = json.dumps(found) + folded + json.dumps(report(tools, path, "--at", "0"))
    assert str(host.HOSTS) not in everything and str(tools.scratch) not in everything.replace(str(path), "")


def test_from_start_waits_for_a_process_that_is_not_tracked_yet(tools, python):
    path = tools.scratch / "waits.ttrec"
    words = ["sh", "-c", 'read go; exec "$0" "$@"', tools.ttmem, "run", "--", python, host.HOSTS / "grows.py", "30"]
    command = subprocess.Popen(words, env=tools.environment("n150"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    recorder = subprocess.Popen([tools.ttmem, "record", "-o", path, "--pid", str(command.pid), "--from-start"], env=tools.environment(),
                                stderr=subprocess.PIPE, text=True)
    assert " is recorded in " in recorder.stderr.readline()
    told, _ = command.communicate("go\n", timeout=host.PATIENCE)
    assert command.returncode == 0 and "kept_a_step" in told
    assert recorder.wait(host.PATIENCE) == 0, recorder.stderr.read()
    recorder.stderr.close()
    found = report(tools, path)
    assert [(p["pid"], p["ending"], p["from_the_beginning"]) for p in found["processes"]] == [(command.pid, "exited", True)]
    assert found["summary"]["finished"] and found["summary"]["missed"] == 0 and found["summary"]["allocations"] >= 80
