// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/tick_clock.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/unique_fd.hpp"

namespace ttmem::ledger {

namespace {

uint64_t now_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// /proc/sys/kernel/random/boot_id: 32 hexadecimal digits with dashes. Does not change while this process lives.
std::optional<std::array<uint8_t, 16>> read_boot_id() {
    const UniqueFd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    char text[64];
    const ssize_t got = fd.valid() ? ::read(fd.get(), text, sizeof text) : -1;
    if (got <= 0) {
        return std::nullopt;
    }
    std::array<uint8_t, 16> id{};
    size_t digits = 0;
    for (const char c : std::string_view(text, static_cast<size_t>(got))) {
        const int digit = hex_digit(c);
        if (digit >= 0 && digits < 32) {
            id[digits / 2] = static_cast<uint8_t>(id[digits / 2] << 4 | digit);
            ++digits;
        }
    }
    return digits == 32 ? std::optional(id) : std::nullopt;
}

}  // namespace

LocalClock read_local_clock(const uint8_t (&boot_id)[16]) {
    static const std::optional<std::array<uint8_t, 16>> kBootId = read_boot_id();
    LocalClock local;
    local.same_boot = kBootId.has_value() && std::memcmp(kBootId->data(), boot_id, sizeof boot_id) == 0;
#if defined(__x86_64__)
    local.has_ticks = true;
    local.ticks = __builtin_ia32_rdtsc();
#endif
    local.monotonic_ns = now_ns(CLOCK_MONOTONIC);
    local.realtime_ns = now_ns(CLOCK_REALTIME);
    return local;
}

TickClock::TickClock(const FileHeader& header)
    : TickClock(header, header.clock_kind == kClockX86Tsc && header.clock_hz == 0 ? read_local_clock(header.boot_id)
                                                                                  : LocalClock{}) {}

TickClock::TickClock(const FileHeader& header, const LocalClock& local)
    : ticks_(header.clock_ticks), realtime_ns_(header.clock_realtime_ns) {
    if (header.clock_kind == kClockMonotonicNs) {
        set_rate(1.0);
    } else if (header.clock_kind == kClockX86Tsc && header.clock_hz != 0) {
        set_rate(1e9 / static_cast<double>(header.clock_hz));
    } else if (header.clock_kind == kClockX86Tsc && local.same_boot && local.has_ticks && local.ticks > ticks_) {
        // CLOCK_REALTIME only where the writer left no CLOCK_MONOTONIC: it may have been set meanwhile.
        const bool monotonic = header.clock_monotonic_ns != 0;
        const uint64_t then = monotonic ? header.clock_monotonic_ns : header.clock_realtime_ns;
        const uint64_t now = monotonic ? local.monotonic_ns : local.realtime_ns;
        if (now > then) {
            set_rate(static_cast<double>(now - then) / static_cast<double>(local.ticks - ticks_));
        }
    }
}

void TickClock::set_rate(double ns_per_tick) {
    // 10 MHz to 20 GHz and the nanosecond: anything else is no processor's rate.
    if (ns_per_tick >= 0.05 && ns_per_tick <= 100.0) {
        scale_ = static_cast<uint64_t>(ns_per_tick * static_cast<double>(uint64_t{1} << kShift));
    }
}

}  // namespace ttmem::ledger
