# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import random
import statistics
import sys

import pytest


@pytest.fixture
def paired(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    yield __import__("paired")
    sys.modules.pop("paired", None)


def test_ranks_are_those_of_the_tables(paired):
    # Ranks of the 95 % interval of a median, as tables of order statistics give them.
    assert [paired.interval_rank(n) for n in (5, 6, 8, 9, 10, 20, 25, 30, 50)] == [0, 1, 1, 2, 2, 6, 8, 10, 18]


def test_too_few_values_have_no_interval(paired):
    estimate = paired.Estimate([1.0, 2.0, 3.0])
    assert (estimate.median, estimate.low, estimate.high) == (2.0, None, None)


def test_interval_holds_the_median_as_often_as_it_says(paired):
    source = random.Random(3)
    hits = 0
    for _ in range(1000):
        estimate = paired.Estimate([source.lognormvariate(0, 1) for _ in range(21)])
        hits += estimate.low <= 1.0 <= estimate.high  # the true median
        assert estimate.low <= estimate.median <= estimate.high
    assert 940 <= hits <= 1000


def test_median_of_an_even_count(paired):
    values = [4.0, 1.0, 3.0, 2.0, 9.0, 8.0]
    estimate = paired.Estimate(values)
    assert estimate.median == statistics.median(values)
    assert (estimate.low, estimate.high) == (1.0, 9.0)
