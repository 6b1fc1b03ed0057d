# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Programs with kernel binaries (tests/support/force_binaries.cpp), launched, captured into a trace, launched again. Usage: l1_trace.py ROWSxCOLUMNS

Without binaries a mock dies in the capture, and it dies of replaying one with them, so nothing is replayed. Each checkpoint says what addresses are
tensors' and what tt-metal's own memory says of its kernel-config rings.
"""
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn
from l1_generic import rings


def main(shape):
    device = open_device(tuple(int(n) for n in shape.split("x")))
    held = [allocate(device)]

    def look(label):
        checkpoint(label, [device], tensors=sorted(int(t.buffer_address()) for t in held), rings=rings())

    def launch():
        held.append(ttnn.add(held[0], held[0]))
        held.append(ttnn.multiply(held[0], held[0]))

    launch()
    look("launched")
    launch()
    look("launched again")
    trace = ttnn.begin_trace_capture(device, cq_id=0)
    look("capture begun")
    launch()
    look("captured")
    ttnn.end_trace_capture(device, trace, cq_id=0)
    look("capture ended")
    launch()
    look("launched after it")
    ttnn.release_trace(device, trace)
    device.clear_program_cache()
    look("cleared")
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(sys.argv[1])
