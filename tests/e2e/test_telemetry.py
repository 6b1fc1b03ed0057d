# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Cards as tt-kmd shows them, on copies of the fake driver tree, with errors put into its files: what the programs say of each,
on the screen and in JSON. And the known faults of other monitors on the same files, none of which may be here."""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import host
import pytest

SUPPORT = host.ROOT / "tests" / "support"
ENODEV, ENODATA = 19, 61


@pytest.fixture(scope="session")
def injector(tmp_path_factory):
    library = tmp_path_factory.mktemp("inject") / "inject.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SUPPORT / "inject_read_errors.c", "-ldl"], check=True)
    return str(library)


class Machine:
    """A fake driver tree, and the programs looking at it."""

    def __init__(self, tools, folder, injector, cards=("n150", "n300", "p150")):
        self.folder, self.ttmem = folder, str(tools.build / "bin" / "ttmem")
        self.ledgers, self.injector = tools.ledgers, injector
        subprocess.run([SUPPORT / "fake-kmd-tree", folder, *cards], check=True)

    def node(self, number):
        return self.folder / f"sys/class/tenstorrent/tenstorrent!{number}"

    def hwmon(self, number):
        return next((self.node(number).resolve().parent.parent / "hwmon").iterdir())

    def write(self, path, text):
        """Whole at once, as the driver's values change: no reader sees a file that is empty for a moment."""
        aside = self.folder / "aside"
        aside.write_text(text)
        aside.replace(path)

    def environment(self, inject=None, **more):
        settings = {k: v for k, v in os.environ.items() if not k.startswith("TT_")}
        settings |= {"TT_ALLOC_LEDGER_DIR": self.ledgers, **more}
        if inject:
            settings |= {"LD_PRELOAD": self.injector, "TTMEM_INJECT": inject}
        return settings

    def run(self, *words, inject=None, roots=True, **more):
        places = ["--sysfs-root", self.folder / "sys", "--procfs-root", self.folder / "proc"] if roots else []
        return subprocess.run([self.ttmem, *words, *places], env=self.environment(inject, **more), capture_output=True, text=True,
                              timeout=host.PATIENCE)

    def cards(self, inject=None, command=("snapshot", "--json"), **more):
        done = self.run(*command, inject=inject, **more)
        assert done.returncode == 0, done.stderr
        return {device["kmd_index"]: device["telemetry"] for device in json.loads(done.stdout)["devices"]}

    def table(self, inject=None):
        """The cells of each card in what `ttmem top` prints, by its number at the driver."""
        done = self.run("top", inject=inject)
        assert done.returncode == 0 and "\x1b" not in done.stdout
        assert all(len(line) == 79 for line in done.stdout.splitlines())
        found = {}
        lines = done.stdout.splitlines()
        for first, second in zip(lines, lines[1:]):
            if match := re.match(r"\|\s+/(\d+) ", first):
                found[int(match[1])] = [cell.strip() for cell in (first + second).split("|")]
        return found

    def unplug(self, number):
        """Away from the class folder, as the driver's own removal leaves it."""
        self.node(number).unlink()


@pytest.fixture
def machine(tools, tmp_path, injector):
    return Machine(tools, tmp_path / "tree", injector)


def sensor(card, name):
    return card["sensors"][name]["value"]


def test_every_card_with_what_it_says(machine):
    cards = machine.cards()
    assert {number: card["condition"] for number, card in cards.items()} == {0: "ok", 1: "ok", 2: "ok"}
    n150, n300, p150 = cards[0], cards[1], cards[2]
    assert sensor(n150, "asic_temperature") == 33.75 and n150["sensors"]["asic_temperature"]["limit"] == 75
    assert sensor(n150, "power") == 22 and n150["sensors"]["power"]["limit"] == 100
    assert sensor(n150, "ai_clock") == 1000 and sensor(n150, "axi_clock") == 900 and sensor(n150, "arc_clock") == 540
    assert sensor(n150, "current") == 25 and sensor(n150, "core_voltage") == 0.85
    assert sensor(n150, "firmware_bundle") == "18.12.0.0" and sensor(n150, "firmware_eth") == "7.2.0"
    assert (n150["asic_id"], n150["serial"]) == ("0x214183130325c11", "0x10001851170c06c")
    assert sensor(n300, "pcie_link_width") == 8 and n300["sensors"]["pcie_link_width"]["limit"] == 16
    assert sensor(p150, "fan") == 1882 and sensor(p150, "thermal_trips") == 0 and sensor(p150, "pcie_link_speed") == 32
    assert n150["open_pids"] == [4242] and n300["open_pids"] == []
    screen = machine.table()
    assert "34C/75C   22W/100W" in screen[0] and "1000MHz  ok" in screen[0]


def test_top_and_snapshot_say_the_same(machine):
    def settled(cards):
        for card in cards.values():
            for one in card["sensors"].values():
                one["age_ns"] = None
        return cards

    assert settled(machine.cards(command=("top", "--json"))) == settled(machine.cards())


def test_roots_come_from_the_environment_too(machine):
    cards = machine.cards(roots=False, TT_ALLOC_SYSFS_ROOT=str(machine.folder / "sys"),
                          TT_ALLOC_PROCFS_ROOT=str(machine.folder / "proc"))
    assert len(cards) == 3


def test_csv_is_what_json_is(machine):
    done = machine.run("top", "--csv", "--query=kmd_index,asic_temperature,power.limit,fan,fan.state,open_pids")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["kmd_index", "asic_temperature [C]", "power.limit [W]", "fan [RPM]", "fan.state", "open_pids"]
    assert sorted(rows[1:]) == [["0", "33.75", "100", "", "unknown", "4242"], ["1", "46.5", "85", "", "unknown", ""],
                                ["2", "48.5", "150", "1882", "known", "4242 5151"]]


# --- Errors below the reader


def test_between_a_reset_and_its_end(machine):
    inject = f"tenstorrent!0/tt_={ENODATA};hwmon/hwmon4/={ENODATA}"
    card = machine.cards(inject)[0]
    assert card["condition"] == "in_reset"
    assert card["sensors"]["asic_temperature"] | {"age_ns": None} == {
        "state": "in_reset", "value": None, "unit": "C", "age_ns": None, "limit": None, "min": None, "max": None}
    assert "-        in_reset" in machine.table(inject)[0]
    assert machine.cards(inject)[1]["condition"] == "ok"


def test_a_detached_device_is_gone(machine):
    inject = f"tenstorrent!0/tt_={ENODEV};hwmon/hwmon4/={ENODEV}"
    assert machine.cards(inject)[0]["condition"] == "gone"
    assert "-        gone" in machine.table(inject)[0]


def test_a_read_that_blocks_holds_up_nobody(machine):
    inject = "tenstorrent!1/tt_aiclk=block"
    cards = machine.cards(inject)  # comes back at all
    assert {number: card["condition"] for number, card in cards.items()} == {0: "ok", 1: "blocked", 2: "ok"}
    assert sensor(cards[0], "ai_clock") == 1000
    assert "-        blocked" in machine.table(inject)[1]


def test_a_fifo_in_a_files_place_is_not_waited_for(machine):
    path = machine.node(1) / "tt_aiclk"
    path.unlink()
    os.mkfifo(path)
    cards = machine.cards()
    assert {number: card["condition"] for number, card in cards.items()} == {0: "ok", 1: "ok", 2: "ok"}
    assert sensor(cards[1], "ai_clock") is None
    assert sensor(cards[0], "ai_clock") == 1000


def test_a_block_during_a_watch_leaves_the_others_fresh_and_the_program_ends(machine):
    words = [machine.ttmem, "top", "--json", "--loop=0.2", "--sysfs-root", machine.folder / "sys", "--procfs-root",
             machine.folder / "proc"]
    watching = subprocess.Popen(words, env=machine.environment("tenstorrent!1/tt_aiclk=block"), stdout=subprocess.PIPE, text=True)
    try:
        deadline, moments = time.monotonic() + host.PATIENCE, set()
        for line in watching.stdout:
            model = json.loads(line)
            cards = {d["kmd_index"]: d["telemetry"] for d in model["devices"]}
            if cards[1]["condition"] == "blocked" and cards[0]["condition"] == "ok":
                # When the other one was read last, to the ms: that goes on.
                moments.add((model["time_ns"] - cards[0]["sensors"]["ai_clock"]["age_ns"]) // 1_000_000)
            if len(moments) >= 3:
                break
            assert time.monotonic() < deadline, cards
    finally:
        watching.send_signal(signal.SIGTERM)
        watching.stdout.close()
    assert watching.wait(timeout=host.PATIENCE) == -signal.SIGTERM


def test_junk_is_told_from_values(machine):
    hwmon = machine.hwmon(0)
    for name, text in (("temp1_input", "4294967295"), ("in0_input", "3211313"), ("curr1_input", "3342387000"),
                       ("power1_input", "-1"), ("fan1_input", "4294967295")):
        machine.write(hwmon / name, text + "\n")
    card = machine.cards()[0]
    for name in ("asic_temperature", "core_voltage", "current", "power", "fan"):
        assert (card["sensors"][name]["state"], sensor(card, name)) == ("implausible", None), name
    assert sensor(card, "ai_clock") == 1000
    assert "-/75C     -/100W" in machine.table()[0]


def test_a_dead_firmware_leaves_a_bare_node(machine):
    for path in [*machine.node(0).glob("tt_*"), *machine.node(0).resolve().parent.parent.glob("hwmon")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert machine.cards()[0]["condition"] == "no_firmware"
    assert "-        no_firmware" in machine.table()[0]


def test_a_device_that_changes_its_number_is_followed(machine):
    words = [machine.ttmem, "top", "--json", "--loop=0.2", "--sysfs-root", machine.folder / "sys", "--procfs-root",
             machine.folder / "proc"]
    watching = subprocess.Popen(words, env=machine.environment(), stdout=subprocess.PIPE, text=True)
    try:
        def cards_when(ready):
            deadline = time.monotonic() + host.PATIENCE
            for line in watching.stdout:
                cards = [d for d in json.loads(line)["devices"] if d["telemetry"]]
                if ready(cards):
                    return cards
                assert time.monotonic() < deadline, [(d["kmd_index"], d["telemetry"]["condition"]) for d in cards]
            return None

        def p150(cards):
            return next(d for d in cards if d["telemetry"]["asic_id"] == "0x7a2f4c1b00d3e591")

        cards_when(lambda cards: len(cards) == 3 and all(d["telemetry"]["condition"] == "ok" for d in cards))
        target = os.readlink(machine.node(2))
        machine.unplug(2)
        gone = p150(cards_when(lambda cards: p150(cards)["telemetry"]["condition"] == "gone"))
        assert gone["kmd_index"] is None and gone["pci"] == "0000:c1:00.0"
        assert gone["telemetry"]["sensors"]["power"] == {
            "state": "gone", "value": None, "unit": "W", "age_ns": None, "limit": None, "min": 24.0, "max": 24.0}
        os.symlink(target, machine.node(7))
        back = cards_when(lambda cards: p150(cards)["telemetry"]["condition"] == "ok")
        assert p150(back)["kmd_index"] == 7 and len(back) == 3
    finally:
        watching.kill()
        watching.stdout.close()
        watching.wait()


# --- Faults that nvtop and tt-smi have on these files


def watch_counters(machine, change, name="pcie_host_to_device_total"):
    """The total of card 0 before and after `change`, from one running program."""
    words = [machine.ttmem, "top", "--json", "--loop=0.2", "--sysfs-root", machine.folder / "sys", "--procfs-root",
             machine.folder / "proc"]
    watching = subprocess.Popen(words, env=machine.environment(), stdout=subprocess.PIPE, text=True)
    try:
        def total(line):
            return next(d for d in json.loads(line)["devices"] if d["kmd_index"] == 0)["telemetry"]["sensors"][name]["value"]

        values = [total(watching.stdout.readline())]
        while values[-1] is None:
            values.append(total(watching.stdout.readline()))
        change()
        deadline = time.monotonic() + host.PATIENCE
        before = values[-1]
        while (value := total(watching.stdout.readline())) == before and time.monotonic() < deadline:
            pass
        return before, value
    finally:
        watching.kill()
        watching.stdout.close()
        watching.wait()


def test_a_counter_that_wraps_counts_on(machine):
    """nvtop subtracts 32-bit counters as they are, so a wrap is a jump of 128 GiB or none."""
    path = machine.node(0) / "pcie_perf_counters/mst_posted_wr_data_word_sent0"  # stands at 0xfffff000 in the tree
    before, after = watch_counters(machine, lambda: machine.write(path, "4096\n"))
    assert before == 0 and after == 8192 * 32


def test_the_two_nocs_are_added_and_not_joined(machine):
    """nvtop takes ...0 and ...1 for the halves of one 64-bit number."""
    path = machine.node(0) / "pcie_perf_counters/mst_posted_wr_data_word_sent1"
    value = int(path.read_text())
    before, after = watch_counters(machine, lambda: machine.write(path, f"{value + 10}\n"))
    assert before == 0 and after == 10 * 32


def test_reads_by_the_device_are_traffic_to_the_device(machine):
    """nvtop counts what the card fetched or was given to the wrong side, and leaves posted writes out."""
    path = machine.node(0) / "pcie_perf_counters/mst_rd_data_word_received0"
    value = int(path.read_text())
    before, after = watch_counters(machine, lambda: machine.write(path, f"{value + 7}\n"),
                                   "pcie_device_to_host_total")
    assert before == 0 and after == 7 * 32


def test_pid_0_is_no_process(machine):
    """nvtop lists a process 0; tt-smi a process without a user."""
    card = machine.cards()[2]
    assert card["open_pids"] == [4242, 5151] and card["hidden_opens"] == 1


def test_all_ones_are_no_value(machine):
    """tt-smi and nvtop show 4294967295 RPM on a board without fans, and counters of a dead link as traffic."""
    machine.write(machine.hwmon(0) / "fan1_input", "4294967295\n")
    for path in (machine.node(0) / "pcie_perf_counters").iterdir():
        machine.write(path, "4294967295\n")
    card = machine.cards()[0]
    for name in ("fan", "pcie_host_to_device_total", "pcie_device_to_host_total", "pcie_host_to_device_rate"):
        assert (card["sensors"][name]["state"], sensor(card, name)) == ("implausible", None), name
    assert "4294967295" not in machine.run("top").stdout


def test_unknown_is_never_zero(machine):
    """tt-smi prints 0 for what it could not read."""
    for path in machine.hwmon(0).glob("*_input"):
        path.unlink()
    card = machine.cards()[0]
    for name in ("asic_temperature", "power", "current", "core_voltage", "fan"):
        assert (card["sensors"][name]["state"], sensor(card, name)) == ("unknown", None), name
    assert "-/75C     -/100W" in machine.table()[0]


# --- The UMD helper


def umd_python():
    """An interpreter that has the real package."""
    place = pathlib.Path(os.environ.get("TTMEM_VENVS", host.ROOT / ".venvs")) / "umd/bin/python"
    if not place.exists():
        pytest.fail("no Python environment with tt-umd; scripts/setup.sh --for test makes it")
    return str(place)


def test_the_helper_is_off_unless_asked_for(machine, tmp_path):
    mark = tmp_path / "started"
    helper = tmp_path / "helper"
    helper.write_text(f"open({str(mark)!r}, 'w')\n")
    machine.cards(TT_ALLOC_UMD_HELPER=str(helper))
    assert not mark.exists()


def test_a_recorded_helper_adds_gddr_and_the_remote_chip(machine, tmp_path):
    helper = tmp_path / "helper"
    helper.write_text(f"import sys\nprint(open({str(SUPPORT / 'umd-recorded.json')!r}).read(), end='', flush=True)\nsys.stdin.read()\n")
    done = machine.run("snapshot", "--json", "--umd", TT_ALLOC_UMD_HELPER=str(helper))
    devices = json.loads(done.stdout)["devices"]
    n300 = next(d for d in devices if d["pci"] == "0000:41:00.0")
    assert n300["telemetry"]["sensors"]["gddr_max_temperature"]["value"] == 45
    assert n300["telemetry"]["sensors"]["asic_temperature"]["value"] == 46.5, "the driver's own value"
    right = next(d for d in devices if d["remote"])
    assert right["telemetry"]["sensors"]["asic_temperature"]["value"] == 47.25 and right["unique_id"] == "0x21418313032799e"


def test_a_helper_that_dies_is_said_and_harms_nobody(machine, tmp_path):
    helper = tmp_path / "helper"
    helper.write_text("import os\nos.abort()\n")
    done = machine.run("snapshot", "--json", "--umd", TT_ALLOC_UMD_HELPER=str(helper))
    answer = json.loads(done.stdout)
    assert len(answer["devices"]) == 3 and any("the helper ended" in notice for notice in answer["notices"])


def test_the_real_package_without_a_device(machine):
    """Untested on hardware: there is none here. What can be shown is that the real package starts, finds nothing and says so."""
    done = machine.run("snapshot", "--json", "--umd", TT_ALLOC_UMD_PYTHON=umd_python(),
                       TT_ALLOC_UMD_HELPER=str(host.ROOT / "src/telemetry/umd/ttmem-umd-telemetry"))
    answer = json.loads(done.stdout)
    assert len(answer["devices"]) == 3 and not any("umd" in notice for notice in answer["notices"]), answer["notices"]
