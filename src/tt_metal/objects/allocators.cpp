// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/allocators.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <new>

#include "base/fork_lock.hpp"
#include "client/tracker.hpp"
#include "tt_metal/objects/arenas.hpp"
#include "tt_metal/objects/buffer_cores.hpp"
#include "tt_metal/objects/layout.hpp"
#include "tt_metal/release/symbols.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr size_t kMaxAllocators = 1024;  // a 32-chip mesh with every chip a submesh of its own, many times over
constexpr uint8_t kL1 = 0;               // HalMemType
constexpr uint8_t kDram = 1;

// An allocator's entry. The fields that every buffer needs share a cache line.
struct alignas(64) Entry {
    std::atomic<const Allocator*> key{nullptr};
    AllocatorFacts facts;
    std::atomic<uint64_t> ledger{0};  // the ledger that facts.handle belongs to (client::Entry::generation)
    tt_alloc_allocator description{};
    const Allocator* parent = nullptr;
    const MeshDevice* mesh = nullptr;  // nullptr: a device's own, or a sub-device's
    uint64_t opened = 0;               // the order in which entries appeared
    std::vector<Chip> chips;
    std::vector<Region> layout;
    std::vector<Region> arena;            // what its persistent L1 arena has given out
    std::vector<uint64_t> arena_handles;  // the client's handles of these
};

std::atomic<uint64_t> g_stamps{0};  // given so far; a new one when an entry appears or goes
std::atomic<size_t> g_used{0};      // entries below it may be in use
ForkLock g_lock;

// Never destroyed: allocators close when static objects are already gone.
Entry* entries() noexcept {
    static Entry* const all = new (std::nothrow) Entry[kMaxAllocators];
    return all;
}

// Requires g_lock. Invalidates the entries that threads have cached.
void stamp_locked() noexcept {
    client::fork_page->hooks_stamp.store(g_stamps.fetch_add(1, std::memory_order_relaxed) + 1,
                                         std::memory_order_release);
}

Entry* find_entry(const Allocator* allocator) noexcept {
    Entry* all = entries();
    const size_t used = all != nullptr ? g_used.load(std::memory_order_acquire) : 0;
    for (size_t i = 0; i < used; ++i) {
        if (all[i].key.load(std::memory_order_acquire) == allocator) {
            return &all[i];
        }
    }
    return nullptr;
}

tt_alloc_banks read_banks(const Api& api, const Allocator* allocator, BufferType type) {
    tt_alloc_banks out{};
    out.banks = api.num_banks(allocator, &type);
    if (out.banks == 0) {
        return out;
    }
    out.bank_bytes = api.bank_size(allocator, &type);
    // The memory's base address is where the allocator begins for DRAM and L1. TRACE and L1_SMALL lie at the upper end
    // of the same bank (bank sizes and base add up to the whole of it), after what the main type may hand out.
    const bool dram = type == TT_ALLOC_DRAM || type == TT_ALLOC_TRACE;
    out.base_address = api.base_address(allocator, dram ? &kDram : &kL1);
    out.alignment = api.alignment(allocator, type);
    if (type == TT_ALLOC_TRACE || type == TT_ALLOC_L1_SMALL) {
        const BufferType below = dram ? TT_ALLOC_DRAM : TT_ALLOC_L1;
        out.base_address += api.bank_size(allocator, &below);
    }
    return out;
}

void read_geometry(const Api& api, const Allocator* allocator, Entry& entry) {
    for (BufferType type : {TT_ALLOC_DRAM, TT_ALLOC_L1, TT_ALLOC_L1_SMALL, TT_ALLOC_TRACE}) {
        entry.description.banks[type] = read_banks(api, allocator, type);
        entry.facts.banks[type] = entry.description.banks[type].banks;
    }
    const uint32_t unit = std::max(api.alignment(allocator, TT_ALLOC_DRAM), api.alignment(allocator, TT_ALLOC_L1));
    entry.facts.unit = std::bit_ceil(std::max(unit, 1u));
}

std::vector<uint64_t> describe_arena(const Entry& entry) {
    std::vector<uint64_t> handles;
    handles.reserve(entry.arena.size());
    for (const Region& region : entry.arena) {
        handles.push_back(describe_region(region, entry.facts.handle, entry.chips));
    }
    return handles;
}

// Requires g_lock. Describes an allocator to the client, from the facts kept of it: a forked child has another
// ledger, and asking tt-metal there could wait for a lock that a thread of the parent held. The handle is
// TT_ALLOC_NONE when nothing is known of the chips or the client takes no more; the client counts reports with that
// handle as lost.
void describe_locked(Entry& entry) {
    std::vector<uint32_t> indexes;
    for (Chip& chip : entry.chips) {
        chip.index = tt_alloc_describe_device(&chip.description);
        if (chip.index != TT_ALLOC_NONE) {
            indexes.push_back(chip.index);
        }
    }
    entry.facts.handle = TT_ALLOC_NONE;
    entry.ledger.store(client::Entry::generation(), std::memory_order_release);
    if (indexes.empty()) {
        return;
    }
    tt_alloc_allocator out = entry.description;
    out.device_count = static_cast<uint32_t>(indexes.size());
    out.devices = indexes.data();
    const Entry* parent = entry.parent != nullptr ? find_entry(entry.parent) : nullptr;
    const uint64_t ledger = client::Entry::generation();
    const bool parent_known = parent != nullptr && parent->ledger.load(std::memory_order_relaxed) == ledger;
    out.parent = parent_known ? parent->facts.handle : TT_ALLOC_NONE;
    entry.facts.device = entry.mesh == nullptr && entry.chips.size() == 1 ? entry.chips[0].index : TT_ALLOC_NONE;
    entry.facts.handle = tt_alloc_open_allocator(&out);
    if (entry.facts.handle != TT_ALLOC_NONE) {
        for (const Region& region : entry.layout) {
            describe_region(region, entry.facts.handle, entry.chips);
        }
        entry.arena_handles = describe_arena(entry);
    }
    entry.ledger.store(client::Entry::generation(), std::memory_order_release);
}

// Requires g_lock. Publishes the entry last, also one that the client does not take, so that it is not tried again at
// each buffer.
Entry* add_locked(Allocator* allocator, const MeshDevice* mesh, const Allocator* parent, std::vector<Chip> chips) {
    if (entries() == nullptr) {
        return nullptr;
    }
    const Api& api = symbols().api;
    size_t slot = 0;
    const size_t used = g_used.load(std::memory_order_relaxed);
    while (slot < used && entries()[slot].key.load(std::memory_order_relaxed) != nullptr) {
        ++slot;
    }
    if (slot == kMaxAllocators) {
        return nullptr;
    }
    Entry& entry = entries()[slot];
    entry.description = {};
    entry.description.struct_size = sizeof entry.description;
    entry.description.mesh_id = mesh != nullptr ? api.mesh_id(mesh) : -1;
    entry.facts.hybrid = is_hybrid_mode(symbols());
    entry.description.mode = entry.facts.hybrid ? TT_ALLOC_MODE_HYBRID : TT_ALLOC_MODE_LOCKSTEP;
    entry.layout.clear();
    entry.arena.clear();
    try {
        read_geometry(api, allocator, entry);
        if (mesh != nullptr || parent == nullptr) {  // a sub-device's lies within the mesh's, a device's beside it
            entry.layout = read_layout(symbols(), allocator, entry.description.banks, chips);
        }
        entry.arena = read_arena(symbols(), allocator, entry.description.banks, chips);
    } catch (...) {
        chips.clear();  // an allocator that will not say how it is made
    }
    entry.mesh = mesh;
    entry.parent = parent;
    entry.opened = g_stamps.load(std::memory_order_relaxed) + 1;
    entry.facts.serial = static_cast<uint32_t>(entry.opened);
    entry.chips = std::move(chips);
    describe_locked(entry);
    entry.key.store(allocator, std::memory_order_release);
    if (slot == used) {
        g_used.store(used + 1, std::memory_order_release);
    }
    stamp_locked();
    return &entry;
}

// Requires g_lock. The parent's allocator, if it is known. The parent is looked for, never asked: the parent of a mesh
// of one device may have no allocator at all, and asking it for one throws and logs.
const Allocator* parent_allocator_locked(const MeshDevice* mesh) noexcept {
    const auto parent_of = symbols().api.mesh_parent;
    const std::shared_ptr<MeshDevice>* parent = parent_of != nullptr ? parent_of(mesh) : nullptr;
    if (parent == nullptr || *parent == nullptr) {
        return nullptr;
    }
    const size_t used = g_used.load(std::memory_order_relaxed);
    for (size_t i = 0; i < used; ++i) {
        const Allocator* key = entries()[i].key.load(std::memory_order_relaxed);
        if (key != nullptr && entries()[i].mesh == parent->get()) {
            return key;
        }
    }
    return nullptr;
}

// Requires g_lock, and a mesh that has an allocator.
Entry* add_mesh_locked(const MeshDevice* mesh) {
    const Symbols& found = symbols();
    Allocator* const* held = found.api.mesh_allocator(mesh);
    Allocator* allocator = held != nullptr ? *held : nullptr;
    if (allocator == nullptr) {
        return nullptr;
    }
    if (Entry* known = find_entry(allocator)) {
        return known;
    }
    std::vector<Chip> chips = describe_mesh(found, mesh);
    if (chips.size() > 1) {
        g_hot.any_mesh.store(true, std::memory_order_relaxed);
    }
    return add_locked(allocator, mesh, parent_allocator_locked(mesh), std::move(chips));
}

// Requires g_lock. The newest mesh over the device, or nullptr.
Entry* mesh_over_locked(const Device* device) noexcept {
    Entry* newest = nullptr;
    const size_t used = g_used.load(std::memory_order_relaxed);
    for (size_t i = 0; i < used; ++i) {
        Entry& entry = entries()[i];
        if (entry.key.load(std::memory_order_relaxed) == nullptr || entry.mesh == nullptr) {
            continue;
        }
        for (const Chip& candidate : entry.chips) {
            if (candidate.device == device && (newest == nullptr || newest->opened < entry.opened)) {
                newest = &entry;
            }
        }
    }
    return newest;
}

bool is_described(const Entry& entry) noexcept {
    return entry.ledger.load(std::memory_order_acquire) == client::Entry::generation();
}

// In a forked child: its ledger is another.
[[gnu::noinline, gnu::cold]] bool describe_again(Entry& entry) noexcept {
    const ErrnoKeeper keeper;
    try {
        const std::lock_guard guard(g_lock);
        if (!is_described(entry)) {
            describe_locked(entry);
        }
        stamp_locked();
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace

const AllocatorFacts* find_other_allocator(const Allocator* allocator) noexcept {
    const uint64_t stamp = client::fork_page->hooks_stamp.load(std::memory_order_acquire);
    Entry* entry = find_entry(allocator);
    if (entry == nullptr || (!is_described(*entry) && !describe_again(*entry))) {
        return nullptr;
    }
    if (stamp != 0) {
        hook_thread.allocator = allocator;
        hook_thread.allocator_stamp = stamp;
        hook_thread.allocator_facts = &entry->facts;
    }
    return &entry->facts;
}

void open_mesh(MeshDevice* mesh) noexcept {
    try {
        const std::lock_guard guard(g_lock);
        add_mesh_locked(mesh);
    } catch (...) {
        return;  // the mesh is found again at its first buffer
    }
}

const AllocatorFacts* open_for_buffer(Allocator* allocator, Device* device) noexcept {
    const ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    try {
        if (const Entry* known = find_entry(allocator)) {
            return &known->facts;
        }
        const Allocator* parent = nullptr;
        std::vector<Chip> chips;
        if (is_mesh(device)) {
            const Entry* whole = add_mesh_locked(reinterpret_cast<const MeshDevice*>(device));
            if (whole != nullptr && whole->key.load(std::memory_order_relaxed) == allocator) {
                return &whole->facts;
            }
            if (whole != nullptr) {  // ours is a sub-device's
                parent = whole->key.load(std::memory_order_relaxed);
                chips = whole->chips;
            }
        } else if (is_device(device)) {
            chips = describe_device(symbols(), device);
            // HYBRID: beside that of its mesh.
            const Entry* mesh = is_hybrid_mode(symbols()) ? mesh_over_locked(device) : nullptr;
            parent = mesh != nullptr ? mesh->key.load(std::memory_order_relaxed) : nullptr;
        }
        const Entry* own = add_locked(allocator, nullptr, parent, std::move(chips));
        return own != nullptr ? &own->facts : nullptr;
    } catch (...) {
        return nullptr;
    }
}

Place find_place(Device* device) noexcept {
    Place place;
    if (is_mesh(device)) {
        Allocator* const* held = symbols().api.mesh_allocator(reinterpret_cast<const MeshDevice*>(device));
        place.facts = held != nullptr && *held != nullptr ? find_allocator(*held) : nullptr;
        return place;
    }
    if (!is_device(device)) {
        return place;
    }
    const Allocator* allocator = nullptr;
    {
        const std::lock_guard guard(g_lock);
        if (const Entry* mesh = mesh_over_locked(device)) {
            allocator = mesh->key.load(std::memory_order_relaxed);
        }
    }
    place.facts = allocator != nullptr ? find_allocator(allocator) : nullptr;
    if (place.facts != nullptr) {
        const std::lock_guard guard(g_lock);
        if (const Entry* mesh = find_entry(allocator)) {
            for (const Chip& chip : mesh->chips) {
                if (chip.device == device) {
                    place.device = chip.index;
                }
            }
        }
    }
    return place;
}

std::vector<uint32_t> find_chips(const MeshDevice* mesh, const std::vector<Device*>& devices) {
    std::vector<uint32_t> indexes;
    const std::lock_guard guard(g_lock);
    const size_t used = g_used.load(std::memory_order_relaxed);
    for (size_t i = 0; i < used; ++i) {
        const Entry& entry = entries()[i];
        if (entry.key.load(std::memory_order_relaxed) == nullptr || entry.mesh != mesh) {
            continue;
        }
        for (const Device* device : devices) {
            const auto chip = std::find_if(entry.chips.begin(), entry.chips.end(),
                                           [device](const Chip& candidate) { return candidate.device == device; });
            if (chip == entry.chips.end() || chip->index == TT_ALLOC_NONE) {
                return {};
            }
            indexes.push_back(chip->index);
        }
        break;
    }
    return indexes;
}

void clear_allocator(const Allocator* allocator) noexcept {
    const Entry* entry = find_entry(allocator);
    if (entry != nullptr && is_described(*entry)) {
        tt_alloc_clear_allocator(entry->facts.handle);
    }
}

void forget_allocator(const Allocator* allocator) noexcept {
    if (find_entry(allocator) == nullptr) {
        return;  // the usual case of an allocator that never gave out a buffer
    }
    const std::lock_guard guard(g_lock);
    Entry* entry = find_entry(allocator);
    if (entry == nullptr) {
        return;
    }
    entry->key.store(nullptr, std::memory_order_release);
    stamp_locked();
    if (is_described(*entry)) {
        tt_alloc_close_allocator(entry->facts.handle);
    }
    entry->facts = {};
    entry->mesh = nullptr;
    entry->chips.clear();
    entry->layout.clear();
    entry->arena.clear();
    entry->arena_handles.clear();
}

void arena_changed(const Allocator* allocator) noexcept {
    const ErrnoKeeper keeper;
    try {
        const std::lock_guard guard(g_lock);
        Entry* entry = find_entry(allocator);
        if (entry == nullptr) {
            return;  // read when the allocator is first seen
        }
        entry->arena = read_arena(symbols(), allocator, entry->description.banks, entry->chips);
        if (!is_described(*entry)) {
            describe_locked(*entry);
            stamp_locked();
            return;
        }
        // The new ones first: what stays has its handle still, and no address is unexplained in between.
        std::vector<uint64_t> before = describe_arena(*entry);
        before.swap(entry->arena_handles);
        for (const uint64_t handle : before) {
            if (std::find(entry->arena_handles.begin(), entry->arena_handles.end(), handle) ==
                entry->arena_handles.end()) {
                tt_alloc_region_gone(handle);
            }
        }
    } catch (...) {
        return;  // recorded with the arena's next change
    }
}

std::vector<Allocator*> known_allocators() {
    std::vector<Allocator*> known;
    const std::lock_guard guard(g_lock);
    for (size_t i = 0; entries() != nullptr && i < g_used.load(std::memory_order_relaxed); ++i) {
        if (const Allocator* key = entries()[i].key.load(std::memory_order_relaxed)) {
            known.push_back(const_cast<Allocator*>(key));
        }
    }
    return known;
}

void forget_all_allocators() noexcept {
    for (size_t i = 0; entries() != nullptr && i < g_used.load(std::memory_order_acquire); ++i) {
        if (const Allocator* key = entries()[i].key.load(std::memory_order_acquire)) {
            forget_allocator(key);
        }
    }
}

}  // namespace ttmem::tt_metal
