# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Streams between host and device, which take L1 of cores that dispatch leaves free; says which, as the streams themselves have it.

The working folder must hold the sources of the streams' kernels, which the wheel lacks. Usage: service_cores.py
"""
import os
import sys

import host_protocol
from host_protocol import open_device, ttnn

ON_SERVICE_CORES = ("get_consumed_counter_addr", "get_write_ack_counter_addr")  # the workers' own are buffers


def told(stream):
    place = ttnn.MeshCoordinate(0, 0)
    core = stream.get_service_core(place)
    return {"core": [core.x, core.y], "addresses": [getattr(stream, name)(place) for name in ON_SERVICE_CORES if hasattr(stream, name)]}


def main():
    device = open_device((1, 1))
    spec = ttnn.TensorSpec((1, 1, 32, 1024), ttnn.uint32, ttnn.ROW_MAJOR_LAYOUT)
    host_protocol.ask(checkpoint="none", streams=[])
    workers = ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 1))
    streams = []
    for kind in (ttnn.H2DStreamService, ttnn.D2HStreamService):
        streams.append(kind(device, spec, 1 << 20, worker_cores=workers))
        host_protocol.ask(checkpoint=kind.__name__, streams=[told(stream) for stream in streams])
    host_protocol.tell(end=True)
    sys.stdout.flush()
    os._exit(0)  # the streams end only with a kernel's answer, which a mock does not give


if __name__ == "__main__":
    main()
