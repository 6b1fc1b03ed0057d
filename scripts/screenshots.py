#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the monitor for the README, from real runs: each view is driven in tmux as a person would, and what stands on the
screen is written as SVG. Needs tmux alone.

usage: scripts/screenshots.py [--build build] [--size 120x40] [--views 1 2 3 4 5 6] [--out docs/pictures] [--replay FILE] [-- COMMAND...]
With a COMMAND it is started under `ttmem run` first and ended last; without, whatever is tracked on this machine is shown; with --replay a recording at its
peak, as replay-N.svg.
"""
import argparse
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time
import unicodedata
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent


def tmux(socket, *words):
    return subprocess.run(["tmux", "-L", socket, *words], check=True, capture_output=True, text=True).stdout


def screen(socket):
    return tmux(socket, "capture-pane", "-p", "-e", "-N", "-t", "shot")


# Of a dark terminal: the ground, the plain text, and the eight colours that a terminal names by number.
GROUND, PLAIN = "#1c1c1c", "#d0d0d0"
NAMED = ["#4e4e4e", "#ff5f5f", "#5fd75f", "#ffd75f", "#87afff", "#d787ff", "#5fd7d7", "#d0d0d0"]
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 10


def colour_256(number):
    if number < 16:
        return NAMED[number % 8]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    steps = [0, 95, 135, 175, 215, 255]
    number -= 16
    return "#" + "".join(f"{steps[number // place % 6]:02x}" for place in (36, 6, 1))


def styled(style, numbers):
    """The style (foreground, background, bold, dim, reversed) after a control sequence with these numbers (ECMA-48 SGR)."""
    foreground, background, bold, dim, turned = style
    numbers = list(numbers)
    while numbers:
        number = numbers.pop(0)
        if number == 0:
            foreground, background, bold, dim, turned = None, None, False, False, False
        elif number in (1, 2, 7):
            bold, dim, turned = bold or number == 1, dim or number == 2, turned or number == 7
        elif number == 22:
            bold = dim = False
        elif number == 27:
            turned = False
        elif number in (38, 48):
            kind = numbers.pop(0)
            colour = colour_256(numbers.pop(0)) if kind == 5 else "#" + "".join(f"{numbers.pop(0):02x}" for _ in range(3))
            foreground, background = (colour, background) if number == 38 else (foreground, colour)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            foreground = NAMED[number % 10]
        elif 40 <= number <= 47 or 100 <= number <= 107:
            background = NAMED[number % 10]
        elif number == 39:
            foreground = None
        elif number == 49:
            background = None
    return foreground, background, bold, dim, turned


def columns_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def write_svg(text, columns, path):
    """The output of `tmux capture-pane -e -N`, as a picture whose text is text."""
    style = (None, None, False, False, False)
    shapes = []
    lines = text.rstrip("\n").split("\n")
    for row, line in enumerate(lines):
        column = 0
        y = MARGIN + row * CELL_HEIGHT
        for part in re.split(r"(\x1b\[[0-9;]*m)", line):
            if part.startswith("\x1b["):
                style = styled(style, (int(n or 0) for n in part[2:-1].split(";")))
                continue
            width = columns_of(part)
            foreground, background, bold, dim, turned = style
            ink, ground = (background or GROUND, foreground or PLAIN) if turned else (foreground or PLAIN, background)
            x, length = MARGIN + column * CELL_WIDTH, width * CELL_WIDTH
            if ground and part:
                shapes.append(f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{CELL_HEIGHT}" fill="{ground}"/>')
            if part.strip():
                more = (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
                shapes.append(f'<text x="{x:.1f}" y="{y + 14}" textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs" fill="{ink}"{more}>{escape(part)}</text>')
            column += width
    width, height = columns * CELL_WIDTH + 2 * MARGIN, len(lines) * CELL_HEIGHT + 2 * MARGIN
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height}" font-size="14" xml:space="preserve"\n'
                    "     font-family=\"'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace\">\n"
                    f'<rect width="100%" height="100%" rx="6" fill="{GROUND}"/>\n' + "\n".join(shapes) + "\n</svg>\n")


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
    parser.add_argument("--replay", type=pathlib.Path, metavar="FILE", help="a recording to show")
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
             f"COLORTERM=truecolor TERM=tmux-256color {shlex.quote(ttmem)} top -r 500" + (f" --replay {shlex.quote(str(options.replay))}" if options.replay else ""))
        time.sleep(options.settle)
        for view in options.views:
            tmux(socket, "send-keys", "-t", "shot", str(view))
            time.sleep(1.5)
            path = options.out / f"{'replay' if options.replay else 'view'}-{view}.svg"
            write_svg(screen(socket), int(columns), path)
            print(path)
    finally:
        subprocess.run(["tmux", "-L", socket, "kill-server"], stderr=subprocess.DEVNULL)
        if application is not None:
            os.killpg(application.pid, signal.SIGTERM)
            application.wait()


if __name__ == "__main__":
    main()
