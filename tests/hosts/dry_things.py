# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Calls of real programs besides allocations, for dry runs on boards where a plain mock crashes. Prints a JSON object of what it saw.

usage: dry_things.py ROWSxCOLUMNS THING
"""
import json
import sys

import numpy as np
import ttnn

rows, columns = (int(part) for part in sys.argv[1].split("x"))
thing = sys.argv[2]
queues = 2 if thing == "queues" else 1
if thing == "ccl":
    ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
device = ttnn.open_mesh_device(ttnn.MeshShape(rows, columns), num_command_queues=queues, trace_region_size=1 << 20, l1_small_size=16384)
seen = {}


def tile(height=64, width=64, **more):
    return ttnn.zeros([1, 1, height, width], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, **more)


def refusal(call):
    """The first line of what the call raised; None where it went through."""
    try:
        call()
    except RuntimeError as error:
        return str(error).split("backtrace")[0]
    return None


def dram():
    view = ttnn.get_memory_view(device, ttnn.BufferType.DRAM)
    return view.total_bytes_allocated_per_bank * view.num_banks


def trace():
    source = tile()
    ttnn.add(source, source)
    before = dram()
    number = ttnn.begin_trace_capture(device, cq_id=0)
    seen["twice"] = refusal(lambda: ttnn.begin_trace_capture(device, cq_id=0))
    kept = ttnn.add(source, source)
    big = ttnn.matmul(tile(256, 256), tile(256, 256))
    ttnn.end_trace_capture(device, number, cq_id=0)
    seen["held_by_operations"] = dram() - before
    seen["end_again"] = refusal(lambda: ttnn.end_trace_capture(device, number, cq_id=0))
    for _ in range(3):
        ttnn.execute_trace(device, number, cq_id=0, blocking=False)
    ttnn.synchronize_device(device)
    other = ttnn.begin_trace_capture(device, cq_id=0)
    ttnn.end_trace_capture(device, other, cq_id=0)
    seen["ids"] = [str(number), str(other)]
    ttnn.release_trace(device, number)
    seen["after_release"] = refusal(lambda: ttnn.execute_trace(device, number, cq_id=0, blocking=True))
    ttnn.execute_trace(device, other, cq_id=0, blocking=True)
    ttnn.release_trace(device, other)
    del kept, big


def queues_and_events():
    source = tile()
    host = ttnn.from_device(source)
    for _ in range(10):
        ttnn.copy_host_to_device_tensor(host, source, cq_id=1)
        written = ttnn.record_event(device, 1)
        ttnn.wait_for_event(0, written)
        ttnn.add(source, source)
        read = ttnn.record_event(device, 0)
        ttnn.wait_for_event(1, read)
    ttnn.event_synchronize(read)
    ttnn.synchronize_device(device)
    # Two captures at the same time, each replayed on the other's queue.
    numbers = [ttnn.begin_trace_capture(device, cq_id=queue) for queue in (0, 1)]
    ttnn.relu(source)
    for queue, number in enumerate(numbers):
        ttnn.end_trace_capture(device, number, cq_id=queue)
    for queue, number in enumerate(numbers[::-1]):
        ttnn.execute_trace(device, number, cq_id=queue, blocking=False)
    ttnn.synchronize_device(device)
    for number in numbers:
        ttnn.release_trace(device, number)


def sub_devices():
    half = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(3, 3))])
    manager = device.create_sub_device_manager([ttnn.SubDevice([half])], 3200)
    device.load_sub_device_manager(manager)
    device.set_sub_device_stall_group([ttnn.SubDeviceId(0)])
    source = ttnn.zeros([1, 1, 64, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    ttnn.relu(source, sub_core_grids=half)
    number = ttnn.begin_trace_capture(device, cq_id=0)
    ttnn.relu(source, sub_core_grids=half)
    ttnn.end_trace_capture(device, number, cq_id=0)
    ttnn.execute_trace(device, number, cq_id=0, blocking=True)
    ttnn.release_trace(device, number)
    ttnn.synchronize_device(device, sub_device_ids=[ttnn.SubDeviceId(0)])
    del source
    device.reset_sub_device_stall_group()
    device.clear_loaded_sub_device_manager()
    device.remove_sub_device_manager(manager)


def reads():
    """More reads than a mock's queue of them has room for; the same finite values each time."""
    source = ttnn.full([1, 1, 64, 64], 3.5, dtype=ttnn.float32, layout=ttnn.TILE_LAYOUT, device=device)
    first = ttnn.from_device(source)
    values = {tuple(np.unique(np.array(tensor.to_list()))) for tensor in ttnn.get_device_tensors(first)}
    for _ in range(9000):
        last = ttnn.from_device(source)
    values |= {tuple(np.unique(np.array(tensor.to_list()))) for tensor in ttnn.get_device_tensors(last)}
    seen["values"] = sorted(list(each) for each in values)


def random_numbers():
    source = tile(32, 64)
    for call in (lambda: ttnn.rand([1, 1, 64, 64], device=device), lambda: ttnn.randn([1, 1, 64, 64], device=device),
                 lambda: ttnn.uniform(source, 0.0, 1.0), lambda: ttnn.bernoulli(source),
                 lambda: ttnn.experimental.dropout(source, probability=0.1, scale=1.0, seed=1)):
        call()
    line = {"layout": ttnn.ROW_MAJOR_LAYOUT, "device": device}
    chosen = ttnn.sampling(source, ttnn.zeros([1, 1, 32, 64], dtype=ttnn.int32, **line), k=ttnn.ones([32], dtype=ttnn.uint32, **line),
                           p=ttnn.zeros([32], dtype=ttnn.bfloat16, **line), temp=ttnn.zeros([32], dtype=ttnn.bfloat16, **line))
    seen["sampled"] = list(chosen.shape)


def to_the_host_and_back():
    source = tile()
    first = ttnn.get_device_tensors(ttnn.from_device(source))[0]
    again = first.to(device)
    ttnn.copy_host_to_device_tensor(ttnn.from_device(source), again)
    seen["printed"] = "shape" in str(again)
    seen["values"] = sorted(set(np.array(first.to_list()).flatten().tolist()))


def collectives():
    """Over the links of a mesh, plain and in a trace."""
    source = tile(64, 256)
    options = {"cluster_axis": 1, "topology": ttnn.Topology.Linear, "num_links": 1}

    def gather():
        return ttnn.all_gather(source, dim=3, **options)

    number = ttnn.begin_trace_capture(device, cq_id=0)
    in_a_trace = gather()
    ttnn.end_trace_capture(device, number, cq_id=0)
    ttnn.execute_trace(device, number, cq_id=0, blocking=True)
    ttnn.release_trace(device, number)
    made = [in_a_trace, gather(), ttnn.reduce_scatter(source, dim=3, **options), ttnn.all_reduce(source, **options)]
    # Programs on a part of the mesh, of which the other chips get go signals.
    made += [ttnn.point_to_point(source, ttnn.MeshCoordinate(0, 0), ttnn.MeshCoordinate(0, at), topology=ttnn.Topology.Linear) for at in range(1, columns)]
    ttnn.synchronize_device(device)
    seen["widths"] = [each.shape[-1] for each in made]


def operations():
    """Operations whose programs a mock refuses for another dispatch's grid, random numbers, embedding, tilize of more than a MiB; reads and the profiler."""
    wide = tile(1024, 1024)
    for call in (lambda: ttnn.matmul(wide, wide), lambda: ttnn.mean(wide, dim=-1), lambda: ttnn.transpose(wide, -1, -2),
                 lambda: ttnn.to_memory_config(wide, ttnn.L1_MEMORY_CONFIG)):
        call()
    rows_ = ttnn.zeros([1, 1, 4096, 1024], dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device)
    ttnn.tilize(rows_)
    ids = ttnn.zeros([1, 32], dtype=ttnn.uint32, layout=ttnn.ROW_MAJOR_LAYOUT, device=device)
    ttnn.embedding(ids, ttnn.zeros([128, 64], dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device))
    random_numbers()
    to_the_host_and_back()
    ttnn.ReadDeviceProfiler(device)
    ttnn.device.dump_device_memory_state(device)
    grid = device.compute_with_storage_grid_size()
    seen["grid"] = [grid.x, grid.y]


THINGS = {"trace": trace, "queues": queues_and_events, "sub_devices": sub_devices, "reads": reads, "operations": operations,
          "ccl": collectives}
THINGS[thing]()
print(json.dumps(seen))
ttnn.close_mesh_device(device)
if thing == "ccl":
    ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)
