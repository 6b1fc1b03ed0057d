// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// An arena whose allocator was made before tracking began (the release's offset is right: tests/e2e/test_l1_arena.py).
#include "tt_metal/objects/arenas.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/host_line.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr uint64_t kBase = 105'824;
constexpr uint64_t kEnd = 1'499'136;
constexpr uint64_t kSmall = 16'384;
constexpr size_t kWord = arena_offsets::kInAllocator / sizeof(uint64_t);
constexpr size_t kOtherWord = 17;

int g_asked = 0;

Grid two_cores(const Device*) {
    return {2, 1};
}

std::vector<std::pair<uint64_t, uint64_t>> one_stretch(const Arena*, const Grid* core) {
    ++g_asked;
    return core->x == 1 ? std::vector<std::pair<uint64_t, uint64_t>>{{kBase, kBase + 64}}
                        : std::vector<std::pair<uint64_t, uint64_t>>{};
}

// An allocator's words, with an arena's in their place.
class FakeAllocator {
public:
    explicit FakeAllocator(size_t at = kWord) {
        counts_[2] = address(&words[at]);
        words[at] = address(&counts_[2]);
        words[at + 1] = address(&counts_[0]);
        words[at + 2] = kBase;
        words[at + 3] = kEnd - kSmall;
    }
    FakeAllocator(const FakeAllocator&) = delete;
    FakeAllocator& operator=(const FakeAllocator&) = delete;

    std::vector<Region> read(LayoutTrust trust = LayoutTrust::kKnown) const {
        Symbols symbols;
        symbols.arena_layout = trust;
        symbols.api.device_grid = two_cores;
        symbols.api.arena_ranges_on = one_stretch;
        std::vector<Chip> chips(1);
        chips[0].description.l1_core_bytes = kEnd;
        tt_alloc_banks banks[TT_ALLOC_BUFFER_TYPES]{};
        banks[TT_ALLOC_L1].base_address = kBase;
        banks[TT_ALLOC_L1_SMALL].bank_bytes = kSmall;
        g_asked = 0;
        return read_arena(symbols, reinterpret_cast<const Allocator*>(words.data()), banks, chips);
    }

    std::array<uint64_t, 128> words{};

private:
    static uint64_t address(const void* of) { return reinterpret_cast<uint64_t>(of); }
    std::array<uint64_t, 3> counts_{};
};

TEST(Arenas, IsReadWhereTheWordsAreAnArenas) {
    const FakeAllocator allocator;
    const std::vector<Region> regions = allocator.read();
    ASSERT_EQ(regions.size(), 1u);
    EXPECT_EQ(regions[0].description.address, kBase);
    EXPECT_EQ(regions[0].description.bytes, 64u);
    ASSERT_EQ(regions[0].cores.size(), 1u);
    EXPECT_EQ(regions[0].cores[0].start_x, 1u);
    EXPECT_EQ(regions[0].cores[0].end_x, 1u);
}

TEST(Arenas, IsSearchedInAReleaseThatWasNotLookedInto) {
    const FakeAllocator same;
    const FakeAllocator moved(kOtherWord);
    EXPECT_EQ(same.read(LayoutTrust::kProbe).size(), 1u);
    EXPECT_EQ(moved.read(LayoutTrust::kProbe).size(), 1u);
    EXPECT_TRUE(same.read(LayoutTrust::kOther).empty());
    EXPECT_EQ(g_asked, 0);
}

// Bounds that match, and words that point nowhere: the search goes on instead of faulting.
TEST(Arenas, ASearchSurvivesWordsThatAreNoPointers) {
    FakeAllocator allocator(kOtherWord);
    for (size_t at : {size_t{1}, size_t{9}}) {
        allocator.words[at] = 0x7770;
        allocator.words[at + 1] = 0x7760;
        allocator.words[at + 2] = kBase;
        allocator.words[at + 3] = kEnd - kSmall;
    }
    EXPECT_EQ(allocator.read(LayoutTrust::kProbe).size(), 1u);
}

TEST(Arenas, IsUnknownWhereTheyAreNot) {
    testing::internal::CaptureStderr();
    remember_stderr();  // captured: another file
    for (size_t word = 0; word < 4; ++word) {
        for (const uint64_t other : {uint64_t{0}, uint64_t{12345}}) {
            FakeAllocator allocator;
            allocator.words[kWord + word] = other;
            EXPECT_TRUE(allocator.read().empty()) << "word " << word << " is " << other;
            EXPECT_EQ(g_asked, 0) << "a foreign function got what may be no arena";
        }
    }
    FakeAllocator moved;  // like an arena, of another place
    FakeAllocator original;
    moved.words = original.words;
    EXPECT_TRUE(moved.read().empty());
    EXPECT_EQ(g_asked, 0);
    const std::string said = testing::internal::GetCapturedStderr();
    remember_stderr();
    EXPECT_EQ(said.find("ttmem: the persistent L1 arena"), 0u) << said;
    EXPECT_EQ(said.find('\n'), said.size() - 1) << "once: " << said;
}

TEST(KnownReleases, AVersionIsItsThreeNumbers) {
    EXPECT_EQ(parse_version("0.81.1"), (Version{0, 81, 1}));
    EXPECT_EQ(parse_version("0.82.0rc3.dev1+g0"), (Version{0, 82, 0}));
    for (const char* other : {"", "0", "0.81", "v0.81.1", "0..1", "0.81.x"}) {
        EXPECT_FALSE(parse_version(other).known()) << other;
    }
    EXPECT_GT(parse_version("0.99999999999999999999.0"), parse_version("0.82.0"));
}

TEST(KnownReleases, OlderIsOtherAndNewerIsProbed) {
    const auto trust = [](const char* release) { return trust_in(kDataflowLayout, parse_version(release)); };
    EXPECT_EQ(trust("0.80.0"), LayoutTrust::kOther);
    EXPECT_EQ(trust("0.81.1"), LayoutTrust::kKnown);
    EXPECT_EQ(trust("0.81.2"), LayoutTrust::kProbe);
    EXPECT_EQ(trust("0.82.0"), LayoutTrust::kProbe);
    EXPECT_EQ(trust("1.0.0"), LayoutTrust::kProbe);
    EXPECT_EQ(trust(""), LayoutTrust::kProbe);  // a build of one's own
}

}  // namespace
}  // namespace ttmem::tt_metal
