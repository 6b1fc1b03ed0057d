# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Makes tensors from random places of Python, on several threads, and says for each what Python itself reports as the stack: stacks.py COUNT SEED

Nothing of ttmem is imported: what the test finds comes from the preloaded library alone.
"""
import asyncio
import functools
import random
import signal
import sys
import threading
import traceback

import host_protocol
import ttnn

handlers = []  # what the signal's handler calls, the latest last
made = []  # (tensor, the stack that Python reports, innermost first)


def make(device):
    tensor, stack = ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG), traceback.extract_stack()
    made.append((tensor, [[frame.filename, frame.lineno, frame.name] for frame in reversed(stack)]))


def generate(go):
    yield 0
    yield go()


async def waits(go, depth):
    await asyncio.sleep(0)
    return go() if depth == 0 else await waits(go, depth - 1)


class Object:
    def __init__(self, go):
        self.go = go

    def __getattr__(self, name):
        return self.go()

    def __lt__(self, other):
        self.go()
        return True


def recursion(go, depth):
    return go() if depth == 0 else recursion(go, depth - 1)


def profiled(go):
    """From within a profiler's function, as a call begins; profilers see no calls of another profiler's function."""
    called = []

    def profiler(frame, event, argument):
        if event == "call" and not called:
            sys.setprofile(None)
            called.append(True)
            go()

    sys.setprofile(profiler)
    recursion(int, 0)
    sys.setprofile(None)
    if not called:
        go()


def handler(number, frame):
    """Of a signal, which Python runs between two instructions of what it interrupts."""
    handlers.pop()()


def somewhere(device, dice, depth):
    """Goes down by a random way, and makes a tensor at the end."""
    if depth == 0:
        return make(device)
    go = functools.partial(somewhere, device, dice, depth - 1)
    way = dice.randrange(12)
    if way == 0:
        return go()
    if way == 1:
        return list(generate(go))[1]
    if way == 2:
        return (lambda: go())()
    if way == 3:
        names = {"go": go}
        exec("\n" * dice.randrange(4) + f"def f{dice.randrange(3)}():\n" + "\n" * dice.randrange(3) + " return go()\nanswer = " + "f0() if 'f0' in dir() else f1() if 'f1' in dir() else f2()", names)
        return names["answer"]
    if way == 4:
        return [go() for _ in range(1)]
    if way == 5:
        return sorted([Object(int), Object(go)])  # asks the second whether it is less
    if way == 6:
        return Object(go).anything
    if way == 7:
        return max([1], key=lambda _: go() or 1)
    if way == 8:
        return recursion(go, dice.randrange(60))
    if way == 9:
        return profiled(go)
    if way == 10 and threading.current_thread() is threading.main_thread():
        handlers.append(go)
        return signal.raise_signal(signal.SIGUSR1)
    try:
        return asyncio.run(waits(go, dice.randrange(3))) if threading.current_thread() is threading.main_thread() and depth > 8 else go()
    except RuntimeError:  # a loop runs already
        return go()


def work(device, seed, count):
    dice = random.Random(seed)
    for _ in range(count):
        somewhere(device, dice, dice.randrange(12))


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    device = host_protocol.open_device()
    signal.signal(signal.SIGUSR1, handler)
    threads = [threading.Thread(target=work, args=(device, seed + i, count // 4)) for i in range(3)]
    for thread in threads:
        thread.start()
    work(device, seed + 3, count // 4)
    for thread in threads:
        thread.join()
    host_protocol.ask(checkpoint="made", stacks=[[int(tensor.buffer_address()), stack] for tensor, stack in made])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
