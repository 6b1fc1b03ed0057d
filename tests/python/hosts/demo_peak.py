# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's model through all its phases without pauses; ttnn's own figures are sampled after every operation. Prints both peaks.

demo_peak.py DEMO_FOLDER PHASES
"""
import json
import random
import sys

from truths import ttnn, view

import ttmem

sys.path.insert(0, sys.argv[1])
import workload  # noqa: E402


class Sampled(workload.Decoder):
    """The demo's model, with a look at the allocator after each tensor and each operation."""

    highest = {"dram": 0, "l1": 0, "l1_small": 0, "trace": 0}
    operations = 0

    def look(self):
        Sampled.operations += 1
        for kind in Sampled.highest:
            Sampled.highest[kind] = max(Sampled.highest[kind], view(self.device, kind)[0])

    def empty(self, *arguments, **named):
        made = super().empty(*arguments, **named)
        self.look()
        return made

    def attempt(self, *arguments, **named):
        made = super().attempt(*arguments, **named)
        self.look()
        return made


def main():
    workload.say = lambda text: None
    device = workload.open_mesh((1, 1))
    decoder = Sampled(device, random.Random(3))
    phases = workload.phases(decoder, None)
    for _ in range(int(sys.argv[2])):
        text, phase = next(phases)
        for _ in phase:
            pass
        if not text.startswith("decodes"):
            decoder.activations.clear()
    found = {kind: ttmem.max_memory_allocated(device, kind) for kind in Sampled.highest}
    held = {kind: (ttmem.memory_allocated(device, kind), view(device, kind)[0]) for kind in Sampled.highest}
    print(json.dumps({"sampled": Sampled.highest, "told": found, "held": held, "operations": Sampled.operations}))
    ttnn.close_mesh_device(device)


main()
