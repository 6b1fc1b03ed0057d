# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""More than a hundred operations, each with what ttnn's graph capture says that its programs take in L1, and with its results held.

Usage: l1_many.py ROWSxCOLUMNS [NAME...]
"""
import gc
import sys
import types

import host_protocol
import l1_many_ops
import l1_ops
from host_protocol import checkpoint, open_device, ttnn


def main(mesh, *names):
    torch = types.ModuleType("torch")  # the capture's Python side asks for torch's names and for nothing of it
    torch.Tensor, torch.Size = type("Tensor", (), {}), tuple
    sys.modules["torch"] = torch
    shape = tuple(int(n) for n in mesh.split("x"))
    options = {"dispatch_core_config": ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)} if shape != (1, 1) else {}
    device = open_device(shape, **options)
    for name, run in l1_many_ops.operations(device).items():
        if names and name not in names:
            continue
        try:
            planned = l1_ops.captured(run)
            device.clear_program_cache()
            held = run()  # noqa: F841 (what it made counts among the bytes)
        except Exception as error:  # refused by this release on this board, as without tracking
            host_protocol.ask(refused=name, said=str(error))
            continue
        gc.collect()
        checkpoint(name, [device], buffers=planned)
        del held
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
