# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The recipes of docs/integrations.md, each run as it stands there. A library that is not installed skips its own; TTMEM_INTEGRATIONS names a folder with packages
(`pip install --target DIR mlflow-skinny wandb ray`) to run them with."""
import os
import re
import subprocess
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
