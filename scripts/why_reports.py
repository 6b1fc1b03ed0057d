#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Replays the reports of demo/reports on real ttnn and writes the section "Five reports, replayed" of docs/why.md: what tt-metal says, and what `ttmem why` says.

    scripts/why_reports.py                    # all of them, into docs/why.md
    scripts/why_reports.py --print leak       # one, on stdout

Needs a build (TTMEM_BUILD_DIR, or ./build), ttnn in this Python, and a mock cluster or a board (TT_METAL_MOCK_CLUSTER_DESC_PATH; an N150 is mocked without).
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "why.md"
BEGIN, END = "<!-- scripts/why_reports.py writes from here -->\n", "<!-- to here -->\n"

# Of each program: what is reported, and where such reports are found.
REPORTS = {
    "beyond": ("An operation that no L1 can hold",
               "The most frequent report: an operation with a configuration that was made for other shapes (`grow to … beyond max L1 size`)."),
    "clash": ("An operation that ran yesterday",
              "The same operation, with more held in L1 by others when it is called (tenstorrent/tt-metal#28835, #54876)."),
    "fragmented": ("Enough is free, and yet none",
                   "A server whose requests come and go is refused memory while half of it is free (tenstorrent/tt-metal#35516, #50618)."),
    "small_region": ("A convolution on a device that was opened without options",
                     "Convolutions and pooling keep small tables in L1_SMALL, which is empty unless a size was given (tenstorrent/tt-metal#44434, #47769)."),
    "leak": ("It runs for a while, and then does not",
             "A loop that keeps a tensor of every step (tenstorrent/tt-metal#7462, #33316). Nothing in the exception says which."),
}


def replay(name, folder):
    """Runs the program under `ttmem run`: the text of tt-metal's exception, and what `ttmem why` says afterwards."""
    build = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build"))
    environment = {"TT_LOGGER_LEVEL": "error", "LOGURU_LEVEL": "ERROR", **os.environ, "TT_ALLOC_LEDGER_DIR": folder, "TT_METAL_LOGS_PATH": folder}
    if not os.path.isdir("/dev/tenstorrent"):
        environment.setdefault("TT_METAL_MOCK_CLUSTER_DESC_PATH", str(ROOT / "tests/support/clusters/n150.yaml"))
    ttmem = build / "bin" / "ttmem"
    run = subprocess.run([ttmem, "run", "--", sys.executable, f"reports/{name}.py"], env=environment, cwd=ROOT / "demo", capture_output=True, text=True)
    said = re.search(r"^(RuntimeError: .*?)\nbacktrace:", run.stderr, re.S | re.M)
    if not said:
        raise SystemExit(f"{name} was not refused:\n{run.stderr[-3000:]}")
    pid = re.findall(r"ttmem why (\d+)", run.stderr)[-1]
    why = subprocess.run([ttmem, "why", pid, "--width", "80"], env=environment, capture_output=True, text=True, check=True)
    return said[1], why.stdout


def comparable(text):
    """Without what differs from run to run: times, process numbers, the name of the interpreter, and folders of tt-metal's build."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"At \d{4}-\d\d-\d\d \d\d:\d\d:\d\d in process \d+ \([^)]*\)", "At TIME in process PID", text)
    return re.sub(r"\S*/tt_metal/", "", text)


def section(name, folder):
    title, what = REPORTS[name]
    program = (ROOT / "demo" / "reports" / f"{name}.py").read_text().split("\n", 2)[2]
    said, why = replay(name, folder)
    return "\n".join([f"### {title}", "", what, "", "```python", program.rstrip(), "```", "", "ends with", "", "```", *folded(said), "```", "",
                      "`ttmem why`, afterwards:", "", "```", why.rstrip(), "```", ""])


def folded(text, width=160):
    """Lines of at most `width` columns."""
    lines = []
    for line in text.splitlines():
        while len(line) > width:
            cut = line.rfind(" ", 0, width)
            lines.append(line[:cut])
            line = "    " + line[cut + 1:]
        lines.append(line)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", metavar="NAME", choices=REPORTS, help="print this one section, and write nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.print:
            print(section(arguments.print, folder))
            return
        sections = [section(name, folder) for name in REPORTS]
    page = PAGE.read_text()
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(sections) + "\n" + END + after)


if __name__ == "__main__":
    main()
