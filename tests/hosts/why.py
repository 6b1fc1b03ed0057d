# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Refusals for want of memory, one of each kind; what `ttmem why` advises is carried out, and the request is made again. Usage: why.py CASE

The test answers each checkpoint with what is to be done: "free ADDRESS...", "reallocate ADDRESS...", "resize BYTES...", or "end".
"""
import os
import sys

import host_protocol
from host_protocol import ask, checkpoint, describe, ttnn

TILES = ttnn.TILE_LAYOUT


def open_device(**options):
    shape = os.environ.get("TTMEM_TEST_MESH", "1x1").split("x")
    return ttnn.open_mesh_device(ttnn.MeshShape(*map(int, shape)), **({"l1_small_size": 16384, "trace_region_size": 1 << 20} | options))


def empty(device, rows, memory=ttnn.DRAM_MEMORY_CONFIG, columns=1024):
    return ttnn.empty((rows, columns), dtype=ttnn.bfloat16, layout=TILES, device=device, memory_config=memory)


def refused(request):
    """The text of tt-metal's exception; empty when it grants the request."""
    try:
        request()
        return ""
    except RuntimeError as error:
        return str(error)


class Case:
    """Tensors that are held by name, and a request that is refused with them."""

    def __init__(self, device, held, request, **facts):
        self.device, self.held, self.request, self.facts = device, held, request, facts

    def tensor(self, address):
        [name] = [name for name, tensor in self.held.items() if tensor.buffer_address() == address]
        return name

    def follow(self, words):
        """Carries out an advice, whose buffers the test names by their addresses."""
        for address in words[1:]:
            name = self.tensor(int(address))
            if words[0] == "free":
                ttnn.deallocate(self.held.pop(name))
            else:
                self.held[name] = ttnn.reallocate(self.held[name])

    def run(self):
        """Until the device is to be opened with another region: the sizes."""
        while True:
            words = checkpoint("refused", [self.device], said=refused(self.request), **self.facts).split()
            if words[0] == "resize":
                return words[1:]
            self.follow(words)


def bank(device, kind):
    return describe(device)["memory"][kind]


def tiles(device, per_bank, memory, kind):
    """A tensor of so many tiles in each bank."""
    return empty(device, per_bank * bank(device, kind)["banks"], memory)


def fill(device, memory, share, parts, kind):
    """`parts` equal tensors that together take `share` of a bank, by number."""
    per_bank = int(bank(device, kind)["bytes_per_bank"] * share / parts / 2048)
    return {number: tiles(device, per_bank, memory, kind) for number in range(parts)}


def full(device, memory, kind):
    held = fill(device, memory, 0.95, 9, kind)
    wanted = bank(device, kind)["bytes_per_bank"] // 4 // 2048
    return Case(device, held, lambda: tiles(device, wanted, memory, kind))


def fragmented(device, memory, kind):
    held = fill(device, memory, 0.98, 14, kind)
    wanted = held[0].shape[0] * 2
    for number in range(1, 14, 2):
        ttnn.deallocate(held.pop(number))
    return Case(device, held, lambda: empty(device, wanted, memory))


def small_shards(device):
    grid = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(3, 3))})
    memory = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1_SMALL,
                               ttnn.ShardSpec(grid, (96, 64), ttnn.ShardOrientation.ROW_MAJOR))
    return Case(device, {0: empty(device, 16 * 96, memory, 64)}, lambda: empty(device, 16 * 96, memory, 64))


def clash(device):
    """Four tensors leave L1 less than an addition's circular buffers need; one of them is in their way."""
    x, y = host_protocol.allocate(device, 1024), host_protocol.allocate(device, 1024)
    per_bank = (bank(device, "l1")["bytes_per_bank"] - 4096) // 2048 // 4
    held = {number: tiles(device, per_bank, ttnn.L1_MEMORY_CONFIG, "l1") for number in range(4)}
    return Case(device, held, lambda: ttnn.add(x, y))


def ring(device):
    """A multiplication whose kernels do not fit into the kernel-config ring."""
    x = empty(device, 1024)
    return Case(device, {}, lambda: ttnn.matmul(x, x))


def all_but_a_small_ring():
    """A worker_l1_size that leaves the ring a tenth of what it usually has."""
    device = open_device()
    now = sum(bank(device, kind)["bytes_per_bank"] for kind in ("l1", "l1_small"))
    ttnn.close_mesh_device(device)
    return now + 62 * 1024


def beyond(device):
    """Attention with chunks that are too large; smaller ones go through."""
    q, k, v = [ttnn.empty((1, 8, 4096, 512), dtype=ttnn.bfloat16, layout=TILES, device=device) for _ in range(3)]

    def attention(chunk=2048):
        config = ttnn.SDPAProgramConfig(compute_with_storage_grid_size=(8, 8), q_chunk_size=min(512, chunk), k_chunk_size=chunk)
        return ttnn.transformer.scaled_dot_product_attention(q, k, v, is_causal=False, program_config=config)

    return Case(device, {}, attention)


def held_bytes(device, kind):
    memory = bank(device, kind)
    return memory["allocated_per_bank"] * memory["banks"]


def growing(device):
    """A loop of steps that keeps a tensor of each, until there is no room for the next one."""
    before = held_bytes(device, "dram")
    weights = {f"weight {number}": empty(device, 1024) for number in range(20)}
    facts = {"weights": held_bytes(device, "dram") - before}
    kept = bank(device, "dram")["bytes_per_bank"] // 40 // 2048
    facts["lines"] = {name: number for number, line in enumerate(open(__file__), 1) for name in ("a step", "a leak") if line.endswith(f"# {name}\n")}

    def steps():
        while True:
            activation = ttnn.empty((512, 1024), dtype=ttnn.bfloat16, layout=TILES, device=device)  # a step
            facts["activation"] = held_bytes(device, "dram") - before - facts["weights"] - facts.get("kept", 0)
            leak = ttnn.empty((kept * 12 * 32, 32), dtype=ttnn.bfloat16, layout=TILES, device=device)  # a leak
            weights[f"leak {len(weights)}"] = leak
            facts["kept"] = held_bytes(device, "dram") - before - facts["weights"] - facts["activation"]
            facts["steps"] = facts.get("steps", 0) + 1
            del activation

    case = Case(device, weights, steps)
    case.facts = facts
    return case


CASES = {
    "granted": lambda: (lambda device: Case(device, {}, lambda: empty(device, 32)))(open_device()),
    "dram full": lambda: full(open_device(), ttnn.DRAM_MEMORY_CONFIG, "dram"),
    "l1 full": lambda: full(open_device(), ttnn.L1_MEMORY_CONFIG, "l1"),
    "dram fragmented": lambda: fragmented(open_device(), ttnn.DRAM_MEMORY_CONFIG, "dram"),
    "l1 fragmented": lambda: fragmented(open_device(), ttnn.L1_MEMORY_CONFIG, "l1"),
    "dram larger": lambda: (lambda device: Case(device, {}, lambda: empty(device, 1 << 17, columns=1 << 17)))(open_device()),
    "l1 larger": lambda: (lambda device: Case(device, {}, lambda: empty(device, 1 << 14, ttnn.L1_MEMORY_CONFIG, 1 << 14)))(open_device()),
    "l1_small": lambda: small_shards(open_device(l1_small_size=12288)),
    "clash": lambda: clash(open_device()),
    "beyond": lambda: beyond(open_device()),
    "growing": lambda: growing(open_device()),
    "ring": lambda: ring(open_device(worker_l1_size=all_but_a_small_ring())),
}
# With a memory region of another size.
OPENED_AGAIN = {
    "l1_small": lambda size: small_shards(open_device(l1_small_size=size)),
    "ring": lambda size: ring(open_device(worker_l1_size=size)),
}


def main(name):
    case = CASES[name]()
    sizes = case.run()
    ttnn.close_mesh_device(case.device)
    for size in sizes:
        case = OPENED_AGAIN[name](int(size))
        ask(checkpoint="opened again", said=refused(case.request))
        ttnn.close_mesh_device(case.device)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
