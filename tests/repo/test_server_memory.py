# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The server gives the memory of a large answer back, and makes it without a tree of all devices (benchmarks/server_memory.py has the figures)."""
import pytest


def test_a_large_answer_takes_a_few_times_its_size_and_goes(root, build, monkeypatch):
    if not (build / "benchmarks/fleet").exists():
        pytest.skip("benchmarks/fleet is not built; ./test.sh builds it")
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import server_memory
    with server_memory.Fleet(build, processes=32, devices=32, mesh=32, buffers=3200) as environment:
        found = server_memory.figures(build, environment)
    size, rest = found["the answer"], found["resident with totals alone"]
    assert size > 20
    assert found["resident after the answer"] < rest + 1.5 * size, found
    # A tree of all devices would be ten times the text. What is left: the text, a longer one that it is moved to, a device's tree.
    assert found["most at a time"] < rest + 5 * size, found
