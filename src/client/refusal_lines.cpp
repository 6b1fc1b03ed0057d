// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "client/refusal_lines.hpp"

#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/errno_keeper.hpp"
#include "client/contexts.hpp"
#include "client/tracker.hpp"

namespace ttmem::client {

namespace {

constexpr uint32_t kMostNamed = 3;
constexpr uint32_t kMostContextBytes = 48;  // of one name: three leave room for the other lines

// Printable text in a fixed place; what finds no room is left out.
class LineWriter {
public:
    LineWriter(char* to, uint32_t room) noexcept : to_(to), room_(room) { to_[0] = '\0'; }

    // Whole, or nothing of it. False: there was no room.
    __attribute__((format(printf, 2, 3))) bool add(const char* format, ...) noexcept {
        va_list arguments;
        va_start(arguments, format);
        const int bytes = std::vsnprintf(to_ + used_, room_ - used_, format, arguments);
        va_end(arguments);
        if (bytes < 0 || static_cast<uint32_t>(bytes) >= room_ - used_) {
            to_[used_] = '\0';
            return false;
        }
        for (char* at = to_ + used_; *at != '\0'; ++at) {
            *at = (*at >= ' ' && *at < 0x7f) || *at == '\n' ? *at : '?';
        }
        used_ += static_cast<uint32_t>(bytes);
        return true;
    }
    uint32_t used() const noexcept { return used_; }

private:
    char* to_;
    uint32_t room_;
    uint32_t used_ = 0;
};

struct Amount {
    char text[24];
};

// "1.5 MiB", as `ttmem` prints bytes.
Amount amount(uint64_t bytes) noexcept {
    Amount to{};
    if (bytes == UINT64_MAX) {
        std::snprintf(to.text, sizeof to.text, "-");
        return to;
    }
    constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        std::snprintf(to.text, sizeof to.text, "%llu B", static_cast<unsigned long long>(bytes));
        return to;
    }
    unsigned unit = 0;
    double value = static_cast<double>(bytes) / 1024;
    while (value >= 1023.95 && unit < 5) {
        value /= 1024;
        ++unit;
    }
    std::snprintf(to.text, sizeof to.text, "%.1f %s", value, kUnits[unit]);
    return to;
}

const char* name_of(uint32_t account) noexcept {
    constexpr const char* kNames[] = {"DRAM", "L1", "SYSTEM_MEMORY", "L1_SMALL", "TRACE"};
    return account < 5 ? kNames[account] : "memory";
}

void add_first_line(LineWriter& line, const RefusalFigures& figures) noexcept {
    if (figures.refused == Refused::kBuffer) {
        line.add("\nttmem: %s wanted in each of %u banks of %s, %s free in a bank, largest hole %s",
                 amount(figures.wanted_per_bank).text, figures.banks, name_of(figures.account),
                 amount(figures.free_per_bank).text, amount(figures.largest_free_per_bank).text);
        return;
    }
    const uint64_t missing =
        figures.end_address > figures.limit_address ? figures.end_address - figures.limit_address : 0;
    const auto wanted = static_cast<unsigned long long>(figures.end_address);
    const auto limit = static_cast<unsigned long long>(figures.limit_address);
    const auto too_many = static_cast<unsigned long long>(missing);
    switch (figures.refused) {
        case Refused::kProgramOfRing:
            line.add("\nttmem: the program takes %llu bytes of the kernel-config ring, which has %llu: %llu too many",
                     wanted, limit, too_many);
            break;
        case Refused::kTrace:
            line.add("\nttmem: the trace takes %llu bytes of the trace region, which has %llu: %llu too many", wanted,
                     limit, too_many);
            break;
        default:
            line.add("\nttmem: circular buffers end at %llu, %s at %llu: %llu bytes too many on a core", wanted,
                     figures.refused == Refused::kProgramByBuffer ? "an L1 buffer begins" : "L1 ends", limit, too_many);
    }
}

void add_holders(LineWriter& line, const RefusalFigures& figures, ledger::Writer& writer) noexcept {
    ledger::HolderRecord sums[kMostNamed];
    const uint32_t found =
        writer.tables().buffers.largest_contexts(figures.allocator, figures.account, sums, kMostNamed);
    for (uint32_t i = 0; i < found; ++i) {
        char name[kMostContextBytes];
        if (!describe_context(sums[i].context, name, sizeof name)) {
            std::snprintf(name, sizeof name, "unknown");
        }
        line.add("%s%s in %u by %s", i == 0 ? "\nttmem: held: " : ", ", amount(sums[i].bytes).text, sums[i].buffers,
                 name);
    }
}

}  // namespace

bool refusals_are_explained() noexcept {
    const char* word = std::getenv("TT_ALLOC_EXPLAIN");
    return word == nullptr || std::strcmp(word, "0") != 0;
}

uint32_t refusal_lines(const RefusalFigures& figures, char* to) noexcept {
    const ErrnoKeeper keeper;
    ledger::Writer* writer = own_writer();
    if (writer == nullptr || tt_alloc_tracking_on == 0) {
        return 0;
    }
    LineWriter line(to, kMostRefusalLineBytes);
    add_first_line(line, figures);
    if (figures.refused == Refused::kBuffer || figures.refused == Refused::kProgramByBuffer) {
        add_holders(line, figures, *writer);
    }
    line.add("\nttmem: `ttmem why %d` says what would help", static_cast<int>(getpid()));
    return line.used();
}

}  // namespace ttmem::client
