# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Each op with what ttnn's own graph capture says of its circular and dataflow buffers and scratchpads. Usage: l1_truth.py ROWSxCOLUMNS [demo]

A capture without dispatch has sizes and cores of all three and no addresses; one of the launch itself has the addresses of circular buffers.
`demo` takes the ops of demo/workload.py as that program runs them.
"""
import pathlib
import random
import re
import sys
import types

import host_protocol
from host_protocol import checkpoint, open_device, ttnn
from l1_ops import cores_of, ops


def captured(mode, run):
    """The op's result and, for its buffers, [kind, bytes, address, cores, whether it lies in other memory] of each device."""
    ttnn.graph.begin_graph_capture(mode)
    try:
        result = run()
    finally:
        nodes = ttnn.graph.end_graph_capture()
    found = {}
    for node in nodes:
        if kind := re.fullmatch(r"(circular|dataflow|scratchpad)(_buffer)?_allocate", node["node_type"]):
            p = node["params"]
            shared = any(str(p.get(k, "0")).lower() in ("1", "true") for k in ("globally_allocated", "borrows_memory"))
            found.setdefault(int(p["device_id"]), []).append([kind[1], int(p["size"]), int(p["address"]), sorted(cores_of(p["core_range_set"])), shared])
    return result, list(found.values())


def look(device, name, run):
    """Runs the op again and stands still; its result. The op may be refused, as without tracking."""
    _, planned = captured(ttnn.graph.RunMode.NO_DISPATCH, run)
    device.clear_program_cache()
    result, launched = captured(ttnn.graph.RunMode.NORMAL, run)
    checkpoint(name, [device], planned=planned, launched=launched)
    return result


def demo(device):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "demo"))
    import workload

    class Watched(workload.Decoder):
        def attempt(self, name, operation, otherwise=None):
            return super().attempt(name, lambda: look(device, name, operation), otherwise)

    decoder = Watched(device, random.Random(1))
    for _ in range(2):
        decoder.load_layer()
    for part in (decoder.attention, decoder.feed_forward):
        for _ in part(256):
            pass
        decoder.activations.clear()
    decoder.token()


def main(mesh, what="ops"):
    torch = types.ModuleType("torch")  # the capture's Python side asks for torch's names and for nothing of it
    torch.Tensor, torch.Size = type("Tensor", (), {}), tuple
    sys.modules["torch"] = torch
    shape = tuple(int(n) for n in mesh.split("x"))
    # Dispatch on workers: the grid that a mesh of unlike chips reports is then one that every chip really has.
    options = {"dispatch_core_config": ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)} if shape != (1, 1) else {}
    device = open_device(shape, **options)
    if what == "demo":
        demo(device)
    else:
        for name, run in ops(device).items():
            look(device, name, run)
    device.clear_program_cache()
    checkpoint("cleared", planned=[], launched=[])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
