# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds what the hooks declare of tt-metal's functions against the machine code of every release, and writes docs/hooked-functions.md.

The rows come from the sources alone: names and kinds from stand_ins.hpp and names.hpp, arguments from the mangled name, the result from declared.hpp. What a
compiler makes of the same declarations is tt_alloc_hooks_signatures_test's.
"""
import dataclasses
import re
import sys

import host

sys.path.insert(0, str(host.ROOT / "tests" / "support"))
import machine_code  # noqa: E402

SOURCES = host.ROOT / "src" / "tt_metal" / "release"
PAGE = host.ROOT / "docs" / "hooked-functions.md"
LIBRARY_ALONE = "0.65.0"  # set-up fetches its library and nothing else of it
RELEASES = [LIBRARY_ALONE, "0.66.0", "0.72.0", "0.78.0", "0.80.0", "0.81.1"]

# Bytes of what travels by value; everything else that is no pointer or reference is an enumeration of four.
BYTES = {"bool": 1, "unsigned char": 1, "unsigned int": 4, "unsigned long": 8, "std::optional<bool>": 2, "std::optional<unsigned int>": 8, "std::optional<unsigned long>": 16,
         "std::optional<ttsl::StrongType<unsigned char, tt::tt_metal::SubDeviceIdTag> >": 2, "std::span<unsigned int const, 18446744073709551615ul>": 16}
ENUMERATIONS = {"tt::tt_metal::BufferType", "tt::tt_metal::distributed::D2HSocket::ProcessScope", "tt::tt_metal::distributed::H2DMode"}
# How a result travels: in registers, or where a hidden address leads.
RESULTS = {"void": "none", "bool": "register", "DeviceAddr": "register", "uint32_t": "register", "std::shared_ptr<Buffer>": "hidden address", "Allocation": "hidden address",
           "std::pair<ConfigBufferSync, std::vector<ConfigBufferEntry>&>": "two registers"}


@dataclasses.dataclass
class Row:
    stand_in: str
    name: str  # mangled
    kind: str
    signature: str  # demangled
    arguments: list  # bytes of each, `this` too
    result: str


def macros(text):
    """TTMEM_NAME -> the string that it stands for."""
    found = {}
    for name, body in re.findall(r"#define (TTMEM_\w+)\s+((?:\"[^\"]*\"|TTMEM_\w+|\s)+)", text.replace("\\\n", " ")):
        found[name] = "".join(part[1:-1] if part.startswith('"') else found.get(part, "") for part in re.findall(r"\"[^\"]*\"|TTMEM_\w+", body))
    return found


def split_arguments(signature):
    """The arguments of a demangled function."""
    inside, parts, depth = signature[signature.index("(") + 1 : signature.rindex(")")], [""], 0
    for letter in inside:
        depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def bytes_of(argument):
    if argument.endswith(("*", "&")):
        return 8
    if argument in ENUMERATIONS:
        return 4
    return BYTES[argument]


def result_of(declared, text):
    """Looks a function up in declared.hpp by its last name; overloads there have one result."""
    name = declared.rstrip(")").rpartition("::")[2]
    results = {result.strip() for result in re.findall(rf"^ *(?:static )?([\w:<>&, ]+?)\s+{name}\(", text, re.MULTILINE)}
    assert len(results) == 1, f"declared.hpp has {results or 'nothing'} for {declared}"
    return RESULTS[results.pop()]


def rows():
    names = macros((SOURCES / "names.hpp").read_text())
    declared = (SOURCES / "declared.hpp").read_text()
    found = re.findall(r"ROW\((?:hot|rare),\s*(\w+),\s*(\w+),\s*\w+,\s*(TTMEM_\w+),\s*(.*?)\)\s*\\?$", (SOURCES / "stand_ins.hpp").read_text(), re.MULTILINE)
    signatures = machine_code.demangled([names[macro] for _, _, macro, _ in found])
    made = []
    for kind, stand_in, macro, declaration in found:
        signature = signatures[names[macro]]
        this = [8] if kind in ("member", "constructor", "destructor") else []
        result = "none" if kind in ("constructor", "destructor") else result_of(declaration, declared)
        made.append(Row(stand_in, names[macro], kind, signature, this + [bytes_of(argument) for argument in split_arguments(signature)], result))
    return made


def registers_of(row):
    """The registers that a call fills, in their order, and how many words of the stack."""
    free, used, stack = list(machine_code.REGISTERS), [], 0
    for size in ([8] if row.result == "hidden address" else []) + row.arguments:
        words = (size + 7) // 8
        if words <= len(free):
            used += [free.pop(0) for _ in range(words)]
        else:
            stack += words
    return used, stack


def examine(row, library, exports):
    """(whether it reads all that a call fills, what contradicts the declaration)."""
    function = machine_code.Function(library, *exports[row.name])
    declared, read, wrong = registers_of(row)[0], function.registers_read(), []
    if not set(read) <= set(declared):
        wrong.append(f"it reads {', '.join(read)}, and {', '.join(declared)} are all that its declaration fills")
    if function.gives_back_rdi() != (row.result == "hidden address"):
        wrong.append("it gives back the address in rdi" if row.result != "hidden address" else "it does not give back the address in rdi")
    return read == declared, wrong


def render(all_rows, evidence):
    """docs/hooked-functions.md; evidence: release -> stand-in -> whether it reads everything, for what the release exports."""
    kinds = {"static_member": "static member", "function": "free function"}
    lines = [
        "# Hooked functions", "",
        "Written by `tests/e2e/test_signatures.py` from the libraries of the releases themselves; it fails where this page is not what it finds.",
        "`TTMEM_WRITE_DOCS=1` in its environment writes the page.", "",
        "Each function that `libtt_alloc_hooks.so` stands in for, as libtt_metal.so exports it. A mangled name says neither the result nor whether there is a",
        "`this`. Both come from tt-metal's public headers (`src/tt_metal/release/declared.hpp`) and are proved in these ways:", "",
        "- **The compiler.** A stand-in's type is derived from the declaration: a definition that differs does not compile, and a declaration that is mangled otherwise",
        "  than the name says does not link (`stand_ins.hpp`, `signatures_test.cpp`).",
        "- **Machine code**, in the columns below. *all*: the function reads exactly the registers that the declaration fills before it writes them; *some*: it reads no",
        "  other, and ignores an argument; –: the release does not export it. A result by hidden address: the function gives that address back in rax on every way out; any",
        "  other result: it does not.",
        "- **Other builds of the hooks.** The end-to-end tests run with the hooks built without optimisation, where each call within a stand-in empties every register that",
        "  it did not declare, and with AddressSanitizer (`./test.sh --only hooks`).", "",
        "| stand-in | what it is | function as exported | result | a call fills | " + " | ".join(RELEASES) + " |",
        "|---|---|---|---|---|" + "---|" * len(RELEASES)]
    for row in all_rows:
        used, stack = registers_of(row)
        cells = [{None: "–", True: "all", False: "some"}[evidence[release].get(row.stand_in)] for release in RELEASES]
        lines.append("| " + " | ".join([row.stand_in, kinds.get(row.kind, row.kind), f"`{row.signature}`", row.result,
                                        " ".join(used) + (f", {stack} words of the stack" if stack else ""), *cells]) + " |")
    return "\n".join(lines) + "\n"
