# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Refusals for want of memory, some of each kind; what `ttmem why` advises is carried out, and the request is made again. Usage: why.py CASE

The test answers each checkpoint with what is to be done: "free ADDRESS...", "reallocate ADDRESS...", "again HOW" (the request with another data type or a
smaller configuration), "resize BYTES...", or "end".
"""
import os
import sys

import host_protocol
from host_protocol import ask, checkpoint, describe, ttnn

TILES = ttnn.TILE_LAYOUT


def open_device(**options):
    shape = os.environ.get("TTMEM_TEST_MESH", "1x1").split("x")
    return ttnn.open_mesh_device(ttnn.MeshShape(*map(int, shape)), **({"l1_small_size": 16384, "trace_region_size": 1 << 20} | options))


def empty(device, rows, memory=ttnn.DRAM_MEMORY_CONFIG, columns=1024, dtype="bfloat16"):
    return ttnn.empty((rows, columns), dtype=getattr(ttnn, dtype), layout=TILES, device=device, memory_config=memory)


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
        how = []
        while True:
            words = checkpoint("refused", [self.device], said=refused(lambda: self.request(*how)), **self.facts).split()
            if words[0] == "resize":
                return words[1:]
            if words[0] == "again":
                how = words[1:]
            else:
                self.follow(words)


def bank(device, kind):
    return describe(device)["memory"][kind]


def tiles(device, per_bank, memory, kind, dtype="bfloat16"):
    """A tensor of so many tiles in each bank."""
    return empty(device, per_bank * bank(device, kind)["banks"], memory, dtype=dtype)


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


def other_type(device, memory, kind, held, wanted):
    """A tensor of `wanted` of a bank, beside `held` of it."""
    per_bank = int(bank(device, kind)["bytes_per_bank"] * wanted / 2048)
    return Case(device, fill(device, memory, held, 7, kind) if held else {}, lambda dtype="bfloat16": tiles(device, per_bank, memory, kind, dtype))


def shards(corner, side, shape, layout="HEIGHT", kind="L1", hybrid=False):
    """The memory of a tensor on side x side cores from a corner (x, y) on, and the tensor's rows and columns for a shard of that shape."""
    x, y = corner
    grid = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(x, y), ttnn.CoreCoord(x + side - 1, y + side - 1))})
    memory = ttnn.MemoryConfig(getattr(ttnn.TensorMemoryLayout, f"{layout}_SHARDED"), getattr(ttnn.BufferType, kind),
                               ttnn.ShardSpec(grid, shape, ttnn.ShardOrientation.ROW_MAJOR))
    if hybrid:
        memory.experimental_set_per_core_allocation(True)
    down, across = {"HEIGHT": (side * side, 1), "WIDTH": (1, side * side), "BLOCK": (side, side)}[layout]
    return memory, shape[0] * down, shape[1] * across


def shard_larger(device):
    memory, rows, columns = shards((0, 0), 1, (bank(device, "l1")["bytes_per_bank"] * 3 // 2 // 2048 * 32, 32))
    return Case(device, {}, lambda dtype="bfloat16": empty(device, rows, memory, columns, dtype))


def small_shards(device, already=1):
    """A shard of 12 KiB in L1_SMALL of 16 cores, beside so many."""
    memory, rows, columns = shards((0, 0), 4, (96, 64), kind="L1_SMALL")
    return Case(device, {number: empty(device, rows, memory, columns) for number in range(already)}, lambda: empty(device, rows, memory, columns))


def small_fragmented(device):
    def shard(height):
        memory, rows, columns = shards((0, 0), 4, (height, 64), kind="L1_SMALL")
        return empty(device, rows, memory, columns)

    held = {number: shard(32) for number in range(12)}
    for number in range(1, 12, 2):
        ttnn.deallocate(held.pop(number))
    return Case(device, held, lambda: shard(64))


def lockstep(device, layout):
    """Twelve tensors of a twelfth of L1's 0.9 each, on four cores of their own; four others are asked for more than is left in every bank."""
    hybrid = os.environ.get("TT_METAL_ALLOCATOR_MODE_HYBRID") == "1"
    size = bank(device, "l1")["bytes_per_bank"]

    def tensor(number, share):
        memory, rows, columns = shards((number % 4 * 2, number // 4 * 2), 2, (int(size * share / 2048) * 32, 32), layout, hybrid=hybrid)
        return empty(device, rows, memory, columns)

    held = {number: tensor(number, 0.9 / 12) for number in range(12)}
    return Case(device, held, lambda: tensor(12, 0.25))


def l1_taken(device, parts=4, share=None):
    """Equal tensors that leave L1 4 KiB, or that take a share of it."""
    size = bank(device, "l1")["bytes_per_bank"]
    per_bank = int(size * share if share else size - 4096) // 2048 // parts
    return {number: tiles(device, per_bank, ttnn.L1_MEMORY_CONFIG, "l1") for number in range(parts)}


def clash(device, operation):
    """Four tensors leave L1 less than an operation's circular buffers need; one of them is in their way."""
    x, y = host_protocol.allocate(device, 1024), host_protocol.allocate(device, 1024)
    run = {"add": lambda: ttnn.add(x, y), "softmax": lambda: ttnn.softmax(x, dim=-1), "matmul": lambda: ttnn.matmul(x, y)}[operation]
    return Case(device, l1_taken(device), run)


def clash_attention(device):
    """The largest chunks whose circular buffers fit into L1, half of which is taken."""
    attention = attention_on(device, 128)
    for number, chunk in enumerate(CHUNKS):
        if not refused(lambda: attention(chunk)):
            # In between: what is smaller by less than is missing.
            return Case(device, l1_taken(device, 4, 0.5), lambda how=chunk: attention(how), configurations=CHUNKS[number:])
    raise SystemExit("no configuration fits")


def ring(device, operation="matmul"):
    """A multiplication, or attention, whose kernels do not fit into the kernel-config ring."""
    if operation == "attention":
        attention = attention_on(device, 128)
        return Case(device, {}, lambda: attention(128))
    x = empty(device, 1024)
    return Case(device, {}, lambda: ttnn.matmul(x, x))


def all_but_a_small_ring():
    """A worker_l1_size that leaves the ring a tenth of what it usually has."""
    device = open_device()
    now = sum(bank(device, kind)["bytes_per_bank"] for kind in ("l1", "l1_small"))
    ttnn.close_mesh_device(device)
    return now + 62 * 1024


CHUNKS = (4096, 2048, 1024, 512, 256, 128, 64, 32)


def attention_on(device, depth):
    q, k, v = [ttnn.empty((1, 8, 4096, depth), dtype=ttnn.bfloat16, layout=TILES, device=device) for _ in range(3)]

    def attention(chunk):
        config = ttnn.SDPAProgramConfig(compute_with_storage_grid_size=(8, 8), q_chunk_size=min(512, int(chunk)), k_chunk_size=int(chunk))
        return ttnn.transformer.scaled_dot_product_attention(q, k, v, is_causal=False, program_config=config)

    return attention


def beyond_attention(device):
    """Attention with chunks that are too large; smaller ones go through."""
    attention = attention_on(device, 512)
    return Case(device, {}, lambda chunk=2048: attention(chunk), configurations=CHUNKS[1:])


def beyond_matmul(device, operation):
    """A multiplication that reads a whole row of blocks at once; fewer go through."""
    x, y = empty(device, 1024, columns=8192), empty(device, 8192, columns=1024)

    def multiply(width=256):
        config = ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(compute_with_storage_grid_size=(4, 4), in0_block_w=int(width), out_subblock_h=1, out_subblock_w=1,
                                                                 per_core_M=8, per_core_N=8, transpose_mcast=False, fused_activation=None)
        return {"matmul": ttnn.matmul, "linear": ttnn.linear}[operation](x, y, program_config=config)

    return Case(device, {}, multiply, configurations=(256, 128, 64, 32, 16, 8, 4, 2, 1))


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


DRAM, L1 = (ttnn.DRAM_MEMORY_CONFIG, "dram"), (ttnn.L1_MEMORY_CONFIG, "l1")

CASES = {
    "granted": lambda: (lambda device: Case(device, {}, lambda: empty(device, 32)))(open_device()),
    "dram full": lambda: full(open_device(), *DRAM),
    "l1 full": lambda: full(open_device(), *L1),
    "dram type": lambda: other_type(open_device(), *DRAM, 0.7, 0.4),
    "l1_small full": lambda: small_shards(open_device(l1_small_size=12288)),
    "dram fragmented": lambda: fragmented(open_device(), *DRAM),
    "l1 fragmented": lambda: fragmented(open_device(), *L1),
    "l1_small fragmented": lambda: small_fragmented(open_device(l1_small_size=12 * 4096)),
    "dram larger": lambda: (lambda device: Case(device, {}, lambda: empty(device, 1 << 17, columns=1 << 17)))(open_device()),
    "l1 larger": lambda: other_type(open_device(), *L1, 0, 1.5),
    "l1 shard larger": lambda: shard_larger(open_device()),
    "l1_small larger": lambda: small_shards(open_device(l1_small_size=4096), 0),
    "l1_small none": lambda: small_shards(open_device(l1_small_size=0), 0),
    "lockstep height": lambda: lockstep(open_device(), "HEIGHT"),
    "lockstep width": lambda: lockstep(open_device(), "WIDTH"),
    "lockstep block": lambda: lockstep(open_device(), "BLOCK"),
    "clash add": lambda: clash(open_device(), "add"),
    "clash softmax": lambda: clash(open_device(), "softmax"),
    "clash matmul": lambda: clash(open_device(), "matmul"),
    "clash attention": lambda: clash_attention(open_device()),
    "beyond attention": lambda: beyond_attention(open_device()),
    "beyond matmul": lambda: beyond_matmul(open_device(), "matmul"),
    "beyond linear": lambda: beyond_matmul(open_device(), "linear"),
    "growing": lambda: growing(open_device()),
    "ring": lambda: ring(open_device(worker_l1_size=all_but_a_small_ring())),
    "ring attention": lambda: ring(open_device(worker_l1_size=all_but_a_small_ring()), "attention"),
}
# With a memory region of another size.
OPENED_AGAIN = {
    "l1_small full": lambda size: small_shards(open_device(l1_small_size=size)),
    "l1_small larger": lambda size: small_shards(open_device(l1_small_size=size), 0),
    "l1_small none": lambda size: small_shards(open_device(l1_small_size=size), 0),
    "ring": lambda size: ring(open_device(worker_l1_size=size)),
    "ring attention": lambda size: ring(open_device(worker_l1_size=size), "attention"),
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
