# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The refusals that tests/e2e/test_why_cases.py provokes with tests/hosts/why.py: verdict, case, boards, and the advice that each test carries out. docs/why.md
lists them: `python tests/e2e/why_cases.py` writes its table again."""
import pathlib
import typing

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "why.md"
FROM, TO = "<!-- tests/e2e/why_cases.py writes from here -->\n", "<!-- to here: cases -->"

# Two generations of chips and a mesh of eight; and the HYBRID allocator.
LOCKSTEP = ("n150", "p150", "t3000")
ALL = (*LOCKSTEP, "n150 hybrid")
# ttnn 0.81.1 places a matmul on a mock T3000 outside of its own grid of cores.
WITH_MATMUL = ("n150", "p150", "n150 hybrid")


class Row(typing.NamedTuple):
    verdict: str
    case: str                        # of tests/hosts/why.py
    says: str                        # what is refused, for the page
    kind: str                        # of an allocation; else "clash", "beyond", "ring"
    advice: tuple[str, ...]          # each is carried out by a test of its own
    places: tuple[str, ...] = ALL
    gate: bool = False               # on an N150 in each run, not only with --long


CASES = [
    Row("full", "dram full", "an interleaved tensor, DRAM nearly full", "dram", ("free",), gate=True),
    Row("full", "l1 full", "an interleaved tensor, L1 nearly full", "l1", ("free",), gate=True),
    Row("full", "l1_small full", "a height-sharded tensor in L1_SMALL that has one like it", "l1_small", ("resize_memory_region", "free"), gate=True),
    Row("full", "dram type", "a bfloat16 tensor of which bfloat8_b would fit", "dram", ("change_tensor",), gate=True),
    Row("fragmented", "dram fragmented", "every second of 14 tensors is gone from DRAM", "dram", ("free", "reallocate"), gate=True),
    Row("fragmented", "l1 fragmented", "the same in L1", "l1", ("free", "reallocate"), gate=True),
    Row("fragmented", "l1_small fragmented", "the same of shards in L1_SMALL", "l1_small", ("free", "reallocate"), LOCKSTEP),
    Row("larger_than_device", "dram larger", "a tensor of 32 GiB and more", "dram", ()),
    Row("larger_than_device", "l1 larger", "an interleaved tensor of one and a half times L1", "l1", ("change_tensor",), gate=True),
    Row("larger_than_device", "l1 shard larger", "a shard of one and a half times a core's L1", "l1", ("change_tensor",), LOCKSTEP),
    Row("larger_than_memory_region", "l1_small larger", "a shard that is larger than L1_SMALL", "l1_small", ("resize_memory_region",), gate=True),
    Row("larger_than_memory_region", "l1_small none", "a shard in L1_SMALL of a device that was opened without", "l1_small", ("resize_memory_region",)),
    Row("larger_than_memory_region", "ring", "a matmul whose kernels are larger than the kernel-config ring", "ring", ("lower_worker_l1_size",), WITH_MATMUL, gate=True),
    Row("larger_than_memory_region", "ring attention", "attention, the same", "ring", ("lower_worker_l1_size",), ("t3000",)),
    Row("lockstep_waste", "lockstep height", "a height-sharded tensor beside others, each on four cores of its own", "l1", ("hybrid", "free"), LOCKSTEP, gate=True),
    Row("lockstep_waste", "lockstep width", "the same, width-sharded", "l1", ("hybrid", "free"), LOCKSTEP),
    Row("lockstep_waste", "lockstep block", "the same, block-sharded", "l1", ("hybrid", "free"), LOCKSTEP),
    Row("l1_clash", "clash add", "ttnn.add, L1 nearly full", "clash", ("free",), gate=True),
    Row("l1_clash", "clash softmax", "ttnn.softmax, L1 nearly full", "clash", ("free",)),
    Row("l1_clash", "clash matmul", "ttnn.matmul, L1 nearly full", "clash", ("free",), WITH_MATMUL),
    Row("l1_clash", "clash attention", "attention with large chunks, L1 half full", "clash", ("free", "shrink_circular_buffers")),
    Row("circular_buffers_too_large", "beyond attention", "attention with chunks that are too large", "beyond", ("shrink_circular_buffers",), gate=True),
    Row("circular_buffers_too_large", "beyond matmul", "ttnn.matmul with blocks that are too large", "beyond", ("shrink_circular_buffers",)),
    Row("circular_buffers_too_large", "beyond linear", "ttnn.linear with blocks that are too large", "beyond", ("shrink_circular_buffers",)),
]

# One step less than each advice, with which the call is refused still.
LESS = {
    "free": "without the last of the buffers",
    "reallocate": "without the last of the buffers",
    "resize_memory_region": "an alignment less",
    "lower_worker_l1_size": "an alignment more",
    "change_tensor": "",
    "shrink_circular_buffers": "the configurations in between",
    "hybrid": "",
}


def table():
    names = {"n150": "N150", "p150": "P150", "t3000": "T3000", "n150 hybrid": "N150 HYBRID"}
    lines = ["| verdict | refused | on | advice, carried out | refused still |", "|---|---|---|---|---|"]
    for row in CASES:
        less = dict.fromkeys(LESS[each] for each in row.advice if LESS[each])
        lines.append(f"| `{row.verdict}` | {row.says} | {', '.join(names[place] for place in row.places)} | {', '.join(f'`{each}`' for each in row.advice) or '-'} | {', '.join(less) or '-'} |")
    return "\n".join(lines) + "\n"


def main():
    before, _, rest = PAGE.read_text().partition(FROM)
    PAGE.write_text(before + FROM + table() + TO + rest.partition(TO)[2])


if __name__ == "__main__":
    main()
