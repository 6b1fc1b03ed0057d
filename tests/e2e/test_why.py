# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem why` on real ttnn: in the traceback, after the end, over HTTP, from files, of peaks; the end of a run. test_why_cases.py: the verdicts and their advice."""
import collections
import contextlib
import importlib.util
import json
import os
import re
import socket
import subprocess
import time

import host
import pytest
from statements import Program
from why_answers import CLASH, check_allocation, figures, started, why


def test_nothing_refused(tools, python):
    assert why(tools, "--json")["verdict"] == "none"
    with host.Host(tools, [python, host.HOSTS / "tensor_facts.py", "0"], "why", "n150", tools.preload()) as run:
        run.hear()
        answer = why(tools, "--json")
        assert answer["verdict"] == "none" and answer["kind"] and answer["holders"]
    done = subprocess.run([tools.ttmem, "why", "1"], env=tools.environment(), capture_output=True, text=True)
    assert done.returncode == 1 and "no process 1 is tracked" in done.stderr


def human(count):
    """As ttmem prints bytes."""
    value, unit = count / 1024, 0
    while value >= 1023.95:
        value, unit = value / 1024, unit + 1
    return f"{count} B" if count < 1024 else f"{value:.1f} {('KiB', 'MiB', 'GiB', 'TiB')[unit]}"


@pytest.mark.parametrize("case", ["dram full", "l1 fragmented", "clash add", "beyond attention"])
def test_the_traceback_ends_with_the_answer(tools, python, case):
    with started(tools, python, case) as run:
        message = run.hear()
        answer = why(tools, "--json")
        text, lines = message["said"].split("\nttmem: ", 1)
        lines = lines.split("\nttmem: ")
        assert "backtrace:" in text and len("\nttmem: ".join(["", *lines])) <= 400 and all(line.isprintable() for line in lines)
        assert lines[-1] == f"`ttmem why {run.pid}` says what would help"
        if case in ("clash add", "beyond attention"):
            assert f"{answer['missing_bytes']} bytes too many on a core" in lines[0]
        else:
            assert lines[0] == (f"{human(answer['wanted_bytes_per_bank'])} wanted in each of {answer['banks']} banks of {answer['kind'].upper()}, "
                                f"{human(answer['free_bytes_per_bank'])} free in a bank, largest hole {human(answer['largest_free_bytes_per_bank'])}")
        if case != "beyond attention":
            largest = answer["holders"][0]
            assert lines[1].startswith(f"held: {human(largest['bytes'])} in {largest['buffers']} by ttnn.empty why.py:{largest['place'].rpartition(':')[2]}")
        assert run.end() == 0


def test_exceptions_are_left_alone_on_request(tools, python):
    with host.Host(tools, [python, host.HOSTS / "why.py", "clash add"], "why", "n150", tools.preload() | {"TT_ALLOC_EXPLAIN": "0"}) as run:
        said = run.hear()["said"]
        assert "clash with L1 buffers" in said and "\nttmem: " not in said
        assert why(tools, "--json")["exception"] in said
        assert run.end() == 0


def output(tools, *words):
    done = subprocess.run([tools.ttmem, *words], env=tools.environment(), capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_after_the_end(tools, python):
    with started(tools, python, "clash add") as run:
        message = run.hear()
        assert run.end() == 0
    answer, said = why(tools, "--json", str(run.pid)), figures(CLASH, message["said"])
    assert (answer["verdict"], answer["state"], answer["missing_bytes"]) == ("l1_clash", "exited", said["end"] - said["buffer"])
    view = message["allocators"][0]["memory"]["l1"]
    assert answer["holders_then"] and sum(holder["bytes"] for holder in answer["holders"]) == view["allocated_per_bank"] * view["banks"]
    largest = answer["holders"][0]
    assert (largest["operation"], largest["buffers"]) == ("ttnn.empty", 4) and re.search(r"hosts/why\.py:\d+$", largest["place"])
    assert "bfloat16 tile" in largest["tensor"], "not the largest by context alone, but all that lived"
    text = " ".join(output(tools, "why").split())
    assert "which has ended" in text and "Who held L1 of device 0 at the refusal BYTES" in text
    for words in (["snapshot"], ["top"], ["l1"]):
        text = " ".join(output(tools, *words).split())
        assert "for want of memory" in text and f"process {run.pid} (exited)" in text and "Circular buffers of ttnn.add reach" in text, words
    check_over_http(tools, run.pid, answer)


def over_unix_socket(path, target):
    """Status and JSON of a server's answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: client.recv(1 << 16), b"")).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@contextlib.contextmanager
def serving(tools):
    """The unix socket of a server."""
    path = tools.scratch / "api.sock"
    command = [tools.ttmem, "server", "--socket", tools.scratch / "old.sock", "--http", "off", "--api-socket", path, "--no-history"]
    with subprocess.Popen(command, env=tools.without_runtime(tools.environment()), stderr=subprocess.DEVNULL) as server:
        try:
            limit = time.monotonic() + host.PATIENCE
            while not path.exists():
                assert time.monotonic() < limit and server.poll() is None
                time.sleep(0.02)
            yield path
        finally:
            server.terminate()


def check_over_http(tools, pid, answer):
    """A server's /api/v1/why says to the owner what `ttmem why` says."""
    with serving(tools) as path:
        for target in ("/api/v1/why", f"/api/v1/why?pid={pid}", f"/api/v1/why?pid={pid}&refusal={answer['number']}"):
            status, said = over_unix_socket(path, target)
            assert status == 200 and without_times(said) == without_times(answer), target
        assert over_unix_socket(path, f"/api/v1/why?pid={pid}&refusal=77")[0] == 404
    assert why(tools, "--json", str(pid), "--refusal", str(answer["number"]))["exception"] == answer["exception"]
    done = subprocess.run([tools.ttmem, "why", str(pid), "--refusal", "77"], env=tools.environment(), capture_output=True, text=True)
    assert done.returncode == 1 and "has no refusal 77" in done.stderr


def check_picture(answer, message, kind):
    """All that lived at the refusal is there, and is what ttnn says of that moment."""
    check_allocation(answer, message, kind)
    assert answer["holders_then"] and answer["picture"]["one_moment"] and answer["picture"]["unlisted_buffers"] == 0
    assert answer["picture"]["time_ns"] == pytest.approx(answer["time_ns"], abs=1e6)
    for each in ("dram", "l1", "l1_small", "trace"):
        view = message["allocators"][0]["memory"][each]
        held = sum(buffer["allocated_bytes"] for buffer in answer["buffers"] if buffer["kind"] == each)
        assert held == view["allocated_per_bank"] * view["banks"], each
    [free] = [each for each in answer["advice"] if each["action"] == "free"]
    freed = [buffer for buffer in answer["buffers"] if buffer["id"] in free["buffers"]]
    assert sum(buffer["allocated_bytes"] for buffer in freed) == free["bytes"] and all(buffer["operation"] == "ttnn.empty" for buffer in freed)


def check_growth(answer, message, source):
    """One line grows, by what ttnn says that a step keeps; the bytes of each category are ttnn's of the same tensors."""
    course, lines = answer["course"], message["lines"]
    assert course["source"] == source and re.search(rf"hosts/why\.py:{lines['a step']}$", course["step"]), course
    assert message["steps"] <= course["steps"] <= message["steps"] + 1, "the last one was refused its second tensor"
    [row] = course["rows"]
    assert re.search(rf"hosts/why\.py:{lines['a leak']}$", row["name"]) and row["certainty"] > 0.99
    assert row["bytes_per_step"] == pytest.approx(message["kept"] / message["steps"], rel=1e-6) and row["last_bytes"] == message["kept"]
    held = {each["category"]: (each["buffers"], each["bytes"]) for each in answer["categories"]}
    assert held["weights_or_caches"] == (20, message["weights"]) and held["activations"] == (1, message["activation"])
    assert held["unknown"] == (message["steps"], message["kept"]), "made in steps before, and not freed: no age tells what they are"
    assert sum(size for _, size in held.values()) == sum(holder["bytes"] for holder in answer["holders"])


def test_how_it_came_to_this(tools, python, tmp_path):
    recording = tmp_path / "run.ttrec"
    with started(tools, python, "growing") as run:
        message = run.hear()
        check_growth(why(tools, "--json"), message, "event_rings")
        run.kill()
    answer = why(tools, "--json", str(run.pid))
    check_growth(answer, message, "event_rings")
    text = output(tools, "why", str(run.pid), "--width", "80")
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    assert f"DRAM held by a line rose over the last {answer['course']['steps']} steps, which begin at hosts/why.py:{message['lines']['a step']}:" in flat
    assert f"{message['weights']} " in flat and f"weights or caches: held since before the last {answer['course']['steps']} steps" in flat

    command = [tools.ttmem, "record", "-o", recording, "--", python, host.HOSTS / "why.py", "growing"]
    done = subprocess.run(command, env=tools.environment("n150"), input="end\n", capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr[-2000:]
    [message] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{") and "said" in line]
    check_growth(why(tools, "--json", str(recording)), message, "recording")
    assert "How it came to this (from the recording)" in output(tools, "why", recording)
    for path in tools.ledger_files():
        path.unlink()
    check_growth(why(tools, "--json", str(recording)), message, "recording")  # of the file alone


def reports():
    """scripts/why_reports.py, which wrote a section of docs/why.md."""
    spec = importlib.util.spec_from_file_location("why_reports", host.ROOT / "scripts" / "why_reports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The gate replays one of them.
@pytest.mark.parametrize("name", ["leak", *(pytest.param(name, marks=pytest.mark.long) for name in ("beyond", "clash", "fragmented", "small_region"))])
def test_the_page_shows_what_the_replayed_reports_say(tools, python, name):
    script = reports()
    environment = tools.environment("n150", TTMEM_BUILD_DIR=tools.ttmem.parent.parent)
    done = subprocess.run([python, script.__file__, "--print", name], env=environment, capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr
    assert script.comparable(done.stdout.strip()) in script.comparable(script.PAGE.read_text()), "scripts/why_reports.py writes the page again"


@pytest.mark.parametrize("kind, end", [("dram", "killed"), ("l1", "exited")])
def test_the_picture_outlives_its_process(tools, python, kind, end, tmp_path):
    with started(tools, python, f"{kind} full") as run:
        message = run.hear()
        alive = why(tools, "--json", str(run.pid))
        assert not alive["picture"], "while nothing changed the process itself is the answer"
        if end == "killed":
            run.kill()
        else:
            assert run.end() == 0
    answer = why(tools, "--json", str(run.pid))
    check_picture(answer, message, kind)
    assert answer["holders"] == alive["holders"] and answer["advice"] == alive["advice"]
    text = " ".join(output(tools, "why", "--width", "80").split())
    assert ("which was killed" if end == "killed" else "which has ended") in text and "What would help" in text

    saved, redacted = tmp_path / "refusal", tmp_path / "redacted"
    output(tools, "why", str(run.pid), "--save", saved)
    assert saved.stat().st_mode & 0o7777 == 0o600
    again = subprocess.run([tools.ttmem, "why", "--save", saved], env=tools.environment(), capture_output=True, text=True)
    assert again.returncode == 1 and "File exists" in again.stderr, "no file is written over"
    output(tools, "why", "--save", redacted, "--redact")
    for path in tools.ledger_files():
        path.unlink()
    of_file = why(tools, "--json", str(saved))
    check_picture(of_file, message, kind)
    same = ("holders", "advice", "verdict", "exception", "stack", "buffers", "pid", "state", "number")
    for buffer, one in zip(of_file["buffers"], answer["buffers"], strict=True):
        assert buffer["allocated_at_ns"] == pytest.approx(one.pop("allocated_at_ns"), abs=1e6) and buffer.pop("allocated_at_ns")
    assert {name: of_file[name] for name in same} == {name: answer[name] for name in same}
    assert b"why.py" in saved.read_bytes() and b"why.py" not in redacted.read_bytes() and b"Out of Memory" not in redacted.read_bytes()
    shown = json.loads(output(tools, "snapshot", "--replay", saved, "--buffers", "--json"))
    assert [(row["id"], row["address"], row["allocated_bytes"], row["operation"]) for row in shown["buffers"]] == [
        (row["id"], row["address"], row["allocated_bytes"], row["operation"]) for row in of_file["buffers"]], "the same moment in every view"
    assert [failure["number"] for failure in shown["failures"]] == [of_file["number"]]
    bare = why(tools, "--json", str(redacted))
    assert bare["exception"] is None and bare["holders"][0]["operation"] == "ttnn.empty" and bare["holders"][0]["bytes"] == answer["holders"][0]["bytes"]
    redacted.write_bytes(saved.read_bytes()[: saved.stat().st_size // 3])
    cut = subprocess.run([tools.ttmem, "why", redacted], env=tools.environment(), capture_output=True, text=True)
    assert cut.returncode == 1 and "is damaged" in cut.stderr


def check_peak(answer, then, kind):
    """All that lived at the peak of that kind, as ttnn said at that moment."""
    view = then["memory"][kind]
    held = view["allocated_per_bank"] * view["banks"]
    assert (answer["verdict"], answer["kind"]) == ("none", kind)
    assert answer["peak"] == {"bytes": held, "shown_bytes": held, "left_out_bytes": 0, "still_held": False}
    assert answer["picture"]["one_moment"] and answer["picture"]["unlisted_buffers"] == 0 and answer["holders_then"]
    for each, view in then["memory"].items():
        listed = [buffer for buffer in answer["buffers"] if buffer["kind"] == each]
        assert sum(buffer["allocated_bytes"] for buffer in listed) == view["allocated_per_bank"] * view["banks"], each
        assert sorted(buffer["address"] for buffer in listed) == sorted(address for address, _, of in then["rows"] if of == each), each
    assert sum(holder["bytes"] for holder in answer["holders"]) == held


@pytest.mark.parametrize("end, cluster", [("killed", "n150"), ("exited", "n150"), pytest.param("killed", "t3000", marks=pytest.mark.long)])
def test_what_was_held_at_the_peak(tools, python, end, cluster, tmp_path):
    mesh = "2x4" if cluster == "t3000" else "1x1"
    with host.Host(tools, [python, host.HOSTS / "peaks.py", mesh], "peaks", cluster, tools.preload()) as run:
        peaks = run.hear()["peaks"]
        pid = str(run.pid)
        for kind, then in peaks.items():
            check_peak(why(tools, "--json", pid, "--peak", "--memory", kind), then, kind)
        assert why(tools, "--json", pid)["peak"] is None, "of a process that lives the present is shown unless a peak is asked for"
        if end == "killed":
            run.kill()
        else:
            assert run.end() == 0
    for kind, then in peaks.items():
        check_peak(why(tools, "--json", pid, "--peak", "--memory", kind), then, kind)
    check_peak(why(tools, "--json", pid), peaks["l1"], "l1")  # of a smaller memory it took more
    check_peak(why(tools, "--json", "--peak"), peaks["l1"], "l1")
    text = output(tools, "why", "--width", "80")
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    assert ("which was killed" if end == "killed" else "which has ended") in flat and "at the peak" in flat and "ttnn.empty" in flat
    none = subprocess.run([tools.ttmem, "why", pid, "--peak", "--memory", "l1_small"], env=tools.environment(), capture_output=True, text=True)
    assert none.returncode == 1 and "no picture of a peak of l1_small" in none.stderr
    check_saved_peaks(tools, pid, peaks, tmp_path)


def check_as_a_moment(tools, file, answer):
    """A saved peak in the commands that take a recording: all that `ttmem why FILE` lists, and nothing else."""
    shown = json.loads(tools.printed("snapshot", "--replay", file, "--buffers", "--json"))
    rows = [[(row["id"], row["address"], row["kind"], row["allocated_bytes"], row["operation"]) for row in of["buffers"]] for of in (shown, answer)]
    assert sorted(rows[0]) == sorted(rows[1]) and shown["processes"][0]["pid"] == answer["pid"]
    held = collections.Counter()
    for _, _, kind, size, _ in rows[0]:
        held[kind] += size
    found = json.loads(tools.printed("report", file, "--json"))
    assert {peak["kind"]: peak["bytes"] for peak in found["peak"]} == held and not found["summary"]["damages"]
    assert {row["kind"]: (row["before_bytes"], row["after_bytes"]) for row in json.loads(tools.printed("diff", file, file, "--json"))["peaks"]} == {
        kind: (size, size) for kind, size in held.items()}
    assert str(answer["pid"]) in tools.printed("top", "--replay", file)
    with subprocess.Popen([tools.ttmem, "web", "--no-browser", file], env=tools.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline().startswith("http")
        server.terminate()
    return found


def check_saved_peaks(tools, pid, peaks, folder):
    """Over HTTP to its user, and from files that --save wrote, also when the ledger is gone."""
    files = {kind: folder / f"{kind}.peak" for kind in peaks}
    with serving(tools) as path:
        for kind, file in files.items():
            output(tools, "why", pid, "--peak", "--memory", kind, "--save", file)
            assert file.stat().st_mode & 0o7777 == 0o600
            status, said = over_unix_socket(path, f"/api/v1/why?pid={pid}&peak=true&memory={kind}")
            assert status == 200 and without_times(said) == without_times(why(tools, "--json", pid, "--peak", "--memory", kind))
        assert over_unix_socket(path, f"/api/v1/why?pid={pid}&peak=true&memory=l1_small")[0] == 404
    output(tools, "why", pid, "--peak", "--save", folder / "redacted", "--redact")
    before = why(tools, "--json", pid, "--peak")
    for path in tools.ledger_files():
        path.unlink()
    for kind, then in peaks.items():
        answer = why(tools, "--json", str(files[kind]))
        check_peak(answer, then, kind)
        check_as_a_moment(tools, files[kind], answer)
    bare = why(tools, "--json", str(folder / "redacted"))
    assert b"peaks.py" in files["l1"].read_bytes() and b"peaks.py" not in (folder / "redacted").read_bytes()
    assert [(each["operation"], each["bytes"]) for each in bare["holders"]] == [(each["operation"], each["bytes"]) for each in before["holders"]]
    (folder / "cut").write_bytes(files["l1"].read_bytes()[: files["l1"].stat().st_size // 3])
    cut = subprocess.run([tools.ttmem, "why", folder / "cut"], env=tools.environment(), capture_output=True, text=True)
    assert cut.returncode == 1 and "is damaged" in cut.stderr
    for words in (("report", folder / "cut"), ("diff", folder / "cut", files["l1"]), ("snapshot", "--replay", folder / "cut")):
        cut = subprocess.run([tools.ttmem, *words], env=tools.environment(), capture_output=True, text=True)
        assert cut.returncode == 1 and "is damaged" in cut.stderr, words


def test_a_peak_that_is_still_held_is_saved(tools, python, tmp_path):
    """Nothing was freed since, so there is no picture: the file has what the process holds, or held as it was killed."""
    with Program(tools, python) as program:
        program.run("device = open_device(); held = [allocate(device, 1024) for _ in range(5)]; view = ttnn.get_memory_view(device, ttnn.BufferType.DRAM)")
        held, pid = program.run("answer = view.total_bytes_allocated_per_bank * view.num_banks"), str(program.pid)
        output(tools, "why", "--peak", "--memory", "dram", "--save", tmp_path / "living")
        program.host.kill()
    output(tools, "why", pid, "--peak", "--memory", "dram", "--save", tmp_path / "ended")
    for path in tools.ledger_files():
        path.unlink()
    answer = why(tools, "--json", str(tmp_path / "living"))
    assert answer["peak"] == {"bytes": held, "shown_bytes": held, "left_out_bytes": 0, "still_held": True}
    assert sum(holder["bytes"] for holder in answer["holders"]) == held and answer["holders"][0]["operation"] == "ttnn.empty"
    assert "which lived as this was saved" in " ".join(output(tools, "why", tmp_path / "living").split())
    ended = why(tools, "--json", str(tmp_path / "ended"))
    assert [[process["ending"] for process in check_as_a_moment(tools, tmp_path / name, of)["processes"]] for name, of in (("living", answer), ("ended", ended))] == [
        ["lived as the recording ended"], ["died"]]
    assert ended["peak"]["shown_bytes"] == held and ended["holders"] == answer["holders"]


def without_times(answer):
    """Times are made of clock ticks at each reading, and may differ by a nanosecond."""
    if isinstance(answer, dict):
        return {key: without_times(value) for key, value in answer.items() if not key.endswith("_ns")}
    return [without_times(each) for each in answer] if isinstance(answer, list) else answer


def test_a_ledger_with_a_refusal_stays_a_day(tools, python):
    """Each start of a tracked process looks for what is stale: it marks what it finds dead, whose age counts from then on."""

    def run_to_its_end(case):
        with started(tools, python, case) as run:
            assert run.hear()["checkpoint"] == "refused"
            assert run.end() == 0
        return next(path for path in tools.ledger_files() if path.name.startswith(f"{run.pid}-") and path.suffix == ".ledger")

    refused, plain = run_to_its_end("clash add"), run_to_its_end("granted")
    pid = refused.name.partition("-")[0]

    def after(seconds):
        for path in (refused, plain):
            if path.exists():
                path.chmod(0o444)
                os.utime(path, (time.time() - seconds,) * 2)
        run_to_its_end("granted")
        return refused.exists(), plain.exists()

    assert after(30) == (True, True)
    before, whole = without_times(why(tools, "--json", pid)), refused.stat().st_blocks
    assert after(3600) == (True, False)
    assert refused.stat().st_blocks < whole * 2 // 3, "it keeps the picture and what explains it"
    assert without_times(why(tools, "--json", pid)) == before
    assert after(90_000) == (False, False)


def test_run_says_how_many_were_refused(tools, python):
    command = [tools.ttmem, "run", "--", python, host.HOSTS / "why.py", "clash add"]
    done = subprocess.run(command, env=tools.environment("n150"), input="end\n", capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("ttmem: ")]
    assert len(lines) == 1 and re.fullmatch(r"ttmem: 1 request was refused for want of memory; ttmem why \d+ says why and what would help", lines[0])
    silenced = tools.environment("n150", TT_ALLOC_SAY_REFUSALS="0")
    quiet = subprocess.run(command, env=silenced, input="end\n", capture_output=True, text=True, timeout=host.PATIENCE)
    assert quiet.returncode == 0 and "request was refused" not in quiet.stderr


def rows_of(errors):
    """The table of `ttmem run --summary`: name -> (peak, size, what is needed)."""
    found = {}
    for line in errors.splitlines():
        cells = re.fullmatch(r"  (.+?) +(\d+|-) +(\d+|-) +(?:[\d.]+%|-) (.+)", line)
        if cells:
            found[cells[1]] = tuple(None if cell == "-" else int(cell) for cell in cells.groups()[1:3]) + (cells[4],)
    return found


def test_summary(tools, python):
    """Peaks are ttnn's own; with the sizes that are needed everything goes through as before, with a little less it is refused, and the killed process is summed up too."""

    def run(*words, code=0, option="--summary", **changes):
        command = [str(word) for word in (tools.ttmem, "run", *([option] if option else []), "--", python, host.HOSTS / "summary.py", *words)]
        done = subprocess.run(command, env=tools.environment("n150", **changes), capture_output=True, text=True, timeout=host.PATIENCE)
        assert done.returncode == code, done.stderr[-3000:]
        [script] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return script, rows_of(done.stderr), [line for line in done.stderr.splitlines() if line.startswith("ttmem") and " refused for want" in line]

    script, rows, said = run(32768, 0)
    assert set(script["refusals"]) == {"clash", "dram"}
    assert len(said) == 1 and re.fullmatch(r"ttmem run: 2 requests were refused for want of memory; ttmem why \d+ says why and what would help", said[0])
    for row, kind in (("DRAM of the device", "dram"), ("L1 of the device", "l1")):
        count, bank = script["banks"][kind]
        assert rows[row] == (script["peaks"][kind], count * bank, "-")
    count, bank = script["banks"]["l1_small"]
    peak, size, needed = rows["L1_SMALL of a core"]
    assert (peak, size) == (script["peaks"]["l1_small"] // count, bank) == (5 * 2048, 32768)
    small = int(re.fullmatch(r"l1_small_size=(\d+)", needed)[1])
    assert small == 6 * 2048, "and the hole"
    assert rows["trace region of the device"] == (None, None, "-")
    assert rows["end of circular buffers on a core"][0] == figures(CLASH, script["refusals"]["clash"])["end"]
    assert rows["least headroom of a core"][0] == 0
    config, ring, needed = rows["kernel-config ring of a core"]
    worker = int(re.fullmatch(r"worker_l1_size=(\d+) at most", needed)[1])

    script, rows, _ = run(small, worker, option=None, TT_ALLOC_SUMMARY="1")
    assert set(script["refusals"]) == {"clash", "dram"}
    assert (rows["L1_SMALL of a core"][1], rows["kernel-config ring of a core"][0]) == (small, config)
    assert config <= rows["kernel-config ring of a core"][1] < ring

    script, rows, said = run(small - 32, worker + 1024, "killed", code=128 + 9)
    too_large = [int(size) for text in script["refusals"].values() for size in re.findall(r"Program size \((\d+)\) too large", text)]
    assert {"small", "dram"} < set(script["refusals"]) and rows["kernel-config ring of a core"][0] == config == max(too_large)
    assert rows["L1_SMALL of a core"][2] == f"l1_small_size={small} at least"
    assert len(said) == 1 and said[0].startswith(f"ttmem run: {len(script['refusals'])} requests were refused")
