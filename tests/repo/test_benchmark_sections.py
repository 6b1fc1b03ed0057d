# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/RESULTS.md has several writers; what one writes must leave the others' sections alone."""
import subprocess
import sys

import pytest


@pytest.fixture
def sections(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    yield __import__("sections")
    sys.modules.pop("sections", None)


def test_each_writer_changes_its_own_section(sections, tmp_path):
    file = tmp_path / "RESULTS.md"
    sections.put_all_but(file, "# Results\n\n## An event\n\nold\n", ("## Launches", "## Python"))
    sections.put(file, "## Launches\n\n| 1 |\n", "## Launches")
    sections.put(file, "## Python\n\nfirst\n", "## Python")
    sections.put(file, "## Launches\n\n| 2 |\n", "## Launches")
    sections.put_all_but(file, "# Results\n\n## An event\n\nnew\n", ("## Launches", "## Python"))
    sections.put(file, "## Python\n\nsecond\n", "## Python")
    assert file.read_text() == "# Results\n\n## An event\n\nnew\n\n## Launches\n\n| 2 |\n\n## Python\n\nsecond\n"


def test_the_long_suite_has_a_row_for_each_stage(root, tmp_path):
    file = tmp_path / "RESULTS.md"
    file.write_text("# Results\n\n## An event\n\nfigures\n")

    def write(commit, *lines):
        subprocess.run([sys.executable, root / "benchmarks" / "long_suite.py", "--commit", commit, "--results", file, *lines], check=True)
        rows = [line.strip("| ").split(" | ")[:6] for line in file.read_text().splitlines() if line.startswith("| ")]
        return rows[1:]

    first = write("abc1234", "unit     812 passed    0 failed    1 skipped     93 s", "e2e       20 passed    2 failed    0 skipped   1000 s")
    assert first == [["unit", "812", "0", "1", "93", "abc1234"], ["e2e", "20", "2", "0", "1000", "abc1234"]]
    second = write("def5678 and changes", "repo       9 passed    0 failed    0 skipped     10 s", "e2e       22 passed    0 failed    0 skipped    900 s")
    assert second == [first[0], ["repo", "9", "0", "0", "10", "def5678 and changes"], ["e2e", "22", "0", "0", "900", "def5678 and changes"]]
    assert file.read_text().startswith("# Results\n\n## An event\n\nfigures\n\n## The long suite\n")
