// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How much an answer reads and copies, in bytes, calls and rows: what time cannot show on a machine that others use.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "inventory/inventory.hpp"
#include "inventory/test_support.hpp"
#include "ledger/format.hpp"
#include "output/json.hpp"

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
    BufferPage page(const api::Model& model, const BufferQuery& query) { return inventory_->page(model, query); }

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

// As for a scraper: lists of two processes of one user, and room for one of them.
TEST(ReadingWork, ListsForSpaceAreBoundedForEachUser) {
    LedgerBase base;
    const Child one([] { new TestWriter(600, 1); });
    const Child two([] { new TestWriter(500, 2); });
    ASSERT_TRUE(one.ready() && two.ready());
    Inventory inventory({base.path(), TelemetryUse::kOff});
    const auto known = [&](uint64_t rows) {
        size_t spaces = 0;
        uint64_t buffers = 0;
        const auto model = inventory.refresh({.depth = Depth::kSpace, .space_rows = rows});
        for (const api::Device& device : model->devices) {
            const api::MemoryUse& use = device.memory[MemoryKind::kDram];
            EXPECT_EQ(use.largest_buffer_bytes_per_bank, kPerBank);
            spaces += use.largest_free_bytes_per_bank ? 1 : 0;
            buffers += use.buffers.value_or(0);
        }
        EXPECT_EQ(buffers, 1100u) << "totals need no list";
        return spaces;
    };
    EXPECT_EQ(known(499), 0u);
    EXPECT_EQ(known(1099), 1u);
    // A list that was read and still holds costs nothing more, so the other one has its turn.
    EXPECT_EQ(known(1099), 2u);
    Inventory fresh({base.path(), TelemetryUse::kOff});
    const auto model = fresh.refresh({.depth = Depth::kSpace, .space_rows = 1100});
    for (const api::Device& device : model->devices) {
        EXPECT_EQ(device.memory[MemoryKind::kDram].largest_free_bytes_per_bank,
                  testing::kBankBytes - device.memory[MemoryKind::kDram].buffers.value_or(0) * kPerBank);
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

// Without its time, which two readings of a ledger convert from the processor's clock by measures of their own.
std::string row_text(const api::Buffer& buffer, const api::Model& model) {
    nlohmann::ordered_json row = api::to_json(buffer, model);
    row.erase("allocated_at_ns");
    return row.dump();
}

// The result of a query over a model with all buffers, row by row: how many match, their bytes, and the page as JSON.
struct Expected {
    size_t matching = 0;
    uint64_t bytes = 0;
    std::vector<std::string> rows;
};

Expected found_in(const api::Model& model, const BufferQuery& query) {
    Expected found;
    for (const api::Buffer& buffer : model.buffers) {
        const std::vector<api::DeviceIndex>& on = buffer.devices;
        if ((query.pid && model.processes[buffer.process].pid != static_cast<int>(*query.pid)) ||
            (query.device && std::find(on.begin(), on.end(), *query.device) == on.end()) ||
            (query.kind && api::to_string(buffer.kind) != *query.kind) ||
            (query.address &&
             (*query.address < buffer.address || *query.address >= buffer.address + buffer.bytes_per_bank))) {
            continue;
        }
        if (found.matching >= query.offset && found.matching < query.offset + query.limit) {
            found.rows.push_back(row_text(buffer, model));
        }
        found.bytes += buffer.allocated_bytes * on.size();
        ++found.matching;
    }
    return found;
}

TEST(ReadingWork, APageIsThatPartOfTheList) {
    LedgerBase base;
    const Child first([] { hold(300); });
    const Child second([] {
        hold(150);
        auto* const writer = new TestWriter(1);
        writer->place(writer->allocator(), 9000, kBaseAddress, ledger::kAccountCircularBuffer);
        writer->place(writer->allocator(), 9001, kBaseAddress, ledger::kAccountL1Small);
    });
    ASSERT_TRUE(first.ready() && second.ready());
    const auto whole = Inventory({base.path(), TelemetryUse::kOff}).refresh({.depth = Depth::kBuffers});
    ASSERT_GE(whole->buffers.size(), 450u);
    Inventory inventory({base.path(), TelemetryUse::kOff});
    const auto model = inventory.refresh({.depth = Depth::kRows});
    EXPECT_TRUE(model->buffers.empty());
    size_t pages_with_rows = 0;
    for (const std::optional<int64_t> pid : {std::optional<int64_t>(), std::optional<int64_t>(second.pid())}) {
        for (const std::optional<api::DeviceIndex> device :
             {std::optional<api::DeviceIndex>(), std::optional(api::DeviceIndex(0))}) {
            for (const char* kind : {"", "l1", "dram", "trace"}) {
                for (const std::optional<uint64_t> address :
                     {std::optional<uint64_t>(), std::optional<uint64_t>(kBaseAddress + 40 * kPerBank)}) {
                    for (const size_t offset : {size_t{0}, size_t{10}, size_t{295}, size_t{449}, size_t{5000}}) {
                        const BufferQuery query{pid,     device, *kind == 0 ? std::nullopt : std::optional(kind),
                                                address, offset, 20};
                        const BufferPage page = inventory.page(*model, query);
                        const Expected expected = found_in(*whole, query);
                        EXPECT_EQ(page.matching, expected.matching);
                        EXPECT_EQ(page.matching_allocated_bytes, expected.bytes);
                        std::vector<std::string> rows;
                        for (const api::Buffer& buffer : page.model.buffers) {
                            rows.push_back(row_text(buffer, page.model));
                        }
                        EXPECT_TRUE(rows == expected.rows) << "from row " << offset << " of " << kind;
                        pages_with_rows += rows.empty() ? 0 : 1;
                    }
                }
            }
        }
    }
    EXPECT_GT(pages_with_rows, 20u);
}

TEST(ReadingWork, APageLooksAtItsRowsAloneAndIsReadOnce) {
    LedgerBase base;
    for (const uint64_t buffers : {uint64_t{20'000}, uint64_t{40'000}}) {
        const Child child([&] { hold(buffers); });
        ASSERT_TRUE(child.ready());
        std::string ledger;
        for (const std::string& path : base.ledgers()) {
            ledger = path.find("/" + std::to_string(child.pid()) + "-") != std::string::npos ? path : ledger;
        }
        Counted counted(ledger);
        const uint64_t list = buffers * kRowBytes;
        auto model = counted.refresh({.depth = Depth::kRows});
        EXPECT_GE(counted.work.bytes, list) << "or the test counts nothing";
        for (const size_t offset : {uint64_t{0}, buffers - 1000}) {
            const BufferPage page = counted.page(*model, {.offset = offset, .limit = 1000});
            EXPECT_EQ(page.matching, buffers);
            EXPECT_EQ(page.model.buffers.size(), 1000u);
            EXPECT_EQ(page.looked_at, 1000u);
        }
        counted.refresh({.keep_lists = true});
        model = counted.refresh({.depth = Depth::kRows});
        EXPECT_LT(counted.work.bytes, list / 10) << "the list was there";
        EXPECT_EQ(counted.page(*model, {.limit = 1}).matching, buffers);
        counted.refresh({});
        counted.refresh({.depth = Depth::kRows});
        EXPECT_GE(counted.work.bytes, list) << "nothing said that it was to stay";
    }
}

}  // namespace
}  // namespace ttmem::inventory
