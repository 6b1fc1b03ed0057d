// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Measures the cost of an event (a buffer comes, a buffer goes) for the application: through our client's C ABI, in
// upstream's counters and over the proof of concept's socket, in one process, one row after the other. run.py repeats
// it and compares rows of the same run; figures of different runs or machines say nothing.
//
//   event_cost [--libtt_metal=PATH] [--upstream_first] [--account=FILE] [Google Benchmark's options]
//
// Without a libtt_metal.so (the wheel's) the upstream rows are left out. With tracking off (TT_ALLOC_TRACKING_ENABLED
// unset) only the rows off/* run. --account: how many events each ledger must hold at the end, for the caller to check.
#include <benchmark/benchmark.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "patterns.hpp"
#include "socket_peer.hpp"
#include "tt_alloc/client.h"
#include "upstream_counters.hpp"
#include "workers.hpp"

namespace ttmem::bench {
namespace {

constexpr uint64_t kPairsOfTwo = 20'000;  // of each worker, in one measurement of two workers
constexpr int kRunsOfTwo = 25;
constexpr double kLeastOverlap = 0.9;
constexpr uint32_t kReportBatch = 1024;

uint64_t g_tracked_pairs = 0;  // an allocation and its free each, reported to this process's ledger

// A program with one allocator, reporting as the hooks do: the record is put together for each buffer.
class Tracked {
public:
    explicit Tracked(uint32_t device_count, uint32_t first_device = 0) {
        uint32_t devices[kMostDevices];
        for (uint32_t i = 0; i < device_count; ++i) {
            tt_alloc_device device{};
            device.struct_size = sizeof device;
            device.logical_id = static_cast<int32_t>(first_device + i);
            device.flags = TT_ALLOC_DEVICE_MOCK;
            device.arch = TT_ALLOC_ARCH_WORMHOLE_B0;
            std::strcpy(device.board, "n150");
            devices[i] = tt_alloc_describe_device(&device);
        }
        tt_alloc_allocator allocator{};
        allocator.struct_size = sizeof allocator;
        allocator.mesh_id = static_cast<int32_t>(first_device);
        allocator.parent = TT_ALLOC_NONE;
        allocator.device_count = device_count;
        allocator.devices = devices;
        allocator.banks[TT_ALLOC_DRAM] = {uint64_t{1} << 30, 64, kBanks, 64};
        allocator_ = tt_alloc_open_allocator(&allocator);
        if (allocator_ == TT_ALLOC_NONE) {
            throw std::runtime_error("the ledger took no allocator");
        }
    }
    ~Tracked() { tt_alloc_close_allocator(allocator_); }
    Tracked(const Tracked&) = delete;
    Tracked& operator=(const Tracked&) = delete;

    void allocate(uint64_t id, uint64_t bytes) const {
        tt_alloc_buffer buffer{};
        buffer.id = id;
        buffer.address = id % kAddresses << 6;
        buffer.requested_bytes = bytes;
        buffer.bytes_per_bank = bytes;
        buffer.allocator = allocator_;
        buffer.banks = kBanks;
        buffer.page_bytes = 2048;
        buffer.device = TT_ALLOC_NONE;
        buffer.type = TT_ALLOC_DRAM;
        buffer.role = TT_ALLOC_ROLE_ALLOCATED;
        buffer.layout = TT_ALLOC_LAYOUT_INTERLEAVED;
        tt_alloc_buffer_allocated(&buffer);
    }
    void free(uint64_t id, uint64_t) const { tt_alloc_buffer_freed(id); }

private:
    static constexpr uint32_t kMostDevices = 32;
    static constexpr uint32_t kBanks = 12;
    // An allocator gives addresses again: only while a program grows does a buffer reach further than all before it.
    static constexpr uint64_t kAddresses = 1 << 16;
    uint32_t allocator_;
};

// The peers of the rows; made in this order and ended in the reverse one.
struct Peers {
    std::unique_ptr<SocketPeer> socket;  // first: its reader is a fork of a process that has nothing yet
    std::unique_ptr<ProcessWorkers> processes;
    std::unique_ptr<Tracked> chip;
    std::unique_ptr<Tracked> mesh;
    std::unique_ptr<UpstreamCounters> upstream;
};
Peers* g_peers = nullptr;

// Ids never meet: every user counts from a base of its own.
struct alignas(64) Ids {
    uint64_t next;
};
Ids g_ids[kWorkers + 1] = {{uint64_t{1} << 40}, {uint64_t{2} << 40}, {1}};
uint64_t& single_ids() {
    return g_ids[kWorkers].next;
}

void report_events(benchmark::State& state, double events) {
    using benchmark::Counter;
    state.counters["s_per_event"] = Counter(events, Counter::kIsRate | Counter::kInvert);
}

template <typename Peer>
void alternate_row(benchmark::State& state, Peer& peer) {
    for (auto _ : state) {
        alternate(peer, single_ids(), 1);
    }
    report_events(state, 2.0 * static_cast<double>(state.iterations()));
}

template <typename Peer>
void random_row(benchmark::State& state, Peer& peer) {
    RandomFrees<Peer> frees(peer, single_ids());
    for (auto _ : state) {
        frees.step();
    }
    report_events(state, 2.0 * static_cast<double>(state.iterations()));
}

// The median of the runs in which the workers really worked at the same time: on a busy machine one of them may wait
// for its processor while the other runs alone, and that is not what the row is about. Without such a run there is no
// figure.
template <typename Run>
void row_of_two(benchmark::State& state, Run run) {
    std::vector<double> good;
    for (auto _ : state) {
        const RunOfTwo taken = run(kPairsOfTwo);
        state.SetIterationTime(taken.seconds);
        if (taken.overlap >= kLeastOverlap) {
            good.push_back(taken.seconds);
        }
    }
    state.counters["overlapping_runs"] = static_cast<double>(good.size());
    if (good.empty()) {
        state.SkipWithError("the two workers never ran at the same time: the machine is busy");
        return;
    }
    std::nth_element(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(good.size() / 2), good.end());
    state.counters["s_per_event"] = good[good.size() / 2] / (2.0 * kPairsOfTwo);
}

void tracked_alternate_row(benchmark::State& state, Tracked& tracked) {
    alternate_row(state, tracked);
    g_tracked_pairs += static_cast<uint64_t>(state.iterations());
}

void tracked_random_row(benchmark::State& state) {
    random_row(state, *g_peers->chip);
    g_tracked_pairs += static_cast<uint64_t>(state.iterations()) + kManyBuffers;
}

void tracked_threads_row(benchmark::State& state) {
    row_of_two(state, [](uint64_t pairs) {
        return run_in_threads([](uint32_t worker, uint64_t n) { alternate(*g_peers->chip, g_ids[worker].next, n); },
                              pairs);
    });
    g_tracked_pairs += static_cast<uint64_t>(state.iterations()) * kWorkers * (kPairsOfTwo + kWarmUpPairs);
}

void upstream_threads_row(benchmark::State& state) {
    row_of_two(state, [](uint64_t pairs) {
        return run_in_threads([](uint32_t worker, uint64_t n) { alternate(*g_peers->upstream, g_ids[worker].next, n); },
                              pairs);
    });
}

// The work of a worker process: the same as that of a thread, on a device and in a ledger of its own.
void work_alone(uint32_t worker, uint64_t pairs) {
    static const Tracked tracked(1);
    alternate(tracked, g_ids[worker].next, pairs);
}

double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A row of the six reports: batches of first reports and of their opposites, of which one half is timed.
template <typename Up, typename Down>
void report_row(benchmark::State& state, bool time_up, Up up, Down down) {
    uint64_t key = uint64_t{1} << 32;
    for (auto _ : state) {
        const double start = processor_seconds();
        for (uint32_t i = 0; i < kReportBatch; ++i) {
            up(key + i * 64);
        }
        const double middle = processor_seconds();
        for (uint32_t i = 0; i < kReportBatch; ++i) {
            down(key + i * 64);
        }
        const double end = processor_seconds();
        state.SetIterationTime(time_up ? middle - start : end - middle);
        key += kReportBatch * 64;
    }
    report_events(state, static_cast<double>(state.iterations() * kReportBatch));
    g_tracked_pairs += static_cast<uint64_t>(state.iterations()) * kReportBatch;
}

constexpr uint64_t kReportBytes = 4096;
void allocation(uint64_t key) {
    tt_alloc_report_allocation(0, kReportBytes, TT_ALLOC_DRAM, key);
}
void deallocation(uint64_t key) {
    tt_alloc_report_deallocation(0, key);
}
void cb_allocation(uint64_t key) {
    tt_alloc_report_cb_allocation(0, kReportBytes, key);
}
void cb_deallocation(uint64_t key) {
    tt_alloc_report_cb_deallocation(0, kReportBytes, key);
}
void kernel_load(uint64_t key) {
    tt_alloc_report_kernel_load(0, kReportBytes, key, TT_ALLOC_KERNEL_APPLICATION);
}
void kernel_unload(uint64_t key) {
    tt_alloc_report_kernel_unload(0, kReportBytes, key);
}

// Rows of one thread that never waits count its processor time, which others on the machine disturb less.
template <typename Row>
benchmark::internal::Benchmark* add(const char* name, Row row) {
    return benchmark::RegisterBenchmark(name, row);
}

void add_rows_of_two(const char* name, void (*row)(benchmark::State&)) {
    benchmark::RegisterBenchmark(name, row)->UseManualTime()->Iterations(kRunsOfTwo);
}

void add_report(const char* up_name, const char* down_name, void (*up)(uint64_t), void (*down)(uint64_t)) {
    for (const bool time_up : {true, false}) {
        benchmark::RegisterBenchmark(time_up ? up_name : down_name, [=](benchmark::State& state) {
            report_row(state, time_up, up, down);
        })->UseManualTime();
    }
}

// Rows that are compared stand next to each other, so that what else the machine does meets both.
void add_tracked_rows(bool upstream_first) {
    struct Row {
        void (*ours)();
        void (*upstream)();
    };
    static constexpr Row kRows[] = {
        {[] { add("alternate/ours", [](benchmark::State& s) { tracked_alternate_row(s, *g_peers->chip); }); },
         [] { add("alternate/upstream", [](benchmark::State& s) { alternate_row(s, *g_peers->upstream); }); }},
        {[] { add("random_10000/ours", tracked_random_row); },
         [] { add("random_10000/upstream", [](benchmark::State& s) { random_row(s, *g_peers->upstream); }); }},
        {[] { add_rows_of_two("two_threads/ours", tracked_threads_row); },
         [] { add_rows_of_two("two_threads/upstream", upstream_threads_row); }},
    };
    for (const Row& row : kRows) {
        if (upstream_first && g_peers->upstream != nullptr) {
            row.upstream();
        }
        row.ours();
        if (!upstream_first && g_peers->upstream != nullptr) {
            row.upstream();
        }
    }
    add_rows_of_two("two_processes/ours", [](benchmark::State& s) {
        row_of_two(s, [](uint64_t pairs) { return g_peers->processes->run(pairs); });
    });
    add("alternate_again/ours", [](benchmark::State& s) { tracked_alternate_row(s, *g_peers->chip); });
    add("mesh_of_32/ours", [](benchmark::State& s) { tracked_alternate_row(s, *g_peers->mesh); });
    add("alternate/socket", [](benchmark::State& s) { alternate_row(s, *g_peers->socket); })->UseRealTime();
    add_report("report_allocation/ours", "report_deallocation/ours", allocation, deallocation);
    add_report("report_cb_allocation/ours", "report_cb_deallocation/ours", cb_allocation, cb_deallocation);
    add_report("report_kernel_load/ours", "report_kernel_unload/ours", kernel_load, kernel_unload);
}

// Tracking off. The loop alone is a row as well: a branch costs less than counting its own loop.
void add_rows_off() {
    add("off/empty_loop", [](benchmark::State& state) {
        uint64_t key = 0;
        for (auto _ : state) {
            benchmark::DoNotOptimize(++key);
        }
        report_events(state, static_cast<double>(state.iterations()));
    });
    add("off/report_allocation", [](benchmark::State& state) {
        uint64_t key = 0;
        for (auto _ : state) {
            benchmark::DoNotOptimize(++key);
            tt_alloc_report_allocation(0, kReportBytes, TT_ALLOC_DRAM, key);
        }
        report_events(state, static_cast<double>(state.iterations()));
    });
    add("off/buffer_freed", [](benchmark::State& state) {
        uint64_t key = 0;
        for (auto _ : state) {
            benchmark::DoNotOptimize(++key);
            tt_alloc_buffer_freed(key);
        }
        report_events(state, static_cast<double>(state.iterations()));
    });
}

struct Options {
    std::string libtt_metal;
    std::string account;
    bool upstream_first = false;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view text = argv[i];
        if (text.starts_with("--libtt_metal=")) {
            options.libtt_metal = text.substr(text.find('=') + 1);
        } else if (text.starts_with("--account=")) {
            options.account = text.substr(text.find('=') + 1);
        } else if (text == "--upstream_first") {
            options.upstream_first = true;
        } else if (!text.starts_with("--benchmark_") && text != "--help") {
            throw std::runtime_error("unknown option " + std::string(text));
        }
    }
    return options;
}

void write_account(const std::string& path) {
    std::ofstream file(path);
    file << "{\"" << getpid() << "\": " << g_tracked_pairs;
    for (uint32_t i = 0; i < kWorkers; ++i) {
        file << ", \"" << g_peers->processes->pid(i) << "\": " << g_peers->processes->pairs_done();
    }
    file << "}\n";
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const bool tracking = tt_alloc_tracking_on != 0;
    Peers peers;
    g_peers = &peers;
    if (tracking) {
        if (!options.libtt_metal.empty()) {
            restart_with_library_path(options.libtt_metal, argv);
        }
        g_peers->socket = std::make_unique<SocketPeer>();
        g_peers->processes = std::make_unique<ProcessWorkers>();
        g_peers->chip = std::make_unique<Tracked>(1);
        g_peers->mesh = std::make_unique<Tracked>(32, 1);
        if (!options.libtt_metal.empty()) {
            g_peers->upstream = std::make_unique<UpstreamCounters>(options.libtt_metal);
        }
        add_tracked_rows(options.upstream_first);
    } else {
        add_rows_off();
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    if (tracking && !options.account.empty()) {
        write_account(options.account);
    }
    return 0;
}

}  // namespace
}  // namespace ttmem::bench

int main(int argc, char** argv) {
    if (ttmem::bench::is_worker(argc, argv)) {
        return ttmem::bench::serve_as_worker(argv, ttmem::bench::work_alone);
    }
    try {
        return ttmem::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "event_cost: %s\n", error.what());
        return 1;
    }
}
