// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/prometheus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace ttmem::server {
namespace {

using api::MemoryKind;

std::vector<std::string> series(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with('#')) {
            lines.push_back(line);
        }
    }
    return lines;
}

bool has(const std::string& text, const std::string& line) {
    const auto lines = series(text);
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

api::Model small_model() {
    api::Model model;
    model.time_ns = 1'500'000'000;
    api::Device device;
    device.id = 0;
    device.unique_id = 0xABC;
    device.board = "n150";
    device.arch = "wormhole_b0";
    device.mock = true;
    device.live_processes = 1;
    device.memory[MemoryKind::kDram].physical_bytes = 12884901888;
    device.memory[MemoryKind::kDram].allocated_bytes = 4096;
    model.devices.push_back(device);
    api::Process process;
    process.pid = 42;
    process.name = "python3";
    process.command = "python3 secret.py --token=1";
    process.user = "ann";
    process.devices.resize(1);
    process.devices[0].bytes[MemoryKind::kDram] = 4096;
    model.processes.push_back(process);
    return model;
}

// Asked about living processes of this pid namespace that have series of their own, and about no others.
TEST(Metrics, WhatProcessesTakeOfTheHost) {
    api::Model model = small_model();
    model.processes[0].pid_visible = true;
    model.processes.resize(5, model.processes[0]);
    for (int i = 0; i < 5; ++i) {
        model.processes[static_cast<size_t>(i)].pid = 42 + i;
        model.processes[static_cast<size_t>(i)].devices[0].bytes[MemoryKind::kDram] = 4096u - static_cast<uint64_t>(i);
    }
    model.processes[1].pid_visible = false;
    model.processes[2].state = api::ProcessState::kExited;
    std::vector<int> asked;
    const auto use = [&](int pid) {
        asked.push_back(pid);
        return pid == 42 ? api::HostUse{8192, 0, 7, 1.5} : api::HostUse{};
    };
    const std::string text = metrics_text(model, {}, {3, use});
    EXPECT_EQ(asked, (std::vector<int>{42, 45})) << "the fourth living one stands together with others";
    const std::string own = R"({pid="42",command="python3",user="ann",source="ledger"} )";
    EXPECT_TRUE(has(text, "tt_process_host_virtual_bytes" + own + "8192")) << text;
    EXPECT_TRUE(has(text, "tt_process_host_swap_bytes" + own + "0"));
    EXPECT_TRUE(has(text, "tt_process_host_threads" + own + "7"));
    EXPECT_TRUE(has(text, "tt_process_host_cpu_seconds_total" + own + "1.5"));
    EXPECT_EQ(text.find("tt_process_host_threads{pid=\"45\""), std::string::npos) << "not known";
}

TEST(Metrics, ShowsWhatIsKnownAndNothingElse) {
    const std::string text = metrics_text(small_model(), {}, {});
    const std::string device = R"(device="0",unique_id="0xabc",board="n150")";
    EXPECT_TRUE(has(text, "tt_device_memory_allocated_bytes{" + device + R"(,kind="dram"} 4096)")) << text;
    EXPECT_TRUE(has(text, "tt_device_dram_used_bytes{" + device + "} 4096"));
    EXPECT_TRUE(has(text, "tt_device_dram_total_bytes{" + device + "} 12884901888"));
    EXPECT_TRUE(has(text, "tt_process_memory_allocated_bytes{" + device +
                              R"(,pid="42",command="python3",user="ann",source="ledger",kind="dram"} 4096)"))
        << text;
    EXPECT_TRUE(has(text, "tt_model_time_seconds 1.5"));
    EXPECT_EQ(text.find("tt_device_memory_peak_bytes"), std::string::npos);  // not known
    EXPECT_EQ(text.find("kind=\"l1\""), std::string::npos);
    EXPECT_EQ(text.find("secret"), std::string::npos) << "command lines are no labels";
}

TEST(Metrics, ContainerPodAndJobAreLabels) {
    api::Model model = small_model();
    const std::string id(64, 'a');
    model.processes[0].container = api::Container{"kubernetes", id, "0a1b-2c", "77"};
    const std::string text = metrics_text(model, {}, {});
    EXPECT_NE(text.find("source=\"ledger\",container=\"" + id + "\",pod=\"0a1b-2c\",slurm_job=\"77\","),
              std::string::npos)
        << text;
}

TEST(Metrics, LargeFiguresKeepEveryByte) {
    api::Model model = small_model();
    model.devices[0].memory[MemoryKind::kDram].allocated_bytes = (uint64_t{1} << 53) - 1;
    EXPECT_NE(metrics_text(model, {}, {}).find(" 9007199254740991\n"), std::string::npos);
}

TEST(Metrics, SensorsAreInBaseUnitsAndOnlyWhenKnown) {
    api::Model model = small_model();
    api::Telemetry telemetry;
    telemetry.condition = "ok";
    telemetry.sensors.push_back({"ai_clock", "MHz", "known", 1000.0, {}, {}, {}, {}, {}});
    telemetry.sensors.push_back({"asic_temperature", "C", "known", 46.5, {}, {}, 75.0, {}, {}});
    telemetry.sensors.push_back({"power", "W", "stale", 12.0, {}, {}, 85.0, {}, {}});
    telemetry.sensors.push_back({"firmware_bundle", "", "known", {}, "19.6.0", {}, {}, {}, {}});
    model.devices[0].telemetry = telemetry;
    const std::string text = metrics_text(model, {}, {});
    const std::string device = R"({device="0",unique_id="0xabc",board="n150")";
    EXPECT_TRUE(has(text, "tt_ai_clock_hertz" + device + "} 1000000000")) << text;
    EXPECT_TRUE(has(text, "tt_asic_temperature_celsius" + device + "} 46.5"));
    EXPECT_TRUE(has(text, "tt_thermal_throttle_limit_celsius" + device + "} 75"));
    EXPECT_TRUE(has(text, "tt_firmware_bundle_info" + device + R"(,version="19.6.0"} 1)"));
    EXPECT_EQ(text.find("tt_tdp"), std::string::npos) << "a stale value is not known";
}

// Prometheus refuses an answer that has one series twice, or bytes that are no UTF-8.
TEST(Metrics, NoTwoSeriesAreTheSame) {
    api::Model model = small_model();
    for (int i = 0; i < 3; ++i) {
        model.devices.push_back(model.devices[0]);
        model.processes.push_back(model.processes[0]);
        model.devices.push_back({});
    }
    const auto lines = series(metrics_text(model, {}, {}));
    std::set<std::string> names;
    for (const std::string& line : lines) {
        EXPECT_TRUE(names.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                            [](const std::string& line) { return line.find("device=\"0#2\"") != line.npos; }));
}

TEST(Metrics, HostileNamesStayWithinTheirLabels) {
    api::Model model = small_model();
    model.processes[0].name = "a\"} 7\ntt_fake 1\n\xff\xc3\x28\\" + std::string(1000, 'x');
    const std::string text = metrics_text(model, {}, {});
    for (const std::string& line : series(text)) {
        EXPECT_FALSE(line.starts_with("tt_fake")) << line;
        EXPECT_LT(line.size(), 400u) << line;
    }
    EXPECT_EQ(text.find('\xff'), std::string::npos);
    model.processes[0].name = std::string(kMostLabelBytes - 1, 'x') + "é";
    EXPECT_NE(metrics_text(model, {}, {}).find("xx\""), std::string::npos) << "no half of a character";
}

TEST(Metrics, TheNumberOfSeriesIsBounded) {
    api::Model model = small_model();
    model.processes.clear();
    uint64_t sum = 0;
    for (int i = 0; i < 1000; ++i) {
        api::Process process;
        process.pid = i + 1;
        process.name = "p" + std::to_string(i);
        process.devices.resize(1);
        process.devices[0].bytes[MemoryKind::kDram] = static_cast<uint64_t>(i);
        process.devices[0].peak_bytes[MemoryKind::kDram] = 5000;
        model.processes.push_back(process);
        sum += static_cast<uint64_t>(i);
    }
    const std::string text = metrics_text(model, {}, {10});
    uint64_t shown = 0;
    size_t count = 0;
    for (const std::string& line : series(text)) {
        if (line.starts_with("tt_process_memory_allocated_bytes")) {
            shown += std::stoull(line.substr(line.rfind(' ')));
            ++count;
        }
    }
    EXPECT_EQ(count, 11u);
    EXPECT_EQ(shown, sum) << "nothing is lost in what is shown together";
    EXPECT_NE(text.find("pid=\"999\""), std::string::npos);  // holds 998 bytes
    EXPECT_EQ(text.find("pid=\"900\""), std::string::npos);
    EXPECT_TRUE(has(text, "tt_processes_together 990"));
    EXPECT_LT(series(text).size(), 100u);
    // Ended ones are counted, and have no series of their own.
    for (api::Process& process : model.processes) {
        process.state = api::ProcessState::kDied;
    }
    const std::string ended = metrics_text(model, {}, {10});
    EXPECT_EQ(ended.find("tt_process_memory"), std::string::npos);
    EXPECT_TRUE(has(ended, "tt_processes{state=\"died\"} 1000"));
}

}  // namespace
}  // namespace ttmem::server
