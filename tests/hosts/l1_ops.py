# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Ops one by one, each with what ttnn's own graph capture says of its circular and dataflow buffers and scratchpads; then one that is made to clash.

A capture without dispatch has sizes and cores of all three, and no addresses; those stand in the text of a clash.
"""
import re
import sys
import types

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn


def ops(device):
    """name -> what runs it."""
    x, y = allocate(device, 1024), allocate(device, 1024)
    row = ttnn.empty((1, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    lines = ttnn.empty((1, 1, 64, 2048), dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    words = ttnn.empty((1, 64), dtype=ttnn.uint32, layout=ttnn.ROW_MAJOR_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    sharded = ttnn.create_sharded_memory_config([1, 1, 512, 512], ttnn.CoreGrid(y=4, x=8), ttnn.ShardStrategy.BLOCK)

    def in_shards():
        return ttnn.empty((1, 1, 512, 512), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=sharded)

    s, t = in_shards(), in_shards()
    return {
        "add": lambda: ttnn.add(x, y),
        "multiply": lambda: ttnn.multiply(x, y),
        "add sharded": lambda: ttnn.add(s, t, memory_config=sharded),
        "matmul": lambda: ttnn.matmul(x, y),
        "linear": lambda: ttnn.linear(x, y),
        "softmax": lambda: ttnn.softmax(x, dim=-1),
        "layer_norm": lambda: ttnn.layer_norm(x),
        "rms_norm": lambda: ttnn.rms_norm(x),
        "relu": lambda: ttnn.relu(x),
        "gelu": lambda: ttnn.gelu(x),
        "exp": lambda: ttnn.exp(x),
        "sum": lambda: ttnn.sum(x, dim=-1),
        "max": lambda: ttnn.max(x, dim=-1),
        "mean": lambda: ttnn.mean(x, dim=-1),
        "transpose": lambda: ttnn.transpose(x, 0, 1),
        "permute": lambda: ttnn.permute(x, (1, 0)),
        "concat": lambda: ttnn.concat([x, y], dim=0),
        "slice": lambda: ttnn.slice(x, (0, 0), (512, 512)),
        "typecast": lambda: ttnn.typecast(x, ttnn.bfloat8_b),
        "where": lambda: ttnn.where(x, x, y),
        "untilize": lambda: ttnn.to_layout(x, ttnn.ROW_MAJOR_LAYOUT),
        "clone": lambda: ttnn.clone(x),
        "add broadcast": lambda: ttnn.add(x, row),
        "to L1": lambda: ttnn.to_memory_config(x, ttnn.L1_MEMORY_CONFIG),
        "sigmoid": lambda: ttnn.sigmoid(x),
        # Operations whose kernels bind scratchpads, most of them.
        "reshape": lambda: ttnn.reshape(x, (512, 2048)),
        "reshape lines": lambda: ttnn.reshape(lines, (1, 1, 128, 1024)),
        "pad": lambda: ttnn.pad(x, [(0, 64), (0, 64)], 0.0),
        "pad lines": lambda: ttnn.pad(lines, [(0, 0), (0, 0), (0, 6), (0, 30)], 0.0),
        "slice lines": lambda: ttnn.slice(lines, (0, 0, 0, 0), (1, 1, 32, 1024)),
        "split": lambda: ttnn.split(x, 512, 1),
        "embedding": lambda: ttnn.embedding(words, lines),
    }


def cores_of(text):
    """All cores of a printed set of ranges: {[0-0 - 7-7], ...} or {[(x=0,y=0) - (x=7,y=7)], ...}."""
    cores = set()
    for part in re.findall(r"\[([^\]]*-[^\]]*)\]", text):
        x0, y0, x1, y1 = (int(n) for n in re.findall(r"\d+", part))
        cores |= {(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)}
    return cores


def captured(run):
    """The capture's nodes for circular and dataflow buffers and scratchpads, and what an op would leave behind is freed with its result."""
    ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NO_DISPATCH)
    try:
        result = run()
    finally:
        nodes = ttnn.graph.end_graph_capture()
    del result
    found = []
    for node in nodes:
        if kind := re.fullmatch(r"(circular_buffer|dataflow_buffer|scratchpad)_allocate", node["node_type"]):
            p = node["params"]
            shared = any(str(p.get(k, "0")).lower() in ("1", "true") for k in ("globally_allocated", "borrows_memory"))
            found.append({"bytes": int(p["size"]), "cores": len(cores_of(p["core_range_set"])), "shared": shared, "kind": kind[1]})
    return found


def clash(device):
    """An op that fits; then a buffer where its circular buffers were, so that the next launch is refused."""
    x, y = allocate(device, 1024), allocate(device, 1024)
    result = ttnn.add(x, y)
    checkpoint("fits", [device])
    in_the_way = ttnn.empty((42880, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.L1_MEMORY_CONFIG)
    checkpoint("would clash", [device])
    device.clear_program_cache()
    try:
        result = ttnn.add(x, y)
        said = ""
    except RuntimeError as error:
        said = str(error)
    checkpoint("clashed", [device], said=said)
    del result, in_the_way


def main():
    torch = types.ModuleType("torch")  # the capture's Python side asks for torch's names and for nothing of it
    torch.Tensor, torch.Size = type("Tensor", (), {}), tuple
    sys.modules["torch"] = torch
    device = open_device()
    for name, run in ops(device).items():
        buffers = captured(run)
        device.clear_program_cache()
        result = run()
        checkpoint(name, [device], buffers=buffers)
        result = run()
        checkpoint(name + " again", [device], buffers=buffers)
        del result
        device.clear_program_cache()
        checkpoint("cleared", [device], buffers=[])
    clash(device)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
