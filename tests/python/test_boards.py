# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""pytest --ttmem-board, --ttmem-baseline and --ttmem-summary: a suite on two mock boards (cases/on_boards.py), from the installed wheel."""
import json
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import CASES, ROOT

BOARDS = "n150,p150"


@pytest.fixture(scope="module")
def suite(own_python, module_runner, tmp_path_factory):
    """Runs the cases on both boards with these options of pytest; gives the finished process and a folder for its files."""
    folder = tmp_path_factory.mktemp("boards")

    def run(*options, boards=BOARDS, **changes):
        words = ["-p", "no:cacheprovider", "--rootdir", CASES, *options, CASES / "on_boards.py"] + ([f"--ttmem-board={boards}"] if boards else [])
        return module_runner.start(own_python, "-m", "pytest", *words, tracked=False, cluster=None, TT_METAL_CACHE=None, TT_METAL_LOGS_PATH=None, **changes)

    return run, folder


@pytest.fixture(scope="module")
def committed(suite):
    """The baseline that a first run writes, with its report and JUnit file."""
    run, folder = suite
    baseline, report, junit = folder / "peaks.json", folder / "report.json", folder / "results.xml"
    done = run(f"--ttmem-baseline={baseline}", "--ttmem-baseline-update", f"--ttmem-report={report}", f"--junit-xml={junit}")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done, baseline, json.loads(report.read_text()), ElementTree.parse(junit)


def test_each_board_has_its_own_peaks(committed):
    done, baseline, report, junit = committed
    written = json.loads(baseline.read_text())
    assert written["schema"] == 1 and sorted(written["boards"]) == ["n150", "p150"]
    suites = {each.get("name"): each for each in junit.iter("testsuite")}
    assert sorted(suites) == ["pytest[n150]", "pytest[p150]"]
    for board, banks in (("n150", "12"), ("p150", "8")):
        cases = {case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")} for case in suites[f"pytest[{board}]"].iter("testcase")}
        grows = cases["test_grows"]
        assert grows["banks"] == banks and grows["ttmem_board"] == board
        assert grows["held"] == grows["ttmem_dram_peak_bytes"], "ttnn's own allocator says the same"
        assert written["boards"][board]["on_boards.py::test_grows"] == {"dram": int(grows["held"])}
    assert [(each["board"], len(each["tests"]), each["dry_run"]["fits"]) for each in report["boards"]] == [("n150", 2, True), ("p150", 2, True)]
    assert "ttmem: n150: 2 tests measured, 0 failed" in done.stdout


def test_what_grew_fails_and_the_summary_says_so(suite, committed):
    run, folder = suite
    _, baseline, _, _ = committed
    summary = folder / "summary.md"
    before = baseline.read_text()
    done = run(f"--ttmem-baseline={baseline}", f"--ttmem-summary={summary}", TTMEM_CASE_ROWS="1536")
    assert done.returncode == 1, done.stdout[-3000:]
    printed = done.stdout + done.stderr
    assert printed.count("ttmem baseline: dram reached") >= 2 and "above the committed" in printed
    assert baseline.read_text() == before
    text = summary.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `on_boards.py::test_grows`")]
    # 12 banks round up to less than 8 do.
    assert "### n150: 2 measured, 1 failed" in text and len(rows) == 2 and all("failed" in row for row in rows), text
    assert "| +1008.0 KiB (+48.8 %) |" in rows[0] and "| +1.0 MiB (+50.0 %) |" in rows[1], text
    assert all("| = |" in line for line in text.splitlines() if "test_stays" in line)


def test_within_the_tolerance_and_less_than_before_pass(suite, committed):
    run, _ = suite
    _, baseline, _, _ = committed
    assert run(f"--ttmem-baseline={baseline}", "--ttmem-tolerance=60", boards="n150", TTMEM_CASE_ROWS="1536").returncode == 0
    assert run(f"--ttmem-baseline={baseline}", boards="n150", TTMEM_CASE_ROWS="512").returncode == 0


def test_wrong_options_are_answered(suite):
    run, folder = suite
    broken = folder / "broken.json"
    broken.write_text('{"schema": 1, "boards": {"n150": {"a": {"dram": "much"}}}}')
    for options, said in ((("--ttmem-baseline-update",), "wants --ttmem-baseline"), ((f"--ttmem-baseline={broken}",), "not bytes by kind")):
        done = run(*options)
        assert done.returncode == 4 and said in done.stderr, done.stderr
    done = run(boards="n151")
    assert done.returncode != 0 and "no board 'n151'" in done.stdout + done.stderr


def test_the_example_for_continuous_integration(own_python, module_runner, tmp_path):
    """examples/ci with the options of its README, in a folder of its own, as in another repository."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "examples/ci/tests", folder / "tests")
    (workflow,) = (ROOT / "examples/ci/.github/workflows").iterdir()
    assert "--ttmem-board=n150,p150 --ttmem-baseline=peaks.json" in workflow.read_text()
    done = module_runner.start(own_python, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, folder, "--ttmem-board=n150,p150", f"--ttmem-baseline={folder}/peaks.json",
                               "--ttmem-baseline-update", tracked=False, cluster=None, TT_METAL_CACHE=None, TT_METAL_LOGS_PATH=None)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    peaks = json.loads((folder / "peaks.json").read_text())["boards"]
    assert {board: len(tests) for board, tests in peaks.items()} == {"n150": 2, "p150": 2}
    assert all(0 < peak["dram"] <= 32 << 20 for tests in peaks.values() for peak in tests.values())
