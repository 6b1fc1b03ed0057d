# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Sizes as people write and read them."""
from __future__ import annotations

import re

_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def parse_bytes(value: int | str) -> int:
    """"2 GiB" -> 2147483648. KiB, MiB, GiB, TiB are powers of 1024; KB, MB, GB, TB of 1000; a bare number is bytes."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(f"a size is a number of bytes or text such as '2 GiB', not {value!r}")
    if isinstance(value, int):
        if value < 0:
            raise ValueError(f"a size is not negative: {value}")
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", value)
    if match is None or match.group(2).lower() not in _UNITS:
        raise ValueError(f"a size is a number with B, KiB, MiB, GiB or TiB after it, not {value!r}")
    return int(float(match.group(1)) * _UNITS[match.group(2).lower()])


def parse_limit(value: int | float | str) -> int | float:
    """A part of the whole (a float from 0 to 1), or a size."""
    if isinstance(value, float):
        if not 0 <= value <= 1:
            raise ValueError(f"a threshold that is a part of the whole lies between 0 and 1: {value}")
        return value
    return parse_bytes(value)


def bytes_text(value: int | None) -> str:
    """1536 -> "1.5 KiB"; "-" for what is not known."""
    if value is None:
        return "-"
    amount = float(value)
    for unit in ("B", "KiB", "MiB"):
        if abs(amount) < 1024:
            return f"{value} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
