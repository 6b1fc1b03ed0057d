// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How much an answer reads and copies, in bytes, calls and rows: what time cannot show on a machine that others use.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "base/unique_fd.hpp"
#include "inventory/inventory.hpp"
#include "inventory/test_support.hpp"
#include "ledger/format.hpp"

namespace ttmem::inventory {
namespace {

using api::MemoryKind;
using testing::Child;
using testing::kBaseAddress;
using testing::kPerBank;
using testing::LedgerBase;
using testing::TestWriter;

// Each tenth buffer is in L1; between two of one kind there is a hole.
void hold(uint64_t buffers) {
    auto* const writer = new TestWriter(0);
    for (uint64_t i = 0; i < buffers; ++i) {
        const bool l1 = i % 10 == 9;
        writer->place(writer->allocator(), buffers - i, kBaseAddress + 2 * i * kPerBank,
                      l1 ? ledger::kAccountL1 : ledger::kAccountDram);
    }
}

struct Work {
    uint64_t calls = 0;
    uint64_t bytes = 0;
};

// An inventory of one process's ledger, which counts what it reads of it.
class Counted {
public:
    explicit Counted(const std::string& ledger) : fd_(open(ledger.c_str(), O_RDONLY | O_CLOEXEC)) {
        Settings settings;
        settings.telemetry = TelemetryUse::kOff;
        settings.others = false;
        settings.own = OwnLedger{ledger, [this](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
                                     const ssize_t got = pread(fd_.get(), to, bytes, static_cast<off_t>(offset));
                                     ++work.calls;
                                     work.bytes += got > 0 ? static_cast<uint64_t>(got) : 0;
                                     return got;
                                 }};
        inventory_ = std::make_unique<Inventory>(std::move(settings));
    }
    std::shared_ptr<const api::Model> refresh(const Request& request) {
        work = {};
        return inventory_->refresh(request);
    }
    const Inventory& inventory() const { return *inventory_; }

    Work work;

private:
    UniqueFd fd_;
    std::unique_ptr<Inventory> inventory_;
};

constexpr Request kSummary{.depth = Depth::kSpace, .programs = ProgramDepth::kL1};
constexpr uint64_t kRowBytes = sizeof(ledger::BufferRecord) + sizeof(ledger::BufferExtra);

TEST(ReadingWork, ASummaryReadsTheListOnceAndCopiesNoRow) {
    LedgerBase base;
    for (const uint64_t buffers : {uint64_t{20'000}, uint64_t{40'000}}) {
        const Child child([&] { hold(buffers); });
        ASSERT_TRUE(child.ready());
        std::string ledger;
        for (const std::string& path : base.ledgers()) {
            ledger = path.find("/" + std::to_string(child.pid()) + "-") != std::string::npos ? path : ledger;
        }
        Counted counted(ledger);
        const auto model = counted.refresh(kSummary);
        EXPECT_EQ(model->devices.at(0).memory[MemoryKind::kDram].buffers, buffers - buffers / 10);
        EXPECT_LE(model->buffers.size(), model->allocators.size()) << "those that pictures name alone";
        EXPECT_GE(counted.work.bytes, buffers * kRowBytes) << "or the test counts nothing";
        // The table grows by extents, so that it may have room for half as many rows again; all else is small.
        EXPECT_LE(counted.work.bytes, 2 * buffers * kRowBytes) << "the list is read once";
    }
}

TEST(ReadingWork, ASummaryIsThatOfTheWholeList) {
    LedgerBase base;
    const Child child([] { hold(1000); });
    ASSERT_TRUE(child.ready());
    Inventory inventory({base.path(), TelemetryUse::kOff});
    const auto whole = inventory.refresh({.depth = Depth::kBuffers, .programs = ProgramDepth::kL1});
    ASSERT_EQ(whole->buffers.size(), 1000u);
    for (int again = 0; again < 2; ++again) {  // read, and known from the last time
        const auto summary = inventory.refresh(kSummary);
        const api::L1Summary& known = *summary->devices.at(0).l1;
        const api::L1Summary& expected = *whole->devices.at(0).l1;
        EXPECT_EQ(known.dram, expected.dram);
        EXPECT_GT(known.dram.buffer_bytes, 0u);
        ASSERT_EQ(known.spaces.size(), expected.spaces.size());
        for (size_t i = 0; i < expected.spaces.size(); ++i) {
            EXPECT_EQ(known.spaces[i].block_count, expected.spaces[i].block_count);
            EXPECT_EQ(known.spaces[i].free_bytes_per_bank, expected.spaces[i].free_bytes_per_bank);
        }
        ASSERT_TRUE(known.gauge.lowest_buffer);
        EXPECT_EQ(summary->buffers.at(*known.gauge.lowest_buffer).id,
                  whole->buffers.at(*expected.gauge.lowest_buffer).id);
        for (const MemoryKind kind : api::kAllMemoryKinds) {
            const api::MemoryUse& use = summary->devices[0].memory[kind];
            const api::MemoryUse& other = whole->devices[0].memory[kind];
            EXPECT_EQ(use.largest_free_bytes_per_bank, other.largest_free_bytes_per_bank);
            EXPECT_EQ(use.lockstep_waste_bytes, other.lockstep_waste_bytes);
        }
    }
}

TEST(ReadingWork, RowsOneByOneAreThoseOfTheModel) {
    LedgerBase base;
    const Child child([] { hold(500); });
    ASSERT_TRUE(child.ready());
    const auto listed = Inventory({base.path(), TelemetryUse::kOff}).refresh({.depth = Depth::kBuffers});
    Inventory inventory({base.path(), TelemetryUse::kOff});
    const auto model = inventory.refresh({.depth = Depth::kRows, .programs = ProgramDepth::kL1});
    EXPECT_LE(model->buffers.size(), model->allocators.size());
    size_t row = 0;
    inventory.each_buffer(0, [&](const api::Buffer& buffer, const api::Context*, const api::Tensor*) {
        ASSERT_LT(row, listed->buffers.size());
        const api::Buffer& expected = listed->buffers[row++];
        EXPECT_EQ(buffer.id, expected.id);
        EXPECT_EQ(buffer.kind, expected.kind);
        EXPECT_EQ(buffer.address, expected.address);
        EXPECT_EQ(buffer.devices, expected.devices);
        EXPECT_EQ(buffer.allocated_bytes, expected.allocated_bytes);
        EXPECT_EQ(buffer.thread, expected.thread);
        EXPECT_EQ(buffer.program_cache, expected.program_cache);
    });
    EXPECT_EQ(row, 500u);
}

}  // namespace
}  // namespace ttmem::inventory
