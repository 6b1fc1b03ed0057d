# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The record of a refused allocation has the figures of the exception, and no others."""
import re

import host
import pytest

WORDS = (r"Out of Memory: Not enough space (?:after considering dependencies )?to allocate (\d+) B (\w+)(?: buffer)? across (\d+) banks"
         r"(?:, where each bank needs to store (\d+) B| \((\d+) B per bank\)).*?(?:largest free block: (\d+) B|$)")


@pytest.mark.parametrize("version, cluster, shape, least", [("0.81.1", "n150", "1x1", 10), ("0.81.1", "t3000", "2x4", 10), ("0.81.1", "p150", "1x1", 10),
                                                            ("0.80.0", "n150", "1x1", 10), ("0.78.0", "n150", "1x1", 10), ("0.66.0", "n150", "1x1", 8)])
def test_records_equal_the_exceptions(tools, python_for, version, cluster, shape, least):
    refused, others = [], []

    def see(message, snapshot):
        [exception] = [re.search(WORDS, message["said"], re.S)] if message["said"] else [None]
        label = message["checkpoint"]
        if exception is None:
            others.append((label, message["said"][:300]))
            return
        refused.append(label)
        assert len(snapshot["failures"]) == len(refused), f"{label}: one record for each refusal"
        record = snapshot["failures"][-1]
        requested, kind, banks, per_bank, also_per_bank, largest = exception.groups()
        wanted = {"type": "out_of_memory", "kind": kind.lower(), "requested_bytes": int(requested), "banks": int(banks),
                  "bytes_per_bank": int(per_bank or also_per_bank)}
        if largest is not None:
            wanted["largest_free_bytes_per_bank"] = int(largest)
        assert {key: record[key] for key in wanted} == wanted, label

    with host.Host(tools, [python_for(version), host.HOSTS / "refusals.py", shape], "refusals", cluster, tools.preload()) as run:
        host.run_through(run, lambda message: see(message, tools.snapshot()))
        assert run.end() == 0
    assert len(refused) >= least, f"only {refused}; not refused by the allocator: {others}"
