# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of the page. TTMEM_BUILD_DIR: the build whose server is asked (build)."""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
import browser  # noqa: E402


@pytest.fixture(scope="session")
def build():
    return pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build")).resolve()


@pytest.fixture(scope="session")
def one_chromium():
    """One browser for all tests: its start takes longer than most of them."""
    if why := browser.missing():
        pytest.skip(why)
    with browser.Browser() as window:
        yield window


@pytest.fixture
def chromium(one_chromium):
    """Without what the last test left: its page asks on, and complains, when that test's server has ended."""
    one_chromium.leave()
    return one_chromium


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.write_line(f"{len(skipped)} skipped")
