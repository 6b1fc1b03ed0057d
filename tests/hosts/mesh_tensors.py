# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds tensors that lie on a mesh in different ways, put there and made by operations, and says how, as ttnn says it: mesh_tensors.py ROWSxCOLUMNS"""
import sys

import host_protocol
import ttnn


def facts(name, tensor):
    topology = tensor.tensor_topology()
    divided = [placement.dim if isinstance(placement, ttnn.PlacementShard) else None for placement in topology.placements()]
    return {"name": name, "address": int(tensor.buffer_address()), "shape": list(tensor.shape), "distribution_shape": list(topology.distribution_shape()), "sharded_along": divided}


def main():
    rows, columns = (int(part) for part in sys.argv[1].split("x"))
    mesh = host_protocol.open_device((rows, columns))
    replicate, shard = ttnn.PlacementReplicate, ttnn.PlacementShard
    chips, held = rows * columns, {}

    def put(name, shape, mapper):
        """A tensor of the host, whole, then on the mesh."""
        elements = 1
        for extent in shape:
            elements *= extent
        host = ttnn.Tensor([0.0] * elements, shape, ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT)
        held[name] = ttnn.distribute_tensor(host.to(ttnn.TILE_LAYOUT), mapper, mesh)

    put("replicated", [1, 1, 32, 64], ttnn.replicate_tensor_to_mesh_mapper(mesh))
    for dimension in (0, 1, 3, -1):
        shape = [chips if dimension == 0 else 1, chips if dimension == 1 else 1, 32, 32 * chips]
        put(f"along {dimension}", shape, ttnn.shard_tensor_to_mesh_mapper(mesh, dimension))
    for name, placements in {"rows": [shard(2), replicate()], "columns": [replicate(), shard(3)], "both": [shard(2), shard(3)], "both, the other way": [shard(3), shard(2)],
                             "neither": [replicate(), replicate()]}.items():
        put(name, [1, 1, 32 * chips, 32 * chips], ttnn.create_mesh_mapper(mesh, ttnn.MeshMapperConfig(placements)))
    held["empty"] = ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mesh, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    held["zeros"] = ttnn.zeros((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mesh, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    held["without a mapper"] = ttnn.Tensor([0.0] * 1024, [32, 32], ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT).to(ttnn.TILE_LAYOUT).to(mesh)
    for name in ("replicated", "along 3", "both", "columns"):
        held[f"sum of {name}"] = ttnn.add(held[name], held[name])
    held["double of both, the other way"] = ttnn.multiply(held["both, the other way"], 2.0)
    held["rows and columns"] = ttnn.add(held["rows"], held["rows"])
    held["product"] = ttnn.matmul(held["along 3"], held["along 3"], transpose_b=True)
    host_protocol.ask(checkpoint="held", tensors=[facts(name, tensor) for name, tensor in held.items()])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
