# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Programs put together by hand (ttnn.generic_op), so that what they consist of and where they run is known beforehand.

Usage: l1_generic.py parts | chip | ranges | formats | dataflow | ring | changed ROWSxCOLUMNS. On a mock fast dispatch has to reach every chip of a mesh; `chip` wants slow dispatch.
"""
import ctypes
import itertools
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn

SOURCE = "void kernel_main() {}"


def cores(*corners):
    """A set of ranges of logical cores, each (x0, y0, x1, y1)."""
    return ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(x0, y0), ttnn.CoreCoord(x1, y1)) for x0, y0, x1, y1 in corners])


def buffer(number, total, where, over=None):
    """A circular buffer; over a tensor's memory when one is given."""
    if over is not None:
        return ttnn.cb_descriptor_from_sharded_tensor(number, over)
    page = ttnn.CBFormatDescriptor(buffer_index=number, data_format=ttnn.bfloat16, page_size=2048)
    return ttnn.CBDescriptor(total_size=total, core_ranges=where, format_descriptors=[page])


def program(where, buffers, tag=0):
    """One reading kernel; `tag` makes its arguments, and so the program, differ from another."""
    kernel = ttnn.KernelDescriptor(kernel_source=SOURCE, source_type=ttnn.KernelDescriptor.SourceType.SOURCE_CODE, core_ranges=where,
                                   compile_time_args=[tag], config=ttnn.ReaderConfigDescriptor())
    return ttnn.ProgramDescriptor(kernels=[kernel], cbs=buffers, semaphores=[])


def launch(x, descriptor):
    out = ttnn.empty_like(x)
    ttnn.generic_op([x, out], descriptor)


def span(*corners):
    return ttnn.MeshCoordinateRange(ttnn.MeshCoordinate(*corners[:2]), ttnn.MeshCoordinate(*corners[2:]))


def on_parts(parts):
    """Programs of one workload, each on a part of a mesh of 2 x 4 chips. {corners of the part: its chips in the mesh's order}."""
    device = open_device((2, 4))
    ids = device.get_device_ids()
    x = allocate(device)
    where = cores((0, 0, 1, 1))
    launch(x, ttnn.MeshProgramDescriptor({span(*corners): program(where, [buffer(0, 4096 * (i + 1), where)], i)
                                          for i, corners in enumerate(parts)}))
    wanted = {chip: 0 for chip in ids} | {ids[chip]: 4 * 4096 * (i + 1) for i, chips in enumerate(parts.values()) for chip in chips}
    checkpoint("launched", [device], bytes=wanted)
    device.clear_program_cache()
    checkpoint("cleared", [device], bytes={chip: 0 for chip in ids})


def in_ranges():
    """Circular buffers whose ranges overlap or lie apart, and one over a tensor."""
    device = open_device()
    x = allocate(device)
    several = cores((0, 0, 1, 3), (4, 4, 4, 4))
    one = cores((0, 0, 0, 0))
    sharded = ttnn.create_sharded_memory_config([1, 1, 64, 64], ttnn.CoreGrid(y=2, x=2), ttnn.ShardStrategy.BLOCK)
    tensor = ttnn.empty((1, 1, 64, 64), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=sharded)
    launch(x, program(several, [buffer(0, 8192, several), buffer(1, 4096, one), buffer(2, 0, None, tensor)]))
    checkpoint("ranges", [device], own=9 * 8192 + 4096, over=int(tensor.buffer_address()))
    del tensor


def in_formats():
    """Circular buffers of several numbers and data formats; two numbers share one buffer."""
    device = open_device()
    x = allocate(device)
    where = cores((0, 0, 1, 1))
    formats = {0: (ttnn.bfloat16, 2048), 3: (ttnn.bfloat8_b, 1088), 16: (ttnn.float32, 4096), 31: (ttnn.uint32, 4096)}
    described = {number: ttnn.CBFormatDescriptor(buffer_index=number, data_format=dtype, page_size=page) for number, (dtype, page) in formats.items()}
    buffers = [ttnn.CBDescriptor(total_size=size, core_ranges=where, format_descriptors=[described[number] for number in numbers])
               for size, numbers in ((4096, [0]), (8704, [3]), (12288, [16, 31]))]
    launch(x, program(where, buffers))
    checkpoint("formats", [device], uses=[[4096, [0], "Float16_b"], [8704, [3], "Bfp8_b"], [12288, [16, 31], "Float32"]])


def dataflow():
    """Matmuls, whose inputs go through dataflow buffers 0 and 1 in the tensors' own data types."""
    device = open_device()
    names = {ttnn.bfloat16: "Float16_b", ttnn.bfloat8_b: "Bfp8_b", ttnn.bfloat4_b: "Bfp4_b", ttnn.float32: "Float32"}
    for left, right in itertools.product(names, repeat=2):
        x, y = (ttnn.empty((64, 64), dtype=dtype, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG) for dtype in (left, right))
        ttnn.matmul(x, y)
        checkpoint("dataflow", [device], inputs=[names[left], names[right]])
        device.clear_program_cache()


def rings():
    """The state of tt-metal's kernel-config rings in its own memory (tests/support/ring_probe.cpp), by core type."""
    said, probe = [], ctypes.CDLL(None).ring_probe
    for core_type in range(3):
        out = (ctypes.c_uint64 * 4)()
        assert probe(core_type, out)
        said.append(dict(zip(("used_bytes", "programs", "capacity_bytes", "launches"), out)))
    return said


def round_the_ring():
    """60 programs, each other than the rest; then all of them again, from the cache."""
    device = open_device()
    x = allocate(device)
    programs = []
    for i in range(60):
        where = cores((0, 0, i % 8, i // 8))
        programs.append(program(where, [buffer(j, 2048 * (1 + i % 3), where) for j in range(1 + i % 20)], i))
    for again in range(2):
        for i, one in enumerate(programs):
            launch(x, one)
            if i % 4 == 0 or i > 56:
                checkpoint(f"{'again' if again else 'first'} {i}", rings=rings())
    device.clear_program_cache()
    checkpoint("cleared", rings=rings())


def changed(shape):
    """A cached program whose circular buffers change between launches: one lies over another tensor, two get other sizes. generic_op makes one for
    each chip. tests/support/resize_probe.cpp does what no operation of ttnn 0.81.1 does any more."""
    device = open_device(shape)
    x, where = allocate(device), cores((0, 0, 1, 1))
    sharded = ttnn.create_sharded_memory_config([1, 1, 64, 64], ttnn.CoreGrid(y=2, x=2), ttnn.ShardStrategy.BLOCK)
    tensors = [ttnn.empty((1, 1, 64, 64), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=sharded) for _ in range(2)]

    def launch_over(tensor, label, own):
        descriptor = program(where, [buffer(0, 4096, where), buffer(1, 8192, where), buffer(2, 0, None, tensor)])
        descriptor.custom_program_hash = 77
        launch(x, descriptor)
        checkpoint(label, [device], own=own, over=int(tensor.buffer_address()), cached=device.num_program_cache_entries())

    resize = ctypes.CDLL(None).resize_probe
    launch_over(tensors[0], "first", [4096, 8192])
    launch_over(tensors[0], "again", [4096, 8192])
    launch_over(tensors[1], "moved", [4096, 8192])
    launch_over(tensors[1], "again", [4096, 8192])
    for size in (6144, 2048):
        assert resize(size) > 0
        launch_over(tensors[1], f"resized to {size}", [size, size])
    launch_over(tensors[0], "moved back", [2048, 2048])
    del tensors


if __name__ == "__main__":
    if sys.argv[1] == "changed":
        changed(tuple(int(n) for n in sys.argv[2].split("x")))
        host_protocol.tell(end=True)
        sys.exit()
    {"parts": lambda: on_parts({(0, 0, 0, 1): [0, 1], (1, 0, 1, 3): [4, 5, 6, 7], (0, 2, 0, 3): [2, 3]}),
     "chip": lambda: on_parts({(1, 2, 1, 2): [6]}),
     "ranges": in_ranges, "formats": in_formats, "dataflow": dataflow, "ring": round_the_ring}[sys.argv[1]]()
    host_protocol.tell(end=True)
