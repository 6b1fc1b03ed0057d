# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Every verdict of `ttmem why`, provoked on real ttnn (why_cases.py lists the cases): figures equal the exception and get_memory_view, and what it advises is
carried out: the request is granted then, and with one step less it is not."""
import os
import re
import subprocess
import sys

import host
import pytest
import why_cases
from why_answers import BEYOND, CLASH, addresses, advice, check_allocation, figures, started, why

RING = r"Program size \((?P<wanted>\d+)\) too large for kernel config buffer \((?P<limit>\d+)\) on TENSIX"


def check_clash(answer, message):
    said, view = figures(CLASH, message["said"]), message["allocators"][0]["memory"]["l1"]
    assert answer["missing_bytes"] == said["end"] - said["buffer"] and answer["limit_bytes"] == said["buffer"]
    assert advice(answer, "shrink_circular_buffers")["bytes"] == said["end"] - said["buffer"]
    assert sum(holder["bytes"] for holder in answer["holders"]) == view["allocated_per_bank"] * view["banks"]
    assert answer["holders"][0]["operation"] == "ttnn.empty"


def check_beyond(answer, message):
    said = figures(BEYOND, message["said"])
    assert (answer["limit_bytes"], answer["missing_bytes"]) == (said["limit"], said["end"] - said["limit"])
    assert advice(answer, "shrink_circular_buffers")["bytes"] == said["end"] - said["limit"]


def check_ring(answer, message):
    said = figures(RING, message["said"])
    assert (answer["wanted_bytes"], answer["limit_bytes"], answer["missing_bytes"]) == (said["wanted"], said["limit"], said["wanted"] - said["limit"])
    assert f"ttmem: the program takes {said['wanted']} bytes of the kernel-config ring" in message["said"]


OPERATIONS = {"attention": "transformer.scaled_dot_product_attention", "ring": "matmul"}


def check(row, answer, message):
    """The verdict, both sides, bytes and cores."""
    assert answer["verdict"] == row.verdict, answer
    assert answer["exception"] in message["said"]
    if row.kind in ("clash", "beyond", "ring"):
        {"clash": check_clash, "beyond": check_beyond, "ring": check_ring}[row.kind](answer, message)
        name = row.case.split()[-1]
        assert answer["operation"] == f"ttnn.{OPERATIONS.get(name, name)}"
        if cores := re.search(r"on core range \[(\d+)-(\d+) - (\d+)-(\d+)\]", message["said"]):
            assert answer["cores"] == [[int(each) for each in cores.groups()]]
        return
    said = check_allocation(answer, message, row.kind)
    assert answer["operation"] == "ttnn.empty" and any(re.search(r"hosts/why\.py$", frame["file"]) for frame in answer["stack"])
    relation = {"full": said["free"] < said["wanted"] <= said["limit"], "fragmented": said["free"] >= said["wanted"] > said["largest"],
                "lockstep_waste": said["free"] < said["wanted"] <= said["limit"]}
    assert relation.get(row.verdict, said["wanted"] > said["limit"])
    if row.verdict.startswith("larger"):
        assert not advice(answer, "free"), "no buffer's end would help"


def granted(run, words):
    run.say(words)
    message = run.hear()
    assert message["said"] == "", f"{words} was not enough: {message['said'][:300]}"


def with_buffers(tools, run, row, message, asked):
    """All but the last buffer, and then that."""
    places = addresses(tools, asked["buffers"])
    if len(places) > 1:
        run.say(" ".join([asked["action"], *map(str, places[:-1])]))
        message = run.hear()
        assert message["said"], "granted one step too early"
    granted(run, f"{asked['action']} {places[-1]}")
    assert why(tools, "--json")["fits_now"] is True or asked["action"] != "free"


def with_another_size(tools, run, row, message, asked):
    ring = asked["action"] == "lower_worker_l1_size"
    assert asked["option"] == ("worker_l1_size" if ring else "l1_small_size")
    less = asked["bytes"] + (64 if "p150" in run.place else 32) * (1 if ring else -1)
    run.say(f"resize {less} {asked['bytes']}")
    assert ("too large for kernel config buffer" if ring else "Out of Memory") in run.hear()["said"], "one step less is not enough"
    granted(run, "go")


def with_another_type(tools, run, row, message, asked):
    assert asked["option"] in ("bfloat8_b", "bfloat4_b") and asked["bytes"] <= message["allocators"][0]["memory"][row.kind]["largest_free_per_bank"]
    granted(run, f"again {asked['option']}")


def with_smaller_buffers(tools, run, row, message, asked):
    """Every configuration that shrinks by less is refused, and the first that shrinks by as much is granted."""
    pattern = CLASH if row.kind == "clash" else BEYOND
    end = figures(pattern, message["said"])["end"]
    for configuration in message["configurations"][1:]:
        run.say(f"again {configuration}")
        said = run.hear()["said"]
        if not said:
            now = max(device["memory"]["circular_buffers"]["high_water_bytes_per_core"] for device in tools.snapshot()["devices"])
            assert end - now >= asked["bytes"], (end, now, asked)
            return
        assert end - figures(pattern, said)["end"] < asked["bytes"], configuration
    raise AssertionError("no configuration was small enough")


def under_hybrid(tools, run, row, message, asked):
    """The same program again, with its sharded tensors on their own cores: nothing is refused."""
    assert asked["option"] == "TT_METAL_ALLOCATOR_MODE_HYBRID"
    with started(tools, run.python, row.case, f"{run.place} hybrid") as again:
        assert again.hear()["said"] == ""
        assert again.end() == 0


FOLLOW = {"free": with_buffers, "reallocate": with_buffers, "resize_memory_region": with_another_size, "lower_worker_l1_size": with_another_size,
          "change_tensor": with_another_type, "shrink_circular_buffers": with_smaller_buffers, "hybrid": under_hybrid}


def runs():
    for row in why_cases.CASES:
        for place in row.places:
            for action in row.advice or (None,):
                marks = [] if row.gate and place == "n150" else [pytest.mark.long]
                yield pytest.param(row, place, action, id="-".join(filter(None, (row.case, place, action))).replace(" ", "_"), marks=marks)


@pytest.mark.parametrize("row, place, action", list(runs()))
def test_the_verdict_and_its_advice(tools, python, row, place, action):
    with started(tools, python, row.case, place) as run:
        run.python, run.place = python, place
        message = run.hear()
        answer = why(tools, "--json")
        check(row, answer, message)
        assert answer["pid"] == run.pid
        text = why(tools, "--width", "80")
        assert max(map(len, text.splitlines())) <= 80
        if action:
            asked = advice(answer, action)
            assert asked, answer["advice"]
            assert " ".join(asked["sentence"].split()) in " ".join(text.split())
            FOLLOW[action](tools, run, row, message, asked)
        assert run.end() == 0


def test_a_small_ring_in_the_view_of_l1(tools, python):
    with started(tools, python, "ring") as run:
        run.hear()
        text = why(tools)
        assert "is larger than the kernel-config ring of device 0" in text and re.search(r"worker_l1_size=\d+ or less", text)
        l1 = subprocess.run([tools.ttmem, "l1"], env=tools.environment(), capture_output=True, text=True).stdout
        assert "larger than the kernel-config ring" in " ".join(l1.split()), l1
        assert run.end() == 0


def test_the_page_lists_the_cases():
    assert why_cases.FROM + why_cases.table() + why_cases.TO in why_cases.PAGE.read_text(), "python tests/e2e/why_cases.py writes the table again"
    by_verdict = {}
    for row in why_cases.CASES:
        for place in row.places:
            by_verdict.setdefault((row.verdict, place), []).append(row.case)
    few = {key: cases for key, cases in by_verdict.items() if len(cases) < 3 and "hybrid" not in key[1]}
    assert not few, "at least three of each verdict on each board"
    assert {action for row in why_cases.CASES for action in row.advice} == set(FOLLOW) == set(why_cases.LESS)


@pytest.mark.long
@pytest.mark.parametrize("cluster", ["n150", "p150"])
def test_circular_buffers_beyond_l1_in_many_operations(tools, python, cluster):
    """Each is recorded with the exception's figures, and under its name."""
    recorded, others = [], {}
    with host.Host(tools, [python, host.HOSTS / "beyond.py"], "beyond", cluster, tools.preload()) as run:
        message = run.hear()
        while not message.get("end"):
            name = message["checkpoint"]
            if "beyond max L1 size" in message["said"]:
                answer = why(tools, "--json")
                check_beyond(answer, message)
                assert answer["verdict"] == "circular_buffers_too_large" and answer["operation"] == name
                recorded.append(name)
            else:
                others[name] = message["said"].partition("info:")[2].strip()[:150] or message["said"][:150]
            run.say()
            message = run.hear()
    print(f"{len(recorded)} operations: {', '.join(recorded)}; not beyond L1: {others}")
    assert len(recorded) >= 6, others


def test_no_text_about_a_lack_of_memory_is_new(tmp_path):
    """In the libraries of the release that is tested; docs/why.md has those of all that are installed."""
    done = subprocess.run([sys.executable, host.ROOT / "scripts/refusal_texts.py", "--print"], env=os.environ | {"TTMEM_VENVS": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") > 50 and "0\t" in done.stdout, done.stdout
