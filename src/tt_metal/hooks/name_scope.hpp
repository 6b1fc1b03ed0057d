// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Names the buffers that tt-metal allocates inside some of its functions, where the program itself has given no name:
// global semaphores, global circular buffers, sockets and traces are made by calls that are no ttnn operation.
#pragma once

#include <atomic>
#include <cstdint>

#include "client/tracker.hpp"
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

// A name and its number in the client, asked for once. Static.
class SystemName {
public:
    explicit constexpr SystemName(const char* name) noexcept : name_(name) {}
    uint32_t number() const noexcept {
        uint32_t number = number_.load(std::memory_order_relaxed);
        if (number == 0) {
            number = client::name_region(name_);
            number_.store(number, std::memory_order_relaxed);
        }
        return number;
    }

private:
    const char* name_;
    mutable std::atomic<uint32_t> number_{0};
};

// While it stands, what the thread allocates has the name, unless the thread is in a region of the program's own.
class NameScope {
public:
    explicit NameScope(const SystemName& name) noexcept {
        if (tracking() != nullptr && client::thread_state.region == 0) {
            client::set_region(name.number());
            hook_thread.named = set_ = true;
        }
    }
    ~NameScope() {
        if (set_) {
            client::set_region(0);
            hook_thread.named = false;
        }
    }
    NameScope(const NameScope&) = delete;
    NameScope& operator=(const NameScope&) = delete;

private:
    bool set_ = false;
};

}  // namespace ttmem::tt_metal
