# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import ttnn

device = ttnn.open_device(device_id=0)


def pool(image, side, channels):
    return ttnn.max_pool2d(input_tensor=image, batch_size=1, input_h=side, input_w=side, channels=channels,
                           kernel_size=[3, 3], stride=[2, 2], padding=[1, 1], dilation=[1, 1])


pool(ttnn.empty((1, 1, 112 * 112, 64), dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device), 112, 64)
