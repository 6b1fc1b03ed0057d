// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "model/legacy_wire.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

namespace ttmem::api {
namespace {

// The bytes as they travel. No field needs packing: each stands on its natural boundary.
struct WireRequest {
    uint8_t type;
    uint8_t padding_1[3];
    int32_t device_id;
    uint64_t size;
    uint8_t buffer_type;
    uint8_t padding_2[3];
    int32_t process_id;
    uint64_t buffer_id;
    uint64_t timestamp;
};
static_assert(offsetof(WireRequest, type) == 0);
static_assert(offsetof(WireRequest, padding_1) == 1);
static_assert(offsetof(WireRequest, device_id) == 4);
static_assert(offsetof(WireRequest, size) == 8);
static_assert(offsetof(WireRequest, buffer_type) == 16);
static_assert(offsetof(WireRequest, padding_2) == 17);
static_assert(offsetof(WireRequest, process_id) == 20);
static_assert(offsetof(WireRequest, buffer_id) == 24);
static_assert(offsetof(WireRequest, timestamp) == 32);
static_assert(sizeof(WireRequest) == kLegacyRequestBytes);

struct WireUse {
    uint64_t dram_allocated;
    uint64_t l1_allocated;
    uint64_t l1_small_allocated;
    uint64_t trace_allocated;
};
static_assert(sizeof(WireUse) == 32);

struct WireDevice {
    uint64_t total_dram_size;
    uint64_t total_l1_size;
    uint32_t arch_type;
    uint32_t num_dram_channels;
    uint32_t dram_size_per_channel;
    uint32_t l1_size_per_core;
    uint32_t is_available;
    uint32_t num_devices;
};
static_assert(offsetof(WireDevice, arch_type) == 16);
static_assert(offsetof(WireDevice, num_dram_channels) == 20);
static_assert(offsetof(WireDevice, dram_size_per_channel) == 24);
static_assert(offsetof(WireDevice, l1_size_per_core) == 28);
static_assert(offsetof(WireDevice, is_available) == 32);
static_assert(offsetof(WireDevice, num_devices) == 36);
static_assert(sizeof(WireDevice) == 40);

struct Wire112 {
    WireRequest request;
    WireUse use;
    WireDevice device;
};
static_assert(offsetof(Wire112, use) == 40 && offsetof(Wire112, device) == 72 && sizeof(Wire112) == 112);

struct Wire128 {
    WireRequest request;
    WireUse use;
    uint64_t cb_allocated;
    uint64_t kernel_allocated;
    WireDevice device;
};
static_assert(offsetof(Wire128, use) == 40 && offsetof(Wire128, cb_allocated) == 72);
static_assert(offsetof(Wire128, kernel_allocated) == 80 && offsetof(Wire128, device) == 88 && sizeof(Wire128) == 128);

struct Wire144 {
    Wire128 common;
    uint32_t ringbuffer_total_size;
    uint32_t ringbuffer_used_bytes;
    uint32_t ringbuffer_num_programs;
    uint32_t padding_3;
};
static_assert(offsetof(Wire144, ringbuffer_total_size) == 128 && offsetof(Wire144, ringbuffer_used_bytes) == 132);
static_assert(offsetof(Wire144, ringbuffer_num_programs) == 136 && sizeof(Wire144) == 144);
static_assert(std::is_trivially_copyable_v<Wire112> && std::is_trivially_copyable_v<Wire144>);

// To little endian and back.
template <typename T>
T swapped(T value) {
    if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1) {
        return value;
    } else if constexpr (sizeof(T) == 4) {
        return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
    } else {
        return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
    }
}

WireRequest to_wire(const LegacyRequest& from) {
    WireRequest to{};
    to.type = from.type;
    to.device_id = swapped(from.device_id);
    to.size = swapped(from.size);
    to.buffer_type = from.buffer_type;
    to.process_id = swapped(from.process_id);
    to.buffer_id = swapped(from.buffer_id);
    to.timestamp = swapped(from.timestamp);
    return to;
}

WireUse use_to_wire(const LegacyMessage& from) {
    return {swapped(from.dram_allocated), swapped(from.l1_allocated), swapped(from.l1_small_allocated),
            swapped(from.trace_allocated)};
}

WireDevice device_to_wire(const LegacyMessage& from) {
    return {swapped(from.total_dram_size),
            swapped(from.total_l1_size),
            swapped(from.arch_type),
            swapped(from.num_dram_channels),
            swapped(from.dram_size_per_channel),
            swapped(from.l1_size_per_core),
            swapped(from.is_available),
            swapped(from.num_devices)};
}

void from_wire(const WireUse& from, LegacyMessage& to) {
    to.dram_allocated = swapped(from.dram_allocated);
    to.l1_allocated = swapped(from.l1_allocated);
    to.l1_small_allocated = swapped(from.l1_small_allocated);
    to.trace_allocated = swapped(from.trace_allocated);
}

void from_wire(const WireDevice& from, LegacyMessage& to) {
    to.total_dram_size = swapped(from.total_dram_size);
    to.total_l1_size = swapped(from.total_l1_size);
    to.arch_type = swapped(from.arch_type);
    to.num_dram_channels = swapped(from.num_dram_channels);
    to.dram_size_per_channel = swapped(from.dram_size_per_channel);
    to.l1_size_per_core = swapped(from.l1_size_per_core);
    to.is_available = swapped(from.is_available);
    to.num_devices = swapped(from.num_devices);
}

Wire128 to_wire_128(const LegacyMessage& from) {
    return {to_wire(from.request), use_to_wire(from), swapped(from.cb_allocated), swapped(from.kernel_allocated),
            device_to_wire(from)};
}

void from_wire(const Wire128& from, LegacyMessage& to) {
    from_wire(from.use, to);
    to.cb_allocated = swapped(from.cb_allocated);
    to.kernel_allocated = swapped(from.kernel_allocated);
    from_wire(from.device, to);
}

template <typename Wire>
Wire load(const std::byte* from) {
    Wire wire;
    std::memcpy(&wire, from, sizeof wire);
    return wire;
}

}  // namespace

LegacyRequest decode_legacy_request(const std::byte* from) {
    const auto wire = load<WireRequest>(from);
    LegacyRequest to;
    to.type = wire.type;
    to.device_id = swapped(wire.device_id);
    to.size = swapped(wire.size);
    to.buffer_type = wire.buffer_type;
    to.process_id = swapped(wire.process_id);
    to.buffer_id = swapped(wire.buffer_id);
    to.timestamp = swapped(wire.timestamp);
    return to;
}

bool legacy_padding_is_zero(const std::byte* from) {
    const auto wire = load<WireRequest>(from);
    return (wire.padding_1[0] | wire.padding_1[1] | wire.padding_1[2] | wire.padding_2[0] | wire.padding_2[1] |
            wire.padding_2[2]) == 0;
}

size_t encode_legacy(const LegacyMessage& message, LegacySize size, std::span<std::byte> to) {
    if (to.size() < bytes_of(size)) {
        return 0;
    }
    switch (size) {
        case LegacySize::k112: {
            const Wire112 wire{to_wire(message.request), use_to_wire(message), device_to_wire(message)};
            std::memcpy(to.data(), &wire, sizeof wire);
            return sizeof wire;
        }
        case LegacySize::k128: {
            const Wire128 wire = to_wire_128(message);
            std::memcpy(to.data(), &wire, sizeof wire);
            return sizeof wire;
        }
        case LegacySize::k144: {
            const Wire144 wire{to_wire_128(message), swapped(message.ringbuffer_total_size),
                               swapped(message.ringbuffer_used_bytes), swapped(message.ringbuffer_num_programs), 0};
            std::memcpy(to.data(), &wire, sizeof wire);
            return sizeof wire;
        }
    }
    return 0;
}

std::optional<LegacyMessage> decode_legacy(std::span<const std::byte> from, LegacySize size) {
    if (from.size() < bytes_of(size)) {
        return std::nullopt;
    }
    LegacyMessage to;
    to.request = decode_legacy_request(from.data());
    switch (size) {
        case LegacySize::k112: {
            const auto wire = load<Wire112>(from.data());
            from_wire(wire.use, to);
            from_wire(wire.device, to);
            break;
        }
        case LegacySize::k128:
            from_wire(load<Wire128>(from.data()), to);
            break;
        case LegacySize::k144: {
            const auto wire = load<Wire144>(from.data());
            from_wire(wire.common, to);
            to.ringbuffer_total_size = swapped(wire.ringbuffer_total_size);
            to.ringbuffer_used_bytes = swapped(wire.ringbuffer_used_bytes);
            to.ringbuffer_num_programs = swapped(wire.ringbuffer_num_programs);
            break;
        }
    }
    return to;
}

}  // namespace ttmem::api
