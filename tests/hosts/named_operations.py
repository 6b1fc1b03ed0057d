# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Calls operations from many lines and ways of Python, and says for each buffer its operation and the lines that called it, as traceback.extract_stack() has them.

Nothing of ttmem is imported: what the test finds comes from the preloaded library alone.
"""
import asyncio
import contextlib
import functools
import os
import threading
import traceback

import host_protocol
from host_protocol import ttnn

LIBRARY = os.path.dirname(os.path.abspath(ttnn.decorators.__file__)) + os.sep
made, refused, kept = [], [], []


def place(frame):
    """From the working directory on, else the file and its folder."""
    path = os.path.abspath(frame.filename)
    below = os.path.relpath(path)
    return f"{below if not below.startswith(os.pardir) else os.sep.join(path.split(os.sep)[-2:])}:{frame.lineno}"


def here():
    """The lines that the caller of this function stands in, innermost first, without ttnn's own."""
    stack = reversed(traceback.extract_stack()[:-1])
    return [place(frame) for frame in stack if not os.path.abspath(frame.filename).startswith(LIBRARY)]


def note(name, tensor, places):
    kept.append(tensor)
    made.append([int(tensor.buffer_address()), str(tensor.memory_config().buffer_type).rsplit(".", 1)[-1].lower(), name, places])


def keep(name, run):
    try:
        tensor, places = run()
    except (AttributeError, RuntimeError, TypeError) as error:  # an operation that this release lacks or refuses
        refused.append(f"{name}: {str(error)[:80]}")
        return None
    note(name, tensor, places)
    return tensor


def straight(a, b):
    """One operation a line."""
    keep("ttnn.relu", lambda: (ttnn.relu(a), here()))
    keep("ttnn.exp", lambda: (ttnn.exp(a), here()))
    keep("ttnn.neg", lambda: (ttnn.neg(a), here()))
    keep("ttnn.abs", lambda: (ttnn.abs(a), here()))
    keep("ttnn.sqrt", lambda: (ttnn.sqrt(a), here()))
    keep("ttnn.sin", lambda: (ttnn.sin(a), here()))
    keep("ttnn.cos", lambda: (ttnn.cos(a), here()))
    keep("ttnn.square", lambda: (ttnn.square(a), here()))
    keep("ttnn.gelu", lambda: (ttnn.gelu(a), here()))
    keep("ttnn.sigmoid", lambda: (ttnn.sigmoid(a), here()))
    keep("ttnn.tanh", lambda: (ttnn.tanh(a), here()))
    keep("ttnn.log", lambda: (ttnn.log(a), here()))
    keep("ttnn.sign", lambda: (ttnn.sign(a), here()))
    keep("ttnn.floor", lambda: (ttnn.floor(a), here()))
    keep("ttnn.ceil", lambda: (ttnn.ceil(a), here()))
    keep("ttnn.reciprocal", lambda: (ttnn.reciprocal(a), here()))
    keep("ttnn.rsqrt", lambda: (ttnn.rsqrt(a), here()))
    keep("ttnn.silu", lambda: (ttnn.silu(a), here()))
    keep("ttnn.erf", lambda: (ttnn.erf(a), here()))
    keep("ttnn.exp2", lambda: (ttnn.exp2(a), here()))
    keep("ttnn.add", lambda: (ttnn.add(a, b), here()))
    keep("ttnn.subtract", lambda: (ttnn.subtract(a, b), here()))
    keep("ttnn.multiply", lambda: (ttnn.multiply(a, b), here()))
    keep("ttnn.maximum", lambda: (ttnn.maximum(a, b), here()))
    keep("ttnn.minimum", lambda: (ttnn.minimum(a, b), here()))
    keep("ttnn.eq", lambda: (ttnn.eq(a, b), here()))
    keep("ttnn.ne", lambda: (ttnn.ne(a, b), here()))
    keep("ttnn.lt", lambda: (ttnn.lt(a, b), here()))
    keep("ttnn.gt", lambda: (ttnn.gt(a, b), here()))
    keep("ttnn.le", lambda: (ttnn.le(a, b), here()))
    keep("ttnn.ge", lambda: (ttnn.ge(a, b), here()))
    keep("ttnn.logical_and", lambda: (ttnn.logical_and(a, b), here()))
    keep("ttnn.logical_or", lambda: (ttnn.logical_or(a, b), here()))
    keep("ttnn.squared_difference", lambda: (ttnn.squared_difference(a, b), here()))
    keep("ttnn.matmul", lambda: (ttnn.matmul(a, b), here()))
    keep("ttnn.softmax", lambda: (ttnn.softmax(a, -1), here()))
    keep("ttnn.to_memory_config", lambda: (ttnn.to_memory_config(a, ttnn.L1_MEMORY_CONFIG), here()))
    keep("ttnn.add", lambda: (a + b, here()))  # the tensor's own operator calls it from within ttnn
    keep("ttnn.multiply", lambda: (a * b, here()))
    keep("ttnn.subtract", lambda: (a - b, here()))


def a_generator(empty):
    yield 0
    yield empty(), here()


async def waits(empty, depth):
    await asyncio.sleep(0)
    return (empty(), here()) if depth == 0 else await waits(empty, depth - 1)


def recursion(empty, depth):
    return (empty(), here()) if depth == 0 else recursion(empty, depth - 1)


@contextlib.contextmanager
def entered(empty):
    yield empty(), here()


class Layer:
    def __init__(self, empty):
        self.empty = empty

    @property
    def made(self):
        return self.empty(), here()

    def __lt__(self, other):
        note("ttnn.empty", *self.made)
        return True


def by_other_ways(device, a):
    """Callbacks of Python's own C functions, generators, coroutines, code of exec, recursion, a property, threads."""
    options = {"dtype": ttnn.bfloat16, "layout": ttnn.TILE_LAYOUT, "device": device, "memory_config": ttnn.DRAM_MEMORY_CONFIG}
    empty = functools.partial(ttnn.empty, (32, 32), **options)
    keep("ttnn.empty", lambda: list(a_generator(empty))[1])
    keep("ttnn.empty", lambda: asyncio.run(waits(empty, 3)))
    keep("ttnn.empty", lambda: recursion(empty, 5))
    keep("ttnn.empty", lambda: Layer(empty).made)
    keep("ttnn.empty", lambda: functools.reduce(lambda _, __: (empty(), here()), [1, 2]))
    keep("ttnn.relu", lambda: [(ttnn.relu(a), here()) for _ in range(1)][0])
    keep("ttnn.relu", lambda: next(map(lambda tensor: (ttnn.relu(tensor), here()), [a])))
    sorted([Layer(empty), Layer(empty)])
    names = {"empty": empty, "here": here}
    exec("\n\ndef f():\n    return empty(), here()\nanswer = f()\n", names)
    note("ttnn.empty", *names["answer"])
    exec(compile("def g():\n    return f()\nanswer = g()\n", "/some/where/models/attention.py", "exec"), names)
    note("ttnn.empty", *names["answer"])
    with entered(empty) as answer:
        note("ttnn.empty", *answer)
    threads = [threading.Thread(target=lambda: keep("ttnn.empty", lambda: recursion(empty, 2))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def nested(a, b):
    """An operation that calls others, and one that calls the program back: all that is made within is the outermost one's."""
    outer = []

    def composite(first, second, then=None):
        inside = [ttnn.relu(first), ttnn.matmul(first, second)]
        if then is not None:
            inside.append(then())
        return inside

    ttnn.register_python_operation(name="ttnn.composite_for_this_test")(composite)
    outer.append((ttnn.composite_for_this_test(a, b), here()))
    outer.append((ttnn.composite_for_this_test(a, b, lambda: ttnn.add(a, b)), here()))
    outer.append((ttnn.composite_for_this_test(a, b, then=lambda: [ttnn.composite_for_this_test(b, a)[0]][0]), here()))
    for tensors, places in outer:
        for tensor in tensors:
            note("ttnn.composite_for_this_test", tensor, places)


def main():
    device = host_protocol.open_device()
    a, b = (ttnn.empty((64, 64), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG) for _ in range(2))
    straight(a, b)
    by_other_ways(device, a)
    nested(a, b)
    host = ttnn.Tensor([0.0] * 4096, [1, 1, 64, 64], ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT)
    keep("Tensor::to_device", lambda: (host.to(device, ttnn.DRAM_MEMORY_CONFIG), here()))  # no operation of Python's
    host_protocol.ask(checkpoint="made", names=made, refused=refused)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
