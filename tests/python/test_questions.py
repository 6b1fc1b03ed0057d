# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The questions on real ttnn; the programs under hosts/ compare and this looks at what they say."""
import os

import pytest
from conftest import ROOT


def test_every_question_agrees_with_ttnn(python, runner):
    assert runner.answer(python, "questions.py")["done"]


def test_every_question_agrees_with_ttnn_when_tracking_begins_late(own_python, runner):
    assert runner.answer(own_python, "questions.py", "late", tracked=False)["done"]


def test_the_demos_peak_is_the_highest_that_ttnn_showed(own_python, runner):
    answer = runner.answer(own_python, "demo_peak.py", ROOT / "demo", 12)
    assert answer["told"] == answer["sampled"] and answer["operations"] > 500
    assert all(told == own for told, own in answer["held"].values())
    assert min(answer["sampled"].values()) > 0


def test_on_a_mesh_with_a_submesh(own_python, runner):
    assert runner.answer(own_python, "meshes.py", cluster="t3000")["done"]


def test_what_a_cache_may_take_is_granted_and_not_more(own_python, runner):
    """The budget is allocated on a real allocator after the profiling run that it came from, and the run fits beside it again."""
    answer = runner.answer(own_python, "cache.py", cluster="n300")
    assert answer["chips"] == 2 and answer["checked"] > 10


@pytest.mark.parametrize("cluster", ["n150", "p150"])
def test_whether_a_tensor_fits(own_python, runner, cluster):
    """Every answer is tried: 400 random questions on each board, 5,200 with --long."""
    for seed in range(1, 14 if os.environ.get("TTMEM_LONG") else 2):
        answer = runner.answer(own_python, "fits.py", 400, seed, cluster=cluster)
        assert answer["wrongs"] == 0, (seed, answer["wrong"])
        counts = answer["counts"]
        assert min(counts["granted"], counts["refused"]) > counts["questions"] / 10 and counts["advice"] > 0


def test_why_of_a_peak_says_what_the_program_says(own_python, runner):
    assert runner.answer(own_python, "peak_answers.py", runner.tools.ttmem)["done"]
