// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Measures the recorder's cost of an event, without ttnn: a process made here writes events through the client's C ABI,
// and this process records it as `ttmem record` does. Prints one JSON object: events, the recorder's processor time and
// the bytes of the file for each, and how many were lost.
//
//   record_cost [--events N] [--threads N] [--rate N] [--programs N] [--keep FILE]
//
//   --events N   of all threads together (default 2,000,000)
//   --threads N  of the recorded process (default 1)
//   --rate N     events a second of each thread (default 300,000, as a loop of ttnn.empty and del makes; 0: at full speed)
//   --programs N that each thread loads as it allocates first, and launches again at each later allocation, in turn
//                (default 300, about as many as a decoder's operations have)
//   --keep FILE  where the recording stays; never a file that exists
//
// The events are those of a decoder: layers that allocate activations of a few shapes, freed in turn while weights stay.
// A program has five circular buffers and three kernels.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "recorder/session.hpp"
#include "tt_alloc/client.h"

namespace {

struct Load {
    uint64_t events = 2'000'000;
    uint32_t threads = 1;
    uint64_t rate = 300'000;
    uint64_t programs = 300;
    std::string keep;
};

constexpr uint32_t kBanks = 12;
constexpr uint32_t kLayers = 32;
constexpr uint64_t kPage = 2048;
// Pages of each tensor of a layer: projections, scores, attention, two of the feed-forward part, the residual.
constexpr std::array<uint64_t, 9> kPages{128, 128, 128, 512, 512, 128, 448, 448, 128};
constexpr size_t kAlive = 4;  // tensors of a layer that live at once
constexpr std::array<const char*, 3> kKernels{"reader_interleaved", "writer_interleaved", "eltwise_binary"};

uint64_t now_ns() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return static_cast<uint64_t>(at.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(at.tv_nsec);
}

uint32_t open_allocator() {
    tt_alloc_device device{};
    device.struct_size = sizeof device;
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
    allocator.banks[TT_ALLOC_DRAM] = {uint64_t{1} << 30, 0x40, kBanks, 32};
    allocator.banks[TT_ALLOC_L1] = {1'393'312, 0x19000, 64, 32};
    return tt_alloc_open_allocator(&allocator);
}

void allocate(uint32_t allocator, uint64_t id, uint64_t pages, uint64_t address) {
    tt_alloc_buffer buffer{};
    buffer.id = id;
    buffer.address = address;
    buffer.requested_bytes = pages * kPage;
    buffer.bytes_per_bank = (pages + kBanks - 1) / kBanks * kPage;
    buffer.allocator = allocator;
    buffer.banks = kBanks;
    buffer.page_bytes = kPage;
    buffer.device = TT_ALLOC_NONE;
    buffer.type = TT_ALLOC_DRAM;
    tt_alloc_buffer_allocated(&buffer);
}

// The handle of the program.
uint64_t load_program(uint32_t allocator, uint64_t id) {
    const tt_alloc_core_range cores{0, 0, 7, static_cast<uint16_t>(id % 8)};
    std::array<tt_alloc_circular_buffer, 5> buffers{};
    std::array<tt_alloc_kernel, kKernels.size()> kernels{};
    for (size_t i = 0; i < buffers.size(); ++i) {
        buffers[i] = {id * 8 + i, 0x19000 + i * 0x4000, 0x4000, &cores, 1, 0};
    }
    for (size_t i = 0; i < kernels.size(); ++i) {
        kernels[i].id = id * 8 + i;
        kernels[i].name = kKernels[i];
        kernels[i].cores = &cores;
        kernels[i].core_ranges = 1;
        kernels[i].packed_bytes = 2048;
        kernels[i].processor = i == 2 ? TT_ALLOC_PROCESSOR_COMPUTE : TT_ALLOC_PROCESSOR_DATA_MOVEMENT;
    }
    tt_alloc_program program{};
    program.struct_size = sizeof program;
    program.allocator = allocator;
    program.id = id;
    program.device = TT_ALLOC_NONE;
    program.circular_buffers = buffers.data();
    program.circular_buffer_count = buffers.size();
    program.kernels = kernels.data();
    program.kernel_count = kernels.size();
    program.config_bytes = 4096;
    return tt_alloc_program_loaded(&program);
}

// The work of a thread: a ring of live tensors, of which the oldest is freed as the next one is allocated.
void work(const Load& load, uint32_t allocator, uint32_t thread) {
    std::array<uint32_t, kLayers> scopes{};
    for (uint32_t i = 0; i < kLayers; ++i) {
        scopes[i] = tt_alloc_name_context(("decoder/layer " + std::to_string(i)).c_str());
    }
    const uint64_t pairs = load.events / load.threads / 2;
    const uint64_t first = uint64_t{thread} << 40;
    std::vector<uint64_t> programs;
    const uint64_t began = now_ns();
    for (uint64_t i = 0; i < pairs; ++i) {
        if (i % kPages.size() == 0) {
            tt_alloc_set_context(scopes[i / kPages.size() % kLayers]);
        }
        if (programs.size() < load.programs) {
            programs.push_back(load_program(allocator, first + i + 1));
        } else if (!programs.empty()) {
            tt_alloc_program_launched(programs[i % programs.size()]);
        }
        allocate(allocator, first + i + 1, kPages[i % kPages.size()], 0x100000 + i % (kAlive + 1) * 0x20000);
        if (i >= kAlive) {
            tt_alloc_buffer_freed(first + i + 1 - kAlive);
        }
        if (load.rate != 0 && i % 64 == 63) {
            const uint64_t due = began + i * 2'000'000'000 / load.rate;
            const uint64_t now = now_ns();
            if (due > now + 1'000'000) {
                std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
            }
        }
    }
}

int produce(const Load& load) {
    const uint32_t allocator = open_allocator();
    if (allocator == TT_ALLOC_NONE) {
        return 1;
    }
    for (uint64_t i = 0; i < 9 * kLayers; ++i) {
        allocate(allocator, (uint64_t{1} << 50) + i, 4096, 0x40000000 + i * 0x200000);
    }
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < load.threads; ++i) {
        threads.emplace_back(work, std::cref(load), allocator, i);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    return 0;
}

double processor_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

pid_t start_producer(char** words) {
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("TT_ALLOC_TRACKING_ENABLED", "1", 1);
        setenv("TT_ALLOC_RING_EVENTS", "32768", 0);
        setenv("TTMEM_RECORD_COST_PRODUCES", "1", 1);
        execv("/proc/self/exe", words);
        _exit(127);
    }
    return pid;
}

int record(char** words, const std::string& keep) {
    char folder[] = "/dev/shm/record-cost-XXXXXX";
    if (mkdtemp(folder) == nullptr) {
        return 1;
    }
    const std::string path = keep.empty() ? std::string(folder) + "/run.ttrec" : keep;
    setenv("TT_ALLOC_LEDGER_DIR", folder, 1);
    auto writer = ttmem::recording::Writer::create(path);
    if (!writer) {
        std::fprintf(stderr, "record_cost: %s\n", writer.error().message.c_str());
        rmdir(folder);
        return 1;
    }
    ttmem::recorder::Session session(std::move(writer.value()), {getpid(), true});
    const double before = processor_seconds();
    const uint64_t began = now_ns();
    const pid_t child = start_producer(words);
    int status = 0;
    bool ended = false;
    while (!ended || !session.all_ended()) {
        session.step();
        if (!ended && waitpid(child, &status, WNOHANG) == child) {
            ended = true;
            session.look_now();
        }
        poll(nullptr, 0, session.pause_ms());
    }
    const auto tally = session.finish();
    const double spent = processor_seconds() - before;
    const double seconds = static_cast<double>(now_ns() - began) / 1e9;
    const std::string remove = "rm -r " + std::string(folder);
    if (system(remove.c_str()) != 0 || !tally || status != 0 || tally.value().events == 0) {
        std::fprintf(stderr, "record_cost: the recording failed\n");
        return 1;
    }
    const auto events = static_cast<double>(tally.value().events);
    std::printf(
        "{\"events\": %.0f, \"missed\": %llu, \"seconds\": %.3f, \"recorder_processor_ns_an_event\": %.1f, "
        "\"file_bytes_an_event\": %.2f}\n",
        events, static_cast<unsigned long long>(tally.value().missed), seconds, spent / events * 1e9,
        static_cast<double>(tally.value().bytes) / events);
    return 0;
}

bool take_number(std::string_view text, uint64_t& to) {
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc() && at == text.data() + text.size();
}

}  // namespace

int main(int count, char** words) {
    Load load;
    for (int i = 1; i + 1 < count; i += 2) {
        uint64_t value = 0;
        const std::string_view name = words[i];
        if (name == "--keep") {
            load.keep = words[i + 1];
            continue;
        }
        if (!take_number(words[i + 1], value)) {
            return 2;
        }
        if (name == "--events") {
            load.events = value;
        } else if (name == "--threads" && value > 0 && value < 256) {
            load.threads = static_cast<uint32_t>(value);
        } else if (name == "--rate") {
            load.rate = value;
        } else if (name == "--programs") {
            load.programs = value;
        } else {
            return 2;
        }
    }
    return getenv("TTMEM_RECORD_COST_PRODUCES") != nullptr ? produce(load) : record(words, load.keep);
}
