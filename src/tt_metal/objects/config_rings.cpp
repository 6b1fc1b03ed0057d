// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/config_rings.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <new>
#include <utility>

#include "base/fork_lock.hpp"
#include "client/tracker.hpp"
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr uint32_t kCoreTypes = 3;  // Tensix, active and idle ethernet; what follows counts slots of launch messages
constexpr uint32_t kManagers = 8;   // sub-devices of a command queue
constexpr uint32_t kPlaces = 8;     // launches in a ring: as many as tt-metal's own table holds

struct Launch {
    uint32_t bytes : 31 = 0;
    uint32_t is_unknown : 1 = 0;  // a trace's
    uint32_t sync = 0;
};

// First in, first out. Two cache lines: what a launch changes of the ring, and the launches.
struct alignas(64) Ring {
    uint64_t base = 0;
    uint64_t capacity = 0;
    uint64_t used = 0;
    uint64_t evictions = 0;
    const void* ledger_line = nullptr;  // where the ledger has the ring: prefetched, never dereferenced
    uint32_t first = 0;
    uint32_t count = 0;
    uint32_t unknown = 0;  // of them
    alignas(64) Launch launches[kPlaces];

    void clear() noexcept {
        used = 0;
        count = 0;
        unknown = 0;
    }
    void take(const Launch& launch) noexcept {
        if (count == kPlaces) {
            drop();  // cannot be: the manager's table is no larger
        }
        launches[(first + count++) % kPlaces] = launch;
        used += launch.bytes;
        unknown += launch.is_unknown;
    }
    void drop() noexcept {
        const Launch& oldest = launches[first];
        used -= oldest.bytes;
        unknown -= oldest.is_unknown;
        evictions += oldest.is_unknown != 0 ? 0 : 1;
        first = (first + 1) % kPlaces;
        --count;
    }
    bool drop_up_to(uint32_t sync) noexcept {
        const uint32_t before = count;
        while (count > 0 && sync >= launches[first].sync) {
            drop();
        }
        return count != before;
    }
};

struct Array;

}  // namespace

// A manager's rings. What every launch looks at comes first, on one line.
struct alignas(128) RingsOfManager {
    std::atomic<const void*> key{nullptr};  // tt-metal's
    // The ledger (client::Entry::generation) that the handles are of; 0 when the client has to be asked for new ones.
    std::atomic<uint64_t> described_in{0};
    uint64_t handles[kCoreTypes] = {};   // the client's
    uint32_t reserved[kCoreTypes] = {};  // bytes, by the launch that is on its way
    uint32_t freed_up_to = 0;            // by it
    uint8_t is_freed = 0;                // whether it freed
    uint8_t holding = 0;                 // rings with launches in them, a bit each
    uint8_t types = 0;                   // rings made so far, those that are not followed included

    alignas(64) Ring rings[kCoreTypes];
    Array* array = nullptr;
};
static_assert(offsetof(RingsOfManager, rings) == 64 && sizeof(Ring) == 128);

namespace {

using Manager = RingsOfManager;

// The managers of one command queue, or those that a trace capture saved of one. Never freed: tt-metal reuses
// addresses, and a thread may still remember one.
struct Array {
    const void* key = nullptr;
    uint32_t used = 0;
    std::atomic<MeshDevice*> mesh{nullptr};
    Manager managers[kManagers];
    Array* next = nullptr;
};

ForkLock g_lock;
Array* g_arrays = nullptr;
std::atomic<uint64_t> g_area_base{0};
std::atomic<uint64_t> g_area_bytes{0};

[[gnu::tls_model("initial-exec")]] thread_local RingsOfMesh* t_opening = nullptr;
[[gnu::tls_model("initial-exec")]] thread_local Array* t_making = nullptr;

// Requires g_lock.
Array* array_locked(const void* key) noexcept {
    Array* found = g_arrays;
    while (found != nullptr && found->key != key) {
        found = found->next;
    }
    if (found == nullptr && (found = new (std::nothrow) Array) != nullptr) {
        found->key = key;
        found->next = g_arrays;
        g_arrays = found;
    }
    return found;
}

[[gnu::cold, gnu::noinline]] Manager* look_up(const void* key) noexcept {
    const std::lock_guard guard(g_lock);
    for (Array* array = g_arrays; array != nullptr; array = array->next) {
        for (uint32_t i = 0; i < array->used; ++i) {
            if (array->managers[i].key.load(std::memory_order_relaxed) == key) {
                hook_thread.rings = &array->managers[i];
                return hook_thread.rings;
            }
        }
    }
    return nullptr;
}

Manager* find(const void* key) noexcept {
    Manager* last = hook_thread.rings;
    return __builtin_expect(last != nullptr && last->key.load(std::memory_order_relaxed) == key, 1) ? last
                                                                                                    : look_up(key);
}

// Describes the manager's rings to the client. They have no handles while nothing is known of the mesh.
[[gnu::cold, gnu::noinline]] void describe(Manager& manager) noexcept {
    const ErrnoKeeper keeper;
    MeshDevice* mesh = manager.array->mesh.load(std::memory_order_acquire);
    manager.described_in.store(client::Entry::generation(), std::memory_order_relaxed);
    std::fill(std::begin(manager.handles), std::end(manager.handles), uint64_t{0});
    const Place place = mesh != nullptr ? find_place(reinterpret_cast<Device*>(mesh)) : Place{};
    if (place.facts == nullptr) {
        return;
    }
    for (uint32_t type = 0; type < kCoreTypes && type < manager.types; ++type) {
        tt_alloc_config_ring ring{};
        ring.struct_size = sizeof ring;
        ring.allocator = place.facts->handle;
        ring.base_address = manager.rings[type].base;
        ring.capacity_bytes = manager.rings[type].capacity;
        ring.sub_device = static_cast<uint8_t>(&manager - manager.array->managers);
        ring.core_type = static_cast<uint8_t>(type);
        manager.handles[type] = tt_alloc_describe_config_ring(&ring);
        ledger::Writer* writer = client::own_writer();
        manager.rings[type].ledger_line =
            writer != nullptr ? writer->layout().config_ring_line(manager.handles[type]) : nullptr;
    }
    // The first description may have made the ledger.
    manager.described_in.store(client::Entry::generation(), std::memory_order_relaxed);
}

constexpr uint32_t kAllRings = (1u << kCoreTypes) - 1;

void publish(Manager& manager, uint32_t changed) noexcept {
    if (__builtin_expect(manager.described_in.load(std::memory_order_relaxed) != client::Entry::generation(), 0)) {
        describe(manager);
        changed = kAllRings;
    }
    for (uint32_t type = 0; changed != 0; ++type, changed >>= 1) {
        const Ring& ring = manager.rings[type];
        if ((changed & 1) != 0 && manager.handles[type] != 0) {
            const tt_alloc_config_ring_fill fill{ring.used, ring.evictions, ring.count,
                                                 ring.unknown != 0 ? uint32_t{TT_ALLOC_RING_TRACE} : 0u};
            tt_alloc_config_ring_changed(manager.handles[type], &fill);
        }
    }
}

// The mesh of the array's managers changed, or their rings did: each manager describes its rings again at its next use,
void describe_again(Array& array) noexcept {
    for (uint32_t i = 0; i < array.used; ++i) {
        array.managers[i].described_in.store(0, std::memory_order_relaxed);
    }
    describe(array.managers[0]);
    publish(array.managers[0], kAllRings);
}

// Drops from the rings the programs that the current launch has freed. Returns the changed rings, a bit each.
uint32_t apply_free(Manager& manager) noexcept {
    uint32_t changed = 0;
    if (manager.is_freed != 0) {
        for (uint32_t type = 0; manager.holding >> type != 0; ++type) {
            Ring& ring = manager.rings[type];
            changed |= ring.drop_up_to(manager.freed_up_to) ? 1u << type : 0;
            manager.holding &= ring.count != 0 ? 0xffu : ~(1u << type);
        }
        manager.is_freed = 0;
    }
    return changed;
}

}  // namespace

RingsOfMesh::RingsOfMesh() noexcept : outer_(t_opening) {
    t_opening = this;
}

RingsOfMesh::~RingsOfMesh() {
    t_opening = outer_;
}

void RingsOfMesh::belong_to(MeshDevice* mesh) noexcept {
    for (const void* key : arrays_) {
        Array* array = nullptr;
        {
            const std::lock_guard guard(g_lock);
            array = array_locked(key);
        }
        if (array != nullptr && array->used > 0) {
            array->mesh.store(mesh, std::memory_order_release);
            describe_again(*array);
        }
    }
    arrays_.clear();
}

void rings_begin(const void* managers) noexcept {
    const std::lock_guard guard(g_lock);
    t_making = array_locked(managers);
    if (t_making != nullptr) {
        for (uint32_t i = 0; i < t_making->used; ++i) {
            t_making->managers[i].key.store(nullptr, std::memory_order_relaxed);
        }
        t_making->used = 0;
    }
}

void rings_made(const void* managers) noexcept {
    Array* made = t_making;
    t_making = nullptr;
    if (made == nullptr) {
        return;
    }
    if (t_opening != nullptr) {
        made->mesh.store(nullptr, std::memory_order_release);
        try {
            t_opening->arrays_.push_back(managers);
        } catch (...) {
            return;  // its rings stay without handles
        }
    } else if (made->used > 0) {
        describe_again(*made);  // a queue in use was reset: its rings are empty
    }
}

void ring_made(const void* key, uint32_t base, uint32_t bytes) noexcept {
    Array* array = t_making;
    if (array == nullptr) {
        return;
    }
    if (array->used == 0 || array->managers[array->used - 1].key.load(std::memory_order_relaxed) != key) {
        if (array->used == kManagers) {
            return;
        }
        {
            // tt-metal reuses addresses: an older array may still have a manager under this key.
            const std::lock_guard guard(g_lock);
            for (Array* other = g_arrays; other != nullptr; other = other->next) {
                for (uint32_t i = 0; i < other->used; ++i) {
                    if (other->managers[i].key.load(std::memory_order_relaxed) == key) {
                        other->managers[i].key.store(nullptr, std::memory_order_relaxed);
                    }
                }
            }
        }
        Manager& fresh = array->managers[array->used++];
        fresh.array = array;
        fresh.types = 0;
        fresh.described_in.store(0, std::memory_order_relaxed);
        fresh.is_freed = 0;
        fresh.holding = 0;
        std::fill(std::begin(fresh.reserved), std::end(fresh.reserved), 0u);
        std::fill(std::begin(fresh.rings), std::end(fresh.rings), Ring{});
        fresh.key.store(key, std::memory_order_relaxed);
    }
    Manager& manager = array->managers[array->used - 1];
    if (manager.types < kCoreTypes) {
        manager.rings[manager.types].base = base;
        manager.rings[manager.types].capacity = bytes;
        if (manager.types == 0) {
            g_area_base.store(base, std::memory_order_relaxed);
            g_area_bytes.store(bytes, std::memory_order_relaxed);
        }
    }
    ++manager.types;
}

void expect_rings() noexcept {
    if (const Manager* manager = hook_thread.rings) {
        __builtin_prefetch(manager, 1);
        __builtin_prefetch(&manager->rings[0], 1);
        __builtin_prefetch(&manager->rings[0].launches, 1);
    }
}

void ring_reserved(const void* key, const std::vector<uint32_t>& sizes) noexcept {
    Manager* manager = find(key);
    if (manager == nullptr) {
        return;
    }
    __builtin_prefetch(manager->rings[0].ledger_line, 1);
    const size_t known = std::min<size_t>(sizes.size(), kCoreTypes);
    for (uint32_t type = 0; type < kCoreTypes; ++type) {
        manager->reserved[type] = type < known ? sizes[type] : 0;
    }
}

// Keeps the number; ring_taken() publishes it together with the launch's own bytes.
void ring_freed(const void* key, uint32_t up_to) noexcept {
    Manager* manager = find(key);
    if (manager == nullptr) {
        return;
    }
    manager->freed_up_to = manager->is_freed != 0 ? std::max(manager->freed_up_to, up_to) : up_to;
    manager->is_freed = 1;
}

void ring_taken(const void* key, uint32_t sync) noexcept {
    Manager* manager = find(key);
    if (manager == nullptr) {
        return;
    }
    uint32_t changed = apply_free(*manager);
    for (uint32_t type = 0; type < kCoreTypes; ++type) {
        if (manager->reserved[type] != 0) {
            manager->rings[type].take({manager->reserved[type], 0, sync});
            manager->holding |= static_cast<uint8_t>(1u << type);
            changed |= 1u << type;
        }
    }
    publish(*manager, changed);
}

void ring_marked_full(const void* key, uint32_t sync, bool is_saved) noexcept {
    Manager* manager = find(key);
    if (manager == nullptr) {
        return;
    }
    apply_free(*manager);
    for (uint32_t type = 0; type < kCoreTypes && type < manager->types; ++type) {
        Ring& ring = manager->rings[type];
        ring.evictions += is_saved ? 0 : ring.count - ring.unknown;
        ring.clear();
        ring.take({static_cast<uint32_t>(ring.capacity), 1, sync});
        manager->holding |= static_cast<uint8_t>(1u << type);
    }
    publish(*manager, kAllRings);
}

void rings_copied(const void* from_key, const void* to_key) noexcept {
    Array* from = nullptr;
    Array* to = nullptr;
    {
        const std::lock_guard guard(g_lock);
        from = array_locked(from_key);
        to = array_locked(to_key);
    }
    if (from == nullptr || to == nullptr) {
        return;
    }
    const bool is_in_use = to->mesh.load(std::memory_order_acquire) != nullptr;
    const uint32_t count = is_in_use ? std::min(from->used, to->used) : from->used;
    for (uint32_t i = 0; i < count; ++i) {
        apply_free(from->managers[i]);
        to->managers[i].is_freed = 0;
        to->managers[i].holding = from->managers[i].holding;
        to->managers[i].types = from->managers[i].types;
        std::copy(std::begin(from->managers[i].rings), std::end(from->managers[i].rings),
                  std::begin(to->managers[i].rings));
        to->managers[i].array = to;
    }
    if (is_in_use) {
        for (uint32_t i = 0; i < count; ++i) {
            if (to->managers[i].described_in.load(std::memory_order_relaxed) != 0) {
                publish(to->managers[i], kAllRings);
            }
        }
    } else {
        to->used = count;
    }
}

void forget_all_rings() noexcept {
    const std::lock_guard guard(g_lock);
    for (Array* array = g_arrays; array != nullptr; array = array->next) {
        array->mesh.store(nullptr, std::memory_order_release);
        array->used = 0;
        for (Manager& manager : array->managers) {
            manager.key.store(nullptr, std::memory_order_release);
        }
    }
}

std::optional<RingArea> worker_ring_area() noexcept {
    const RingArea area{g_area_base.load(std::memory_order_relaxed), g_area_bytes.load(std::memory_order_relaxed)};
    return area.bytes != 0 ? std::optional<RingArea>(area) : std::nullopt;
}

}  // namespace ttmem::tt_metal
