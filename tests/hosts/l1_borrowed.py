# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Programs whose dataflow buffers all lie in tensors, and no other before them; launched again on other tensors. Each checkpoint says which tensors."""
import sys
import types

import host_protocol
from host_protocol import checkpoint, open_device, ttnn

from l1_truth import captured


def main():
    torch = types.ModuleType("torch")  # as in l1_truth.py
    torch.Tensor, torch.Size = type("Tensor", (), {}), tuple
    sys.modules["torch"] = torch
    device = open_device()
    sharded = ttnn.create_sharded_memory_config([1, 1, 2048, 64], ttnn.CoreGrid(y=8, x=8), ttnn.ShardStrategy.HEIGHT)
    held = []

    def tensor():
        held.append(ttnn.empty((1, 1, 2048, 64), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=sharded))
        return held[-1]

    def launch(label, x):
        held.append(ttnn.relu(x, memory_config=sharded))
        checkpoint(label, [device], tensors=sorted(int(t.buffer_address()) for t in (x, held[-1])))

    first = tensor()
    launch("first", first)
    launch("other tensors", tensor())
    launch("the first again", first)
    _, planned = captured(ttnn.graph.RunMode.NO_DISPATCH, lambda: ttnn.relu(first, memory_config=sharded))
    checkpoint("planned", planned=planned[0])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
