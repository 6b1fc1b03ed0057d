#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the monitor for the README, from real runs: each view is driven in tmux as a person would, and what stands on the
screen is written as SVG by the PyPI package rich (pip install rich).

usage: scripts/screenshots.py [--build build] [--size 120x40] [--views 1 2 3 4 5 6] [--out docs/pictures] [-- COMMAND...]
With a COMMAND it is started under `ttmem run` first and ended last; without, whatever is tracked on this machine is shown.
"""
import argparse
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def tmux(socket, *words):
    return subprocess.run(["tmux", "-L", socket, *words], check=True, capture_output=True, text=True).stdout


def screen(socket):
    return tmux(socket, "capture-pane", "-p", "-e", "-t", "shot")


def write_svg(text, columns, title, path):
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=columns, file=open(os.devnull, "w"), force_terminal=True, color_system="truecolor",
                      legacy_windows=False)
    lines = text.rstrip("\n").split("\n")
    for line in lines:
        console.print(Text.from_ansi(line), no_wrap=True, overflow="ignore", crop=True)
    path.write_text(console.export_svg(title=title, unique_id=path.stem))


def main():
    words = sys.argv[1:]
    command = []
    if "--" in words:
        command = words[words.index("--") + 1:]
        words = words[:words.index("--")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--views", nargs="*", type=int, default=[1, 2, 3, 4, 5, 6])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs/pictures")
    parser.add_argument("--settle", type=float, default=5, help="seconds before the first picture, for charts to fill")
    options = parser.parse_args(words)
    columns, rows = options.size.split("x")
    ttmem = str((options.build / "bin/ttmem").resolve())
    options.out.mkdir(parents=True, exist_ok=True)
    socket = f"ttmem-shots-{os.getpid()}"
    application = None
    try:
        if command:
            application = subprocess.Popen([ttmem, "run", "--", *command], stdout=subprocess.DEVNULL, start_new_session=True)
        tmux(socket, "-f", "/dev/null", "new-session", "-d", "-s", "shot", "-x", columns, "-y", rows,
             f"COLORTERM=truecolor TERM=tmux-256color {shlex.quote(ttmem)} top -r 500")
        time.sleep(options.settle)
        for view in options.views:
            tmux(socket, "send-keys", "-t", "shot", str(view))
            time.sleep(1.5)
            path = options.out / f"view-{view}.svg"
            write_svg(screen(socket), int(columns), "ttmem top", path)
            print(path)
    finally:
        subprocess.run(["tmux", "-L", socket, "kill-server"], stderr=subprocess.DEVNULL)
        if application is not None:
            os.killpg(application.pid, signal.SIGTERM)
            application.wait()


if __name__ == "__main__":
    main()
