# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The wheel and the sdist: what is in them, what their binaries need, what installing and uninstalling leave."""
import ast
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT, run, version_of

NEWEST = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29), "CXXABI": (1, 3, 13)}
# The libraries that manylinux_2_34 lets a wheel expect of the machine, as far as ours use them; and those that auditwheel bundles (docs/python.md).
FOUND_EVERYWHERE = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2", "libpthread.so.0", "libdl.so.2", "libz.so.1"}


def listing(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def unpacked(wheel_for, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    wheel = wheel_for(sys.executable, version_of(sys.executable))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return wheel, folder


def test_wheel_holds_everything_and_nothing_else(unpacked):
    wheel, folder = unpacked
    if sys.version_info >= (3, 12):
        assert re.fullmatch(r"ttmem-[0-9.]+-cp312-abi3-linux_x86_64\.whl", wheel.name)
    names = {name for name in listing(folder) if (folder / name).is_file() and ".dist-info" not in name}
    package = {str(path.relative_to(ROOT / "python")) for path in (ROOT / "python" / "ttmem").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    headers = {"ttmem/include/tt_alloc/client.h", "ttmem/include/tt_alloc/client.hpp"}
    libraries = {"ttmem/lib/libtt_alloc_hooks.so", "ttmem/lib/libtt_alloc_client.so.0"}
    (binding,) = {name for name in names if name.startswith("ttmem/_native.") and name.endswith(".so")}
    programs = {"ttmem/bin/ttmem", "ttmem/bin/ttmem-server", "ttmem/bin/ttmem-leftovers"}
    assert names - {binding} == package | headers | libraries | programs | {"ttmem_switch.pth", "_ttmem_switch.py"}


def test_binaries_run_on_the_oldest_system(unpacked):
    _, folder = unpacked
    found = 0
    for path in [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]:
        found += 1
        needs = run("readelf", "-W", "-V", path).partition("Version needs section")[2]
        for family, numbers in re.findall(r"Name: (GLIBC|GLIBCXX|CXXABI)_([0-9.]+)\b", needs):
            assert tuple(map(int, numbers.split("."))) <= NEWEST[family], f"{path.name} needs {family}_{numbers}"
        dynamic = run("readelf", "-W", "-d", path)
        assert "RPATH" not in dynamic and "RUNPATH" not in dynamic
        if path.parent.name != "bin":  # whose libraries auditwheel bundles
            assert set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)) <= FOUND_EVERYWHERE, path.name
    assert found == 5


def test_installing_and_uninstalling_leave_nothing(wheel_for, tmp_path):
    wheel = wheel_for(sys.executable, version_of(sys.executable))
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    (venv / "lib" / f"python{version_of(python)}" / "site-packages" / "something_else.py").touch()  # pip removes the folder when it is empty
    before = listing(venv)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-index", wheel)
    added = listing(venv) - before
    assert {"bin/ttmem", "bin/tt_smi_umd", "bin/allocation_server_poc", "bin/ttmem-leftovers"} <= added
    run(python, "-c", "import ttmem; ttmem.processes()")
    for program in ("ttmem", "tt_smi_umd", "allocation_server_poc", "ttmem-leftovers"):
        assert "usage" in run(venv / "bin" / program, "--help").lower()
    run(*pip, "uninstall", "--yes", "ttmem")
    assert listing(venv) - before == set()
    assert before - listing(venv) == set()


ASKED = "import ttmem; print(ttmem.is_tracking(), ttmem.memory_allocated(), 'libtt_alloc_hooks' in open('/proc/self/maps').read())"


def check_programs(run_program):
    assert '"schema": 1' in run_program("ttmem", "snapshot", "--json").stdout
    assert "usage" in run_program("tt_smi_umd", "--help").stdout.lower()


@pytest.mark.long
def test_an_editable_installation_works(sdist, wheel_for, runner, tmp_path):
    """pip install -e: the modules are the clone's, programs and libraries are built and installed. The switch, the questions and the programs work."""
    wheel_for(sys.executable, version_of(sys.executable))  # what it compiles is there then
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    tools = run(sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    environment = {"CC": "cc", "CXX": "c++"} | os.environ | {"CCACHE_BASEDIR": str(sdist), "CCACHE_NOHASHDIR": "1", "CMAKE_GENERATOR": "Ninja", "PYTHONPATH": tools}
    options = ["-C", "cmake.build-type=RelWithDebInfo", "-C", "cmake.define.CMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG", "-C", "cmake.define.TTMEM_QUICK=ON",
               "-C", "cmake.define.TTMEM_WARNINGS_AS_ERRORS=ON", "-C", "build-dir=build"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-index", "--no-deps", "--no-build-isolation", *options, "-e", sdist, env=environment)
    assert run(python, "-c", "import ttmem; print(ttmem.__file__)").startswith(str(sdist / "python")), "the clone's modules"
    done = runner.start(python, "-c", ASKED)
    assert (done.stdout, done.stderr) == ("True 0 True\n", ""), done.stderr
    done = runner.start(python, "-c", "import ttmem; ttmem.enable(); print(ttmem.is_tracking())", tracked=False)
    assert done.stdout == "True\n", done.stderr
    check_programs(lambda name, *words: runner.start(venv / "bin" / name, *words, tracked=False))
    ran = runner.start(venv / "bin" / "ttmem", "run", "--", python, "-c", ASKED, tracked=False)
    assert ran.stdout == "True 0 True\n", ran.stderr
    run(*pip, "uninstall", "--yes", "ttmem")


def test_an_installation_into_a_folder_works(wheel_for, runner, tmp_path):
    """pip install --target: no interpreter reads path files there, so the variable works from `import ttmem` on, before ttnn, and with `ttmem run`."""
    target = tmp_path / "target"
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index", "--no-deps", "--target", target, wheel_for(sys.executable, version_of(sys.executable)))
    done = runner.start(sys.executable, "-c", ASKED, PYTHONPATH=str(target))
    assert (done.stdout, done.stderr) == ("True 0 True\n", ""), done.stderr
    check_programs(lambda name, *words: runner.start(target / "bin" / name, *words, tracked=False, PYTHONPATH=str(target)))
    ran = runner.start(target / "bin" / "ttmem", "run", "--", sys.executable, "-c", ASKED, tracked=False, PYTHONPATH=str(target))
    assert ran.stdout == "True 0 True\n", ran.stderr


def test_programs_are_run_under_their_names(own_python, runner):
    done = runner.start(own_python.parent / "ttmem", "snapshot", "--json", tracked=False)
    assert done.returncode == 0 and '"schema": 1' in done.stdout
    assert runner.start(own_python.parent / "tt_smi_umd", tracked=False).returncode == 0
    ran = runner.start(own_python.parent / "ttmem", "run", "--", own_python, "-c", "import ttmem; print(ttmem.is_tracking(), ttmem.memory_allocated())",
                       tracked=False)
    assert ran.stdout == "True 0\n", ran.stderr


def test_types_are_complete(own_python, scratch):
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--python-executable", str(own_python), "--cache-dir", str(scratch / "mypy"),
                           "-p", "ttmem"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_of_the_binding_are_those_that_it_has(own_python):
    """Each name of _native.pyi is there, and each public one there is in it."""
    told = {}
    for node in ast.parse((ROOT / "python" / "ttmem" / "_native.pyi").read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            told[node.name] = sorted(each.name for each in getattr(node, "body", []) if isinstance(node, ast.ClassDef) and isinstance(each, ast.FunctionDef)
                                     and each.name != "__init__")
    program = """
import inspect, json
from ttmem import _native
print(json.dumps({name: sorted(k for k in vars(thing) if not k.startswith("_")) if inspect.isclass(thing) else []
                  for name, thing in vars(_native).items() if not name.startswith("_")}))
"""
    assert json.loads(run(own_python, "-c", program)) == told


def newer_python():
    """A CPython later than the suite's own, if there is one."""
    for version in ("3.13", "3.14"):
        for place in (shutil.which(f"python{version}"), *pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")).glob(f"versions/{version}*/bin/python")):
            if place and subprocess.run([place, "-c", "import venv"], capture_output=True).returncode == 0:
                return place
    return None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the suite runs on a Python without the stable ABI")
def test_the_stable_wheel_serves_a_later_python(wheel_for, runner, tmp_path):
    later = newer_python()
    if later is None:
        pytest.skip("no CPython 3.13 or 3.14 here")
    wheel = wheel_for(sys.executable, version_of(sys.executable))
    run(later, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install", "--no-index", wheel)
    code = "import ttmem; print(ttmem.is_tracking(), ttmem.memory_allocated(), ttmem.processes(), 'libtt_alloc_hooks' in open('/proc/self/maps').read())"
    done = runner.start(python, "-c", code)
    assert (done.stdout, done.stderr) == ("True 0 [] True\n", "")


def test_everything_public_says_what_it_is(own_python):
    program = """
import inspect, ttmem
missing = []
for name in ttmem.__all__:
    thing = getattr(ttmem, name)
    if name != "Kind" and not (thing.__doc__ or "").strip():
        missing.append(name)
    if inspect.isclass(thing):
        missing += [f"{name}.{k}" for k, v in vars(thing).items() if not k.startswith("_") and callable(v) and not (v.__doc__ or "").strip()]
print(missing)
"""
    assert run(own_python, "-c", program).strip() == "[]"
