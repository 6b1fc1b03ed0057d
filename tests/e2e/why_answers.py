# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Asks `ttmem why`, and holds its answer against tt-metal's exception and ttnn's own figures."""
import json
import re
import subprocess

import host

OUT_OF_MEMORY = (r"to allocate (?P<requested>\d+) B (?P<kind>\w+) buffer across (?P<banks>\d+) banks, where each bank needs to store (?P<wanted>\d+) B, "
                 r"but bank size is (?P<limit>\d+) B \(allocated: (?P<allocated>\d+) B, free: (?P<free>\d+) B, largest free block: (?P<largest>\d+) B\)")
# The HYBRID allocator's words for L1.
OUT_OF_MEMORY_HYBRID = (r"to allocate (?P<requested>\d+) B (?P<kind>\w+) across (?P<banks>\d+) banks \((?P<wanted>\d+) B per bank\), bank size is (?P<limit>\d+) B "
                        r"\(allocated: (?P<allocated>\d+) B, free: (?P<free>\d+) B, largest free block: (?P<largest>\d+) B\)")
CLASH = r"L1 buffer allocated at (?P<buffer>\d+) and static \w+ buffer region ends at (?P<end>\d+)"
BEYOND = r"grow to (?P<end>\d+) B which is beyond max L1 size of (?P<limit>\d+) B"


def figures(pattern, said):
    found = re.search(pattern, said)
    assert found, said[:500]
    return {name: int(value) if value.isdigit() else value for name, value in found.groupdict().items()}


def why(tools, *options):
    done = subprocess.run([tools.ttmem, "why", *options], env=tools.environment(), capture_output=True, text=True, timeout=host.PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in options else done.stdout


def advice(answer, action):
    return next((each for each in answer["advice"] if each["action"] == action), None)


def started(tools, python, case, place="n150"):
    """`place`: a cluster, and " hybrid" for its allocator."""
    cluster, _, hybrid = place.partition(" ")
    environment = {"TTMEM_TEST_MESH": "2x4" if cluster == "t3000" else "1x1"} | ({"TT_METAL_ALLOCATOR_MODE_HYBRID": "1"} if hybrid else {})
    return host.Host(tools, [python, host.HOSTS / "why.py", case], "why", cluster, tools.preload() | environment)


def addresses(tools, ids):
    by_id = {buffer["id"]: buffer["address"] for buffer in tools.snapshot()["buffers"]}
    return [by_id[number] for number in ids]


def check_allocation(answer, message, kind):
    """The answer's arithmetic is the exception's, and what ttnn says now is what it said then."""
    pattern = OUT_OF_MEMORY_HYBRID if "after considering dependencies" in message["said"] else OUT_OF_MEMORY
    said, view = figures(pattern, message["said"]), message["allocators"][0]["memory"][kind]
    assert answer["kind"] == kind == said["kind"].lower()
    assert (answer["wanted_bytes_per_bank"], answer["banks"], answer["limit_bytes"]) == (said["wanted"], said["banks"], said["limit"])
    assert (answer["free_bytes_per_bank"], answer["largest_free_bytes_per_bank"]) == (said["free"], said["largest"])
    assert answer["missing_bytes"] == said["wanted"] - said["largest"]
    assert answer["free_bytes_per_bank"] == view["bytes_per_bank"] - view["allocated_per_bank"]
    assert sum(holder["bytes"] for holder in answer["holders"]) == view["allocated_per_bank"] * view["banks"]
    assert not answer["holders_changed"] and answer["exception"] in message["said"]
    if said["limit"] == 0:
        assert answer["bank"] is None
        return said
    free = [hole["bytes"] for hole in answer["bank"]["free"]]
    assert (answer["bank"]["bytes"], sum(free), max(free, default=0)) == (said["limit"], said["free"], said["largest"]), "the holes are those that tt-metal met"
    return said
