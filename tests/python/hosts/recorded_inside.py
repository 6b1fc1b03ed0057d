# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A program that records itself: recorded_inside.py before|late|variable PATH. Prints what it saw of its recorder, and what ttnn says it held."""
import json
import os
import pathlib
import signal
import sys

signals = []
signal.signal(signal.SIGCHLD, lambda number, frame: signals.append(number))
opened = os.open(sys.argv[0], os.O_RDONLY)  # a descriptor that a child would have
os.set_inheritable(opened, True)

from truths import open_device, tensor, view  # noqa: E402

import ttmem  # noqa: E402


def files_of(folder):
    """The files that a process has open; it may close one while they are listed."""
    found = []
    for link in (folder / "fd").iterdir():
        try:
            found.append(os.readlink(link))
        except FileNotFoundError:
            continue
    return sorted(found)


def recorders():
    """Processes that record this one, as the kernel shows them."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
            if b"record" in words and str(os.getpid()).encode() in words:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                environment = (folder / "environ").read_bytes().split(b"\0")
                found.append({"parent_is_this": int(stat[1]) == os.getpid(), "leads_a_session": int(stat[3]) == int(folder.name),
                              "files": files_of(folder),
                              "variables": sorted(variable.decode().partition("=")[0] for variable in environment if b"TT_ALLOC" in variable or b"LD_" in variable)})
        except OSError:
            continue
    return found


def children():
    try:
        os.waitpid(-1, os.WNOHANG)
        return True
    except ChildProcessError:
        return False


def main():
    way, path = sys.argv[1:]
    device = open_device() if way == "late" else None
    before = tensor(device, 256) if way == "late" else None
    before_it = len(signals)  # the switch's recorder began as ttnn was imported
    recording = None if way == "variable" else ttmem.record(path).start()
    answer = {"pid": os.getpid(), "had_a_child": children(), "signals": [len(signals) - before_it]}
    device = device or open_device()
    kept, answer["steps"] = [], []
    for i in range(50):
        answer["steps"].append((ttmem.step("fill"), view(device)[0]))
        kept.append(tensor(device, 64 * (1 + i % 3)))
    answer["most"] = view(device)[0]
    answer["seen"] = recorders()
    del kept[10:]
    answer["end"] = view(device)[0]
    if recording is not None:
        before_it = len(signals)
        recording.stop()
        answer["signals"].append(len(signals) - before_it)
        answer["left"] = len(recorders())
        try:
            ttmem.record(path).start()
        except FileExistsError as error:
            answer["again"] = str(error)
    answer["all_signals"] = len(signals)  # tt-metal has children of its own
    answer["variable"] = os.environ.get("TT_ALLOC_RECORD")
    del before
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
