# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Fragments DRAM and L1 at random and tries out the answer that it is given: that so many tiles fit, and not one more.

A checkpoint's answer is a list of {"memory", "cores", "tiles"}: cores absent for an interleaved tensor, else the number of cores that it is sharded over
(tiles are then those of a core). The next checkpoint says what became of each.
"""
import argparse
import json
import random

import host_protocol
from host_protocol import checkpoint, open_device, ttnn


def tensor(device, memory, tiles, cores=None):
    kind = getattr(ttnn.BufferType, memory.upper())
    if cores is None:
        config, rows = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.INTERLEAVED, kind), tiles
    else:
        line = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(cores - 1, 0))})
        config = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, kind, ttnn.ShardSpec(line, (32 * tiles, 32), ttnn.ShardOrientation.ROW_MAJOR))
        rows = tiles * cores
    try:
        return ttnn.empty((32 * rows, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=config)
    except RuntimeError:
        return None


def fits(device, memory, tiles, cores=None):
    if tiles == 0:
        return True
    made = tensor(device, memory, tiles, cores)
    if made is None:
        return False
    ttnn.deallocate(made)
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mesh", default="1x1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    device = open_device(tuple(int(side) for side in arguments.mesh.split("x")))
    held, tried = [], []
    for number in range(arguments.rounds):
        for _ in range(40):
            memory = rng.choice(("dram", "l1"))
            cores = rng.choice((None, None, rng.randint(1, 6)))
            made = tensor(device, memory, rng.randint(1, 40 if cores else 1500), cores)
            if made is not None:
                held.append(made)
        rng.shuffle(held)
        while len(held) > 24:
            ttnn.deallocate(held.pop())
        questions = json.loads(checkpoint(f"round {number}", [device], tried=tried))
        tried = [{**q, "fits": fits(device, **q), "one more fits": fits(device, **{**q, "tiles": q["tiles"] + 1})} for q in questions]
    checkpoint("last", [device], tried=tried)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
