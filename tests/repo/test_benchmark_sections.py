# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/RESULTS.md has several writers; what one writes must leave the others' sections alone."""
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
