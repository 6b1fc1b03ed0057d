// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// With one process a chip (TT_VISIBLE_DEVICES) every chip was "device 0", and no text showed which process had which.
#include "model/device_names.hpp"

#include <gtest/gtest.h>

namespace ttmem::api {
namespace {

ChipIdentity chip(std::optional<int> id, std::string pci, std::optional<uint64_t> unique_id) {
    return {id, std::nullopt, std::move(pci), unique_id};
}

// Three cards of one board type: their unique ids differ at the end alone.
DeviceNames three_alike() {
    return DeviceNames({chip(0, "", 0x2618f44eb), chip(0, "", 0x2618f4559), chip(0, "", 0x2618f4567)});
}

std::string chosen(const DeviceNames& names, std::string_view word) {
    const Result<DeviceIndex> found = names.choose(word);
    return found ? std::to_string(found.value()) : found.error().message;
}

TEST(DeviceNames, ANumberThatOneChipHasIsEnough) {
    const DeviceNames names({chip(0, "0000:01:00.0", 7), chip(1, "0000:41:00.0", 8)});
    EXPECT_EQ(names.label(0), "0");
    EXPECT_EQ(names.labels(std::vector<DeviceIndex>{0, 1}), "0-1");
    EXPECT_EQ(names.labels(std::vector<DeviceIndex>{}), "-");
    EXPECT_EQ(chosen(names, "1"), "1");
    EXPECT_EQ(names.short_id(1), "41:00.0");
}

TEST(DeviceNames, ANumberThatSeveralHaveGetsTheShortId) {
    const DeviceNames by_card({chip(0, "0000:01:00.0", 7), chip(0, "0001:41:00.0", 8), chip(1, "0000:c1:00.0", 9)});
    EXPECT_EQ(by_card.label(0), "0 (01:00.0)");
    EXPECT_EQ(by_card.label(1), "0 (0001:41:00.0)");
    EXPECT_EQ(by_card.label(2), "1");
    EXPECT_EQ(by_card.labels(std::vector<DeviceIndex>{0, 2}), "1,0 (01:00.0)");
    const DeviceNames by_id = three_alike();
    EXPECT_EQ(by_id.label(0), "0 (0x2618f44e)");
    EXPECT_EQ(by_id.label(1), "0 (0x2618f455)");
    EXPECT_EQ(by_id.label(2), "0 (0x2618f456)");
    EXPECT_EQ(by_id.widest(), 14u);
    const DeviceNames without({chip(0, "", {}), chip(0, "", {})});
    EXPECT_EQ(without.label(1), "0 (index:1)");
}

TEST(DeviceNames, AShortIdIsAsLongAsItTakes) {
    const DeviceNames names({chip(0, "", 0x123456789abcdef0), chip(0, "", 0x123456789abcdef1), chip(0, "", 0x12)});
    EXPECT_EQ(names.short_id(0), "0x123456789abcdef0");
    EXPECT_EQ(names.short_id(1), "0x123456789abcdef1");
    EXPECT_EQ(names.short_id(2), "0x12");
}

// A remote chip of an N300 may be reported with the address of the card that leads to it.
TEST(DeviceNames, AnAddressThatTwoChipsHaveTellsNeitherApart) {
    const DeviceNames names({chip(0, "0000:01:00.0", 0xaaaaaaaa11), chip(0, "0000:01:00.0", 0xbbbbbbbb11)});
    EXPECT_EQ(names.short_id(0), "0xaaaaaaaa");
    EXPECT_EQ(names.short_id(1), "0xbbbbbbbb");
}

TEST(DeviceNames, ANumberThatSeveralHaveIsRefusedWithTheList) {
    const DeviceNames names({chip(0, "0000:01:00.0", 7), chip(0, "", 0xabc)});
    EXPECT_EQ(chosen(names, "0"),
              "several devices are '0', name one of index:0 (device 0, pci:01:00.0, 0x7), index:1 (device 0, 0xabc)");
    EXPECT_EQ(chosen(names, "5"),
              "there is no device '5' (there are index:0 (device 0, pci:01:00.0, 0x7), index:1 (device 0, 0xabc))");
    EXPECT_EQ(chosen(DeviceNames(), "0"), "there is no device '0' (no tracked process has opened one)");
}

TEST(DeviceNames, IndexAddressAndBeginningOfTheUniqueIdAlwaysNameOne) {
    const DeviceNames names({chip(0, "0000:01:00.0", 0x2618f44eb), chip(0, "0000:C1:00.0", 0x2618f4559)});
    for (const char* word : {"index:1", "pci:c1:00.0", "pci:0000:c1:00.0", "C1:00.0", "0x2618f45", "0X2618F4559"}) {
        EXPECT_EQ(chosen(names, word), "1") << word;
    }
    EXPECT_TRUE(chosen(names, "0x2618f4").starts_with("several devices are"));
    for (const char* word : {"index:2", "pci:c1:00.1", "0x9", "0x2618f45590"}) {
        EXPECT_TRUE(chosen(names, word).starts_with("there is no device")) << word;
    }
}

TEST(DeviceNames, WordsThatNameNothingAreRefusedBeforeAnythingIsRead) {
    for (const char* word : {"0", "12", "index:3", "pci:01:00.0", "0001:01:00.0", "0x12ab"}) {
        EXPECT_EQ(device_word_complaint(word), "") << word;
    }
    for (const char* word : {"", "x", "-1", "1.5", "index:", "index:x", "pci:", "0x", "0xzz", "99999999999"}) {
        EXPECT_NE(device_word_complaint(word), "") << word;
    }
}

TEST(DeviceNames, LabelsOfEarlierAreFoundAgain) {
    EXPECT_TRUE(names_chip("0-7,9", "3"));
    EXPECT_FALSE(names_chip("0-7,9", "8"));
    EXPECT_TRUE(names_chip("1,0 (01:00.0)", "0 (01:00.0)"));
    EXPECT_FALSE(names_chip("1,0 (01:00.0)", "0 (41:00.0)"));
    EXPECT_TRUE(names_chip("0", "0 (41:00.0)"));
    EXPECT_FALSE(names_chip("", "0"));
    EXPECT_FALSE(names_chip("-", "0"));
}

}  // namespace
}  // namespace ttmem::api
