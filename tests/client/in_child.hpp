// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs client code in a forked child, so that each test has a process, and so a ledger, of its own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>

#include "base/host_line.hpp"
#include "client/tracker.hpp"
#include "tt_alloc/client.h"

namespace ttmem::test {

struct ChildResult {
    int status = 0;           // as waitpid gives it
    std::string stderr_text;  // what it wrote to stderr
    std::string stdout_text;
};

// `act` runs with tracking on and then _exit(0)s; a failed expectation there is to call _exit with another code.
inline ChildResult in_child(const std::function<void()>& act) {
    int err[2];
    int out[2];
    if (pipe(err) != 0 || pipe(out) != 0) {
        ADD_FAILURE() << "pipe: " << std::strerror(errno);
        return {};
    }
    const pid_t child = fork();
    if (child == 0) {
        dup2(err[1], STDERR_FILENO);
        dup2(out[1], STDOUT_FILENO);
        remember_stderr();  // as if the library were loaded now
        client::set_tracking(true);
        act();
        _exit(0);
    }
    close(err[1]);
    close(out[1]);
    const auto drain = [](int fd) {
        std::string text;
        std::array<char, 4096> part;
        for (ssize_t got = 0; (got = read(fd, part.data(), part.size())) > 0;) {
            text.append(part.data(), static_cast<size_t>(got));
        }
        close(fd);
        return text;
    };
    ChildResult result;
    result.stderr_text = drain(err[0]);
    result.stdout_text = drain(out[0]);
    waitpid(child, &result.status, 0);
    return result;
}

inline uint32_t open_n150(int32_t logical_id = 0) {
    tt_alloc_device device{};
    device.struct_size = sizeof device;
    device.logical_id = logical_id;
    device.flags = TT_ALLOC_DEVICE_MOCK;
    device.arch = TT_ALLOC_ARCH_WORMHOLE_B0;
    std::strcpy(device.board, "n150");
    const uint32_t index = tt_alloc_describe_device(&device);
    tt_alloc_allocator allocator{};
    allocator.struct_size = sizeof allocator;
    allocator.mesh_id = -1;
    allocator.parent = TT_ALLOC_NONE;
    allocator.device_count = 1;
    allocator.devices = &index;
    allocator.banks[TT_ALLOC_DRAM] = {1 << 30, 32, 12, 32};
    allocator.banks[TT_ALLOC_L1] = {1 << 20, 16, 64, 16};
    return tt_alloc_open_allocator(&allocator);
}

inline tt_alloc_buffer dram_buffer(uint32_t allocator, uint64_t id, uint64_t bytes_per_bank = 4096) {
    tt_alloc_buffer buffer{};
    buffer.id = id;
    buffer.address = 1024 + id * 64;
    buffer.requested_bytes = bytes_per_bank * 12 - 5;
    buffer.bytes_per_bank = bytes_per_bank;
    buffer.allocator = allocator;
    buffer.banks = 12;
    buffer.page_bytes = 2048;
    buffer.device = TT_ALLOC_NONE;
    buffer.type = TT_ALLOC_DRAM;
    buffer.layout = TT_ALLOC_LAYOUT_INTERLEAVED;
    return buffer;
}

inline void allocate(uint32_t allocator, uint64_t id, uint64_t bytes_per_bank = 4096) {
    const tt_alloc_buffer buffer = dram_buffer(allocator, id, bytes_per_bank);
    tt_alloc_buffer_allocated(&buffer);
}

}  // namespace ttmem::test
