# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A program of random calls, for dry runs: operations of many families on tensors of random shapes, layouts and places, with traces, events, reads and
collectives between them. ttnn may refuse a call (RuntimeError and its like); a crash is what it looks for. Prints a JSON object of what it saw.

usage: dry_random.py ROWSxCOLUMNS SEED CALLS [queues] [sub_devices]
"""
import json
import random
import sys

import ttnn

import dry_peaks

rows, columns = (int(part) for part in sys.argv[1].split("x"))
chance, calls = random.Random(int(sys.argv[2])), int(sys.argv[3])
queues = 2 if "queues" in sys.argv[4:] else 1
if rows * columns > 1:
    ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
device = ttnn.open_mesh_device(ttnn.MeshShape(rows, columns), num_command_queues=queues, trace_region_size=1 << 20, l1_small_size=16384)
peaks, pool, traces = dry_peaks.Peaks(), [], []
KEPT = 24
PLACES = (ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG)
UNARY = ("relu", "gelu", "exp", "sqrt", "sigmoid", "silu", "tanh", "neg", "abs", "log", "cos", "square", "reciprocal", "isfinite", "erf", "mish", "softplus")
BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "eq", "gt", "pow", "atan2", "squared_difference", "logical_and")
REDUCTION = ("sum", "mean", "max", "min", "std", "var")


def made(height=None, width=None, batch=None, layout=ttnn.TILE_LAYOUT, dtype=ttnn.bfloat16):
    shape = [batch or chance.choice((1, 1, 2, 3)), 1, height or 32 * chance.randint(1, 6), width or 32 * chance.randint(1, 6)]
    return ttnn.zeros(shape, dtype=dtype, layout=layout, device=device, memory_config=chance.choice(PLACES))


def any_tensor():
    return chance.choice(pool) if pool and chance.random() < 0.7 else made()


def line(count, dtype=ttnn.uint32):
    return ttnn.zeros([1, count], dtype=dtype, layout=ttnn.ROW_MAJOR_LAYOUT, device=device)


def sharded():
    tensor = made(32 * chance.choice((2, 4, 8)), 32 * chance.randint(1, 4), 1)
    strategy = chance.choice((ttnn.ShardStrategy.HEIGHT, ttnn.ShardStrategy.BLOCK, ttnn.ShardStrategy.WIDTH))
    grid = ttnn.CoreGrid(y=2, x=1) if strategy == ttnn.ShardStrategy.HEIGHT else ttnn.CoreGrid(y=1, x=1)
    return ttnn.to_memory_config(tensor, ttnn.create_sharded_memory_config(tensor.shape, grid, strategy))


def convolution():
    size, into, out = chance.choice((8, 16)), chance.choice((16, 32)), chance.choice((32, 64))
    image = made(size * size, into, 1, ttnn.ROW_MAJOR_LAYOUT)
    weights = ttnn.from_device(ttnn.zeros([out, into, 3, 3], dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device))
    return ttnn.conv2d(input_tensor=image, weight_tensor=ttnn.get_device_tensors(weights)[0], device=device, in_channels=into, out_channels=out, batch_size=1,
                       input_height=size, input_width=size, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)


def pooling():
    options = {"batch_size": 1, "input_h": 16, "input_w": 16, "channels": 32, "kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0]}
    image = made(256, 32, 1, ttnn.ROW_MAJOR_LAYOUT)
    return ttnn.max_pool2d(image, dilation=[1, 1], **options) if chance.random() < 0.5 else ttnn.avg_pool2d(image, **options)


def attention():
    heads = ttnn.zeros([1, 4, 64, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    return ttnn.transformer.scaled_dot_product_attention(heads, heads, heads, is_causal=chance.random() < 0.5)


def heads_and_caches():
    cache = ttnn.zeros([1, 4, 64, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    ttnn.fill_cache(cache, ttnn.zeros([1, 4, 32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device), 0)
    together, *_ = ttnn.experimental.nlp_create_qkv_heads(made(32, 768, 1), num_heads=4, num_kv_heads=4, transpose_k_heads=False)
    return ttnn.experimental.nlp_concat_heads(together)


def host_and_back():
    source = any_tensor()
    host = ttnn.from_device(source)
    ttnn.get_device_tensors(host)[0].to_list()
    ttnn.copy_host_to_device_tensor(host, source, cq_id=chance.randrange(queues))
    return ttnn.to_device(host, device, memory_config=chance.choice(PLACES))


def events():
    there, here = chance.randrange(queues), chance.randrange(queues)
    event = ttnn.record_event(device, there)
    ttnn.wait_for_event(here, event)
    if chance.random() < 0.3:
        ttnn.event_synchronize(event)


def trace():
    queue = chance.randrange(queues)
    number = ttnn.begin_trace_capture(device, cq_id=queue)
    try:
        results = [chance.choice((unary, binary, multiplication, reduction))() for _ in range(chance.randint(0, 4))]
    finally:
        ttnn.end_trace_capture(device, number, cq_id=queue)
    traces.append((number, queue))
    return results[0] if results else None


def replay():
    if traces:
        number, queue = chance.choice(traces)
        ttnn.execute_trace(device, number, cq_id=queue, blocking=chance.random() < 0.5)
        if chance.random() < 0.4:
            traces.remove((number, queue))
            ttnn.release_trace(device, number)
            ttnn.execute_trace(device, number, cq_id=queue, blocking=False)  # an error of tt-metal


def sub_devices():
    if "sub_devices" not in sys.argv[4:]:
        return
    cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(3, 3))])
    others = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(4, 0), ttnn.CoreCoord(5, 3))])
    manager = device.create_sub_device_manager([ttnn.SubDevice([cores]), ttnn.SubDevice([others])], chance.choice((0, 3200)))
    device.load_sub_device_manager(manager)
    try:
        device.set_sub_device_stall_group([ttnn.SubDeviceId(chance.randrange(2))])
        ttnn.synchronize_device(device, sub_device_ids=[ttnn.SubDeviceId(0)])
        device.reset_sub_device_stall_group()
    finally:
        device.clear_loaded_sub_device_manager()
        device.remove_sub_device_manager(manager)


def collective():
    axis = 1 if columns > 1 else 0
    source, options = made(64, 256, 1), {"cluster_axis": axis, "topology": ttnn.Topology.Linear, "num_links": 1}
    there = ttnn.MeshCoordinate(chance.randrange(rows), chance.randrange(columns))
    return chance.choice((lambda: ttnn.all_gather(source, dim=chance.choice((2, 3)), **options), lambda: ttnn.reduce_scatter(source, dim=3, **options),
                          lambda: ttnn.all_reduce(source, **options), lambda: ttnn.all_broadcast(source, **options)[0],
                          lambda: ttnn.broadcast(source, sender_coord=there, **options), lambda: ttnn.mesh_partition(source, dim=3, cluster_axis=axis),
                          lambda: ttnn.point_to_point(source, ttnn.MeshCoordinate(0, 0), there, topology=ttnn.Topology.Linear)))()


def random_numbers():
    return chance.choice((lambda: ttnn.rand([1, 1, 64, 64], device=device), lambda: ttnn.uniform(made(), 0.0, 1.0), lambda: ttnn.bernoulli(made()),
                          lambda: ttnn.experimental.dropout(made(), probability=0.1, scale=1.0, seed=1)))()


def chosen():
    return chance.choice((lambda: ttnn.topk(made(32, 64), 32, dim=-1)[0], lambda: ttnn.argmax(ttnn.to_layout(made(), ttnn.ROW_MAJOR_LAYOUT), dim=-1),
                          lambda: ttnn.sort(made(32, 64, 1), dim=-1)[0], lambda: ttnn.cumsum(made(), dim=-2), lambda: ttnn.nonzero(
                              made(1, 64, 1, ttnn.ROW_MAJOR_LAYOUT))[0], lambda: ttnn.where(made(64, 64, 1), made(64, 64, 1), made(64, 64, 1))))()


def moved():
    source = any_tensor()
    return chance.choice((lambda: ttnn.to_memory_config(source, chance.choice(PLACES)), lambda: ttnn.to_layout(source, ttnn.ROW_MAJOR_LAYOUT),
                          lambda: ttnn.typecast(source, chance.choice((ttnn.bfloat8_b, ttnn.float32, ttnn.uint32))), lambda: ttnn.clone(source),
                          lambda: ttnn.move(made()), lambda: ttnn.sharded_to_interleaved(sharded(), ttnn.L1_MEMORY_CONFIG), sharded,
                          lambda: ttnn.copy(made(64, 64, 1), made(64, 64, 1))))()


def reshaped():
    source = any_tensor()
    return chance.choice((lambda: ttnn.permute(source, (0, 1, 3, 2)), lambda: ttnn.transpose(source, -1, -2), lambda: ttnn.concat([source, source], dim=-1),
                          lambda: ttnn.slice(source, [0, 0, 0, 0], [1, 1, 32, 32]), lambda: ttnn.pad(source, [(0, 0), (0, 0), (0, 32), (0, 32)], 0.0),
                          lambda: ttnn.repeat(source, ttnn.Shape([1, 1, 2, 1])), lambda: ttnn.split(source, 32, dim=-1)[0], lambda: ttnn.reshape(source, [-1, 32]),
                          lambda: ttnn.tilize(made(64, 64, 1, ttnn.ROW_MAJOR_LAYOUT)), lambda: ttnn.untilize(made()), lambda: ttnn.unsqueeze(source, 0)))()


def unary():
    return getattr(ttnn, chance.choice(UNARY))(any_tensor(), memory_config=chance.choice(PLACES))


def binary():
    source = any_tensor()
    return getattr(ttnn, chance.choice(BINARY))(source, chance.choice((source, 2.0)))


def multiplication():
    inner = 32 * chance.randint(1, 6)
    return chance.choice((ttnn.matmul, ttnn.linear))(made(width=inner, batch=1), made(height=inner, batch=1), memory_config=chance.choice(PLACES))


def reduction():
    return getattr(ttnn, chance.choice(REDUCTION))(any_tensor(), dim=chance.choice((-1, -2)), keepdim=True)


def normalised():
    return chance.choice((ttnn.softmax, ttnn.layer_norm, ttnn.rms_norm))(any_tensor())


def looked_up():
    return ttnn.embedding(line(32), ttnn.zeros([128, 64], dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device), layout=chance.choice(
        (ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT)))


def the_devices_own():
    chance.choice((lambda: ttnn.synchronize_device(device), lambda: ttnn.ReadDeviceProfiler(device), lambda: device.enable_program_cache(),
                   lambda: device.clear_program_cache(), lambda: ttnn.device.dump_device_memory_state(device), lambda: device.num_program_cache_entries(),
                   lambda: device.get_num_devices()))()


FAMILIES = {each.__name__: each for each in (
    unary, binary, multiplication, reduction, normalised, reshaped, moved, looked_up, chosen, random_numbers, convolution, pooling, attention, heads_and_caches,
    host_and_back, events, trace, replay, sub_devices, the_devices_own, *((collective,) if rows * columns > 1 else ()))}
ran, refused = dict.fromkeys(FAMILIES, 0), {}
for _ in range(calls):
    name = chance.choice(tuple(FAMILIES))
    try:
        result = FAMILIES[name]()
        ran[name] += 1
        if result is not None:
            pool.append(result)
    except (RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
        refused.setdefault(name, str(error).split("backtrace")[0][:300])
    if len(pool) > KEPT:
        del pool[chance.randrange(len(pool))]
    peaks.look(device)
print(json.dumps({"peaks": peaks.highest, "ran": ran, "refused": refused}))
for number, _ in traces:
    ttnn.release_trace(device, number)
pool.clear()
ttnn.close_mesh_device(device)
if rows * columns > 1:
    ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)
