// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "attach/safe_place.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace ttmem::attach {
namespace {

constexpr size_t kStackLookedAt = 64 * 1024;

bool contains(const std::vector<std::pair<uint64_t, uint64_t>>& ranges, uint64_t address) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const auto& range) { return address >= range.first && address < range.second; });
}

// System calls in which threads wait for something else than memory and libraries. A futex that is waited for as
// condition variables and semaphores do: malloc's and the loader's locks use FUTEX_WAIT.
bool is_harmless(uint64_t number, uint64_t second_argument) {
    switch (number) {
        case SYS_futex:
            return (second_argument & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
        case SYS_read:
        case SYS_poll:
        case SYS_ppoll:
        case SYS_select:
        case SYS_pselect6:
        case SYS_epoll_wait:
        case SYS_epoll_pwait:
        case SYS_nanosleep:
        case SYS_clock_nanosleep:
        case SYS_accept:
        case SYS_accept4:
        case SYS_recvfrom:
        case SYS_recvmsg:
        case SYS_wait4:
        case SYS_waitid:
        case SYS_sched_yield:
            return true;
        default:
            return false;
    }
}

// glibc's __restore_rt: mov $15,%rax; syscall
uint64_t find_signal_return(const MemoryImage& image, const Image& libc) {
    static constexpr unsigned char kCode[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
    constexpr uint64_t kPiece = 256 * 1024;
    constexpr uint64_t kMost = 64u << 20;  // of one stretch; a libc has 2 MiB
    std::vector<unsigned char> piece(kPiece + sizeof kCode);
    for (const auto& [begin, end] : libc.code) {
        for (uint64_t at = begin; at < end && at - begin < kMost; at += kPiece) {
            const size_t bytes = std::min<uint64_t>(piece.size(), end - at);
            const size_t got = image.read_up_to(at, piece.data(), bytes);
            const auto piece_end = piece.begin() + static_cast<std::ptrdiff_t>(got);
            const auto found = std::search(piece.begin(), piece_end, std::begin(kCode), std::end(kCode));
            if (found != piece_end) {
                return at + static_cast<uint64_t>(found - piece.begin());
            }
        }
    }
    return 0;
}

}  // namespace

SafePlace::SafePlace(const MemoryImage& image) {
    for (const Image& one : image.images()) {
        const std::string name = one.path.substr(one.path.rfind('/') + 1);
        const bool is_libc = name.rfind("libc.so", 0) == 0;
        if (is_libc || name.rfind("ld-linux", 0) == 0 || image.function(one, "malloc") != 0) {
            careful_.insert(careful_.end(), one.code.begin(), one.code.end());
        }
        // Bytes after a library's code: another ttmem attach has borrowed a thread that stands there.
        careful_.insert(careful_.end(), one.room.begin(), one.room.end());
        if (is_libc) {
            signal_return_ = find_signal_return(image, one);
        }
    }
}

bool SafePlace::allows(const user_regs_struct& registers, const MemoryImage& image) const {
    const auto number = static_cast<int64_t>(registers.orig_rax);
    if (contains(careful_, registers.rip) && (number < 0 || !is_harmless(registers.orig_rax, registers.rsi))) {
        return false;
    }
    return !may_handle_signal(registers, image);
}

bool SafePlace::may_handle_signal(const user_regs_struct& registers, const MemoryImage& image) const {
    if (signal_return_ == 0) {
        return true;  // a libc whose signal handlers are not recognised
    }
    std::vector<uint64_t> words(kStackLookedAt / sizeof(uint64_t));
    const size_t count = image.read_up_to(registers.rsp, words.data(), kStackLookedAt) / sizeof(uint64_t);
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
    return count == 0 || std::find(words.begin(), end, signal_return_) != end;
}

std::optional<GoOn> go_on_after(const user_regs_struct& registers) {
    constexpr int64_t kRestartSys = -512;  // the kernel's ERESTART values, which never reach a program
    constexpr int64_t kRestartNoIntr = -513;
    constexpr int64_t kRestartNoHand = -514;
    constexpr int64_t kRestartBlock = -516;
    constexpr uint64_t kSyscallBytes = 2;
    const auto number = static_cast<int64_t>(registers.orig_rax);
    const auto result = static_cast<int64_t>(registers.rax);
    if (number < 0) {
        return GoOn{registers.rip, registers.rax};
    }
    switch (result) {
        case kRestartNoHand:
            // A signal that arrives before it waits again would not end the wait: these have no other purpose.
            if (number == SYS_pause || number == SYS_rt_sigsuspend) {
                return std::nullopt;
            }
            [[fallthrough]];
        case kRestartSys:
        case kRestartNoIntr:
            return GoOn{registers.rip - kSyscallBytes, registers.orig_rax};
        case kRestartBlock:
            return GoOn{registers.rip - kSyscallBytes, SYS_restart_syscall};  // with the time that is left
        default:
            return GoOn{registers.rip, registers.rax};  // it was over
    }
}

}  // namespace ttmem::attach
