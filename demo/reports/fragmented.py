# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import ttnn

device = ttnn.open_device(device_id=0)


def kv_cache(tokens):
    return ttnn.empty((tokens, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)


requests = {number: kv_cache(tokens=440_000) for number in range(14)}
for number in range(1, 14, 2):
    ttnn.deallocate(requests.pop(number))
requests[14] = kv_cache(tokens=880_000)
