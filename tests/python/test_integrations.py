# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The recipes of docs/integrations.md, each run as it stands there. A library that is not installed skips its own; TTMEM_INTEGRATIONS names a folder with packages
(`pip install --target DIR mlflow-skinny wandb ray lightning tenstorrent`) to run them with."""
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest
from conftest import ROOT

DOCUMENT = ROOT / "docs" / "integrations.md"
STANDS_IN = ("vllm", "lightning")  # recipe.py has what their blocks ask of them
FOLDER = os.environ.get("TTMEM_INTEGRATIONS", "")


@pytest.fixture
def address(own_python, runner):
    """Of a server that reads the same ledgers."""
    log = runner.scratch / "server.log"
    with open(log, "wb") as errors:
        serving = subprocess.Popen([own_python.parent / "ttmem", "server", "--http", "127.0.0.1:0", "--socket", runner.scratch / "old", "--api-socket", "off", "--no-history"],
                                   stderr=errors, env=runner.environment(tracked=False))
    try:
        end = time.monotonic() + 60
        while not (found := re.search(r"HTTP on http://(\S+)", log.read_text())):
            assert time.monotonic() < end and serving.poll() is None, log.read_text()
            time.sleep(0.05)
        yield found.group(1)
    finally:
        serving.terminate()
        assert serving.wait(60) == 0, log.read_text()


@pytest.mark.parametrize("name", ["vllm", "lightning", "mlflow", "ray", "wandb"])
def test_a_recipe_gives_what_ttnn_says(own_python, runner, request, name):
    """The figures that the library has kept are those of ttnn's own allocator."""
    packages = {"PYTHONPATH": FOLDER} if FOLDER else {}
    if name not in STANDS_IN and runner.start(own_python, "-c", f"import {name}", tracked=False, **packages).returncode != 0:
        pytest.skip(f"{name} is not installed; TTMEM_INTEGRATIONS can name a folder that has it")
    server = request.getfixturevalue("address") if name == "wandb" else "none"
    answer = runner.answer(own_python, "recipe.py", name, DOCUMENT, server, runner.scratch, **packages)
    assert answer["tracked"] and answer["found"] == answer["truth"] != []


ENSURE = """
from tenstorrent.config.paths import get_paths
from tenstorrent.config.store import ConfigStore
from tenstorrent.tools.registry import ToolRegistry
paths = get_paths()
print(ToolRegistry(paths, ConfigStore(paths)).ensure("ttmem"))
"""


def test_the_vendors_command_installs_the_package(own_python, scratch, tmp_path):
    """With packaging/tt/supplement.toml, by the code of the vendor's command, from the wheel of this tree."""
    environment = {
        "PATH": f"{pathlib.Path(sys.base_prefix) / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": FOLDER, "HOME": str(tmp_path), "TT_DATA_DIR": str(tmp_path / "data"),
        "TT_MANIFEST_PATH": str(ROOT / "packaging/tt/supplement.toml"), "DO_NOT_TRACK": "1",
        "UV_OFFLINE": "1", "UV_FIND_LINKS": str(scratch / "wheel-3.12"), "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    if not FOLDER or subprocess.run([sys.executable, "-c", "import tenstorrent, uv"], env=environment, capture_output=True).returncode != 0:
        pytest.skip("tenstorrent is not installed; TTMEM_INTEGRATIONS can name a folder that has it")
    assert next((scratch / "wheel-3.12").glob("ttmem-*.whl"), None), "the entry asks for Python 3.12"
    done = subprocess.run([sys.executable, "-c", ENSURE], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run([done.stdout.split()[-1], "--version"], capture_output=True, text=True, check=True).stdout.startswith("ttmem ")
