# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Ledgers that are written by hand from docs/ledger-format.md, and processes of any user that hold them: claims of whatever one likes."""
import contextlib
import fcntl
import os
import pathlib
import signal
import struct
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
from make_ledger_v1 import LIVE, NONE16, NONE32, File, Interned, put_buffer  # noqa: E402

GIB = 1 << 30
MESH = 1  # an allocator's mesh: any number of 0 and more


def chip(**changes):
    """The fields of a device record: a chip of an n150, unless they say otherwise."""
    return {"logical_id": 0, "unique_id": None, "arch": 2, "channels": 12, "channel_bytes": GIB, "core_bytes": 1_499_136, "cores": 64, "board": "n150", "pci": "0000:01:00.0"} | changes


def buffer(address, bytes_per_bank, banks=12, account=0, device=None):
    return {"address": address, "bytes_per_bank": bytes_per_bank, "banks": banks, "account": account, "device": device}


def ledger(chips, buffers=(), bank_bytes=GIB, banks=12, command="forged", repeat=1):
    """A ledger with one allocator over all the chips, and what it holds there; its writer has still to be filled in (Forger). `repeat`: so many records of each buffer."""
    f = File()
    f.put(0, "8sHHI8s", b"TTALLOCL", 1, 0, 4096, b"TT-READY")
    f.put(88, "IIQQQ", 2, len(buffers) * repeat, 1, 1_700_000_000_000_000_000, 1_000_000_000)
    f.put(120, "64s", command.encode())
    f.put(512, "I", 1)
    at = f.section(1, 0, 0, len(chips), 128)
    for i, one in enumerate(chips):
        f.put(at + 128 * i, "iIQQIIQQI", one["logical_id"], 0 if one["unique_id"] is None else 2, one["unique_id"] or 0, 0, one["arch"], one["channels"], one["channel_bytes"],
              one["core_bytes"], one["cores"])
        f.put(at + 128 * i + 56, "32s16s", one["board"].encode(), one["pci"].encode())
    f.put(524, "I", len(chips))
    sets = Interned(f, 64 + 8 * ((len(chips) + 1) // 2), 64)
    every = sets.devices(*range(len(chips)))
    at = f.section(2, 0, 0, 1, 256)
    f.put(at, "IIiIIIQQ", 2, 1, MESH, NONE32, every, 1, 1, 0)
    f.put(at + 40, "QQII", bank_bytes, 0, banks, 32)
    f.put(520, "I", 1)
    totals, shard = f.section(4, 0, 0, 16, 64), f.section(5, 0, 0, 1, 128)
    counters = f.section(6, 0, 0, 16, 64)
    f.section(7, 0, 0, 16, 32)
    f.put(shard, "Q", 0)
    at = f.section(8, 0, 0, max(1, len(buffers) * repeat), 64)
    held = [[0, 0] for _ in range(16)]
    for i, one in enumerate(one for one in buffers for _ in range(repeat)):
        size = one["bytes_per_bank"] * one["banks"]
        put_buffer(f, at + 64 * i, LIVE, one["account"], one["account"], 1, 0, i + 1, one["address"], min(size, (1 << 64) - 1), one["bytes_per_bank"], 1, 32, 1, 0, one["banks"],
                   NONE16 if one["device"] is None else one["device"], 0)
        held[one["account"]][0] += 1
        held[one["account"]][1] = (held[one["account"]][1] + size) % (1 << 64)
    for account, (count, size) in enumerate(held):
        f.put(counters + 64 * account, "7Q", count, size, size, 0, 0, 0, 0)
        f.put(totals + 64 * account, "Q", size)
    return f


def sign(f, **changes):
    """Makes this process the writer that the header names."""
    stat = pathlib.Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
    boot = bytes.fromhex(pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", ""))
    writer = {"pid": os.getpid(), "uid": os.getuid(), "start": int(stat[19]), "namespace": os.stat("/proc/self/ns/pid").st_ino, "nonce": int.from_bytes(os.urandom(8), "little"),
              "start_ns": 1, "created_ns": 2} | changes
    f.put(24, "IIQQQ16sQQ", writer["pid"], writer["uid"], writer["start"], writer["namespace"], writer["nonce"], boot, writer["start_ns"], writer["created_ns"])
    return writer


class Forger:
    """A process of that user with such a ledger, or several, in the directory, which every user has to be able to write to. It lives until end()."""

    running = []

    def __init__(self, directory, *files, user=0, **changes):
        said, say = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(said)
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
                folder = pathlib.Path(directory, f"tt_alloc.{user}")
                folder.mkdir(mode=0o755, exist_ok=True)
                kept = []
                for f in files:
                    writer = sign(f, **changes)
                    kept.append(os.open(folder / f"{os.getpid()}-{writer['nonce']:016x}.ledger", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644))
                    fcntl.lockf(kept[-1], fcntl.LOCK_EX)
                    os.write(kept[-1], f.data)
                os.write(say, b"ready")
                while True:
                    signal.pause()
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        os.close(say)
        Forger.running.append(self)
        with os.fdopen(said, "rb") as answer:
            assert answer.read(5) == b"ready", "the forger did not get to write"

    def end(self):
        if self in Forger.running:
            Forger.running.remove(self)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    @classmethod
    def end_all(cls):
        for one in list(cls.running):
            one.end()
