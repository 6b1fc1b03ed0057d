# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tensors that something forgot to let go, each held in another way; ttmem.holders() has to say by what. Prints the answers, as JSON."""
import collections
import contextlib
import functools
import gc
import json
import os
import sys
import threading
import time
import typing
import weakref

os.environ.setdefault("TT_LOGGER_LEVEL", "fatal")
os.environ.setdefault("LOGURU_LEVEL", "ERROR")
with contextlib.redirect_stdout(sys.stderr):
    import ttnn

import ttmem

asked_code = []  # what of the program's own code ran while holders() looked


class Suspicious:
    """Whatever is asked of it the usual way is noticed."""

    def __init__(self, held):
        self.held = held

    @property
    def value(self):
        asked_code.append("property")
        return self.held

    def __getattr__(self, name):
        asked_code.append(f"__getattr__ {name}")
        raise AttributeError(name)

    def __getattribute__(self, name):
        if name not in ("__init__",):
            asked_code.append(f"__getattribute__ {name}")
        return object.__getattribute__(self, name)

    def __eq__(self, other):
        asked_code.append("__eq__")
        return True

    def __hash__(self):
        asked_code.append("__hash__")
        return 1

    def __repr__(self):
        asked_code.append("__repr__")
        return "repr"


class Counting(dict):
    def items(self):
        asked_code.append("items")
        return []

    def __iter__(self):
        asked_code.append("__iter__")
        return iter(())


class Layer:
    def __init__(self):
        self.cache = {}

    def forward(self):
        return self.cache


class Model:
    def __init__(self):
        self.layers = [Layer() for _ in range(4)]


class Registry:
    last = None


class Slotted:
    __slots__ = ("weight", "other")


class Pair(typing.NamedTuple):
    keys: object
    values: object


class Node:
    pass


CACHE, MODEL, LOCAL = {}, Model(), threading.local()
KEEP = {}


def by_closure(tensor):
    def later():
        return tensor

    return later


def by_generator(tensor):
    yield 1
    print(tensor)


async def by_coroutine(tensor):
    await Waiting()
    print(tensor)


class Waiting:
    def __await__(self):
        yield 1


def fails(tensor):
    raise ValueError("kept with its traceback")


def by_default(tensor):
    def later(value=tensor):
        return value

    return later


def thread_main(make, known, go_on):
    in_thread = make()  # noqa: F841  a local variable of a function that runs
    LOCAL.weight = make()
    known.append((number_of(in_thread), number_of(LOCAL.weight)))
    go_on.wait()


def number_of(tensor):
    (number,) = ttmem.holders(tensor).buffers
    return number


def plant(make):
    """Plants a tensor in each kind of place. The buffers' ids by name."""
    ids = {}

    def planted(name, hold):
        tensor = make()
        ids[name] = number_of(tensor)
        return hold(tensor)

    planted("module global", lambda t: CACHE.__setitem__("k", t))
    planted("model", lambda t: MODEL.layers[3].cache.__setitem__("k", t))
    planted("class", lambda t: setattr(Registry, "last", t))
    KEEP["closure"] = planted("closure", by_closure)
    KEEP["default"] = planted("default argument", by_default)
    KEEP["generator"] = planted("generator", by_generator)
    next(KEEP["generator"])
    KEEP["coroutine"] = planted("coroutine", by_coroutine)
    KEEP["coroutine"].send(None)

    def caught(t):
        try:
            fails(t)
        except ValueError as error:
            return error

    KEEP["error"] = planted("exception traceback", caught)

    def in_layer(t):
        layer = Layer()
        layer.cache["v"] = t
        return layer.forward

    KEEP["method"] = planted("bound method", in_layer)
    KEEP["partial"] = planted("partial", lambda t: functools.partial(max, t))
    KEEP["deque"] = planted("deque", lambda t: collections.deque([0, t]))

    def slotted(t):
        held = Slotted()
        held.weight = t
        return held

    KEEP["slots"] = planted("slots", slotted)
    KEEP["pair"] = planted("named tuple", lambda t: Pair(None, t))
    KEEP["suspicious"] = planted("property", Suspicious)
    KEEP["counting"] = planted("dict of its own class", lambda t: Counting({("layer", 3): t}))
    KEEP["set"] = planted("set", lambda t: frozenset([t]))

    def cycle(t):
        one, two = Node(), Node()
        one.other, two.other, two.tensor = two, one, t

    planted("cycle", cycle)

    def weakly(t):
        holder = Node()
        holder.tensor = t
        KEEP["strong"] = holder
        KEEP["weak"] = weakref.ref(holder)
        KEEP["weak values"] = weakref.WeakValueDictionary({"w": holder})

    planted("weak reference that is none", weakly)
    return ids


def only_in_the_library(device, ids):
    """Buffers without a tensor in Python."""
    before = {row["id"] for row in ttmem.memory_snapshot()}
    KEEP["semaphore"] = ttnn.create_global_semaphore(device, ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 1))}), 0)
    ids["C++"] = next(row["id"] for row in ttmem.memory_snapshot() if row["id"] not in before)
    # Without an operation, whose capture crashes a mock; the trace takes memory all the same.
    KEEP["trace"] = ttnn.begin_trace_capture(device, cq_id=0)
    ttnn.end_trace_capture(device, KEEP["trace"], cq_id=0)
    ids["trace"] = next(row["id"] for row in ttmem.memory_snapshot() if row["kind"] == "trace")


def in_the_program_cache(device, ids):
    """A convolution, whose programs keep tables in L1_SMALL for as long as ttnn's program cache keeps the programs. A mock has no other such memory: it loads no kernels' binaries."""
    image = ttnn.zeros((1, 1, 32 * 32, 32), dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device)
    weights = ttnn.zeros((32, 32, 3, 3), dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT)
    ttnn.conv2d(input_tensor=image, weight_tensor=weights, device=device, in_channels=32, out_channels=32, batch_size=1, input_height=32, input_width=32,
                kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    ttnn.synchronize_device(device)
    tables = [row["id"] for row in ttmem.memory_snapshot() if row["kind"] == "l1_small"]
    ids.update({f"program cache {number}": table for number, table in enumerate(tables)})


def main():
    with contextlib.redirect_stdout(sys.stderr):
        device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1), l1_small_size=1 << 15, trace_region_size=1 << 20)

    def make():
        return ttnn.empty((32, 64), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)

    gc.collect()
    gc.disable()
    ids = plant(make)
    known, go_on = [], threading.Event()
    thread = threading.Thread(target=thread_main, args=(make, known, go_on), daemon=True)
    thread.start()
    while not known:
        time.sleep(0.01)
    ids["running function"], ids["thread local"] = known[0]
    in_the_program_cache(device, ids)
    only_in_the_library(device, ids)
    asked_code.clear()
    told, slowest = {}, 0.0
    for name, number in ids.items():
        began = time.perf_counter()
        answer = ttmem.holders(number, seconds=60)
        slowest = max(slowest, time.perf_counter() - began)
        told[name] = {"paths": list(answer.paths), "other": answer.other, "tensors": answer.tensors, "complete": answer.complete}
    ran = list(asked_code)

    def caller():
        mine = make()
        return ttmem.holders(mine, seconds=60).paths

    in_caller = list(caller())
    kept = KEEP["strong"].tensor
    held_before = sys.getrefcount(kept)
    ttmem.holders(kept, seconds=60)
    more_references = sys.getrefcount(kept) - held_before
    # Let go of, it is gone: holders() kept nothing.
    freed = ids["deque"]
    KEEP.pop("deque")
    gone = ttmem.holders(freed).other
    device.clear_program_cache()
    uncached = [ttmem.holders(number).other for name, number in ids.items() if name.startswith("program cache")]
    print(json.dumps({"told": told, "ran": ran, "caller": in_caller, "more_references": more_references, "gone": gone, "uncached": uncached, "slowest_s": slowest,
                      "objects": len(gc.get_objects())}), flush=True)
    go_on.set()
    thread.join()
    os._exit(0)


if __name__ == "__main__":
    main()
