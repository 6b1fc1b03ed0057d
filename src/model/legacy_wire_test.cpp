// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "model/legacy_wire.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace ttmem::api {
namespace {

// Every field has a value of its own, so that two swapped fields show.
LegacyMessage full_message() {
    LegacyMessage m;
    m.request = {kLegacyKernelLoad, -3, 0x1122334455667788, 2, 0x01020304, 0x8877665544332211, 0xa1a2a3a4a5a6a7a8};
    m.dram_allocated = 0x0101010101010101;
    m.l1_allocated = 0x0202020202020202;
    m.l1_small_allocated = 0x0303030303030303;
    m.trace_allocated = 0x0404040404040404;
    m.cb_allocated = 0x0505050505050505;
    m.kernel_allocated = 0x0606060606060606;
    m.total_dram_size = 0x0707070707070707;
    m.total_l1_size = 0x0808080808080808;
    m.arch_type = 0x09090909;
    m.num_dram_channels = 0x0a0a0a0a;
    m.dram_size_per_channel = 0x0b0b0b0b;
    m.l1_size_per_core = 0x0c0c0c0c;
    m.is_available = 0x0d0d0d0d;
    m.num_devices = 0x0e0e0e0e;
    m.ringbuffer_total_size = 0x0f0f0f0f;
    m.ringbuffer_used_bytes = 0x10101010;
    m.ringbuffer_num_programs = 0x11111111;
    return m;
}

std::vector<std::byte> bytes(LegacySize size) {
    std::vector<std::byte> to(bytes_of(size), std::byte{0xee});
    EXPECT_EQ(encode_legacy(full_message(), size, to), bytes_of(size));
    return to;
}

uint64_t little(const std::vector<std::byte>& from, size_t offset, size_t count) {
    uint64_t value = 0;
    for (size_t i = count; i-- > 0;) {
        value = value << 8 | std::to_integer<uint64_t>(from.at(offset + i));
    }
    return value;
}

TEST(LegacyWire, CommonPartStandsAtTheSameOffsetsInEverySize) {
    for (const LegacySize size : kLegacySizes) {
        const auto m = bytes(size);
        EXPECT_EQ(little(m, 0, 4), 10u) << "type, then three bytes of zero";
        EXPECT_EQ(little(m, 4, 4), 0xfffffffdu);
        EXPECT_EQ(little(m, 8, 8), 0x1122334455667788u);
        EXPECT_EQ(little(m, 16, 4), 2u) << "buffer_type, then three bytes of zero";
        EXPECT_EQ(little(m, 20, 4), 0x01020304u);
        EXPECT_EQ(little(m, 24, 8), 0x8877665544332211u);
        EXPECT_EQ(little(m, 32, 8), 0xa1a2a3a4a5a6a7a8u);
        for (size_t i = 0; i < 4; ++i) {
            EXPECT_EQ(little(m, 40 + 8 * i, 1), i + 1);
        }
    }
}

TEST(LegacyWire, RestStandsWhereEachSizeHasIt) {
    const auto m112 = bytes(LegacySize::k112);
    const uint64_t from_112[] = {7, 8};
    for (size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(little(m112, 72 + 8 * i, 1), from_112[i]);
    }
    for (size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(little(m112, 88 + 4 * i, 1), 9 + i);
    }
    for (const LegacySize size : {LegacySize::k128, LegacySize::k144}) {
        const auto m = bytes(size);
        for (size_t i = 0; i < 4; ++i) {
            EXPECT_EQ(little(m, 72 + 8 * i, 1), 5 + i);
        }
        for (size_t i = 0; i < 6; ++i) {
            EXPECT_EQ(little(m, 104 + 4 * i, 1), 9 + i);
        }
    }
    const auto m144 = bytes(LegacySize::k144);
    EXPECT_EQ(little(m144, 128, 4), 0x0f0f0f0fu);
    EXPECT_EQ(little(m144, 132, 4), 0x10101010u);
    EXPECT_EQ(little(m144, 136, 4), 0x11111111u);
    EXPECT_EQ(little(m144, 140, 4), 0u);
}

TEST(LegacyWire, WhatIsWrittenIsReadBack) {
    LegacyMessage in_144 = full_message();
    LegacyMessage in_128 = in_144;
    in_128.ringbuffer_total_size = in_128.ringbuffer_used_bytes = in_128.ringbuffer_num_programs = 0;
    LegacyMessage in_112 = in_128;
    in_112.cb_allocated = in_112.kernel_allocated = 0;
    EXPECT_EQ(decode_legacy(bytes(LegacySize::k112), LegacySize::k112), in_112);
    EXPECT_EQ(decode_legacy(bytes(LegacySize::k128), LegacySize::k128), in_128);
    EXPECT_EQ(decode_legacy(bytes(LegacySize::k144), LegacySize::k144), in_144);
    EXPECT_EQ(decode_legacy_request(bytes(LegacySize::k112).data()), in_112.request);
}

TEST(LegacyWire, TooShortIsRefused) {
    std::array<std::byte, 144> room{};
    for (const LegacySize size : kLegacySizes) {
        const size_t bytes = bytes_of(size);
        EXPECT_EQ(encode_legacy(full_message(), size, std::span(room).first(bytes - 1)), 0u);
        EXPECT_FALSE(decode_legacy(std::span(room).first(bytes - 1), size));
    }
}

TEST(LegacyWire, PaddingIsSeen) {
    const auto clean = bytes(LegacySize::k112);
    EXPECT_TRUE(legacy_padding_is_zero(clean.data()));
    for (const size_t at : {1, 2, 3, 17, 18, 19}) {
        auto dirty = clean;
        dirty[at] = std::byte{1};
        EXPECT_FALSE(legacy_padding_is_zero(dirty.data())) << at;
    }
}

}  // namespace
}  // namespace ttmem::api
