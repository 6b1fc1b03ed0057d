# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The page of a real server, beside `ttmem snapshot --json`, and who sees what on it."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import figures
import pytest

PATIENCE_S = 60
NOBODY = 65534


def clean_environment(**changes):
    return {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTMEM_", "XDG_", "DISPLAY", "WAYLAND", "BROWSER"))} | changes


class Live:
    """A server of its own, and processes that hold what benchmarks/fleet makes up."""

    def __init__(self, build, folder, *words):
        self.build, self.folder, self.children = build, folder, []
        self.program = build / "bin/ttmem"
        self.api = folder / "api/api.sock"
        self.api.parent.mkdir(exist_ok=True)
        self.environment = clean_environment(TT_ALLOC_LEDGER_DIR=str(folder), XDG_STATE_HOME=str(folder), TTMEM_SERVER=str(self.api))
        self.log = folder / "server.log"
        with open(self.log, "wb") as log:
            self.server = self.start([self.program, "server", "--socket", folder / "old.sock", "--http", "127.0.0.1:0", "--api-socket", self.api,
                                      "--log-level", "debug", *words], stderr=log)
        for _ in range(PATIENCE_S * 10):
            found = re.search(r"HTTP on (http://\S+)[\s\S]*listening on", self.said())
            if found:
                break
            assert self.server.poll() is None, self.said()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(0.1)
        self.url = found[1] + "/"

    def start(self, words, variables=None, **options):
        child = subprocess.Popen([str(word) for word in words], env=self.environment | (variables or {}), stdin=subprocess.PIPE, **options)
        self.children.append(child)
        return child

    def fleet(self, *words, user=None):
        build = self.build.resolve()  # another user may not pass the link of a tree whose path has a space
        program = build / "benchmarks/fleet"
        if not program.exists():
            pytest.fail(f"{program} is not built (TTMEM_BUILD_BENCHMARKS)")
        child = self.start([program, "--mock", *words], {"LD_LIBRARY_PATH": str(build / "lib")}, stdout=subprocess.PIPE, text=True, user=user)
        line = child.stdout.readline()
        assert line.startswith("ready"), line
        return [int(pid) for pid in line.split()[1:]]

    def said(self):
        return self.log.read_text(errors="replace")

    def run(self, *words, user=None, code=0):
        done = subprocess.run([str(self.program.resolve()), *words], env=self.environment, user=user, capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done

    def snapshot(self):
        return json.loads(self.run("snapshot", "--json").stdout)

    def address(self, user=None):
        """Of the page, as `ttmem web` gives it to that user."""
        text = self.run("web", "--no-browser", user=user).stdout.strip()
        assert re.fullmatch(re.escape(self.url) + r"#token=[0-9a-f]{64}", text), text
        return text

    def get(self, path, **headers):
        """(status, body)"""
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path.lstrip("/"), headers={k.replace("_", "-"): v for k, v in headers.items()}), timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def end(self):
        for child in reversed(self.children):
            child.stdin.close()
            child.terminate()
            child.wait()
            if child.stdout:
                child.stdout.close()


@pytest.fixture
def live(build):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-web.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    folder.chmod(0o1777)  # as /dev/shm: another user makes a ledger folder in it, too
    made = Live(build, folder)
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(folder, ignore_errors=True)


def test_every_figure_is_what_the_snapshot_prints(live, chromium):
    live.fleet("--processes", "4", "--devices", "2", "--buffers", "400")
    count = 0
    for view in ("overview", "device"):
        chromium.open(live.address().replace("#", f"?view={view}#"))
        chromium.wait("document.querySelectorAll('table[aria-label=Processes] tbody tr').length > 0", view)
        found = chromium.run(figures.COLLECT)
        assert figures.wrong_figures(live.snapshot(), found) == []
        count += len(found)
    assert count > 80
    assert any(form == "bytes" and text not in ("–", "0 B") for _, form, text, _ in found)
    chromium.keys("6")
    chromium.wait("document.querySelectorAll('table[aria-label=Buffers] tbody tr').length > 0", "buffers")
    matching = chromium.run("return document.querySelector('section[aria-label=Buffers] h2 small').textContent")
    rows = json.loads(live.run("snapshot", "--json", "--buffers").stdout)["buffers"]
    on_device = [row for row in rows if 0 in row["device_indexes"]]
    assert matching.startswith(f"{len(on_device)} match, {figures.bytes_text(sum(row['allocated_bytes'] * len(row['devices']) for row in on_device))}"), matching
    chromium.keys("5")
    chromium.wait("document.querySelector('canvas.map')", "the map")
    assert chromium.complaints() == []


def test_a_guest_sees_no_maps_and_no_command_lines(live, chromium):
    live.fleet("--processes", "1", "--devices", "1", "--buffers", "10")
    chromium.open(live.url + "?view=map")
    chromium.wait("document.querySelectorAll('table[aria-label=Processes] tbody tr').length > 0", "the overview instead of the map")
    tabs = "return [...document.querySelectorAll('[role=tab]')].map(e => e.textContent)"
    assert chromium.run(tabs) == ["Overview", "Device", "Timeline", "Events"]
    assert "--buffers" not in chromium.text() and "guest" in chromium.text()
    chromium.open(live.address())
    # The rows stand there before the token has been exchanged; what only the owner sees comes after that.
    chromium.wait("document.body.innerText.includes('--buffers 10')", "the page of its user")
    assert chromium.run(tabs)[4:] == ["Map", "Buffers"]
    assert chromium.complaints() == []


def test_two_users_see_their_own(live, chromium):
    if os.geteuid() != 0:
        pytest.skip("needs root, to be two users")
    live.fleet("--processes", "1", "--devices", "1", "--buffers", "11")
    live.fleet("--processes", "1", "--devices", "1", "--buffers", "22", user=NOBODY)
    chromium.open(live.address(user=NOBODY))
    chromium.wait("document.querySelectorAll('table[aria-label=Processes] tbody tr').length === 2", "both processes")
    chromium.wait("document.body.innerText.includes('--buffers 22')", "what its user may see")
    assert "--buffers 22" in chromium.text() and "--buffers 11" not in chromium.text() and "nobody" in chromium.text()
    chromium.open(live.address())
    chromium.wait("document.querySelectorAll('table[aria-label=Processes] tbody tr').length === 2", "both processes")
    chromium.wait("document.body.innerText.includes('--buffers 11')", "what root may see")
    assert "--buffers 22" in chromium.text() and "--buffers 11" in chromium.text()


def test_a_token_works_once_and_stands_in_no_log(live, chromium):
    address = live.address()
    token = address.split("=")[1]
    chromium.open(address)
    chromium.wait("document.querySelectorAll('[role=tab]').length === 6", "the token is taken")
    chromium.open(address)
    chromium.wait("document.querySelector('[role=alert]')", "a second time it is refused")
    assert "the token was used already" in chromium.text() and "ttmem web" in chromium.text()
    assert chromium.run("return document.querySelectorAll('[role=tab]').length") == 4
    chromium.complaints()
    second = live.address().split("=")[1]
    status, body = live.get("/api/v1/web/session", X_Ttmem_Token=second)
    assert status == 200
    key = json.loads(body)["session"]
    assert live.get("/api/v1/l1", X_Ttmem_Session=key)[0] == 200
    assert live.get("/api/v1/l1", X_Ttmem_Session="0" * 64)[0] == 401
    assert live.get("/api/v1/l1")[0] == 403
    assert live.get("/api/v1/tools/page")[0] == 404
    for secret in (token, second, key):
        assert secret not in live.said()
        assert secret.encode() not in live.get("/metrics")[1]


def test_requests_of_other_sites_are_refused(live):
    host = live.url.split("/")[2]
    key = json.loads(live.get("/api/v1/web/session", X_Ttmem_Token=live.address().split("=")[1])[1])["session"]
    for path in ("/api/v1/snapshot", "/api/v1/l1", "/api/v1/web/session", "/api/v1/events"):
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            assert live.get(path, **{**headers, "X-Ttmem-Session": key})[0] == 403, (path, headers)
    assert live.get("/", Host="evil.example")[0] == 403
    assert live.get("/", Sec_Fetch_Site="cross-site")[0] == 200, "a link may lead to the page, which holds no figures"
    with socket.create_connection(tuple(host.split(":"))) as client:  # no other origin may ask what it would be allowed
        client.sendall(f"OPTIONS /api/v1/l1 HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 405") and b"Access-Control" not in answer


def test_what_happens_is_shown(live, chromium):
    chromium.open(live.url + "?view=events")
    chromium.wait("document.querySelector('.status.live')", "the page")
    live.fleet("--processes", "1", "--devices", "1", "--buffers", "20", "--rate", "10")
    chromium.wait("document.querySelectorAll('table[aria-label=\"Live events\"] .e-allocate').length > 3", "allocations")
    chromium.keys("3")
    chromium.wait("document.querySelectorAll('.legend tbody tr').length > 0", "the timeline from the server's history", patience=60)
    assert chromium.complaints() == []


def test_no_server_no_page(build, tmp_path):
    done = subprocess.run([build / "bin/ttmem", "web"], env=clean_environment(XDG_RUNTIME_DIR=str(tmp_path)), capture_output=True, text=True, timeout=PATIENCE_S)
    if os.path.exists("/run/ttmem/api.sock"):
        pytest.skip("a server of this machine answers")
    assert done.returncode == 1 and "ttmem server" in done.stderr and done.stdout == ""


def held_by(chromium):
    """(bytes of the script's heap, elements of the document) after what is no longer used has been given back."""
    chromium.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    metrics = {metric["name"]: metric["value"] for metric in chromium.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
    return metrics["JSHeapUsedSize"], metrics["Nodes"]


@pytest.mark.long
def test_an_hour_does_not_make_it_grow(live, chromium):
    """At 1 Hz with a full machine. The charts keep ten minutes, so that what is held after a quarter of an hour is what is held after an hour."""
    live.fleet("--processes", "64", "--devices", "32", "--mesh", "32", "--buffers", "20000", "--rate", "5")
    chromium.open(live.address())
    chromium.driver.execute_cdp_cmd("Performance.enable", {})
    chromium.wait("document.querySelectorAll('table[aria-label=Processes] tbody tr').length === 64", "the fleet")
    held = []
    for minute in range(60):
        time.sleep(60)
        chromium.requests()  # the driver's own list of them
        chromium.keys("123456"[minute % 6])
        chromium.run("document.activeElement.blur()")
        time.sleep(1)
        chromium.keys("1")
        if minute >= 14:
            held.append(held_by(chromium))
    assert chromium.complaints() == []
    first, last = (min(sample[0] for sample in part) for part in (held[:8], held[-8:]))
    assert last < first * 1.25, held
    assert held[-1][1] < held[0][1] * 1.5, held
