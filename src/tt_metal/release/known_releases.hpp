// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Facts of ttnn's releases beside the names of functions (names.hpp, requirements.hpp): the releases that were looked
// into, by which function a family is known, and the offsets inside tt-metal's objects that no exported function gives.
//
//   where an object is read         releases that were looked into   checked before it is believed
//   Buffer (buffer_offsets.cpp)     0.65.0 to 0.78.0                 at start, against the library's own functions
//   DataflowBufferImpl              0.81.1                           against the program's own request and allocation
//   AllocatorImpl's arena           0.81.1                           its words are an arena's with the allocator's bounds
//
// A release outside of a row is not compared with any version: it is probed. An object of an older release is known to
// be another and is left alone; in a newer one, or in a build without a version, the same offsets are tried with reads
// that cannot fault (readable_memory.hpp), and figures are unknown until a check has agreed. `ttmem doctor` reports which
// of these a library can have, and whether they are known or probed. Standard headers only: the doctor reads this, too.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

#include "tt_metal/release/names.hpp"

namespace ttmem::tt_metal {

struct Version {
    uint32_t major = 0;
    uint32_t minor = 0;
    uint32_t patch = 0;

    auto operator<=>(const Version&) const = default;
    constexpr bool known() const noexcept { return *this != Version{}; }
};

// "0.81.1" and "0.82.0rc3.dev1" (taken as 0.82.0); 0.0.0 for every other text.
constexpr Version parse_version(const char* text) noexcept {
    Version version;
    uint32_t* const parts[] = {&version.major, &version.minor, &version.patch};
    for (size_t i = 0; i < 3; ++i) {
        if (*text < '0' || *text > '9') {
            return {};
        }
        for (; *text >= '0' && *text <= '9'; ++text) {
            *parts[i] = *parts[i] > 99'999 ? *parts[i] : *parts[i] * 10 + static_cast<uint32_t>(*text - '0');
        }
        if (i < 2 && *text++ != '.') {
            return {};
        }
    }
    return version;
}

// The wheels that scripts/compatibility.py runs. A newer one is tracked where it has what it needs.
inline constexpr const char* kOldestRelease = "0.66.0";
inline constexpr const char* kNewestRelease = "0.81.1";

// Releases of one kind, the newest first. A library belongs to the first whose function it exports.
struct Family {
    const char* mark;
    const char* name;
};
inline constexpr Family kFamilies[] = {
    {TTMEM_CREATE_AT, "0.79 and later"},
    {TTMEM_COMPILE_AND_ALLOCATE, "0.76 to 0.78"},
    {TTMEM_ALLOCATE_BUFFER, "0.66 to 0.75"},
    {TTMEM_065_ALLOCATE_BUFFER, "0.65"},
};

// How far offsets are believed in a release.
enum class LayoutTrust : uint8_t {
    kOther,  // an older release, whose objects are known to be others
    kProbe,  // newer or of no version: believed after a check, and read without trust until then
    kKnown   // looked into; checked all the same
};

// An object that is read at its offsets.
struct KnownLayout {
    const char* what;  // for people
    Version first;     // releases that were looked into
    Version last;
    const char* needs[3];  // functions that reading and checking it takes; nullptr: no more
};
inline constexpr KnownLayout kDataflowLayout{
    "dataflow buffers",
    {0, 81, 1},
    {0, 81, 1},
    {TTMEM_PROGRAM_DATAFLOW_BUFFERS, TTMEM_ADD_DATAFLOW_BUFFER, TTMEM_MARK_ADDRESS}};
inline constexpr KnownLayout kArenaLayout{"persistent L1 arenas from before tracking began",
                                          {0, 81, 1},
                                          {0, 81, 1},
                                          {TTMEM_ARENA_RANGES_ON, nullptr, nullptr}};
inline constexpr const KnownLayout* kLayouts[] = {&kDataflowLayout, &kArenaLayout};

constexpr LayoutTrust trust_in(const KnownLayout& layout, Version release) noexcept {
    if (release.known() && release < layout.first) {
        return LayoutTrust::kOther;
    }
    return release.known() && release <= layout.last ? LayoutTrust::kKnown : LayoutTrust::kProbe;
}

// Buffer, up to 0.78.0: the same in all of them (disassembly of is_dram, is_l1, num_pages and deallocate_impl in 0.65.0,
// 0.66.0, 0.67.0, 0.70.1, 0.75.0 and 0.78.0).
namespace buffer_offsets {
inline constexpr size_t kDevice = 0x10;
inline constexpr size_t kSize = 0x18;
inline constexpr size_t kType = 0x20;
inline constexpr size_t kPageSize = 0x58;
}  // namespace buffer_offsets

// DataflowBufferImpl of 0.81.1 (disassembly; each address and size was equal to the arguments of mark_address).
namespace dataflow_offsets {
inline constexpr size_t kId = 0;
inline constexpr size_t kCores = 0x10;  // CoreRangeSet
inline constexpr size_t kEntryBytes = 0x28;
inline constexpr size_t kEntries = 0x2c;
inline constexpr size_t kFormat = 0x42;  // tt::DataFormat, a byte (matmul and softmax in four data types)
inline constexpr size_t kBorrows = 0x72;
inline constexpr size_t kFirstAddress = 0xa8;  // first node of the map from core to address
inline constexpr size_t kNodeAddress = 0x20;   // in such a node
inline constexpr size_t kAlias = 0xfc;
inline constexpr size_t kBytes = kAlias + 1;  // that are read
// Offsets in the program's request (DataflowBufferConfig), which begins in the buffer at kEntryBytes.
inline constexpr size_t kConfigEntries = kEntries - kEntryBytes;
inline constexpr size_t kConfigBorrows = kBorrows - kEntryBytes;
}  // namespace dataflow_offsets

// PersistentL1Arena within AllocatorImpl, 0.81.1 (disassembly of ProgramImpl::reserve_program_local_l1). Where a release
// that is probed has none there, the arena is searched up to kSearched.
namespace arena_offsets {
inline constexpr size_t kInAllocator = 0x1a8;
inline constexpr size_t kSearched = 0x600;
}  // namespace arena_offsets

}  // namespace ttmem::tt_metal
