// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// An inventory that follows ledgers reads again only those in which something happened. Whatever a process does, it
// must say what one says that looks for the first time.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "inventory/inventory.hpp"
#include "inventory/sidecar_names.hpp"
#include "inventory/test_support.hpp"
#include "ledger/read/reader.hpp"
#include "output/json.hpp"

namespace ttmem::inventory {
namespace {

using testing::Child;
using testing::kBaseAddress;
using testing::kPerBank;
using testing::LedgerBase;
using testing::TestWriter;

// A change that a process makes; each changes what a reader shows.
enum Change : char {
    kAllocate,
    kFree,
    kLoad,
    kLaunch,
    kMove,
    kUnload,
    kRing,
    kFillRing,
    kRegion,
    kFail,
    kStep,
    kReopen,
    kExit
};
constexpr std::array<Change, 13> kChanges{kAllocate, kFree,   kLoad, kLaunch, kMove,   kUnload, kRing,
                                          kFillRing, kRegion, kFail, kStep,   kReopen, kExit};

// A process that holds buffers and makes the changes that the test asks for.
class Worker {
public:
    explicit Worker(uint64_t unique_id, uint64_t first_address = kBaseAddress) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()) != 0) {
            std::abort();
        }
        child_ = std::make_unique<Child>([this, unique_id, first_address] {
            close(ends_[0]);
            work(unique_id, first_address);
        });
        close(ends_[1]);
    }
    ~Worker() { close(ends_[0]); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void make(Change change) const {
        char done = 0;
        ASSERT_EQ(write(ends_[0], &change, 1), 1);
        ASSERT_EQ(read(ends_[0], &done, 1), 1);
    }
    Child& child() { return *child_; }

private:
    void work(uint64_t unique_id, uint64_t address) const {
        auto* test = new TestWriter(0, unique_id);
        ledger::Writer& writer = test->writer();
        ledger::ThreadSlot slot;
        writer.shards().attach_thread(slot);
        uint32_t allocator = test->allocator();
        uint64_t id = 0;
        test->place(allocator, ++id, address);
        const ledger::CoreRange cores{0, 0, 3, 3};
        const ledger::NewCircularBuffer circular{1, 8192, 2048, &cores, 1, ledger::kCircularBufferGlobal};
        ledger::NewProgram program{};
        program.device = ledger::kAllDevices;
        program.config_bytes = 512;
        program.circular_buffers = &circular;
        program.circular_buffer_count = 1;
        ledger::NewRegion region{};
        region.buffer_type = 1;
        region.device = ledger::kAllDevices;
        region.type = 1;
        region.bytes = 4096;
        uint64_t handle = 0;
        uint64_t ring = 0;
        Child::say_ready();
        for (char change = 0; read(ends_[1], &change, 1) == 1;) {
            program.allocator = static_cast<uint16_t>(allocator);
            switch (change) {
                case kAllocate:
                    ++id;
                    test->place(allocator, id, address + id * kPerBank);
                    break;
                case kFree:
                    writer.buffers().free(slot, id--);
                    break;
                case kLoad:
                    ++program.id;
                    handle = writer.programs().load(slot, program);
                    break;
                case kLaunch:
                    writer.programs().launch(handle);
                    break;
                case kMove:
                    writer.programs().move_circular_buffer(handle, 0, 16384);
                    break;
                case kUnload:
                    writer.programs().unload(slot, handle);
                    break;
                case kRing:
                    ring = writer.layout().describe_config_ring({static_cast<uint16_t>(allocator), 0, 0, 4096, 70656});
                    break;
                case kFillRing:
                    writer.layout().set_config_ring(ring, {1024, 0, 1, 0});
                    break;
                case kRegion:
                    region.allocator = static_cast<uint16_t>(allocator);
                    writer.layout().describe_region(region);
                    break;
                case kFail:
                    writer.failures().refuse_buffer(slot,
                                                    {99, 0, 1, 1 << 30, 0, static_cast<uint16_t>(allocator), 4,
                                                     ledger::kAllDevices, ledger::kAccountDram, 0, 1, 0},
                                                    {.largest_free_per_bank = kPerBank});
                    break;
                case kStep:
                    writer.begin_step(slot, 0);
                    break;
                case kReopen:
                    writer.allocators().close(slot, allocator);
                    allocator = test->open(2, ledger::kNone);
                    id = 0;
                    break;
                case kExit:
                    writer.header().mark_exited();
                    break;
                default:
                    break;
            }
            static_cast<void>(!write(ends_[1], "d", 1));
        }
    }

    std::array<int, 2> ends_{};
    std::unique_ptr<Child> child_;
};

// The model as JSON without what may differ: the moment of the look, and the times of events, for which each reader
// measures the writer's clock again. `lists`: with the figures made from lists, which a reader that read lists has.
nlohmann::ordered_json comparable(const api::Model& model, bool lists) {
    nlohmann::ordered_json all = api::to_json(model);
    all.erase("time_ns");
    if (all.contains("buffers")) {
        for (auto& buffer : all["buffers"]) {
            buffer.erase("allocated_at_ns");
        }
    }
    for (auto& device : all["devices"]) {
        auto& memory = device["memory"];
        for (const char* kind : {"dram", "l1", "l1_small", "trace"}) {
            if (!lists) {
                memory[kind].erase("largest_free_bytes_per_bank");
                memory[kind].erase("lockstep_waste_bytes");
            }
        }
        if (!lists) {
            memory.erase("preallocated_bytes");
            memory["circular_buffers"].erase("headroom_bytes_per_core");
        }
    }
    return all;
}

class FollowingTest : public ::testing::Test {
protected:
    // In every way that views and programs ask.
    void expect_same(const std::string& when) {
        for (const Request& request : {Request{}, Request{Depth::kSpace}, Request{Depth::kBuffers}, Request{}}) {
            const bool lists = request.depth >= Depth::kSpace;
            const auto followed = comparable(*following_.refresh(request), lists);
            const auto fresh = comparable(*Inventory({base_.path(), TelemetryUse::kOff}).refresh(request), lists);
            EXPECT_EQ(nlohmann::ordered_json::diff(fresh, followed).dump(), "[]") << when;
        }
    }

    LedgerBase base_;
    Inventory following_{{base_.path(), TelemetryUse::kOff}};
};

TEST_F(FollowingTest, SaysWhatAFirstLookSays) {
    Worker one(1);
    Worker two(1, kBaseAddress + kPerBank / 2);  // on the same chip, and over half of the first one's bytes
    Worker other(2);
    expect_same("at first");
    expect_same("while nothing happens");
    for (const Change change : kChanges) {
        two.make(change);
        expect_same("after change " + std::to_string(change));
    }
    one.child().stop();
    expect_same("stopped");
    one.child().send(SIGCONT);
    other.child().kill_and_wait();
    expect_same("another died");
    one.make(kAllocate);
    expect_same("continued");
}

// Each change alone changes the stamp: no change is noticed by a full read only.
TEST_F(FollowingTest, AStampChangesWithEveryChange) {
    Worker worker(1);
    const std::vector<std::string> ledgers = base_.ledgers();
    ASSERT_EQ(ledgers.size(), 1u);
    ledger::Reader reader = ledger::Reader::from_fd(UniqueFd(open(ledgers[0].c_str(), O_RDONLY | O_CLOEXEC)));
    std::optional<uint64_t> before = reader.stamp();
    ASSERT_TRUE(before);
    EXPECT_EQ(reader.stamp(), before);
    for (const Change change : kChanges) {
        worker.make(change);
        const std::optional<uint64_t> after = reader.stamp();
        ASSERT_TRUE(after);
        EXPECT_NE(after, before) << "change " << static_cast<int>(change);
        EXPECT_EQ(reader.stamp(), after);
        before = after;
    }
}

TEST(Stamp, IsRefusedWhereAReadIs) {
    const std::string damaged(8192, 'x');
    ledger::Reader reader = ledger::Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        const uint64_t some = std::min<uint64_t>(bytes, damaged.size() - std::min<uint64_t>(offset, damaged.size()));
        std::memcpy(to, damaged.data() + offset, some);
        return static_cast<int64_t>(some);
    });
    EXPECT_FALSE(reader.stamp());
}

// A sidecar as a process writes it: records of one type, each a text.
void write_sidecar(const std::string& path, const std::vector<std::pair<uint32_t, std::string>>& exceptions) {
    std::string records;
    for (const auto& [id, text] : exceptions) {
        const ledger::SidecarRecord head{ledger::kSidecarException, id, static_cast<uint32_t>(text.size()), 0};
        records.append(reinterpret_cast<const char*>(&head), sizeof head);
        records += text;
        records.resize((records.size() + 7) / 8 * 8);
    }
    const uint64_t words[] = {ledger::kSidecarMagic,
                              ledger::kMajor | uint64_t{ledger::kMinor} << 16 | uint64_t{32} << 32, 7, records.size()};
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(words), sizeof words)
        .write(records.data(), static_cast<std::streamsize>(records.size()));
}

// Once the texts of exceptions have filled their share, later failures name texts that are in no sidecar. The file, of
// many megabytes then, is not read at each change of the ledger for them.
TEST(SidecarNames, TextsThatAreNotThereAreLookedForTwiceAtMost) {
    const LedgerBase base;
    const std::string file = base.path() + "/1.ledger";
    LedgerDirectory directory;
    directory.path = base.path();
    directory.owner = geteuid();
    directory.fd.reset(open(base.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ledger::Snapshot snapshot;
    const auto fail = [&](uint32_t exception) {
        ledger::Failure& failure = snapshot.failures.emplace_back();
        failure.number = snapshot.failures.size() - 1;
        failure.exception = exception;
    };
    SidecarNames names;
    const auto follow = [&] { names.follow(directory, "1.ledger", 7, snapshot); };
    write_sidecar(file + ".detail", {{1, "one"}});
    fail(1);
    fail(2);
    follow();
    EXPECT_EQ(names.exception(1), "one");
    follow();  // the holders of the memory may have been written after the failure
    write_sidecar(file + ".detail", {{1, "one"}, {2, "two"}});
    follow();
    EXPECT_EQ(names.exception(2), "") << "the file was read a third time for the same failures";
    fail(3);
    follow();
    EXPECT_EQ(names.exception(2), "two") << "a new failure is a reason to read";
}

}  // namespace
}  // namespace ttmem::inventory
