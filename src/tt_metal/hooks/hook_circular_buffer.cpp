// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Functions that change the circular buffers of an existing program: another size, another tensor's memory. Operations
// on sharded tensors call one of these before each launch; without such a call a launch need not read the program's
// buffers again. The change is noted before it is made, because the call may throw half way.
//
// In every release these are the only callers of the setters of a circular buffer's address and size, except its
// constructor; a program takes no new circular buffer after it was compiled.
#include "tt_metal/objects/programs.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

void resize_circular_buffer(ProgramHandle* program, uint64_t id, uint32_t bytes) {
    note_change(*program);
    originals().resize_circular_buffer(program, id, bytes);
}

void place_in_buffer(ProgramHandle* program, uint64_t id, const Buffer* buffer) {
    note_change(*program);
    originals().place_in_buffer(program, id, buffer);
}

void place_in_buffer_at(ProgramHandle* program, uint64_t id, const Buffer* buffer, uint32_t offset) {
    note_change(*program);
    originals().place_in_buffer_at(program, id, buffer, offset);
}

void place_in_tensor(ProgramHandle* program, uint64_t id, const MeshTensor* tensor) {
    note_change(*program);
    originals().place_in_tensor(program, id, tensor);
}

void place_and_resize_in_buffer(ProgramHandle* program, uint64_t id, const Buffer* buffer, uint32_t bytes) {
    note_change(*program);
    originals().place_and_resize_in_buffer(program, id, buffer, bytes);
}

void place_and_resize_in_tensor(ProgramHandle* program, uint64_t id, const MeshTensor* tensor, uint32_t bytes) {
    note_change(*program);
    originals().place_and_resize_in_tensor(program, id, tensor, bytes);
}

void place_in_global(ProgramHandle* program, uint64_t id, const GlobalCircularBuffer* buffer) {
    note_change(*program);
    originals().place_in_global(program, id, buffer);
}

}  // namespace ttmem::tt_metal
