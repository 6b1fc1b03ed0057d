# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests on real ttnn.

Settings (environment): TTMEM_BUILD_DIR (build), TTMEM_VENV (.venv), TTMEM_VENVS (.venvs: ttnn-<version>/bin/python), TTMEM_TEST_TTNN_<version with
underscores> (an interpreter for one version), TT_METAL_CACHE (compiled kernels, shared by the whole suite), TTMEM_TEST_HOOKS (another build of the hooks
library), TTMEM_TEST_RUNTIME (a sanitizer's runtime, loaded before everything else in each host).
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

# The tests that run with every build of the hooks library in each run of the suite: each hook that a mock cluster reaches, in every release.
SAMPLE = ("test_tensor_io.py::test_reading_a_tensor_leaves_no_trace", "test_given_addresses.py",
          "test_exactness.py::test_captures_without_dispatch_take_no_bytes[0.80.0]", "test_exactness.py::test_every_checkpoint_is_exact[n150 ttnn 0.66.0]",
          "test_exactness.py::test_every_checkpoint_is_exact[n150 ttnn 0.80.0]", "test_late.py::test_other_releases[0.72.0-True]",
          "test_late.py::test_with_a_preload[tracked]", "test_l1_ledger.py::test_sixty_programs", "test_l1_ledger.py::test_a_clash_names_both_sides[0.81.1-add",
          "test_l1_trace.py::test_binaries_are_tagged_and_a_capture_marks_the_ring[n150]", "test_l1_arena.py::test_what_the_arena_gave_out_is_a_region[n150",
          "test_stacks.py::test_stacks_beside_code_that_comes_and_goes", "test_ways_in.py::test_preload")


def pytest_configure(config):
    config.addinivalue_line("markers", "sample: runs with every build of the hooks library")


def pytest_collection_modifyitems(items):
    for item in items:
        if any(f"/{name}" in f"/{item.nodeid.rpartition('/')[2]}" for name in SAMPLE):
            item.add_marker("sample")


def build_folder():
    """The build, by a path that LD_PRELOAD can hold: ./test.sh gives such a one."""
    folder = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", host.ROOT / "build"))
    assert not set(" :") & set(str(folder)), f"LD_PRELOAD cannot hold {folder}; set TTMEM_BUILD_DIR to a link to it"
    return folder


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
    hooks = os.environ.get("TTMEM_TEST_HOOKS")
    for needed in (build / "bin" / "ttmem", pathlib.Path(hooks or build / "lib" / "libtt_alloc_hooks.so")):
        if not needed.exists():
            pytest.fail(f"{needed} is not built")
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    ledgers = tempfile.mkdtemp(prefix="ttmem-e2e.", dir=base)
    yield host.Tools(build, ledgers, tmp_path, caches, hooks, os.environ.get("TTMEM_TEST_RUNTIME"))
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
