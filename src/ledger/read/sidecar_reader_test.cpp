// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>

#include "ledger/read/reader.hpp"
#include "ledger/read/text.hpp"

namespace ttmem::ledger {
namespace {

constexpr uint64_t kNonce = 0x1122334455667788;

// A sidecar laid down from docs/ledger-format.md.
struct TestSidecar {
    TestSidecar() {
        bytes = "TALLOCLD";
        bytes.resize(32);
        put<uint16_t>(8, 1);
        put<uint32_t>(12, 32);
        put<uint64_t>(16, kNonce);
    }
    template <typename T>
    void put(size_t at, T value) {
        std::memcpy(bytes.data() + at, &value, sizeof value);
    }
    void add(uint32_t type, uint32_t id, const std::string& text) {
        const size_t at = bytes.size();
        bytes.resize(at + 16);
        put<uint32_t>(at, type);
        put<uint32_t>(at + 4, id);
        put<uint32_t>(at + 8, static_cast<uint32_t>(text.size()));
        bytes += text;
        bytes.resize((bytes.size() + 7) / 8 * 8);
        put<uint64_t>(24, bytes.size() - 32);
    }
    std::variant<Sidecar, ReadError> read() const {
        return read_sidecar(
            [this](uint64_t offset, void* to, uint64_t count) -> int64_t {
                const uint64_t some = offset >= bytes.size() ? 0 : std::min<uint64_t>(count, bytes.size() - offset);
                std::memcpy(to, bytes.data() + (some > 0 ? offset : 0), some);
                return static_cast<int64_t>(some);
            },
            kNonce);
    }
    std::string bytes;
};

TestSidecar healthy() {
    TestSidecar file;
    file.add(1, 0, std::string("python3\0-m\0pytest\0", 18));
    file.add(2, 5, "ttnn.matmul");
    file.add(99, 1, "of a newer version");
    file.add(3, 5, "a.py:1\nb.py:2");
    file.add(4, 7, "reader_unary");
    return file;
}

using Texts = std::vector<std::pair<uint32_t, std::string>>;

TEST(Sidecar, ReadsEveryType) {
    const auto answer = healthy().read();
    ASSERT_EQ(answer.index(), 0u);
    const Sidecar& sidecar = std::get<Sidecar>(answer);
    EXPECT_EQ(sidecar.command_line, (std::vector<std::string>{"python3", "-m", "pytest"}));
    EXPECT_EQ(sidecar.operations, (Texts{{5, "ttnn.matmul"}}));
    EXPECT_EQ(sidecar.stacks, (Texts{{5, "a.py:1\nb.py:2"}}));
    EXPECT_EQ(sidecar.kernel_names, (Texts{{7, "reader_unary"}}));
}

TEST(Sidecar, KeepsEmptyArguments) {
    TestSidecar file;
    file.add(1, 0, std::string("a\0\0b\0", 5));
    const auto answer = file.read();
    EXPECT_EQ(std::get<Sidecar>(answer).command_line, (std::vector<std::string>{"a", "", "b"}));
}

TEST(Sidecar, HalfWrittenTailIsNoDamage) {
    const TestSidecar whole = healthy();
    for (size_t length = 32; length < whole.bytes.size(); ++length) {
        TestSidecar cut = whole;
        cut.bytes.resize(length);
        const auto answer = cut.read();
        ASSERT_EQ(answer.index(), 0u) << "cut at " << length;
        EXPECT_TRUE(std::get<Sidecar>(answer).kernel_names.empty() || length + 8 > whole.bytes.size());
    }
}

TEST(Sidecar, RecordLongerThanTheFileEndsTheList) {
    TestSidecar file = healthy();
    file.put<uint32_t>(32 + 16 + 24 + 8, 0xfffffff0);
    const auto answer = file.read();
    ASSERT_EQ(answer.index(), 0u);
    EXPECT_EQ(std::get<Sidecar>(answer).command_line.size(), 3u);
    EXPECT_TRUE(std::get<Sidecar>(answer).operations.empty());
}

TEST(Sidecar, BytesUsedBeyondTheFileCostNothing) {
    TestSidecar file = healthy();
    file.put<uint64_t>(24, ~uint64_t{0});
    EXPECT_EQ(file.read().index(), 0u);
}

TEST(Sidecar, WhatTheHeaderGetsWrong) {
    const auto answer_to = [](void (*damage)(TestSidecar&)) {
        TestSidecar file = healthy();
        damage(file);
        const auto answer = file.read();
        return answer.index() == 1 ? std::optional(std::get<ReadError>(answer).failure) : std::nullopt;
    };
    EXPECT_EQ(answer_to([](TestSidecar& f) { f.bytes.clear(); }), ReadFailure::kStarting);
    EXPECT_EQ(answer_to([](TestSidecar& f) { f.bytes.resize(31); }), ReadFailure::kStarting);
    EXPECT_EQ(answer_to([](TestSidecar& f) { f.put<uint64_t>(0, 0); }), ReadFailure::kStarting);
    EXPECT_EQ(answer_to([](TestSidecar& f) { f.bytes[0] = 'x'; }), ReadFailure::kCorrupt);
    EXPECT_EQ(answer_to([](TestSidecar& f) { f.put<uint16_t>(8, 2); }), ReadFailure::kForeignVersion);
    EXPECT_EQ(answer_to([](TestSidecar& f) { f.put<uint32_t>(12, 16); }), ReadFailure::kCorrupt);
    EXPECT_EQ(answer_to([](TestSidecar& f) { f.put<uint64_t>(16, 1); }), ReadFailure::kCorrupt);
}

TEST(Text, InvalidBytesBecomeReplacementCharacters) {
    const std::string mark = "\xef\xbf\xbd";
    EXPECT_EQ(to_utf8("plain \t\n"), "plain ??");
    EXPECT_EQ(lines_to_utf8("a\tb\r\n\nc\xff\n"), "a\tb?\n\nc" + mark + "\n");
    EXPECT_EQ(to_utf8("h\xc3\xa4lt \xe2\x82\xac \xf0\x9f\x98\x80"), "h\xc3\xa4lt \xe2\x82\xac \xf0\x9f\x98\x80");
    EXPECT_EQ(to_utf8("\xff"), mark);
    EXPECT_EQ(to_utf8("a\xc3"), "a" + mark);                            // cut
    EXPECT_EQ(to_utf8("\xc0\xaf"), mark + mark);                        // overlong
    EXPECT_EQ(to_utf8("\xe0\x80\xaf"), mark + mark + mark);             // overlong
    EXPECT_EQ(to_utf8("\xed\xa0\x80"), mark + mark + mark);             // surrogate
    EXPECT_EQ(to_utf8("\xf4\x90\x80\x80"), mark + mark + mark + mark);  // above U+10FFFF
    EXPECT_EQ(to_utf8("\xe2\x82z"), mark + mark + "z");
}

}  // namespace
}  // namespace ttmem::ledger
