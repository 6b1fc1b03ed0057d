# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The questions on real ttnn; the programs under hosts/ compare and this looks at what they say."""
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
