# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Every hooked function is what its declaration says, in every release; and the page that lists them is true.

Incident: BufferImpl::view was declared without its `this`. Its machine code reads one register more than that filled.
"""
import copy
import os
import pathlib

import host
import pytest
import signatures
from conftest import build_folder


@pytest.fixture(scope="module")
def rows():
    return signatures.rows_of(build_folder())


def library_of(release, python_for):
    if release == signatures.LIBRARY_ALONE:
        library = pathlib.Path(os.environ.get("TTMEM_VENVS", host.ROOT / ".venvs")) / f"libtt_metal-{release}" / "libtt_metal.so"
    else:
        library = next(pathlib.Path(python_for(release)).parents[1].glob("lib/python*/site-packages/ttnn/build/lib/libtt_metal.so"))
    assert library.exists(), f"{library} is missing; scripts/setup.sh --for test brings it"
    return library


EVIDENCE = {}


@pytest.mark.parametrize("release", signatures.RELEASES)
def test_every_function_is_as_declared(release, rows, tools, python_for):
    runs = signatures.RUNS.get(release)
    calls = signatures.witnessed(tools, python_for(release), runs) if runs else None
    found = EVIDENCE[release] = signatures.examine(rows, library_of(release, python_for), calls)
    assert [(name, seen.wrong[:3]) for name, seen in found.items() if seen.wrong] == []
    assert {row["stand_in"] for row in rows if signatures.expected_in(row, release)} == {name for name, seen in found.items() if seen.exported}
    assert runs is None or sum(seen.reached for seen in found.values()) >= 15


def test_the_page_is_what_was_found(rows):
    if set(EVIDENCE) != set(signatures.RELEASES):
        pytest.skip("not all releases were looked at in this run")
    page = signatures.render(rows, EVIDENCE)
    if os.environ.get("TTMEM_WRITE_DOCS") == "1":
        signatures.PAGE.write_text(page)
    assert signatures.PAGE.read_text() == page


@pytest.mark.parametrize("stand_in, change, says", [
    ("view", lambda row: row["arguments"].pop(0), "it reads rdi, rsi, rdx, rcx, and rdi, rsi, rdx are all"),
    ("arena_allocate", lambda row: row["result"].update(how="none"), "it gives back the address in rdi"),
    ("ring_reserve", lambda row: row["result"].update(how="hidden"), "it does not give back the address in rdi"),
    ("enqueue_workload", lambda row: row["arguments"].pop(), "it reads rdi, rsi, rdx, and rdi, rsi are all"),
    ("mark_address", lambda row: row["arguments"].pop(0), "it reads rdi, rsi, rdx, rcx, and rdi, rsi, rdx are all")])
def test_a_wrong_declaration_is_found(stand_in, change, says, rows, python_for):
    wrong = copy.deepcopy(next(row for row in rows if row["stand_in"] == stand_in))
    change(wrong)
    found = signatures.examine([wrong], library_of("0.81.1", python_for), None)
    assert any(text.startswith(says) for text in found[stand_in].wrong), found
