#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The program that who_cost.py measures: loops of ttnn, so many frames deep, from one line or from 200.

who_loops.py --host: answers "LOOP COUNT" on stdin with the wall and processor ns of that many operations. who_loops.py lists the loops.
"""
import os
import sys
import time

DEPTHS = (4, 16)  # frames, with that of the operation itself and the one of the file
LINES = (1, 200)
SIDE, LAYERS, HEADS = 256, 2, 4  # of the decoder
# Statements of each loop, and how many of them a block of a measurement has.
STATEMENTS = {"add": ("call(left, right)", 600), "empty": ("tensor = call(shape, dtype, layout, device, config); del tensor", 3000), "matmul": ("call(left, right)", 1200)}
TITLES = {"add": "cached `ttnn.add` of two 128x128 bf16 tensors", "empty": "`ttnn.empty` of 64x64 bf16 and `del`", "matmul": "cached `ttnn.matmul` of two 64x64 bf16 tensors",
          "decode": f"a token of a decoder of {LAYERS} layers, {SIDE} wide"}
TOKENS = 20


def names():
    """{loop: (title, frames, lines, operations in a block)}; None lines: as many as the program has."""
    all_ = {f"{kind}/{depth}/{lines}": (TITLES[kind], depth, lines, block) for kind, (_, block) in STATEMENTS.items() for depth in DEPTHS for lines in LINES}
    return all_ | {f"decode/{depth}": (TITLES["decode"], depth, None, TOKENS) for depth in (7, 16)}


def deeper(levels, function, argument):
    return function(argument) if levels == 0 else deeper(levels - 1, function, argument)


def loop_of(statement, lines, names_of):
    """A function that runs a statement `count` times, from so many lines."""
    body = "".join(f"        {statement}\n" for _ in range(lines))
    space = {}
    exec(compile(f"def loop(count, {', '.join(f'{name}={name}' for name in names_of)}):\n    for _ in range(count // {lines}):\n{body}", f"<{lines} lines>", "exec"), names_of, space)
    return space["loop"]


class Decoder:
    """One token at a time against a cache of 128 positions, with ttnn's own operations."""

    def __init__(self, ttnn, device):
        self.ttnn = ttnn
        self.new = lambda *shape: ttnn.empty(list(shape), ttnn.bfloat16, ttnn.TILE_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG)
        self.layers = [{name: self.new(*shape) for name, shape in {"norm": (1, SIDE), "q": (SIDE, SIDE), "k": (1, HEADS, SIDE // HEADS, 128), "v": (1, HEADS, 128, SIDE // HEADS),
                                                                    "o": (SIDE, SIDE), "gate": (SIDE, 2 * SIDE), "up": (SIDE, 2 * SIDE), "down": (2 * SIDE, SIDE)}.items()} for _ in range(LAYERS)]
        self.hidden = self.new(1, 1, 32, SIDE)

    def attention(self, hidden, layer):
        ttnn = self.ttnn
        queries = ttnn.matmul(hidden, layer["q"])
        queries = ttnn.permute(ttnn.reshape(queries, (1, 32, HEADS, SIDE // HEADS)), (0, 2, 1, 3))
        scores = ttnn.softmax(ttnn.multiply(ttnn.matmul(queries, layer["k"]), 0.125), dim=-1)
        mixed = ttnn.reshape(ttnn.permute(ttnn.matmul(scores, layer["v"]), (0, 2, 1, 3)), (1, 1, 32, SIDE))
        return ttnn.matmul(mixed, layer["o"])

    def feed_forward(self, hidden, layer):
        ttnn = self.ttnn
        gate = ttnn.silu(ttnn.matmul(hidden, layer["gate"]))
        return ttnn.matmul(ttnn.multiply(gate, ttnn.matmul(hidden, layer["up"])), layer["down"])

    def layer(self, hidden, layer):
        hidden = self.ttnn.add(hidden, self.attention(self.ttnn.rms_norm(hidden, weight=layer["norm"]), layer))
        return self.ttnn.add(hidden, self.feed_forward(self.ttnn.rms_norm(hidden, weight=layer["norm"]), layer))

    def token(self):
        hidden = self.hidden
        for layer in self.layers:
            hidden = self.layer(hidden, layer)
        return hidden

    def tokens(self, count):
        for _ in range(count):
            self.token()


def frames_here(*_):
    """How many frames there are, this one of a called function included."""
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    depths.append(count)


depths = []


def loops_of(ttnn, device):
    """{loop: a function of the number of operations}, called with deeper() at the right depth."""
    operands = {side: [ttnn.empty([side, side], ttnn.bfloat16, ttnn.TILE_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG) for _ in range(2)] for side in (64, 128)}
    values = {"empty": {"call": ttnn.empty, "shape": [64, 64], "dtype": ttnn.bfloat16, "layout": ttnn.TILE_LAYOUT, "device": device, "config": ttnn.DRAM_MEMORY_CONFIG},
              "add": dict(zip(("left", "right"), operands[128]), call=ttnn.add), "matmul": dict(zip(("left", "right"), operands[64]), call=ttnn.matmul)}
    decoder = Decoder(ttnn, device)
    found = {}
    for name, (_, depth, lines, _) in names().items():
        kind = name.split("/")[0]
        if kind == "decode":
            found[name] = (depth - 7, decoder.tokens)
            continue
        loop = loop_of(STATEMENTS[kind][0], lines, values[kind])
        deeper(depth - 4, lambda count: loop(count, call=frames_here), lines)  # noqa: B023 (called at once)
        assert depths[-1] == depth + 2, (name, depths[-1])  # that lambda's own frame and this function's stand between
        found[name] = (depth - 4, loop)
    return found


if __name__ == "__main__":
    if "--host" not in sys.argv:
        sys.exit("\n".join(names()))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    import ttnn as library

    opened = library.open_device(device_id=0)
    opened.enable_program_cache() if hasattr(opened, "enable_program_cache") else None
    loops = loops_of(library, opened)
    for name, (_, _, lines, block) in names().items():
        deeper(*loops[name], block)
    print("ready", file=answers)
    # In the file itself, so that no frame of this program's stands between it and the loop but deeper()'s.
    for asked in sys.stdin:
        name, count = asked.split()
        wall, processor = time.perf_counter_ns(), time.process_time_ns()
        deeper(*loops[name], int(count))
        print(time.perf_counter_ns() - wall, time.process_time_ns() - processor, file=answers)
    library.close_device(opened)
