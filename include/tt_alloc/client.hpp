// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The allocation client as a C++ class: the proof of concept's names over the C ABI of client.h, whose contract holds
// here.
#pragma once

#include <cstdint>

#include "tt_alloc/client.h"

namespace tt_alloc {

// Static functions only; safe from any thread; never throw.
class AllocationClient {
public:
    static bool is_enabled() noexcept { return tt_alloc_tracking_on != 0; }

    static void report_allocation(int device_id, uint64_t size, uint8_t buffer_type, uint64_t address) noexcept {
        tt_alloc_report_allocation(device_id, size, buffer_type, address);
    }
    static void report_deallocation(int device_id, uint64_t buffer_id) noexcept {
        tt_alloc_report_deallocation(device_id, buffer_id);
    }
    static void report_cb_allocation(int device_id, uint64_t total_size, uint64_t cb_id) noexcept {
        tt_alloc_report_cb_allocation(device_id, total_size, cb_id);
    }
    static void report_cb_deallocation(int device_id, uint64_t size, uint64_t cb_id) noexcept {
        tt_alloc_report_cb_deallocation(device_id, size, cb_id);
    }
    static void report_kernel_load(int device_id, uint64_t total_l1, uint64_t kernel_id, uint8_t kernel_type) noexcept {
        tt_alloc_report_kernel_load(device_id, total_l1, kernel_id, kernel_type);
    }
    static void report_kernel_unload(int device_id, uint64_t size, uint64_t kernel_id) noexcept {
        tt_alloc_report_kernel_unload(device_id, size, kernel_id);
    }
};

}  // namespace tt_alloc
