// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/ledger_header.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/process_stat.hpp"
#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

namespace {

void parse_boot_id(uint8_t to[16]) noexcept {
    char text[64];
    read_small_file("/proc/sys/kernel/random/boot_id", text, sizeof text);
    unsigned digits = 0;
    for (const char* at = text; *at != '\0' && digits < 32; ++at) {
        const char c = *at;
        const int value = c >= '0' && c <= '9' ? c - '0' : (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
        if (value >= 0) {
            to[digits / 2] = static_cast<uint8_t>(to[digits / 2] << 4 | value);
            ++digits;
        }
    }
}

// Start of this process in ns since the epoch: its start tick after the boot.
uint64_t start_time_ns(uint64_t start_ticks) noexcept {
    const auto hz = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
    const uint64_t boot_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
    return hz == 0 ? 0 : boot_ns + start_ticks * (1'000'000'000u / hz);
}

}  // namespace

void LedgerHeader::fill(FileHeader& h, const char* library, uint32_t max_buffers, uint64_t nonce) noexcept {
    header_ = &h;
    use_tsc_ = tsc_is_invariant();
    h.magic = kMagic;
    h.major = kMajor;
    h.minor = kMinor;
    h.header_bytes = sizeof(FileHeader);
    h.pid = static_cast<uint32_t>(getpid());
    h.uid = geteuid();
    h.start_time_ticks = process_start_ticks(0);
    h.pid_namespace = own_pid_namespace();
    h.nonce = nonce;
    parse_boot_id(h.boot_id);
    h.start_time_ns = start_time_ns(h.start_time_ticks);
    h.clock_kind = use_tsc_ ? kClockX86Tsc : kClockMonotonicNs;
    h.max_buffers = max_buffers;
    h.clock_hz = use_tsc_ ? 0 : 1'000'000'000u;
    h.clock_monotonic_ns = clock_ns(CLOCK_MONOTONIC);
    h.clock_ticks = now();
    h.clock_realtime_ns = clock_ns(CLOCK_REALTIME);
    h.created_ns = h.clock_realtime_ns;
    char comm[sizeof h.command];
    unsigned length = read_small_file("/proc/self/comm", comm, sizeof comm);
    while (length > 0 && comm[length - 1] == '\n') {
        comm[--length] = '\0';
    }
    std::memcpy(h.command, comm, length + 1);
    std::snprintf(h.library, sizeof h.library, "%s", library);
    put(h.state, uint32_t{kStateRunning});
}

void LedgerHeader::make_ready() noexcept {
    put(header_->ready, kReady);
    TTMEM_TEST_POINT("ledger ready");
}

void LedgerHeader::mark_exited() noexcept {
    put(header_->state, uint32_t{kStateExited});
}

void LedgerHeader::mark_running() noexcept {
    put(header_->state, uint32_t{kStateRunning});
}

void LedgerHeader::mark_late() noexcept {
    put(header_->late_ticks, now());
}

void LedgerHeader::set_features(uint32_t set, uint32_t clear) noexcept {
    header_->features.fetch_or(set, std::memory_order_relaxed);
    header_->features.fetch_and(~clear, std::memory_order_relaxed);
}

void LedgerHeader::set_stacks(StackState state, uint32_t most_frames) noexcept {
    put(header_->stack_frames, most_frames);
    put(header_->stack_state, uint32_t{state});
    if (state == kStacksOn) {
        set_features(kFeatureStacks, 0);
    } else {
        set_features(0, kFeatureStacks);
    }
}

}  // namespace ttmem::ledger
