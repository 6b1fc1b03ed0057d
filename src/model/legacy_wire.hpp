// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The messages of the proof of concept's socket (docs/legacy-protocol.md): three sizes of one message, little endian,
// every field on its natural boundary. Plain data and pure functions; safe from any thread.
//
//            0      4       8          16     20      24         32         40 ... 71
//   all      type . device_ size ..... btype. process buffer_id  timestamp  dram l1 l1_small trace
//            72 ........ 87   88 ....... 103   104 ............................ 127   128 ........ 143
//   112      total_dram/l1    arch ... num_devices (to 111)
//   128      cb, kernel       total_dram/l1    arch ... num_devices
//   144      cb, kernel       total_dram/l1    arch ... num_devices             ring buffer
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ttmem::api {

enum class LegacySize : uint32_t { k112 = 112, k128 = 128, k144 = 144 };
inline constexpr LegacySize kLegacySizes[] = {LegacySize::k112, LegacySize::k128, LegacySize::k144};
inline constexpr size_t kSmallestLegacyMessage = 112;
inline constexpr size_t kLargestLegacyMessage = 144;
constexpr size_t bytes_of(LegacySize size) {
    return static_cast<size_t>(size);
}

// Values of LegacyMessage::type; others arrive too and are kept as they are.
enum LegacyType : uint8_t {
    kLegacyAlloc = 1,
    kLegacyFree = 2,
    kLegacyQuery = 3,
    kLegacyResponse = 4,
    kLegacyDumpRemaining = 5,
    kLegacyDeviceInfoQuery = 6,
    kLegacyDeviceInfoResponse = 7,
    kLegacyCbAlloc = 8,
    kLegacyCbFree = 9,
    kLegacyKernelLoad = 10,
    kLegacyKernelUnload = 11,
};
inline constexpr uint8_t kLastLegacyType = kLegacyKernelUnload;

// Values of LegacyMessage::buffer_type in ALLOC.
enum LegacyBufferType : uint8_t {
    kLegacyDram = 0,
    kLegacyL1 = 1,
    kLegacySystemMemory = 2,
    kLegacyL1Small = 3,
    kLegacyTrace = 4,
};
inline constexpr size_t kLegacyBufferTypes = 5;

// ... and in KERNEL_LOAD.
enum LegacyKernelType : uint8_t { kLegacyApplication = 0, kLegacyFabric = 1, kLegacyDispatch = 2 };
inline constexpr size_t kLegacyKernelTypes = 3;

// The first 40 bytes of every message, whatever its size: all fields of a report or a question.
struct LegacyRequest {
    uint8_t type = 0;
    int32_t device_id = 0;
    uint64_t size = 0;
    uint8_t buffer_type = 0;
    int32_t process_id = 0;  // as the sender claims
    uint64_t buffer_id = 0;
    uint64_t timestamp = 0;  // ns, the sender's clock
    bool operator==(const LegacyRequest&) const = default;
};
inline constexpr size_t kLegacyRequestBytes = 40;

// A whole message. Fields that a size has no room for are 0 after decoding and left out by encoding.
struct LegacyMessage {
    LegacyRequest request;
    uint64_t dram_allocated = 0;
    uint64_t l1_allocated = 0;
    uint64_t l1_small_allocated = 0;
    uint64_t trace_allocated = 0;
    uint64_t cb_allocated = 0;      // 128 and 144
    uint64_t kernel_allocated = 0;  // 128 and 144
    uint64_t total_dram_size = 0;
    uint64_t total_l1_size = 0;
    uint32_t arch_type = 0;  // 0 invalid, 1 Grayskull, 2 Wormhole_B0, 3 Blackhole, 4 Quasar
    uint32_t num_dram_channels = 0;
    uint32_t dram_size_per_channel = 0;
    uint32_t l1_size_per_core = 0;
    uint32_t is_available = 0;
    uint32_t num_devices = 0;
    uint32_t ringbuffer_total_size = 0;    // 144
    uint32_t ringbuffer_used_bytes = 0;    // 144
    uint32_t ringbuffer_num_programs = 0;  // 144
    bool operator==(const LegacyMessage&) const = default;
};

// Writes the message in that size. Gives the bytes written; 0 when `to` is too small.
size_t encode_legacy(const LegacyMessage& message, LegacySize size, std::span<std::byte> to);

// nullopt when `from` is shorter than the size.
std::optional<LegacyMessage> decode_legacy(std::span<const std::byte> from, LegacySize size);

// The common part. `from` holds kLegacyRequestBytes.
LegacyRequest decode_legacy_request(const std::byte* from);

// Whether the six padding bytes of the common part are all zero. `from` holds kLegacyRequestBytes.
bool legacy_padding_is_zero(const std::byte* from);

}  // namespace ttmem::api
