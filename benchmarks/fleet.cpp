// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A made-up machine room: processes that hold buffers on devices, for load tests and measurements. Each process keeps a
// ledger of its own under TT_ALLOC_LEDGER_DIR, as a tracked application does, and writes it through the client's C ABI.
// No Tenstorrent hardware and no tt-metal are involved.
//
//   fleet --processes 64 --devices 32 --buffers 100000      says "ready PID..." on stdout and stays until its stdin
//   ends
//
//   --processes N  --devices N   process p opens device p modulo the number of devices (and those after it with --mesh)
//   --buffers N                  live buffers of all processes together
//   --mesh N                     devices that a process opens as one mesh (default 1)
//   --rate N                     buffers that each process replaces in a second (default 0: nothing happens)
//   --steps N                    steps that each process marks in a second (default 0), where --rate is 0
//   --programs N                 programs that each process has loaded (default 4), each with two circular buffers
//   --mock                       devices without hardware; otherwise they have the PCI addresses and serials of
//                                tests/support/fake-kmd-tree ROOT n150 n150 n150 ..., so that telemetry joins them
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tt_alloc/client.h"

namespace {

constexpr uint32_t kDramBanks = 12;
constexpr uint32_t kL1Banks = 64;
constexpr uint64_t kDramBankBytes = 1'072'693'184;
constexpr uint64_t kL1BankBytes = 1'393'312;
constexpr uint64_t kFirstSerial = 0x010001851170C06C;  // of the fake tree's first n150
constexpr uint64_t kPage = 2048;

struct Fleet {
    uint32_t processes = 4;
    uint32_t devices = 4;
    uint32_t mesh = 1;
    uint32_t programs = 4;
    uint64_t buffers = 1000;
    uint64_t rate = 0;
    uint64_t steps = 0;
    bool mock = false;
};

tt_alloc_device describe(uint32_t number, bool mock) {
    tt_alloc_device device{};
    device.struct_size = sizeof device;
    device.logical_id = static_cast<int32_t>(number);
    device.arch = TT_ALLOC_ARCH_WORMHOLE_B0;
    device.flags = TT_ALLOC_DEVICE_UNIQUE_ID;
    device.unique_id = kFirstSerial + number;
    if (mock) {
        device.flags = TT_ALLOC_DEVICE_MOCK;
    } else {
        std::snprintf(device.pci, sizeof device.pci, "0000:%02x:00.0", (number + 1) & 0xff);
    }
    std::strcpy(device.board, "n150");
    device.dram_channels = kDramBanks;
    device.dram_channel_bytes = uint64_t{1} << 30;
    device.l1_cores = kL1Banks;
    device.l1_core_bytes = 1'499'136;
    return device;
}

// The holdings of one process. Every eighth buffer is in L1, as long as that has room.
class Holder {
public:
    Holder(const Fleet& fleet, uint32_t number) : fleet_(fleet), number_(number) {
        std::vector<uint32_t> devices;
        for (uint32_t i = 0; i < fleet.mesh; ++i) {
            const tt_alloc_device device = describe((number + i) % fleet.devices, fleet.mock);
            devices.push_back(tt_alloc_describe_device(&device));
        }
        tt_alloc_allocator allocator{};
        allocator.struct_size = sizeof allocator;
        allocator.mesh_id = fleet.mesh > 1 ? 1 : -1;
        allocator.parent = TT_ALLOC_NONE;
        allocator.device_count = static_cast<uint32_t>(devices.size());
        allocator.devices = devices.data();
        allocator.banks[TT_ALLOC_DRAM] = {kDramBankBytes, 0x40, kDramBanks, 32};
        allocator.banks[TT_ALLOC_L1] = {kL1BankBytes, 0x19000, kL1Banks, 32};
        allocator_ = tt_alloc_open_allocator(&allocator);
        const uint64_t share = fleet.buffers / fleet.processes;
        count_ = share + (number < fleet.buffers % fleet.processes ? 1 : 0);
        for (uint64_t i = 0; i < count_; ++i) {
            allocate(i);
        }
        for (uint32_t i = 0; i < fleet.programs; ++i) {
            load_program(i);
        }
    }

    // Until the parent ends this process.
    [[noreturn]] void work() {
        if (fleet_.rate == 0 || count_ == 0) {
            for (;;) {
                if (fleet_.steps == 0) {
                    pause();
                } else {
                    tt_alloc_step(nullptr);
                    usleep(static_cast<useconds_t>(1'000'000 / fleet_.steps));
                }
            }
        }
        for (uint64_t i = 0;; i = (i + 7919) % count_) {
            tt_alloc_buffer_freed(id(i));
            allocate(i);
            usleep(static_cast<useconds_t>(1'000'000 / fleet_.rate));
        }
    }

private:
    uint64_t id(uint64_t i) const { return (uint64_t{number_} << 32) + i + 1; }

    // Processes on one device lie side by side: the second one's addresses begin in the upper half.
    void allocate(uint64_t i) const {
        tt_alloc_buffer buffer{};
        const bool l1 = i % 8 == 7 && i * kPage / 8 < kL1BankBytes / 4;
        const uint64_t turn = number_ / fleet_.devices;
        buffer.id = id(i);
        buffer.type = l1 ? TT_ALLOC_L1 : TT_ALLOC_DRAM;
        buffer.banks = l1 ? kL1Banks : kDramBanks;
        buffer.bytes_per_bank = l1 ? kPage : kPage * (1 + i % 3);
        buffer.address = l1 ? 0x19000 + turn * (kL1BankBytes / 2 / kPage * kPage) + i / 8 * kPage
                            : 0x40 + turn * (uint64_t{1} << 28) + i * kPage * 3;
        buffer.requested_bytes = buffer.bytes_per_bank * buffer.banks;
        buffer.page_bytes = kPage;
        buffer.allocator = allocator_;
        buffer.device = TT_ALLOC_NONE;
        buffer.role = TT_ALLOC_ROLE_ALLOCATED;
        buffer.layout = TT_ALLOC_LAYOUT_INTERLEAVED;
        tt_alloc_buffer_allocated(&buffer);
    }

    void load_program(uint32_t number) const {
        const tt_alloc_core_range cores{0, 0, 7, 7};
        tt_alloc_circular_buffer circular[2]{};
        for (uint32_t i = 0; i < 2; ++i) {
            circular[i] = {i, 0x19000 + i * 8192, 8192, &cores, 1, 0};
        }
        tt_alloc_kernel kernel{};
        kernel.name = "reader";
        kernel.cores = &cores;
        kernel.core_ranges = 1;
        kernel.packed_bytes = 1024;
        kernel.processor = TT_ALLOC_PROCESSOR_DATA_MOVEMENT;
        tt_alloc_program program{};
        program.struct_size = sizeof program;
        program.allocator = allocator_;
        program.id = number + 1;
        program.device = TT_ALLOC_NONE;
        program.circular_buffers = circular;
        program.circular_buffer_count = 2;
        program.kernels = &kernel;
        program.kernel_count = 1;
        program.config_bytes = 2048;
        tt_alloc_program_launched(tt_alloc_program_loaded(&program));
    }

    const Fleet& fleet_;
    uint32_t number_;
    uint32_t allocator_ = TT_ALLOC_NONE;
    uint64_t count_ = 0;
};

template <typename Number>
bool parse(const char* text, Number& value, Number least) {
    const std::string_view word = text == nullptr ? "" : text;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc() && end == word.data() + word.size() && !word.empty() && value >= least;
}

bool parse_words(int argc, char** argv, Fleet& fleet) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--mock") {
            fleet.mock = true;
            continue;
        }
        const char* value = i + 1 < argc ? argv[++i] : nullptr;
        const bool good = word == "--processes"  ? parse(value, fleet.processes, 1u)
                          : word == "--devices"  ? parse(value, fleet.devices, 1u) && fleet.devices <= 255
                          : word == "--mesh"     ? parse(value, fleet.mesh, 1u)
                          : word == "--programs" ? parse(value, fleet.programs, 0u)
                          : word == "--buffers"  ? parse(value, fleet.buffers, uint64_t{0})
                          : word == "--rate"     ? parse(value, fleet.rate, uint64_t{0}) && fleet.rate <= 1'000'000
                          : word == "--steps"    ? parse(value, fleet.steps, uint64_t{0}) && fleet.steps <= 1'000'000
                                                 : false;
        if (!good) {
            std::fprintf(stderr, "fleet: what is %s %s? (the top of benchmarks/fleet.cpp lists the options)\n",
                         argv[i - (value == nullptr ? 0 : 1)], value == nullptr ? "" : value);
            return false;
        }
    }
    return fleet.mesh <= fleet.devices;
}

}  // namespace

int main(int argc, char** argv) {
    Fleet fleet;
    if (!parse_words(argc, argv, fleet)) {
        return 2;
    }
    if (!tt_alloc_tracking_on) {
        // The library looks at the environment as it is loaded.
        setenv("TT_ALLOC_TRACKING_ENABLED", "1", 1);
        execv("/proc/self/exe", argv);
        std::perror("fleet");
        return 1;
    }
    int ready[2];
    if (pipe(ready) != 0) {
        std::perror("fleet");
        return 1;
    }
    const pid_t parent = getpid();
    std::vector<pid_t> children;
    for (uint32_t number = 0; number < fleet.processes; ++number) {
        const pid_t pid = fork();
        if (pid == 0) {
            close(ready[0]);
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (getppid() != parent) {
                _exit(1);
            }
            Holder holder(fleet, number);
            const char done = 1;
            static_cast<void>(!write(ready[1], &done, 1));
            close(ready[1]);
            holder.work();
        }
        if (pid < 0) {
            std::perror("fleet: fork");
            break;
        }
        children.push_back(pid);
    }
    close(ready[1]);
    size_t holding = 0;
    for (char done = 0; read(ready[0], &done, 1) == 1;) {
        ++holding;
    }
    const bool all = holding == fleet.processes;
    if (all) {
        std::printf("ready");
        for (const pid_t pid : children) {
            std::printf(" %d", pid);
        }
        std::printf("\n");
        std::fflush(stdout);
        char block[256];
        while (read(STDIN_FILENO, block, sizeof block) > 0) {
        }
    } else {
        std::fprintf(stderr, "fleet: %zu of %u processes hold their buffers\n", holding, fleet.processes);
    }
    for (const pid_t pid : children) {
        kill(pid, SIGTERM);
    }
    for (const pid_t pid : children) {
        waitpid(pid, nullptr, 0);
    }
    return all ? 0 : 1;
}
