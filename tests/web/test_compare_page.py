# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Two moments of a recording, or of two, on the page of `ttmem web`: against the snapshots of both moments; why memory was refused; saved pictures and ledgers."""
import collections
import json
import pathlib
import subprocess

import figures
import pytest
from selenium.webdriver.common.keys import Keys
from test_moments_page import PATIENCE_S, clean_environment, go_to, opened, served, server, shown_moment  # noqa: F401
from test_recording_page import RECORDING

PARTS = ("first", "both", "second")
KINDS = ("dram", "l1", "l1_small", "trace")
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "ledger-v1.2.bin"


def rows_of(snapshot, device=None, kind=None):
    return [row for row in snapshot["buffers"] if row["kind"] in KINDS and (device is None or device in row["devices"]) and (kind is None or row["kind"] == kind)]


def line_of(row):
    own = [frame for frame in row["stack"] or [] if frame.get("line") and "/ttnn/" not in frame["file"] and not frame["file"].startswith("<")]
    return f"{own[0]['file']}:{own[0]['line']}" if own else None


def tensor_of(row):
    tensor = row["tensor"]
    return "x".join(map(str, tensor["shape"])) if tensor else None


NAMES = {"line": line_of, "operation": lambda row: row["operation"], "scope": lambda row: row["scope"] or None, "kind": lambda row: row["kind"]}


def oracle(before, after, one_run):
    """Rows of each part. In one run a buffer is known by its number and its time, in two by what it looks like, one for one."""
    def key(row):
        if one_run:
            return row["pid"], row["id"], row["allocated_at_ns"]
        return row["kind"], row["allocated_bytes"], row["scope"], row["operation"], line_of(row), json.dumps(row["tensor"]), json.dumps(row["devices"])

    left = collections.defaultdict(list)
    for row in after:
        left[key(row)].append(row)
    parts = {name: [] for name in PARTS}
    for row in before:
        match = left[key(row)].pop() if left[key(row)] else None
        parts["first" if match is None else "both"].append(row)
    parts["second"] = [row for rows in left.values() for row in rows]
    return parts


def sums(rows):
    return {"buffers": len(rows), "bytes": sum(row["allocated_bytes"] for row in rows)}


def check(said, parts, by, part):
    assert said["parts"] == {name: sums(rows) for name, rows in parts.items()}
    wanted = collections.defaultdict(lambda: {name: [] for name in PARTS})
    for name, rows in parts.items():
        for row in rows:
            wanted[NAMES[by](row)][name].append(row)
    assert {group["name"]: {name: group[name] for name in PARTS} for group in said["groups"]} == {
        name: {each: sums(rows) for each, rows in of.items()} for name, of in wanted.items()}
    changes = [abs(group["second"]["bytes"] - group["first"]["bytes"]) for group in said["groups"]]
    assert changes == sorted(changes, reverse=True) and said["groups_left_out"] == 0
    assert said["matching"] == len(parts[part])
    assert sorted((row["id"], row["allocated_at_ns"]) for row in said["buffers"]) == sorted((row["id"], row["allocated_at_ns"]) for row in parts[part])
    assert [row["allocated_bytes"] for row in said["buffers"]] == sorted((row["allocated_bytes"] for row in parts[part]), reverse=True)


def test_two_moments_are_those_of_the_snapshots(server):  # noqa: F811
    server.sign_in()
    moments = ["begin", "12%", "peak", "63%", "end"]
    snapshots = {at: server.snapshot(at, "--buffers") for at in moments}
    some = 0
    for number, at in enumerate(moments):
        for other in moments:
            by, part = list(NAMES)[number % len(NAMES)], PARTS[(number + moments.index(other)) % 3]
            said = server.ask("/api/v1/compare", **{"at": at, "with": other, "by": by, "part": part, "limit": 100000})
            parts = oracle(rows_of(snapshots[at]), rows_of(snapshots[other]), True)
            check(said, parts, by, part)
            assert said["one_run"] and (at != other or not parts["first"] + parts["second"])
            some += all(parts.values())
    assert some > 4, "moments that have something in each part"
    said = server.ask("/api/v1/compare", **{"at": "12%", "with": "63%", "device_id": 1, "kind": "l1", "limit": 3, "offset": 2, "part": "both"})
    parts = oracle(rows_of(snapshots["12%"], 1, "l1"), rows_of(snapshots["63%"], 1, "l1"), True)
    assert said["parts"] == {name: sums(rows) for name, rows in parts.items()} and len(said["buffers"]) == max(0, min(3, len(parts["both"]) - 2))
    by_tensor = server.ask("/api/v1/compare", **{"at": "12%", "with": "63%", "by": "tensor"})
    assert by_tensor["parts"] == server.ask("/api/v1/compare", **{"at": "12%", "with": "63%"})["parts"] and len(by_tensor["groups"]) > 1
    for wrong in ({"at": "nonsense"}, {"with": "nonsense"}):
        assert server.get("/api/v1/compare", **wrong)[0] == 404
    assert server.get("/api/v1/compare", by="colour")[0] == 400 and server.get("/api/v1/moment", file=1)[0] == 404


def test_two_files(build, tmp_path):
    """Of different runs buffers are the same where they look the same: a recording beside itself, cut as by a recorder that was killed."""
    cut = tmp_path / "cut.ttrec"
    whole = RECORDING.read_bytes()
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    with served(build, str(cut)) as one:
        one.sign_in()
        first, second = one.ask("/api/v1/recording"), one.ask("/api/v1/recording", file=1)
        assert first["beside"] and second["name"] == "cut.ttrec" and second["events"] < first["events"]
        for at, other in (("peak", "peak"), ("12%", "40%"), ("end", "end")):
            before, after = one.snapshot(at, "--buffers"), one.tool("snapshot", "--replay", cut, "--at", other, "--buffers")
            said = one.ask("/api/v1/compare", **{"at": at, "with": other, "by": "operation", "part": "both", "limit": 100000})
            parts = oracle(rows_of(before), rows_of(after), False)
            assert not said["one_run"] and said["parts"] == {name: sums(rows) for name, rows in parts.items()}
            moment = one.ask("/api/v1/moment", at=other, file=1)
            assert moment["time_ns"] == after["time_ns"] and moment["events"] <= second["events"]
        assert one.ask("/api/v1/history", file=1, points=10)["series"] != one.ask("/api/v1/history", points=10)["series"]


def tiles(window):
    return window.run("return Object.fromEntries([...document.querySelectorAll('.tile[data-part]')].map(e => [e.dataset.part, [e.querySelector('.big').title, e.querySelector('small').textContent]]))")


def wanted_tiles(parts):
    def exact(value):
        return f"{value:,} bytes".replace(",", "\u202f")
    return {name: [exact(sums(rows)["bytes"]), f"{figures.said(len(rows), 'count')} buffers"] for name, rows in parts.items()}


def wait_for_tiles(window, parts):
    wanted = wanted_tiles(parts)
    window.wait(f"JSON.stringify(Object.fromEntries([...document.querySelectorAll('.tile[data-part]')].map(e => [e.dataset.part, [e.querySelector('.big').title, e.querySelector('small').textContent]]))) === {json.dumps(json.dumps(wanted, ensure_ascii=False, separators=(',', ':')))}",
                f"the sums {wanted}")


def second_moment(window):
    return window.wait("document.querySelector('[data-second]') && document.querySelector('[data-second]').dataset.second", "a moment B")


def test_the_view_of_two_moments(chromium, server):  # noqa: F811
    opened(chromium, server.address)
    chromium.run("document.activeElement.blur()")
    chromium.keys("7")
    chromium.wait("document.querySelector('.card.empty')?.textContent.includes('moment B')", "the question for a moment B")
    chromium.run("document.activeElement.blur()")
    chromium.keys("b")
    kept = second_moment(chromium)
    assert kept == shown_moment(chromium)
    go_to(chromium, "12%")
    chromium.wait(f"document.querySelector('[data-moment]').dataset.moment !== '{kept}'", "another moment A")
    first, second = shown_moment(chromium), second_moment(chromium)
    assert second == kept
    before, after = server.snapshot(first, "--buffers"), server.snapshot(second, "--buffers")
    parts = oracle(rows_of(before, 0), rows_of(after, 0), True)
    wait_for_tiles(chromium, parts)
    # Groups by operation, by keyboard: the radio buttons of "By".
    chromium.run("[...document.querySelectorAll('[role=radiogroup][aria-label=By] [role=radio]')].find(e => e.getAttribute('aria-checked') === 'true').focus()")
    chromium.keys(Keys.ARROW_RIGHT)
    groups = collections.defaultdict(lambda: dict.fromkeys(PARTS, 0))
    for name, rows in parts.items():
        for row in rows:
            groups[row["operation"] or "–"][name] += row["allocated_bytes"]
    wanted = {name: [figures.bytes_text(of[part]) if of[part] else "" for part in PARTS] for name, of in groups.items()}
    chromium.wait("[...document.querySelectorAll('table[aria-label=Groups] tbody tr')].some(r => r.cells[4].textContent.startsWith('ttnn.'))", "operations")
    shown = dict(chromium.run("return [...document.querySelectorAll('table[aria-label=Groups] tbody tr')].map(r => [r.cells[4].textContent, [0, 1, 2].map(i => r.cells[i].textContent)])"))
    assert shown == wanted
    for part in PARTS:
        chromium.run(f"document.querySelector('.tile[data-part={part}]').click()")
        chromium.wait(f"document.querySelector('section[aria-label=Buffers] h2 small').textContent === '{figures.said(len(parts[part]), 'count')} buffers'", part)
        addresses = chromium.run("return [...document.querySelectorAll('table[aria-label=Buffers] tbody tr')].map(r => r.cells[0].textContent)")
        most = sorted(parts[part], key=lambda row: -row["allocated_bytes"])[:200]
        assert collections.Counter(addresses) == collections.Counter(hex(row["address"]) for row in most) or len(parts[part]) > 200
    chromium.run("document.querySelector('table[aria-label=Buffers] tbody tr')?.click()")
    chromium.run("document.activeElement.blur()")
    chromium.keys("x")
    chromium.wait(f"document.querySelector('[data-moment]').dataset.moment === '{second}' && document.querySelector('[data-second]').dataset.second === '{first}'", "A and B exchanged")
    wait_for_tiles(chromium, {"first": parts["second"], "both": parts["both"], "second": parts["first"]})
    # Shift and a click on the bar of A, and B's own bar by keyboard and by words.
    chromium.run("Element.prototype.setPointerCapture = () => {}")
    chromium.run("""const strip = document.querySelector('.strip'), box = strip.getBoundingClientRect();
        strip.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true, pointerId: 1, clientX: box.left + box.width / 2, clientY: box.top + 40, buttons: 1, shiftKey: true}))""")
    chromium.wait(f"document.querySelector('[data-second]').dataset.second !== '{first}'", "B by Shift and a click")
    assert shown_moment(chromium) == second, "A stays"
    half = second_moment(chromium)
    chromium.run("document.querySelectorAll('.strip')[1].focus()")
    chromium.keys(Keys.HOME)
    chromium.wait(f"document.querySelector('[data-second]').dataset.second !== '{half}'", "B by keyboard")
    wait_for_tiles(chromium, oracle(rows_of(after, 0), rows_of(server.snapshot(second_moment(chromium), "--buffers"), 0), True))
    chromium.run("document.getElementById('second-moment').focus()")
    chromium.keys("63%", Keys.ENTER)
    chromium.wait("document.querySelector('[data-second]') && +document.querySelectorAll('.strip')[1].getAttribute('aria-valuenow') > 0", "B by words")
    chromium.keys(Keys.ESCAPE)
    chromium.wait("new URLSearchParams(location.search).get('b')?.startsWith('@') && new URLSearchParams(location.search).get('view') === 'compare'", "the address has both moments")
    light = chromium.run("return getComputedStyle(document.querySelector('.tile')).backgroundColor")
    chromium.run("document.activeElement.blur()")
    chromium.keys("t", "t")
    chromium.wait(f"getComputedStyle(document.querySelector('.tile')).backgroundColor !== '{light}' && document.documentElement.dataset.theme === 'dark'", "dark colours")
    chromium.keys("t")
    assert chromium.complaints() == []


def test_the_view_of_two_files(chromium, build, tmp_path):
    cut = tmp_path / "cut.ttrec"
    whole = RECORDING.read_bytes()
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    with served(build, str(cut)) as one:
        opened(chromium, one.address, "compare")
        second = second_moment(chromium)
        parts = oracle(rows_of(one.snapshot(shown_moment(chromium), "--buffers"), 0), rows_of(one.tool("snapshot", "--replay", cut, "--at", second, "--buffers"), 0), False)
        wait_for_tiles(chromium, parts)
        assert "cut.ttrec" in chromium.run("return document.querySelector('.timebar.inside').textContent") and "Two runs" in chromium.text()
        assert chromium.complaints() == []


def test_why_at_a_moment(chromium, server):  # noqa: F811
    """The page and the terminal say the same, before the refusal and after it."""
    server.sign_in()
    verdicts = set()
    for at in ("5%", "end"):
        said = server.ask("/api/v1/why", at=at)
        words = server.ask("/api/v1/moment", at=at)["words"]
        text = subprocess.run([server.ttmem, "why", RECORDING, "--at", words, "--width", "100"], env={**clean_environment(), "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, timeout=PATIENCE_S)
        assert text.returncode == 0, text.stderr
        assert [line["text"].rstrip() for line in said["lines"]] == [line.rstrip() for line in text.stdout.splitlines()]
        tool = server.tool("why", RECORDING, "--at", words)
        assert {name: said[name] for name in ("verdict", "sentence", "holders", "advice", "wanted_bytes")} == {name: tool[name] for name in ("verdict", "sentence", "holders", "advice", "wanted_bytes")}
        held = server.snapshot(words, "--buffers")
        if said["verdict"] == "none":
            assert sum(holder["bytes"] for holder in said["holders"]) in {sum(row["allocated_bytes"] for row in rows_of(held, 0, kind)) for kind in KINDS}
        verdicts.add(said["verdict"])
    assert "none" in verdicts and len(verdicts) == 2
    with served(server.ttmem.parent.parent) as other:
        opened(chromium, other.address, "events")
        go_to(chromium, "end")
        chromium.wait("document.querySelector('section[aria-label=Why] pre')?.textContent.length > 100 && document.querySelector('.said').textContent !== undefined", "the explanation")
        chromium.wait(f"document.querySelector('section[aria-label=Why] pre').textContent.includes({json.dumps(said['lines'][0]['text'][:40])})", "that of the refusal")
        assert chromium.complaints() == []


def test_a_ledger_is_one_moment(chromium, build):
    """The page of a saved ledger: figures are those of `ttmem snapshot --replay`, and of the golden file's own description."""
    golden = json.loads(GOLDEN.with_suffix(".json").read_text())["snapshot"]
    with served(build, path=GOLDEN) as one:
        one.sign_in()
        recording = one.ask("/api/v1/recording")
        assert recording["name"] == GOLDEN.name and recording["span_ns"] == 0 and recording["events"] == 1
        shown = one.ask("/api/v1/snapshot", at="end", buffers="true")
        # Accounts from 7 on are circular buffers and kernels of the six reports, which are no rows.
        wanted = sorted(row["address"] for row in golden["buffers"] if row["account"] < 7)
        assert sorted(row["address"] for row in shown["buffers"]) == wanted and len(wanted) > 3
        assert len(shown["devices"]) > 0 and [process["state"] for process in shown["processes"]] == ["live"]
    with served(build, path=GOLDEN) as one:
        opened(chromium, one.address)
        for key in "1234567":
            chromium.keys(key, ".", ",")
        assert chromium.complaints() == []


@pytest.mark.parametrize("size", [64, 200, 4096, 30000])
def test_a_damaged_ledger_is_an_answer(build, tmp_path, size):
    damaged = tmp_path / "damaged.ledger"
    damaged.write_bytes(GOLDEN.read_bytes()[:size])
    done = subprocess.run([build / "bin/ttmem", "web", "--no-browser", damaged], env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1 and str(damaged) in done.stderr, done.stderr
