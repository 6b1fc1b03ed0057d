# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""For hosts of dry runs: the highest figures of ttnn's own allocator, and a ballast that takes what it says is free."""
import ttnn

KINDS = {"dram": ttnn.BufferType.DRAM, "l1": ttnn.BufferType.L1, "l1_small": ttnn.BufferType.L1_SMALL}
PAGE = 65536


def held(device, kind):
    """Bytes on one chip, all banks together."""
    view = ttnn.get_memory_view(device, KINDS[kind])
    return view.total_bytes_allocated_per_bank * view.num_banks


def unit(device):
    """Bytes of a bank that its DRAM allocator rounds to."""
    return 64 if "BLACKHOLE" in str(device.arch()).upper() else 32


def ballast(device, amount):
    """So many bytes of a chip, in as many pieces as there are holes, the largest first: in one piece it would meet a hole that is too small."""
    pieces, view, least = [], ttnn.get_memory_view(device, ttnn.BufferType.DRAM), unit(device)
    left = amount // view.num_banks
    while left > 0:
        hole = ttnn.get_memory_view(device, ttnn.BufferType.DRAM).largest_contiguous_bytes_free_per_bank
        piece, page = min(left, hole) or left, least  # where nothing is free, the rest is asked for and refused
        while page * 2 <= piece and page < PAGE:
            page *= 2
        pieces.append(ttnn.empty([1, 1, piece // page * view.num_banks, page // 2], dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device,
                                 memory_config=ttnn.DRAM_MEMORY_CONFIG))
        left -= piece // page * page
    return pieces


class Peaks:
    """The most bytes held when look() was called, and at which of its calls the most DRAM was held."""

    def __init__(self):
        self.highest = {kind: 0 for kind in KINDS}
        self.looks = 0
        self.most_dram_at = 0

    def look(self, device):
        self.looks += 1
        for kind in KINDS:
            now = held(device, kind)
            if now > self.highest[kind]:
                self.highest[kind] = now
                if kind == "dram":
                    self.most_dram_at = self.looks
