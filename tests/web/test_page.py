# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The page in Chromium, fed by a stand-in: what it says, how it is used, and what others' names can do to it."""
import copy
import itertools
import json
import time
import urllib.request

import figures
import stand_in
from selenium.webdriver.common.keys import Keys

VIEWS = ["overview", "device", "timeline", "events", "map", "buffers"]

# Names that a process, an operation or a file may have: markup, ends of elements, code, characters that turn the direction of
# text or hide, and names of properties that every object has.
HOSTILE = [
    "<script>window.hacked=1</script>", "</script><script>window.hacked=1</script>", "<img src=x onerror=window.hacked=1>", "<svg/onload=window.hacked=1>",
    "\"'><b id=hacked>", "javascript:window.hacked=1", "{{constructor.constructor('window.hacked=1')()}}", "${window.hacked=1}", "<!--", "-->", "]]>", "&lt;b&gt;",
    "__proto__", "constructor", "toString", "\u202eexe.slenrek", "a\u200bb\u2066c\u2069", "\u0000\u0007\u001b[31m", "=HYPERLINK(\"http://x\")", "x" * 4000, "\ud83d\ude08" * 50,
    "'; DROP TABLE processes; --", "<style>*{display:none}</style>", "<a href=http://example.com>x</a>", "<meta http-equiv=refresh content=0;url=http://example.com>",
]


def fixed(snapshot):
    """Answers in which the snapshot is always that one."""
    return lambda path, answer: snapshot if path == "/api/v1/snapshot" else answer


def collected(window, view, snapshot):
    found = window.run(figures.COLLECT)
    assert found or view in ("timeline", "map", "buffers"), f"{view} has no figure"
    assert figures.wrong_figures(snapshot, found) == []
    return len(found)


def with_token(url, view):
    return f"{url}?view={view}#token=t"


def opened(window, url, view="overview"):
    window.open(with_token(url, view))
    window.wait("document.querySelector('.status.live')", f"{view} with figures")
    window.complaints()


def test_every_figure_is_the_snapshots(chromium):
    snapshot = stand_in.snapshot()
    snapshot["devices"][1]["memory"]["l1"] = stand_in.use(None, None)
    snapshot["devices"][0]["memory"]["dram"]["allocated_bytes"] = 0
    count = 0
    with stand_in.stand_in(fixed(snapshot)) as url:
        for view in VIEWS:
            opened(chromium, url, view)
            count += collected(chromium, view, snapshot)
        chromium.keys("]")
        chromium.run("document.activeElement.blur()")
    assert count > 100


def test_a_fleet_is_a_table(chromium):
    snapshot = stand_in.snapshot()
    snapshot["devices"] = [stand_in.device(i, i * 300_000_000, 1_000_000 * i) for i in range(32)]
    snapshot["processes"] = []
    for number in range(64):
        one = stand_in.process(1000 + number, 0, 0, 0)
        one["devices"] = [dict(one["devices"][0], index=i, id=i, dram_bytes=(number + 1) * 1000 + i) for i in range(32)]
        snapshot["processes"].append(one)
    with stand_in.stand_in(fixed(snapshot)) as url:
        opened(chromium, url)
        assert collected(chromium, "overview", snapshot) > 500
        rows = "[...document.querySelectorAll('table[aria-label=Processes] tbody tr')]"
        assert chromium.run(f"return {rows}.length") == 64
        assert chromium.run(f"return {rows}[0].cells[0].textContent") == "1063", "sorted by DRAM, the largest first"
        chromium.run("[...document.querySelectorAll('table[aria-label=Processes] thead button')][0].click()")
        chromium.wait(f"{rows}[0].cells[0].textContent === '1063'", "sorted by PID, downward")
        chromium.run("[...document.querySelectorAll('table[aria-label=Processes] thead button')][0].click()")
        chromium.wait(f"{rows}[0].cells[0].textContent === '1000'", "sorted by PID, upward")


def test_with_the_keyboard_alone(chromium):
    with stand_in.stand_in() as url:
        opened(chromium, url)
        selected = "document.querySelector('[role=tab][aria-selected=true]').textContent"
        for key, name in zip("123456", ("Overview", "Device", "Timeline", "Events", "Map", "Buffers")):
            chromium.keys(key)
            chromium.wait(f"{selected} === '{name}'", f"key {key}")
        chromium.keys("2", "]")
        chromium.wait("document.querySelector('main select').value === '1'", "the next device")
        chromium.wait("location.search === '?view=device&device=1'", "the address says what is shown")
        chromium.keys("[", "1", "/")
        chromium.keys("4712")
        chromium.wait("document.querySelectorAll('table[aria-label=Processes] tbody tr').length === 1", "the filter")
        chromium.keys(Keys.ESCAPE)
        chromium.wait("document.querySelectorAll('table[aria-label=Processes] tbody tr').length === 3", "Escape clears it")
        chromium.keys("?")
        chromium.wait("document.querySelector('[role=dialog]')", "help")
        chromium.keys(Keys.ESCAPE)
        chromium.wait("!document.querySelector('[role=dialog]')", "Escape closes it")
        dark = "document.documentElement.dataset.theme"
        chromium.keys("t", "t")
        chromium.wait(f"{dark} === 'dark'", "the dark colours")
        chromium.keys("t")
        chromium.wait(f"{dark} === 'light'", "as the system has it")
        chromium.keys("5")
        chromium.wait("document.querySelector('canvas.map')", "the map")
        chromium.run("document.querySelector('canvas.map').focus()")
        chromium.keys(Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP)
        chromium.wait("document.querySelector('.side .details h3').textContent.startsWith('Buffer 0')", "the third stretch upward is a buffer")
        assert "ttnn.softmax" in chromium.text() and "model.py:42" in chromium.text(), "who made it"
        assert chromium.complaints() == []


def test_two_moments_are_compared(chromium):
    with stand_in.stand_in() as url:
        opened(chromium, url, "timeline")
        chromium.wait("document.querySelectorAll('.legend tbody tr').length === 2", "two devices")
        chromium.run("document.querySelector('section.timeline').focus()")
        chromium.keys(Keys.ARROW_LEFT)
        chromium.wait("document.querySelector('.legend h3').textContent.startsWith('A ')", "moment A")
        chromium.wait("new URLSearchParams(location.search).get('t') > 0", "the address names the moment")
        chromium.run("document.querySelector('section.timeline').focus()")
        chromium.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", "key": "ArrowLeft", "code": "ArrowLeft", "modifiers": 8})
        chromium.wait("document.querySelector('.legend h3').textContent.includes('B ')", "moment B")
        cells = chromium.run("return [...document.querySelectorAll('.legend tfoot td')].map(e => e.textContent)")
        assert len(cells) == 3 and cells[2], cells
        chromium.keys("0")
        chromium.wait("document.querySelector('.legend h3').textContent === 'Latest'", "back to now")
        assert chromium.complaints() == []


def test_the_timeline_says_what_the_history_says(chromium):
    history = stand_in.history()
    column = {name: number for number, name in enumerate(history["columns"])}
    last = lambda process, device, name: [series for series in history["series"] if (series["process_index"], series["device_index"]) == (process, device)][0]["points"][-1][column[name]]
    wanted = {"device": {"Device 0": last(None, 0, "dram_bytes"), "Device 1": last(None, 1, "dram_bytes")},
              "process": {"4711 python3": last(0, 0, "dram_bytes"), "4712 python3": last(1, 0, "dram_bytes")},
              "kind": {"DRAM": last(None, 0, "dram_bytes"), "Trace": last(None, 0, "trace_bytes")}}
    with stand_in.stand_in(lambda path, answer: history if path == "/api/v1/history" else answer) as url:
        opened(chromium, url, "timeline")
        for by, figures_of in wanted.items():
            chromium.run(f"[...document.querySelectorAll('[role=radio]')].find(e => e.textContent === '{by}').click()")
            rows = "[...document.querySelectorAll('.legend tbody tr')].map(row => [row.cells[0].textContent, row.cells[1].textContent, row.cells[1].title])"
            chromium.wait(f"{rows}.some(row => row[0] === '{next(iter(figures_of))}')", by)
            shown = {name: (text, title) for name, text, title in chromium.run(f"return {rows}")}
            assert shown == {name: (figures.bytes_text(value), f"{value:,} bytes".replace(",", "\u202f")) for name, value in figures_of.items()}
            together = chromium.run("return document.querySelector('.legend tfoot td').textContent")
            assert together == figures.bytes_text(sum(figures_of.values()))
        chromium.run("[...document.querySelectorAll('[role=radio]')].find(e => e.textContent === 'L1').click()")
        chromium.wait("document.querySelector('.legend').textContent.includes('Circular buffers')", "L1 by kind")
        assert figures.bytes_text(last(None, 0, "cb_bytes")) in chromium.run("return document.querySelector('.legend').textContent")
        assert chromium.complaints() == []


def everywhere(value, texts):
    """The same answer with the next of `texts` in each place that another user could have named."""
    names = {"user", "name", "command", "operation", "region", "reason", "source", "board", "arch", "pci", "unique_id", "layout", "text", "file", "function", "kind", "program_name",
             "condition", "type", "scope", "label", "driver_version"}
    if isinstance(value, dict):
        return {key: next(texts) if key in names and (isinstance(item, str) or item is None) else everywhere(item, texts) for key, item in value.items()}
    return [everywhere(item, texts) for item in value] if isinstance(value, list) else value


def test_names_are_text_alone(chromium):
    texts = itertools.cycle(HOSTILE)
    answers = itertools.count(1)

    def hostile(path, answer):
        answer = everywhere(copy.deepcopy(answer), texts)
        if path == "/api/v1/snapshot":
            answer["notices"] = [*HOSTILE, f"answer {next(answers)}"]
            answer["processes"] = [dict(answer["processes"][0], pid=100 + i, name=text, command=text, user=text, state=text, container={"runtime": text, "id": text, "pod": text, "job": text})
                                   for i, text in enumerate(HOSTILE)]
            answer["failures"] = [dict(answer["failures"][0], number=i, operation=text, kind=text) for i, text in enumerate(HOSTILE)]
        return answer

    elements = "return [document.querySelectorAll('script').length, document.querySelectorAll('img,iframe,object,embed,meta,style,link,base,form,b#hacked').length]"
    with stand_in.stand_in(hostile) as url:
        opened(chromium, url)
        before = chromium.run(elements)
        for view in ("23456", "165432"):
            chromium.wait(f"document.querySelector('.notices li:last-child')", "the overview")
            for key in view:
                chromium.keys(key)
                chromium.run("document.querySelectorAll('canvas.map, tbody tr[tabindex]').forEach(e => e.focus())")
                time.sleep(0.5)
                shown = chromium.run("return document.body.innerText")
                assert not any(character in shown for character in "\u202e\u2066\u200b\u0000\u001b"), "characters that disguise others are not shown"
                assert chromium.run(elements) == before
            chromium.keys("1")
        assert chromium.run("return [window.hacked, Object.prototype.hacked, document.getElementById('hacked')]") == [None, None, None]
        assert HOSTILE[2] in chromium.run("return document.querySelector('.notices').textContent"), "it is there, as text"
    assert chromium.complaints() == [], "nothing was even tried that the policy would have to refuse"


def test_nothing_of_the_page_leaves_the_server(chromium):
    with stand_in.stand_in() as url:
        chromium.driver.get("about:blank")
        chromium.requests()
        for view in VIEWS:
            opened(chromium, url, view)
            chromium.keys("t")
        asked = [request["url"] for request in chromium.requests()]
        assert asked and all(address.startswith((url, "data:", "about:")) for address in asked), asked


def test_the_policy_stops_what_it_must(chromium):
    with stand_in.stand_in() as url:
        opened(chromium, url)
        refused = chromium.driver.execute_async_script("""
            const done = arguments[arguments.length - 1], seen = [];
            document.addEventListener('securitypolicyviolation', event => seen.push(event.effectiveDirective));
            const script = document.createElement('script');
            try { script.textContent = 'window.hacked = 1'; } catch (error) { seen.push('trusted-types'); }
            try { document.body.innerHTML += '<b></b>'; } catch (error) { seen.push('trusted-types'); }
            fetch('http://127.0.0.1:1/').catch(() => 0);
            const image = document.createElement('img'); image.src = 'http://127.0.0.1:1/x.png'; document.body.append(image);
            const frame = document.createElement('iframe'); frame.src = 'http://127.0.0.1:1/'; document.body.append(frame);
            const style = document.createElement('style'); style.textContent = 'body{}'; document.head.append(style);
            setTimeout(() => done(seen), 1500);
        """)
        for directive in ("trusted-types", "connect-src", "img-src", "frame-src", "style-src-elem"):
            assert directive in refused, (directive, refused)
        assert chromium.run("return window.hacked") is None
        chromium.complaints()


def test_the_key_stays_in_memory(chromium):
    with stand_in.stand_in() as url:
        chromium.driver.get("about:blank")
        chromium.requests()
        opened(chromium, url)
        assert chromium.run("return location.hash + document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)") == "{}{}"
        asked = chromium.requests()
        sent = [request for request in asked if "/api/v1/snapshot" in request["url"]]
        assert sent and all(request["headers"].get("X-Ttmem-Session") == "s" * 64 for request in sent)
        assert not [request["url"] for request in asked if "token" in request["url"].split("#")[0] or "s" * 64 in request["url"]]


def test_a_server_that_goes_is_said_to_be_gone(chromium):
    with stand_in.stand_in() as url:
        opened(chromium, url)
    chromium.wait("document.querySelector('.status.stale')", "stale")
    assert "does not answer" in chromium.text() and "are those of" in chromium.text()
    chromium.complaints()


def test_the_page_is_one_file(build):
    del build
    with stand_in.stand_in() as url, urllib.request.urlopen(url) as answer:
        page, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
    assert page.count("<script>") == page.count("</script>") == 1
    assert " src=" not in page.split("<style>")[0] and "unsafe" not in policy and "http:" not in policy and "*" not in policy
    assert json.dumps(policy).count("sha256-") == 2
