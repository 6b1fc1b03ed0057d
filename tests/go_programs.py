# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Programs that tests run against and that the distribution does not have: made from Go modules, once for a build folder. That takes minutes, so it belongs to
the long tests."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build")).resolve() / "go-programs"
# Without the tag the collector's Prometheus receiver has the client libraries of every cloud inside, to find what to scrape there.
COLLECTOR_TAG = "remove_all_sd"


def go(*words, **options):
    if shutil.which("go") is None:
        pytest.skip("there is no Go here to make the program with")
    done = subprocess.run(["go", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, done.stdout + done.stderr


def collector():
    """tests/support/otel-collector, made in a copy, since Go writes the checksums of all modules beside it."""
    program, tree = FOLDER / "bin/otel-collector", FOLDER / "otel-collector"
    sources = sorted((ROOT / "tests/support/otel-collector").iterdir())
    stamp = "".join(file.read_text() for file in sources)
    if not program.exists() or (FOLDER / "otel-collector.stamp").read_text() != stamp:
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        for file in sources:
            shutil.copy(file, tree)
        # -mod=mod adds what is needed to go.mod; `go mod tidy` would fetch what the tests of all modules need, too: 1.5 GB.
        go("build", "-mod=mod", "-tags", COLLECTOR_TAG, "-ldflags=-s -w", "-o", program, ".", cwd=tree)
        (FOLDER / "otel-collector.stamp").write_text(stamp)
    return str(program)
