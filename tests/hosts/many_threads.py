# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Threads that come and go by the thousand, each allocating a little; what one makes another frees."""
import os
import resource
import sys
import threading

import host_protocol
from host_protocol import allocate, checkpoint, open_device


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def main():
    rounds, lock, shared = int(sys.argv[1]), threading.Lock(), []
    device = open_device()

    together = threading.Barrier(30)

    def at_once():
        """As many threads holding something at one moment as there will ever be: what the ledger needs for that it may keep."""
        mine = [allocate(device, 32) for _ in range(3)]
        together.wait()
        del mine

    def work():
        mine = [allocate(device, 32) for _ in range(3)]
        with lock:
            shared.append(mine.pop())
            other = shared.pop(0) if len(shared) > 50 else None
        del mine, other

    def wave(count):
        for _ in range(count):
            threads = [threading.Thread(target=work) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    crowd = [threading.Thread(target=at_once) for _ in range(30)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    wave(25)
    checkpoint("warm", [device], resident=resident_bytes(), threads=500, descriptors=len(os.listdir("/proc/self/fd")))
    wave(rounds)
    checkpoint("after", [device], resident=resident_bytes(), threads=500 + 20 * rounds, descriptors=len(os.listdir("/proc/self/fd")))
    shared.clear()
    checkpoint("all freed", [device])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
