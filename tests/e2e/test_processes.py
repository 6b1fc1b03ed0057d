# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes at once: each exact, and each chip's figure made of those that use it."""
import contextlib
import re

import host
import truth

RUN = host.HOSTS / "random_run.py"
SHORT = ["--checkpoints", "4", "--no-operations", "--no-submeshes"]


def in_step(tools, hosts, check):
    """Brings all hosts to a checkpoint, looks once, lets all go on; until all have ended."""
    running = list(hosts)
    while running:
        messages = {}
        for process in running:
            message = process.hear()
            if not message.get("end"):
                messages[process] = message
        running = list(messages)
        if messages:
            check(list(messages.values()), tools.snapshot())
        for process in running:
            process.say()


def each_exact(messages, snapshot):
    wrong = [difference for message in messages for difference in truth.differences(message, snapshot, devices_too=False)]
    assert not wrong, "\n".join(wrong[:20])


def test_eight_processes_on_eight_chips_of_one_cluster(tools, python):
    """Each opens a chip of its own; the cluster's unique ids distinguish the chips."""

    def check(messages, snapshot):
        each_exact(messages, snapshot)
        devices = {device["id"]: device for device in snapshot["devices"]}
        for message in messages:
            for allocator in message["allocators"]:
                wrong = list(truth.device_differences(devices[allocator["devices"][0]], message["allocators"]))
                assert not wrong, "\n".join(wrong)
        used = {chip for message in messages for allocator in message["allocators"] for chip in allocator["devices"]}
        assert len(devices) == len(snapshot["devices"]) == 8, f"{len(snapshot['devices'])} devices are listed for eight chips"
        assert len(used) in (8, 0)

    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(host.Host(tools, [python, RUN, *SHORT, "--seed", str(20 + n), "--offset", f"{n // 4},{n % 4}"], f"chip{n}",
                                               "p150x8", tools.preload())) for n in range(8)]
        in_step(tools, hosts, check)


def test_two_processes_on_two_boards_of_one_kind(tools, python, tmp_path):
    """Both are logical device 0 of their process; unlike unique ids keep them two devices."""
    template = (host.CLUSTERS / "n150.yaml").read_text()
    clusters = []
    for number in range(2):
        path = tmp_path / f"board{number}.yaml"
        path.write_text(re.sub(r"board_id: \d+", f"board_id: {72059269368820857 + number}", template) +
                        f"chip_unique_ids:\n  0: {0x1000 + number}\n")
        clusters.append(path)

    def check(messages, snapshot):
        each_exact(messages, snapshot)
        assert len(snapshot["devices"]) == 2
        assert len({device["unique_id"] for device in snapshot["devices"]}) == 2
        for kind in truth.KINDS:
            ours = sorted(device["memory"][kind]["allocated_bytes"] for device in snapshot["devices"])
            assert ours == sorted(truth.chip_bytes(message["allocators"], 0, kind) for message in messages)

    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(host.Host(tools, [python, RUN, *SHORT, "--seed", "31"], f"board{n}", clusters[n], tools.preload()))
                 for n in range(2)]
        in_step(tools, hosts, check)


def test_two_processes_on_one_board(tools, python):
    """One chip: its figure is the union of what both hold, since both believe it their own from address 0 on."""

    def check(messages, snapshot):
        each_exact(messages, snapshot)
        devices = [device for device in snapshot["devices"] if device["id"] == 0]
        assert len(devices) == 1, f"{len(devices)} devices for one chip"
        together = [allocator for message in messages for allocator in message["allocators"]]
        for kind in truth.KINDS:
            assert devices[0]["memory"][kind]["allocated_bytes"] == truth.chip_bytes(together, 0, kind), kind

    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(host.Host(tools, [python, RUN, *SHORT, "--seed", str(41 + n)], f"one{n}", "n150", tools.preload()))
                 for n in range(2)]
        in_step(tools, hosts, check)
