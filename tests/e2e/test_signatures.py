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

ROWS = signatures.rows()
EVIDENCE = {}


def library_of(release, python_for):
    if release == signatures.LIBRARY_ALONE:
        library = pathlib.Path(os.environ.get("TTMEM_VENVS", host.ROOT / ".venvs")) / f"libtt_metal-{release}" / "libtt_metal.so"
    else:
        library = next(pathlib.Path(python_for(release)).parents[1].glob("lib/python*/site-packages/ttnn/build/lib/libtt_metal.so"))
    assert library.exists(), f"{library} is missing; scripts/setup.sh --for test brings it"
    return library


@pytest.mark.parametrize("release", signatures.RELEASES)
def test_every_function_is_as_declared(release, python_for):
    library = library_of(release, python_for)
    exports = signatures.machine_code.exported(library)
    found = {row.stand_in: signatures.examine(row, library, exports) for row in ROWS if row.name in exports}
    assert {name: wrong for name, (_, wrong) in found.items() if wrong} == {}
    assert len(found) >= 30
    EVIDENCE[release] = {name: reads_all for name, (reads_all, _) in found.items()}


def test_every_function_is_exported_by_some_release_and_the_page_is_what_was_found():
    if set(EVIDENCE) != set(signatures.RELEASES):
        pytest.skip("not all releases were looked at in this run")
    assert [row.stand_in for row in ROWS if not any(row.stand_in in found for found in EVIDENCE.values())] == []
    page = signatures.render(ROWS, EVIDENCE)
    if os.environ.get("TTMEM_WRITE_DOCS") == "1":
        signatures.PAGE.write_text(page)
    assert signatures.PAGE.read_text() == page


@pytest.mark.parametrize("stand_in, change, says", [
    ("view", lambda row: row.arguments.pop(0), "it reads rdi, rsi, rdx, rcx, and rdi, rsi, rdx are all"),
    ("arena_allocate", lambda row: setattr(row, "result", "none"), "it reads rdi, rsi, rdx, rcx, r8, and rdi, rsi, rdx, rcx are all"),
    ("ring_reserve", lambda row: setattr(row, "result", "hidden address"), "it does not give back the address in rdi"),
    ("enqueue_workload", lambda row: row.arguments.pop(), "it reads rdi, rsi, rdx, and rdi, rsi are all"),
    ("mark_address", lambda row: row.arguments.pop(0), "it reads rdi, rsi, rdx, rcx, and rdi, rsi, rdx are all")])
def test_a_wrong_declaration_is_found(stand_in, change, says, python_for):
    wrong = copy.deepcopy(next(row for row in ROWS if row.stand_in == stand_in))
    change(wrong)
    library = library_of("0.81.1", python_for)
    found = signatures.examine(wrong, library, signatures.machine_code.exported(library))[1]
    assert any(text.startswith(says) for text in found), found
