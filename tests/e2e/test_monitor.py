# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The live monitor, driven through a terminal as a person would, over real ttnn runs."""
import os
import random
import re
import signal
import subprocess
import time

import host
import pytest
from terminal import PATIENCE, Terminal

SHAPES = {"n150": "1x1", "t3000": "2x4", "galaxy": "8x4"}


def human(count):
    """As src/output/text.cpp writes bytes."""
    if count is None:
        return "-"
    if count < 1024:
        return f"{count} B"
    value, unit = count / 1024, 0
    while value >= 1023.95 and unit < 5:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {('KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB')[unit]}"


def short(count):
    text = human(count)
    return text if count is None else text.replace(" ", "")[: text.index(" ") + 1]


def share(part, whole):
    return "-" if part is None or not whole else f"{100 * part / whole:.1f}%"


def l1_used(device):
    buffers = device["memory"]["l1"]["allocated_bytes"]
    return None if buffers is None else buffers + (device["memory"]["circular_buffers"]["current_bytes"] or 0)


@pytest.fixture
def monitored(tools, python):
    """cluster -> a process that holds memory on it, standing still."""
    running = []

    def start(cluster="n150", word="kanji-\u6f22\u5b57-e\u0301"):
        command = [python, host.HOSTS / "monitored.py", SHAPES[cluster], word]
        process = host.Host(tools, command, cluster, cluster=cluster, environment=tools.preload())
        running.append(process)
        process.__enter__()
        process.hear()
        return process

    yield start
    for process in running:
        process.kill()
        process.__exit__(None, None, None)


@pytest.fixture
def monitor(tools):
    """A running monitor in a terminal of its own, with settings of its own."""
    open_terminals = []

    def start(width=120, height=40, *options, term=None, before="", **environment):
        env = {"TT_ALLOC_LEDGER_DIR": str(tools.ledgers), "XDG_CONFIG_HOME": str(tools.scratch / "config"), "HOME": str(tools.scratch), **environment}
        command = [str(tools.ttmem), "top", "-r", "100", *options]
        terminal = Terminal(before or command, env, width, height, term)
        open_terminals.append(terminal)
        if not before and (width, height) >= (80, 24) and height >= 24:
            terminal.until("1 Main")
        return terminal

    yield start
    for terminal in open_terminals:
        terminal.__exit__()


def blocks_of(screen):
    """device id -> what stands of it in view 1, from its title on."""
    found = {}
    for match in re.finditer(r"Device (\d+): ", screen):
        found[int(match[1])] = match.start()
    return found


@pytest.mark.parametrize("cluster,size", [("n150", (80, 24)), ("n150", (120, 40)), ("t3000", (200, 60)), ("galaxy", (200, 60))])
def test_figures_are_those_of_the_snapshot(tools, monitored, monitor, cluster, size):
    """Nothing moves while both look: what is on the screen is what `snapshot --json` says."""
    process = monitored(cluster)
    snapshot = tools.snapshot()
    terminal = monitor(*size)
    # The first picture leaves circular buffers and kernels unknown; the next one, right after it, does not.
    screen = terminal.until(lambda s: any(re.match(rf" *{process.pid} ", line) and line.split()[5] != "-" for line in s.splitlines()))
    assert len(snapshot["devices"]) == {"n150": 1, "t3000": 8, "galaxy": 32}[cluster]
    rows = re.findall(r"DRAM +([0-9.]+ \w+) / ([0-9.]+ \w+) +\[.*?\] +([0-9.]+%)", screen)
    l1_rows = re.findall(r"L1 +([0-9.]+ \w+) / ([0-9.]+ \w+) +\[.*?\] +([0-9.]+%)", screen)
    wanted, l1_wanted = [], []
    for device in snapshot["devices"]:
        dram, l1 = device["memory"]["dram"], device["memory"]["l1"]
        wanted.append((human(dram["allocated_bytes"]), human(dram["capacity_bytes"]), share(dram["allocated_bytes"], dram["capacity_bytes"])))
        l1_wanted.append((human(l1_used(device)), human(l1["capacity_bytes"]), share(l1_used(device), l1["capacity_bytes"])))
        assert f"Device {device['id']}: " in screen, screen
    assert sorted(rows) == sorted(wanted), screen
    assert sorted(l1_rows) == sorted(l1_wanted), screen
    if cluster == "n150":
        memory = snapshot["devices"][0]["memory"]
        for name, figure in (("Buffers", memory["l1"]["allocated_bytes"]), ("CBs", memory["circular_buffers"]["current_bytes"]),
                             ("Kernels", memory["kernels"]["loaded_bytes"]), ("Ring", memory["kernels"]["ring_used_bytes_per_core"])):
            assert re.search(rf"{name} +{re.escape(human(figure))}(  |$)", screen, re.M), f"{name} {human(figure)}\n{screen}"
    [held] = [p for p in snapshot["processes"] if p["pid"] == process.pid]
    total = {kind: sum(d[f"{kind}_bytes"] for d in held["devices"]) for kind in ("dram", "l1", "cb", "kernel")}
    row = next(line for line in screen.splitlines() if re.match(rf" *{process.pid} ", line))
    assert row.split()[3:7] == [short(total["dram"]), short(total["l1"]), short(total["cb"]), short(total["kernel"])], row
    all_dram = sum(d["memory"]["dram"]["allocated_bytes"] for d in snapshot["devices"])
    assert f"DRAM {human(all_dram)} / " in screen
    terminal.keys("4")
    live = snapshot["buffers"]
    screen = terminal.until(f"{len(live)} buffers, {human(sum(b['allocated_bytes'] for b in live))} on each")
    largest = max(live, key=lambda b: b["allocated_bytes"])
    first = screen.splitlines()[3].split()
    alike = [b for b in live if b["allocated_bytes"] == largest["allocated_bytes"]]
    assert " ".join(first[:2]) == human(largest["allocated_bytes"]) and first[2] in {hex(b["address"]) for b in alike}
    terminal.keys("5")
    terminal.until("DRAM: % of a bank taken")
    terminal.keys("6")
    terminal.until("allocate")


def listed_keys(tools, replay=False):
    """[key, views, text] of `ttmem top --keys`: those of the present, or those that a recording has alone."""
    done = subprocess.run([tools.ttmem, "top", "--keys"], capture_output=True, text=True, timeout=PATIENCE, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [row for row in rows if (row[1] == "replay") == replay]


def test_every_key_does_what_the_help_says(tools, monitored, monitor):
    """A key of the table without a row here fails, and so does a row without a key."""
    first, second = monitored(), monitored(word="second")
    snapshot = tools.snapshot()
    pids = sorted(p["pid"] for p in snapshot["processes"])
    terminal = monitor(120, 40)
    terminal.until(str(pids[1]))

    def selected():
        """The pid in the row that is drawn in reverse."""
        reverse, line, first = False, "", None  # what a row begins with holds over from the row before
        for code, character in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b])", terminal.screen(colours=True), re.S):
            if character == "\n":
                if first and re.match(r" *\d{2,} ", line):  # not " 1 Main"
                    return int(line.split()[0])
                line, first = "", None
            elif character:
                first = reverse if first is None else first
                line += character
            else:
                parts = code.split(";")
                reverse = "7" in parts or (reverse and not {"0", "27", ""} & set(parts))
        return None

    def until_selected(pid):
        terminal.until(lambda _: selected() == pid, f"selection of {pid}")

    def press(key, then):
        terminal.keys(key)
        return terminal.until(then, f"what {key} does")

    def views(number, sign):
        return lambda: (press(number, sign), terminal.keys("1"), terminal.until("Total:"))

    def arrows():
        terminal.keys("Home")
        until_selected(pids[0])
        press("Down", lambda _: selected() == pids[1])
        press("Up", lambda _: selected() == pids[0])

    def ends():
        press("End", lambda _: selected() == pids[1])
        press("Home", lambda _: selected() == pids[0])

    def pages():
        press("PageDown", lambda _: selected() == pids[1])
        press("PageUp", lambda _: selected() == pids[0])

    def sideways():
        row = next(line for line in terminal.screen().splitlines() if re.match(rf" *{pids[0]} ", line))
        press("Right", lambda screen: row not in screen)
        press("Left", lambda screen: row in screen)

    def device_steps():
        press("2", "-60 s")
        press("Tab", "only Device 0")
        press("BTab", lambda screen: "only" not in screen)
        terminal.keys("1")

    def parts():
        terminal.until("Total:")
        press("Tab", lambda _: selected() is None)
        press("Tab", lambda _: selected() is not None)
        device_steps()
        terminal.until("Total:")

    def open_row():
        terminal.keys("Home")
        until_selected(pids[0])
        press("Enter", f"of process {pids[0]}")
        press("Escape", lambda screen: "of process" not in screen)
        press("1", "Total:")

    def filtering():
        terminal.keys("/")
        terminal.type("second")
        terminal.until("filter: second")
        press("Enter", "only /second")
        screen = terminal.until(f"{second.pid} ")
        assert f" {first.pid} " not in screen
        press("Escape", lambda s: f"{first.pid} " in s)

    def sorting():
        press("s", "USER^")
        press("r", "USERv")
        press("r", "USER^")
        for _ in range(11):
            terminal.keys("s")
        terminal.until("PID^")

    def tree():
        press("t", "as a tree")
        press("t", "as a list")

    def killing():
        victim = monitored(word="victim")
        terminal.until(f"{victim.pid} ")
        terminal.keys("/")
        terminal.type("victim")
        press("Enter", "only /victim")
        terminal.until(lambda screen: f"{victim.pid} " in screen and f"{first.pid} " not in screen)
        press("k", f"Signal to {victim.pid}")
        press("Down", "INT")
        press("Up", "TERM")
        press("Enter", f"SIGTERM to process {victim.pid}?")
        press("n", "nothing was sent")
        assert victim.process.poll() is None
        press("k", f"Signal to {victim.pid}")
        terminal.keys("Down", "Down")
        press("Enter", f"SIGKILL to process {victim.pid}?")
        press("y", f"sent SIGKILL to process {victim.pid}")
        assert victim.process.wait(PATIENCE) == -signal.SIGKILL
        terminal.until(lambda screen: re.search(rf"{victim.pid} .* died ", screen))
        terminal.keys("Escape")
        terminal.until(f"{first.pid} ")

    def devices():
        press("d", "all devices")
        press("Down", "Device 0")
        press("Enter", "only Device 0")
        press("Escape", lambda screen: "only" not in screen)

    def pausing():
        clock = press("p", "PAUSED").splitlines()[0]
        time.sleep(1.2)
        assert terminal.screen().splitlines()[0] == clock
        press("p", lambda screen: "PAUSED" not in screen and screen.splitlines()[0] != clock)

    def interval():
        press("+", "every 200 ms")
        press("-", "every 100 ms")

    def zoom():
        press("2", "-60 s")
        press("Z", "-5 min")
        press("z", "-60 s")
        press("1", "Total:")

    def glyphs():
        screen = press("2", lambda s: re.search("[\u2801-\u28ff]", s))
        assert not re.search("[\u2581-\u2588]", screen.split("0%")[0].split("100%")[-1])
        press("c", lambda s: re.search("[\u2581-\u2588]", s) and not re.search("[\u2801-\u28ff]", s))
        press("c", lambda s: re.search("[\u2801-\u28ff]", s))
        press("1", "Total:")

    def groups():
        press("4", "buffers, ")
        press("g", "by size")
        press("Enter", "one group")
        press("Escape", lambda s: "one group" not in s)
        for word in ("operation", "line", "function", "module", "scope", "tensor"):
            press("g", f"by {word}")
        press("g", lambda s: "by tensor" not in s and "by size" not in s)
        press("Enter", "STACK, the innermost call first")
        press("Escape", "ADDRESS")
        press("1", "Total:")

    def peaks():
        press("7", "No refusal")
        press("P", "Peak 1 of ")
        press("P", "No refusal")
        press("1", "Total:")

    def ground():
        press("b", "for a light background")
        press("b", "for a dark background")

    def help_screen():
        for key in ("F1", "?"):
            press(key, "this help")
            press("Escape", "Total:")

    def quitting():
        terminal.keys("q")
        terminal.until_over()

    rows = {"1": lambda: (press("3", lambda s: "Total:" not in s), press("1", "Total:")), "2": views("2", "-60 s"),
            "3": views("3", "no sensors"), "4": views("4", "ADDRESS"), "5": views("5", "DRAM: % of a bank taken"), "6": views("6", "EVENT"), "7": views("7", "No refusal"),
            "Up": arrows, "Down": arrows, "Left": sideways, "Right": sideways, "PgUp": pages, "PgDn": pages, "Home": ends, "End": ends, "Tab": parts,
            "Shift-Tab": device_steps, "Enter": open_row, "Esc": open_row, "/": filtering, "s": sorting, "r": sorting, "t": tree, "k": killing,
            "d": devices, "p": pausing, "+": interval, "-": interval, "z": zoom, "Z": zoom, "c": glyphs, "g": groups, "P": peaks, "b": ground,
            "F1 ?": help_screen, "q": quitting}
    table = listed_keys(tools)
    assert {row[0] for row in table} == set(rows)
    done = set()
    for key, _, _ in table:
        if rows[key] not in done:
            done.add(rows[key])
            rows[key]()
    assert terminal.is_over()


def test_buffers_are_grouped_by_the_region_that_they_were_allocated_in(tools, python, monitor):
    command = [python, host.HOSTS / "regions.py"]
    with host.Host(tools, command, "regions", cluster="n150", environment=tools.preload()) as process:
        process.hear()
        listed = tools.snapshot()["buffers"]
        named = {}
        for buffer in listed:
            named[buffer["region"]] = named.get(buffer["region"], 0) + 1
        assert named["decoder"] == 2 and named["decoder/attention"] == 3 and named[None] >= 1, named
        terminal = monitor(120, 40)
        terminal.until(str(process.pid))
        terminal.keys("4")
        screen = terminal.until("OPERATION")
        # All of them are made in one line of host_protocol.py; a narrow column keeps the end of a place.
        assert len(re.findall(r"protocol\.py:\d+\s", screen)) >= 5, screen
        for word in ("size", "operation", "line", "function", "module", "scope"):
            terminal.keys("g")
            screen = terminal.until(f"by {word}")
        groups = {name: int(count) for count, name in re.findall(r"^ +(\d+) .*?  (decoder/attention|decoder|not known)\s*$", screen, re.M)}
        assert groups == {"decoder": 2, "decoder/attention": 3, "not known": named[None]}, screen
        terminal.keys("Enter")
        terminal.until("one group")
        terminal.resize(240, 40)  # paths of ttnn's environment are long, and lines are cut at the edge
        terminal.keys("Enter")
        # The opened buffer is one of the list of the same process, with all of its stack.
        screen = terminal.until("STACK, the innermost call first")
        shown = int(re.search(r"Buffer (\d+) of process", screen)[1])
        buffer = next(each for each in listed if each["id"] == shown)
        assert all(f":{frame['line']}  {frame['function']}" in screen for frame in buffer["stack"]), (screen, buffer)
        assert f"{buffer['address']:#x} to {buffer['address'] + buffer['bytes_per_bank']:#x}" in screen, (screen, buffer)
        assert f"{buffer['operation']}" in screen and "x".join(map(str, buffer["tensor"]["shape"])) in screen, (screen, buffer)
        process.kill()


def test_help_shows_every_key(tools, monitor):
    terminal = monitor(120, 50)
    terminal.keys("?")
    screen = terminal.until("this help")
    for key, _, text in listed_keys(tools):
        assert re.search(rf" {re.escape(key)}  {re.escape(text)}", screen), f"{key}\n{screen}"


def test_settings_come_back(tools, monitored, monitor):
    monitored()
    terminal = monitor()
    terminal.keys("4", "s", "Z")
    terminal.until("ADDRESS^")
    terminal.keys("q")
    terminal.until_over()
    settings = tools.scratch / "config" / "ttmem" / "monitor.conf"
    # Incident: a person who had quit in view 3 met "1 mock device has no sensors" at the next start.
    settings.write_text(settings.read_text() + "view = 3\n")
    again = monitor()
    again.until("Total:")
    again.keys("4")
    again.until("ADDRESS^")
    again.keys("q")
    again.until_over()
    monitor(120, 40, "--view", "4").until("ADDRESS^")


def test_resize_storm(monitored, monitor):
    process = monitored()
    terminal = monitor(120, 40)
    rng = random.Random(6)
    for step in range(60):
        terminal.keys(str(rng.randint(1, 6)))
        terminal.resize(rng.randint(20, 220), rng.randint(5, 70))
    terminal.resize(79, 24)
    terminal.until("too small")
    terminal.resize(80, 24)
    terminal.keys("1")
    screen = terminal.until(f"{process.pid} ")
    assert "Device 0" in screen and "Total:" in screen
    assert max(len(line) for line in screen.splitlines()) <= 80
    terminal.keys("q")
    terminal.until_over()


def test_deaths_of_others_are_seen(tools, monitored, monitor, tmp_path):
    """A server and a process are killed under it: it goes on, and says of the process that it died."""
    process = monitored()
    socket = tmp_path / "server.sock"
    asked = tmp_path / "api.sock"
    command = [tools.ttmem, "server", "--socket", str(socket), "--http", "127.0.0.1:0", "--api-socket", str(asked), "--no-history"]
    server = subprocess.Popen(command, env=tools.without_runtime(tools.environment()), stderr=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + PATIENCE
        while not asked.exists():
            assert time.monotonic() < limit and server.poll() is None
            time.sleep(0.02)
        terminal = monitor(120, 40, "--server", str(asked), TTMEM_SERVER_PATIENCE_MS="60000")
        terminal.until(f"{process.pid} ")
        server.kill()
        server.wait(PATIENCE)
        process.say()
        process.hear()
        terminal.keys("6")
        terminal.until("free")
        process.kill()
        terminal.until("DEATH")
        terminal.keys("1")
        terminal.until(lambda screen: re.search(rf"{process.pid} .* died ", screen) and "No device" in screen)
        terminal.keys("q")
        terminal.until_over()
    finally:
        server.kill()
        server.wait()


def test_ends_with_its_terminal(monitored, monitor):
    monitored()
    terminal = monitor()
    pid = terminal.pid()
    terminal.tmux("kill-server")
    limit = time.monotonic() + PATIENCE
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < limit, "it outlives its terminal"
        time.sleep(0.05)


@pytest.mark.parametrize("way", ["q", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGSEGV", "SIGABRT", "SIGBUS"])
def test_terminal_is_as_before(tools, monitor, way):
    """Modes, screen and cursor, however it ends."""
    before, after = tools.scratch / "before", tools.scratch / "after"
    script = (f"ulimit -c 0; echo the shell was here; stty -g >{before}; {tools.ttmem} top -r 100; stty -g >{after}; echo it ended with $?; sleep 1000")
    terminal = monitor(100, 30, before=script)
    terminal.until("1 Main")
    if way == "q":
        terminal.keys("q")
    else:
        children = subprocess.run(["pgrep", "-P", str(terminal.pid()), "ttmem"], capture_output=True, text=True, check=True)
        os.kill(int(children.stdout.split()[0]), getattr(signal, way))
    screen = terminal.until("it ended with")
    assert before.read_text() == after.read_text()
    assert "the shell was here" in screen and "1 Main" not in screen, screen
    assert terminal.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on} #{mouse_any_flag}").split() == ["1", "0", "0"]


def test_stopped_and_continued(tools, monitor):
    """Ctrl-Z gives the terminal to the shell, fg takes it again."""
    terminal = monitor(100, 30, before="bash --norc -i")
    terminal.type(f"{tools.ttmem} top -r 100\n")
    terminal.until("1 Main")
    terminal.keys("C-z")
    terminal.until("Stopped")
    terminal.type("fg\n")
    terminal.until("1 Main")
    terminal.keys("q")
    terminal.until(lambda screen: "1 Main" not in screen)


@pytest.mark.parametrize("term,environment,wanted,unwanted", [
    ("tmux-256color", {}, r"\x1b\[(\d+;)*38;5;\d+m", None),
    ("screen", {}, r"\x1b\[(\d+;)*3[1-7]m", r"38;5;"),
    ("tmux-256color", {"COLORTERM": "truecolor"}, r"\x1b\[(\d+;)*38;2;\d+;\d+;\d+m", r"38;5;"),
    ("tmux-256color", {"NO_COLOR": "1"}, r"\x1b\[(\d+;)*7m", r"\x1b\[(\d+;)*(3[0-7]|38;5;\d+)m"),
])
def test_colours_are_those_that_the_terminal_has(monitored, monitor, term, environment, wanted, unwanted):
    process = monitored()
    terminal = monitor(100, 30, term=term, **environment)
    terminal.until(f"{process.pid} ")
    picture = terminal.screen(colours=True)
    assert re.search(wanted, picture), repr(picture)
    assert unwanted is None or not re.search(unwanted, picture), repr(picture)


def test_ascii_alone_where_asked_for_or_needed(monitored, monitor):
    process = monitored()
    for options, environment in ((["--ascii"], {}), ([], {"LC_ALL": "C"})):
        terminal = monitor(200, 30, *options, **environment)
        for view in "1234567":
            terminal.keys(view)
            terminal.until("help")
            time.sleep(0.15)
            assert terminal.screen().isascii(), terminal.screen()
        terminal.keys("1")
        assert "kanji-" in terminal.until(f"{process.pid} ")


def explained(tools, *words):
    """The lines of `ttmem why`, as wide as view 7 is at 80 columns."""
    environment = tools.environment() | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run([tools.ttmem, "why", "--width", "78", *words], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return [line.rstrip() for line in done.stdout.splitlines()]


def test_view_seven_says_what_why_says(tools, python, monitor):
    """Word for word: where nothing was refused, of a refusal as it comes, and when its process has ended."""

    def shows(title, lines):
        terminal.until(lambda screen: title in screen and [row.rstrip() for row in screen.splitlines()[2:len(lines) + 2]] == lines)

    terminal = monitor(80, 60, "--view", "7")
    shows("No refusal", explained(tools))
    with host.Host(tools, [python, host.HOSTS / "why.py", "l1 fragmented"], "why", "n150", tools.preload()) as run:
        assert "Out of Memory" in run.hear()["said"]
        shows("Refusal 1 of 1, the latest", explained(tools))
        run.say("free")  # nothing, and asks again
        assert "Out of Memory" in run.hear()["said"]
        shows("Refusal 1 of 2, the latest", explained(tools))
        terminal.keys("Left")
        shows("Refusal 2 of 2", explained(tools, str(run.pid), "--refusal", "0"))
        terminal.keys("Right")
        assert run.end() == 0
    lines = explained(tools)
    assert "which has ended" in " ".join(" ".join(lines).split()) and any("What would help" in line for line in lines)
    shows("Refusal 1 of 2, the latest", lines)
    terminal.resize(80, 24)
    terminal.keys("End")
    terminal.until(lambda screen: lines[-1] in screen and lines[0] not in screen)


def test_view_seven_turns_to_the_peaks(tools, python, monitor):
    """Word for word, each kind of a living process and of one that has ended."""

    def shows(title, lines):
        terminal.until(lambda screen: title in screen and [row.rstrip() for row in screen.splitlines()[2:len(lines) + 2]] == lines)

    terminal = monitor(80, 60, "--view", "7")
    terminal.until("No refusal")
    terminal.keys("P")
    terminal.until("No peak")
    with host.Host(tools, [python, host.HOSTS / "peaks.py"], "peaks", "n150", tools.preload()) as run:
        run.hear()
        shows("Peak 1 of 2 ", explained(tools, str(run.pid), "--peak"))
        terminal.keys("Right")
        shows("Peak 2 of 2", explained(tools, str(run.pid), "--peak", "--memory", "dram"))
        run.process.kill()
        run.process.wait()
    shows("Peak 2 of 2", explained(tools, str(run.pid), "--peak", "--memory", "dram"))
    terminal.keys("Left")
    shows("Peak 1 of 2", explained(tools, str(run.pid), "--peak", "--memory", "l1"))
    terminal.keys("P")
    terminal.until("No refusal")


def test_names_of_other_scripts_keep_their_columns(monitored, monitor):
    monitored()
    monitor(200, 30).until("kanji-\u6f22\u5b57-e\u0301")


def test_the_mouse(monitored, monitor):
    first, second = monitored(), monitored(word="second")
    terminal = monitor(120, 40)
    screen = terminal.until(lambda s: f"{first.pid} " in s and f"{second.pid} " in s)
    heading = next(i for i, line in enumerate(screen.splitlines()) if "COMMAND" in line)
    terminal.click(heading, screen.splitlines()[heading].index("DRAM"))
    terminal.until("DRAMv")
    terminal.click(0, screen.splitlines()[0].index("Buffers"))
    terminal.until("ADDRESS")
