#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden recording of format version 1.2 from docs/recording-format.md alone: one process with two buffers, programs that are loaded and unloaded, a
refusal. It is kept for good. Writes it beside itself, and its payloads as a seed of the fuzzer; with --check it fails if they are not there just so.
"""
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
T0 = 1_700_000_000_000_000_000
CONTEXT = 0x10000
UNKNOWN32, UNKNOWN64 = 2**32 - 1, 2**64 - 1
ALLOCATE, FREE, FAIL, LOAD, UNLOAD = 1, 2, 3, 6, 7


def xxh64(data):
    """XXH64 with seed 0, of which zstd keeps the low 32 bits at the end of a frame."""
    p1, p2, p3, p4, p5 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
    mask = 2**64 - 1

    def rotate(value, bits):
        return (value << bits | value >> (64 - bits)) & mask

    def mixed(lane, word):
        return rotate((lane + word * p2) & mask, 31) * p1 & mask

    at, length = 0, len(data)
    if length >= 32:
        lanes = [(p1 + p2) & mask, p2, 0, -p1 & mask]
        while at + 32 <= length:
            lanes = [mixed(lane, word) for lane, word in zip(lanes, struct.unpack_from("<4Q", data, at), strict=True)]
            at += 32
        hashed = sum(rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & mask
        for lane in lanes:
            hashed = ((hashed ^ mixed(0, lane)) * p1 + p4) & mask
    else:
        hashed = p5
    hashed = (hashed + length) & mask
    while at + 8 <= length:
        hashed = (rotate(hashed ^ mixed(0, struct.unpack_from("<Q", data, at)[0]), 27) * p1 + p4) & mask
        at += 8
    if at + 4 <= length:
        hashed = (rotate(hashed ^ struct.unpack_from("<I", data, at)[0] * p1 & mask, 23) * p2 + p3) & mask
        at += 4
    for byte in data[at:]:
        hashed = rotate(hashed ^ byte * p5 & mask, 11) * p1 & mask
    hashed = (hashed ^ hashed >> 33) * p2 & mask
    hashed = (hashed ^ hashed >> 29) * p3 & mask
    return hashed ^ hashed >> 32


def frame(raw):
    """A zstd frame (RFC 8878) of one raw block: content size in 4 bytes, single segment, with its checksum."""
    assert len(raw) < 1 << 17
    return b"\x28\xb5\x2f\xfd\xa4" + struct.pack("<I", len(raw)) + struct.pack("<I", len(raw) << 3 | 1)[:3] + raw + struct.pack("<I", xxh64(raw) & UNKNOWN32)


def fnv(data):
    hashed = 2166136261
    for byte in data:
        hashed = (hashed ^ byte) * 16777619 & UNKNOWN32
    return hashed


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def numbers(*values):
    return b"".join(number(value) for value in values)


def text(value):
    return number(len(value.encode())) + value.encode()


def optional(value):
    return numbers(0, 0) if value is None else numbers(1, value)


def listed(records):
    return number(len(records)) + b"".join(records)


def cores(*ranges):
    return listed([numbers(*each) for each in ranges])


def column(values):
    out, before = b"", 0
    for value in values:
        difference = (value - before) % 2**64
        out += number((difference << 1 if difference < 2**63 else 2 * (2**64 - difference) - 1) % 2**64)
        before = value
    return out


def process():
    device = numbers(0, 1) + optional(0x1234) + optional(None) + number(2) + text("n150") + text("") + optional(12) + number(1 << 30) + optional(64) + optional(8) + number(1 << 20)
    banks = [(1 << 28, 1024, 12, 32), (1 << 19, 102400, 64, 16)] + [(0, 0, 0, 0)] * 3
    allocator = numbers(1, 1) + optional(None) + numbers(1, T0) + listed([number(0)]) + b"".join(numbers(*each) for each in banks)
    return numbers(4711, T0 - 5, 1, T0) + text("python3") + text("python3 model.py") + text("libtt_metal 0.81.1") + listed([device]) + listed([allocator])


def texts():
    empty = number(0)
    operations, kernels = listed([numbers(1) + text("decoder")]), listed([numbers(1) + text("reader.cpp"), numbers(2) + text("writer.cpp")])
    strings = listed([numbers(i + 1) + text(word) for i, word in enumerate(("ttnn.add", "model.py", "forward"))])
    frames, nodes = listed([numbers(1, 2, 3, 42, 0)]), listed([numbers(1, 1, 0)])
    contexts = listed([numbers(CONTEXT, 1, 1, 1, 0)])
    return listed([text("python3"), text("model.py")]) + operations + empty + kernels + strings + frames + nodes + contexts + empty + empty + empty


def program(program_id, bytes_per_core, loaded_ns, kernel):
    buffers = [numbers(program_id * 10, 102400, bytes_per_core, 0, 3) + optional(5) + cores((0, 0, 7, 7))]
    kernels = [numbers(program_id * 100, kernel, 2048, 2, 0, 0) + cores((0, 0, 3, 7), (4, 0, 7, 7))]
    return (number(program_id) + optional(0) + numbers(0, 0, loaded_ns) + listed([number(0)]) + numbers(bytes_per_core * 64, 2048 * 64) + optional(1536) + numbers(0, CONTEXT)
            + listed(buffers) + listed(kernels))


def rings():
    return listed([optional(0) + numbers(0, 0, 0, 2, 32768, 70656, 3072, 1)])


def regions():
    return listed([optional(0) + numbers(1, 1, 1, 0, 32768) + optional(None) + cores(), optional(0) + numbers(1, 9, 7, 0, 1 << 20) + optional(0) + cores((0, 8, 7, 8))])


def definitions():
    return listed([program(7, 4096, T0 + 10, 1), program(8, 8192, T0 + 40, 2)])


def programs_before_first():
    """Nothing is loaded; the second and the fifth event of the first chunk load."""
    return listed([numbers(0, 1, 0), numbers(0, 4, 1)]) + listed([]) + rings() + regions()


def programs_before_second():
    return listed([]) + listed([numbers(1, 9)]) + rings() + regions()


def refusals():
    return listed([numbers(0, T0 + 30, 1, 500) + optional(0) + numbers(0, 1, 12, 1 << 30, 89478486) + optional(80000000) + numbers(3 * 4096 * 12, 0, 0, 0, 0, 0) + cores()
                   + numbers(CONTEXT, 0, 0, 0, 0, 1, 0, 3) + optional(1 << 28) + optional(200000000) + optional(None)])


def events(positions, held, happened):
    """`held`: id, time, bytes, requested, address, thread, allocator, context, tensor, page, form, account. `happened`: type, number, time, id, account, context, bytes, address."""
    out = numbers(0, len(positions), *positions, len(held)) + b"".join(column([row[i] for row in held]) for i in range(12))
    form = 12 | 511 << 11 | 1 << 23
    out += number(len(happened))
    out += b"".join(column(values) for values in (
        [row[0] for row in happened], [0] * len(happened), [row[2] for row in happened], [row[3] for row in happened], [500] * len(happened), [0] * len(happened),
        [row[4] for row in happened], [row[5] for row in happened], [form if row[0] == ALLOCATE else 0 for row in happened]))
    expected = 0
    for row in happened:
        out += number(row[1] - expected)
        expected = row[1] + 1
    others = [row for row in happened if row[0] != FREE]
    out += b"".join(column(values) for values in ([row[6] for row in others], [row[6] for row in others], [row[7] for row in others], [0] * len(others), [2048] * len(others)))
    return out


FIRST = [(ALLOCATE, 0, T0, 100, 0, CONTEXT, 4096 * 12, 1024), (LOAD, 1, T0 + 10, 7, 8, CONTEXT, 2048 * 64, 0), (ALLOCATE, 2, T0 + 20, 101, 0, CONTEXT, 8192 * 12, 8192),
         (FAIL, 3, T0 + 30, 0, 0, CONTEXT, 1 << 30, 0), (LOAD, 4, T0 + 40, 8, 8, CONTEXT, 2048 * 64, 0), (UNLOAD, 5, T0 + 50, 7, 8, 1, 2048 * 64, 0)]
SECOND = [(LOAD, 6, T0 + 60, 9, 8, CONTEXT, 12345, 0), (FREE, 7, T0 + 70, 100, 0, CONTEXT, 0, 0)]


def payloads():
    """Kind, events, first and last time, payload."""
    form = 12 | 511 << 11 | 1 << 23
    held = [(100, T0, 4096 * 12, 4096 * 12, 1024, 500, 0, CONTEXT, 0, 2048, form, 0), (101, T0 + 20, 8192 * 12, 8192 * 12, 8192, 500, 0, CONTEXT, 0, 2048, form, 0)]
    end = numbers(0, T0 + 100, 0) + listed([numbers(0, 0, 12288 * 12, 2, 1, 1)])
    return [(1, 0, T0, T0, process()), (3, 0, T0, T0, texts()), (7, 0, T0, T0, refusals()), (6, 0, T0, T0, definitions()), (8, 0, T0, T0, programs_before_first()),
            (2, len(FIRST), T0, T0 + 50, events([0], [], FIRST)), (8, 0, T0, T0, programs_before_second()), (2, len(SECOND), T0 + 60, T0 + 70, events([6], held, SECOND)),
            (4, 0, T0 + 100, T0 + 100, end), (99, 0, T0, T0, b"a kind of a later version")]


def chunk(sequence, kind, count, first, last, payload):
    stored = frame(payload)
    head = struct.pack("<4sHHIIQQQQQI", b"TCHK", kind, 0, 0, count, len(stored), len(payload), first, last, sequence, 0)
    out = head + struct.pack("<I", fnv(head)) + stored
    return out + bytes(-len(out) % 8), len(stored)


def recording():
    out = struct.pack("<8sHHIQQ", b"TTRECORD", 1, 2, 64, T0, 0x5EED) + bytes(32)
    index = []
    for sequence, (kind, count, first, last, payload) in enumerate(payloads()):
        bytes_of, stored = chunk(sequence, kind, count, first, last, payload)
        index.append((len(out), kind, 0, 0, count, stored, len(payload), first, last, sequence))
        out += bytes_of
    at = len(out)
    out += chunk(len(index), 5, 0, 0, 0, number(len(index)) + b"".join(column([row[i] for row in index]) for i in range(10)))[0]
    footer = struct.pack("<8sQQ", b"TTRECEND", at, len(index))
    return out + footer + struct.pack("<Q", fnv(footer))


def seed():
    """As tests/fuzz/recording_fuzz.cpp takes payloads."""
    return b"\x01" + b"".join(struct.pack("<BBH", kind - 1, 0, len(payload)) + payload for kind, _, _, _, payload in payloads() if kind <= 8)


def main():
    files = {HERE / "recording-v1.2.ttrec": recording(), HERE.parent / "fuzz" / "corpus" / "recording" / "small-programs": seed()}
    for path, made in files.items():
        if "--check" not in sys.argv[1:]:
            path.write_bytes(made)
        elif not path.exists() or path.read_bytes() != made:
            sys.exit(f"{path} is not what this script makes")


if __name__ == "__main__":
    main()
