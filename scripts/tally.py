#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Counts test results: tally.py [--details] FILE_OR_FOLDER…

Reads JUnit XML as ctest, GoogleTest and pytest write it, and `.lines` files of "pass NAME", "fail NAME" or "skip NAME: why".
Prints "PASSED FAILED SKIPPED"; with --details then each failure and each skip with its reason.

A GoogleTest program is one test to ctest and many cases in its own XML. Where <folder>/gtest/NAME.xml stands beside
ctest.xml, the cases count instead of the program; a program that ctest calls failed while its cases do not (it crashed, a
sanitizer ended it) counts as one failure more.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    """('pass' | 'fail' | 'skip', reason) of one <testcase>."""
    for tag in ("failure", "error"):
        found = case.find(tag)
        if found is not None:
            return "fail", (found.get("message") or "").strip()
    skipped = case.find("skipped")
    if skipped is not None:
        return "skip", (skipped.get("message") or skipped.text or "").strip()
    if case.get("status") in ("notrun", "disabled"):
        return "skip", "did not run (disabled)"
    if case.get("status") == "fail":
        return "fail", ""
    return "pass", ""


def cases_of(path):
    """[(name, outcome, reason)]; a file cut short by a crash is an empty list."""
    try:
        tree = ElementTree.parse(path)
    except ElementTree.ParseError:
        return []
    return [(f"{c.get('classname') or ''}.{c.get('name')}".strip("."), *outcome(c)) for c in tree.iter("testcase")]


def of_ctest(path):
    results = []
    for name, result, reason in cases_of(path):
        inner_path = path.parent / "gtest" / f"{name.split('.', 1)[-1]}.xml"
        inner = cases_of(inner_path) if inner_path.exists() else []
        results += [(f"{name.split('.', 1)[-1]}: {case}", r, why) for case, r, why in inner]
        if not inner or (result == "fail" and all(r != "fail" for _, r, _ in inner)):
            results.append((name.split(".", 1)[-1], result, reason))
    return results


def of_lines(path):
    results = []
    for line in path.read_text().splitlines():
        result, _, rest = line.partition(" ")
        name, _, why = rest.partition(": ")
        if result in ("pass", "fail", "skip"):
            results.append((name, result, why))
    return results


def main():
    details = "--details" in sys.argv
    results = []
    for argument in [a for a in sys.argv[1:] if not a.startswith("--")]:
        path = pathlib.Path(argument)
        for file in sorted(path.glob("*")) if path.is_dir() else [path]:
            if file.name == "ctest.xml":
                results += of_ctest(file)
            elif file.suffix == ".xml":
                results += cases_of(file)
            elif file.suffix == ".lines":
                results += of_lines(file)
    counts = [sum(r == kind for _, r, _ in results) for kind in ("pass", "fail", "skip")]
    print(*counts)
    if details:
        for kind in ("fail", "skip"):
            for name, result, reason in results:
                if result == kind:
                    reason = " ".join(reason.split())
                    print(f"  {kind}: {name}" + (f": {reason[:300]}" if reason else ""))


if __name__ == "__main__":
    main()
