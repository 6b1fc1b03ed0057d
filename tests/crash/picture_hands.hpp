// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A writer with one device, and its pictures as a reader sees them, for the tests of pictures.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ledger/read/peak_pictures.hpp"
#include "ledger/write/picture_writer.hpp"
#include "ledger/write/writer.hpp"
#include "ledger_home.hpp"

namespace ttmem::test {

using ledger::NewBuffer;
using ledger::ThreadSlot;
using ledger::Writer;

inline NewBuffer buffer(uint64_t id, uint8_t account = ledger::kAccountDram, uint64_t bytes = 2048) {
    NewBuffer b{};
    b.id = id;
    b.address = 0x100040 + id * 65'536;
    b.requested_bytes = 12 * bytes - id % 64;
    b.bytes_per_bank = bytes;
    b.page_bytes = 2048;
    b.banks = 12;
    b.device = ledger::kAllDevices;
    b.account = account;
    b.type = account;
    b.layout = ledger::kLayoutInterleaved;
    return b;
}

// A writer with one device open.
struct Hands {
    Hands() {
        ledger::least_picture_pause_ns = 0;
        ledger::peak_debt_per_record_ns = 0;
        ledger::FileError error;
        if (!writer.start("picture test", 4 * ledger::kBuffersPerExtent, error)) {
            _exit(3);
        }
        writer.shards().attach_thread(slot);
        const uint32_t device = writer.devices().describe(ledger::DeviceRecord{});
        const ledger::BankGeometry geometry[ledger::kBufferTypes] = {{1 << 30, 32, 12, 32}, {1 << 20, 16, 64, 16}};
        writer.allocators().open(slot, {1, ledger::kNone, &device, 1, geometry});
    }
    void load_program(uint64_t id, uint32_t circular_buffers) {
        const ledger::CoreRange cores[] = {{0, 0, 7, 7}};
        std::vector<ledger::NewCircularBuffer> parts;
        for (uint32_t i = 0; i < circular_buffers; ++i) {
            parts.push_back({id * 100 + i, 4096 * (i + 1), 4096, cores, 1, 0});
        }
        ledger::NewProgram program{};
        program.id = id;
        program.device = ledger::kAllDevices;
        program.config_bytes = ledger::kUnknown64;
        program.circular_buffers = parts.data();
        program.circular_buffer_count = circular_buffers;
        writer.programs().load(slot, program);
    }
    Writer writer;
    ThreadSlot slot;
};

// Like every writer they live until the process ends, where the leak sanitizer finds them.
inline Hands& make_hands() {
    static auto* const all = new std::vector<Hands*>;
    return *all->emplace_back(new Hands);
}

inline std::optional<ledger::Snapshot> picture_of(const std::string& path, uint64_t number) {
    ledger::Reader reader = ledger::Reader::from_fd(UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)));
    auto answer = reader.read_picture(number);
    if (const auto* error = std::get_if<ledger::ReadError>(&answer)) {
        ADD_FAILURE() << "picture " << number << ": " << error->message;
        return std::nullopt;
    }
    return std::move(std::get<std::optional<ledger::Snapshot>>(answer));
}

inline std::vector<ledger::PeakPicture> peaks_of(const std::string& path) {
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    auto answer = ledger::read_peaks([&fd](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return pread(fd.get(), to, bytes, static_cast<off_t>(offset));
    });
    if (const auto* error = std::get_if<ledger::ReadError>(&answer)) {
        ADD_FAILURE() << "peaks: " << error->message;
        return {};
    }
    return std::move(std::get<std::vector<ledger::PeakPicture>>(answer));
}

inline std::vector<ledger::Failure> failures_of(const std::string& path) {
    const auto answer = read_ledger(path, true);
    if (const auto* error = std::get_if<ledger::ReadError>(&answer)) {
        ADD_FAILURE() << error->message;
        return {};
    }
    return std::get<ledger::Snapshot>(answer).failures;
}

// All that a picture shows, in words.
inline std::string in_words(const ledger::Snapshot& shown) {
    std::string text = shown.one_moment ? "at once" : "blurred";
    std::map<uint64_t, std::string> rows;
    for (const ledger::Buffer& b : shown.buffers) {
        rows[b.id] = std::to_string(b.address) + " " + std::to_string(b.bytes_per_bank) + " x" +
                     std::to_string(b.banks) + " of " + std::to_string(b.account) + " context " +
                     std::to_string(b.context);
    }
    for (const auto& [id, row] : rows) {
        text += "; #" + std::to_string(id) + " " + row;
    }
    for (const ledger::Program& p : shown.programs) {
        text += "; program " + std::to_string(p.id);
        for (const ledger::CircularBuffer& b : p.circular_buffers) {
            text += " " + std::to_string(b.id) + "@" + std::to_string(b.address) + "+" + std::to_string(b.bytes);
        }
    }
    for (const ledger::ConfigRing& r : shown.config_rings) {
        text += "; ring " + std::to_string(r.base_address) + " " + std::to_string(r.capacity_bytes);
    }
    for (const ledger::Region& r : shown.regions) {
        text += "; region " + std::to_string(r.type) + " at " + std::to_string(r.address);
    }
    for (const ledger::Allocator& a : shown.allocators) {
        for (uint32_t account = 0; account < ledger::kBufferTypes; ++account) {
            text += "; total " + std::to_string(a.totals[account].buffers) + " " +
                    std::to_string(a.totals[account].bytes) + " peak " + std::to_string(a.totals[account].peak_bytes);
        }
    }
    return text;
}

}  // namespace ttmem::test
