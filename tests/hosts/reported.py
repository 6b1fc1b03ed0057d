# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A small model whose run ttnn itself captures for ttnn-visualizer, in the folder that is given: DRAM, L1, sharded L1, frees, and an operation that is refused."""
import pathlib
import sys
import types

import host_protocol
from host_protocol import allocate, open_device, ttnn

import ttnn.graph_report  # noqa: E402


if "torch" not in sys.modules:
    # A capture looks for tensors of torch among the arguments; there are none.
    sys.modules["torch"] = types.ModuleType("torch")
    sys.modules["torch"].Tensor = type("Tensor", (), {})


def model(device):
    kept = [allocate(device, side) for side in (64, 256, 32)]
    first = allocate(device, 128, ttnn.L1_MEMORY_CONFIG)
    sharded = ttnn.create_sharded_memory_config([1, 1, 512, 512], ttnn.CoreGrid(y=4, x=8), ttnn.ShardStrategy.BLOCK)
    second = ttnn.empty((1, 1, 512, 512), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=sharded)
    del first
    total = ttnn.add(kept[1], kept[1])
    del second
    large = ttnn.multiply(total, total, memory_config=ttnn.L1_MEMORY_CONFIG)
    kept.pop(0)
    last = ttnn.exp(large)
    del large, total
    return kept, last


def main():
    folder = pathlib.Path(sys.argv[1])
    device = open_device()
    with ttnn.manage_config("enable_graph_python_stack_traces", True):
        ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NORMAL)
        kept = model(device)
        ttnn.graph.end_graph_capture_to_file(str(folder / "graph_capture.json"))
    ttnn.graph_report.import_report(folder / "graph_capture.json", folder)
    host_protocol.tell(end=True, held=len(kept))
    del kept
    ttnn.close_mesh_device(device)


if __name__ == "__main__":
    main()
