# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Makes and frees tensors, each in a function of a code object that lives for that one call, while other threads make and end code objects and threads all the time.

stacks_churn.py TENSORS CHECKS: each maker holds its latest tensors; CHECKS times all of them stand still, and the test learns which function each tensor was made in.
A function's file, name and line say one number, so a text of another code object is seen to be wrong.
"""
import collections
import random
import sys
import threading
import types

import host_protocol
from host_protocol import ttnn

MAKERS, HELD, NUMBERS = 3, 400, 3000


def template(make):
    return make()


def numbered(number):
    """A new function that is "<made number>", made_number, whose line is the number's."""
    names = {"co_filename": f"<made {number}>", "co_name": f"made_{number}", "co_firstlineno": 10 * number + 1}
    if sys.version_info >= (3, 11):
        names["co_qualname"] = names["co_name"]
    return types.FunctionType(template.__code__.replace(**names), {})


class Makers:
    def __init__(self, device, tensors, checks):
        self.device, self.each, self.held = device, tensors // MAKERS, []
        self.steps = [self.each * (step + 1) // checks for step in range(checks)]
        self.together = threading.Barrier(MAKERS + 1)

    def work(self, seed):
        dice, held, made = random.Random(seed), collections.deque(maxlen=HELD), 0
        self.held.append(held)
        make = lambda: ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=self.device, memory_config=ttnn.DRAM_MEMORY_CONFIG)  # noqa: E731
        for step in self.steps:
            while made < step:
                number = dice.randrange(NUMBERS)
                held.append((numbered(number)(make), number))  # the code object ends here
                made += 1
            self.together.wait()
            self.together.wait()

    def check(self):
        self.together.wait()
        rows = [[int(tensor.buffer_address()), number] for held in self.held for tensor, number in held]
        host_protocol.ask(checkpoint="made", made=rows)
        self.together.wait()


def come_and_go_codes(stop, seed):
    """Code objects of all sizes, by every way in which Python makes them."""
    dice, kept = random.Random(seed), collections.deque(maxlen=50)
    while not stop.is_set():
        number = dice.randrange(10**6)
        names = {}
        exec("\n" * dice.randrange(20) + f"def other_{number}(x):\n" + "".join(f"    x += {i}\n" for i in range(dice.randrange(1, 40))) + "    return lambda: x\n", names)
        kept.append(names[f"other_{number}"](1))
        kept[-1]()
        kept.append(template.__code__.replace(co_name=f"other_{number}", co_filename="/" + "o" * dice.randrange(200), co_firstlineno=number))
        kept.append(eval(f"lambda: {number}", {}))


def come_and_go_threads(stop, device):
    """Thread states, some of them with a tensor."""
    def briefly():
        ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)

    while not stop.is_set():
        threads = [threading.Thread(target=briefly if i % 2 else int) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def main():
    tensors, checks = int(sys.argv[1]), int(sys.argv[2])
    device = host_protocol.open_device()
    sys.setswitchinterval(5e-5)  # ttnn releases the GIL, and the threads that come and go would keep it for 5 ms each time
    stop = threading.Event()
    others = [threading.Thread(target=come_and_go_codes, args=(stop, 1)), threading.Thread(target=come_and_go_threads, args=(stop, device))]
    makers = Makers(device, tensors, checks)
    threads = [threading.Thread(target=makers.work, args=(seed,)) for seed in range(MAKERS)]
    for thread in others + threads:
        thread.start()
    for _ in range(checks):
        makers.check()
    stop.set()
    for thread in others + threads:
        thread.join()
    host_protocol.tell(end=True, tensors=makers.each * MAKERS)


if __name__ == "__main__":
    main()
