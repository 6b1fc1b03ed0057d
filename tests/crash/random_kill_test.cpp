// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writers that never pause are killed at random moments. Each logs in shared memory how many events it has begun and
// finished; replaying its seed up to there gives the state before and the state after.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "ledger/write/writer.hpp"
#include "ledger_home.hpp"
#include "world.hpp"

namespace ttmem::test {
namespace {

using ledger::NewBuffer;
using ledger::ThreadSlot;
using ledger::Writer;

constexpr int kThreads = 3;
constexpr uint64_t kIdsOfAThread = uint64_t{1} << 40;

struct alignas(64) EventLog {
    std::atomic<uint64_t> begun{0};
    std::atomic<uint64_t> done{0};
};
struct Logs {
    std::array<EventLog, kThreads> threads;
    std::atomic<uint32_t> ready{0};
};

// A deterministic stream of events: which buffer is allocated or freed next depends on the seed alone.
class Script {
public:
    Script(uint64_t seed, int thread) : random_(seed), next_id_(kIdsOfAThread * static_cast<uint64_t>(thread + 1)) {}

    struct Event {
        bool frees;
        NewBuffer buffer;
    };
    Event next() {
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        if (count_ == kMost || (count_ > 0 && (random_ & 1) != 0)) {
            const size_t at = (random_ >> 8) % count_;
            const NewBuffer freed = live_[at];
            live_[at] = live_[--count_];
            return {true, freed};
        }
        NewBuffer b{};
        b.id = next_id_++;
        b.address = (random_ >> 20) & 0xffffffc0;
        b.requested_bytes = (random_ >> 30) & 0xfffff;
        b.bytes_per_bank = ((random_ >> 24) & 0xff) * 32;
        b.page_bytes = 32;
        b.banks = 64;
        b.device = ledger::kAllDevices;
        b.account = static_cast<uint8_t>((random_ >> 50) % 2);
        b.type = b.account;
        b.layout = ledger::kLayoutSharded;
        live_[count_++] = b;
        return {false, b};
    }

private:
    static constexpr size_t kMost = 64;
    uint64_t random_;
    uint64_t next_id_;
    std::array<NewBuffer, kMost> live_{};
    size_t count_ = 0;
};

void run_events(Writer& writer, ThreadSlot& slot, uint64_t seed, int thread, EventLog& log) {
    Script script(seed, thread);
    for (uint64_t number = 1;; ++number) {
        const Script::Event event = script.next();
        log.begun.store(number, std::memory_order_release);
        if (event.frees) {
            writer.buffers().free(slot, event.buffer.id);
        } else {
            writer.buffers().allocate(slot, event.buffer);
        }
        log.done.store(number, std::memory_order_release);
    }
}

[[noreturn]] void run_child(uint64_t seed, int threads, Logs& logs) {
    auto* writer = new Writer;
    ledger::FileError error;
    if (!writer->start("random kill", ledger::kBuffersPerExtent, error)) {
        _exit(3);
    }
    ThreadSlot slot;
    writer->shards().attach_thread(slot);
    ledger::DeviceRecord device{};
    const uint32_t index = writer->devices().describe(device);
    const ledger::BankGeometry geometry[ledger::kBufferTypes] = {};
    writer->allocators().open(slot, {-1, ledger::kNone, &index, 1, geometry});
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) {
        others.emplace_back([writer, seed, i, &logs] {
            ThreadSlot own;
            writer->shards().attach_thread(own);
            run_events(*writer, own, seed + static_cast<uint64_t>(i) * 77, i, logs.threads[static_cast<size_t>(i)]);
        });
    }
    logs.ready = 1;
    run_events(*writer, slot, seed, 0, logs.threads[0]);
    _exit(0);
}

// The rows of one thread's buffers after `events` of its script, and the figures they add up to.
World replay(uint64_t seed, int thread, uint64_t events) {
    Script script(seed, thread);
    World world;
    for (uint64_t i = 0; i < events; ++i) {
        const Script::Event event = script.next();
        const NewBuffer& b = event.buffer;
        if (event.frees) {
            world.free(b.id);
        } else {
            world.allocate(b.id, Row{b.address, b.requested_bytes, b.bytes_per_bank, b.banks, 0, b.account, b.type,
                                     b.layout, b.page_bytes});
        }
    }
    return world;
}

World rows_of_thread(const World& all, int thread) {
    World part;
    for (const auto& [id, row] : all.rows) {
        if (id / kIdsOfAThread == static_cast<uint64_t>(thread + 1)) {
            part.rows.emplace(id, row);
        }
    }
    return part;
}

struct Tally {
    int kills = 0;
    int inside = 0;
};

void kill_once(const LedgerHome& home, uint64_t seed, int threads, std::mt19937_64& random, Tally& tally) {
    home.clear();
    Shared<Logs> logs;
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        run_child(seed, threads, *logs);
    }
    while (logs->ready == 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 700));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ++tally.kills;

    const auto answer = read_ledger(home.ledger(), true);
    ASSERT_TRUE(std::holds_alternative<ledger::Snapshot>(answer)) << std::get<ledger::ReadError>(answer).message;
    const World found = world_of(std::get<ledger::Snapshot>(answer));
    bool inside = false;
    for (int thread = 0; thread < threads; ++thread) {
        EventLog& log = logs->threads[static_cast<size_t>(thread)];
        const uint64_t begun = log.begun;
        const uint64_t done = log.done;
        inside = inside || begun > done;
        const uint64_t own_seed = seed + static_cast<uint64_t>(thread) * 77;
        const World before = replay(own_seed, thread, done);
        const World after = replay(own_seed, thread, begun);
        if (threads == 1) {  // figures and exact peaks as well
            ASSERT_TRUE(found == before || found == after)
                << "event " << begun << "\n  before: " << difference(before, found)
                << "\n  after: " << difference(after, found);
        } else {
            const World part = rows_of_thread(found, thread);
            ASSERT_TRUE(part.rows == before.rows || part.rows == after.rows)
                << "thread " << thread << " event " << begun;
        }
    }
    Figures sums[2];
    for (const auto& [id, row] : found.rows) {
        Figures& sum = sums[std::get<5>(row)];
        ++sum.buffers;
        sum.bytes += std::get<2>(row) * std::get<3>(row);
        sum.requested += std::get<1>(row);
    }
    for (const auto& [key, figures] : found.figures) {
        ASSERT_EQ(figures.bytes, sums[key.second].bytes);
        ASSERT_EQ(figures.requested, sums[key.second].requested);
        ASSERT_EQ(figures.buffers, sums[key.second].buffers);
        ASSERT_GE(figures.peak, figures.bytes);
    }
    tally.inside += inside ? 1 : 0;
}

void kill_many(int threads, int kills, int least_inside) {
    const LedgerHome home;
    std::random_device device;
    const uint64_t seed = device();
    std::mt19937_64 random(seed);
    Tally tally;
    while (tally.kills < kills) {
        kill_once(home, random() | 1, threads, random, tally);
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    }
    std::printf("%d kills of %d-thread writers, %d inside an event (seed %llu)\n", tally.kills, threads, tally.inside,
                static_cast<unsigned long long>(seed));
    EXPECT_GE(tally.inside, least_inside) << "too few kills hit an event to show anything";
}

// The gate has a sample; `./test.sh --long` has all.
int share(int of_all) {
    return std::getenv("TTMEM_LONG") != nullptr ? of_all : of_all / 4;
}

TEST(RandomKill, OneThread) {
    kill_many(1, share(700), share(140));
}

TEST(RandomKill, ThreeThreads) {
    kill_many(kThreads, share(300), share(60));
}

}  // namespace
}  // namespace ttmem::test
