# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem.fits` asked about random tensors on a device in random states; then ttnn is asked for each of them. Usage: fits.py QUESTIONS SEED

Right is: granted where "fits" is true, at the address that was said, with the bytes that were said; refused where it is false. Of those that do not fit, the
buffers that are to be freed are freed now and then, all but one first, and the request is made again.
"""
import collections
import json
import random
import re
import sys

import ttnn

import ttmem

TYPES = ("bfloat16", "float32", "uint32", "int32", "uint16", "uint8", "bfloat8_b", "bfloat4_b")
TILED_ONLY = ("bfloat8_b", "bfloat4_b")
WANTED = re.compile(r"each bank needs to store (\d+) B")


class Run:
    def __init__(self, questions, seed):
        self.questions, self.rng = questions, random.Random(seed)
        self.device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1), l1_small_size=16384, trace_region_size=1 << 20)
        self.grid = self.device.compute_with_storage_grid_size()
        self.held = {}  # (memory, address) -> tensor
        self.counts, self.wrong = collections.Counter(), []

    # Requests

    def dimensions(self, most):
        """1 to 5 dimensions with about so many elements at most."""
        rank = self.rng.randint(1, 5)
        width = self.rng.randint(1, 3000)
        others = []
        while len(others) < rank - 1:
            others.append(self.rng.randint(1, max(1, min(4000, most // width))))
            most //= others[-1]
        self.rng.shuffle(others)
        return [*others, width]

    def interleaved(self, memory):
        most = 1 << (self.rng.randint(20, 32) if memory == "dram" else self.rng.randint(12, 26))
        shape = self.dimensions(most)
        return shape, ttnn.MemoryConfig(ttnn.TensorMemoryLayout.INTERLEAVED, getattr(ttnn.BufferType, memory.upper()))

    def sharded(self, tiled):
        """A tensor that fills its shards or leaves the last ones in part empty."""
        columns, rows = self.rng.randint(1, self.grid.x), self.rng.randint(1, self.grid.y)
        unit = 32 if tiled else 1
        height, width = unit * self.rng.randint(1, 1024 // unit), unit * self.rng.randint(1, 1024 // unit)
        how = self.rng.choice(("HEIGHT", "WIDTH", "BLOCK"))
        whole = {"HEIGHT": (height * rows * columns, width), "WIDTH": (height, width * rows * columns), "BLOCK": (height * rows, width * columns)}[how]
        spare = self.rng.randint(0, height // 2) if how != "WIDTH" and self.rng.random() < 0.5 else 0
        cores = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(columns - 1, rows - 1))})
        specification = ttnn.ShardSpec(cores, (height, width), ttnn.ShardOrientation.ROW_MAJOR)
        return [whole[0] - spare, whole[1]], ttnn.MemoryConfig(getattr(ttnn.TensorMemoryLayout, f"{how}_SHARDED"), ttnn.BufferType.L1, specification)

    def request(self):
        dtype = self.rng.choice(TYPES)
        tiled = dtype in TILED_ONLY or self.rng.random() < 0.5
        kind = self.rng.choice(("dram", "l1", "sharded"))
        shape, memory = self.sharded(tiled) if kind == "sharded" else self.interleaved(kind)
        return shape, getattr(ttnn, dtype), ttnn.TILE_LAYOUT if tiled else ttnn.ROW_MAJOR_LAYOUT, memory

    def ask(self, shape, dtype, layout, memory):
        (answer,) = ttmem.fits(shape, dtype, memory, self.device, layout=layout)["answers"]
        return answer

    def try_it(self, shape, dtype, layout, memory):
        """(tensor, None), or (None, what tt-metal says)."""
        try:
            return ttnn.empty(shape, dtype=dtype, layout=layout, device=self.device, memory_config=memory), None
        except RuntimeError as error:
            return None, str(error)

    # The expected answers

    def judge(self, question, answer, tensor, said):
        if tensor is not None:
            address = tensor.buffer_address()
            if not answer["fits"] or answer["address"] != address:
                return f"granted at {address}"
            (row,) = [row for row in ttmem.memory_snapshot(self.device) if row["address"] == address and row["kind"] == answer_kind(question)]
            return None if row["bytes_per_bank"] == answer["taken_bytes_per_bank"] else f"takes {row['bytes_per_bank']} of a bank"
        wanted = WANTED.search(said)
        if wanted is None:
            return f"refused for another reason: {said[:300]}"
        if answer["fits"]:
            return "refused"
        return None if int(wanted[1]) == answer["wanted_bytes_per_bank"] else f"asks for {wanted[1]} of a bank"

    def follow(self, question, answer):
        """Frees what the answer says; what was refused is then granted, and not before its last buffer is freed."""
        advice = [each for each in answer["why"]["advice"] if each["action"] == "free"]
        if not advice:
            return
        places = {row["id"]: (row["kind"], row["address"]) for row in ttmem.memory_snapshot(self.device)}
        doomed = [places[number] for number in advice[0]["buffers"]]
        for place in doomed[:-1]:
            del self.held[place]
        if self.try_it(*question)[0] is not None:
            self.wrong.append(f"{question}: granted before the last buffer was freed")
        del self.held[doomed[-1]]
        self.counts["advice"] += 1
        if self.try_it(*question)[0] is None:
            self.wrong.append(f"{question}: not granted although {doomed} were freed")

    def change_state(self):
        for place in self.rng.sample(sorted(self.held), k=self.rng.randint(0, len(self.held) // 2)):
            del self.held[place]

    def run(self):
        tensor = None
        while self.counts["questions"] < self.questions:
            del tensor  # nothing may be freed between the question and the request
            question = self.request()
            answer = self.ask(*question)
            tensor, said = self.try_it(*question)
            self.counts["questions"] += 1
            self.counts["granted" if tensor is not None else "refused"] += 1
            error = self.judge(question, answer, tensor, said)
            if error is not None:
                self.wrong.append(f"{question}: {error}; said {({name: answer[name] for name in answer if name != 'why'})}")
            if tensor is not None and self.rng.random() < 0.7:
                self.held[(answer_kind(question), tensor.buffer_address())] = tensor
            elif tensor is None and error is None and self.rng.random() < 0.3:
                self.follow(question, answer)
            if len(self.held) > 60 or self.rng.random() < 0.05:
                self.change_state()
        print(json.dumps({"counts": self.counts, "wrong": self.wrong[:20], "wrongs": len(self.wrong)}))


def answer_kind(question):
    return str(question[3].buffer_type).rsplit(".", 1)[-1].lower()


if __name__ == "__main__":
    Run(int(sys.argv[1]), int(sys.argv[2])).run()
