# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A host that closes every descriptor it did not open, as daemons do, reuses their numbers, and goes on allocating past the ledger's first extent."""
import os

import host_protocol
from host_protocol import allocate, checkpoint, open_device


def main():
    device = open_device()
    tensors = [allocate(device, side) for side in (128, 256)]
    checkpoint("before", [device])
    mine = host_protocol.OUT.fileno()
    os.closerange(3, mine)
    os.closerange(mine + 1, 4096)
    tensors.append(allocate(device, 512))
    checkpoint("descriptors closed", [device])
    canaries = [open(os.path.join(os.getcwd(), f"canary.{number}"), "wb+") for number in range(40)]
    for canary in canaries:
        canary.write(b"untouched")
        canary.flush()
    tensors += [allocate(device, 32) for _ in range(9000)]
    del tensors[5:4000]
    checkpoint("numbers reused, thousands more", [device])
    for canary in canaries:
        canary.seek(0)
        assert canary.read() == b"untouched", canary.name
    tensors.clear()
    checkpoint("all freed", [device])
    host_protocol.tell(end=True)
    os._exit(0)  # ttnn's own end waits on a descriptor that is gone, tracked or not


if __name__ == "__main__":
    main()
