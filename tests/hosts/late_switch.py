# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Makes random allocations untracked, then switches tracking on and off on request, while threads allocate and free all the time.

late_switch.py HOOKS [--mesh RxC] [--allocations N] [--threads N]: HOOKS is the hooks library, "ttmem" for
the Python package's enable() and disable(), or "-" where the test switches. At each checkpoint the threads
stand still; the answer says what to do before the next one: "on", "off", "go" for a while of work, "run" to work until the next line, "add" to run an operation,
"stop". At the end everything that the threads allocated is freed and their sums are done again.
"""
import argparse
import ctypes
import gc
import random
import sys
import threading
import time
import zlib

import host_protocol
import random_run


class Switch:
    """ttmem_hooks_enable and ttmem_hooks_disable, loaded when first asked for. ctypes lets other threads run meanwhile."""

    def __init__(self, path):
        self.path, self.library = path, None

    def __call__(self, on):
        if self.library is None:
            self.library = ctypes.CDLL(self.path)
        message = ctypes.create_string_buffer(512)
        function = self.library.ttmem_hooks_enable if on else self.library.ttmem_hooks_disable
        began = time.perf_counter()
        result = function(message, ctypes.c_size_t(len(message)))
        return {"result": result, "message": message.value.decode(), "seconds": time.perf_counter() - began}


class PackageSwitch:
    """The same through the Python package, and what it says of the process meanwhile."""

    def __init__(self):
        import ttmem

        self.package = ttmem

    def __call__(self, on):
        began = time.perf_counter()
        (self.package.enable if on else self.package.disable)()
        return {"result": 0 if self.package.is_tracking() == on else 1, "seconds": time.perf_counter() - began}

    def figures(self):
        """(allocated, most allocated) of each kind on the lowest device; None where nothing is tracked."""
        try:
            return {kind: (self.package.memory_allocated(kind=kind), self.package.max_memory_allocated(kind=kind)) for kind in host_protocol.KINDS}
        except self.package.NotTrackedError:
            return None


class Workers:
    """Threads that allocate and free without a pause, but when all stand still."""

    def __init__(self, run, count):
        self.run, self.stopping, self.still = run, False, threading.Event()
        self.arrived, self.leave = threading.Semaphore(0), [threading.Semaphore(0) for _ in range(count)]
        self.calls = 0
        self.sums = [(0, 0)] * count
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def work(self, number):
        rng, own, sum, rounds = random.Random(number), [], 0, 0
        device = self.run.device
        while not self.stopping:
            if self.still.is_set():
                self.arrived.release()
                self.leave[number].acquire()
                continue
            self.calls += 1
            sum, rounds = next_sum(sum, rounds), rounds + 1
            self.sums[number] = (sum, rounds)
            if len(own) < 3 or (len(own) < 40 and rng.random() < 0.5):
                tensor = self.run.make(device, *self.run.random_request(rng, device))
                if tensor is not None:
                    own.append(tensor)
            else:
                own.pop(rng.randrange(len(own)))

    def halt(self):
        self.still.set()
        for _ in self.threads:
            self.arrived.acquire()

    def go_on(self):
        self.still.clear()
        for semaphore in self.leave:
            semaphore.release()


def next_sum(sum, rounds):
    """A step of a sum in which a single wrong bit anywhere shows at the end."""
    return zlib.crc32(repr((sum, rounds * 1.000001)).encode())


class Run(random_run.Run):
    def make(self, device, shape, dtype, tiled, memory):
        ttnn = host_protocol.ttnn
        try:
            return ttnn.empty(shape, dtype=getattr(ttnn, dtype), layout=ttnn.TILE_LAYOUT if tiled else ttnn.ROW_MAJOR_LAYOUT, device=device,
                              memory_config=memory)
        except RuntimeError:
            return None


def sum_of_held(run):
    return sum(device is run.device for device, _ in run.held)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hooks")
    parser.add_argument("--allocations", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=4)
    arguments, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    other = argparse.Namespace(seed=1, mesh="1x1", offset=None, checkpoints=0, steps=0, worker_dispatch=False, signals=False, operations=False, submeshes=False)
    for name, value in zip(rest[::2], rest[1::2]):
        setattr(other, name.lstrip("-"), int(value) if value.isdigit() else value)
    other.submeshes = bool(other.submeshes)
    run, switch = Run(other), PackageSwitch() if arguments.hooks == "ttmem" else Switch(arguments.hooks)
    run.open()
    run.fill_kinds()
    while run.counts["created"] < arguments.allocations:
        run.create(run.rng) if run.rng.random() < 0.8 or len(run.held) < 5 else run.release(run.rng)
    if run.with_submeshes:
        run.add_submesh()
        run.add_submesh()
    gc.collect()
    workers = Workers(run, arguments.threads)
    done = {}
    while True:
        workers.halt()
        devices = [run.device, *run.submeshes]
        figures = switch.figures() if isinstance(switch, PackageSwitch) else None
        answer = host_protocol.checkpoint("still", devices, done=done, calls=workers.calls, counts=dict(run.counts), figures=figures)
        workers.go_on()
        if answer == "stop":
            break
        if answer in ("on", "off"):
            done = switch(answer == "on")
        elif answer == "run":
            host_protocol.ask(running=True)
        elif answer == "add":
            one = host_protocol.allocate(run.device, 128)
            run.held.append((run.device, host_protocol.ttnn.add(one, one)))
            del one
        else:
            time.sleep(0.01)
    workers.stopping = True
    for thread in workers.threads:
        thread.join()
    right = True
    for sum, rounds in workers.sums:
        again = 0
        for step in range(rounds):
            again = next_sum(again, step)
        right = right and again == sum
    gc.collect()
    left = len(host_protocol.describe(run.device)["rows"]) - sum_of_held(run)
    host_protocol.tell(end=True, counts=run.counts, right=right, left=left)


if __name__ == "__main__":
    main()
