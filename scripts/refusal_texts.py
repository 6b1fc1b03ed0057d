#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the texts about a lack of device memory in the libraries of each ttnn release that is installed, and writes them into docs/why.md.

Usage: scripts/refusal_texts.py [--print] [VERSION=PYTHON]…
An interpreter is VERSION=PYTHON, or that of <TTMEM_VENVS or .venvs>/ttnn-VERSION or <TTMEM_VENV or .venv>. --print writes every text that looks like one to standard output, with the row
that it belongs to, and leaves the page alone. Ends with 1 when a text belongs to no row: it is new, and has to be looked at.
"""
import argparse
import os
import pathlib
import re
import sys
import typing

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "why.md"
FROM, TO = "<!-- scripts/refusal_texts.py writes from here -->\n", "<!-- to here: texts -->"

# Words that such a text has. What only looks like one is among the rows, too.
WORDS = (b"out of memory", b"not enough space", b"not enough memory", b"not enough l1", b"not enough room", b"beyond max l1", b"clash with", b"too large for", b"trace region",
         b"not fit", b"n't fit", b"cannot fit", b"insufficient", b"exceed", b"max l1 size", b"available l1", b"unable to allocate", b"failed to allocate", b"l1 budget", b"l1 space")
# A text with "exceed" is about many things: it has one of these words, too.
OF_MEMORY = re.compile("l1|memory|sram|ring buffer|kernel config|circular buffer|cb ", re.I)
MOST = 400  # bytes of a text before and after such words


class Row(typing.NamedTuple):
    part: str     # of the text, which no other row's texts have
    handled: str  # how it is recorded, or why it is not


RECORDED, OWN = "recorded, provoked", "an operation's own check: not recorded"
ROWS = [
    Row("Out of Memory: Not enough space to allocate", f"{RECORDED}: any kind of memory"),
    Row("Out of Memory: Not enough space after considering dependencies", f"{RECORDED}: L1 under the HYBRID allocator"),
    Row("circular buffers in program {} clash with L1 buffers", f"{RECORDED}: `l1_clash`"),
    Row("dataflow buffers in program {} clash with L1 buffers", f"{RECORDED}: `l1_clash`"),
    Row("circular buffers on core range {} grow to", f"{RECORDED}: `circular_buffers_too_large`"),
    Row("dataflow buffers on core range {} grow to", f"{RECORDED}: `circular_buffers_too_large`"),
    Row("clash with ServiceCoreManager-allocated L1", "recorded: `l1_clash` on a service core; provoked where a mock board has one"),
    Row("too large for kernel config buffer", f"{RECORDED}: `larger_than_memory_region`"),
    Row("is allocated for trace region", "recorded; cannot be provoked here: a mock cluster crashes as a real trace is captured"),
    Row("Out of Memory: Cannot allocate at an address below", "not recorded: a buffer at an address that its caller chose"),
    Row("Persistent L1 arena is out of memory", "not recorded: thrown by the arena itself"),
    Row("exceeds allocatable worker L1 limit", "not recorded: as a sub-device manager is loaded, before any allocation"),
    Row("exceeds service-core free L1", "not recorded: a streaming service's own check"),
    Row("exceeds service-core CB L1 budget", "not recorded: a streaming service's own check"),
    *(Row(part, OWN) for part in (
        "Cannot fit Pool2D operation", "DRAM Auto slice could not find", "DRAM slicing configuration failed", "refetcher cannot fit one K-row", "exceeds Tensix unreserved L1 size",
        "would not fit in available L1", "Not enough L1 for even a single CB page", "Not enough L1 space for mux core", "RM reshape dest staging", "cannot fit a single K-row slice",
        "CB slot does not fit in free L1", "-tile C slice with K_chunk_tiles={} do not fit", "-tile C slice does not fit L1", "best_in0_block_w: no in0_block_w", "hybrid_routed_expert_ffn needs the device",
        "moe_fused_swiglu: invalid worker L1 budget", "does not fit this core's L1", "CBs={} B exceed L1 budget", "ttnn.concat: double-buffered", "ttnn.concat: required", "ttnn.pad: padded row",
        "ttnn::slice: L1 budget", "ttnn::slice: required", "per-core CBs do not fit in L1", "exceeds L1 capacity", "Embedding sharded output",
        "memory map end address", "exceeds its L1 buffer bank", "exceeds the remote-CB page-count cap", "exceeds the borrowed Buffer's per-bank size", "exceeds worst-case CB size")),
]
# About something else: texts of other libraries and of the host's memory, parts of documentation, counts and numbers that are too large.
OTHER = re.compile(r"\n|^_Z|DW_DLE|PyMem|protobuf|\bTLB\b|fd_set|hugepage|NumHugepages|sysmem|memfd|mmap|TopologyMapper|[Tt]opolog|physical |uint16|uint32|16 bits|PhysicalNodeId|DPRINT|core grid"
                   r"|compute grid|grid|[Mm]esh|window|SDPA|\bDFB\b .*config|config payload|semaphore|max number of circular buffers|circular buffer index|Largest Contiguous|Buffer::|DRAM downgrade"
                   r"|TRISC|route table|remote-pointer|page {} exceeds|metadata|mask|enum|iterator|constant does|%u|%zu|section|Insufficient Storage|data type|generated functions|hidden dimension"
                   r"|sequence length|Output size|'not fit|^not fit|[Oo]ut of memory$|^not enough memory$|L1 ceiling|rebank|shared buffer|Home producers|trailer claims|Unable to allocate|out of memory allocating|e \(size=|L1_SMALL|producer", re.S)


def libraries(python):
    """The libraries that throw: tt-metal's and ttnn's own."""
    [packages] = pathlib.Path(python).parents[1].glob("lib/python3*/site-packages")
    return sorted({path.resolve() for folder in ("ttnn", "ttnn.libs") for path in (packages / folder).rglob("*.so*")
                   if re.match(r"(lib)?_?(tt_metal|ttnn|tt_stl|ttnncpp|device|tt-umd)", path.name) and path.stat().st_size > 1 << 16})


def texts_of(python):
    found = set()
    for path in libraries(python):
        data = path.read_bytes()
        small = data.lower()
        for word in WORDS:
            at = small.find(word)
            while at >= 0:
                text = re.search(rb"[\t\n -~]*$", data[max(0, at - MOST) : at]).group() + re.match(rb"[\t\n -~]*", data[at : at + MOST]).group()
                text = text.decode("ascii").strip()
                if word != b"exceed" or OF_MEMORY.search(text):
                    found.add(text)
                at = small.find(word, at + 1)
    return found


def row_of(text):
    """A row, False of what is about something else, None of what is new."""
    return next((row for row in ROWS if row.part in text), None) or (False if OTHER.search(text) else None)


def releases(words):
    given = dict(word.split("=", 1) for word in words)
    for place in sorted(pathlib.Path(os.environ.get("TTMEM_VENVS", ROOT / ".venvs")).glob("ttnn-*")):
        version = place.name.removeprefix("ttnn-")
        if re.fullmatch(r"[0-9.]+", version) and (place / "bin/python").exists():
            given.setdefault(version, str(place / "bin/python"))
    main_python = pathlib.Path(os.environ.get("TTMEM_VENV", ROOT / ".venv")) / "bin/python"
    for facts in main_python.parents[1].glob("lib/python3*/site-packages/ttnn-*.dist-info"):
        given.setdefault(facts.name.removeprefix("ttnn-").removesuffix(".dist-info"), str(main_python))
    return dict(sorted(given.items(), key=lambda each: [int(part) for part in each[0].split(".")]))


def table(by_release):
    lines = ["| text | in ttnn | |", "|---|---|---|"]
    for row in ROWS:
        having = {version: [text for text in texts if row_of(text) is row] for version, texts in by_release.items()}
        having = {version: texts for version, texts in having.items() if texts}
        if having:
            text = max(having[list(having)[-1]], key=len).partition("\n")[0].replace("|", "\\|")
            text = text if len(text) < 170 else text[:160] + "…"
            lines.append(f"| `{text}` | {'all' if len(having) == len(by_release) else ', '.join(having)} | {row.handled} |")
    return f"Found in {', '.join(by_release)}:\n\n" + "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--print", action="store_true")
    parser.add_argument("releases", nargs="*")
    args = parser.parse_args()
    by_release = {version: texts_of(python) for version, python in releases(args.releases).items()}
    new = sorted({text for texts in by_release.values() for text in texts if row_of(text) is None})
    if args.print:
        for text in sorted({text for texts in by_release.values() for text in texts}):
            print(f"{ROWS.index(row_of(text)) if row_of(text) else row_of(text)}\t{' '.join(version for version, texts in by_release.items() if text in texts)}\t{text!r}")
    else:
        before, _, rest = PAGE.read_text().partition(FROM)
        PAGE.write_text(before + FROM + table(by_release) + TO + rest.partition(TO)[2])
    for text in new:
        print(f"no row for: {text!r}", file=sys.stderr)
    return 1 if new else 0


if __name__ == "__main__":
    raise SystemExit(main())
