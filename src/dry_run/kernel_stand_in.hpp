// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for riscv-tt-elf-g++, enough for tt-metal on a mock cluster where no RISC-V toolchain is installed.
//
// tt-metal compiles kernels while a device opens and while operations run. On a mock cluster the kernels are never
// executed, but tt-metal's loader reads the files. The stand-in answers --version, writes the dependency file, and
// where the real compiler links it writes the smallest image that the loader accepts: ELF32, little endian, RISC-V,
// ET_EXEC, one loadable text segment whose start is the entry point, and the sections .text .symtab .strtab .shstrtab
// .rela.text (the loader asks for at least one relocation section). The text is NOPs; its length follows the sizes of
// the sources, so equal sources give equal kernels. Kernel sizes are therefore the stand-in's and not the compiler's.
#pragma once

#include <string>
#include <vector>

namespace ttmem::dry_run {

// The name under which tt-metal calls the compiler.
inline constexpr const char* kCompilerName = "riscv-tt-elf-g++";
// Marks the stand-in in the output of `--version`.
inline constexpr const char* kStandInMark = "stand-in for mock clusters";

// Carries out one call of the compiler; `words` are the arguments after the program's name. Gives the exit code: 1 when
// a file cannot be written, with a line on stderr.
int kernel_stand_in(const std::vector<std::string>& words);

}  // namespace ttmem::dry_run
