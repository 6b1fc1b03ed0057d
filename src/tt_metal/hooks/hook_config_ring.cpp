// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The calls of the managers of kernel-config rings (config_rings.hpp). All of these are called through the linkage
// table in every release from 0.65.0 on; reset_config_buf_mgrs_and_expected_workers gained its first argument in
// 0.67.4.
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/objects/config_rings.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

struct Making {
    explicit Making(RingManager* managers) noexcept : managers_(tracking() != nullptr ? managers : nullptr) {
        if (managers_ != nullptr) {
            rings_begin(managers_);
        }
    }
    ~Making() {
        if (managers_ != nullptr) {
            rings_made(managers_);
        }
    }
    Making(const Making&) = delete;
    Making& operator=(const Making&) = delete;

    RingManager* managers_;
};

}  // namespace

void rings_reset(const Hal* hal, RingManager* managers, ExpectedWorkers* expected_workers, uint32_t count,
                 uint32_t l1_base) {
    const Making making(managers);
    originals().rings_reset(hal, managers, expected_workers, count, l1_base);
}

void rings_reset_067(RingManager* managers, ExpectedWorkers* expected_workers, uint32_t count, uint32_t l1_base) {
    const Making making(managers);
    originals().rings_reset_067(managers, expected_workers, count, l1_base);
}

void ring_init(RingManager* manager, uint32_t base, uint32_t bytes) {
    originals().ring_init(manager, base, bytes);
    ring_made(manager, base, bytes);  // nothing outside a Making
}

RingReservation ring_reserve(RingManager* manager, const std::vector<uint32_t>* sizes) {
    if (tracking() != nullptr) {
        ring_reserved(manager, *sizes);
    }
    return g_hot.original.ring_reserve(manager, sizes);
}

void ring_free(RingManager* manager, uint32_t up_to) {
    if (tracking() != nullptr) {
        ring_freed(manager, up_to);
    }
    g_hot.original.ring_free(manager, up_to);
}

void ring_alloc(RingManager* manager, uint32_t sync) {
    if (tracking() != nullptr) {
        ring_taken(manager, sync);
    }
    g_hot.original.ring_alloc(manager, sync);
}

void ring_fill(RingManager* manager, uint32_t sync) {
    originals().ring_fill(manager, sync);
    if (tracking() != nullptr) {
        ring_marked_full(manager, sync, hook_thread.saving_rings);
    }
}

// Saves the managers and marks them full.
void trace_begins(uint32_t sub_devices, LaunchMessages* messages, ExpectedWorkers* workers, RingManager* managers,
                  LaunchMessages* saved_messages, ExpectedWorkers* saved_workers, RingManager* saved) {
    if (tracking() != nullptr) {
        rings_copied(managers, saved);
    }
    hook_thread.saving_rings = true;
    originals().trace_begins(sub_devices, messages, workers, managers, saved_messages, saved_workers, saved);
    hook_thread.saving_rings = false;
}

void trace_ends(uint32_t sub_devices, LaunchMessages* messages, ExpectedWorkers* workers, RingManager* managers,
                LaunchMessages* saved_messages, ExpectedWorkers* saved_workers, RingManager* saved) {
    originals().trace_ends(sub_devices, messages, workers, managers, saved_messages, saved_workers, saved);
    if (tracking() != nullptr) {
        rings_copied(saved, managers);
    }
}

}  // namespace ttmem::tt_metal
