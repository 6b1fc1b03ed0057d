# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The suite's closing line is only as true as scripts/tally.py: each way a result can hide has a case here."""
import subprocess
import sys

CTEST = """<?xml version="1.0"?><testsuite name="t" tests="6">
<testcase name="plain" classname="plain" time="1" status="run"/>
<testcase name="cases" classname="cases" time="1" status="run"/>
<testcase name="crashed" classname="crashed" time="1" status="fail"><failure message=""/></testcase>
<testcase name="leaked" classname="leaked" time="1" status="fail"><failure message=""/></testcase>
<testcase name="cut" classname="cut" time="1" status="fail"><failure message="Timeout"/></testcase>
<testcase name="absent" classname="absent" time="0" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>"""
CASES = """<?xml version="1.0"?><testsuites><testsuite name="S">
<testcase name="a" classname="S" status="run" result="completed"/>
<testcase name="b" classname="S" status="run" result="skipped"><skipped message="no hardware"/></testcase>
<testcase name="c" classname="S" status="notrun" result="suppressed"/>
<testcase name="d" classname="S" status="run" result="completed"><failure message="1 is not 2"/></testcase>
</testsuite></testsuites>"""
LEAKED = '<testsuites><testsuite name="S"><testcase name="a" classname="S" status="run" result="completed"/></testsuite></testsuites>'
PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="m" name="ok"/>
<testcase classname="m" name="bad"><failure message="assert 0"/></testcase>
<testcase classname="m" name="broken"><error message="fixture"/></testcase>
<testcase classname="m" name="not_here"><skipped type="pytest.skip" message="why"/></testcase>
</testsuite></testsuites>"""


def tally(root, *arguments):
    done = subprocess.run([sys.executable, root / "scripts/tally.py", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_cases_of_a_program_count_and_crashes_are_not_lost(root, tmp_path):
    (tmp_path / "ctest.xml").write_text(CTEST)
    (tmp_path / "gtest").mkdir()
    (tmp_path / "gtest/cases.xml").write_text(CASES)
    (tmp_path / "gtest/leaked.xml").write_text(LEAKED)
    (tmp_path / "gtest/cut.xml").write_text("<testsuites><testsu")
    lines = tally(root, "--details", tmp_path)
    # passed: plain, cases.a, leaked.a; failed: cases.d, crashed, leaked itself, cut; skipped: cases.b, cases.c, absent
    assert lines[0] == "3 4 3"
    assert "  fail: cases: S.d: 1 is not 2" in lines
    assert "  skip: cases: S.b: no hardware" in lines


def test_pytest_results_count(root, tmp_path):
    (tmp_path / "pytest.xml").write_text(PYTEST)
    assert tally(root, tmp_path) == ["1 2 1"]


def test_own_lines_count(root, tmp_path):
    (tmp_path / "stage.lines").write_text("pass one\nfail two: why: so\nskip three: because\n")
    assert tally(root, "--details", tmp_path) == ["1 1 1", "  fail: two: why: so", "  skip: three: because"]


def test_nothing_counts_as_nothing(root, tmp_path):
    assert tally(root, tmp_path) == ["0 0 0"]
