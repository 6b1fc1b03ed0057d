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
    lines = ["unit     812 passed    0 failed    1 skipped     93 s", "e2e       20 passed    2 failed    0 skipped   1000 s"]
    subprocess.run([sys.executable, root / "benchmarks" / "long_suite.py", "--commit", "abc1234", "--seconds", "1100", "--results", file, *lines], check=True)
    text = file.read_text()
    assert text.startswith("# Results\n\n## An event\n\nfigures\n\n## The long suite\n") and "commit abc1234, " in text
    assert text.endswith("| unit | 812 | 0 | 1 | 93 |\n| e2e | 20 | 2 | 0 | 1000 |\n| all | 832 | 2 | 1 | 1100 |\n")
