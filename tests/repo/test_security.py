# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Each row of docs/security.md names tests that there are, in the program or file that it says."""
import re

PAGE = "docs/security.md"


def rows(root):
    """Each row of the page's tables, as its cells."""
    for line in (root / PAGE).read_text().splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            if cells[-1] != "test":
                yield cells


def known_tests(root):
    """The tests of each program of C++ or script of Python, by the name that ctest gives it."""
    found = {}
    for path in root.glob("**/CMakeLists.txt"):
        if "build" in path.relative_to(root).parts[0]:
            continue
        text = re.sub(r"#.*", "", path.read_text())
        for name, sources in re.findall(r"\b[a-z_]*(?:executable|test)\(\s*(?:NAME\s+)?([a-z0-9_]+)([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
            for source in re.findall(r"[A-Za-z0-9_/.{}$]*?([A-Za-z0-9_/]+\.(?:cpp|py))", sources):
                file = path.parent / source.lstrip("/")
                if file.exists():
                    found.setdefault(name, set()).update(names_in(file))
    return found


def names_in(file):
    text = file.read_text()
    if file.suffix == ".py":
        return set(re.findall(r"^def (test_\w+)", text, re.M))
    fuzzed = {"LLVMFuzzerTestOneInput"} if "int LLVMFuzzerTestOneInput(" in text else set()
    return fuzzed | {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", text, re.M)}


def test_each_row_names_a_test_that_there_is(root):
    known = known_tests(root)
    missing, count = [], 0
    for cells in rows(root):
        assert len(cells) == 3, cells
        parts = re.findall(r"`([a-z_A-Z0-9./]+)`: ((?:`[^`]+`(?:, | and )?)+)", cells[-1])
        if not parts:
            missing.append(f"{cells[0]}: no test")
        for place, names in parts:
            there = names_in(root / place) if "/" in place and (root / place).exists() else known.get(place, set())
            for name in re.findall(r"`([^`]+)`", names):
                count += 1
                if name not in there:
                    missing.append(f"{cells[0]}: {place} has no {name}")
    assert not missing, "\n".join(missing)
    assert count > 50


def test_the_policy_points_to_it(root):
    assert f"]({PAGE})" in (root / "SECURITY.md").read_text()
