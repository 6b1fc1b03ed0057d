# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the tree itself: what every file must have, which part may include which, what the built binaries need."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def files():
    """The tracked files and those about to be (not ignored), relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    return sorted(p for p in (pathlib.Path(f) for f in listed.split("\0") if f) if (ROOT / p).is_file())


@pytest.fixture(scope="session")
def build():
    folder = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build"))
    if not (folder / "build.ninja").exists():
        pytest.skip(f"{folder} is not configured; ./test.sh builds it")
    return folder
