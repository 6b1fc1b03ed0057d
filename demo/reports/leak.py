# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import ttnn

device = ttnn.open_device(device_id=0)


def weights(*shape):
    return ttnn.empty(shape, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)


layers, head = [weights(4096, 16384) for _ in range(16)], weights(4096, 128256)
hidden, seen = weights(1024, 4096), []
while True:
    hidden = ttnn.add(hidden, hidden)
    logits = ttnn.matmul(hidden, head)
    seen.append(logits)
