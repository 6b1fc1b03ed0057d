#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The time of `ttmem dry-run` against the same command on the same mock without it: medians of the ratios of pairs, whose order alternates.

  benchmarks/dry_run_cost.py [--build build-release] [--board n150] [--pairs 21] [--limit 1.3] [-- COMMAND…]

The command is tests/hosts/dry_model.py with this Python unless one is given. Both sides have the same compiler, kernels compiled before, and cache. Needs an optimised
build (cmake --preset release) and a machine at rest; ends with 1 where a median is above the limit.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import paired  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]


def run(command, environment):
    """Seconds on the clock and of the processor, with everything that the command started and waited for."""
    begin = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (command, process.returncode)
    return time.monotonic() - begin, used.ru_utime + used.ru_stime


def of_mock(board, cache):
    """The environment that the dry run gives the command, but for tracking."""
    environment = dict(os.environ, TT_METAL_MOCK_CLUSTER_DESC_PATH=str(ROOT / "share" / "boards" / f"{board}.yaml"), TT_LOGGER_LEVEL="error",
                       TT_METAL_LOGS_PATH=str(cache))
    roots = list(cache.glob("root-*"))
    if roots:
        environment["TT_METAL_RUNTIME_ROOT"] = str(roots[0])
    environment["TT_METAL_CACHE"] = str(cache / ("kernels-stand-in" if roots else "kernels"))
    return environment


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-release")
    parser.add_argument("--board", default="n150")
    parser.add_argument("--pairs", type=int, default=21)
    parser.add_argument("--limit", type=float, default=1.3)
    parser.add_argument("command", nargs="*", default=[sys.executable, ROOT / "tests" / "hosts" / "dry_model.py", "1x1"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = dict(os.environ, XDG_CACHE_HOME=folder)
        dry = [options.build / "bin" / "ttmem", "dry-run", "--board", options.board, "--", *options.command]
        run(dry, ours)  # compiles the kernels
        plain = of_mock(options.board, pathlib.Path(folder) / "ttmem" / "dry-run")
        sides = {"dry": (dry, ours), "plain": (options.command, plain)}
        pairs = []
        for pair in range(options.pairs):
            order = list(sides) if pair % 2 else list(sides)[::-1]
            pairs.append({side: run(*sides[side]) for side in order})
    print(f"{options.pairs} pairs on {options.board}, load {os.getloadavg()[0]:.1f}")
    worst = 0.0
    for place, what in enumerate(("on the clock", "of the processor")):
        ratio = paired.Estimate([pair["dry"][place] / pair["plain"][place] for pair in pairs])
        more = paired.Estimate([pair["dry"][place] - pair["plain"][place] for pair in pairs])
        plain = paired.Estimate([pair["plain"][place] for pair in pairs])
        interval = f" ({ratio.low:.3f} to {ratio.high:.3f})" if ratio.low else ""
        print(f"{what}: {ratio.median:.3f}{interval} of the plain run's {plain.median:.3f} s, {1000 * more.median:+.0f} ms")
        worst = max(worst, ratio.median)
    return 1 if worst > options.limit else 0


if __name__ == "__main__":
    sys.exit(main())
