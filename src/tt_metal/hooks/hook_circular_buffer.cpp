// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What changes the circular buffers of a program that is there: another size, another tensor's memory. Operations on
// sharded tensors call one of these before each launch. A launch that none of these calls preceded need not read the
// program's buffers again. The change is noted before it is made, because the call may throw half way.
//
// In every release these are the only callers of what sets a circular buffer's address or size, but for what makes the
// circular buffer; a program takes no new one once it was compiled.
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
