# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the Python package's tests: the package is built from its own sdist, once for each Python, and installed into environments of its own.

An environment sees the ttnn of one that set-up made (.venv, .venvs) through a path file, so that its 670 MB are not installed again.
Settings (environment): TTMEM_BUILD_DIR (build), TTMEM_VENV (.venv), TTMEM_VENVS (.venvs), TT_METAL_CACHE (compiled kernels).
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
CASES = HOSTS.parent / "cases"
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import host  # noqa: E402

BUILD = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build"))
VENV = pathlib.Path(os.environ.get("TTMEM_VENV", ROOT / ".venv"))
VENVS = pathlib.Path(os.environ.get("TTMEM_VENVS", ROOT / ".venvs"))
TTNN = {"3.12": [VENV], "3.10": [VENVS / "ttnn-0.81.1-python3.10", VENV]}


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=900, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def version_of(python):
    return run(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()


def environment_with_ttnn(version):
    """The interpreter of an environment that has this Python and ttnn, or None."""
    for place in TTNN[version]:
        python = place / "bin" / "python"
        if python.exists() and version_of(python) == version:
            return python
    return None


@pytest.fixture(scope="session")
def scratch():
    folder = BUILD / "python-test"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def sdist(scratch):
    """The source distribution, and the folder that it unpacks to."""
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", scratch, ROOT)
    (archive,) = scratch.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
    return scratch / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="session")
def wheel_for(sdist, scratch):
    """interpreter -> the wheel for it, built from the unpacked sdist with the tools of the suite's environment."""
    made = {}

    def build(python, version):
        if version not in made:
            out = scratch / f"wheel-{version}"
            shutil.rmtree(out, ignore_errors=True)
            tools = run(sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
            # Compiler and flags of the dev preset, so that a compiler cache that has seen that build has these files too. One build folder: what does not
            # know Python is compiled once.
            options = ["-C", "cmake.build-type=RelWithDebInfo", "-C", "cmake.define.CMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG",
                       "-C", "cmake.define.TTMEM_QUICK=ON", "-C", "cmake.define.TTMEM_WARNINGS_AS_ERRORS=ON", "-C", "build-dir=build"]
            environment = {"CC": "cc", "CXX": "c++"} | os.environ | {"CCACHE_BASEDIR": str(sdist), "CCACHE_NOHASHDIR": "1", "CMAKE_GENERATOR": "Ninja",
                                                                    "PYTHONPATH": tools}
            run(python, "-m", "build", "--no-isolation", "--skip-dependency-check", "--wheel", "--outdir", out, *options, sdist, env=environment)
            (made[version],) = out.glob("*.whl")
        return made[version]

    return build


@pytest.fixture(scope="session")
def installed(wheel_for, scratch):
    """version -> interpreter of a fresh environment with the wheel, and ttnn seen through a path file."""
    made = {}

    def make(version):
        base = environment_with_ttnn(version)
        if base is None:
            if version != version_of(sys.executable):
                pytest.skip(f"no environment with ttnn for Python {version}: set-up found no such Python here")
            pytest.fail("no environment with ttnn; scripts/setup.sh --for test makes it")
        if version not in made:
            place = scratch / f"venv-{version}"
            shutil.rmtree(place, ignore_errors=True)
            run(base, "-m", "venv", "--without-pip", place)
            python = place / "bin" / "python"
            site = pathlib.Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
            layer = run(base, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
            (site / "ttnn_of_the_suite.pth").write_text(layer + "\n")
            run(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install", "--no-deps", "--no-index", wheel_for(base, version))
            made[version] = python
        return made[version]

    return make


@pytest.fixture(scope="session", params=["3.12", "3.10"])
def python(request, installed):
    return installed(request.param)


@pytest.fixture(scope="session")
def own_python(installed):
    """The one of the suite's own Python."""
    return installed(version_of(sys.executable))


class Runner:
    """Runs programs of tests/python/hosts in an environment with the package."""

    def __init__(self, ledgers, scratch_folder):
        home = BUILD / "e2e-home"
        home.mkdir(parents=True, exist_ok=True)
        caches = {"HOME": str(home), "TT_METAL_CACHE": os.environ.get("TT_METAL_CACHE", str(home / "tt-metal-cache"))}
        self.tools = host.Tools(BUILD, ledgers, scratch_folder, caches)
        self.scratch = scratch_folder

    def environment(self, tracked=True, cluster="n150", **changes):
        return self.tools.environment(cluster, **({"TT_ALLOC_TRACKING_ENABLED": "1"} if tracked else {}), **changes)

    def start(self, python, *command, tracked=True, cluster="n150", **changes):
        """A finished process: its return code, stdout and stderr."""
        return subprocess.run([str(python), *map(str, command)], env=self.environment(tracked, cluster, **changes), cwd=self.scratch, capture_output=True,
                              text=True, timeout=300)

    def answer(self, python, program, *arguments, **options):
        """The last line of a host program, as JSON."""
        done = self.start(python, HOSTS / program, *arguments, **options)
        assert done.returncode == 0, f"{program} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return json.loads(done.stdout.splitlines()[-1])

    def ledgers(self):
        return [path for path in self.tools.ledger_files() if path.suffix == ".ledger"]


def runner_in(folder):
    ledgers = tempfile.mkdtemp(prefix="ttmem-python.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    yield Runner(ledgers, folder)
    shutil.rmtree(ledgers, ignore_errors=True)


@pytest.fixture
def runner(tmp_path):
    yield from runner_in(tmp_path)


@pytest.fixture(scope="module")
def module_runner(tmp_path_factory):
    yield from runner_in(tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="session", autouse=True)
def tidy_shared_memory_at_the_end():
    with host.tidy_shared_memory():
        yield


@pytest.fixture(autouse=True)
def tidy_shared_memory():
    with host.tidy_shared_memory():
        yield
