# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The signature of a function as its machine code shows it (x86-64, psABI 3.2.3), read with nm and objdump from a library that is not loaded.

Which argument registers a function reads before it writes them: one that it reads is an argument. And whether it gives back in rax, on every way out, the
address that it got in rdi: that is how a result is returned through a hidden address.
"""
import re
import subprocess

REGISTERS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")
CALLER_SAVED = {"rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"}
PARTS = {"rax": "eax ax al ah", "rbx": "ebx bx bl bh", "rcx": "ecx cx cl ch", "rdx": "edx dx dl dh", "rsi": "esi si sil", "rdi": "edi di dil", "rbp": "ebp bp bpl",
         "rsp": "esp sp spl"} | {f"r{n}": f"r{n}d r{n}w r{n}b" for n in range(8, 16)}
WHOLE = {part: register for register, parts in PARTS.items() for part in [register, *parts.split()]}
FULL_WRITES = {part for register, parts in PARTS.items() for part in [register, parts.split()[0]]}  # a 32-bit write clears the upper half
NAME = re.compile(r"\b(?:" + "|".join(sorted(WHOLE, key=len, reverse=True)) + r")\b")
COPIES = {"mov", "movabs", "movzx", "movsx", "movsxd", "lea", "movq", "movd", "pop", "tzcnt", "lzcnt", "bsr", "bsf"}
ENDS = {"ret", "hlt", "ud2"}


def exported(library):
    """name -> (address, size) of the functions that a library exports."""
    found = {}
    for line in subprocess.run(["nm", "-DS", "--defined-only", library], capture_output=True, text=True, check=True).stdout.splitlines():
        parts = line.split()
        if len(parts) == 4:
            found[parts[3].partition("@")[0]] = int(parts[0], 16), int(parts[1], 16)
    return found


def demangled(names):
    done = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.splitlines()))


class Function:
    """One function's instructions: (operation, operands), and where a jump leads to (None: out of the function or computed)."""

    def __init__(self, library, address, size):
        done = subprocess.run(["objdump", "-d", "-M", "intel", "--no-show-raw-insn", f"--start-address={address}", f"--stop-address={address + size}", library],
                              capture_output=True, text=True, check=True)
        places, self.code = {}, []
        for line in done.stdout.splitlines():
            match = re.match(r"\s*([0-9a-f]+):\s+(\S.*)$", line)
            if match:
                text = re.sub(r"^(?:(?:bnd|notrack|lock|rep\w*|cs|data16|rex\S*)\s+)+", "", match[2].partition("#")[0].strip())
                operation, _, rest = text.partition(" ")
                places[int(match[1], 16)] = len(self.code)
                self.code.append((operation, [part.strip() for part in rest.split(",")] if rest.strip() else []))
        self.targets = []
        for operation, operands in self.code:
            to = re.match(r"(?:0x)?([0-9a-f]+)\b", operands[0]) if operation.startswith("j") and operands and "[" not in operands[0] else None
            self.targets.append(places.get(int(to[1], 16)) if to else None)
        self.depths = self.stack_depths()

    def followers(self, index):
        operation = self.code[index][0]
        if operation in ENDS or index + 1 >= len(self.code):
            return []
        after = [] if operation == "jmp" else [index + 1]
        return after + ([self.targets[index]] if self.targets[index] is not None else [])

    def stack_depths(self):
        """How far rsp lies below where it was at the beginning, for each instruction that can be reached."""
        depths, waiting = {}, [(0, 0)]
        while waiting:
            index, depth = waiting.pop()
            if index in depths:
                continue
            depths[index] = depth
            operation, operands = self.code[index]
            if operation in ("push", "pop"):
                depth += 8 if operation == "push" else -8
            elif operation in ("sub", "add") and operands[0] == "rsp" and operands[1].startswith("0x"):
                depth += int(operands[1], 16) if operation == "sub" else -int(operands[1], 16)
            waiting += [(follower, depth) for follower in self.followers(index)]
        return depths

    def place(self, index, operand):
        """An operand by one name wherever it is used: a register by its whole, a place on the stack by its distance from the function's frame."""
        operand = re.sub(r"^\w+ PTR ", "", operand)
        match = re.fullmatch(r"\[rsp(?:\+0x([0-9a-f]+))?\]", operand)
        return ("stack", self.depths[index] - int(match[1] or "0", 16)) if match else operand

    def effect(self, index):
        """(registers read, register written whole or None)."""
        operation, operands = self.code[index]
        mentioned = [{WHOLE[name] for name in NAME.findall(operand)} for operand in operands]
        if operation.startswith("nop") or not operands or (operation.startswith("j") and self.targets[index] is not None):
            return set(), None
        if operation in ("jmp", "call"):
            return (mentioned[0] if "[" in operands[0] or operands[0] in WHOLE else set()), None
        whole = WHOLE[operands[0]] if operands[0] in FULL_WRITES else None
        if operation in ("xor", "sub") and len(operands) == 2 and operands[0] == operands[1]:
            return set(), whole
        if whole and (operation in COPIES or (operation == "imul" and len(operands) == 3)):
            return set().union(*mentioned[1:]), whole
        return set().union(*mentioned), whole

    def registers_read(self):
        """The argument registers that are read, on some way, before they are written; in the order of arguments."""
        found, before, waiting = set(), {}, [(0, frozenset(REGISTERS))]
        while waiting:
            index, untouched = waiting.pop()
            if untouched <= before.get(index, frozenset()):
                continue
            untouched |= before.get(index, frozenset())
            before[index] = untouched
            read, written = self.effect(index)
            found |= read & untouched
            if self.code[index][0] == "call":
                untouched = frozenset()  # what is not saved by now is lost
            elif written:
                untouched -= {written}
            waiting += [(after, untouched) for after in self.followers(index)]
        return [register for register in REGISTERS if register in found]

    def gives_back_rdi(self):
        """Whether rax holds, at every ret that can be reached, what rdi held at the beginning."""
        before, waiting, ways_out = {}, [(0, frozenset({"rdi"}))], {}
        while waiting:
            index, holders = waiting.pop()
            if index in before:
                if before[index] <= holders:
                    continue
                holders &= before[index]
            before[index] = holders
            operation, operands = self.code[index]
            if operation == "ret":
                ways_out[index] = "rax" in holders
            after = self.holders_after(index, operation, operands, holders)
            waiting += [(follower, after) for follower in self.followers(index)]
        return bool(ways_out) and all(ways_out.values())

    def holders_after(self, index, operation, operands, holders):
        """Registers and places on the stack that hold rdi's first value after an instruction."""
        if operation == "call":
            return holders - CALLER_SAVED
        if operation == "mov" and len(operands) == 2:
            target, source = (self.place(index, operand) for operand in operands)
            return holders | {target} if source in holders else holders - {WHOLE.get(target, target)}
        written = self.effect(index)[1] or (WHOLE.get(operands[0]) if operands and operation not in ("cmp", "test", "push") else None)
        return holders - {written}
