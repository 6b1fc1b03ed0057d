# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The pages for users name what exists, and all of it."""
import re
import subprocess


def test_commands_in_the_documentation_are_those_of_the_program(root, build):
    help_text = subprocess.run([build / "bin/ttmem", "--help"], capture_output=True, text=True, check=True).stdout
    offered = set(re.findall(r"^  ([a-z0-9-]+)\s", help_text.partition("now:")[2], re.M))
    named = set(re.findall(r"^\| `ttmem ([a-z0-9-]+)", (root / "docs/cli.md").read_text(), re.M))
    assert offered and named == offered


def test_variables_in_the_documentation_are_read_by_the_code(root, files):
    named = set(re.findall(r"^\| `(TT[A-Z_]+)", (root / "docs/environment.md").read_text(), re.M))
    code = "\n".join((root / f).read_text() for f in files if f.suffix in (".cpp", ".py") and f.parts[0] in ("src", "apps", "python"))
    assert named and not [name for name in named if f'"{name}"' not in code]


def test_pages_have_things_for_subjects(root, files):
    """House words: a sentence about "nobody" or "whoever" hides what it is about, and "anew" is "again"."""
    pages = [f for f in files if (f.suffix == ".md" and f.parts[0] != "benchmarks") or f.parts[0] in ("packaging", "scripts", "python", "examples")]
    wrong = []
    for page in pages:
        for number, line in enumerate((root / page).read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"\b(nobody|whoever|anew)\b", line, re.I):
                wrong.append(f"{page}:{number}: {line.strip()[:80]}")
    assert len(pages) > 100 and not wrong
