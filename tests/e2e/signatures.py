# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds what the hooks declare of tt-metal's functions against the libraries themselves, and writes docs/hooked-functions.md.

Three kinds of evidence, none of which knows what the others say:
  the name       libtt_metal.so exports it, and a compiler mangles the declaration to it (signatures_test of the unit tests)
  machine code   which argument registers the function reads, and whether its result goes where a hidden address leads (tests/support/machine_code.py)
  a real run     what tt-metal calls it with, as tests/support/call_witness.cpp saw it before any hook did
"""
import dataclasses
import json
import re
import subprocess
import sys

import host

sys.path.insert(0, str(host.ROOT / "tests" / "support"))
import machine_code  # noqa: E402

PAGE = host.ROOT / "docs" / "hooked-functions.md"
LIBRARY_ALONE = "0.65.0"  # it opens no mock cluster
SLOW = {"TT_METAL_SLOW_DISPATCH_MODE": "1"}
BOTH = [(["tensor_io.py", "2"], {}), (["random_run.py", "--seed", "21", "--checkpoints", "6"], {})]
MORE = [(["capture.py"], {}), (["l1_arena.py", "1x1"], {}), (["l1_ops.py", "1x1"], {}),
        (["l1_trace.py", "1x1"], {"PROBES": "libforce_binaries.so libring_probe.so"})]
RUNS = {"0.66.0": BOTH, "0.72.0": [(arguments, SLOW) for arguments, _ in BOTH], "0.78.0": BOTH, "0.80.0": BOTH, "0.81.1": BOTH + MORE}
RELEASES = [LIBRARY_ALONE, *RUNS]

# The virtual table at the beginning of an object of these types, where it has virtual functions.
VTABLES = {"Device": r"(Device|MeshDevice|MeshDeviceImpl)E$", "MeshDevice": r"MeshDeviceE$", "MeshDeviceImpl": r"MeshDeviceImplE$", "MeshQueue": r"CommandQueueE$",
           "Allocator": r"AllocatorE$|AllocatorImplE$"}
ALWAYS_VIRTUAL = {"Device", "MeshDevice", "MeshQueue"}


@dataclasses.dataclass
class Seen:
    """The facts of one function in one release; `wrong`: contradictions to its declaration."""

    exported: bool = False
    reads_all: bool = False
    reached: bool = False
    wrong: list = dataclasses.field(default_factory=list)


def rows_of(build):
    return json.loads(subprocess.run([build / "tests" / "tt_alloc_pass_through", "--list"], capture_output=True, text=True, check=True).stdout)


def registers_of(row):
    """The registers that the declaration fills, in their order, and for each argument its first register or None (on the stack)."""
    free = list(machine_code.REGISTERS)
    used = [free.pop(0)] if row["result"]["how"] == "hidden" else []
    places = []
    for argument in row["arguments"]:
        words = (argument["bytes"] + 7) // 8
        taken = [free.pop(0) for _ in range(words)] if words <= len(free) else []
        places.append(taken[0] if taken else None)
        used += taken
    return used, places


def look_at_code(row, library, exports, seen):
    """Compares the function's instructions with its declaration."""
    function = machine_code.Function(library, *exports[row["name"]])
    declared, read = registers_of(row)[0], function.registers_read()
    seen.reads_all = read == declared
    if not set(read) <= set(declared):
        seen.wrong.append(f"it reads {', '.join(read)}, and {', '.join(declared)} are all that its declaration fills")
    hidden = function.gives_back_rdi()
    if hidden != (row["result"]["how"] == "hidden"):
        seen.wrong.append("it gives back the address in rdi" if hidden else "it does not give back the address in rdi, where a hidden result would be")


def look_at_call(row, call, seen):
    """Compares a real call with the declaration."""
    values = dict(zip(machine_code.REGISTERS, call["registers"], strict=True))
    begins = row["kind"] == "constructor"  # the object is not there yet
    for number, (argument, place) in enumerate(zip(row["arguments"], registers_of(row)[1], strict=True)):
        if place is None:
            continue
        word, what = values[place], f"argument {number} ({argument['type']}) in {place}"
        if argument["how"] == "bool" and word["value"] & 0xFF > 1:
            seen.wrong.append(f"{what} is {word['value']:#x} in a call")
        if argument["how"] == "pointer" and not word["readable"]:
            seen.wrong.append(f"{what} leads nowhere in a call: {word['value']:#x}")
        type_ = re.sub(r"const|[ *]|ttmem::tt_metal::", "", argument["type"])
        if argument["how"] == "pointer" and type_ in VTABLES and not (begins and number == 0):
            named = word["first"] if word["first"].startswith("_ZTV") else ""
            if (named or type_ in ALWAYS_VIRTUAL) and not re.search(VTABLES[type_], named):
                seen.wrong.append(f"{what} leads to what begins with '{word['first']}' in a call")


def witnessed(tools, python, runs):
    """The calls that the witness saw in all runs of a release."""
    path = tools.scratch / "calls.jsonl"
    path.unlink(missing_ok=True)
    for arguments, environment in runs:
        environment = dict(environment)
        probes = [tools.build / "tests" / name for name in environment.pop("PROBES", "").split()]
        preload = ":".join(str(part) for part in [*probes, tools.build / "tests" / "libcall_witness.so", tools.hooks])
        with host.Host(tools, [python, host.HOSTS / arguments[0], *arguments[1:]], "witnessed",
                       environment=tools.preload() | environment | {"LD_PRELOAD": preload, "CALL_WITNESS": path}) as run:
            host.run_through(run)
            assert run.end() == 0, run.errors()[-2000:]
    return [json.loads(line) for line in path.read_text().splitlines()]


def examine(rows, library, calls):
    """stand-in -> Seen, for one release; `calls` None: nothing can run with it."""
    exports = machine_code.exported(library)
    found = {}
    for row in rows:
        seen = found[row["stand_in"]] = Seen(row["name"] in exports)
        if seen.exported:
            look_at_code(row, library, exports, seen)
        for call in calls or ():
            if call["name"] == row["name"]:
                seen.reached = True
                look_at_call(row, call, seen)
    return found


def expected_in(row, release):
    return row["since"] <= int(release.split(".")[1]) <= row["until"]


def render(rows, evidence):
    """docs/hooked-functions.md; evidence: release -> stand-in -> Seen."""
    names = machine_code.demangled([row["name"] for row in rows])
    kinds = {"static_member": "static member", "function": "free function"}

    def cell(release, row):
        seen = evidence[release][row["stand_in"]]
        if not seen.exported:
            return "–"
        return ("all" if seen.reads_all else "some") + (", run" if seen.reached else "")

    lines = [
        "# Hooked functions", "",
        "Written by `tests/e2e/test_signatures.py` from the libraries of the releases themselves; it fails where this page is not what it finds.",
        "`TTMEM_WRITE_DOCS=1` in its environment writes the page.", "",
        "Each function that `libtt_alloc_hooks.so` stands in for, as libtt_metal.so exports it. A mangled name says neither the result nor whether there is a",
        "`this`. Both come from tt-metal's public headers (`src/tt_metal/release/declared.hpp`) and are proved in these ways:", "",
        "| proof | what it shows | where |", "|---|---|---|",
        "| the compiler | the stand-in's type is derived from the declaration; a definition that differs does not compile, a declaration that is mangled otherwise does not link |"
        " `release/stand_ins.hpp`, `release/signatures_test.cpp` |",
        "| passing through | with recognisable words in every argument and every other register poisoned, each arrives at the original and its result comes back; also without"
        " optimisation, where what is not declared is lost | `pass_through_test.cpp`, every function and release |",
        "| machine code | **all**: the function reads exactly the registers that the declaration fills, **some**: it reads no other (it ignores an argument). A result by hidden address:"
        " the function gives that address back in rax on every way out; any other: it does not | columns below |",
        "| real calls | **run**: tt-metal called it on a mock cluster; each pointer led to memory, objects with virtual functions were of the declared class, and a bool was 0 or 1."
        " Without it the function is never reached by what the suite runs | columns below |", "",
        f"{LIBRARY_ALONE} opens no mock cluster, so that nothing runs with it.", "",
        "| stand-in | what it is | function as exported | result | registers | " + " | ".join(RELEASES) + " |",
        "|---|---|---|---|---|" + "---|" * len(RELEASES)]
    for row in rows:
        used, _ = registers_of(row)
        result = {"hidden": "hidden address", "none": "none", "bytes": f"{row['result']['bytes']} bytes in registers"}.get(row["result"]["how"], row["result"]["how"])
        stack = sum((argument["bytes"] + 7) // 8 for argument, place in zip(row["arguments"], registers_of(row)[1], strict=True) if place is None)
        lines.append("| " + " | ".join([
            row["stand_in"], kinds.get(row["kind"], row["kind"]), f"`{names[row['name']]}`".replace("|", "\\|"), result,
            " ".join(used) + (f", {stack} words of the stack" if stack else ""), *(cell(release, row) for release in RELEASES)]) + " |")
    return "\n".join(lines) + "\n"
