# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Meshes that come, overlap and go in every order that tt-metal allows: several at once, nested, closed before their children or never."""
import gc
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn


def separate():
    """Meshes over different chips, side by side. (ttnn itself crashes when one is closed and the others are asked what they hold.)"""
    for sides in ((64, 128, 192), (96, 32, 512)):
        meshes = [open_device((1, 1), offset=ttnn.MeshCoordinate(0, column)) for column in range(3)]
        tensors = [allocate(mesh, side) for mesh, side in zip(meshes, sides)]
        checkpoint("three side by side", meshes)
        tensors += [allocate(mesh, side, ttnn.L1_MEMORY_CONFIG) for mesh, side in zip(meshes, sides)]
        del tensors[1]
        checkpoint("more and less", meshes)
        tensors.clear()
        checkpoint("everything freed", meshes)
        while meshes:
            ttnn.close_mesh_device(meshes.pop())
        checkpoint("all closed", [])


def nested():
    """A mesh, two halves of it, a chip of a half: four allocators, three of them over one chip."""
    mesh = open_device((2, 4))
    halves = mesh.create_submeshes(ttnn.MeshShape(2, 2))
    chip = halves[0].create_submesh(ttnn.MeshShape(1, 1))
    every = [mesh, *halves, chip]
    tensors = [allocate(part, 128 * (number + 1)) for number, part in enumerate(every)]
    tensors += [allocate(part, 64, ttnn.L1_MEMORY_CONFIG) for part in every]
    checkpoint("nested", every)
    del tensors[3], tensors[0]
    checkpoint("some freed", every)
    ttnn.close_mesh_device(chip)
    every.remove(chip)
    checkpoint("the chip closed", every)
    del chip, tensors
    gc.collect()
    checkpoint("tensors freed", every)
    for part in reversed(every):
        ttnn.close_mesh_device(part)
    checkpoint("all closed", [])


def device_by_number():
    """The older way to open a chip."""
    device = ttnn.open_device(device_id=0, l1_small_size=16384, trace_region_size=1 << 20)
    tensors = [allocate(device, 256), allocate(device, 64, ttnn.L1_MEMORY_CONFIG)]
    checkpoint("opened by number", [device])
    ttnn.close_device(device)
    checkpoint("closed", [])
    device = ttnn.open_device(device_id=0)
    tensors.append(allocate(device, 512))
    checkpoint("opened again without its small regions", [device])
    tensors.clear()
    checkpoint("everything freed", [device])
    ttnn.close_device(device)


def never_closed():
    """A submesh lives on when its parent is closed; what it holds stays until it goes itself."""
    mesh = open_device((1, 1))
    part = mesh.create_submesh(ttnn.MeshShape(1, 1))
    tensors = [allocate(mesh, 128), allocate(part, 256)]
    checkpoint("both", [mesh, part])
    ttnn.close_mesh_device(mesh)
    checkpoint("parent closed", [part])
    del tensors[1]
    checkpoint("submesh freed", [part])


def main():
    {"separate": separate, "nested": nested, "device_by_number": device_by_number, "never_closed": never_closed}[sys.argv[1]]()
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
