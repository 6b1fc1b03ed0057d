# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Protocol buffers by their field numbers, without a schema: for tests of what ttmem exports and of what readers answer."""


def _number_at(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """(number, value) of each field: a number, or bytes."""
    at = 0
    while at < len(data):
        key, at = _number_at(data, at)
        assert key & 7 in (0, 2), key
        value, at = _number_at(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        yield key >> 3, value


def numbers(packed):
    """A list of numbers that stand in one field."""
    found, at = [], 0
    while at < len(packed):
        value, at = _number_at(packed, at)
        found.append(value)
    return found
