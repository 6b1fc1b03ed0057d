# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A small decoder that allocates as one does: weights that stay, a cache that grows, activations of layers, a cache page that is forgotten now and then, and a
request that does not fit. Nothing is computed. tests/web/decoder.ttrec is a recording of it on a mock N300, which the tests of the recording's page open:

    TT_METAL_MOCK_CLUSTER_DESC_PATH=tests/support/clusters/n300.yaml ttmem record --redact -o tests/web/decoder.ttrec -- python tests/web/decoder.py
"""
import contextlib
import ctypes
import functools
import time

import ttnn

LAYERS, HIDDEN, STEPS = 12, 4096, 14
DRAM, L1 = ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG
empty = functools.partial(ttnn.empty, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT)  # adds no line of its own to a stack
hooks = ctypes.CDLL(None)  # what ttmem.region of the Python package calls
hooks.tt_alloc_name_context.argtypes, hooks.tt_alloc_name_context.restype = [ctypes.c_char_p], ctypes.c_uint32
hooks.tt_alloc_set_context.argtypes, hooks.tt_alloc_set_context.restype = [ctypes.c_uint32], ctypes.c_uint32


@contextlib.contextmanager
def region(name):
    before = hooks.tt_alloc_set_context(hooks.tt_alloc_name_context(name.encode()))
    try:
        yield
    finally:
        hooks.tt_alloc_set_context(before)


class Layer:
    def __init__(self, device, number):
        self.device, self.name = device, f"layers.{number}"
        with region("weights"):
            self.weights = self.load_attention() + self.load_feed_forward()

    def load_attention(self):
        return [empty((HIDDEN, width), device=self.device, memory_config=DRAM) for width in (HIDDEN * 3, HIDDEN)]

    def load_feed_forward(self):
        return [empty(shape, device=self.device, memory_config=DRAM) for shape in ((HIDDEN, HIDDEN * 4), (HIDDEN * 4, HIDDEN))]

    def attention(self, hidden):
        queries = empty((128, HIDDEN * 3), device=self.device, memory_config=L1)
        scores = empty((1024, 2048), device=self.device, memory_config=L1)
        mixed = ttnn.add(hidden, hidden, memory_config=L1)
        del queries, scores
        return mixed

    def feed_forward(self, hidden):
        wide = empty((512, HIDDEN * 4), device=self.device, memory_config=L1)
        gated = ttnn.multiply(wide, wide, memory_config=L1)
        result = ttnn.add(hidden, hidden, memory_config=L1)
        del wide, gated
        return result

    def forward(self, hidden):
        with region("attention"):
            hidden = self.attention(hidden)
        with region("feed forward"):
            return self.feed_forward(hidden)


class Cache:
    def __init__(self, device):
        self.device, self.pages, self.forgotten = device, [], []

    def extend(self, step):
        with region("kv cache"):
            self.pages.append(empty((8192, HIDDEN), device=self.device, memory_config=DRAM))
            if step % 3 == 1:
                self.forget(step)

    def forget(self, step):
        self.forgotten.append(empty((1024 * (step + 8), HIDDEN), device=self.device, memory_config=DRAM))


def decode(layers, cache, device, step):
    cache.extend(step)
    hidden = empty((128, HIDDEN), device=device, memory_config=L1)
    for layer in layers:
        hidden = layer.forward(hidden)
        time.sleep(0.002)


def too_long(device):
    with region("prefill"), contextlib.suppress(RuntimeError):
        empty((1 << 14, 1 << 13), device=device, memory_config=L1)


def main():
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 2), l1_small_size=16384)
    layers = [Layer(device, number) for number in range(LAYERS)]
    kept = []  # by mistake
    for request in range(3):
        cache = Cache(device)
        for step in range(STEPS):
            decode(layers, cache, device, step)
        if request == 1:
            too_long(device)
        kept.append(cache.forgotten)
    ttnn.close_mesh_device(device)


if __name__ == "__main__":
    main()
