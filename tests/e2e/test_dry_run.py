# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem dry-run`: a stock script on boards that are not here. The figures are held against ttnn's own allocator, asked by the script itself."""
import json
import pathlib
import subprocess

import pytest

from host import HOSTS, PATIENCE

SHAPES = {"n150": "1x1", "n300": "1x2", "p150": "1x1", "t3000": "2x4"}
UNIT = 32  # what the allocator of Wormhole rounds to


@pytest.fixture
def dry_run(tools, caches):
    """Starts a dry run as a user would, with a cache folder that the suite shares. Gives what it printed as JSON, and the finished process."""

    def run(python, boards, *command, options=(), code=None, **changes):
        environment = tools.environment(XDG_CACHE_HOME=pathlib.Path(caches["HOME"]) / ".cache", TT_METAL_CACHE=None, TT_METAL_LOGS_PATH=None, **changes)
        named = [word for board in boards for word in ("--board", board)]
        done = subprocess.run([str(part) for part in (tools.ttmem, "dry-run", "--json", *named, *options, "--", python, *command)], env=environment,
                              cwd=tools.scratch, capture_output=True, text=True, timeout=4 * PATIENCE)
        assert code is None or done.returncode == code, f"ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return (json.loads(done.stdout) if done.stdout else None), done

    return run


def said(done):
    """The lines that the script itself printed, of each run."""
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("board", ["n150", "n300", "p150", pytest.param("t3000", marks=pytest.mark.long)])
def test_peaks_are_those_of_ttnns_own_allocator(dry_run, python, board):
    report, done = dry_run(python, [board], HOSTS / "dry_model.py", SHAPES[board], code=0)
    (result,) = report["boards"]
    assert result["board"] == board and result["fits"] is True and result["exit_code"] == 0 and result["first_refusal"] is None
    (script,) = said(done)
    rows, columns = (int(part) for part in SHAPES[board].split("x"))
    assert len(result["devices"]) == rows * columns
    for device in result["devices"]:
        assert {kind: device[f"{kind}_peak_bytes"] for kind in script["peaks"]} == script["peaks"]
        assert device["dram_capacity_bytes"] > device["dram_peak_bytes"] > 0
    assert report["compiler"]["stand_in"] is True and report["ttnn"]["release"] == "0.81.1"


def test_a_ballast_above_the_margin_is_refused_at_the_peak(dry_run, python):
    """The bytes that the report calls free at the peak are free, in the holes that there are: all but the smallest unit of a bank can be allocated; one unit more is refused."""
    report, _ = dry_run(python, ["n150"], HOSTS / "dry_model.py", "1x1", code=0)
    (device,) = report["boards"][0]["devices"]
    margin, least = device["dram_capacity_bytes"] - device["dram_peak_bytes"], UNIT * device["dram_banks"]
    refused, done = dry_run(python, ["n150"], HOSTS / "dry_model.py", "1x1", margin + least, code=1)
    (result,) = refused["boards"]
    assert result["fits"] is False and result["refusals"] == 1 and result["first_refusal"]["kind"] == "dram"
    assert result["devices"][0]["dram_peak_bytes"] == device["dram_capacity_bytes"]
    first = result["first_refusal"]
    exception = next(line for line in done.stderr.splitlines() if "Out of Memory" in line)
    for figure in (first["wanted_bytes"], first["wanted_bytes_per_bank"], first["largest_free_bytes_per_bank"]):
        assert f"{figure} B" in exception, exception
    assert f"across {first['banks']} banks" in exception
    fits, _ = dry_run(python, ["n150"], HOSTS / "dry_model.py", "1x1", margin - least, code=0)
    assert fits["boards"][0]["fits"] is True and fits["boards"][0]["devices"][0]["dram_peak_bytes"] == device["dram_capacity_bytes"] - least


def test_a_script_is_watched_from_outside(dry_run, python):
    """dry_watch.py, with which models of others are compared, sees what the script's own looks see, and takes a ballast after the operation that is named."""
    words = (HOSTS / "dry_watch.py", HOSTS / "dry_model.py", "1x1")
    report, done = dry_run(python, ["n150"], *words, code=0)
    (device,) = report["boards"][0]["devices"]
    own, watched = said(done)
    assert own["peaks"] == watched["peaks"] == {kind: device[f"{kind}_peak_bytes"] for kind in own["peaks"]}
    margin, least = device["dram_capacity_bytes"] - device["dram_peak_bytes"], UNIT * device["dram_banks"]
    for amount, code in ((margin, 0), (margin + least, 1)):
        ballast = ("--ballast", amount, "--at", watched["most_dram_at"])
        report, _ = dry_run(python, ["n150"], words[0], *ballast, *words[1:], code=code)
        assert report["boards"][0]["devices"][0]["dram_peak_bytes"] == device["dram_capacity_bytes"], code


def test_several_boards_and_the_worst_exit_code(dry_run, python):
    """16 GiB of DRAM: more than an N150 has, less than a P150."""
    script = ("import ttnn; d = ttnn.open_device(device_id=0);"
              "t = ttnn.empty([1, 1, 8192, 1048576], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=d); ttnn.close_device(d)")
    report, done = dry_run(python, ["n150", "p150"], "-c", script, code=1)
    assert [(board["board"], board["fits"], board["exit_code"]) for board in report["boards"]] == [("n150", False, 1), ("p150", True, 0)]
    assert "ttmem dry-run: n150" in done.stderr and "ttmem dry-run: p150" in done.stderr


def test_a_run_that_fails_by_itself_is_not_a_verdict(dry_run, python):
    report, done = dry_run(python, ["n150"], "-c", "import ttnn; d = ttnn.open_device(device_id=0); raise SystemExit(9)", code=3)
    assert report["boards"][0]["fits"] is None and "exit code 9" in report["boards"][0]["sentence"]
    report, done = dry_run(python, ["n150"], "-c", "print('no device')", code=3)
    assert report["boards"][0]["fits"] is None and "no device" in done.stderr
    report, _ = dry_run(python, ["n150"], "-c", "import ttnn, time; d = ttnn.open_device(device_id=0); print('waits'); time.sleep(1000)",
                        options=("--timeout", "12"), code=3)  # ends it, however far it came
    assert report["boards"][0]["fits"] is None and "--timeout" in report["boards"][0]["sentence"]


def test_a_refusal_that_the_program_handles_still_fits(dry_run, python):
    script = ("import ttnn\nd = ttnn.open_device(device_id=0)\n"
              "try:\n    ttnn.empty([1, 1, 8192, 1048576], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=d)\n"
              "except RuntimeError:\n    ttnn.empty([1, 1, 32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=d)\nttnn.close_device(d)")
    report, _ = dry_run(python, ["n150"], "-c", script, code=0)
    assert report["boards"][0]["fits"] is True and report["boards"][0]["refusals"] == 1


def test_wrong_words_are_answered(tools, python):
    def ends(*words):
        done = subprocess.run([str(tools.ttmem), *words], env=tools.environment(), capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stderr

    code, text = ends("dry-run", "--board", "n151", "--", "true")
    assert code == 2 and "no board 'n151'" in text and "n150, n300" in text
    assert ends("dry-run", "--board", "n150")[0] == 2 and ends("dry-run", "--", "true")[0] == 2
    assert ends("dry-run", "--cluster", "/no/such/file", "--", "true")[0] == 2
    assert ends("dry-run", "--board", "n150", "--timeout", "-1", "--", "true")[0] == 2


def test_nothing_is_written_into_ttnns_folder_or_the_working_folder(dry_run, python, tools):
    package = pathlib.Path(subprocess.run([python, "-c", "import importlib.util; print(importlib.util.find_spec('ttnn').origin)"], capture_output=True,
                                          text=True, check=True).stdout.strip()).parent

    def state(folder):
        return {path: (path.lstat().st_mtime_ns, path.lstat().st_size, path.lstat().st_mode) for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts}

    before, here = state(package), set(tools.scratch.iterdir())
    dry_run(python, ["p150"], HOSTS / "dry_model.py", "1x1", code=0)
    assert state(package) == before
    assert {path.name for path in set(tools.scratch.iterdir()) - here} == set()
    assert not [path for path in pathlib.Path(tools.ledgers).iterdir()], "the folder of the run is removed"


@pytest.mark.parametrize("most_chips", [2, pytest.param(1000, marks=pytest.mark.long)])
def test_the_boards_are_what_ttnn_opens(dry_run, python, tools, most_chips):
    """Each row of `ttmem boards` against the device that ttnn opens from its description."""
    listed = json.loads(subprocess.run([tools.ttmem, "boards", "--json"], capture_output=True, text=True, check=True).stdout)["boards"]
    script = ("import json, sys, ttnn\nd = ttnn.open_mesh_device(ttnn.MeshShape(*json.loads(sys.argv[1])))\n"
              "m, l, g = ttnn.get_memory_view(d, ttnn.BufferType.DRAM), ttnn.get_memory_view(d, ttnn.BufferType.L1), d.compute_with_storage_grid_size()\n"
              "print(json.dumps({'dram_banks': m.num_banks, 'dram_bytes': m.num_banks * m.total_bytes_per_bank, 'l1_banks': l.num_banks,"
              " 'l1_bytes': l.num_banks * l.total_bytes_per_bank, 'grid': [g.x, g.y], 'chips': d.get_num_devices()}))\nttnn.close_mesh_device(d)")
    assert {board["board"] for board in listed} >= {"n150", "n300", "t3000", "galaxy", "p100", "p150", "p300", "p150x4", "p150x8", "quietbox"}
    for board in listed:
        if board["chips"] > most_chips:
            continue
        _, done = dry_run(python, [board["board"]], "-c", script, json.dumps(board["mesh"]), code=0)
        (opened,) = said(done)
        assert opened == {name: board[name] for name in opened}, board["board"]


LONG_THINGS = [pytest.param(board, marks=pytest.mark.long) for board in ("t3000", "p150")]


@pytest.mark.parametrize("board", ["n150", "n300", *LONG_THINGS])
def test_real_programs_go_through(dry_run, python, board):
    """Traces, two queues with events, sub-devices, more reads than a mock's queue holds, operations that a mock refuses: each crashes, hangs or fails
    on a plain mock. One run each, on a board with one chip and on one with two that dispatches from Ethernet cores."""
    shape = SHAPES[board]
    report, done = dry_run(python, [board], HOSTS / "dry_things.py", shape, "trace", code=0)
    (seen,) = said(done)
    assert "already being used for tracing" in seen["twice"]
    assert seen["held_by_operations"] > 0, "the operations of the capture ran as themselves"
    assert "is not being used for tracing" in seen["end_again"]
    assert seen["ids"][0] != seen["ids"][1] and "must exist" in seen["after_release"]
    notes = " ".join(report["boards"][0]["notes"])
    assert "2 traces were captured" in notes and "not known" in notes, notes
    for thing in ("queues", "sub_devices", "reads"):
        report, done = dry_run(python, [board], HOSTS / "dry_things.py", shape, thing, code=0)
        assert report["boards"][0]["fits"] is True, thing
        if thing == "reads":
            (seen,) = said(done)
            assert seen["values"] == [[0.0]]
    report, done = dry_run(python, [board], HOSTS / "dry_things.py", shape, "operations", code=0)
    (seen,) = said(done)
    assert seen["grid"] == ([11, 10] if board == "p150" else [8, 8])
    assert seen["printed"] and seen["values"] == [0.0] and seen["sampled"] == [1, 1, 1, 32]


@pytest.mark.parametrize("board", ["n300", pytest.param("t3000", marks=pytest.mark.long)])
def test_collectives_go_through(dry_run, python, board):
    """Over the fabric of a mesh, plain and in a trace: the shapes are those that as many chips in a row make."""
    chips = int(SHAPES[board].split("x")[1])
    report, done = dry_run(python, [board], HOSTS / "dry_things.py", SHAPES[board], "ccl", code=0)
    (seen,) = said(done)
    assert seen["widths"] == [256 * chips, 256 * chips, 256 // chips, 256] + [256] * (chips - 1)
    assert report["boards"][0]["fits"] is True


SEEDS = [pytest.param(board, seed, marks=pytest.mark.long) for board in ("n150", "n300", "p150", "t3000") for seed in (2, 3, 4)]


@pytest.mark.parametrize("board, seed", [("n150", 1), ("n300", 1), *SEEDS])
def test_random_programs_do_not_crash(dry_run, python, board, seed):
    """A hundred calls of twenty families: what ttnn refuses is an error of the script, and all that its allocator shows between calls is within the peaks."""
    report, done = dry_run(python, [board], HOSTS / "dry_random.py", SHAPES[board], seed, 100, "queues", "sub_devices", code=0)
    (seen,) = said(done)
    assert sum(seen["ran"].values()) > 70, seen["refused"]
    for device in report["boards"][0]["devices"]:
        assert all(device[f"{kind}_peak_bytes"] >= bytes_ for kind, bytes_ in seen["peaks"].items())


def test_a_ttnn_that_does_not_know_a_mock_is_named(dry_run, python_for):
    """Before 0.72.0 nothing can stand in for a mock, since no function says that it is one: a wait for an event crashes, and the report says why."""
    report, _ = dry_run(python_for("0.66.0"), ["n150"], HOSTS / "dry_things.py", "1x1", "queues", code=3)
    (result,) = report["boards"]
    assert result["fits"] is None and any("0.72.0" in note for note in result["notes"]), result


@pytest.mark.parametrize("without", ["TT_ALLOC_DRY_RUN", "TT_METAL_MOCK_CLUSTER_DESC_PATH"])
def test_the_originals_are_called_where_nothing_asked_for_a_dry_run(tools, python, without, tmp_path):
    """Without the dry run's word the mock's own crash is what a capture of an operation ends in: the original was called. Without a description
    tt-metal looks for a card. A device that is no mock cannot be had here: tt_alloc_hooks_fake_test has one."""
    record = tmp_path / "record"
    record.write_bytes((0x315944544d454d54).to_bytes(8, "little") + bytes(128))
    changes = tools.preload() | {"TT_ALLOC_DRY_RUN": record, without: None}
    done = subprocess.run([python, HOSTS / "dry_things.py", "1x1", "trace"], env=tools.environment("n150", **changes), cwd=tools.scratch,
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0
    assert record.read_bytes()[8:] == bytes(128), "no stand-in was counted"
    if without == "TT_ALLOC_DRY_RUN":
        assert done.returncode < 0, done.stderr[-2000:]  # by a signal
