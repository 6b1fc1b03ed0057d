// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// References between Python objects, from the objects' own tp_traverse, as the garbage collector finds them: no code of
// the program's runs, no object is changed. The GIL is held throughout and collection is off, so pointers stay good.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>

namespace ttmem::python {

// Objects of a class or of one derived from it that some object known to the collector, or a variable of one of `frames`,
// refers to. (list of them, whether it looked at everything within `budget_ns`, how many objects and references it
// looked at: at most 2,048 after that time is over)
nanobind::tuple instances_of(nanobind::handle class_, const nanobind::list& frames, uint64_t budget_ns);

// The shortest chains of references that keep `targets` alive, the outermost object first, a target last; at most
// `most`. A chain begins at the dictionary of one of `modules`, a class, one of `frames`, or an object without known
// referrers. `skipped`: objects that do not count (the caller's own). Gives (list of chains, list of the targets'
// direct referrers as chains where all that was found is a cycle, whether everything was looked at within `budget_ns`,
// how many objects and references were looked at: at most 2,048 after that time is over).
nanobind::tuple reference_chains(const nanobind::list& targets, const nanobind::list& modules,
                                 const nanobind::list& frames, const nanobind::list& skipped, size_t most,
                                 uint64_t budget_ns);

// A variable of a frame by name, read without making the frame's dictionary; None where it has none, or in a Python
// before 3.12.
nanobind::object frame_variable(nanobind::handle frame, nanobind::handle name);

}  // namespace ttmem::python
