# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Randomised runs of real ttnn: at every checkpoint another process's snapshot equals ttnn's own account, to the byte."""
import collections

import host
import pytest
import truth

RUN = host.HOSTS / "random_run.py"
SLOW = {"TT_METAL_SLOW_DISPATCH_MODE": "1"}

# cluster, ttnn, arguments, environment
CASES = {
    "n150": ("n150", "0.81.1", ["--seed", "1"], {}),
    "n150 no submeshes": ("n150", "0.81.1", ["--seed", "2", "--no-submeshes", "--checkpoints", "24"], {}),
    "n150 interrupted by signals": ("n150", "0.81.1", ["--seed", "14", "--signals"], {}),
    "n150 slow dispatch": ("n150", "0.81.1", ["--seed", "3"], SLOW),
    "n300 1x2": ("n300", "0.81.1", ["--seed", "4", "--mesh", "1x2", "--worker-dispatch"], {}),
    "n300 1x2 ethernet dispatch": ("n300", "0.81.1", ["--seed", "5", "--mesh", "1x2"], {}),
    "t3000 2x4": ("t3000", "0.81.1", ["--seed", "6", "--mesh", "2x4", "--worker-dispatch"], {}),
    "galaxy 8x4": ("galaxy", "0.81.1", ["--seed", "7", "--mesh", "8x4"], {}),
    "p150": ("p150", "0.81.1", ["--seed", "8"], {}),
    "p150 x8 2x4": ("p150x8", "0.81.1", ["--seed", "9", "--mesh", "2x4"], {}),
    "n150 ttnn 0.66.0": ("n150", "0.66.0", ["--seed", "10"], {}),
    "n150 ttnn 0.72.0 slow dispatch": ("n150", "0.72.0", ["--seed", "11"], SLOW),
    "n150 ttnn 0.78.0": ("n150", "0.78.0", ["--seed", "12"], {}),
    "n150 ttnn 0.80.0": ("n150", "0.80.0", ["--seed", "13"], {}),
}


# Where `ttmem l1` is held against ttnn's block table as well, and layouts must explain every byte.
LAYOUT_CASES = {"n150 no submeshes", "n150", "n150 slow dispatch", "n300 1x2", "n300 1x2 ethernet dispatch", "t3000 2x4", "p150"}


class Witness:
    """Looks at every checkpoint of a run and remembers what the run has shown."""

    def __init__(self, tools, layouts=False):
        self.tools, self.layouts = tools, layouts
        self.wrong, self.held, self.checkpoints, self.overlaps = [], collections.Counter(), 0, 0

    def __call__(self, message):
        self.checkpoints += 1
        snapshot = self.tools.snapshot()
        self.wrong += [f"at '{message['checkpoint']}': {difference}" for difference in truth.differences(message, snapshot)]
        if self.layouts:
            found = [*truth.layout_differences(snapshot), *truth.picture_differences(message, self.tools.l1())]
            self.wrong += [f"at '{message['checkpoint']}': {difference}" for difference in found]
        self.overlaps += truth.overlaps(message["allocators"])
        for allocator in message["allocators"]:
            for kind in truth.KINDS:
                self.held[kind] += allocator["memory"][kind]["allocated_per_bank"] > 0
        assert not self.wrong, "\n".join(self.wrong[:20])


@pytest.mark.parametrize("name", CASES)
def test_every_checkpoint_is_exact(name, tools, python_for, skip_if_it_crashes_untracked):
    cluster, version, arguments, environment = CASES[name]
    command = [python_for(version), RUN, *arguments]
    witness = Witness(tools, name in LAYOUT_CASES)
    with host.Host(tools, command, "random_run", cluster, environment | tools.preload()) as run:
        try:
            last = host.run_through(run, witness)
            status = run.end()
        except host.HostDied as died:
            skip_if_it_crashes_untracked(died, command, cluster=cluster, environment=environment)
    assert status == 0, run.errors()[-3000:]
    print(f"{name}: {witness.checkpoints} checkpoints, {witness.overlaps} with overlapping meshes, {last['counts']}")
    assert all(witness.held[kind] for kind in truth.KINDS), f"some kind never held a byte: {dict(witness.held)}"
    counts = last["counts"]
    for needed in ("created", "released", "out of memory", "threads", "reopened"):
        assert counts.get(needed), f"the run never did this: {needed} ({counts})"
    assert any(key.startswith("op ") for key in counts), f"no operation ran: {counts}"
    if "--signals" in arguments:
        assert counts.get("signals", 0) > 20
    if "--no-submeshes" not in arguments:
        assert witness.overlaps, "parent and submesh never stood at one address"


def test_nothing_is_left_after_the_end(tools, python):
    """A process that ended is no longer in the live figures, and its ledger differs from a live one's."""
    with host.Host(tools, [python, RUN, "--checkpoints", "1"], "random_run", environment=tools.preload()) as run:
        host.run_through(run)
        assert run.end() == 0
    snapshot = tools.snapshot()
    process = truth.process_of(snapshot, run.pid)
    assert process is None or process["state"] == "exited"
    for device in snapshot["devices"]:
        assert all(memory["allocated_bytes"] == 0 for memory in device["memory"].values() if isinstance(memory, dict) and "allocated_bytes" in memory)


@pytest.mark.parametrize("cluster,what", [("t3000", "separate"), ("t3000", "nested"), ("n150", "device_by_number"), ("n150", "never_closed")])
def test_meshes_in_every_order(cluster, what, tools, python, skip_if_it_crashes_untracked):
    command, seen = [python, host.HOSTS / "many_meshes.py", what], []

    def look(message):
        wrong = truth.differences(message | {"late_frees": 8}, tools.snapshot())
        assert not wrong, f"at '{message['checkpoint']}':\n" + "\n".join(wrong)
        seen.append(len(message["allocators"]))

    with host.Host(tools, command, what, cluster, tools.preload()) as process:
        try:
            host.run_through(process, look)
            assert process.end() == 0, process.errors()[-2000:]
        except host.HostDied as died:
            skip_if_it_crashes_untracked(died, command, cluster=cluster)
    assert max(seen) > 0


@pytest.mark.parametrize("version", ["0.66.0", "0.78.0", "0.80.0", "0.81.1"])
def test_captures_without_dispatch_take_no_bytes(version, tools, python_for):
    """A buffer that a capture swallowed is listed as such while it lives, and is in no total; frees after its end do not free anything real."""
    seen = []
    with host.Host(tools, [python_for(version), host.HOSTS / "capture.py"], "capture", environment=tools.preload()) as process:

        def look(message):
            snapshot = tools.snapshot()
            wrong = truth.differences(message, snapshot)
            assert not wrong, f"at '{message['checkpoint']}':\n" + "\n".join(wrong)
            hooked = [row for row in snapshot["buffers"] if row["pid"] == message["pid"] and row["kind"] == "hooked"]
            assert len(hooked) == message.get("swallowed", 0), f"at '{message['checkpoint']}'"
            assert all(row["allocated_bytes"] == 0 and row["requested_bytes"] > 0 for row in hooked)
            seen.append(len(hooked))

        host.run_through(process, look)
        assert process.end() == 0, process.errors()[-2000:]
    assert seen == [0, 3, 2, 2, 0, 0]
