# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""ttmem.enable() and ttmem.disable() in a program that runs (tests/e2e/test_late.py has the library's own functions).

TTMEM_LATE_ROUNDS sets how often tracking is switched on and off under load (12; docs/decisions/0006 has the figures of 1,000).
"""
import os

import host
import pytest
import test_late as library

ROUNDS = int(os.environ.get("TTMEM_LATE_ROUNDS", "12"))


def exact(runner, message):
    """Row by row from outside, and the package's own answers inside."""
    library.exact(runner.tools, message)
    (allocator,) = message["allocators"]
    for kind, (allocated, most) in message["figures"].items():
        own = allocator["memory"][kind]
        assert allocated == own["allocated_per_bank"] * own["banks"], kind
        assert most >= allocated


def start(runner, python, *arguments):
    return host.Host(runner.tools, [python, library.SWITCH, "ttmem", *arguments], "late")


def test_enabled_after_a_thousand_allocations(python, runner):
    with start(runner, python, "--threads", "0") as process:
        message = process.hear()
        assert message["counts"]["created"] >= 1000 and message["figures"] is None
        message = library.switch(process, True)
        exact(runner, message)
        assert all(allocated > 0 for allocated, _ in message["figures"].values())
        library.finish(process)


def test_on_and_off_under_load(own_python, runner):
    with start(runner, own_python, "--allocations", "300") as process:
        process.hear()
        for _ in range(ROUNDS):
            exact(runner, library.switch(process, True))
            message = library.switch(process, False)
            library.over(runner.tools, message)
            assert message["figures"] is None
        library.finish(process)
    assert len(runner.ledgers()) == 1


@pytest.mark.parametrize("code, words", [
    ("import ttmem; ttmem.enable(); print(ttmem.is_tracking(), ttmem.memory_allocated()); ttmem.disable(); ttmem.disable(); print(ttmem.is_tracking())",
     "True 0\nFalse\n"),
    ("import ttmem; ttmem.enable(); ttmem.disable(); print('libtt_alloc_hooks' in open('/proc/self/maps').read())", "True\n"),
    ("import ttmem, os; ttmem.enable(); print(os.environ['TT_ALLOC_TRACKING_ENABLED']); ttmem.disable(); print('TT_ALLOC_TRACKING_ENABLED' in os.environ)",
     "1\nFalse\n"),
], ids=["figures", "nothing is unloaded", "the variable"])
def test_switching_without_ttnn(own_python, runner, code, words):
    done = runner.start(own_python, "-c", code, tracked=False)
    assert done.stdout == words, done.stderr


def test_a_hooks_library_that_is_not_there_is_said(own_python, runner):
    code = "import ttmem\ntry: ttmem.enable()\nexcept (OSError, RuntimeError) as error: print(error)\nprint(ttmem.is_tracking())"
    done = runner.start(own_python, "-c", code, tracked=False, TTMEM_HOOKS_LIBRARY="/nowhere/libtt_alloc_hooks.so")
    assert "/nowhere/libtt_alloc_hooks.so" in done.stdout and done.stdout.endswith("False\n"), done.stdout + done.stderr
