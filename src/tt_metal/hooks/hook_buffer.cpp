// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Buffers that never pass through an allocator.
//
// Fixed address: Buffer::create with an address, and Buffer::view. They are recorded as such; whether it is a view of a
// live buffer or stands outside every one is for the reader of the ledger. The handles that a MeshBuffer makes for each
// of its chips are created in the same way, one for each chip of each tensor. Where the MeshBuffer owns its memory they
// are the allocation itself, which is recorded for all chips in one record already, so they are left out (their cost
// would be that of all the rest).
//
// A view whose memory is freed through another name dangles: the record of the view is marked before that of the memory
// goes, so a reader never takes the view for one of the buffer that is allocated there next.
//
// Hooked: in a capture without dispatch (ttnn.graph, NO_DISPATCH) GraphTracker::hook_allocate takes the request and
// nothing is allocated. Its end is the end of the Buffer object too: hook_deallocate may come after the capture, and
// then knows the buffer no more.
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/objects/noted_buffers.hpp"
#include "tt_metal/record_context.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

// Ids of these buffers differ from those of allocated ones, whatever the family, and stay below 2^53: above that, what
// reads JSON with doubles (JavaScript, jq) would take two of them for one.
constexpr uint64_t kNotedId = uint64_t{1} << 52;
constexpr uint64_t kOwnBits = (uint64_t{1} << 51) - 1;  // of an allocated buffer's: a counter, or an address in memory

void record(const BufferFamily& family, const Buffer* buffer, uint8_t role) noexcept {
    const ErrnoKeeper keeper;
    BufferFields fields;
    if (!family.read(buffer, fields) || fields.size == 0) {
        return;
    }
    const Place place = find_place(family.device(buffer));
    if (place.facts == nullptr) {
        return;  // a device that nothing is known of
    }
    tt_alloc_buffer out{};
    out.id = (fields.id & kOwnBits) | kNotedId;
    out.address = role == TT_ALLOC_ROLE_FIXED && symbols().api.buffer_address != nullptr
                      ? symbols().api.buffer_address(buffer)
                      : 0;
    out.requested_bytes = fields.size;
    out.bytes_per_bank = symbols().api.buffer_size_per_bank(buffer);
    out.allocator = place.facts->handle;
    out.banks = place.facts->banks[fields.type];
    out.page_bytes = fields.page_bytes;
    out.device = place.device;
    out.type = static_cast<uint8_t>(fields.type);
    out.role = role;
    out.layout = fields.layout;
    out.flags = hook_thread.loading_binaries ? uint8_t{TT_ALLOC_BUFFER_KERNEL_BINARIES} : uint8_t{0};
    const bool lies_there = role == TT_ALLOC_ROLE_FIXED && symbols().api.buffer_address != nullptr;
    if (note_buffer(buffer, out.id,
                    lies_there ? std::optional(NotedPlace{out.allocator, out.type, out.address}) : std::nullopt)) {
        const client::RecordContext context(event_context());
        tt_alloc_buffer_allocated(&out);
    }
}

// A view of the whole is the buffer itself, already known.
void record_view(const Buffer* whole, const Buffer* made) noexcept {
    if (made != nullptr && made != whole) {
        if (const BufferFamily* family = tracking()) {
            record(*family, made, TT_ALLOC_ROLE_FIXED);
        }
    }
}

void record_end(const Buffer* buffer) noexcept {
    // Two calls: an optional that is stored in parts and loaded as a whole stalls on each buffer's end.
    if (!any_noted()) {
        return;
    }
    if (const std::optional<uint64_t> id = take_noted(buffer)) {
        const ErrnoKeeper keeper;
        tt_alloc_buffer_freed(*id);
    }
}

}  // namespace

std::shared_ptr<Buffer> create_at(Device* device, uint64_t address, uint64_t size, uint64_t page_size, BufferType type,
                                  const ShardingArgs* sharding, Optional8 bottom_up, Optional8 sub_device) {
    const BufferFamily* family = tracking();
    std::shared_ptr<Buffer> made =
        g_hot.original.create_at(device, address, size, page_size, type, sharding, bottom_up, sub_device);
    if (family != nullptr && !hook_thread.making_handles && made != nullptr) {
        record(*family, made.get(), TT_ALLOC_ROLE_FIXED);
    }
    return made;
}

std::shared_ptr<Buffer> create_at_078(Device* device, uint64_t address, uint64_t size, uint64_t page_size,
                                      BufferType type, const ShardingArgs* sharding, Optional8 bottom_up,
                                      Optional8 sub_device) {
    return create_at(device, address, size, page_size, type, sharding, bottom_up, sub_device);
}

std::shared_ptr<Buffer> view(BufferImpl* impl, Buffer* whole, const BufferRegion* region) {
    std::shared_ptr<Buffer> made = originals().view(impl, whole, region);
    record_view(whole, made.get());
    return made;
}

std::shared_ptr<Buffer> view_078(Buffer* whole, const BufferRegion* region) {
    std::shared_ptr<Buffer> made = originals().view_078(whole, region);
    record_view(whole, made.get());
    return made;
}

void mesh_handles(MeshBuffer* mesh_buffer) {
    if (tracking() == nullptr || g_hot.mesh_backing == nullptr || g_hot.mesh_backing(mesh_buffer) == nullptr) {
        g_hot.original.mesh_handles(mesh_buffer);
        return;
    }
    struct Scope {
        Scope() noexcept { hook_thread.making_handles = true; }
        ~Scope() { hook_thread.making_handles = false; }
    } const scope;
    g_hot.original.mesh_handles(mesh_buffer);
}

void buffer_gone(Buffer* buffer) {
    tracking();
    record_end(buffer);
    g_hot.original.buffer_gone(buffer);
}

bool hook_allocate(GraphTracker* tracker, const Buffer* buffer) {
    const BufferFamily* family = tracking();
    const bool taken = g_hot.original.hook_allocate(tracker, buffer);
    if (__builtin_expect(taken, 0) && family != nullptr) {
        record(*family, buffer, TT_ALLOC_ROLE_HOOKED);
    }
    return taken;
}

}  // namespace ttmem::tt_metal
