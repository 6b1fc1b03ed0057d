# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A run of random ttnn calls that stops at checkpoints and says what ttnn itself believes.

All choices follow --seed. A call that ttnn refuses is counted and is no failure, for what matters is only that both sides agree about what is held
afterwards. Runs unchanged on every ttnn release and mock cluster, tracked or not.
"""
import argparse
import collections
import gc
import random
import signal
import threading

import host_protocol
from host_protocol import ttnn

DATA_TYPES = ("bfloat16", "float32", "uint32", "int32", "uint16", "uint8", "bfloat8_b", "bfloat4_b")
TILED_ONLY = ("bfloat8_b", "bfloat4_b")


class Cycle:
    """Holds a tensor in a reference cycle, so that only the garbage collector frees it."""

    def __init__(self, tensor):
        self.tensor, self.me = tensor, self


class Run:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rng = random.Random(arguments.seed)
        self.blocks_told = True
        self.device, self.submeshes, self.held = None, [], []
        self.with_submeshes = arguments.submeshes
        self.orphans = []  # tensors of devices that have been closed
        self.counts = collections.Counter()
        self.lock = threading.Lock()

    # Devices

    def open(self):
        shape = tuple(int(side) for side in self.arguments.mesh.split("x"))
        options = {}
        if self.arguments.worker_dispatch:
            options["dispatch_core_config"] = ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)
        if self.arguments.offset:
            options["offset"] = ttnn.MeshCoordinate(*(int(part) for part in self.arguments.offset.split(",")))
        self.device = host_protocol.open_device(shape, **options)
        self.blocks_told = host_protocol.describe(self.device)["memory"]["dram"]["blocks"] is not None

    def close(self, keep_tensors):
        while self.submeshes:
            ttnn.close_mesh_device(self.submeshes.pop())
        if keep_tensors:
            self.orphans += self.held
        self.held = []
        gc.collect()
        ttnn.close_mesh_device(self.device)
        self.device = None

    def drop_orphans(self):
        """tt-metal reports some of these frees although closing has freed the buffers already; the ledger may count as many frees that made no sense."""
        self.counts["orphans"] += len(self.orphans)
        self.orphans.clear()

    def reopen(self):
        self.close(keep_tensors=True)
        self.checkpoint("closed with tensors alive")
        self.with_submeshes = self.arguments.submeshes and not self.with_submeshes
        self.open()
        self.fill_kinds()
        self.drop_orphans()  # frees of a closed device's tensors must not touch the new one
        self.counts["reopened"] += 1

    def add_submesh(self):
        rows, columns = (int(side) for side in self.arguments.mesh.split("x"))
        shape = (1, 1) if rows * columns == 1 else (self.rng.randint(1, rows), self.rng.randint(1, columns))
        submesh = self.device.create_submesh(ttnn.MeshShape(*shape))
        self.submeshes.append(submesh)
        # An equal first buffer in each: both allocators are fresh or not, so overlap is likely but not certain; the checkpoint sees which.
        self.hold(submesh, *self.interleaved(ttnn.BufferType.DRAM, (256, 256), "bfloat16", True))
        self.hold(submesh, *self.interleaved(ttnn.BufferType.L1, (64, 64), "bfloat16", True))
        self.counts["submesh"] += 1

    def drop_submesh(self):
        submesh = self.submeshes.pop(self.rng.randrange(len(self.submeshes)))
        doomed = [item for item in self.held if item[0] is submesh]
        self.held = [item for item in self.held if item[0] is not submesh]
        if self.rng.random() < 0.5:
            doomed.clear()
        ttnn.close_mesh_device(submesh)
        self.orphans += doomed

    # Tensors

    def interleaved(self, buffer_type, shape, dtype, tiled):
        return shape, dtype, tiled, ttnn.MemoryConfig(ttnn.TensorMemoryLayout.INTERLEAVED, buffer_type)

    def sharded(self, rng, device, buffer_type, kind, dtype, tiled):
        layouts, quantum = ttnn.TensorMemoryLayout, 32 if tiled else 1
        grid = device.compute_with_storage_grid_size()
        columns, rows = (min(7, grid.x), 1) if buffer_type == ttnn.BufferType.DRAM else (rng.randint(1, grid.x), rng.randint(1, grid.y))
        small = buffer_type == ttnn.BufferType.L1_SMALL
        shard = (quantum * rng.randint(1, 2), 32 * (1 if small else rng.randint(1, 6)))
        shape = {"height": (shard[0] * rows * columns, shard[1]), "width": (shard[0], shard[1] * rows * columns),
                 "block": (shard[0] * rows, shard[1] * columns)}[kind]
        cores = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(columns - 1, rows - 1))})
        specification = ttnn.ShardSpec(cores, shard, ttnn.ShardOrientation.ROW_MAJOR)
        return shape, dtype, tiled, ttnn.MemoryConfig(getattr(layouts, f"{kind.upper()}_SHARDED"), buffer_type, specification)

    def odd(self, rng, most):
        """A width: any, where ttnn reports what a block really takes; else one whose pages need no padding, so that its list of buffers says as much."""
        return rng.randint(1, most) if self.blocks_told else 32 * rng.randint(1, most // 32)

    def random_request(self, rng, device):
        dtype = rng.choice(DATA_TYPES)
        tiled = dtype in TILED_ONLY or rng.random() < 0.6
        kind = rng.choice(("height", "width", "block"))
        draw = rng.random()
        if draw < 0.35:
            shape = tuple(32 * rng.randint(1, 24) for _ in range(2)) if tiled else (rng.randint(1, 700), self.odd(rng, 640))
            return self.interleaved(ttnn.BufferType.DRAM, shape, dtype, tiled)
        if draw < 0.55:
            return self.interleaved(ttnn.BufferType.L1, (rng.randint(1, 400), self.odd(rng, 400)), dtype, tiled)
        if draw < 0.8:
            return self.sharded(rng, device, ttnn.BufferType.L1, kind, dtype, tiled)
        if draw < 0.86:
            return self.sharded(rng, device, ttnn.BufferType.DRAM, kind, dtype, tiled)
        if draw < 0.93:
            return self.sharded(rng, device, ttnn.BufferType.L1_SMALL, kind, dtype, False if dtype not in TILED_ONLY else tiled)
        return self.interleaved(ttnn.BufferType.TRACE, (rng.randint(1, 200), self.odd(rng, 200)), dtype, tiled)

    def hold(self, device, shape, dtype, tiled, memory):
        try:
            tensor = ttnn.empty(shape, dtype=getattr(ttnn, dtype), layout=ttnn.TILE_LAYOUT if tiled else ttnn.ROW_MAJOR_LAYOUT,
                                device=device, memory_config=memory)
        except RuntimeError:
            with self.lock:
                self.counts["refused"] += 1
            return None
        with self.lock:
            self.held.append((device, tensor))
            self.counts["created"] += 1
        return tensor

    def create(self, rng):
        with self.lock:
            device = rng.choice([self.device, *self.submeshes])
        self.hold(device, *self.random_request(rng, device))

    def release(self, rng):
        with self.lock:
            if not self.held:
                return
            index = rng.randrange(len(self.held))
            self.held[index], self.held[-1] = self.held[-1], self.held[index]
            _, tensor = self.held.pop()
            self.counts["released"] += 1
            way = rng.random()
            if way < 0.15:
                self.counts["cycles"] += 1
                Cycle(tensor)  # the collector frees it, whenever that is
                return
        if way < 0.6:
            ttnn.deallocate(tensor)
        del tensor

    def fill_kinds(self):
        """At least one buffer of every kind."""
        self.hold(self.device, *self.interleaved(ttnn.BufferType.DRAM, (512, 512), "bfloat16", True))
        self.hold(self.device, *self.interleaved(ttnn.BufferType.L1, (128, 128), "bfloat8_b", True))
        self.hold(self.device, *self.interleaved(ttnn.BufferType.TRACE, (64, 64), "float32", True))
        self.hold(self.device, *self.sharded(self.rng, self.device, ttnn.BufferType.L1_SMALL, "height", "bfloat16", False))

    # Heavier steps

    def operate(self):
        """Operations that create programs, at times with a program cache and at times without."""
        if not self.arguments.operations:
            return
        rng = self.rng
        # A submesh cannot be closed once its parent has run an operation (the queue is "in use" until quiesce_devices, which a mock cluster lacks),
        # so between two openings either the parent operates or submeshes exist and they do.
        device = self.device if not self.with_submeshes else rng.choice(self.submeshes) if self.submeshes else None
        if device is None:
            return
        toggle = rng.random()
        if toggle < 0.15:
            device.disable_and_clear_program_cache()
        elif toggle < 0.4:
            device.enable_program_cache()
        elif toggle < 0.5:
            device.clear_program_cache()
        memory = rng.choice((ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG))
        side = rng.choice((64, 128))
        one = self.hold(device, (side, side), "bfloat16", True, memory)
        if one is None:
            return
        work = {"add": lambda: ttnn.add(one, one, memory_config=memory), "gelu": lambda: ttnn.gelu(one, memory_config=memory),
                "softmax": lambda: ttnn.softmax(one, dim=-1, memory_config=memory), "matmul": lambda: ttnn.matmul(one, one, memory_config=memory),
                "move": lambda: ttnn.to_memory_config(one, ttnn.DRAM_MEMORY_CONFIG), "rand": lambda: ttnn.zeros_like(one)}
        name = rng.choice(sorted(work))
        try:
            result = work[name]()
        except RuntimeError:
            self.counts["refused"] += 1
            return
        self.held.append((device, result))
        self.counts[f"op {name}"] += 1

    def exhaust(self):
        """Runs into out-of-memory, by one request beyond the bank and by many that fill it, and recovers."""
        kind = self.rng.choice((ttnn.BufferType.DRAM, ttnn.BufferType.L1, ttnn.BufferType.L1_SMALL, ttnn.BufferType.TRACE))
        view = ttnn.get_memory_view(self.device, kind)
        before, refused = len(self.held), self.counts["refused"]
        if kind in (ttnn.BufferType.DRAM, ttnn.BufferType.L1):
            rows = 32 * max(1, view.total_bytes_per_bank * view.num_banks // 5 // (4096 * 2 * 32))
            self.hold(self.device, *self.interleaved(kind, (rows * 8, 4096), "bfloat16", True))
            for _ in range(7):
                self.hold(self.device, *self.interleaved(kind, (rows, 4096), "bfloat16", True))
        else:  # small regions: until one is refused, however large they were made
            for _ in range(1000):
                if kind == ttnn.BufferType.TRACE:
                    wanted = self.interleaved(kind, (512, 512), "bfloat16", True)
                else:
                    wanted = self.sharded(self.rng, self.device, kind, "height", "float32", True)
                if self.hold(self.device, *wanted) is None:
                    break
        self.counts["out of memory"] += self.counts["refused"] - refused
        self.checkpoint("out of memory")
        while len(self.held) > before:
            self.held.pop()

    def thread_storm(self):
        def work(seed):
            rng = random.Random(seed)
            for _ in range(40):
                self.create(rng) if rng.random() < 0.55 else self.release(rng)

        seeds = [self.rng.random() for _ in range(self.rng.randint(2, 5))]
        threads = [threading.Thread(target=work, args=(seed,)) for seed in seeds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.counts["threads"] += len(threads)

    def step(self):
        draw, rng = self.rng.random(), self.rng
        if draw < 0.5:
            self.create(rng)
        elif draw < 0.84:
            self.release(rng)
        elif draw < 0.94:
            self.operate()
        elif draw < 0.96:
            gc.collect()
            self.counts["collected"] += 1
        elif self.with_submeshes:
            if len(self.submeshes) < 2:
                self.add_submesh()
            else:
                self.drop_submesh()

    # Protocol

    def checkpoint(self, label):
        host_protocol.checkpoint(label, [device for device in [self.device, *self.submeshes] if device is not None],
                                 late_frees=self.counts["orphans"] + self.counts["cycles"])

    def under_signals(self):
        """A timer signal every millisecond, without SA_RESTART: whatever may be interrupted is."""
        def handler(*_):
            self.counts["signals"] += 1

        signal.signal(signal.SIGALRM, handler)
        signal.siginterrupt(signal.SIGALRM, True)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)

    def go(self):
        if self.arguments.signals:
            self.under_signals()
        self.open()
        self.fill_kinds()
        self.checkpoint("first buffers")
        if self.arguments.submeshes:
            # Parent and submesh are both fresh for this size, so their first buffers stand at one address.
            self.add_submesh()
            self.checkpoint("parent and submesh")
        special = [self.exhaust, self.thread_storm, self.reopen, self.exhaust]
        for number in range(self.arguments.checkpoints):
            host_protocol.mark_step()
            for _ in range(self.arguments.steps):
                self.step()
            if number % 3 == 2:
                special[number // 3 % len(special)]()
            self.checkpoint(f"random {number}")
        self.close(keep_tensors=self.rng.random() < 0.5)
        self.checkpoint("closed")
        self.drop_orphans()
        signal.setitimer(signal.ITIMER_REAL, 0)
        host_protocol.tell(end=True, counts=self.counts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mesh", default="1x1")
    parser.add_argument("--offset", help="row,column of the mesh in the cluster")
    parser.add_argument("--checkpoints", type=int, default=12)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--worker-dispatch", action="store_true")
    parser.add_argument("--signals", action="store_true")
    parser.add_argument("--no-operations", dest="operations", action="store_false")
    parser.add_argument("--no-submeshes", dest="submeshes", action="store_false")
    Run(parser.parse_args()).go()


if __name__ == "__main__":
    main()
