# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The output of `ttmem l1` on real ttnn: clashes announced and recorded, what fits, and the text itself. (Its layout and free blocks are held against
ttnn's at every checkpoint of the random runs: test_exactness.py.)"""
import json
import re
import subprocess

import host
import pytest
import truth

MESHES = {"n150": "1x1", "n300": "1x2", "t3000": "2x4", "p150": "1x1"}
CLASH = re.compile(r"Statically allocated (\w+) buffers in program (\d+) clash with L1 buffers on core range (\[.*?\])\. "
                   r"L1 buffer allocated at (\d+) and static \w+ buffer region ends at (\d+)")


def cores_of(ranges):
    return {(x, y) for x0, y0, x1, y1 in ranges for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)}


def cores_of_text(text):
    """{[0-0 - 7-7]} and [(x=0,y=0) - (x=7,y=7)] alike."""
    cores = set()
    for part in re.findall(r"\[([^\[\]]*)\]", text):
        x0, y0, x1, y1 = (int(n) for n in re.findall(r"\d+", part))
        cores |= {(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)}
    return cores


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "cleared"])
@pytest.mark.parametrize("cluster", MESHES)
def test_clash_is_announced_and_recorded(cluster, cached, tools, python):
    command = [python, host.HOSTS / "l1_clash.py", "--mesh", MESHES[cluster], *(["--cached"] if cached else [])]
    announced, told = {}, []

    def see(message):
        picture, label = tools.l1(), message["checkpoint"]
        [allocator] = message["allocators"]
        assert len(picture["devices"]) == len(allocator["devices"])
        lowest = min((address for address, _, kind in allocator["rows"] if kind == "l1"), default=None)
        for device in picture["devices"]:
            gauge = device["gauge"]
            if lowest is not None:
                assert (gauge["limit_address"], gauge["lowest_buffer"]["address"]) == (lowest, lowest)
            clashes = [failure for failure in device["failures"] if failure["type"] == "clash"]
            if label.endswith("would clash"):
                assert gauge["known"] and gauge["cores"][0]["headroom_bytes"] < 0
                [ahead] = gauge["clashes_ahead"]
                assert ahead["refused"] and ahead["state"] == "cannot_be_launched_now" and ahead["kernels"] and ahead["buffer"] == gauge["lowest_buffer"]["id"]
                assert -gauge["cores"][0]["headroom_bytes"] == ahead["missing_bytes"]
                announced[device["id"]] = ahead
            elif label.endswith("clashed"):
                said = CLASH.search(message["said"])
                assert said, f"{label}: {message['said'][:500]!r}"
                record, ahead = clashes[-1], announced[device["id"]]
                for found in (ahead, record):
                    assert (found["buffer_address"], found["end_address"]) == (int(said[4]), int(said[5])), label
                    assert found["missing_bytes"] == int(said[5]) - int(said[4])
                    assert found["buffer"] == ahead["buffer"]
                assert cores_of_text(said[3]) == cores_of(record["cores"]) and cores_of(record["cores"]) <= cores_of(ahead["cores"])
                assert record["program"] == int(said[2]) and record["pid"] == message["pid"]
                assert set(record["program_name"].split(", ")) == set(ahead["kernels"]), "known though the program is gone"
                if cached:
                    assert record["program"] == ahead["program"]
                told.append(said[1])
            else:
                assert not gauge["clashes_ahead"], label

    with host.Host(tools, command, "l1_clash", cluster, tools.preload()) as run:
        host.run_through(run, see)
        assert run.end() == 0, run.errors()[-2000:]
    devices = len(announced)
    assert told == ["circular"] * devices + ["dataflow"] * devices
    # The records outlive the process.
    failures = [failure for failure in tools.snapshot()["failures"] if failure["type"] == "clash"]
    assert [failure["missing_bytes"] > 0 for failure in failures] == [True, True]


@pytest.mark.parametrize("cluster", MESHES)
def test_so_much_fits_and_not_a_tile_more(cluster, tools, python):
    rounds, tried = 4, []
    command = [python, host.HOSTS / "l1_fit.py", "--mesh", MESHES[cluster], "--rounds", str(rounds), "--seed", "7"]

    def questions():
        for space in tools.l1()["devices"][0]["spaces"]:
            if space["kind"] not in ("dram", "l1"):
                continue
            [fit] = [fit for fit in space["fits"] if fit["page_bytes"] == 2048]
            assert space["free_blocks"] > 1 and space["walls"], "not fragmented"
            yield {"memory": space["kind"], "tiles": fit["interleaved_bytes"] // 2048}
            for cores in (1, 5):
                yield {"memory": space["kind"], "cores": cores, "tiles": fit["sharded_bytes_per_core"] // 2048}

    with host.Host(tools, command, "l1_fit", cluster, tools.preload()) as run:
        while not (message := run.hear()).get("end"):
            tried += message["tried"]
            run.say(json.dumps(list(questions())))
        assert run.end() == 0, run.errors()[-2000:]
    assert len(tried) == rounds * 6
    for trial in tried:
        assert trial["fits"] and not trial["one more fits"], trial


def test_text_of_a_mesh(tools, python):
    """80 columns, ASCII in the C locale, no control code; the second chip of a mesh is a line; errors are said."""
    def l1(*options, **environment):
        return subprocess.run([tools.ttmem, "l1", *options], env=tools.environment(**environment), capture_output=True, timeout=300)

    command = [tools.ttmem, "run", "--", python, host.HOSTS / "l1_clash.py", "--mesh", "1x2"]
    with host.Host(tools, command, "l1_text", "n300") as run:
        assert run.hear()["checkpoint"] == "add: before"
        before = l1("--core", "7,7")
        assert b"L1 of core 7,7" in before.stdout and not before.stderr, "no program has named a core yet, and dispatch runs on ethernet cores"
        assert "there are 0,0-7,7" in l1("--core", "8,7").stderr.decode()
        assert [(device["l1_cores"], device["l1_columns"]) for device in tools.l1()["devices"]] == [(64, 8)] * 2
        run.say()
        assert run.hear()["checkpoint"] == "add: fits"
        done = l1(LC_ALL="C")
        text = done.stdout.decode("ascii")
        assert done.returncode == 0 and not done.stderr
        assert all(len(line) <= 80 for line in text.splitlines()) and not re.search(r"[^\n -~]", text)
        for part in ("Device 0: Wormhole", "firmware", "kernel-config ring", "Clash gauge", "Programs: 1", "Kernel-config ring", "A DRAM bank", "largest"):
            assert part in text, text
        assert re.search(r"Device 1: .*\n  as device 0\n", text), text
        assert "\u2588" in l1(LC_ALL="C.UTF-8").stdout.decode() or "\u00b7" in l1(LC_ALL="C.UTF-8").stdout.decode()
        assert b"L1 of core 1,2" in l1("--device", "1", "--core", "1,2").stdout
        for options, code, words in ((("--device", "9"), 1, "there is no device '9' (there are index:0 (device 0"), (("--core", "99,99"), 1, "no worker core 99,99"),
                                     (("--core", "x"), 2, "3,7")):
            refused = l1(*options)
            assert refused.returncode == code and words in refused.stderr.decode() and not refused.stdout, refused
        assert list(truth.layout_differences(tools.snapshot())) == []
        run.say("end")
