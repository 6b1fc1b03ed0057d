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
HELM = "helm.sh/helm/v3/cmd/helm@v3.22.0"
# Helm's own Makefile sets the Kubernetes for which `helm template` renders and `helm lint` looks: that of its client library.
HELM_FLAGS = "-s -w " + " ".join(f"-X helm.sh/helm/v3/pkg/{part}.k8sVersion{name}={number}" for part in ("chartutil", "lint/rules") for name, number in (("Major", 1), ("Minor", 37)))


def go(*words, **options):
    if shutil.which("go") is None:
        pytest.skip("there is no Go here to make the program with")
    done = subprocess.run(["go", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, done.stdout + done.stderr


def is_made(program, stamp):
    """Whether the program is there, and of that stamp: what it was made from."""
    kept = FOLDER / f"{program.name}.stamp"
    return program.exists() and kept.exists() and kept.read_text() == stamp


def of_our_own(name, *flags):
    """tests/support/NAME, made in a copy, since Go writes the checksums of all modules beside it."""
    program, tree = FOLDER / "bin" / name, FOLDER / name
    sources = sorted((ROOT / "tests/support" / name).iterdir())
    stamp = "".join(file.read_text() for file in sources)
    if not is_made(program, stamp):
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        for file in sources:
            shutil.copy(file, tree)
        # -mod=mod adds what is needed to go.mod; `go mod tidy` would fetch what the tests of all modules need, too: 1.5 GB.
        go("build", "-mod=mod", *flags, "-ldflags=-s -w", "-o", program, ".", cwd=tree)
        (FOLDER / f"{name}.stamp").write_text(stamp)
    return str(program)


def collector():
    return of_our_own("otel-collector", "-tags", COLLECTOR_TAG)


def operator_objects():
    return of_our_own("operator-objects")


def helm():
    program = FOLDER / "bin/helm"
    if not is_made(program, HELM + HELM_FLAGS):
        program.parent.mkdir(parents=True, exist_ok=True)
        go("install", f"-ldflags={HELM_FLAGS}", HELM, env={**os.environ, "GOBIN": str(program.parent)})
        (FOLDER / "helm.stamp").write_text(HELM + HELM_FLAGS)
    return str(program)
