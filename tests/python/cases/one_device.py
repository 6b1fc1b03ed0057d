# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The device on which the cases of a file run one after another, and what they leave on it."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hosts"))
from truths import memory_of, open_device, tensor, ttnn, view  # noqa: E402

__all__ = ["device", "kept", "memory_of", "tensor", "ttnn", "view"]

kept = []  # tensors that outlive their test, until the file's last one


@pytest.fixture(scope="module")
def device():
    opened = open_device()
    yield opened
    kept.clear()
    ttnn.close_device(opened)
