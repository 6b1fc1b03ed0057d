# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A forked child: its parent's ledger stays the parent's, and what the child does is the child's own."""
import collections

import host
import pytest
import truth


def rows_of(snapshot, pid):
    return collections.Counter((row["address"], row["bytes_per_bank"], row["kind"]) for row in snapshot["buffers"]
                               if row["pid"] == pid and row["kind"] in truth.KINDS)


@pytest.mark.parametrize("how", ["fork", "clone"])
def test_child_that_outlives_its_parent(tools, python, how):
    with host.Host(tools, [python, host.HOSTS / "fork_host.py", how], how, environment=tools.preload()) as process:
        before = process.hear()
        assert truth.differences(before, tools.snapshot()) == []
        parent = before["pid"]
        process.say()

        for expected in ("child", "child freed inherited tensors"):
            message = process.hear()
            assert message["checkpoint"] == expected
            snapshot = tools.snapshot()
            # The parent stands still: not a byte of it has changed, whatever the child freed.
            assert truth.differences(before, snapshot, devices_too=False) == []
            assert rows_of(snapshot, message["pid"]) == collections.Counter(tuple(row) for row in message["own_rows"])
            child = truth.process_of(snapshot, message["pid"])
            assert child is not None and child["state"] == "live"
            process.say()

        for expected in ("parent beside its child", "parent went on"):
            message = process.hear()
            assert (message["checkpoint"], message["pid"]) == (expected, parent)
            assert truth.differences(message, tools.snapshot(), devices_too=False) == []
            process.say()

        for expected in ("orphan", "orphan freed everything inherited and one of its own"):
            message = process.hear()
            assert message["checkpoint"].startswith("orphan")
            process.process.poll()  # reaps the parent
            snapshot = tools.snapshot()
            gone = truth.process_of(snapshot, parent)
            assert gone is None or gone["state"] in ("died", "exited"), "the parent has ended; its child must not keep it alive"
            assert rows_of(snapshot, message["pid"]) == collections.Counter(tuple(row) for row in message["own_rows"])
            banks = before["allocators"][0]["memory"]["dram"]["banks"]
            own = truth.union_bytes([(row[0], row[1]) for row in message["own_rows"]]) * banks
            assert [device["memory"]["dram"]["allocated_bytes"] for device in snapshot["devices"] if device["id"] == 0] == [own]
            process.say()
        assert process.hear().get("end")
