# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Medians of paired measurements, with an interval that assumes nothing of their distribution."""
import math
import statistics


class Estimate:
    """A median and its 95 % interval by order statistics: the k-th smallest and k-th largest value, k as large as the binomial distribution allows.

    Fewer than six values have no such interval: `low` and `high` are None.
    """

    def __init__(self, values):
        ordered = sorted(values)
        self.count = len(ordered)
        self.median = statistics.median(ordered)
        rank = interval_rank(self.count)
        self.low, self.high = (ordered[rank - 1], ordered[-rank]) if rank else (None, None)

    def as_json(self):
        return {"median": self.median, "low": self.low, "high": self.high, "count": self.count}


def interval_rank(count, coverage=0.95):
    """The largest k for which the k-th smallest to the k-th largest of `count` values hold the true median with at least this probability; 0: none."""
    rank, tail = 0, 0.0
    while True:
        tail += math.comb(count, rank) / 2**count
        if 2 * tail > 1 - coverage or 2 * (rank + 1) > count:
            return rank
        rank += 1
