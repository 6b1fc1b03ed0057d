// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The kinds of device memory, and bytes that may be unknown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ttmem::api {

using Bytes = std::optional<uint64_t>;

// The kinds of device memory that tt-metal's allocators hand out.
enum class MemoryKind : uint8_t { kDram, kL1, kL1Small, kTrace };
inline constexpr size_t kMemoryKinds = 4;
inline constexpr std::array<MemoryKind, kMemoryKinds> kAllMemoryKinds = {MemoryKind::kDram, MemoryKind::kL1,
                                                                         MemoryKind::kL1Small, MemoryKind::kTrace};

template <typename T>
struct PerKind {
    std::array<T, kMemoryKinds> values{};
    T& operator[](MemoryKind kind) { return values[static_cast<size_t>(kind)]; }
    const T& operator[](MemoryKind kind) const { return values[static_cast<size_t>(kind)]; }
};

std::string_view to_string(MemoryKind kind);

}  // namespace ttmem::api
