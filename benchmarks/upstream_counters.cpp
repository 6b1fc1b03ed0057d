// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "upstream_counters.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace ttmem::bench {

namespace {

constexpr const char* kClass = "_ZN2tt8tt_metal25SharedMemoryStatsProvider";
constexpr size_t kProviderBytes = 64 * 1024;  // more than the object has in any release

// The region's process table, versions 2 to 4: 64 entries of 120 bytes, a pid and five counters.
constexpr size_t kProcesses = 856;
constexpr size_t kProcessBytes = 120;
constexpr size_t kProcessCount = 64;
constexpr size_t kKinds = 5;

template <typename Function>
Function member(void* library, const char* rest) {
    const std::string name = std::string(kClass) + rest;
    void* found = dlsym(library, name.c_str());
    if (found == nullptr) {
        throw std::runtime_error("libtt_metal.so has no " + name);
    }
    return reinterpret_cast<Function>(found);
}

template <typename T>
T value_at(const std::vector<char>& bytes, size_t offset) {
    T value{};
    if (offset + sizeof value > bytes.size()) {
        throw std::runtime_error("upstream's region is smaller than its layout");
    }
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

}  // namespace

UpstreamCounters::UpstreamCounters(const std::string& libtt_metal) : pid_(getpid()) {
    void* library = dlopen(libtt_metal.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        throw std::runtime_error(dlerror());
    }
    const auto construct = member<Construct>(library, "C1Emibb");
    destroy_ = member<Destroy>(library, "D1Ev");
    record_allocation_ = member<Record>(library, "17record_allocationEimNS0_13ShmBufferTypeEj");
    record_deallocation_ = member<Record>(library, "19record_deallocationEimNS0_13ShmBufferTypeEj");

    // An id that no chip has: each region belongs to one run.
    const uint64_t asic_id = uint64_t{0xbe0c} << 48 | static_cast<uint32_t>(pid_);
    region_ = "/dev/shm/tt_device_" + std::to_string(asic_id) + "_memory";
    provider_ = std::calloc(1, kProviderBytes);
    if (provider_ == nullptr) {
        throw std::bad_alloc();
    }
    // As stock ttnn runs it: figures for each process, not verbose.
    construct(provider_, asic_id, 0, false, false);

    constexpr uint64_t kProbe = 4096;
    allocate(0, kProbe);
    const int64_t with = bytes_of_this_process();
    free(0, kProbe);
    const int64_t without = bytes_of_this_process();
    if (with != int64_t{kProbe} || without != 0) {
        throw std::runtime_error("upstream's region does not count this process (" + std::to_string(with) + " and " +
                                 std::to_string(without) + " bytes where " + std::to_string(kProbe) + " and 0 belong)");
    }
}

UpstreamCounters::~UpstreamCounters() {
    destroy_(provider_);
    std::free(provider_);
    unlink(region_.c_str());
}

int64_t UpstreamCounters::bytes_of_this_process() const {
    std::ifstream file(region_, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto version = value_at<uint32_t>(bytes, 0);
    if (version < 2 || version > 4) {
        throw std::runtime_error("upstream's region has version " + std::to_string(version) + ", 2 to 4 are known");
    }
    for (size_t i = 0; i < kProcessCount; ++i) {
        const size_t entry = kProcesses + i * kProcessBytes;
        if (value_at<int32_t>(bytes, entry) == pid_) {
            int64_t sum = 0;
            for (size_t kind = 0; kind < kKinds; ++kind) {
                sum += value_at<int64_t>(bytes, entry + 8 + kind * 8);
            }
            return sum;
        }
    }
    return -1;
}

void restart_with_library_path(const std::string& libtt_metal, char** argv) {
    constexpr const char* kDone = "EVENT_COST_RESTARTED";
    if (std::getenv(kDone) != nullptr) {
        unsetenv(kDone);  // not for the workers that this process starts
        return;
    }
    // .../site-packages/ttnn/build/lib/libtt_metal.so and .../site-packages/ttnn.libs
    const std::filesystem::path folder = std::filesystem::absolute(libtt_metal).parent_path();
    const std::filesystem::path packages = folder.parent_path().parent_path().parent_path();
    std::string path = folder.string() + ":" + (packages / "ttnn.libs").string();
    if (const char* before = std::getenv("LD_LIBRARY_PATH"); before != nullptr && *before != '\0') {
        path += std::string(":") + before;
    }
    setenv("LD_LIBRARY_PATH", path.c_str(), 1);
    setenv(kDone, "1", 1);
    execv("/proc/self/exe", argv);
    std::perror("restarting with LD_LIBRARY_PATH");
    std::exit(1);
}

}  // namespace ttmem::bench
