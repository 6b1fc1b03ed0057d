# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem web FILE`: the page of a recording at any of its moments, beside `ttmem snapshot --replay FILE --at`, and who may open it."""
import contextlib
import copy
import itertools
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import figures
import pytest
import stand_in
from selenium.webdriver.common.keys import Keys
from test_live import clean_environment
from test_page import HOSTILE, everywhere
from test_recording_page import RECORDING

PATIENCE_S = 60
NOBODY = 65534
VIEWS = ["overview", "device", "timeline", "events", "map", "buffers", "compare"]
PATHS = ["/api/v1/recording", "/api/v1/moment", "/api/v1/snapshot", "/api/v1/buffers", "/api/v1/l1", "/api/v1/events", "/api/v1/history", "/api/v1/why", "/api/v1/compare"]



class Served:
    """`ttmem web FILE` with its first address."""

    def __init__(self, build, *words, path=RECORDING):
        self.ttmem, self.path = build / "bin/ttmem", path
        self.child = subprocess.Popen([str(self.ttmem), "web", "--no-browser", str(path), *words], env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        self.address = self.child.stdout.readline().strip()
        assert self.address, self.child.stderr.read()
        self.url, _, self.token = self.address.partition("#token=")
        self.key = None

    def get(self, path, *, key=True, **parameters):
        headers = {name.replace("_", "-"): value for name, value in parameters.pop("headers", {}).items()}
        if key and self.key:
            headers["X-Ttmem-Session"] = self.key
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path.lstrip("/") + ("?" + query if query else ""), headers=headers), timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def sign_in(self):
        status, body = self.get("/api/v1/web/session", headers={"X-Ttmem-Token": self.token})
        assert status == 200, body
        self.key = json.loads(body)["session"]

    def ask(self, path, **parameters):
        status, body = self.get(path, **parameters)
        assert status == 200, body
        return json.loads(body)

    def tool(self, *words):
        done = subprocess.run([str(self.ttmem), *map(str, words), "--json"], env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def snapshot(self, at, *words):
        return self.tool("snapshot", "--replay", self.path, "--at", at, *words)

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        assert self.child.wait(PATIENCE_S) == 0
        said = self.child.stderr.read()
        assert said == "", said
        self.child.stdout.close()
        self.child.stderr.close()


@contextlib.contextmanager
def served(build, *words, path=RECORDING):
    one = Served(build, *words, path=path)
    try:
        yield one
        one.end()
    finally:
        if one.child.poll() is None:
            one.child.kill()
            one.child.wait()


@pytest.fixture
def server(build):
    with served(build) as one:
        yield one


@pytest.fixture
def known(server):
    server.sign_in()
    return server


def shown_moment(window):
    """The moment of the page, as --at takes it, once its figures are there."""
    return window.wait("document.querySelector('[data-moment]') && document.querySelector('main .card') && document.querySelector('[data-moment]').dataset.moment", "a moment")


def event_number(window):
    text = window.run("return document.querySelector('.timebar .row').textContent").replace("\u202f", "")
    return int(re.search(r"event (\d+) of (\d+)", text)[1])


def opened(window, address, view="overview"):
    url, _, token = address.partition("#")
    window.open(f"{url}?view={view}#{token}")
    window.wait("document.querySelector('.status.past') && document.querySelector('[data-moment]')", f"{view} of a recording")


def go_to(window, words):
    """Typed, as a person does."""
    window.run("document.activeElement.blur()")
    before = window.run("return document.querySelector('.timebar .row strong').textContent + document.querySelector('.said').textContent")
    window.keys("T")
    window.wait("document.activeElement.id === 'moment'", "the place to type")
    window.run("document.activeElement.select()")
    window.keys(words, Keys.ENTER)
    window.run("document.activeElement.blur()")
    return before


def test_answers_are_those_of_the_tools_at_every_moment(known):
    """The same JSON as the tools print, at 20 times, at every note, and at moments that are reached step by step."""
    recording = known.ask("/api/v1/recording")
    assert recording["name"] == RECORDING.name and recording["events"] > 100
    kinds = {mark["kind"] for mark in recording["marks"]}
    assert {"begin", "end", "open", "close", "peak", "refusal"} <= kinds and recording["marks_left_out"] == 0
    places = [f"{part * 5}%" for part in range(21)] + [mark["at"] for mark in recording["marks"]]
    for number, at in enumerate(places):
        moment = known.ask("/api/v1/moment", at=at)
        live = known.ask("/api/v1/snapshot", at=at, buffers="true")
        assert live == known.snapshot(moment["words"], "--buffers"), at
        if number % 4 == 0:
            assert known.ask("/api/v1/l1", at=at) == known.tool("l1", "--replay", RECORDING, "--at", moment["words"]), at
            page = known.ask("/api/v1/buffers", at=at, limit=100000)
            assert page["buffers"] == live["buffers"] and page["matching"] == len(live["buffers"])
    assert known.ask("/api/v1/moment")["at"] == recording["at"]
    peak = known.ask("/api/v1/snapshot", at="peak", buffers="true")
    assert peak == known.snapshot("peak", "--buffers") == known.ask("/api/v1/snapshot", at=recording["at"], buffers="true")


def test_steps_pass_every_event(known):
    """Forward and back over 60 events: each moment has the event that was added, or lacks it again."""
    begin = known.ask("/api/v1/moment", at="10%")
    way = [begin]
    for _ in range(60):
        way.append(known.ask("/api/v1/moment", at=way[-1]["at"], move="on"))
    numbers = [moment["events"] for moment in way]
    assert numbers == sorted(set(numbers)) and numbers[-1] - numbers[0] >= 60
    for moment in (way[1], way[30], way[60]):
        events = known.ask("/api/v1/events", at=moment["at"])["events"]
        assert events[-1]["time_ns"] == moment["time_ns"] and len(events) == min(1000, moment["events"])
        assert known.ask("/api/v1/snapshot", at=moment["at"], buffers="true") == known.snapshot(moment["words"], "--buffers")
    back = [way[-1]]
    for _ in range(60):
        back.append(known.ask("/api/v1/moment", at=back[-1]["at"], move="back"))
    assert [moment["events"] for moment in back] == numbers[::-1]
    assert [moment["words"] for moment in back][1:-1] == [moment["words"] for moment in way][-2:0:-1]
    first, last = known.ask("/api/v1/moment", at="begin"), known.ask("/api/v1/moment", at="end")
    assert known.ask("/api/v1/moment", at="begin", move="back")["events"] == first["events"] > 0
    assert known.ask("/api/v1/moment", at="end", move="on")["events"] == last["events"] == known.ask("/api/v1/recording")["events"]


def test_notes_one_after_the_other(known):
    marks = known.ask("/api/v1/recording")["marks"]
    at, passed = known.ask("/api/v1/moment", at=marks[0]["at"]), []
    for _ in marks:
        passed.append((at["since_first_ns"], at["said"]))
        at = known.ask("/api/v1/moment", at=at["at"], move="note_on")
    assert passed == [(mark["since_first_ns"], mark["words"]) for mark in marks]


def test_the_course_is_that_of_the_moments(known):
    """A point of the charts is the most of its part of the time: no moment in it holds more, and one holds as much where the peak is."""
    recording = known.ask("/api/v1/recording")
    history = known.ask("/api/v1/history", points=50)
    column = {kind: history["columns"].index(f"{kind}_bytes") for kind in ("dram", "l1")}
    assert [device["id"] for device in history["devices"]] == [0, 1]
    series = next(one for one in history["series"] if one["device_index"] == 0 and one["process_index"] is None)["points"]
    assert len(series) == 50 and [point[0] for point in series] == sorted({point[0] for point in series})
    alone = next(one for one in known.ask("/api/v1/history", points=50, device_id=0)["series"] if one["device_index"] == 0 and one["process_index"] == 0)["points"]
    assert alone == series, "its one process holds what the device holds"
    for part in range(0, 100, 7):
        moment = known.ask("/api/v1/moment", at=f"{part}.5%")
        used = known.ask("/api/v1/snapshot", at=moment["at"])["devices"][0]["memory"]
        point = [row for row in series if row[0] <= moment["time_ns"]][-1]
        assert all(used[kind]["allocated_bytes"] <= point[column[kind]] for kind in column), part
    peaks = {peak["kind"]: peak["bytes"] for peak in known.tool("report", RECORDING)["peak"]}
    assert {kind: max(row[column[kind]] for row in series) for kind in column} == {kind: peaks[kind] for kind in column}
    assert {tuple(row) for row in known.ask("/api/v1/history", points=50, device_id=1)["series"][0]["points"]} and recording["span_ns"] > 0


def test_every_figure_is_the_snapshots_at_each_chosen_moment(chromium, server):
    opened(chromium, server.address)
    count, seen = 0, set()
    for words in ("", "peak", "begin", "25%", "0.5", "70.125%", "end"):
        if words:
            go_to(chromium, words)
            wanted = server.tool("report", RECORDING, "--at", words)["time_ns"] if words == "peak" else None
        time.sleep(0.7)
        at = shown_moment(chromium)
        seen.add(at)
        assert not words or wanted is None or at == f"@{wanted}"
        snapshot = server.snapshot(at)
        for key, view in (("1", "overview"), ("2", "device")):
            chromium.keys(key)
            chromium.wait(f"document.querySelector('[role=tab][aria-selected=true]').textContent.toLowerCase() === '{view}'", view)
            found = chromium.run(figures.COLLECT)
            assert found and figures.wrong_figures(snapshot, found) == [], (words, view)
            count += len(found)
        chromium.keys("1")
        chromium.run("document.activeElement.blur()")
    assert len(seen) >= 6 and count > 200 and chromium.complaints() == []


def test_a_moment_by_click_keys_and_words(chromium, server):
    opened(chromium, server.address)
    start = event_number(chromium)
    chromium.run("document.activeElement.blur()")
    chromium.keys(".")
    chromium.wait(f"document.querySelector('.timebar .row').textContent.replaceAll('\\u202f', '').includes('event {start + 1} of')", "one event on")
    chromium.keys(",", ",")
    chromium.wait(f"document.querySelector('.timebar .row').textContent.replaceAll('\\u202f', '').includes('event {start - 1} of')", "two back")
    chromium.keys(">")
    chromium.wait("document.querySelector('.said').textContent.startsWith('peak')", "the moment of note after it, where it began")
    assert event_number(chromium) == start
    bar = chromium.run("document.querySelector('.strip').focus(); const s = document.querySelector('.strip'); return [+s.getAttribute('aria-valuenow'), +s.getAttribute('aria-valuemax')]")
    chromium.keys(Keys.ARROW_RIGHT)
    chromium.wait(f"Math.abs(+document.querySelector('.strip').getAttribute('aria-valuenow') - {min(bar[1], bar[0] + bar[1] / 100)}) < 1e-6", "a hundredth on")
    chromium.keys(Keys.HOME)
    chromium.wait("+document.querySelector('.strip').getAttribute('aria-valuenow') === 0", "the first event")
    chromium.keys(Keys.END)
    chromium.wait(f"+document.querySelector('.strip').getAttribute('aria-valuenow') === {bar[1]}", "the last event")
    # A click below the signs is a time; a click on a sign is that very moment.
    click = """
        const box = document.querySelector('.strip').getBoundingClientRect();
        const to = arguments[0], x = to.share === undefined ? to.box : box.left + to.share * box.width;
        for (const type of ['pointerdown', 'pointerup']) document.querySelector('.strip').dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, clientX: x, clientY: box.top + to.y, buttons: 1}));
    """
    chromium.run("Element.prototype.setPointerCapture = () => {}")
    chromium.run(click, {"share": 0.25, "y": 40})
    chromium.wait(f"Math.abs(+document.querySelector('.strip').getAttribute('aria-valuenow') - {bar[1] / 4}) < {bar[1] / 500}", "a quarter of the time")
    place = chromium.run("const b = document.querySelector('.strip .m-refusal').getBoundingClientRect(); return (b.left + b.right) / 2")
    chromium.run(click, {"box": place, "y": 6})
    chromium.wait("document.querySelector('.said').textContent.startsWith('refused')", "the refusal")
    assert event_number(chromium) > 1
    chromium.keys("4")
    chromium.wait("document.querySelectorAll('table[aria-label=Refusals] tbody tr').length === 1", "the refusal in its view")
    chromium.wait("document.querySelectorAll('table[aria-label=Events] tbody tr').length === 500", "the events up to then")
    assert chromium.run("return document.querySelector('table[aria-label=Events] tbody tr .badge').textContent") == "fail"
    go_to(chromium, "nonsense")
    chromium.wait("document.querySelector('.timebar [role=alert]')?.textContent.includes('is no moment')", "words that are no moment")
    assert [text for text in chromium.complaints() if "404" not in text] == []
    go_to(chromium, "peak")
    chromium.wait("!document.querySelector('.timebar [role=alert]') && document.querySelector('.said').textContent.startsWith('peak')", "the peak again")
    chromium.wait("new URLSearchParams(location.search).get('at')?.startsWith('@')", "the address names the moment")
    assert chromium.complaints() == []


def line_of(stack):
    own = [frame for frame in stack if frame.get("line") and "/ttnn/" not in frame["file"]]
    return f"{pathlib.PurePath(own[0]['file']).name}:{own[0]['line']}" if own else ""


def test_buffers_and_map_are_of_the_moment(chromium, server):
    for words in ("peak", "12%"):
        if words == "peak":
            opened(chromium, server.address, "buffers")
        else:
            chromium.keys("6")
            go_to(chromium, words)
            time.sleep(1)
        at = shown_moment(chromium)
        snapshot = server.snapshot(at, "--buffers")
        rows = [row for row in snapshot["buffers"] if 0 in row["device_indexes"]]
        chromium.wait(f"document.querySelector('section[aria-label=Buffers] h2 small').textContent.startsWith('{figures.said(len(rows), 'count')} match')", f"{len(rows)} buffers")
        shown = chromium.run("return [...document.querySelectorAll('table[aria-label=Buffers] tbody tr')].map(r => [r.cells[0].textContent, r.cells[2].firstChild.title])")
        assert shown == [[hex(row["address"]), f"{row['allocated_bytes']:,} bytes".replace(",", "\u202f")] for row in rows[:200]]
        head = chromium.run("return [...document.querySelectorAll('table[aria-label=Buffers] thead th')].map(h => h.textContent)")
        column = next(i for i, text in enumerate(head) if text.startswith("At"))
        lines = chromium.run(f"return [...document.querySelectorAll('table[aria-label=Buffers] tbody tr')].map(r => r.cells[{column}].textContent)")
        assert lines == [line_of(row["stack"]) for row in rows[:200]], "the innermost line that is not ttnn's own"
        chromium.run("document.querySelector('table[aria-label=Buffers] tbody tr').click()")
        details = chromium.wait("document.querySelector('.details')?.textContent", "details")
        frames = rows[0]["stack"]
        assert frames and all((frame.get("operation") or frame["function"]) in details for frame in frames), "its stack"
        assert "×".join(map(str, rows[0]["tensor"]["shape"])) in details
        chromium.keys("5")
        chromium.wait("document.querySelector('canvas.map')", "the map")
        picture = server.tool("l1", "--replay", RECORDING, "--at", at)["devices"][0]
        l1 = next(space for space in picture["spaces"] if space["kind"] == "l1")
        chromium.wait(f"[...document.querySelectorAll('.space dd')].some(e => e.textContent.startsWith('{figures.bytes_text(l1['free_bytes_per_bank'])} in '))", "its free space")
        chromium.run("document.activeElement.blur()")
    assert chromium.complaints() == []


def test_the_timeline_is_the_whole_run(chromium, server):
    server.sign_in()
    history = server.ask("/api/v1/history", points=600, device_id=0)
    server.child.send_signal(signal.SIGTERM)
    server.child.wait(PATIENCE_S)
    with served(server.ttmem.parent.parent) as other:
        opened(chromium, other.address, "timeline")
        chromium.run("[...document.querySelectorAll('[role=radio]')].find(e => e.textContent === 'kind').click()")
        chromium.wait("document.querySelector('.legend tbody tr')", "the kinds")
        now = chromium.run("return +document.querySelector('.strip').getAttribute('aria-valuenow')")
        first = min(point[0] for point in history["series"][0]["points"])
        column = history["columns"].index("dram_bytes")
        series = next(one for one in history["series"] if one["process_index"] is None)
        most = [point[column] for point in series["points"] if (point[0] - first) / 1e9 <= now + 1e-6][-1]
        assert chromium.run("return document.querySelector('.legend tfoot td').title") == f"{most:,} bytes".replace(",", "\u202f")
        rows = "document.querySelectorAll('table[aria-label=\"Events of this time\"] tbody tr')"
        refusal = f"[...{rows}].find(r => r.textContent.includes('refused'))"
        chromium.wait(refusal, "the refusal in the list")
        chromium.run(f"{refusal}.click()")
        chromium.wait("document.querySelector('.said').textContent.startsWith('refused')", "its moment")
        assert chromium.complaints() == []


def test_names_of_a_recording_are_text_alone(chromium):
    texts = itertools.cycle(HOSTILE)
    recorded = {
        "/api/v1/web/session": lambda: {"session": "s" * 64, "user": "alice", "of": "recording"},
        "/api/v1/recording": lambda: {"schema": 1, "name": HOSTILE[2], "path": HOSTILE[0], "first_ns": 10**18, "span_ns": 10**9, "events": 9, "at": "note:0", "marks_left_out": 3,
                                      "processes": [{"pid": 1, "name": HOSTILE[1]}], "damages": HOSTILE,
                                      "marks": [{"at": f"note:{i}", "since_first_ns": i * 10**7, "kind": text if i % 2 else "peak", "process": 0, "words": text} for i, text in enumerate(HOSTILE)]},
        "/api/v1/moment": lambda: {"at": "note:0", "words": "@1", "time_ns": 10**18, "since_first_ns": 5 * 10**8, "events": 3, "step": 2, "said": next(texts)},
        "/api/v1/events": lambda: {"events": [{"time_ns": 10**18, "pid": 1, "type": text, "kind": text, "id": 1, "bytes": 1, "devices": [0]} for text in HOSTILE]},
    }
    row = {"pid": 1, "id": 1, "devices": [0], "device_indexes": [0], "mesh": None, "kind": HOSTILE[0], "address": 4096, "requested_bytes": 1, "allocated_bytes": 1, "bytes_per_bank": 1, "banks": 1,
           "page_bytes": 1, "layout": HOSTILE[1], "thread": 1, "allocated_at_ns": 10**18, "operation": HOSTILE[2], "label": HOSTILE[0], "stack": [{"file": HOSTILE[0], "line": 3, "function": HOSTILE[1]}]}
    part = {"buffers": 1, "bytes": 1}
    sums = {"first": part, "both": part, "second": part}
    recorded["/api/v1/why"] = lambda: {"verdict": HOSTILE[0], "lines": [{"text": text, "heading": False} for text in HOSTILE], "notices": HOSTILE}
    recorded["/api/v1/compare"] = lambda: {"first_time_ns": 10**18, "second_time_ns": 10**18, "one_run": False, "parts": sums, "groups": [{"name": text, **sums} for text in HOSTILE], "groups_left_out": 0,
                                           "matching": len(HOSTILE), "buffers": [{**row, "id": i} for i in range(len(HOSTILE))]}
    elements = "return [document.querySelectorAll('script').length, document.querySelectorAll('img,iframe,object,embed,meta,style,link,base,b#hacked').length]"
    change = lambda path, answer: answer if path in recorded else everywhere(copy.deepcopy(answer), texts)
    with stand_in.stand_in(change, recorded) as url:
        opened(chromium, f"{url}#token=t")
        before = chromium.run(elements)
        for key in "1234567":
            chromium.keys("b", key, ".", "<")
            time.sleep(0.3)
            assert not any(character in chromium.run("return document.body.innerText") for character in "\u202e\u2066\u200b\u0000\u001b")
            assert chromium.run(elements) == before
        assert chromium.run("return [window.hacked, Object.prototype.hacked, document.getElementById('hacked')]") == [None, None, None]
        assert HOSTILE[2] in chromium.run("return document.querySelector('header').textContent"), "its name is there, as text"
    assert chromium.complaints() == []


def test_only_its_owner_reads_it(server):
    for path in PATHS:
        status, body = server.get(path)
        assert status == 401 and b"ttmem web" in body, path
        assert server.get(path, headers={"X-Ttmem-Session": "0" * 64})[0] == 401
    assert server.get("/api/v1/nothing")[0] == 401
    server.sign_in()
    assert server.get("/api/v1/web/session", headers={"X-Ttmem-Token": server.token})[0] == 401, "a token works once"
    for path in PATHS:
        assert server.get(path)[0] == 200, path
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            assert server.get(path, headers=headers)[0] == 403, (path, headers)
    assert server.get("/api/v1/nothing")[0] == 404 and server.get("/metrics")[0] == 404 and server.get("/api/v1/tools/page")[0] == 404
    for bad in ({"at": "nonsense"}, {"at": "note:999999999"}, {"at": "note:-1"}, {"at": "step:3"}):
        status, body = server.get("/api/v1/snapshot", **bad)
        assert status == 404 and "error" in json.loads(body), bad
    assert server.get("/api/v1/moment", move="sideways")[0] == server.get("/api/v1/snapshot", other="1")[0] == server.get("/api/v1/history", at="peak")[0] == 400
    status, page = server.get("/", key=False)
    assert status == 200 and b"<!doctype html>" in page
    with urllib.request.urlopen(server.url, timeout=PATIENCE_S) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert server.url.startswith("http://127.0.0.1:"), "no other machine reaches it"


def test_a_guest_learns_how_to_open_it(chromium, server):
    chromium.open(server.url)
    chromium.wait("document.querySelector('[role=alert]')?.textContent.includes('ttmem web')", "what to do")
    assert str(RECORDING.name) in chromium.text() and "DRAM" not in chromium.text()
    chromium.complaints()


def test_enter_prints_another_address(build):
    """On a terminal, where the first address may have been used up."""
    terminal, inside = pty.openpty()
    child = subprocess.Popen(["setsid", "--ctty", str(build / "bin/ttmem"), "web", "--no-browser", str(RECORDING)], env=clean_environment(), stdin=inside, stdout=inside, stderr=inside)
    os.close(inside)
    said = ""

    def until(count):
        nonlocal said
        end = time.monotonic() + PATIENCE_S
        while len(re.findall(r"#token=[0-9a-f]{64}\r", said)) < count and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                said += os.read(terminal, 65536).decode()
        found = re.findall(r"(http://\S+?)#token=([0-9a-f]{64})", said)
        assert len(found) == count, said
        return found

    until(1)
    os.write(terminal, b"\n")
    (first, second) = until(2)
    assert first[0] == second[0] and first[1] != second[1]
    for url, token in (first, second):
        with urllib.request.urlopen(urllib.request.Request(url + "api/v1/web/session", headers={"X-Ttmem-Token": token}), timeout=PATIENCE_S) as answer:
            assert json.loads(answer.read())["of"] == "recording"
    os.write(terminal, b"\x03")
    assert child.wait(PATIENCE_S) == 0, "Ctrl-C ends it in order"
    os.close(terminal)


def test_bad_files_and_words(build, tmp_path):
    def web(*words, code):
        done = subprocess.run([build / "bin/ttmem", "web", "--no-browser", *map(str, words)], env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == code and done.stdout == "", (words, done.stdout, done.stderr)
        assert done.stderr.startswith("ttmem web: "), done.stderr
        return done.stderr

    whole = RECORDING.read_bytes()
    for name, data in {"empty": b"", "text": b"no recording\n" * 100, "head": whole[:64], "noise": whole[:32] + os.urandom(4096)}.items():
        (tmp_path / name).write_bytes(data)
        assert str(tmp_path / name) in web(tmp_path / name, code=1), name
    assert "No such file" in web(tmp_path / "none", code=1)
    assert web(tmp_path, code=1)
    assert "--port" in web("--port", "5", code=2)
    assert "--port" in web("--port", "70000", RECORDING, code=2)
    with served(build) as one:
        port = one.url.split(":")[2].strip("/")
        assert "choose another one with --port" in web("--port", port, RECORDING, code=1)
    (tmp_path / "cut").write_bytes(whole[:len(whole) * 2 // 3])
    with served(build, path=tmp_path / "cut") as cut:  # a recorder that was killed
        cut.sign_in()
        recording = cut.ask("/api/v1/recording")
        assert recording["damages"] == [] or recording["events"] > 0
        assert cut.ask("/api/v1/snapshot", at="end") == cut.snapshot("end")


def test_another_users_file(build, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, to be two users")
    path = tmp_path / "mine.ttrec"
    shutil.copy(RECORDING, path)
    path.chmod(0o600)
    for folder in [tmp_path, *tmp_path.parents][:-2]:
        folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run([build / "bin/ttmem", "web", "--no-browser", path], env=clean_environment(), user=NOBODY, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1 and "Permission denied" in done.stderr
