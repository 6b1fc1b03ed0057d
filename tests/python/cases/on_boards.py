# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Run by test_boards.py on mock boards, under a pytest of its own. TTMEM_CASE_ROWS makes a test larger, as a change of the code would."""
import os

import pytest
import ttnn

ROWS = int(os.environ.get("TTMEM_CASE_ROWS", "1024"))


@pytest.fixture(scope="module")
def device():
    opened = ttnn.open_device(device_id=0)
    yield opened
    ttnn.close_device(opened)


def tensor(device, rows):
    return ttnn.empty((rows, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)


@pytest.mark.no_device_leaks
def test_grows(device, record_property):
    made = tensor(device, ROWS)
    view = ttnn.get_memory_view(device, ttnn.BufferType.DRAM)
    record_property("held", view.total_bytes_allocated_per_bank * view.num_banks)
    record_property("banks", view.num_banks)
    assert made.shape[0] == ROWS


@pytest.mark.limit_device_memory(dram="8 MiB")
def test_stays(device):
    assert tensor(device, 1024).shape[0] == 1024
