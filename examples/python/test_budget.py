# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A test with a budget and a leak check: pytest test_budget.py --ttmem-report=peaks.json"""
import pytest
import ttnn


@pytest.fixture
def device():
    opened = ttnn.open_device(device_id=0)
    yield opened
    ttnn.close_device(opened)


@pytest.mark.limit_device_memory(dram="8 MiB", l1="20 MiB")
@pytest.mark.no_device_leaks
def test_a_layer_stays_within_its_budget(device):
    hidden = ttnn.empty((512, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    weight = ttnn.empty((1024, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    assert tuple(ttnn.matmul(hidden, weight).shape) == (512, 1024)
