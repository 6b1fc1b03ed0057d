# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tests as one writes them for a card; `pytest --ttmem-board=n150,p150` runs them without."""
import pytest
import ttnn


@pytest.fixture(scope="module")
def device():
    opened = ttnn.open_device(device_id=0)
    yield opened
    ttnn.close_device(opened)


def tensor(device, height, width):
    return ttnn.empty((height, width), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)


def feed_forward(hidden, up, down):
    wide = ttnn.gelu(ttnn.matmul(hidden, up))
    return ttnn.add(hidden, ttnn.matmul(wide, down))


@pytest.mark.limit_device_memory(dram="32 MiB")
@pytest.mark.no_device_leaks
def test_feed_forward(device):
    hidden = tensor(device, 512, 1024)
    out = feed_forward(hidden, tensor(device, 1024, 4096), tensor(device, 4096, 1024))
    assert tuple(out.shape) == (512, 1024)


def test_attention_scores(device):
    query, key = tensor(device, 512, 64), tensor(device, 64, 512)
    assert tuple(ttnn.softmax(ttnn.matmul(query, key), dim=-1).shape) == (512, 512)
