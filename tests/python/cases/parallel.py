# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Run by test_plugin.py under pytest-xdist: each test says what ttnn's allocator held when it held most, and in which worker."""
import os

import pytest

from one_device import device, kept, tensor, view  # noqa: F401

import ttmem


@pytest.fixture(autouse=True)
def worker(record_property):
    record_property("worker", os.environ["PYTEST_XDIST_WORKER"])


@pytest.mark.parametrize("side", range(256, 1024, 64))
@pytest.mark.limit_device_memory(dram="1 MiB")
def test_limit(device, side, record_property):
    with ttmem.scope(f"side {side}"):
        made = tensor(device, side)
    record_property("dram", view(device)[0])
    del made


@pytest.mark.parametrize("leaves", [True, False])
@pytest.mark.no_device_leaks
def test_leak(device, leaves, record_property):
    made = tensor(device, 32)
    record_property("dram", view(device)[0])
    if leaves:
        kept.append(made)
