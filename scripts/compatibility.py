#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the exactness test's random program on every ttnn release that is found and writes docs/compatibility.md.

Usage: scripts/compatibility.py [--make] [--only VERSION]… [--no-write] [VERSION=PYTHON]…
  --make   makes the missing environments under .venvs/ first (about 670 MB each) and removes each again after its run
An interpreter is VERSION=PYTHON, or TTMEM_TEST_TTNN_<version with underscores>, or <TTMEM_VENVS or .venvs>/ttnn-VERSION/bin/python.
For each release: two seeds in fast dispatch and one in slow dispatch on a mock N150. A run that ends early is run again untracked, which separates ttnn's own
crashes on a mock cluster from ours, and then without operations. Ends with 1 when any release that works untracked is not exact.
"""
import argparse
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import host  # noqa: E402
import truth  # noqa: E402

# Every release on PyPI that has wheels, oldest first.
RELEASES = ("0.65.0", "0.66.0", "0.67.0", "0.67.4", "0.68.0", "0.69.0", "0.70.1", "0.71.2", "0.72.0", "0.73.1", "0.74.0", "0.75.0", "0.76.0",
            "0.77.0", "0.78.0", "0.79.0", "0.80.0", "0.81.1")
MODES = {"fast dispatch": {}, "slow dispatch": {"TT_METAL_SLOW_DISPATCH_MODE": "1"}}
SEEDS = {"fast dispatch": (101, 102), "slow dispatch": (103,)}
PAGE = ROOT / "docs" / "compatibility.md"


class Outcome:
    """The result of a release in one mode. `note`: why nothing could be compared; `limits`: parts that the run had to leave out."""

    def __init__(self, limits=""):
        self.checkpoints = 0
        self.wrong, self.note, self.limits = [], "", limits

    def text(self):
        if self.wrong:
            return f"differs: {self.wrong[0]}"
        if self.note:
            return self.note
        return f"exact at {self.checkpoints} checkpoints{self.limits}"

    def bad(self):
        return bool(self.wrong) or self.note.startswith("tracked")


def last_words(text):
    """The line of an error output that says most, without the host and process it names."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("Error", "TT_FATAL", "TT_THROW", "Segmentation", "ttmem"))]
    return re.sub(r"^\[[^]]*\] *|^.*?(?=TT_(?:THROW|FATAL))", "", (telling or lines or ["no word"])[0])[:120]


def fails_untracked(tools, command, mode):
    """Whether the same program fails with nothing of ours loaded, and what it says then."""
    with host.Host(tools, command, "untracked", environment=MODES[mode]) as untracked:
        try:
            host.run_through(untracked)
            failed = untracked.end() != 0
        except host.HostDied:
            failed = True
        return last_words(untracked.errors()) if failed else None


def run(tools, python, mode, options=(), limits=""):
    """The random program under tracking; Outcome."""
    outcome = Outcome(limits)

    def look(message):
        outcome.checkpoints += 1
        outcome.wrong += truth.differences(message, tools.snapshot())

    for seed in SEEDS[mode]:
        command = [python, host.HOSTS / "random_run.py", "--seed", str(seed), *options]
        try:
            with host.Host(tools, command, "tracked", environment=MODES[mode] | tools.preload()) as tracked:
                host.run_through(tracked, look)
                if tracked.end() != 0:
                    raise host.HostDied(tracked, tracked.process.returncode)
        except host.HostDied as died:
            words = fails_untracked(tools, command, mode)
            if words is None:
                outcome.note = f"tracked it ends with {died.returncode}, untracked it runs"
            elif not options:
                return run(tools, python, mode, ["--no-operations"], "; ttnn itself crashes in operations")
            else:
                outcome.note = f"ttnn itself does not run here: {words}"
            return outcome
    return outcome


def interpreter(version, given):
    if version in given:
        return given[version]
    named = os.environ.get("TTMEM_TEST_TTNN_" + version.replace(".", "_"))
    if named:
        return named
    for place in (pathlib.Path(os.environ.get("TTMEM_VENVS", ROOT / ".venvs")) / f"ttnn-{version}",
                  pathlib.Path(os.environ.get("TTMEM_VENV", ROOT / ".venv"))):
        python = place / "bin" / "python"
        if python.exists() and installed(python) == version:
            return str(python)
    return None


def installed(python):
    done = subprocess.run([python, "-c", "import importlib.metadata as m; print(m.version('ttnn'))"], capture_output=True, text=True)
    return done.stdout.strip()


def make_environment(version):
    """An environment with this release and the stand-in compiler; its folder."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"ttnn-{version}."))
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", f"ttnn=={version}"], check=True)
    site = next(folder.glob("lib/python3*/site-packages"))
    compiler = site / "ttnn" / "runtime" / "sfpi" / "compiler" / "bin" / "riscv-tt-elf-g++"
    if not compiler.exists():
        compiler.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests" / "support" / "stand-in-riscv-gpp", compiler)
        compiler.chmod(0o755)
    return folder


def page(results):
    lines = [
        "# Compatibility", "",
        "Made by `scripts/compatibility.py`; do not edit. For each ttnn release: runs of the randomised program of the exactness test on a mock N150 with the",
        "hooks preloaded, compared at every checkpoint with ttnn's own `get_memory_view` and `get_buffers`. \"Exact\" means not one byte and not one row of",
        "difference in DRAM, L1, L1_SMALL and TRACE. Where ttnn itself does not run on a mock cluster with nothing of ours loaded, that is said instead; such a",
        "release may well run on hardware, which was not at hand.", "",
        f"Run on {platform.machine()}.", "",
        "| ttnn | fast dispatch | slow dispatch |", "|---|---|---|"]
    for version, outcomes in results.items():
        cells = [outcomes[mode].text().replace("|", "/") if mode in outcomes else "not run" for mode in MODES]
        lines.append(f"| {version} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("Usage: ")[1].splitlines()[0])
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("interpreters", nargs="*")
    arguments = parser.parse_args()
    given = dict(pair.split("=", 1) for pair in arguments.interpreters)
    build = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build"))
    home = build / "e2e-home"
    home.mkdir(parents=True, exist_ok=True)
    caches = {"HOME": str(home), "TT_METAL_CACHE": os.environ.get("TT_METAL_CACHE", str(home / "tt-metal-cache"))}

    results, missing = {}, []
    for version in RELEASES:
        if arguments.only and version not in arguments.only:
            continue
        python, made = interpreter(version, given), None
        if python is None and arguments.make:
            made = make_environment(version)
            python = str(made / "bin" / "python")
        if python is None:
            missing.append(version)
            continue
        with tempfile.TemporaryDirectory(prefix="ttmem-compatibility.", dir="/dev/shm") as ledgers, tempfile.TemporaryDirectory() as scratch:
            tools = host.Tools(build, ledgers, scratch, caches)
            results[version] = {mode: run(tools, python, mode) for mode in MODES}
        if made:
            shutil.rmtree(made)
        print(version, *(f"{mode}: {outcome.text()}" for mode, outcome in results[version].items()), sep=" | ", flush=True)
    if missing:
        print("no environment for:", ", ".join(missing))
    if not arguments.no_write and not arguments.only and not missing:
        PAGE.write_text(page(results))
        print(f"wrote {PAGE.relative_to(ROOT)}")
    elif not arguments.no_write:
        print("docs/compatibility.md is left as it is: not every release was run")
    sys.exit(any(outcome.bad() for outcomes in results.values() for outcome in outcomes.values()))


if __name__ == "__main__":
    with host.tidy_shared_memory():
        main()
