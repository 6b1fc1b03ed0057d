# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's weights, named by ttmem.label(). labels.py DEMO_FOLDER; says names and addresses, waits for a line, frees one and says the rest."""
import dataclasses
import json
import random
import sys

from truths import ttnn

import ttmem

sys.path.insert(0, sys.argv[1])
import workload  # noqa: E402


@dataclasses.dataclass
class Served:
    decoder: object
    note: str = ""

    @property
    def refused(self):
        raise AssertionError("label() asked a property")

    def __getattr__(self, name):
        raise AssertionError(f"label() asked for {name}")


def main():
    workload.say = lambda text: None
    device = workload.open_mesh((1, 1))
    decoder = workload.Decoder(device, random.Random(3))
    for _ in range(decoder.layer_count):
        decoder.load_layer()
    decoder.fill_small_regions()
    requests = [decoder.admit() for _ in range(4)]
    decoder.activations["hidden"] = decoder.empty((1, 1, 32, workload.HIDDEN))
    unlabelled = [row["label"] for row in ttmem.memory_snapshot()]
    assert set(unlabelled) == {None}, unlabelled
    named = ttmem.label(Served(decoder), "served")
    truth = {f"served.decoder.layers.{i}.{name}": tensor.buffer_address() for i, layer in enumerate(decoder.layers) for name, tensor in layer.items()}
    weights = len(truth)
    truth |= {f"served.decoder.requests.{request}.{i}": tensor.buffer_address() for request in requests for i, tensor in enumerate(decoder.requests[request])}
    truth["served.decoder.activations.hidden"] = decoder.activations["hidden"].buffer_address()
    truth |= {"served.decoder.halo": decoder.halo.buffer_address(), "served.decoder.trace_region": decoder.trace_region.buffer_address()}
    rows = {(row["address"], row["kind"]): row["label"] for row in ttmem.memory_snapshot(device)}
    own = {label: address for (address, _), label in rows.items() if label is not None}
    unnamed = [row["tensor"] for row in ttmem.memory_snapshot() if row["label"] is None and row["tensor"] is not None]
    print(json.dumps({"named": named, "weights": weights, "truth": truth, "own": own, "unnamed": unnamed}), flush=True)
    sys.stdin.readline()
    # A name goes with its buffer: the next one in its place has none, and a name can be taken away.
    address = decoder.layers[0].pop("q").buffer_address()
    decoder.layers[0]["again"] = decoder.empty((workload.HIDDEN, workload.HIDDEN), dtype=ttnn.bfloat8_b)
    again = next(row for row in ttmem.memory_snapshot() if row["address"] == decoder.layers[0]["again"].buffer_address() and row["kind"] == "dram")
    by_label = ttmem.label(decoder.layers[0]["again"], "by itself")
    renamed = next(row for row in ttmem.memory_snapshot() if row["id"] == again["id"])
    print(json.dumps({"address": address, "again": again["address"], "label": again["label"], "by_label": by_label, "renamed": renamed["label"]}), flush=True)
    ttnn.close_mesh_device(device)


main()
