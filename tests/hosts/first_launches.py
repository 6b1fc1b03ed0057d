# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Ops one by one, each with the buffers that ttnn's own captures say its programs have. Usage: first_launches.py ROWSxCOLUMNS

First all are captured without being launched, then all are launched; no program is unloaded until the end, so that a recorder reads each.
"""
import re
import sys
import types

import host_protocol
from host_protocol import open_device, ttnn
from l1_ops import cores_of, ops

KINDS = re.compile("(circular_buffer|dataflow_buffer|scratchpad)_allocate")


def captured(mode, run):
    """The op's programs in order: whether each came from the program cache, and its buffers (bytes, address, cores, whether it lies in other memory)."""
    ttnn.graph.begin_graph_capture(mode)
    try:
        run()
    finally:
        nodes = ttnn.graph.end_graph_capture()
    programs = []
    for node in nodes:
        p = node["params"] or {}
        if "program_cache_hit" in p:
            programs.append({"cached": bool(p["program_cache_hit"]), "buffers": []})
        elif KINDS.fullmatch(node["node_type"]):
            shared = any(str(p.get(name, "0")) == "1" for name in ("globally_allocated", "borrows_memory"))
            programs[-1]["buffers"].append([int(p["size"]), int(p["address"]), sorted(cores_of(p["core_range_set"])), shared])
    return programs


def main(mesh):
    torch = types.ModuleType("torch")  # the capture's Python side asks for torch's names and for nothing of it
    torch.Tensor, torch.Size = type("Tensor", (), {}), tuple
    sys.modules["torch"] = torch
    shape = tuple(int(n) for n in mesh.split("x"))
    device = open_device(shape, **({"dispatch_core_config": ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)} if shape != (1, 1) else {}))
    everything = ops(device)
    planned = {name: captured(ttnn.graph.RunMode.NO_DISPATCH, run) for name, run in everything.items()}
    device.clear_program_cache()
    launched = {name: captured(ttnn.graph.RunMode.NORMAL, run) for name, run in everything.items()}
    host_protocol.ask(planned=planned, launched=launched)
    device.clear_program_cache()


if __name__ == "__main__":
    main(*sys.argv[1:])
