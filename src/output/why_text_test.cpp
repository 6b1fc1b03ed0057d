// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/why_text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "output/text.hpp"
#include "output/why_words.hpp"

namespace ttmem::output {
namespace {

// A living process whose ttnn.softmax clashed with one of two buffers of L1.
api::Model clashed() {
    api::Model model;
    api::Process& process = model.processes.emplace_back();
    process.pid = 42;
    process.command = "python train.py";
    model.devices.emplace_back().id = 0;
    model.buffers_listed = true;
    api::Allocator& allocator = model.allocators.emplace_back();
    allocator.open = true;
    allocator.devices = {0};
    api::Context& context = model.contexts.emplace_back();
    context.operation = "ttnn.softmax";
    context.stack = {{"/venv/ttnn/decorators.py", "__call__", 3, "ttnn.softmax"},
                     {"/srv/models/attention\x1b[31m.py", "forward", 42, ""}};
    for (const uint64_t address : {300'000u, 400'000u}) {
        api::Buffer& buffer = model.buffers.emplace_back();
        buffer.id = address / 1000;
        buffer.devices = {0};
        buffer.kind = api::BufferKind::kL1;
        buffer.address = address;
        buffer.allocated_bytes = 64'000;
        buffer.context = 0;
    }
    api::Failure& failure = model.failures.emplace_back();
    failure.type = api::FailureType::kClash;
    failure.devices = {0};
    failure.allocator = 0;
    failure.operation = "ttnn.softmax";
    failure.context = 0;
    failure.end_address = 312'345;
    failure.buffer_address = 300'000;
    failure.buffer_id = 300;
    failure.allocated_bytes = 128'000;
    failure.cores = {{{0, 0}, {7, 7}}};
    failure.program = "reader_unary_interleaved_sm, softmax, writer_unary_interleaved_start_id_blocked_sm";
    failure.exception = "Statically allocated circular buffers ...";
    return model;
}

std::string text_of(const monitor::Lines& lines) {
    std::string all;
    for (const monitor::Line& line : lines) {
        all += line.text() + "\n";
    }
    return all;
}

TEST(WhyText, SaysVerdictFiguresHoldersAndAdvice) {
    const api::Model model = clashed();
    const std::string text = text_of(why_text(model, analysis::explain(model, 0), 200));
    for (const char* part :
         {"Circular buffers of ttnn.softmax need L1 that a buffer has: they end at 312345, buffer 300 begins at 300000",
          "process 42 (python train.py), which lives", "missing       12345 (12.1 KiB)", "on cores 0,0-7,7",
          "Who holds L1 of device 0 (the same bytes as at the refusal)", "128000 100.0%       2 ttnn.softmax",
          "Free 1 buffer", "shrink by 12345 bytes on each core"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find("decorators.py"), std::string::npos) << "ttnn's own lines explain nothing";
}

TEST(WhyText, KeepsToTheWidth) {
    const api::Model model = clashed();
    for (const size_t width : {40, 60, 80, 120}) {
        for (const monitor::Line& line : why_text(model, analysis::explain(model, 0), width)) {
            EXPECT_LE(monitor::columns(line.text()), width) << line.text();
        }
    }
}

TEST(WhyText, AnEndedProcessHasNoHolders) {
    api::Model model = clashed();
    model.failures[0].allocator.reset();
    model.processes[0].state = api::ProcessState::kExited;
    const analysis::Why why = analysis::explain(model, 0);
    const std::string text = text_of(why_text(model, why, 80));
    EXPECT_NE(text.find("which has ended"), std::string::npos) << text;
    EXPECT_NE(text.find("Who held the memory is not known"), std::string::npos) << text;
    const auto json = why_json(model, why);
    EXPECT_EQ(json["holders_known"], false);
    model.failures[0].held = {{0, 3, 100'000}};
    const std::string then = text_of(why_text(model, analysis::explain(model, 0), 80));
    EXPECT_NE(then.find("Who held L1 of device 0 at the refusal"), std::string::npos) << then;
    EXPECT_NE(then.find("100000 78.1%       3 ttnn.softmax"), std::string::npos) << then;
    EXPECT_NE(then.find("28000 21.9%       - -"), std::string::npos) << "what the largest do not explain\n" << then;
    EXPECT_TRUE(json["fits_now"].is_null());
    EXPECT_EQ(json["missing_bytes"], 12345);
}

TEST(WhyText, JsonHasTheContract) {
    const api::Model model = clashed();
    const auto json = why_json(model, analysis::explain(model, 0));
    EXPECT_EQ(json["schema"], 1);
    EXPECT_EQ(json["verdict"], "l1_clash");
    EXPECT_EQ(json["pid"], 42);
    EXPECT_EQ(json["devices"], nlohmann::ordered_json({0}));
    EXPECT_EQ(json["advice"][0]["action"], "free");
    EXPECT_EQ(json["advice"][0]["buffers"], nlohmann::ordered_json({300}));
    EXPECT_EQ(json["holders"][0]["place"], "/srv/models/attention\x1b[31m.py:42");
    EXPECT_EQ(json["exception"], "Statically allocated circular buffers ...");
    EXPECT_TRUE(json["handled"].is_null());
}

TEST(WhyText, NothingRefused) {
    const api::Model empty;
    EXPECT_NE(why_sentence(empty, analysis::explain_latest(empty)).find("no tracked process"), std::string::npos);
    EXPECT_EQ(why_json(empty, analysis::explain_latest(empty))["verdict"], "none");
}

}  // namespace
}  // namespace ttmem::output
