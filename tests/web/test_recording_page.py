# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The page of a recording in Chromium: what it says is what `ttmem report` says, and what names in it can do to it. decoder.ttrec is a recording of decoder.py."""
import base64
import hashlib
import itertools
import json
import pathlib
import re
import stat
import subprocess
import time

import figures
import pytest
from selenium.webdriver.common.keys import Keys
from test_page import HOSTILE

HERE = pathlib.Path(__file__).resolve().parent
RECORDING = HERE / "decoder.ttrec"
VIEWS = ["overview", "timeline", "map", "buffers", "compare", "flame"]


class Page:
    def __init__(self, build, folder):
        self.ttmem = build / "bin/ttmem"
        self.path = folder / "page.html"
        assert self.run("--html", self.path).stdout == ""
        self.text = self.path.read_text()
        self.data = json.loads(re.search(r'id="data">(.*?)</script>', self.text, re.S).group(1))

    def run(self, *words, code=0):
        done = subprocess.run([str(self.ttmem), "report", str(RECORDING), *map(str, words)], capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stderr
        return done

    def report(self, *words):
        return json.loads(self.run("--json", *words).stdout)

    def at(self, moment):
        """Bytes and rows that `ttmem report --at` prints for one of the page's moments."""
        process = self.report()["processes"][self.data["processes"][0]["number"]]
        return self.report("--at", f"@{process['first_ns'] + moment['at']}")["buffers"]

    @property
    def moments(self):
        return self.data["processes"][0]["moments"]

    def moment_of(self, why, kind):
        pools = self.data["processes"][0]["pools"]
        return next(i for i, one in enumerate(self.moments) if any(word == why and (pool is None or pools[pool][1] == kind) for word, pool in one["why"]))


@pytest.fixture(scope="module")
def page(build, tmp_path_factory):
    return Page(build, tmp_path_factory.mktemp("page"))


def opened(window, path, view=None):
    window.open(f"file://{path}")
    window.wait("document.querySelector('main[data-view]')", "the page")
    if view:
        window.keys(str(VIEWS.index(view) + 1))
        window.wait(f"document.querySelector('main[data-view={view}]')", view)


def choose(window, select, value):
    window.run("const s = document.getElementById(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('change', {bubbles: true}));", select, str(value))
    time.sleep(0.2)


def shift_right(window):
    window.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", "key": "ArrowRight", "code": "ArrowRight", "modifiers": 8})


def test_every_figure_is_the_reports(chromium, page):
    opened(chromium, page.path)
    while chromium.run("const more = document.querySelector('button[aria-expanded=false]'); more?.click(); return more !== null"):
        time.sleep(0.05)
    found = chromium.run(figures.COLLECT)
    report = page.report("--top", "100")
    assert figures.wrong_figures(report, found) == []
    said = {path for path, *_ in found}
    for index, peak in enumerate(report["peak"]):
        assert {f"/peak/{index}/bytes", f"/peak/{index}/buffers"} | {f"/peak/{index}/holders/{i}/bytes" for i in range(len(peak["holders"]))} <= said
    for name in ("leaks", "temporary", "churn"):
        assert {f"/{name}/{i}/bytes" for i in range(len(report[name]))} <= said
    assert len(found) > 60 and chromium.complaints() == []


def test_moments_are_those_of_the_report(page):
    live, columns = set(), page.data["processes"][0]["buffers"]
    assert len(page.moments) > 100
    for number, moment in enumerate(page.moments):
        live = live - set(moment["minus"]) | set(moment["plus"])
        if number % 20 == 0 or moment["why"][0][0] in ("peak", "refusal"):
            rows = page.at(moment)
            assert sorted((row["id"], row["address"], row["allocated_bytes"], row["bytes_per_bank"]) for row in rows) == sorted(
                tuple(columns[name][row] for name in ("id", "address", "bytes", "bank")) for row in live)
            assert sum(count for count, _ in moment["held"]) == len(rows)


def exact(text):
    return int(re.sub(r"\D", "", text))


def test_timeline_figures_and_comparison_of_two_moments(chromium, page):
    first, second = page.moment_of("peak", "l1"), page.moment_of("peak", "dram")
    opened(chromium, page.path, "timeline")
    choose(chromium, "moment-A", first)
    choose(chromium, "moment-B", second)
    a, b = ({row["id"]: row for row in page.at(page.moments[i])} for i in (first, second))
    figure = "return [...document.querySelectorAll('.legend tfoot td[title]')].map(e => e.title)"
    for memory in ("dram", "l1"):
        for by in ("kind", "scope", "operation"):
            chromium.run("for (const b of document.querySelectorAll('[role=radio]')) if (b.textContent === arguments[0] || b.textContent === arguments[1]) b.click()", memory.upper(), by)
            time.sleep(0.2)
            assert [exact(title) for title in chromium.run(figure)] == [sum(row["allocated_bytes"] for row in rows.values() if row["kind"] in (memory, "l1_small" if memory == "l1" else "trace")) for rows in (a, b)]
    chromium.keys("5")
    parts = {"first": [a[i] for i in a.keys() - b.keys()], "both": [a[i] for i in a.keys() & b.keys()], "second": [b[i] for i in b.keys() - a.keys()]}
    assert all(parts.values()), "a comparison in which each part has something"
    for name, rows in parts.items():
        chromium.run(f"document.querySelector('[data-part={name}]').click()")
        time.sleep(0.2)
        title, count = chromium.run(f"const t = document.querySelector('[data-part={name}]'); return [t.querySelector('.big').title, t.querySelector('small').textContent]")
        assert (exact(title), exact(count)) == (sum(row["allocated_bytes"] for row in rows), len(rows))
        groups = chromium.run("return [...document.querySelectorAll('table[aria-label=Groups] tbody tr')].map(r => [r.cells[0].firstChild.title, r.cells[1].textContent])")
        assert (sum(exact(title) for title, _ in groups), sum(exact(count) for _, count in groups)) == (exact(title), exact(count))
    assert chromium.complaints() == []


def test_the_map_shows_the_holes_that_the_report_counts(chromium, page):
    worst = next(one for one in page.report()["fragmentation"] if one["kind"] == "dram")
    opened(chromium, page.path, "map")
    pools = page.data["processes"][0]["pools"]
    choose(chromium, "pool", next(i for i, pool in enumerate(pools) if pool[1] == "dram"))
    choose(chromium, "moment-A", page.moment_of("hole", "dram"))
    said = chromium.run("return document.querySelector('.one-map h2 small').textContent")
    assert said == (f"{figures.bytes_text(worst['free_bytes_per_bank'])} a bank free in {worst['holes']} holes, "
                    f"the largest {figures.bytes_text(worst['largest_hole_bytes_per_bank'])}")
    lowest = min((row for row in page.at(page.moments[page.moment_of("hole", "dram")]) if row["kind"] == "dram"), key=lambda row: row["address"])
    chromium.run("document.querySelector('canvas.map').focus()")
    chromium.keys(Keys.ARROW_UP)
    details = chromium.wait("document.querySelector('.details')?.textContent", "the lowest buffer's details")
    assert hex(lowest["address"]) in details and figures.said(lowest["requested_bytes"], "count") in details
    assert any(part in details for part in ("load_attention", "extend")), "its stack"


def test_search_by_address_and_name(chromium, page):
    moment = page.moment_of("peak", "dram")
    rows = [row for row in page.at(page.moments[moment]) if row["kind"] == "dram"]
    opened(chromium, page.path, "buffers")
    choose(chromium, "moment-A", moment)
    listed = "return [...document.querySelectorAll('table[aria-label=Buffers] tbody tr')].map(r => r.cells[1].textContent)"
    # In each of three requests every third step of fourteen forgets a page (decoder.py).
    for word, wanted in ((hex(rows[3]["address"] + 5), [rows[3]]), ("forget", 15)):
        chromium.keys("/")
        chromium.wait("document.activeElement.id === 'search'", "the search")
        chromium.keys(word)
        time.sleep(0.3)
        found = chromium.run(listed)
        assert len(found) == wanted if word == "forget" else found == [hex(row["address"]) for row in wanted]
        chromium.keys(Keys.ESCAPE)
    chromium.run("document.querySelector('table[aria-label=Buffers] tbody tr').click()")
    assert "lived for" in chromium.wait("document.querySelector('.details')?.textContent", "details")


def prefixes(folded):
    sums = {}
    for line in folded.splitlines():
        stack, _, size = line.rpartition(" ")
        frames = stack.split(";")
        for depth in range(1, len(frames) + 1):
            sums[tuple(frames[:depth])] = sums.get(tuple(frames[:depth]), 0) + int(size)
    return sums


def test_the_flame_graph_is_that_of_the_stacks(chromium, page):
    opened(chromium, page.path, "flame")
    graphs = chromium.run("return [...document.querySelectorAll('#graph option')].map(o => [o.value, o.textContent])")
    assert {title.split(" of ")[0] for _, title in graphs} >= {"Peak", "Never freed by the program", "Short-lived", "Allocated, ever", "Held at A"}
    for key, title in graphs:
        if title.startswith("Peak of") or title == "Held at A":
            continue
        choose(chromium, "graph", key)
        word = {"Never freed by the program": "leaks", "Short-lived": "temporary", "Allocated, ever": "churn"}[title]
        sums = prefixes(page.run("--folded", word).stdout)
        whole = sum(size for frames, size in sums.items() if len(frames) == 1)
        boxes = chromium.run("return [...document.querySelectorAll('.flame .box')].map(b => Number(b.dataset.bytes))")
        assert boxes[0] == whole and len(boxes) > 5
        thin = whole * 0.8 / chromium.run("return document.querySelector('.flame svg').clientWidth")
        assert sorted(boxes[1:]) == sorted(size for size in sums.values() if size >= thin)
    chromium.run("document.querySelector('.flame .box').focus()")
    chromium.keys(Keys.ARROW_DOWN)
    chromium.keys(Keys.ENTER)
    chromium.wait("!document.querySelector('.flame button.plain').disabled", "zoom by keyboard")
    chromium.keys(Keys.ESCAPE)
    chromium.wait("document.querySelector('.flame button.plain').disabled", "the whole again")
    assert chromium.complaints() == []


def test_keys_lead_everywhere(chromium, page):
    opened(chromium, page.path)
    for view in (*VIEWS, *reversed(VIEWS)):
        chromium.keys(str(VIEWS.index(view) + 1))
        chromium.wait(f"document.querySelector('main[data-view={view}]')", view)
    chromium.keys("2")
    a = "return Number(document.getElementById('moment-A').value)"
    before = chromium.run(a)
    chromium.keys(Keys.ARROW_RIGHT)
    assert chromium.run(a) == before + 1
    chromium.keys("p")
    assert any(word == "peak" for word, _ in page.moments[chromium.run(a)]["why"])
    shift_right(chromium)
    b = int(chromium.wait("document.getElementById('moment-B').value", "moment B"))
    chromium.keys("x")
    assert chromium.run(a) == b
    themes = [chromium.run("return document.documentElement.dataset.theme")]
    for _ in range(2):
        chromium.keys("t")
        themes.append(chromium.run("return document.documentElement.dataset.theme"))
    assert {"light", "dark"} == set(themes)
    chromium.keys("?")
    chromium.wait("document.querySelector('[role=dialog]')", "help")
    chromium.keys(Keys.ESCAPE)
    assert chromium.complaints() == []


def everywhere(value, texts):
    """The same data with a hostile text wherever there was one."""
    if isinstance(value, dict):
        return {key: everywhere(inner, texts) for key, inner in value.items()}
    if isinstance(value, list):
        return [everywhere(inner, texts) for inner in value]
    return next(texts) if isinstance(value, str) else value


def test_names_are_text_wherever_they_stand(chromium, page, tmp_path):
    texts = itertools.cycle(HOSTILE)
    data = everywhere(page.data, texts)
    # Words of the page's own vocabulary that are no names.
    data["processes"][0]["moments"] = page.moments
    for graph, own in zip(data["flames"]["graphs"], page.data["flames"]["graphs"]):
        graph["list"] = own["list"]
    path = tmp_path / "hostile.html"
    path.write_text(re.sub(r'(id="data">).*?(</script>)', lambda found: found.group(1) + json.dumps(data).replace("<", "\\u003c") + found.group(2), page.text, count=1, flags=re.S))
    elements = "return [document.querySelectorAll('script').length, document.querySelectorAll('img,iframe,object,embed,meta,style,link,base,form,b#hacked').length]"
    opened(chromium, path)
    before = chromium.run(elements)
    for view in VIEWS:
        chromium.keys(str(VIEWS.index(view) + 1))
        shift_right(chromium)
        chromium.run("document.querySelectorAll('canvas.map, tbody tr[tabindex]').forEach(e => e.focus()); document.querySelector('tbody tr[tabindex]')?.click()")
        time.sleep(0.3)
        shown = chromium.text()
        assert not any(character in shown for character in "\u202e\u2066\u200b\u0000\u001b"), "characters that disguise others are not shown"
        assert chromium.run(elements) == before
    assert chromium.run("return [window.hacked, Object.prototype.hacked, document.getElementById('hacked')]") == [None, None, None]
    assert chromium.complaints() == [], "nothing was even tried that the policy would have to refuse"


def test_nothing_is_asked_of_a_network_and_the_policy_would_not_let_it(chromium, page):
    chromium.requests()
    opened(chromium, page.path)
    for view in VIEWS:
        chromium.keys(str(VIEWS.index(view) + 1))
        time.sleep(0.1)
    asked = [request["url"] for request in chromium.requests()]
    assert asked and all(address == f"file://{page.path}" or address.startswith(("data:", "about:")) for address in asked), asked
    refused = chromium.driver.execute_async_script("""
        const done = arguments[arguments.length - 1], seen = [];
        document.addEventListener('securitypolicyviolation', event => seen.push(event.effectiveDirective));
        try { document.body.innerHTML += '<b></b>'; } catch (error) { seen.push('trusted-types'); }
        fetch('http://127.0.0.1:1/').catch(() => 0);
        const image = document.createElement('img'); image.src = 'http://127.0.0.1:1/x.png'; document.body.append(image);
        const style = document.createElement('style'); style.textContent = 'body{}'; document.head.append(style);
        setTimeout(() => done(seen), 800);
    """)
    assert {"trusted-types", "connect-src", "img-src", "style-src-elem"} <= set(refused)
    chromium.complaints()


def test_the_file(page):
    assert stat.S_IMODE(page.path.stat().st_mode) == 0o600
    assert "exists" in page.run("--html", page.path, code=1).stderr, "a page never overwrites a file"
    assert page.path.read_text() == page.text
    assert page.text.count("<script") == page.text.count("</script>") == 2 and page.text.count("<style>") == 1
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.text).group(1)
    for element, directive in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(rf"<{element}>(.*?)</{element}>", page.text, re.S)
        assert f"{directive} 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}';" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy and "connect-src" not in policy
    assert str(HERE) not in page.text, "a redacted recording's page has no folders"
