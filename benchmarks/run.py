#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Measures what tracking costs, compares it with its peers in the same run, and with --all writes benchmarks/RESULTS.md.

Figures in ns belong to one machine at one moment; what counts are the ratios. Each is the median over rounds of the ratio within a round, whose two rows ran one
right after the other, in alternating order; its 95 % interval comes from order statistics. A round is a new process, so that memory lies elsewhere each time.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ledger_counts  # noqa: E402
import paired  # noqa: E402
import sections  # noqa: E402
import ttnn_loops  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
LEAST_PAIRS = 20
# The comparisons: a row, its peer, the largest ratio, in words.
TARGETS = [
    ("alternate/ours", "alternate/upstream", 0.45, "allocate and free in turn / upstream's counters"),
    ("random_10000/ours", "random_10000/upstream", 0.65, "random frees among 10,000 live buffers / upstream's counters"),
    ("two_threads/ours", "two_threads/upstream", 0.25, "two threads on one device / upstream's two threads"),
    ("two_threads/ours", "two_processes/ours", 1.1, "two threads on one device / two unrelated processes"),
    ("mesh_of_32/ours", "alternate_again/ours", 1.5, "a buffer of a mesh of 32 / a buffer of one chip"),
]
BEFORE = "before:"  # the same row of --before's build
BEFORE_TARGETS = [
    ("alternate/ours", BEFORE + "alternate/ours", 1.2, "allocate and free in turn / the same of {commit}"),
    ("random_10000/ours", BEFORE + "random_10000/ours", 1.2, "random frees among 10,000 live buffers / the same of {commit}"),
]
LOOP_TARGETS = {"add": 1.012, "empty": 1.06}  # with stacks and tensors, as they are by default
ROWS = {
    "alternate/ours": "allocate and free in turn",
    "alternate/upstream": "the same, upstream's counters",
    "alternate/socket": "the same, one blocking 128-byte send each",
    "random_10000/ours": "random frees among 10,000",
    "random_10000/upstream": "the same, upstream's counters",
    "two_threads/ours": "two threads on one device, each",
    "two_threads/upstream": "the same, upstream's counters",
    "two_processes/ours": "two unrelated processes, each",
    "alternate_again/ours": "allocate and free in turn, after other threads were there",
    "mesh_of_32/ours": "the same on a mesh of 32",
    "report_allocation/ours": "report_allocation",
    "report_deallocation/ours": "report_deallocation",
    "report_cb_allocation/ours": "report_cb_allocation",
    "report_cb_deallocation/ours": "report_cb_deallocation",
    "report_kernel_load/ours": "report_kernel_load",
    "report_kernel_unload/ours": "report_kernel_unload",
    "off/empty_loop": "tracking off: the measuring loop alone",
    "off/report_allocation": "tracking off: the loop with report_allocation",
    "off/buffer_freed": "tracking off: the loop with tt_alloc_buffer_freed (a call into the library)",
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def find_libtt_metal(python):
    """The wheel's libtt_metal.so, found without importing ttnn."""
    script = "import importlib.util as u; print(u.find_spec('ttnn').submodule_search_locations[0])"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{python} has no ttnn; give --python or --libtt_metal\n{done.stderr}")
    return pathlib.Path(done.stdout.strip()) / "build" / "lib" / "libtt_metal.so"


def clean_environment():
    return {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "LD_", "EVENT_COST_"))}


def event_cost(program, environment, *options):
    """Rows of one process: {name: seconds an event}."""
    command = [program, "--benchmark_format=json", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, command))} ended with {done.returncode}\n{done.stderr[-2000:]}")
    return {row["name"].split("/iterations:")[0].removesuffix("/real_time").removesuffix("/manual_time"): row["s_per_event"]
            for row in json.loads(done.stdout)["benchmarks"] if "s_per_event" in row}


def check_account(account, ledgers):
    """Refuses figures of events that never reached a ledger."""
    counts = ledger_counts.of_all(ledgers)
    for pid, pairs in json.loads(account.read_text()).items():
        found = counts.get(int(pid))
        if pairs == 0 and found is None:
            continue  # a worker of a row that was not asked for
        if found is None or found.allocations != pairs or found.frees != pairs or found.lost:
            sys.exit(f"process {pid} made {pairs} allocations and frees; its ledger says {found}")


def tracked_rows(program, *options):
    """Rows of one process that tracks into ledgers of its own, with every event accounted for."""
    ledgers = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-benchmark.", dir="/dev/shm"))
    try:
        account = ledgers / "account.json"
        tracked = clean_environment() | {"TT_ALLOC_TRACKING_ENABLED": "1", "TT_ALLOC_LEDGER_DIR": str(ledgers)}
        rows = event_cost(program, tracked, f"--account={account}", *options)
        check_account(account, ledgers)
        return rows
    finally:
        shutil.rmtree(ledgers, ignore_errors=True)


def before_and_now(before, program, number, least):
    """The rows of BEFORE_TARGETS alone, of both builds, one right after the other."""
    wanted = "--benchmark_filter=^(" + "|".join(row for row, _, _, _ in BEFORE_TARGETS) + ")"
    order = [(BEFORE, before), ("", program)]
    return {prefix + name: seconds for prefix, build in (order[::-1] if number % 2 else order) for name, seconds in tracked_rows(build, least, wanted).items()}


def one_round(program, libtt_metal, number, seconds):
    least = f"--benchmark_min_time={seconds}"
    rows = tracked_rows(program, least, f"--libtt_metal={libtt_metal}", *(["--upstream_first"] if number % 2 else []))
    return rows | event_cost(program, clean_environment(), least)


def measure_events(program, libtt_metal, rounds, seconds):
    """Rounds until each comparison has its pairs; a busy machine may spoil the rows of two workers in some, so up to twice as many."""
    done = []
    while len(done) < 2 * rounds and (len(done) < rounds or any(len(ratios(done, a, b)) < min(rounds, LEAST_PAIRS) for a, b, _, _ in TARGETS)):
        done.append(one_round(program, libtt_metal, len(done), seconds))
        say(f"events: round {len(done)} of {rounds}: " + ", ".join(f"{a.split('/')[0]} {done[-1][a] / done[-1][b]:.2f}" for a, b, _, _ in TARGETS
                                                                       if a in done[-1] and b in done[-1]))
    return done


def measure_before(before, program, rounds, seconds):
    done = []
    for number in range(rounds):
        done.append(before_and_now(before, program, number, f"--benchmark_min_time={seconds}"))
        say(f"before: round {number + 1} of {rounds}: " + ", ".join(f"{a.split('/')[0]} {done[-1][a] / done[-1][b]:.2f}" for a, b, _, _ in BEFORE_TARGETS))
    return done


def ratios(rounds, row, other):
    return [r[row] / r[other] for r in rounds if row in r and other in r]


def ratio_results(rounds, targets):
    return [{"row": a, "of": b, "at_most": most, "title": title, **paired.Estimate(ratios(rounds, a, b)).as_json()} for a, b, most, title in targets]


def event_results(rounds):
    return {
        "rounds": len(rounds),
        "ratios": ratio_results(rounds, TARGETS),
        "ns_an_event": {name: paired.Estimate([r[name] * 1e9 for r in rounds if name in r]).as_json() for name in ROWS if any(name in r for r in rounds)},
    }


def machine(build):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    cache = dict(line.split("=", 1) for line in (build / "CMakeCache.txt").read_text().splitlines() if "=" in line and not line.startswith(("#", "//")))
    compiler = subprocess.run([cache["CMAKE_CXX_COMPILER:FILEPATH" if "CMAKE_CXX_COMPILER:FILEPATH" in cache else "CMAKE_CXX_COMPILER:STRING"], "--version"],
                              capture_output=True, text=True).stdout.splitlines()[0]
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "compiler": compiler, "build_type": cache["CMAKE_BUILD_TYPE:STRING"],
            "commit": commit or "unknown", "load_average": os.getloadavg()[0]}


def figure(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def between(estimate, digits):
    return f"{figure(estimate['low'], digits)} to {figure(estimate['high'], digits)}"


def verdict(estimate, most):
    """By the whole interval where it decides; the median alone never does."""
    if estimate["low"] is None or estimate["count"] < LEAST_PAIRS:
        return "too few pairs"
    if estimate["high"] <= most:
        return "yes"
    return "no" if estimate["low"] > most else "median yes, interval no" if estimate["median"] <= most else "median no, interval open"


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""]


def render(results):
    where = results["machine"]
    text = ["# Results", "", "Written by `benchmarks/run.py`; do not edit. Ratios travel, figures in ns belong to the machine below.", "",
            "Beside this page: [the server under load](SERVER.md), [the monitor beside btop and htop](MONITOR.md), each with its command. "
            "Earlier: " + ", ".join(f"[{path.stem.removeprefix('results-')}]({path.name})" for path in sorted(HERE.glob("results-*.md"))) + ".", "",
            f"- Command: `{results['command']}`", f"- Date: {results['date']}", f"- Processor: {where['processor']}, {where['cores']} cores; Linux {where['kernel']}",
            f"- Build: {where['build_type']}, {where['compiler']}, commit {where['commit']}",
            f"- Load average of the machine at the start: {where['load_average']:.2f}", ""]
    if events := results.get("events"):
        text += ["## An event", "", "Through the client's C ABI, with timestamp, peaks and event ring; upstream's counters in the ttnn wheel's libtt_metal.so, with figures for each process, "
                 f"as stock ttnn runs them. {events['rounds']} rounds, every event checked against the ledgers.", ""]
        text += table(["ratio", "median", "95 % interval", "pairs", "target", "met"],
                      [[r["title"], figure(r["median"], 3), between(r, 3), str(r["count"]), f"≤ {r['at_most']}", verdict(r, r["at_most"])] for r in events["ratios"]])
        text += table(["row", "ns an event, median", "95 % interval"],
                      [[ROWS[name], figure(e["median"], 2), between(e, 2)] for name, e in events["ns_an_event"].items()])
    if loops := results.get("loops"):
        text += ["## Loops of ttnn 0.81.1 on a mock N150", "", "Two fresh processes a pair, one as ttnn comes, one with `libtt_alloc_hooks.so` preloaded and tracking on, taking turns block by block. "
                 "Upstream's own tracking is off in both.", ""]
        text += table(["loop", "tracked / base, wall", "95 % interval", "pairs", "target", "met", "the same in processor time", "base, ns an operation"],
                      [[r["title"], figure(r["wall"]["median"], 4), between(r["wall"], 4), str(r["wall"]["count"]), f"≤ {LOOP_TARGETS[name]}", verdict(r["wall"], LOOP_TARGETS[name]),
                        f"{figure(r['processor']['median'], 4)} ({between(r['processor'], 4)})", figure(r["base_ns"]["median"], 0)] for name, r in loops.items()])
        text += ["What the hooks take of an operation. The estimate is events an operation, counted in the ledger, times the row *allocate and free in turn* above; it leaves out what "
                 "the hooks do before they report (reading a buffer's fields). The difference is measured and holds everything.", ""]
        text += table(["loop", "events an operation", "estimate, ns", "measured difference, ns", "95 % interval"],
                      [[r["title"], figure(r["events_an_operation"], 2), figure(r.get("estimated_hook_ns"), 0), figure(r["added_ns"]["median"], 0), between(r["added_ns"], 0)]
                       for r in loops.values()])
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="events and loops, and write --results")
    parser.add_argument("--events", action="store_true", help="events only")
    parser.add_argument("--loops", action="store_true", help="loops only")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--python", default=os.environ.get("TTMEM_VENV", str(ROOT / ".venv")) + "/bin/python", help="an interpreter with ttnn 0.81.1")
    parser.add_argument("--libtt_metal", type=pathlib.Path, help="default: the one of --python's ttnn")
    parser.add_argument("--before", type=pathlib.Path, help="a build of an earlier commit: events of both, in turns")
    parser.add_argument("--before-commit", help="what that commit is called in the table")
    parser.add_argument("--rounds", type=int, default=25, help="of events")
    parser.add_argument("--seconds", type=float, default=0.04, help="least time of a row in a round")
    parser.add_argument("--pairs", type=int, default=30, help="of processes in the loops")
    parser.add_argument("--blocks", type=int, default=12, help="of each loop in each process")
    parser.add_argument("--json", type=pathlib.Path, help="write everything measured there (default: print it)")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "benchmarks" / "RESULTS.md", help="the table that --all writes")
    options = parser.parse_args()
    if not (options.all or options.events or options.loops):
        parser.error("say what to measure: --all, --events or --loops")
    if (options.before is None) != (options.before_commit is None):
        parser.error("--before and --before-commit belong together")

    options.build = options.build.absolute()
    program = options.build / "benchmarks" / "event_cost"
    if not program.exists():
        sys.exit(f"{program} is not built: cmake --preset release && cmake --build --preset release")
    counts = [f"--{name} {getattr(options, name)}" for name in ("rounds", "pairs", "blocks") if getattr(options, name) != parser.get_default(name)]
    if options.before:
        counts.append(f"--before BUILD --before-commit {options.before_commit}")
    results = {"command": " ".join(["benchmarks/run.py", *(a for a in sys.argv[1:] if a in ("--all", "--events", "--loops")), *counts]),
               "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "machine": machine(options.build)}
    if options.all or options.events:
        libtt_metal = options.libtt_metal or find_libtt_metal(options.python)
        results["events"] = event_results(measure_events(program, libtt_metal, options.rounds, options.seconds))
        if options.before:
            titled = [(a, b, most, title.format(commit=options.before_commit)) for a, b, most, title in BEFORE_TARGETS]
            compared = measure_before(options.before / "benchmarks" / "event_cost", program, options.rounds, options.seconds)
            results["events"]["ratios"] += ratio_results(compared, titled)
    if options.all or options.loops:
        results["loops"] = ttnn_loops.measure(options.python, options.build, options.pairs, options.blocks, say)
        if "events" in results:
            for loop in results["loops"].values():
                loop["estimated_hook_ns"] = loop["events_an_operation"] * results["events"]["ns_an_event"]["alternate/ours"]["median"]
    text = render(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.all:
        others = ("## Launches", "## C++ stacks", "## Python", "## Scrapes", "## The long suite", "## A page that is looked at", "## Reading side", "## Reading a recording",
                  "## Beside tt-metal's counters", "## Pictures of peaks", "## Memory of the server")
        sections.put_all_but(options.results, text, others)
    print(text)


if __name__ == "__main__":
    main()
