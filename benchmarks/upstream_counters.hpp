// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// tt-metal's own counters in shared memory, called in the libtt_metal.so of a ttnn wheel as that library calls them.
#pragma once

#include <cstdint>
#include <string>

namespace ttmem::bench {

// A counter file of upstream's for a chip that does not exist, removed at the end. allocate() and free() may be called
// from any thread. The constructor throws std::runtime_error when the library lacks what is needed, or when it
// does not keep figures for this process: then it would be a cheaper thing that is measured.
class UpstreamCounters {
public:
    explicit UpstreamCounters(const std::string& libtt_metal);
    ~UpstreamCounters();
    UpstreamCounters(const UpstreamCounters&) = delete;
    UpstreamCounters& operator=(const UpstreamCounters&) = delete;

    void allocate(uint64_t, uint64_t bytes) { record_allocation_(provider_, pid_, bytes, kDram, kChip); }
    void free(uint64_t, uint64_t bytes) { record_deallocation_(provider_, pid_, bytes, kDram, kChip); }

    // Bytes that the region holds for this process, all kinds together; -1 when the process is not in its table.
    int64_t bytes_of_this_process() const;

private:
    static constexpr uint8_t kDram = 0;
    static constexpr uint32_t kChip = 0;
    // SharedMemoryStatsProvider's members; `this` comes first.
    using Construct = void (*)(void*, uint64_t asic_id, int device_id, bool per_process_off, bool verbose);
    using Destroy = void (*)(void*);
    using Record = void (*)(void*, int pid, uint64_t bytes, uint8_t type, uint32_t chip);

    int pid_;
    void* provider_ = nullptr;
    Record record_allocation_ = nullptr;
    Record record_deallocation_ = nullptr;
    Destroy destroy_ = nullptr;
    std::string region_;
};

// Restarts this program with the library's folders on LD_LIBRARY_PATH, where the loader wants them from the start.
// Returns when that has happened already.
void restart_with_library_path(const std::string& libtt_metal, char** argv);

}  // namespace ttmem::bench
