// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/dry_run.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/errno_keeper.hpp"
#include "base/fork_lock.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr int kFirstChip = 0;

std::atomic<DryRunRecord*> g_record{nullptr};  // mapped until the process ends; only the answer yes sets it
std::atomic<bool> g_mesh_opened{false};

struct Capture {
    const MeshDeviceImpl* mesh = nullptr;
    uint8_t queue = 0;
    uint32_t trace = 0;
};
std::array<Capture, 64> g_captures;  // a device has two queues at most, and programs few meshes
ForkLock g_lock;

Capture* find_capture(const MeshDeviceImpl* mesh, uint8_t queue) noexcept {
    for (Capture& capture : g_captures) {
        if (capture.mesh == mesh && (mesh == nullptr || capture.queue == queue)) {
            return &capture;
        }
    }
    return nullptr;
}

bool names_something(const char* variable) noexcept {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

// Whether the environment asks for it, looked up once: most processes are no dry run, and some functions that ask are
// called for every read of a tensor.
bool environment_asks() noexcept {
    constexpr int kUnknown = 0;
    constexpr int kNo = 1;
    constexpr int kYes = 2;
    static std::atomic<int> known{kUnknown};
    int answer = known.load(std::memory_order_relaxed);
    if (answer == kUnknown) {
        answer = names_something(kDryRunVariable) && names_something("TT_METAL_MOCK_CLUSTER_DESC_PATH") ? kYes : kNo;
        known.store(answer, std::memory_order_relaxed);
    }
    return answer == kYes;
}

// tt-metal's context; nullptr where there is none. May throw what tt-metal throws.
void* context_of(const Api& api) {
    if (api.context != nullptr && api.context_exists != nullptr) {
        return api.context_exists(0) ? api.context(0) : nullptr;
    }
    return api.context_067 != nullptr ? api.context_067() : nullptr;
}

// Whether this release can be asked what a chip is (0.72.0 and later can).
bool chips_can_be_asked(const Api& api) noexcept {
    return api.cluster != nullptr && api.cluster_driver != nullptr && api.driver_chip != nullptr &&
           api.mock_chip_vtable != nullptr;
}

// The chip itself says what it is: its class is the driver's MockChip. Chips that cannot be asked are none.
bool chip_is_a_mock(const Api& api) noexcept {
    if (!chips_can_be_asked(api)) {
        return false;
    }
    try {
        void* const context = context_of(api);
        const void* const cluster = context != nullptr ? api.cluster(context) : nullptr;
        const void* const* driver = cluster != nullptr ? api.cluster_driver(cluster) : nullptr;
        const void* const chip =
            driver != nullptr && *driver != nullptr ? api.driver_chip(*driver, kFirstChip) : nullptr;
        const void* table = nullptr;
        if (chip != nullptr) {
            std::memcpy(&table, chip, sizeof table);
        }
        return table == api.mock_chip_vtable;
    } catch (...) {
        return false;
    }
}

DryRunRecord* map_record(const char* path) noexcept {
    const int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat is {};
    void* memory = MAP_FAILED;
    if (file >= 0 && fstat(file, &is) == 0 && S_ISREG(is.st_mode) && is.st_uid == geteuid() &&
        is.st_size == static_cast<off_t>(sizeof(DryRunRecord))) {
        memory = mmap(nullptr, sizeof(DryRunRecord), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (file >= 0) {
        close(file);
    }
    if (memory == MAP_FAILED) {
        return nullptr;
    }
    auto* record = static_cast<DryRunRecord*>(memory);
    if (record->magic != kDryRunMagic) {
        munmap(memory, sizeof(DryRunRecord));
        return nullptr;
    }
    return record;
}

}  // namespace

bool is_dry_run() noexcept {
    if (g_record.load(std::memory_order_acquire) != nullptr) {
        return true;
    }
    if (!environment_asks() || !g_mesh_opened.load(std::memory_order_acquire)) {
        return false;
    }
    const ErrnoKeeper keeper;
    if (!chip_is_a_mock(symbols().api)) {
        return false;
    }
    DryRunRecord* record = map_record(std::getenv(kDryRunVariable));
    if (record == nullptr) {
        return false;
    }
    DryRunRecord* before = nullptr;
    if (!g_record.compare_exchange_strong(before, record, std::memory_order_acq_rel)) {
        munmap(record, sizeof(DryRunRecord));
    }
    return true;
}

void dry_run_mesh_opened(const MeshDeviceImpl* mesh) noexcept {
    if (!environment_asks()) {
        return;
    }
    if (!chips_can_be_asked(symbols().api)) {
        const ErrnoKeeper keeper;
        if (DryRunRecord* record = map_record(std::getenv(kDryRunVariable))) {
            record->figures[static_cast<uint32_t>(DryRunFigure::kChipsNotAsked)].fetch_add(1,
                                                                                           std::memory_order_relaxed);
            munmap(record, sizeof(DryRunRecord));
        }
        return;
    }
    {
        const std::lock_guard guard(g_lock);
        for (Capture& capture : g_captures) {
            if (capture.mesh == mesh) {
                capture = {};
            }
        }
    }
    g_mesh_opened.store(true, std::memory_order_release);
}

bool dispatch_of_device(DispatchConfig& config) noexcept {
    const Api& api = symbols().api;
    if (api.dispatch_core_manager == nullptr || api.dispatch_config == nullptr) {
        return false;
    }
    try {
        void* const context = context_of(api);
        if (context == nullptr) {
            return false;
        }
        config = api.dispatch_config(api.dispatch_core_manager(context));
        return true;
    } catch (...) {  // no device is open now
        return false;
    }
}

CaptureStart start_capture(const MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId& trace) noexcept {
    const std::lock_guard guard(g_lock);
    if (find_capture(mesh, queue) != nullptr) {
        return CaptureStart::kBusy;
    }
    Capture* free = find_capture(nullptr, 0);
    if (free == nullptr) {
        return CaptureStart::kNoRoom;
    }
    *free = {mesh, queue, trace.value};
    return CaptureStart::kStarted;
}

bool end_capture(const MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId& trace) noexcept {
    const std::lock_guard guard(g_lock);
    Capture* capture = find_capture(mesh, queue);
    if (capture == nullptr || capture->trace != trace.value) {
        return false;
    }
    *capture = {};
    return true;
}

void count(DryRunFigure figure) noexcept {
    if (DryRunRecord* record = g_record.load(std::memory_order_acquire)) {
        record->figures[static_cast<uint32_t>(figure)].fetch_add(1, std::memory_order_relaxed);
    }
}

}  // namespace ttmem::tt_metal
