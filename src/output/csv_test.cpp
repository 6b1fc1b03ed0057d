// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/csv.hpp"

#include <gtest/gtest.h>

namespace ttmem::monitor {
namespace {

api::Model sample() {
    api::Model model;
    model.time_ns = 42;
    api::Device& device = model.devices.emplace_back();
    device.id = 3;
    device.board = "n150";
    device.memory[api::MemoryKind::kDram].allocated_bytes = 256;
    device.memory[api::MemoryKind::kDram].capacity_bytes = 1024;
    device.telemetry.emplace();
    device.telemetry->condition = "ok";
    device.telemetry->open_pids = {7, 9};
    device.telemetry->sensors.push_back({"asic_temperature", "C", "known", 33.75, std::nullopt, 5, 75.0, 30.0, 40.5});
    device.telemetry->sensors.push_back(
        {"power", "W", "stale", 22.0, std::nullopt, 9'000, std::nullopt, std::nullopt, std::nullopt});
    model.devices.emplace_back();
    api::Process& process = model.processes.emplace_back();
    process.pid = 7;
    process.command = "say \"a, b\"\n";
    process.devices.emplace_back().bytes[api::MemoryKind::kDram] = 256;
    process.devices.back().device = 0;
    model.processes.emplace_back().pid = 8;
    return model;
}

std::string ask(const char* names) {
    const Result<Query> query = Query::parse(names);
    return query ? query.value().header() + query.value().rows(sample()) : query.error().message;
}

TEST(Query, GivesALineADeviceAndLeavesTheUnknownEmpty) {
    EXPECT_EQ(ask("timestamp, id,board,dram.used,dram.free,dram.percent"),
              "timestamp [ns],id,board,dram.used [B],dram.free [B],dram.percent [%]\n"
              "42,3,n150,256,768,25.00\n"
              "42,,,,,\n");
}

TEST(Query, AValueThatIsNotFreshIsLeftOutAndItsStateTellsWhy) {
    EXPECT_EQ(ask("asic_temperature,asic_temperature.limit,asic_temperature.max,power,power.state,power.age,open_pids"),
              "asic_temperature [C],asic_temperature.limit [C],asic_temperature.max [C],power [W],power.state,"
              "power.age [ns],open_pids\n"
              "33.75,75,40.5,,stale,9000,7 9\n"
              ",,,,,,\n");
}

TEST(Query, GivesALineAProcessOnEachDeviceAndQuotesWhatMustBe) {
    EXPECT_EQ(ask("pid,device.id,holds.dram,command"),
              "pid,device.id,holds.dram [B],command\n"
              "7,3,256,\"say \"\"a, b\"\"?\"\n"
              "8,,,\n");
}

TEST(Query, RefusesWhatItDoesNotKnow) {
    EXPECT_NE(ask("dram.used,temperature").find("'temperature'"), std::string::npos);
    EXPECT_NE(ask("").find("--list-queries"), std::string::npos);
    EXPECT_NE(ask("pid,dram.used").find("one after the other"), std::string::npos);
}

TEST(Query, EveryNameInTheListCanBeAskedFor) {
    const std::string list = list_queries();
    size_t count = 0;
    for (size_t at = 0; (at = list.find("\n  ", at)) != std::string::npos; ++count) {
        at += 3;
        const std::string name = list.substr(at, list.find_first_of(" \n", at) - at);
        EXPECT_TRUE(Query::parse(name)) << name;
    }
    EXPECT_GT(count, 100u);
    EXPECT_TRUE(Query::parse(kUsualQuery));
}

}  // namespace
}  // namespace ttmem::monitor
