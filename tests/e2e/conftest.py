# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests on real ttnn.

Settings (environment): TTMEM_BUILD_DIR (build), TTMEM_VENV (.venv), TTMEM_VENVS (.venvs: ttnn-<version>/bin/python), TTMEM_TEST_TTNN_<version with
underscores> (an interpreter for one version), TT_METAL_CACHE (compiled kernels, shared by the whole suite).
"""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import host  # noqa: E402

MAIN_VERSION = "0.81.1"


def build_folder():
    return pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", host.ROOT / "build"))


def python_with(version):
    """The interpreter that has this ttnn, or None."""
    given = os.environ.get("TTMEM_TEST_TTNN_" + version.replace(".", "_"))
    if given:
        return given
    places = [pathlib.Path(os.environ.get("TTMEM_VENVS", host.ROOT / ".venvs")) / f"ttnn-{version}"]
    if version == MAIN_VERSION:
        places += [pathlib.Path(os.environ.get("TTMEM_VENV", host.ROOT / ".venv"))]
    found = [place / "bin" / "python" for place in places if (place / "bin" / "python").exists()]
    return str(found[0]) if found else None


@pytest.fixture(scope="session")
def python_for():
    """version -> interpreter. A release that set-up should have brought is a failure when it is absent, not a skip."""

    def find(version):
        python = python_with(version)
        if python is None:
            pytest.fail(f"no Python environment with ttnn {version}; scripts/setup.sh --for test makes it")
        return python

    return find


@pytest.fixture(scope="session")
def python(python_for):
    return python_for(MAIN_VERSION)


@pytest.fixture(scope="session")
def caches():
    """One home and one kernel cache for the whole suite, in the build folder: a first start compiles, the others do not."""
    home = build_folder() / "e2e-home"
    home.mkdir(parents=True, exist_ok=True)
    return {"HOME": str(home), "TT_METAL_CACHE": os.environ.get("TT_METAL_CACHE", str(home / "tt-metal-cache"))}


@pytest.fixture
def tools(tmp_path, caches):
    """The programs under test with a ledger folder of the test's own, in shared memory as in real life."""
    build = build_folder()
    for needed in (build / "bin" / "ttmem", build / "lib" / "libtt_alloc_hooks.so"):
        if not needed.exists():
            pytest.fail(f"{needed} is not built")
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    ledgers = tempfile.mkdtemp(prefix="ttmem-e2e.", dir=base)
    yield host.Tools(build, ledgers, tmp_path, caches)
    shutil.rmtree(ledgers, ignore_errors=True)


@pytest.fixture(autouse=True)
def tidy_shared_memory():
    with host.tidy_shared_memory():
        yield


def run_untracked(tools, command, **options):
    """The same program without tracking, every question answered: its exit status."""
    with host.Host(tools, command, "untracked", **options) as untracked:
        try:
            host.run_through(untracked)
            return untracked.end()
        except host.HostDied as died:
            return died.returncode


@pytest.fixture
def skip_if_it_crashes_untracked(tools):
    """Call it with the command of a host that died while tracked: skips when the same command dies untracked too, else fails."""

    def judge(died, command, **options):
        untracked = run_untracked(tools, command, **options)
        if untracked != 0:
            pytest.skip(f"ttnn itself ends with {untracked} here, with nothing of ours loaded")
        pytest.fail(f"tracked it ends with {died.returncode}, untracked it runs to its end\n{died}")

    return judge


def pytest_report_header():
    versions = sorted({MAIN_VERSION, "0.66.0", "0.72.0", "0.78.0", "0.80.0"})
    return [f"ttmem: {build_folder()}", "ttnn: " + ", ".join(f"{v} {'yes' if python_with(v) else 'absent'}" for v in versions)]


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.write_line(f"{len(skipped)} skipped")
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"  {report.nodeid}: {reason}")
