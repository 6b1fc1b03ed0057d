# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Graph captures without dispatch: allocations that tt-metal's graph tracker swallows, so that nothing is taken from any allocator.

Some of what the capture made is freed during it, some after its end, when the tracker no longer calls it hooked.
"""
import sys
import types

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn


def main():
    torch = types.ModuleType("torch")  # the capture's Python side asks for torch's names and for nothing of it
    torch.Tensor, torch.Size = type("Tensor", (), {}), tuple
    sys.modules["torch"] = torch
    device = open_device()
    real = allocate(device, 256)
    checkpoint("before", [device])
    ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NO_DISPATCH)
    swallowed = [ttnn.add(real, real), ttnn.matmul(real, real)]
    swallowed.append(ttnn.add(swallowed[0], real))
    checkpoint("capturing", [device], swallowed=len(swallowed))
    swallowed.pop(0)
    checkpoint("one freed while capturing", [device], swallowed=len(swallowed))
    ttnn.graph.end_graph_capture()
    checkpoint("captured", [device], swallowed=len(swallowed))
    swallowed.clear()
    checkpoint("freed after the capture", [device], swallowed=0)
    real = [real, allocate(device, 128)]
    checkpoint("real again", [device], swallowed=0)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
