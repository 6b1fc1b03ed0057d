# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""How much the searches of ttmem.holders() look at, with time and without: deadline.py MANY. Needs no ttnn; prints JSON."""
import json
import sys

from ttmem import _native


class Wanted:
    pass


def looked(budget_ns):
    """[everything was seen, how much was looked at] of both searches."""
    found, seen, first = _native.instances_of(Wanted, [], budget_ns)
    _, _, complete, second = _native.reference_chains(KEPT[:1], [sys.modules["__main__"]], [], [found], 16, budget_ns)
    return {"instances": [seen, first], "chains": [complete, second], "found": len(found)}


MANY = int(sys.argv[1])
KEPT = [Wanted() for _ in range(3)]
OBJECTS = [[number] for number in range(MANY)]  # each is one that the collector knows
LARGE = tuple([KEPT[1]] * MANY)  # one object with many references
UNTRACKED = {str(number): (number, (number, number)) for number in range(MANY)}  # tuples that the collector does not look into
print(json.dumps({"in time": looked(600 * 10**9), "without": looked(0)}))
