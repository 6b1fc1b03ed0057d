# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""One process a chip by TT_VISIBLE_DEVICES, the usual way of serving: tt-metal calls each process's chip 0, and every text has to distinguish the chips."""
import contextlib
import csv
import json
import re
import subprocess

import host
from statements import Program

CHIPS = (0, 1, 2)


def run(tools, *options, code=0, **environment):
    done = subprocess.run([tools.ttmem, *map(str, options)], env=tools.environment(**environment), capture_output=True, text=True, timeout=host.PATIENCE)
    assert code is None or done.returncode == code, (options, done.stdout, done.stderr)
    return done.stderr if code else done.stdout


def test_each_process_and_its_chip_are_told_apart(tools, python):
    with contextlib.ExitStack() as stack:
        programs, ids = {}, {}
        for chip in CHIPS:
            programs[chip] = stack.enter_context(Program(tools, python, "t3000", TT_VISIBLE_DEVICES=str(chip)))
            seen = programs[chip].run(f"device = open_device(); held = [allocate(device, 512) for _ in range({chip + 2})]; answer = list(device.get_device_ids())")
            assert seen == [0], "tt-metal numbers what the process sees"
        snapshot = tools.snapshot()
        assert [device["id"] for device in snapshot["devices"]] == [0, 0, 0]
        for chip in CHIPS:
            [process] = [process for process in snapshot["processes"] if process["pid"] == programs[chip].pid]
            [use] = process["devices"]
            ids[chip] = snapshot["devices"][use["index"]]
        shorts = {chip: ids[chip]["short_id"] for chip in CHIPS}
        assert len(set(shorts.values())) == 3 and all(ids[chip]["unique_id"].startswith(short) for chip, short in shorts.items())
        check_texts(tools, programs, ids, shorts)
        check_words(tools, ids, shorts)
        check_history(tools, programs, ids, shorts)
        for program in programs.values():
            program.end()


def check_texts(tools, programs, ids, shorts):
    """A row of a process, and of a device, has the short id of its chip and of no other."""
    for text in (run(tools, "snapshot"), run(tools, "top"), run(tools, "top", "--width", "140")):
        for chip in CHIPS:
            of_chips = text.split("Their memory in this host")[0]
            rows = [line for line in of_chips.splitlines() if re.search(rf"\b{programs[chip].pid}\b", line)]
            assert rows and all(shorts[chip] in row for row in rows), text
            assert not any(shorts[other] in row for row in rows for other in CHIPS if other != chip)
    titles = re.findall(r"^Device 0 \((0x[0-9a-f]+)\): ", run(tools, "l1"), re.M)
    assert sorted(titles) == sorted(shorts.values())
    rows = list(csv.DictReader(run(tools, "top", "--csv", "--query=pid,device.index,device.short_id,device.unique_id").splitlines()))
    assert {int(row["pid"]): (int(row["device.index"]), row["device.short_id"], row["device.unique_id"]) for row in rows} == {
        programs[chip].pid: (ids[chip]["index"], shorts[chip], ids[chip]["unique_id"]) for chip in CHIPS}


def check_words(tools, ids, shorts):
    """The number is refused with the list, the other words name one."""
    refused = run(tools, "l1", "--device", 0, code=1)
    assert "several devices are '0'" in refused and all(f"index:{ids[chip]['index']} (device 0, {ids[chip]['unique_id']})" in refused for chip in CHIPS), refused
    assert "there is no device '7'" in run(tools, "l1", "--device", 7, code=1)
    assert "not 'nonsense'" in run(tools, "l1", "--device", "nonsense", code=2)
    for chip in CHIPS:
        for word in (f"index:{ids[chip]['index']}", shorts[chip], ids[chip]["unique_id"]):
            [device] = json.loads(run(tools, "l1", "--json", "--device", word))["devices"]
            assert (device["index"], device["short_id"]) == (ids[chip]["index"], shorts[chip]), word


def check_history(tools, programs, ids, shorts):
    with server(tools) as database:
        def ask(*options, **more):
            return run(tools, "history", "--since", "10m", "--database", database, "--server", "none", *options, **more)

        def recorded():
            answer = json.loads(ask("--json", code=None) or "{}")  # nothing until the server has made its tables
            return len([series for series in answer.get("series", ()) if series["process_index"] is None and series["points"]]) == 3

        host.until(recorded, "three chips in the history")
        text = ask()
        for chip in CHIPS:
            assert any(f"0 ({shorts[chip]})" in line and f" {programs[chip].pid} " in line for line in text.splitlines()), text
        assert "several devices are '0'" in ask("--device", 0, code=1)
        one = json.loads(ask("--json", "--device", shorts[1]))
        assert [device["unique_id"] for device in one["devices"]] == [ids[1]["unique_id"]]
        assert {process["pid"] for process in one["processes"] if process["devices"]} == {programs[1].pid}


@contextlib.contextmanager
def server(tools):
    """A server of the test's own that writes a history; its path."""
    database = tools.scratch / "history.db"
    command = [tools.ttmem, "server", "--socket", tools.scratch / "old.sock", "--api-socket", tools.scratch / "api.sock", "--http", "off", "--history", database]
    with subprocess.Popen(command, env=tools.without_runtime(tools.environment()), stderr=subprocess.PIPE, cwd=tools.scratch) as process:
        try:
            host.until(database.exists, "the history's file")
            yield database
        finally:
            process.terminate()
            process.communicate(timeout=host.PATIENCE)
    assert process.returncode in (0, -15)
