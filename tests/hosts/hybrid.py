# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A random run of tensors in tt-metal's HYBRID mode: on single cores with an address of each, on some cores at one address, in every bank.

`ttnn.get_memory_view` does not see what lies on single cores: that follows from each tensor's own addresses and shard sizes. Usage: hybrid.py ROWSxCOLUMNS SEED
STEPS [range]; after each look the test may ask for a tensor of N tiles on one core ("try X Y N"), and hears whether it was refused.
"""
import json
import random
import sys

import host_protocol
from host_protocol import open_device, ttnn

TILE = 2048  # bytes of a 32 x 32 tile of bfloat16
SIDE = 7     # cores that every chip of every mesh here has


def core_set(x0, y0, x1, y1):
    return ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(x0, y0), ttnn.CoreCoord(x1, y1))})


def shards(device, kind, cores, tiles):
    """A tensor of so many tiles on each of the cores ("lockstep": these bytes are taken in every bank; "range": one address; "per core": one on each)."""
    count = (cores[2] - cores[0] + 1) * (cores[3] - cores[1] + 1)
    memory = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1,
                               ttnn.ShardSpec(core_set(*cores), (32 * tiles, 32), ttnn.ShardOrientation.ROW_MAJOR))
    if kind == "per core":
        memory.experimental_set_per_core_allocation(True)
    elif kind == "range":
        memory.experimental_set_range_lockstep_allocation(True)
    return ttnn.empty((32 * tiles * count, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory)


class Run:
    def __init__(self, device, seed, with_range):
        self.device, self.random, self.with_range = device, random.Random(seed), with_range
        self.held, self.peaks = [], {chip: 0 for chip in device.get_device_ids()}
        self.chips = dict(enumerate(device.get_device_ids()))

    def on_cores(self, kind):
        x0, y0 = self.random.randrange(SIDE), self.random.randrange(SIDE)
        x1, y1 = self.random.randrange(x0, SIDE), self.random.randrange(y0, SIDE)
        tiles = self.random.randrange(1, 12)
        return self.shards(kind, (x0, y0, x1, y1), tiles)

    def shards(self, kind, cores, tiles):
        tensor = shards(self.device, kind, cores, tiles)
        return {"kind": kind, "tensor": tensor, "cores": cores, "bytes": tiles * TILE}

    def in_every_bank(self):
        rows, columns = self.random.randrange(1, 900), self.random.randrange(1, 900)
        layout = self.random.choice([ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT])
        tensor = ttnn.empty((rows, columns), dtype=ttnn.bfloat16, layout=layout, device=self.device, memory_config=ttnn.L1_MEMORY_CONFIG)
        return {"kind": "lockstep", "tensor": tensor}

    def allocate(self):
        kinds = ["per core", "per core", "lockstep", "shards"] + (["range"] if self.with_range else [])
        kind = self.random.choice(kinds)
        try:
            made = self.in_every_bank() if kind == "lockstep" else self.on_cores(kind)
        except RuntimeError:
            return  # full: as good as any
        self.hold(made)

    def hold(self, made):
        self.held.append(made)
        for chip in self.peaks:
            self.peaks[chip] = max(self.peaks[chip], self.bytes_on_a_chip())

    def bytes_on_a_chip(self):
        """The same on each: every tensor is on all of them."""
        view = ttnn.get_memory_view(self.device, ttnn.BufferType.L1)
        total = view.total_bytes_allocated_per_bank * view.num_banks
        for each in self.held:
            count = self.count(each)
            if each["kind"] == "per core":
                total += each["bytes"] * count
            elif each["kind"] == "range":  # the view has it in every bank
                total += each["bytes"] * (count - view.num_banks)
        return total

    @staticmethod
    def count(each):
        x0, y0, x1, y1 = each.get("cores", (0, 0, 0, 0))
        return (x1 - x0 + 1) * (y1 - y0 + 1)

    def told(self):
        """The buffers on cores of their own, as the tensors themselves describe them."""
        found = []
        for each in self.held:
            if each["kind"] not in ("per core", "range"):
                continue
            x0, y0, x1, y1 = each["cores"]
            cores = [(x, y) for y in range(y0, y1 + 1) for x in range(x0, x1 + 1)]
            tensor = each["tensor"]
            if each["kind"] == "range":
                found.append({"kind": "range", "bytes": each["bytes"], "cores": cores, "address": tensor.buffer_address()})
                continue
            assert tensor.is_per_core_allocated()
            for number, place in enumerate(tensor.device_coords()):
                addresses = [tensor.experimental_per_core_buffer_address(place, ttnn.CoreCoord(x, y)) for x, y in cores]
                found.append({"kind": "per core", "bytes": each["bytes"], "chip": self.chips[number],
                              "addresses": sorted([x, y, address] for (x, y), address in zip(cores, addresses))})
        return found

    def look(self, label):
        answer = host_protocol.ask(checkpoint=label, bytes=self.bytes_on_a_chip(), peaks=self.peaks, own=self.told())
        while answer.startswith("try"):
            x, y, tiles = (int(n) for n in answer.split()[1:])
            try:
                self.hold(self.shards("per core", (x, y, x, y), tiles))
                self.held.pop()["tensor"].deallocate(True)
                refused = False
            except RuntimeError:
                refused = True
            answer = host_protocol.ask(tried=[x, y, tiles], refused=refused)


def main(mesh, seed, steps, *options):
    shape = tuple(int(n) for n in mesh.split("x"))
    more = {"dispatch_core_config": ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)} if shape != (1, 1) else {}
    device = open_device(shape, **more)
    run = Run(device, int(seed), "range" in options)
    for step in range(int(steps)):
        if run.held and run.random.random() < 0.35:
            run.held.pop(run.random.randrange(len(run.held)))["tensor"].deallocate(True)
        else:
            run.allocate()
        if step % 10 == 9:
            run.look(f"step {step}")
    while run.held:
        run.held.pop()["tensor"].deallocate(True)
    run.look("empty")
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
