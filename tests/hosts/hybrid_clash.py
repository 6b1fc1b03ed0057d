# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Programs on one core against L1 buffers of tt-metal's HYBRID allocator, on that core and on another one: what is launched, and what tt-metal refuses.

Usage: hybrid_clash.py ROWSxCOLUMNS [range]. Before each launch the test looks; then it hears what became of it.
"""
import sys

import host_protocol
from host_protocol import open_device, ttnn
from hybrid import core_set, shards
from l1_generic import SOURCE, buffer

HERE, ELSEWHERE = (0, 0, 0, 0), (5, 5, 5, 5)
TILE = 2048  # bytes of a 32 x 32 tile of bfloat16


def circular(x):
    """A program with circular buffers on one core; the operation's own check of what fits is not in the way."""
    where = core_set(*HERE)
    kernel = ttnn.KernelDescriptor(kernel_source=SOURCE, source_type=ttnn.KernelDescriptor.SourceType.SOURCE_CODE, core_ranges=where,
                                   compile_time_args=[], config=ttnn.ReaderConfigDescriptor())
    ttnn.generic_op([x, ttnn.empty_like(x)], ttnn.ProgramDescriptor(kernels=[kernel], cbs=[buffer(0, 4 * TILE, where)], semaphores=[]))


def refusal(run):
    """The text of tt-metal's exception; empty when it went through."""
    try:
        run()
    except RuntimeError as error:
        return str(error)
    return ""


def main(mesh, *options):
    shape = tuple(int(n) for n in mesh.split("x"))
    more = {"dispatch_core_config": ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)} if shape != (1, 1) else {}
    device = open_device(shape, **more)
    x = ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    whole = ttnn.get_memory_view(device, ttnn.BufferType.L1).total_bytes_per_bank // TILE
    kinds = ["lockstep", "per core"] + (["range"] if "range" in options else [])
    for name, run in (("circular", lambda: circular(x)), ("dataflow", lambda: ttnn.matmul(x, x))):
        for kind in kinds:
            for cores in (HERE, ELSEWHERE):
                device.clear_program_cache()
                run()  # now its program is known
                wall = shards(device, kind, cores, whole - 1)
                host_protocol.ask(program=name, kind=kind, on_the_core=cores == HERE)
                device.clear_program_cache()
                host_protocol.ask(said=refusal(run))
                wall.deallocate(True)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
