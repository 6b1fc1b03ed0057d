// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which card is which device's.
#include "inventory/cards.hpp"

#include <gtest/gtest.h>

#include "output/figures.hpp"

namespace ttmem::inventory {
namespace {

using api::MemoryKind;
using telemetry::DeviceTelemetry;

DeviceTelemetry card(int index, const std::string& pci) {
    DeviceTelemetry telemetry;
    telemetry.kmd_index = index;
    telemetry.pci = pci;
    telemetry.arch = "wormhole";
    telemetry.card_type = "n150";
    telemetry.condition = telemetry::Condition::kOk;
    telemetry.temperature_celsius.set(61.5, 1000);
    return telemetry;
}

api::Device device(std::optional<uint64_t> unique_id, std::optional<std::string> pci) {
    api::Device opened;
    opened.id = 0;
    opened.unique_id = unique_id;
    opened.pci = pci;
    return opened;
}

std::vector<api::Device> joined(std::vector<api::Device> devices, std::vector<DeviceTelemetry> cards) {
    telemetry::Snapshot snapshot;
    snapshot.taken_at_ns = 3000;
    snapshot.devices = std::move(cards);
    join_cards(devices, snapshot);
    return devices;
}

TEST(Cards, PlaceJoins) {
    const auto devices =
        joined({device(std::nullopt, "0000:01:00.0")}, {card(0, "0000:02:00.0"), card(1, "0000:01:00.0")});
    ASSERT_EQ(devices.size(), 2u);
    EXPECT_EQ(devices[0].kmd_index, 1);
    EXPECT_EQ(devices[0].id, 0);
    ASSERT_TRUE(devices[0].telemetry.has_value());
    const api::Sensor* temperature = devices[0].telemetry->find("asic_temperature");
    ASSERT_NE(temperature, nullptr);
    EXPECT_TRUE(temperature->known());
    EXPECT_EQ(temperature->value, 61.5);
    EXPECT_EQ(temperature->age_ns, 2000u);
    EXPECT_FALSE(devices[0].telemetry->find("power")->value.has_value());
    EXPECT_EQ(devices[1].kmd_index, 0) << "the card that nobody opened";
}

TEST(Cards, UniqueIdJoinsInEachOfItsForms) {
    DeviceTelemetry by_asic = card(0, "0000:01:00.0");
    by_asic.asic_id = 0x1234;
    EXPECT_EQ(joined({device(0x1234, std::nullopt)}, {by_asic}).size(), 1u);
    DeviceTelemetry by_serial = card(0, "0000:01:00.0");
    by_serial.serial = 0x100018611902010;
    EXPECT_EQ(joined({device(0x100018611902010, std::nullopt)}, {by_serial}).size(), 1u);
    DeviceTelemetry by_board = card(0, "0000:01:00.0");
    by_board.serial = 0x77;
    EXPECT_EQ(joined({device(0x77 << 5 | 3, std::nullopt)}, {by_board}).size(), 1u);
    EXPECT_EQ(joined({device(0x78 << 5, std::nullopt)}, {by_board}).size(), 2u);
}

// The two chips of a board share its serial: they differ by their places.
TEST(Cards, ChipsOfOneBoardAreNotMixedUp) {
    DeviceTelemetry left = card(0, "0000:01:00.0");
    DeviceTelemetry right = card(1, "0000:02:00.0");
    left.serial = right.serial = 0x77;
    const auto devices =
        joined({device(0x77 << 5 | 1, "0000:02:00.0"), device(0x77 << 5, "0000:01:00.0")}, {left, right});
    ASSERT_EQ(devices.size(), 2u);
    EXPECT_EQ(devices[0].kmd_index, 1);
    EXPECT_EQ(devices[1].kmd_index, 0);
}

TEST(Cards, MocksAndRemoteChipsHaveNone) {
    api::Device mock = device(0x1234, "0000:01:00.0");
    mock.mock = true;
    api::Device remote = device(std::nullopt, "0000:01:00.0");
    remote.remote = true;
    const auto devices = joined({mock, remote}, {card(0, "0000:01:00.0")});
    ASSERT_EQ(devices.size(), 3u);
    EXPECT_FALSE(devices[0].telemetry.has_value());
    EXPECT_FALSE(devices[1].telemetry.has_value());
}

TEST(Cards, CardAloneKnowsItsBytesOnlyIfNobodyHasItOpen) {
    DeviceTelemetry idle = card(0, "0000:01:00.0");
    idle.open_pids.set({}, 1000);
    idle.hidden_opens.set(0, 1000);
    const auto dram = [](const DeviceTelemetry& one) {
        return joined({}, {one}).at(0).memory[MemoryKind::kDram].allocated_bytes;
    };
    EXPECT_EQ(dram(idle), 0u);
    DeviceTelemetry used = idle;
    used.open_pids.set({77}, 1000);
    EXPECT_EQ(dram(used), std::nullopt);
    DeviceTelemetry hidden = idle;
    hidden.hidden_opens.set(1, 1000);
    EXPECT_EQ(dram(hidden), std::nullopt);
    EXPECT_EQ(dram(card(0, "0000:01:00.0")), std::nullopt) << "an old driver does not tell";
    const api::Device alone = joined({}, {idle}).at(0);
    EXPECT_EQ(alone.id, std::nullopt);
    EXPECT_EQ(alone.arch, "wormhole_b0");
    EXPECT_EQ(alone.board, "n150");
}

TEST(JoinUmd, GivesACardWhatItsDriverFilesLackAndARemoteChipEverything) {
    std::vector<api::Device> devices(2);
    devices[0].pci = "0000:41:00.0";
    devices[0].telemetry.emplace();
    devices[0].telemetry->condition = "ok";
    devices[0].telemetry->sensors.push_back({"asic_temperature", "C", "known", 46.5, {}, 1, {}, {}, {}});
    devices[1].mock = true;
    devices[1].unique_id = 0x99;
    telemetry::UmdChip left;
    left.pci = "0000:41:00.0";
    left.sensors = {{"asic_temperature", "C", {}}, {"gddr_max_temperature", "C", {}}};
    left.sensors[1].reading.set(45, 10);
    telemetry::UmdChip right;
    right.remote = true;
    right.unique_id = 0x99;
    right.board = "n300";
    right.sensors = {{"asic_temperature", "C", {}}};
    right.sensors[0].reading.set(47, 10);
    telemetry::UmdChip unknown;
    unknown.pci = "0000:99:00.0";
    join_umd(devices, {left, right, unknown}, 30);
    ASSERT_EQ(devices.size(), 3u) << "a mock is never a real chip, a chip without a card is no device";
    EXPECT_EQ(devices[0].telemetry->find("asic_temperature")->value, 46.5) << "the driver's own value stays";
    EXPECT_EQ(devices[0].telemetry->find("gddr_max_temperature")->value, 45);
    EXPECT_EQ(devices[0].telemetry->find("gddr_max_temperature")->age_ns, 20u);
    EXPECT_TRUE(devices[2].remote);
    EXPECT_EQ(devices[2].board, "n300");
    EXPECT_EQ(devices[2].telemetry->find("asic_temperature")->value, 47);
}

TEST(Cards, SensorsInTheTableOfFiguresAreThoseOfTheTelemetryInItsOrder) {
    const std::vector<telemetry::Sensor> listed = telemetry::list_sensors(DeviceTelemetry{}, 0);
    ASSERT_EQ(output::kSensorFigures.size(), listed.size());
    for (size_t i = 0; i < listed.size(); ++i) {
        EXPECT_EQ(output::kSensorFigures[i].name, listed[i].name);
        EXPECT_EQ(output::kSensorFigures[i].unit, listed[i].unit) << listed[i].name;
    }
}

}  // namespace
}  // namespace ttmem::inventory
