#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A small transformer-like ttnn workload whose device memory is worth watching.

It holds the weights of a decoder (bfloat8_b, DRAM), serves requests that each bring a key/value cache (bfloat16, DRAM), and computes layers with
activations in L1, interleaved and sharded. Phases of about a second each grow and shrink all of that. It needs ttnn alone (no torch) and runs the same
on a mock cluster (TT_METAL_MOCK_CLUSTER_DESC_PATH) and on hardware; tensors are allocated, never filled, so the numbers it computes mean nothing.

With --checkpoint-file FILE it stops in the middle of a prefill, writes what ttnn itself says of its memory (get_memory_view of every kind, for each
device) to FILE as JSON, and waits until FILE.go exists.
"""
import argparse
import contextlib
import json
import os
import random
import signal
import sys
import threading
import time

# tt-metal's worker threads and ttnn's own import chatter belong to ttnn; only errors are of interest beside a monitor.
os.environ.setdefault("TT_LOGGER_LEVEL", "error")
os.environ.setdefault("LOGURU_LEVEL", "ERROR")
with contextlib.redirect_stdout(sys.stderr):
    import ttnn

HIDDEN, FEED_FORWARD, HEADS, KV_HEADS, HEAD_SIZE = 4096, 14336, 32, 8, 128
CONTEXT = 4096  # positions that a request's key/value cache has room for
KINDS = ("dram", "l1", "l1_small", "trace")
FULLEST = 4  # the step of a prefill, a quarter of the phase, at which everything it needs is held


class Stopped(Exception):
    """A signal or the end of --seconds; unwinds to where the device is closed."""


class Clock:
    """Paces the phases; every wait ends at once when the workload is to stop."""

    def __init__(self, seconds, phase_seconds):
        self.stop = threading.Event()
        self.deadline = time.monotonic() + seconds if seconds > 0 else None
        self.phase_seconds = phase_seconds

    def wait(self, seconds):
        if self.deadline is not None:
            seconds = min(seconds, self.deadline - time.monotonic())
        if seconds > 0:
            self.stop.wait(seconds)
        if self.stop.is_set() or (self.deadline is not None and time.monotonic() >= self.deadline):
            raise Stopped

    def step(self, steps):
        """One of `steps` equal parts of a phase."""
        self.wait(self.phase_seconds / steps)


def say(text):
    print(f"workload: {text}", flush=True)


def gigabytes(size):
    return f"{size / 1e9:.2f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def memory_view(device, kind):
    """ttnn's own figures for one kind, or None where this release cannot give them to Python."""
    try:
        view = ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper()))
    except TypeError:
        return None
    return {
        "banks": view.num_banks,
        "bytes_per_bank": view.total_bytes_per_bank,
        "allocated_bytes_per_bank": view.total_bytes_allocated_per_bank,
        "allocated_bytes": view.total_bytes_allocated_per_bank * view.num_banks,
        "largest_free_bytes_per_bank": view.largest_contiguous_bytes_free_per_bank,
    }


class Decoder:
    """Owns every tensor of the workload. A tensor lives while something here refers to it; dropping the reference frees it."""

    def __init__(self, device, rng):
        self.device, self.rng = device, rng
        grid = device.compute_with_storage_grid_size()
        self.grid = ttnn.CoreGrid(y=grid.y, x=grid.x)
        self.layers = []
        self.requests = {}
        self.next_request = 0
        self.activations = {}
        self.refused = set()
        self.trace_region = None
        self.halo = None
        dram = memory_view(device, "dram")
        capacity = dram["banks"] * dram["bytes_per_bank"] if dram else 12 * 1024**3
        layer = (2 * HIDDEN * HIDDEN + 2 * HIDDEN * KV_HEADS * HEAD_SIZE + 3 * HIDDEN * FEED_FORWARD) * 1088 // 1024
        self.layer_count = max(2, int(capacity * 0.4) // layer)
        cache = 2 * KV_HEADS * CONTEXT * HEAD_SIZE * 2 * self.layer_count
        self.most_requests = max(2, int(capacity * 0.45) // cache)

    def empty(self, shape, memory=None, dtype=None, layout=None):
        return ttnn.empty(shape, dtype=dtype or ttnn.bfloat16, layout=layout or ttnn.TILE_LAYOUT, device=self.device,
                          memory_config=memory or ttnn.DRAM_MEMORY_CONFIG)

    def sharded(self, layout, shard, rows=4, kind=None):
        """A memory config that spreads shards over the first `rows` rows of eight cores."""
        cores = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(7, rows - 1))})
        return ttnn.MemoryConfig(layout, kind or ttnn.BufferType.L1, ttnn.ShardSpec(cores, shard, ttnn.ShardOrientation.ROW_MAJOR))

    def attempt(self, name, operation, otherwise=None):
        """An operation's result, or `otherwise` when this release refuses it (said once): the workload is about memory, not about one kernel."""
        try:
            return operation()
        except RuntimeError as error:
            if name not in self.refused:
                self.refused.add(name)
                reason = next((line.strip() for line in str(error).splitlines() if line.strip() and "TT_" not in line and line.strip() != "info:"), "")
                say(f"{name} was refused by this ttnn and is left out: {reason[:160]}")
            return otherwise

    def load_layer(self):
        weight = lambda rows, columns: self.empty((rows, columns), dtype=ttnn.bfloat8_b)
        self.layers.append({
            "q": weight(HIDDEN, HIDDEN), "k": weight(HIDDEN, KV_HEADS * HEAD_SIZE), "v": weight(HIDDEN, KV_HEADS * HEAD_SIZE),
            "o": weight(HIDDEN, HIDDEN), "gate": weight(HIDDEN, FEED_FORWARD), "up": weight(HIDDEN, FEED_FORWARD),
            "down": weight(FEED_FORWARD, HIDDEN)})

    def admit(self):
        """A new request: its key/value cache for every layer."""
        self.requests[self.next_request] = [self.empty((1, KV_HEADS, CONTEXT, HEAD_SIZE)) for _ in range(2 * self.layer_count)]
        self.next_request += 1
        return self.next_request - 1

    def retire(self):
        self.requests.pop(self.rng.choice(sorted(self.requests)), None)

    def attention(self, length):
        """Leaves queries, scores and probabilities in L1."""
        l1, held, layer = ttnn.L1_MEMORY_CONFIG, self.activations, self.rng.choice(self.layers)
        hidden = held["hidden"] = self.empty((1, 1, length, HIDDEN), ttnn.DRAM_MEMORY_CONFIG)
        yield "normalise"
        held["normed"] = self.attempt("layer_norm", lambda: ttnn.layer_norm(hidden, memory_config=l1), hidden)
        yield "project"
        held["projected"] = self.attempt("matmul", lambda: ttnn.matmul(held["normed"], layer["q"], memory_config=l1, core_grid=self.grid))
        held["queries"] = self.empty((1, HEADS, length, HEAD_SIZE), l1)
        held["keys"] = self.empty((1, HEADS, HEAD_SIZE, length), l1)
        yield "score"
        held["projected"] = None
        held["scores"] = self.attempt("matmul of heads",
                                      lambda: ttnn.matmul(held["queries"], held["keys"], memory_config=l1, core_grid=self.grid))
        if held["scores"] is not None:
            yield "softmax"
            held["weights"] = self.attempt("softmax", lambda: ttnn.softmax(held["scores"], dim=-1, memory_config=l1))

    def feed_forward(self, length):
        l1, held, layer = ttnn.L1_MEMORY_CONFIG, self.activations, self.rng.choice(self.layers)
        hidden = held["hidden"] = self.empty((1, 1, length, HIDDEN), l1)
        yield "up"
        held["up"] = self.attempt("matmul", lambda: ttnn.matmul(hidden, layer["up"], memory_config=l1, core_grid=self.grid))
        if held["up"] is not None:
            yield "gelu"
            held["gelu"] = self.attempt("gelu", lambda: ttnn.gelu(held["up"], memory_config=l1))
            held["up"] = None
        if held.get("gelu") is not None:
            yield "down"
            held["down"] = self.attempt("matmul", lambda: ttnn.matmul(held["gelu"], layer["down"], memory_config=l1, core_grid=self.grid))
            held["gelu"] = None
        if held.get("down") is not None:
            yield "add"
            held["sum"] = self.attempt("add", lambda: ttnn.add(held["down"], hidden, memory_config=l1))

    def token(self):
        """One decoding step: 32 users' hidden states sharded over 32 cores by width, a block-sharded product, a height-sharded gather."""
        layouts, held = ttnn.TensorMemoryLayout, self.activations
        by_width = self.sharded(layouts.WIDTH_SHARDED, (32, HIDDEN // 32))
        held["state"] = self.empty((32, HIDDEN), by_width)
        held["state"] = self.attempt("sharded add", lambda: ttnn.add(held["state"], held["state"], memory_config=by_width), held["state"])
        held["product"] = self.empty((32 * 4, 2048), self.sharded(layouts.BLOCK_SHARDED, (32, 256)))
        held["gathered"] = self.empty((1024, HEAD_SIZE), self.sharded(layouts.HEIGHT_SHARDED, (32, HEAD_SIZE)))

    def fill_small_regions(self):
        """One tensor in each of the two regions set apart at open: L1_SMALL (sliding-window tables) and TRACE."""
        small = self.sharded(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, (1, 512), kind=ttnn.BufferType.L1_SMALL)
        self.halo = self.attempt("L1_SMALL", lambda: self.empty((32, 512), small, layout=ttnn.ROW_MAJOR_LAYOUT))
        trace = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.INTERLEAVED, ttnn.BufferType.TRACE)
        self.trace_region = self.attempt("TRACE", lambda: self.empty((512, 1024), trace))


def phases(decoder, clock):
    """The life of the server, forever: (what a phase does, the phase as a generator of its steps)."""
    rng = decoder.rng

    def load():
        for _ in range(decoder.layer_count):
            decoder.load_layer()
            yield decoder.layer_count
        decoder.fill_small_regions()

    def prefill(length):
        for _ in range(rng.randint(1, 2)):
            if len(decoder.requests) < decoder.most_requests:
                decoder.admit()
                yield 8
        for _ in decoder.attention(length):
            yield 8
        yield FULLEST

    def feed(length):
        for _ in decoder.feed_forward(length):
            yield 8

    def decode(tokens):
        for _ in range(tokens):
            decoder.token()
            yield tokens

    def retire():
        for _ in range(rng.randint(1, max(1, len(decoder.requests) - 1))):
            decoder.retire()
            yield 6
        if rng.random() < 0.3:
            decoder.device.clear_program_cache()

    def swap():
        """Another model's upper layers: the weights go and come back."""
        swapped = decoder.layer_count // 3
        for _ in range(swapped):
            decoder.layers.pop()
            yield 2 * swapped
        for _ in range(swapped):
            decoder.load_layer()
            yield 2 * swapped

    yield f"loads {decoder.layer_count} layers of weights", load()
    while True:
        for _ in range(rng.randint(2, 4)):
            length = rng.choice((256, 512))
            yield f"prefills a prompt of {length} tokens", prefill(length)
            yield f"feeds {length} tokens forward", feed(length)
            yield "decodes 16 tokens for each user", decode(16)
        if len(decoder.requests) > 2:
            yield "retires requests", retire()
        if rng.random() < 0.4:
            yield "swaps a third of the weights", swap()


def checkpoint(path, device, mesh, phase, clock):
    """Writes ttnn's figures of every kind, for each device; then waits until PATH.go exists."""
    memory = {kind: memory_view(device, kind) for kind in KINDS}
    chips = list(device.get_device_ids())
    record = {"time_ns": time.time_ns(), "pid": os.getpid(), "mesh": list(mesh), "mesh_id": device.id(), "phase": phase,
              "devices": [{"id": chip, "memory": memory} for chip in chips]}
    with open(path + ".part", "w", encoding="utf-8") as out:
        json.dump(record, out, indent=1)
    os.replace(path + ".part", path)
    say(f"holds at a checkpoint ({path}) until {path}.go exists")
    while not os.path.exists(path + ".go"):
        clock.wait(0.02)


def mesh_shape(text):
    if text is None:
        try:
            return tuple(ttnn._ttnn.multi_device.SystemMeshDescriptor().shape())
        except (AttributeError, TypeError):
            return (1, 1)
    rows, _, columns = text.lower().partition("x")
    if not (rows.isdigit() and columns.isdigit() and int(rows) and int(columns)):
        raise argparse.ArgumentTypeError(f"{text!r} is not ROWSxCOLUMNS")
    return int(rows), int(columns)


def open_mesh(shape):
    options = {"l1_small_size": 16384, "trace_region_size": 16 << 20}
    if ttnn.get_arch_name().startswith("wormhole"):
        # Dispatch on workers: the grid that a mesh of unlike boards reports is then one that every chip really has.
        options["dispatch_core_config"] = ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)
    return ttnn.open_mesh_device(ttnn.MeshShape(*shape), **options)


def run(device, mesh, arguments, clock):
    decoder = Decoder(device, random.Random(arguments.seed))
    count = device.get_num_devices()
    say(f"pid {os.getpid()} on {count} device{'s' * (count > 1)} ({mesh[0]}x{mesh[1]} mesh, {'mock cluster' if mocked() else 'hardware'});"
        f" tensors are allocated, not filled")
    waiting = arguments.checkpoint_file
    for text, phase in phases(decoder, clock):
        begun = time.monotonic()
        for parts in phase:
            clock.step(parts)
            if waiting and parts == FULLEST:
                decoder.token()
                checkpoint(waiting, device, mesh, text, clock)
                waiting = None
                if arguments.seconds == 0:
                    return
        report(decoder, text)
        if not text.startswith("decodes"):
            decoder.activations.clear()
        clock.wait(max(0.0, clock.phase_seconds - (time.monotonic() - begun)))


def report(decoder, text):
    views = {kind: memory_view(decoder.device, kind) for kind in ("dram", "l1")}
    held = ", ".join(f"{gigabytes(view['allocated_bytes'])} {kind.upper()}" for kind, view in views.items() if view)
    say(f"{text}; {len(decoder.layers)} layers, {len(decoder.requests)} requests" + (f"; a device holds {held}" if held else ""))


def mocked():
    return bool(os.environ.get("TT_METAL_MOCK_CLUSTER_DESC_PATH"))


def main():
    parser = argparse.ArgumentParser(description="A transformer-like ttnn workload to watch device memory with.")
    parser.add_argument("--seconds", type=float, default=0, help="how long to run; 0, the default, means until stopped")
    parser.add_argument("--mesh", metavar="RxC", help="the mesh to open; all devices of the cluster by default")
    parser.add_argument("--seed", type=int, default=1, help="the order and size of phases")
    parser.add_argument("--phase-seconds", type=float, default=1.0, help="the length of a phase")
    parser.add_argument("--checkpoint-file", metavar="FILE",
                        help="in the middle of a phase write ttnn's own memory figures here and hold until FILE.go exists;"
                             " then go on to the end of --seconds, or end where that is 0")
    arguments = parser.parse_args()
    try:
        shape = mesh_shape(arguments.mesh)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))

    clock = Clock(arguments.seconds, arguments.phase_seconds)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: clock.stop.set())
    device = open_mesh(shape)
    try:
        with contextlib.suppress(Stopped):
            run(device, shape, arguments, clock)
    finally:
        ttnn.close_mesh_device(device)
    say("closed the device and ended")


if __name__ == "__main__":
    main()
