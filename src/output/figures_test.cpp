// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/figures.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "output/csv.hpp"

namespace ttmem::output {
namespace {

constexpr const char* kPage = TTMEM_SOURCE_DIR "/docs/figures.md";

std::string code(const std::string& name) {
    return name.empty() ? "" : "`" + name + "`";
}

std::string code(const std::string& before, const char* name) {
    return name == nullptr ? "" : code(before + name);
}

template <typename Whole, size_t kCount>
void add_rows(std::string& page, const std::array<Figure<Whole>, kCount>& figures, const std::string& query,
              const std::string& json) {
    for (const Figure<Whole>& figure : figures) {
        const std::string metric = figure.metric == nullptr ? "" : figure.metric;
        const std::string label = figure.type == nullptr ? "" : std::string("{type=\"") + figure.type + "\"}";
        page += "| " + code(query, figure.query) + " | " + code(json, figure.json) + " | " + code(metric + label) +
                " | " + figure.words + " |\n";
    }
}

// docs/figures.md, from the table.
std::string page() {
    const std::string head = "| CSV (`--query`) | JSON | Prometheus | what it is |\n|---|---|---|---|\n";
    std::string page =
        "# Figures\n\nEvery figure and its names, from the table in `src/output/figures.hpp`; `TTMEM_UPDATE_DOCS=1 "
        "build/tests/output_test` writes this page. "
        "An unknown figure is empty in\nCSV, null in JSON and absent in Prometheus. Sizes are bytes.\n";
    page +=
        "\n## Of each kind of memory on a device\n\n`KIND` is `dram`, `l1`, `l1_small` or `trace`. JSON: in "
        "`devices[].memory`. CSV has `KIND.free` and `KIND.percent` too. "
        "Prometheus: with the label `kind`.\n\n" +
        head;
    add_rows(page, kMemoryFigures, "KIND.", "KIND.");
    page += "\n## Of circular buffers, kernels and the device\n\nJSON: in `devices[].memory`.\n\n" + head;
    add_rows(page, kCircularBufferFigures, "cb.", "circular_buffers.");
    add_rows(page, kKernelFigures, "", "kernels.");
    add_rows(page, kDeviceFigures, "", "");
    page += "\n## Of a process on a device\n\nJSON: in `processes[].devices[]`.\n\n" + head;
    add_rows(page, kHoldingFigures, "holds.KIND", "KIND");
    add_rows(page, kProcessDeviceFigures, "", "");
    page +=
        "\n## Of a card's sensors\n\nJSON: in `devices[].telemetry.sensors`, in these units. CSV: also with `.state`, "
        "`.age` and, of numbers, `.limit`, `.min` and `.max`. Prometheus: in base units; a text "
        "is\nthe label `version` of a metric that is always 1.\n\n| name in CSV and JSON | unit | Prometheus | its "
        "limit | what it is |\n|---|---|---|---|---|\n";
    for (const SensorFigure& sensor : kSensorFigures) {
        page += "| " + code(std::string(sensor.name)) + " | " + std::string(sensor.unit) + " | " +
                code("", sensor.metric) + " | " + code("", sensor.limit) + " | " + sensor.words + " |\n";
    }
    return page + "\n## All names in CSV\n\nAs `ttmem top --list-queries` prints them:\n\n```\n" +
           monitor::list_queries() + "```\n";
}

TEST(Figures, ThePageIsTheTable) {
    if (std::getenv("TTMEM_UPDATE_DOCS") != nullptr) {
        std::ofstream(kPage) << page();
    }
    std::ostringstream text;
    text << std::ifstream(kPage).rdbuf();
    EXPECT_EQ(text.str(), page()) << "TTMEM_UPDATE_DOCS=1 writes docs/figures.md";
}

TEST(Figures, NoNameOfAnOutputMeansTwoFigures) {
    std::set<std::string> metrics;
    const auto add = [&](const auto& figures) {
        for (const auto& figure : figures) {
            if (figure.metric != nullptr) {
                EXPECT_TRUE(
                    metrics.insert(std::string(figure.metric) + (figure.type == nullptr ? "" : figure.type)).second)
                    << figure.metric;
            }
        }
    };
    add(kMemoryFigures);
    add(kCircularBufferFigures);
    add(kKernelFigures);
    add(kDeviceFigures);
    add(kHoldingFigures);
    add(kProcessDeviceFigures);
    std::set<std::string_view> sensors;
    for (const SensorFigure& sensor : kSensorFigures) {
        EXPECT_TRUE(sensors.insert(sensor.name).second) << sensor.name;
        EXPECT_TRUE(sensor.metric == nullptr || metrics.insert(sensor.metric).second) << sensor.metric;
    }
    EXPECT_GT(metrics.size(), 35u);
}

}  // namespace
}  // namespace ttmem::output
