# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""RESULTS.md has several writers; each rewrites its own sections and leaves the others alone. A section begins at a line "## Name"."""
import contextlib
import io
import os
import pathlib
import re
import sys


def split(text):
    """[(heading, section with its heading)]; what stands before the first has the heading ''."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return [(part.split("\n", 1)[0] if part.startswith("## ") else "", part) for part in parts if part.strip()]


def put(path, text, heading):
    """Replaces the section of this heading by `text`, or adds it at the end."""
    sections = split(path.read_text()) if path.exists() else []
    made = [(name, text if name == heading else part) for name, part in sections]
    if heading not in dict(sections):
        made.append((heading, text))
    path.write_text("\n\n".join(part.strip("\n") for _, part in made) + "\n")


def put_all_but(path, text, foreign):
    """Replaces everything but the sections of these headings, which stand at the end."""
    kept = [part for name, part in (split(path.read_text()) if path.exists() else []) if name in foreign]
    path.write_text("\n\n".join(part.strip("\n") for part in [text, *kept]) + "\n")


def measured(heading, write, measure):
    """Prints what `measure` prints; with `write` it becomes RESULTS.md's section of that heading, with the command that ran and the load before it. Gives
    what `measure` gives, 0 for nothing; anything else says that it failed, and is not written."""
    load = os.getloadavg()[0]
    words = io.StringIO()
    with contextlib.redirect_stdout(words):
        code = measure() or 0
    print(words.getvalue(), end="")
    if write and code == 0:
        program = pathlib.Path(sys.argv[0]).name
        command = f"Written by `benchmarks/{program} {' '.join(sys.argv[1:])}`, load average {load:.2f}."
        put(pathlib.Path(__file__).with_name("RESULTS.md"), f"{heading}\n\n{command} {words.getvalue()}", heading)
    return code
