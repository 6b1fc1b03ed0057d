# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin, on tests that keep to their budgets and tests that do not (cases/budgets.py)."""
import importlib.util
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import CASES, ROOT


def outcomes_in(results):
    """Of a JUnit file: (passed, message, properties) by test name."""
    outcomes = {}
    for case in ElementTree.parse(results).iter("testcase"):
        problem = case.find("failure") if case.find("failure") is not None else case.find("error")
        properties = {each.get("name"): each.get("value") for each in case.iter("property")}
        outcomes[case.get("name")] = (problem is None, "" if problem is None else problem.text, properties)
    return outcomes


@pytest.fixture(scope="module")
def ran(own_python, tmp_path_factory, module_runner):
    """Outcomes by test name ((passed, message)), the report, what was printed."""
    folder = tmp_path_factory.mktemp("plugin")
    report, results = folder / "peaks.json", folder / "results.xml"
    done = module_runner.start(own_python, "-m", "pytest", "-p", "no:cacheprovider", "-o", "junit_family=legacy", f"--ttmem-report={report}", f"--junit-xml={results}",
                               "--rootdir", CASES, CASES / "budgets.py", tracked=False)
    return outcomes_in(results), json.loads(report.read_text()), done


def test_each_case_ends_as_its_name_says(ran):
    outcomes, _, done = ran
    assert len(outcomes) == 19, done.stdout[-3000:] + done.stderr[-2000:]
    assert {name: passed for name, (passed, *_) in outcomes.items()} == {name: name.startswith("test_passes") for name in outcomes}, done.stdout[-6000:]


def test_messages_name_the_buffers(ran):
    outcomes, _, _ = ran
    over = outcomes["test_fails_over_dram_with_names"][1]
    assert re.search(r"limit_device_memory: dram on device 0 reached [\d.]+ MiB \(\d+ B\), the limit is 1\.0 MiB; \d+ buffers at that moment:", over), over
    freed = re.findall(r"buffer \d+: ([\d.]+ KiB) of dram, freed since(.*)", over)
    assert freed == [("528.0 KiB", ", region encoder"), ("528.0 KiB", ", region encoder/attention"), ("144.0 KiB", "")], over
    threads = outcomes["test_fails_over_dram_by_threads"][1]
    assert sorted(re.findall(r"([\d.]+ [KM]iB) of dram, freed since, region (.*)", threads)) == [
        ("1.1 MiB", "left-more"), ("1.1 MiB", "right-more"), ("528.0 KiB", "left"), ("528.0 KiB", "right")], threads
    l1 = outcomes["test_fails_over_l1"][1]
    assert "l1 on device 0 reached" in l1 and "of l1" in l1 and "of dram" not in l1
    assert re.search(r"buffer \d+: 2\.[\d]+ MiB of dram, at 0x[0-9a-f]+, region weights", outcomes["test_fails_by_what_a_fixture_holds"][1])
    leak = outcomes["test_fails_for_what_it_leaves"][1]
    assert re.search(r"no_device_leaks: 1 buffer of [\d.]+ KiB left by the test:", leak) and re.search(r"buffer \d+: .* of dram, at 0x[0-9a-f]+, region cache", leak), leak


def test_marks_that_come_late_are_looked_at(ran):
    outcomes, _, _ = ran
    assert re.search(r"limit_device_memory: dram on device 0 reached [\d.]+ MiB \(\d+ B\), the limit is 1\.0 MiB", outcomes["test_fails_over_the_budget_of_a_fixture"][1])
    assert "no_device_leaks: 1 buffer of" in outcomes["test_fails_for_what_it_leaves_by_a_fixtures_mark"][1]
    assert "limit_device_memory was added while the test ran" in outcomes["test_fails_for_a_mark_that_it_adds_itself"][1]
    assert "no_device_leaks takes program_cache=" in outcomes["test_fails_for_a_leak_check_that_takes_no_word"][1]


def test_what_the_program_cache_keeps_is_named_as_its(ran):
    outcomes, _, _ = ran
    kept = outcomes["test_fails_for_what_the_program_cache_keeps"][1]
    assert re.search(r"buffer \d+: [\d.]+ \w+ of l1_small, at 0x[0-9a-f]+.*, kept by ttnn's program cache", kept), kept


def test_a_failure_of_the_tests_own_is_not_hidden(ran):
    outcomes, _, done = ran
    own = outcomes["test_fails_of_its_own_and_says_that_first"][1]
    assert "ValueError: the test's own failure" in own and "limit_device_memory:" not in own
    assert "Captured device memory call" in done.stdout  # pytest's heading of what else there is to say


def test_wrong_limits_are_explained(ran):
    outcomes, _, _ = ran
    assert "not 'much'" in outcomes["test_fails_for_a_limit_that_is_no_size"][1]
    assert "dram=, l1=, l1_small=, trace=" in outcomes["test_fails_for_no_limit"][1]
    assert "hbm" in outcomes["test_fails_for_an_unknown_kind"][1]


def test_the_report_has_every_peak(ran):
    outcomes, report, done = ran
    assert report["schema"] == 1 and "peaks.json" in done.stdout
    tests = {test["nodeid"].rpartition("::")[2]: test for test in report["tests"]}
    measured = {name for name in outcomes if not name.startswith(("test_fails_for_a_limit", "test_fails_for_no", "test_fails_for_an", "test_fails_for_a_leak_check"))}
    assert set(tests) == measured
    within = tests["test_passes_within_its_budget"]
    assert within["outcome"] == "passed" and tests["test_fails_over_l1"]["outcome"] == "failed"
    dram = within["devices"]["0"]["dram"]
    assert dram["peak_bytes"] >= int(outcomes["test_passes_within_its_budget"][2]["dram"]) > dram["start_bytes"] > 0
    assert dram["start_bytes"] <= dram["end_bytes"] < dram["peak_bytes"]
    left = tests["test_fails_for_what_it_leaves"]["devices"]["0"]["dram"]
    assert left["end_bytes"] - left["start_bytes"] == left["peak_bytes"] - left["start_bytes"] > 512 * 512


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="no pytest-xdist in the suite's environment: scripts/setup.sh --for test installs it")
@pytest.mark.parametrize("reported", [True, False])
def test_it_works_in_workers_of_xdist(own_python, runner, tmp_path, reported):
    """One report from two workers, each test's peak as the allocator's own; budgets and leak checks in the workers, also where only a mark turns tracking on."""
    report, results = tmp_path / "peaks.json", tmp_path / "results.xml"
    done = runner.start(own_python, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "-o", "junit_family=legacy", f"--junit-xml={results}",
                        "-W", "error::pytest.PytestWarning", *(["--ttmem-report=peaks.json"] if reported else []), "--rootdir", CASES, CASES / "parallel.py",
                        tracked=False)
    said = done.stdout[-4000:] + done.stderr[-2000:]
    assert done.returncode == 1 and "error" not in done.stdout.splitlines()[-1] and "warning" not in done.stdout.splitlines()[-1], said
    outcomes = outcomes_in(results)
    limit = 1 << 20
    assert len(outcomes) == 14 and {told["worker"] for *_, told in outcomes.values()} == {"gw0", "gw1"}, said
    for name, (passed, message, told) in outcomes.items():
        side = re.match(r"test_limit\[(\d+)\]", name)
        if side:
            assert passed == (int(told["dram"]) <= limit), name
            assert passed or re.search(rf"reached [\d.]+ MiB \({told['dram']} B\)[^\n]*\n(.*\n)*?.*freed since, region side {side[1]}$", message, re.M), message
        else:
            assert passed == (name == "test_leak[False]")
    assert {passed for passed, *_ in outcomes.values()} == {True, False}
    assert report.exists() == reported and (f"the device memory of 14 tests is in {report}" in done.stdout) == reported
    if reported:
        tests = {test["nodeid"].rpartition("::")[2]: test for test in json.loads(report.read_text())["tests"]}
        assert {name: test["outcome"] == "passed" for name, test in tests.items()} == {name: passed for name, (passed, *_) in outcomes.items()}
        assert {name: test["devices"]["0"]["dram"]["peak_bytes"] for name, test in tests.items()} == {name: int(told["dram"]) for name, (*_, told) in outcomes.items()}


def test_a_report_that_cannot_be_written_is_refused_at_once(own_python, runner, tmp_path):
    for file, reason in (("missing/peaks.json", "there is no folder"), (".", "is a folder")):
        done = runner.start(own_python, "-m", "pytest", "-p", "no:cacheprovider", f"--ttmem-report={file}", tmp_path, tracked=False)
        assert done.returncode == 4 and "--ttmem-report" in done.stderr and reason in done.stderr and "Traceback" not in done.stderr, done.stdout + done.stderr


def test_unused_it_tracks_nothing(own_python, runner, tmp_path):
    """A project that has the package installed and uses none of it runs as before."""
    case = tmp_path / "test_plain.py"
    case.write_text("def test_plain():\n    assert 'tt_alloc' not in open('/proc/self/maps').read()\n")
    done = runner.start(own_python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", case, tracked=False)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_marks_alone_of_a_fixture_or_a_later_plugin_turn_tracking_on(own_python, runner, tmp_path):
    """Nothing is asked for at collection: no --ttmem-report, no mark. The test holds 2 MiB and has a budget of 1 MiB."""
    body = "import pytest, sys\nsys.path.insert(0, {hosts!r})\nfrom truths import open_device, tensor\n{mark}\ndef test_case({fixture}):\n    held = tensor(open_device(), 1024)\n"
    fixture = "@pytest.fixture\ndef late(request):\n    request.node.add_marker(pytest.mark.limit_device_memory(dram='1 MiB'))\n"
    hosts = str(CASES.parent / "hosts")
    (tmp_path / "test_fixture.py").write_text(body.format(hosts=hosts, mark=fixture, fixture="late"))
    (tmp_path / "test_plugin.py").write_text(body.format(hosts=hosts, mark="", fixture=""))
    (tmp_path / "conftest.py").write_text("import pytest\n@pytest.hookimpl(trylast=True)\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
                                          "        if 'test_plugin' in item.nodeid:\n            item.add_marker(pytest.mark.limit_device_memory(dram='1 MiB'))\n")
    for case in ("test_fixture.py", "test_plugin.py"):
        done = runner.start(own_python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path / case, tracked=False)
        assert done.returncode == 1 and "limit_device_memory: dram on device 0 reached" in done.stdout, done.stdout[-3000:] + done.stderr[-2000:]


def test_what_cannot_be_measured_fails(own_python, runner, tmp_path):
    case = tmp_path / "test_case.py"
    case.write_text("import pytest\n@pytest.mark.limit_device_memory(dram='1 MiB')\ndef test_case(): pass\n")
    done = runner.start(own_python, "-m", "pytest", "-q", "-p", "no:cacheprovider", case, tracked=False, TTMEM_HOOKS_LIBRARY="/nowhere/libtt_alloc_hooks.so")
    assert done.returncode == 1 and "device memory is not tracked" in done.stdout, done.stdout + done.stderr


def test_the_example_keeps_its_budget(own_python, runner, tmp_path):
    report = tmp_path / "peaks.json"
    done = runner.start(own_python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, ROOT / "examples" / "python" / "test_budget.py",
                        f"--ttmem-report={report}", tracked=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(report.read_text())["tests"][0]["devices"]["0"]["dram"]["peak_bytes"] > 3 << 20
