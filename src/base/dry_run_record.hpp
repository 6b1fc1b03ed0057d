// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How often the hooks of a dry run's processes stood in for a mock, reported to the dry run. A small file that the
// dry run makes and TT_ALLOC_DRY_RUN names; every process of the run maps it and adds to it. The reader takes it as
// foreign: a wrong size or magic is no record, and the figures are claims.
#pragma once

#include <atomic>
#include <cstdint>

namespace ttmem {

inline constexpr const char* kDryRunVariable = "TT_ALLOC_DRY_RUN";

enum class DryRunFigure : uint32_t {
    kTracesCaptured = 0,  // the size of their buffers is not known
    kTracesExecuted = 1,
    kEventWaits = 2,
    kSubDeviceLoads = 3,
    kGridsCorrected = 4,  // a mock's check of a program used another dispatch than the device has
    kReadsSkipped = 5,
    kPartialLaunches = 6,  // of a workload on a part of a mesh
    kChipsNotAsked = 7,    // meshes of a ttnn that does not say whether a chip is a mock: nothing stands in there
};
inline constexpr uint32_t kDryRunFigures = 16;
inline constexpr uint64_t kDryRunMagic = 0x315944544d454d54;  // "TMEMTDY1" as bytes in the file

struct DryRunRecord {
    uint64_t magic;                                 // written by the dry run before the command starts
    std::atomic<uint64_t> figures[kDryRunFigures];  // by DryRunFigure; relaxed
};
static_assert(sizeof(DryRunRecord) == 8 + 8 * kDryRunFigures);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

}  // namespace ttmem
