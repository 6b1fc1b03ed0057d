#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden ledger of format version 1.1: that of version 1.0 with what came since (docs/ledger-format.md).

The grid of worker cores is known of the first device, not of the second. Its three files are kept for good. Writes them beside itself; with --check it fails if they are not there just so.
"""
import struct

import make_ledger_v1

DEVICES = 1  # the kind of section


def build():
    f, detail, found = make_ledger_v1.build()
    sections, devices = struct.unpack_from("<I", f.data, 516)[0], None
    for i in range(sections):
        kind, _, offset = struct.unpack_from("<IIQ", f.data, 4096 + 32 * i)
        devices = offset if kind == DEVICES else devices
    f.put(10, "H", 1)
    f.put(devices + 52, "I", 8)
    struct.pack_into("<H", detail, 10, 1)
    found["snapshot"]["devices"][0]["l1_columns"] = 8
    return f, detail, found


if __name__ == "__main__":
    make_ledger_v1.write("ledger-v1.1", *build())
