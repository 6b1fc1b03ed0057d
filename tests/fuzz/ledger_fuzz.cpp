// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds the ledger's reader with arbitrary files, also with files that change or shrink between two copies.
//
// A ledger is large and mostly zeros, so an input does not hold its bytes but writes to an empty file:
//   byte 0      flags, see below
//   byte 1-2    size of the file in units of 16 bytes, modulo kMostUnits
//   then runs   3 bytes offset, 1 byte length, that many bytes
// make_seeds.py turns real files into inputs.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "ledger/read/peak_pictures.hpp"
#include "ledger/read/reader.hpp"

namespace {

using namespace ttmem::ledger;

enum Flags : uint8_t {
    kAsItIs = 1,   // else magic, ready word and version are set right, so that the reader looks further
    kSidecar = 2,  // the file is a sidecar
    kLive = 4,     // the second half of the runs is written while the file is read, one before each copy
    kShrinks = 8   // the file loses its second half at some copy
};

constexpr uint64_t kNonce = 0x0123456789abcdef;
constexpr size_t kMostUnits = 1 << 13;  // 128 KiB: more would only make each run slower

struct Run {
    uint64_t offset;
    std::span<const uint8_t> bytes;
};

// Checks an invariant of every value that the reader gives out, whatever bytes it was fed.
void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "the reader's answer is wrong: %s\n", what);
        std::abort();
    }
}

class FuzzedFile {
public:
    FuzzedFile(const uint8_t* data, size_t size) {
        flags_ = size > 0 ? data[0] : 0;
        const size_t units = size >= 3 ? (data[1] | size_t{data[2]} << 8) % kMostUnits : 0;
        bytes_.resize(units * 16);
        for (size_t at = 3; at + 4 <= size;) {
            const uint64_t offset = data[at] | uint64_t{data[at + 1]} << 8 | uint64_t{data[at + 2]} << 16;
            const size_t length = std::min<size_t>(data[at + 3], size - at - 4);
            runs_.push_back({offset, {data + at + 4, length}});
            at += 4 + length;
        }
        const size_t now = has(kLive) ? runs_.size() / 2 : runs_.size();
        while (next_ < now) {
            write(runs_[next_++]);
        }
        if (!has(kAsItIs)) {
            mend();
        }
    }

    bool has(Flags flag) const { return (flags_ & flag) != 0; }

    int64_t copy(uint64_t offset, void* to, uint64_t count) {
        if (has(kLive) && next_ < runs_.size()) {
            write(runs_[next_++]);
        }
        if (has(kShrinks) && ++copies_ == 1u + flags_ / 16u * 4u) {
            bytes_.resize(bytes_.size() / 2);
        }
        if (offset >= bytes_.size()) {
            return 0;
        }
        const uint64_t some = std::min<uint64_t>(count, bytes_.size() - offset);
        std::memcpy(to, bytes_.data() + offset, some);
        return static_cast<int64_t>(some);
    }

private:
    void write(const Run& run) {
        if (run.offset < bytes_.size()) {
            const size_t length = std::min<size_t>(run.bytes.size(), bytes_.size() - run.offset);
            std::memcpy(bytes_.data() + run.offset, run.bytes.data(), length);
        }
    }
    void mend() {
        if (bytes_.size() < 32) {
            return;
        }
        const uint16_t major = 1;
        std::memcpy(bytes_.data(), has(kSidecar) ? "TALLOCLD" : "TTALLOCL", 8);
        std::memcpy(bytes_.data() + 8, &major, sizeof major);
        if (has(kSidecar)) {
            std::memcpy(bytes_.data() + 16, &kNonce, sizeof kNonce);
        } else {
            std::memcpy(bytes_.data() + 16, "TT-READY", 8);
        }
    }

    uint8_t flags_ = 0;
    std::vector<uint8_t> bytes_;
    std::vector<Run> runs_;
    size_t next_ = 0;
    unsigned copies_ = 0;
};

void check(const Snapshot& snapshot, bool listed) {
    const size_t devices = snapshot.devices.size();
    const size_t allocators = snapshot.allocators.size();
    uint64_t buffers = 0;
    uint64_t bytes = 0;
    for (const Allocator& allocator : snapshot.allocators) {
        for (const uint32_t device : allocator.devices) {
            require(device < devices, "an allocator's device");
        }
        require(!allocator.parent || *allocator.parent < allocators, "an allocator's parent");
        for (const AccountTotals& totals : allocator.totals) {
            buffers += totals.buffers;
            bytes += totals.bytes;
            require(snapshot.picture || totals.peak_bytes >= totals.bytes, "a peak below its total");
        }
    }
    uint64_t rows = 0;
    for (const Buffer& row : snapshot.buffers) {
        require(row.allocator < allocators && (!row.device || *row.device < devices), "a row's place");
        require(row.account < kAccounts && row.type < kBufferTypes, "a row's kind");
        rows += row.allocated_bytes();
    }
    if (listed) {
        require(buffers == snapshot.buffers.size() + snapshot.unlisted_buffers, "list and totals disagree in number");
        require(snapshot.unlisted_buffers > 0 || bytes == rows, "list and totals disagree in bytes");
    }
    for (const Failure& failure : snapshot.failures) {
        require(!failure.allocator || *failure.allocator < allocators, "a failure's allocator");
    }
    for (const Program& program : snapshot.programs) {
        require(!program.allocator || *program.allocator < allocators, "a program's allocator");
        for (const uint32_t device : program.devices) {
            require(device < devices, "a program's device");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    FuzzedFile file(data, size);
    const ByteSource source = [&file](uint64_t offset, void* to, uint64_t count) {
        return file.copy(offset, to, count);
    };
    if (file.has(kSidecar)) {
        (void)read_sidecar(source, kNonce);
        return 0;
    }
    Reader reader = Reader::from_source(source);
    for (int bits = 0; bits < 8; ++bits) {
        ReadOptions options;
        options.buffers = (bits & 1) != 0;
        options.programs = (bits & 2) != 0;
        options.writer_halted = (bits & 4) != 0;
        options.patience_us = 0;
        const auto answer = reader.read(options);
        if (const auto* snapshot = std::get_if<Snapshot>(&answer)) {
            check(*snapshot, options.buffers);
        } else {
            require(!std::get<ReadError>(answer).message.empty(), "an error without a reason");
        }
    }
    for (const uint64_t number : {0u, 1u, 2u}) {
        const auto picture = reader.read_picture(number);
        if (const auto* shown = std::get_if<std::optional<Snapshot>>(&picture);
            shown != nullptr && shown->has_value()) {
            check(**shown, false);
        }
    }
    const auto peaks = read_peaks(source);
    if (const auto* listed = std::get_if<std::vector<PeakPicture>>(&peaks)) {
        for (const PeakPicture& peak : *listed) {
            require(peak.account < kAccounts, "a peak of no account");
        }
    }
    EventCursor cursor;
    for (int i = 0; i < 2; ++i) {
        (void)reader.read_events(cursor);
    }
    return 0;
}
