# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The device on which the cases of a file run one after another, and what they leave on it."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hosts"))
from truths import memory_of, open_device, tensor, ttnn, view  # noqa: E402

__all__ = ["convolve", "device", "kept", "memory_of", "tensor", "ttnn", "view"]

kept = []  # tensors that outlive their test, until the file's last one


def convolve(device, kernel):
    """A convolution of its own shape for each size of its kernel: its program keeps a table in L1_SMALL as long as ttnn's program cache keeps it."""
    side, channels = 32, 32
    image = ttnn.zeros((1, 1, side * side, channels), dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device)
    weights = ttnn.zeros((channels, channels, kernel, kernel), dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT)
    made = ttnn.conv2d(input_tensor=image, weight_tensor=weights, device=device, in_channels=channels, out_channels=channels, batch_size=1, input_height=side,
                       input_width=side, kernel_size=(kernel, kernel), stride=(1, 1), padding=(kernel // 2, kernel // 2))
    ttnn.synchronize_device(device)
    del made, image, weights


@pytest.fixture(scope="module")
def device():
    opened = open_device()
    yield opened
    kept.clear()
    ttnn.close_device(opened)
