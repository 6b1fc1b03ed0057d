// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/why_text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "analysis/free_blocks.hpp"
#include "analysis/model_test_support.hpp"
#include "output/bank_map.hpp"
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
        buffer.context = api::ContextIndex(0);
    }
    api::Failure& failure = model.failures.emplace_back();
    failure.type = api::FailureType::kClash;
    failure.devices = {0};
    failure.allocator = api::AllocatorIndex(0);
    failure.operation = "ttnn.softmax";
    failure.context = api::ContextIndex(0);
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
    model.failures[0].held = {{api::ContextIndex(0), 3, 100'000}};
    const std::string then = text_of(why_text(model, analysis::explain(model, 0), 80));
    EXPECT_NE(then.find("Who held L1 of device 0 at the refusal"), std::string::npos) << then;
    EXPECT_NE(then.find("100000 78.1%       3 ttnn.softmax"), std::string::npos) << then;
    EXPECT_NE(then.find("28000 21.9%       - -"), std::string::npos) << "what the largest do not explain\n" << then;
    EXPECT_TRUE(json["fits_now"].is_null());
    EXPECT_EQ(json["missing_bytes"], 12345);
}

TEST(WhyText, SaysWhatItIsAndHowItCameToThis) {
    api::Model model = clashed();
    model.buffers[0].label = "layers.0.weight";
    model.buffers[1].allocated_at_ns = 900;
    analysis::Why why = analysis::explain(model, 0);
    const std::string before = text_of(why_text(model, why, 80));
    EXPECT_NE(before.find("64000 50.0%       1 weights"), std::string::npos) << before;
    EXPECT_NE(before.find("64000 50.0%       1 unknown: neither label nor age shows it"), std::string::npos) << before;
    EXPECT_EQ(before.find("How it came to this"), std::string::npos) << "nothing tells";
    EXPECT_TRUE(why_json(model, why)["course"].is_null());
    analysis::Course course;
    course.step = "/srv/models/train.py:7";
    course.steps = 14;
    course.first_step_ns = course.last_step_ns = 1'000'000'000;
    course.rows.push_back({"/srv/models/train\x1b.py:9", 1 << 20, 4 << 20, 300.0 * 1024, 0.999});
    analysis::set_course(why, model, course);
    const std::string text = text_of(why_text(model, why, 80));
    for (const char* part : {"1 weights or caches: held since before the last 14 steps", "How it came to this\n",
                             "L1 held by a line rose over the last 14 steps, which begin at\n    models/train.py:7:",
                             "300.0 KiB 1.0 MiB 4.0 MiB models/train"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    const auto json = why_json(model, why);
    EXPECT_EQ(json["course"]["source"], "event_rings");
    EXPECT_EQ(json["course"]["rows"][0]["last_bytes"], 4 << 20);
    EXPECT_EQ(json["categories"][1]["category"], "weights_or_caches");
    EXPECT_EQ(json["categories"][1]["bytes"], 64'000);
    course.rows.clear();
    analysis::set_course(why, model, course);
    EXPECT_NE(text_of(why_text(model, why, 200)).find("No line held more L1 from step to step"), std::string::npos);
    for (const size_t width : {40, 80}) {
        for (const monitor::Line& line : why_text(model, why, width)) {
            EXPECT_LE(monitor::columns(line.text()), width) << line.text();
        }
    }
}

TEST(WhyText, SaysThatCategoriesAreNotKnown) {
    const api::Model model = clashed();
    const std::string text = text_of(why_text(model, analysis::explain(model, 0), 200));
    EXPECT_NE(text.find("Which of it are weights, caches or activations is unknown"), std::string::npos) << text;
}

// A bank of 720 bytes from 1000 on, in which these stretches are free.
analysis::Why of_bank(std::vector<api::FreeBlock> free, uint64_t wanted, bool top_down = false) {
    analysis::Why why;
    why.kind = top_down ? api::MemoryKind::kL1 : api::MemoryKind::kDram;
    why.wanted_bytes_per_bank = wanted;
    why.bank = analysis::BankMap{1000, 720, top_down, std::move(free)};
    return why;
}

std::string map_of(const analysis::Why& why, size_t width = 76, bool utf8 = false) {
    monitor::Lines lines;
    add_bank_map(lines, why, width, utf8);
    return text_of(lines);
}

TEST(BankMap, DrawsBankAndRequestToScale) {
    const std::vector<api::FreeBlock> holes = {{1000, 40}, {1200, 160}, {1500, 100}};
    EXPECT_EQ(map_of(of_bank(holes, 250)),
              "\n"
              "  A bank, 0x3e8 to 0x6b8:  # taken  . free  _ largest hole  = wanted\n"
              "  [....################________________##############..........############]\n"
              "          250 B wanted =========================\n");
    EXPECT_EQ(map_of(of_bank(holes, 250, true)),
              "\n"
              "  A bank, 0x3e8 to 0x6b8:  # taken  . free  _ largest hole  = wanted\n"
              "  [....################________________##############..........############]\n"
              "              ========================= 250 B wanted\n")
        << "L1 is taken from the upper end of a hole";
    EXPECT_EQ(map_of(of_bank(holes, 700)),
              "\n"
              "  A bank, 0x3e8 to 0x6b8:  # taken  . free  _ largest hole  = wanted\n"
              "  [....################________________##############..........############]\n"
              "     ======================================================================\n")
        << "it ends where the bank does";
    EXPECT_EQ(map_of(of_bank(holes, 721)),
              "\n"
              "  A bank, 0x3e8 to 0x6b8:  # taken  . free  _ largest hole  = wanted\n"
              "  [....################________________##############..........############]\n"
              "   =======================================================================>\n")
        << "larger than the bank";
}

TEST(BankMap, OfFullAndOfTinyHolesAndWithBlockCharacters) {
    EXPECT_EQ(map_of(of_bank({}, 20)),
              "\n"
              "  A bank, 0x3e8 to 0x6b8:  # taken  . free  = wanted\n"
              "  [########################################################################]\n"
              "   == 20 B wanted\n");
    EXPECT_EQ(map_of(of_bank({{1355, 2}}, 20)),
              "\n"
              "  A bank, 0x3e8 to 0x6b8:  # taken  . free  _ largest hole  = wanted\n"
              "  [###################################_####################################]\n"
              "                          20 B wanted ==\n")
        << "a hole of a fifth of a cell shows";
    EXPECT_EQ(
        map_of(of_bank({{1000, 360}}, 500), 44, true),
        "\n"
        "  A bank, 0x3e8 to 0x6b8:  \u2588 taken  \u00b7 free\n"
        "    \u2591 largest hole  \u2592 wanted\n"
        "  [\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591"
        "\u2591\u2591\u2591\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588"
        "\u2588\u2588\u2588\u2588\u2588\u2588]\n"
        "   \u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592"
        "\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\u2592\n");
    EXPECT_EQ(map_of(analysis::Why()), "") << "nothing is known of the bank";
}

TEST(BankMap, KeepsToTheWidthWhateverTheBank) {
    constexpr uint64_t kEnd = UINT64_MAX;
    for (const uint64_t bytes : {uint64_t{1}, uint64_t{3}, uint64_t{77}, uint64_t{1} << 30, kEnd - 5}) {
        for (const uint64_t wanted : {uint64_t{0}, uint64_t{1}, uint64_t{50}, uint64_t{1} << 29, kEnd}) {
            analysis::Why why = of_bank({{5, 1}, {5 + bytes - 1, 1}}, wanted, wanted % 2 == 0);
            why.bank->base_address = 5;
            why.bank->bytes = bytes;
            for (const size_t width : {40, 80, 200}) {
                monitor::Lines lines;
                add_bank_map(lines, why, width, false);
                ASSERT_GE(lines.size(), 4u);
                for (const monitor::Line& line : lines) {
                    EXPECT_LE(monitor::columns(line.text()), width) << line.text();
                }
            }
        }
    }
}

TEST(WhyText, TheBankIsThatOfTheRefusalAndNoOther) {
    inventory::testing::TestModel test;
    test.add_allocator({0});
    api::Failure& failure = test.model.failures.emplace_back();
    failure.kind = api::MemoryKind::kDram;
    failure.devices = {0};
    failure.allocator = api::AllocatorIndex(0);
    failure.banks = 12;
    failure.bytes_per_bank = 2 * test.kDramBank;
    failure.limit_bytes = test.kDramBank;
    failure.largest_free_bytes_per_bank = test.kDramBank;
    const analysis::Why why = analysis::explain(test.model, 0);
    const auto json = why_json(test.model, why);
    EXPECT_EQ(json["bank"]["base_address"], test.kDramBase);
    EXPECT_EQ(json["bank"]["bytes"], test.kDramBank);
    EXPECT_EQ(json["bank"]["top_down"], false);
    EXPECT_EQ(json["bank"]["free"][0]["bytes"], test.kDramBank);
    EXPECT_NE(text_of(why_text(test.model, why, 80)).find("\n  [____"), std::string::npos);
    failure.largest_free_bytes_per_bank = test.kDramBank - 32;
    const analysis::Why other = analysis::explain(test.model, 0);
    EXPECT_TRUE(why_json(test.model, other)["bank"].is_null()) << "the holes of now are not those that it met";
    EXPECT_EQ(text_of(why_text(test.model, other, 80)).find("A bank, "), std::string::npos);
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

TEST(WhyText, WhatWasHeldAtThePeak) {
    inventory::testing::TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_buffer(allocator, api::BufferKind::kDram, test.kDramBase, 100);
    test.add_buffer(allocator, api::BufferKind::kL1, test.kL1Base, 64);
    api::Process& process = test.model.processes[0];
    process.state = api::ProcessState::kExited;
    analysis::ShownPeak peak{1300, 1200, 0, false};
    const std::string exact =
        text_of(why_text(test.model, analysis::at_peak(test.model, allocator, api::MemoryKind::kDram, peak), 80));
    EXPECT_NE(exact.find("At its peak: DRAM of device 0 was"), std::string::npos) << exact;
    EXPECT_NE(exact.find("process 42, which has ended."), std::string::npos) << exact;
    EXPECT_NE(exact.find("1200 (1.2 KiB)"), std::string::npos) << exact;
    EXPECT_NE(exact.find("1300 (1.3 KiB), which came later"), std::string::npos) << exact;
    EXPECT_NE(exact.find("Who held DRAM of device 0 at the peak"), std::string::npos) << exact;
    EXPECT_EQ(exact.find("found no room"), std::string::npos) << exact;
    EXPECT_EQ(exact.find("Other threads"), std::string::npos) << exact;

    process.unlisted_buffers = 2;
    process.one_moment = false;
    peak = {1200, 1200, 4096, false};
    const analysis::Why why = analysis::at_peak(test.model, allocator, api::MemoryKind::kDram, peak);
    const std::string in_part = text_of(why_text(test.model, why, 80));
    EXPECT_NE(in_part.find("2 buffers found no room in the picture, the smallest (4.0 KiB"), std::string::npos);
    EXPECT_NE(in_part.find("Other threads went on"), std::string::npos) << in_part;
    EXPECT_EQ(in_part.find("which came later"), std::string::npos) << in_part;
    const auto json = why_json(test.model, why);
    EXPECT_EQ(json["verdict"], "none");
    EXPECT_EQ(json["kind"], "dram");
    EXPECT_EQ(json["peak"]["bytes"], 1200);
    EXPECT_EQ(json["peak"]["left_out_bytes"], 4096);
    EXPECT_EQ(json["picture"]["unlisted_buffers"], 2);
    EXPECT_EQ(json["holders_then"], true);
    EXPECT_EQ(json["holders"][0]["bytes"], 1200);
    EXPECT_EQ(json["buffers"].size(), 2u);
}

TEST(WhyText, NothingRefused) {
    const api::Model empty;
    EXPECT_NE(why_sentence(empty, analysis::explain_latest(empty)).find("no tracked process"), std::string::npos);
    EXPECT_EQ(why_json(empty, analysis::explain_latest(empty))["verdict"], "none");
}

}  // namespace
}  // namespace ttmem::output
