# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""More than a hundred of ttnn's operations, by name, on tensors in DRAM with results in DRAM, so that L1 has what their programs take and no more.

Imported by programs that look at them one by one. An operation that a release or a board refuses is refused there without tracking, too.
"""
from host_protocol import ttnn

ROWS, TILES, DRAM = ttnn.ROW_MAJOR_LAYOUT, ttnn.TILE_LAYOUT, ttnn.DRAM_MEMORY_CONFIG

UNARY = ("abs acos asin atan cbrt ceil cos cosh deg2rad digamma elu erf erfc erfinv exp exp2 expm1 floor frac gelu hardsigmoid hardswish hardtanh i0 "
         "isfinite isinf isnan lgamma log log10 log1p log2 logical_not log_sigmoid mish neg rad2deg reciprocal relu relu6 round rsqrt selu sigmoid "
         "sigmoid_accurate sign signbit silu sin sinh softplus softsign sqrt square swish tan tanh tanhshrink trunc").split()
BINARY = ("add subtract multiply divide maximum minimum eq ne lt le gt ge logical_and logical_or logical_xor squared_difference hypot atan2 "
          "logaddexp logaddexp2 xlogy addalpha").split()
REDUCTIONS = "sum mean max min std var".split()


def operations(device):
    """name -> what runs it."""

    def empty(*shape, layout=TILES, dtype=ttnn.bfloat16):
        return ttnn.empty(shape, dtype=dtype, layout=layout, device=device, memory_config=DRAM)

    x, y, z = empty(1, 1, 512, 512), empty(1, 1, 512, 512), empty(1, 1, 512, 512)
    tall, batch = empty(1, 1, 512, 128), empty(1, 2, 128, 256)
    lines, more_lines = empty(1, 1, 64, 1024, layout=ROWS), empty(1, 1, 64, 1024, layout=ROWS)
    integers = empty(1, 1, 64, 64, dtype=ttnn.uint32)
    words = empty(1, 32, layout=ROWS, dtype=ttnn.uint32)
    picture = empty(1, 1, 32 * 32, 32, layout=ROWS)
    found = {}

    def add(name, run):
        found[name] = run

    for name in UNARY:
        if hasattr(ttnn, name):
            add(name, lambda op=getattr(ttnn, name): op(x))
    for name in BINARY:
        if not hasattr(ttnn, name):
            continue
        extra = (1.0,) if name == "addalpha" else ()
        add(name, lambda op=getattr(ttnn, name), extra=extra: op(x, y, *extra))
    for name in REDUCTIONS:
        add(name, lambda op=getattr(ttnn, name): op(x, dim=-1))
        add(name + " over rows", lambda op=getattr(ttnn, name): op(x, dim=-2))
    add("add a number", lambda: ttnn.add(x, 2.0))
    add("multiply a number", lambda: ttnn.multiply(x, 2.0))
    add("pow", lambda: ttnn.pow(x, 3))
    add("clamp", lambda: ttnn.clamp(x, min=0.0, max=1.0))
    add("leaky_relu", lambda: ttnn.leaky_relu(x, 0.1))
    add("where", lambda: ttnn.where(x, y, z))
    add("lerp", lambda: ttnn.lerp(x, y, 0.5))
    add("addcmul", lambda: ttnn.addcmul(x, y, z, value=1.0))
    add("typecast", lambda: ttnn.typecast(x, ttnn.bfloat8_b))
    add("typecast to float32", lambda: ttnn.typecast(x, ttnn.float32))
    add("bitwise_and", lambda: ttnn.bitwise_and(ttnn.typecast(integers, ttnn.int32), 3))
    add("matmul", lambda: ttnn.matmul(x, y))
    add("matmul tall", lambda: ttnn.matmul(x, tall))
    add("linear", lambda: ttnn.linear(x, y))
    add("softmax", lambda: ttnn.softmax(x, dim=-1))
    add("layer_norm", lambda: ttnn.layer_norm(x))
    add("rms_norm", lambda: ttnn.rms_norm(x))
    add("argmax", lambda: ttnn.argmax(lines, dim=-1))
    add("topk", lambda: ttnn.topk(empty(1, 1, 32, 64), 32))
    add("sort", lambda: ttnn.sort(empty(1, 1, 32, 64)))
    add("cumsum", lambda: ttnn.cumsum(x, dim=-2))
    add("prod", lambda: ttnn.prod(x, dim=-1))
    add("transpose", lambda: ttnn.transpose(x, -2, -1))
    add("transpose channels", lambda: ttnn.transpose(batch, 1, 2))
    add("permute", lambda: ttnn.permute(batch, (0, 2, 1, 3)))
    add("permute lines", lambda: ttnn.permute(lines, (0, 1, 3, 2)))
    add("reshape", lambda: ttnn.reshape(x, (1, 1, 256, 1024)))
    add("reshape lines", lambda: ttnn.reshape(lines, (1, 1, 128, 512)))
    add("concat", lambda: ttnn.concat([x, y], dim=-1))
    add("concat lines", lambda: ttnn.concat([lines, more_lines], dim=-2))
    add("slice", lambda: ttnn.slice(x, (0, 0, 0, 0), (1, 1, 256, 256)))
    add("slice lines", lambda: ttnn.slice(lines, (0, 0, 0, 0), (1, 1, 32, 512)))
    add("slice in steps", lambda: ttnn.slice(lines, (0, 0, 0, 0), (1, 1, 64, 1024), (1, 1, 2, 1)))
    add("split", lambda: ttnn.split(x, 256, -1))
    add("chunk", lambda: ttnn.chunk(x, 2, -1))
    add("pad", lambda: ttnn.pad(x, [(0, 0), (0, 0), (0, 64), (0, 64)], 0.0))
    add("pad lines", lambda: ttnn.pad(lines, [(0, 0), (0, 0), (0, 6), (0, 32)], 0.0))
    add("repeat", lambda: ttnn.repeat(x, (1, 1, 2, 1)))
    add("repeat_interleave", lambda: ttnn.repeat_interleave(x, 2, dim=0))
    add("tilize", lambda: ttnn.tilize(lines))
    add("untilize", lambda: ttnn.untilize(x))
    add("to rows", lambda: ttnn.to_layout(x, ROWS))
    add("to tiles", lambda: ttnn.to_layout(lines, TILES))
    add("clone", lambda: ttnn.clone(x))
    add("clone in float32", lambda: ttnn.clone(x, dtype=ttnn.float32))
    add("copy", lambda: ttnn.copy(x, y))
    add("full_like", lambda: ttnn.full_like(x, 1.0))
    add("fill_implicit_tile_padding", lambda: ttnn.fill_implicit_tile_padding(empty(1, 1, 40, 40), 0.0))
    add("embedding", lambda: ttnn.embedding(words, empty(64, 512, layout=ROWS)))
    add("embedding in tiles", lambda: ttnn.embedding(words, empty(64, 512, layout=ROWS), layout=TILES))
    add("gather", lambda: ttnn.gather(empty(1, 1, 32, 64), -1, index=empty(1, 1, 32, 32, dtype=ttnn.uint16)))
    add("moreh_sum", lambda: ttnn.moreh_sum(x, dim=2) if hasattr(ttnn, "moreh_sum") else ttnn.operations.moreh.sum(x, dim=2))
    add("roll", lambda: ttnn.roll(x, 32, -1))
    add("triu", lambda: ttnn.triu(x))
    add("tril", lambda: ttnn.tril(x))
    add("geglu", lambda: ttnn.geglu(x, -1))
    add("max_pool2d", lambda: ttnn.max_pool2d(picture, 1, 32, 32, 32, [2, 2], [2, 2], [0, 0], [1, 1]))
    add("avg_pool2d", lambda: ttnn.avg_pool2d(picture, 1, 32, 32, 32, (2, 2), (2, 2), (0, 0)))
    add("upsample", lambda: ttnn.upsample(empty(1, 16, 16, 32, layout=ROWS), 2))
    add("split heads", lambda: ttnn.experimental.nlp_create_qkv_heads(empty(1, 1, 128, 768), num_heads=4, num_kv_heads=4, transpose_k_heads=False))
    add("join heads", lambda: ttnn.experimental.nlp_concat_heads(empty(1, 4, 128, 64)))
    add("attention", lambda: ttnn.transformer.scaled_dot_product_attention(*[empty(1, 2, 128, 64) for _ in range(3)], is_causal=True))
    return found
