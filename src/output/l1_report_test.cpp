// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/l1_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/memory_map.hpp"
#include "analysis/model_test_support.hpp"
#include "output/l1_picture.hpp"
#include "output/l1_stream.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::BufferKind;
using inventory::testing::TestModel;

constexpr uint64_t kBase = TestModel::kL1Base;
constexpr uint64_t kEnd = TestModel::kL1Base + TestModel::kL1Bank;

// A device with something of everything on it.
TestModel busy() {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0, 1});
    test.add_regions(allocator);
    test.add_buffer(allocator, BufferKind::kL1, kEnd - 600'000, 100'000);
    test.add_buffer(allocator, BufferKind::kL1, kEnd - 200'000, 100'000);
    test.add_buffer(allocator, BufferKind::kL1Small, kEnd, 64);
    test.add_buffer(allocator, BufferKind::kDram, TestModel::kDramBase + 4096, 4096);
    test.add_program(allocator, 1, 50'000, {{{0, 0}, {7, 7}}});
    test.add_program(allocator, 2, 20'000, {{{0, 0}, {7, 3}}});
    test.model.config_rings.push_back(
        {allocator, 0, api::CoreType::kWorker, false, 2, 0x8960, TestModel::kRing, 27'808, 7});
    return test;
}

std::string report(const api::Model& model, const L1ReportOptions& options) {
    std::string all;
    for (const Line& line : l1_report(model, options)) {
        all += line.text() + "\n";
    }
    return all;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(L1Report, TellsOfEverything) {
    const TestModel test = busy();
    const std::string text = report(test.model, {{0}, std::nullopt, 80, false});
    for (const char* part :
         {"Device 0: Wormhole", "1499136 bytes (- of 72 cores are banks)", "firmware", "kernel-config ring",
          "buffer 2 of process 42", "regions 105824 + buffers 200064 + free 1193248 = 1499136 bytes",
          "lowest L1 buffer: 0x000d7840, buffer 2 of process 42", "726928 bytes left on 64 cores 0,0-7,7", "kernel 1",
          "Programs: 2", "worker 27808", "y   8 D D D D D D D D", "A DRAM bank",
          "1176928 of 1376928 bytes free in each of 64 banks, in 3 holes, largest 776928",
          "between the holes of 776928 at 0x00019d60 and 300000 at 0x000efee0: 100000 bytes in 1 buffer, 2"}) {
        std::string flat = text;
        std::replace(flat.begin(), flat.end(), '\n', ' ');
        for (size_t at = 0; (at = flat.find("  ", at)) != std::string::npos;) {
            flat.erase(at, 1);
        }
        std::string wanted = part;
        for (size_t at = 0; (at = wanted.find("  ", at)) != std::string::npos;) {
            wanted.erase(at, 1);
        }
        EXPECT_TRUE(has(flat, wanted)) << part << "\n" << text;
    }
    EXPECT_FALSE(has(text, "refused:")) << text;
}

TEST(L1Report, SaysWhatWouldClash) {
    TestModel test = busy();
    test.add_buffer(0, BufferKind::kL1, kBase + 30'000, 64);
    test.model.buffers.back().region = "decoder/ttnn.empty (model.py:4)";
    api::Failure clash;
    clash.type = api::FailureType::kClash;
    clash.devices = {0};
    clash.program_id = 77;
    clash.buffer_id = 12;
    clash.buffer_address = 114'688;
    clash.end_address = 118'112;
    clash.cores = {{{0, 0}, {7, 7}}};
    test.model.failures.push_back(clash);
    for (api::CircularBuffer& buffer : test.model.programs[0].circular_buffers) {
        buffer.index_mask = 1 << 16;
        buffer.data_format = 5;
    }
    std::string text = report(test.model, {{0}, std::nullopt, 300, false});
    EXPECT_TRUE(has(
        text,
        "! cannot be launched now: program 1 of process 42 (kernel 1) ends with CB 16 (Float16_b) at 0x000260b0 on "
        "cores 0,0-7,7, buffer 10 of process 42 (decoder/ttnn.empty (model.py:4)) begins at 0x00021290: 20000 bytes "
        "missing"))
        << text;
    EXPECT_TRUE(has(text, "lowest L1 buffer: 0x00021290, buffer 10 of process 42 (decoder/ttnn.empty (model.py:4)), "))
        << text;
    EXPECT_TRUE(has(text, "20000 bytes missing on 64 cores"));
    EXPECT_TRUE(has(text, "program 77 ended at 0x0001cd60 on cores 0,0-7,7, buffer 12 began at 0x0001c000: 3424 bytes"))
        << text;
    EXPECT_TRUE(has(text, "y   0 ! ! ! ! ! ! ! !"));
    test.model.failures.back().buffer_id = 10;
    test.model.failures.back().buffer_address = kBase + 30'000;
    text = report(test.model, {{0}, std::nullopt, 300, false});
    EXPECT_TRUE(has(text, "buffer 10 (decoder/ttnn.empty (model.py:4)) began at 0x00021290")) << text;
}

// Words that explain were cut off at 80 columns, and of a long name its end, which says more than its beginning.
TEST(L1Report, NothingThatExplainsIsCutOff) {
    TestModel test = busy();
    const std::string place = "models/demos/llama/tt/llama_attention_with_a_long_name_for_a_file.py:1234";
    test.model.programs[0].operation = "ttnn.transformer.scaled_dot_product_attention (" + place + ")";
    for (const size_t width : {60u, 80u, 200u}) {
        std::string words;
        for (const Line& line : l1_report(test.model, {{0}, std::nullopt, width, false})) {
            words += line.text() + "\n";
        }
        EXPECT_TRUE(has(words, "ttnn.transformer.scaled_dot_product_attention")) << words;
        EXPECT_TRUE(has(words, "for_a_file.py:1234)")) << words;
        std::string one_line;
        for (const char character : words) {
            if (character != '\n' && !(character == ' ' && one_line.ends_with(' '))) {
                one_line += character;
            } else if (!one_line.ends_with(' ')) {
                one_line += ' ';
            }
        }
        EXPECT_TRUE(has(one_line, "in L1 now (the last launch on each core)")) << one_line;
        EXPECT_TRUE(has(one_line, "what any cached program needs to run again")) << one_line;
    }
}

TEST(L1Report, NamesBuffersThatHoldTheSameBytes) {
    TestModel test = busy();
    api::Conflict conflict;
    conflict.devices = {0};
    conflict.kind = api::MemoryKind::kDram;
    conflict.address = 4096;
    conflict.bytes_per_bank = 2048;
    conflict.first = {7, 0, BufferKind::kDram, 4096, 2048, "decode"};
    conflict.second = {9, 1, BufferKind::kDram, 4096, 4096, ""};
    test.model.conflicts = {conflict};
    test.model.conflict_count = 1;
    const std::string text = report(test.model, {{0}, std::nullopt, 400, false});
    EXPECT_TRUE(has(text,
                    "process 42: buffer 7 (mesh 0, decode) and buffer 9 (mesh 1) hold the same 2048 bytes in each "
                    "dram bank of device 0 at 0x1000"))
        << text;
    conflict.type = api::ConflictType::kDanglingView;
    conflict.first.kind = BufferKind::kDanglingView;
    test.model.conflicts = {conflict};
    EXPECT_TRUE(has(report(test.model, {{0}, std::nullopt, 400, false}),
                    "the view buffer 7 (mesh 0, decode) looks into memory that was freed, and buffer 9 (mesh 1) lies "
                    "there now"));
    EXPECT_FALSE(has(report(test.model, {{1}, std::nullopt, 400, false}), "same bytes")) << "not on that device";
}

TEST(L1Report, SaysWhyNoRingIsKnown) {
    TestModel test = busy();
    test.model.config_rings.clear();
    EXPECT_TRUE(has(report(test.model, {{0}, std::nullopt, 200, false}), "none: slow dispatch has no ring"));
    test.model.processes[0].tracked_since_ns = 1;
    EXPECT_TRUE(has(report(test.model, {{0}, std::nullopt, 200, false}),
                    "not known: tracking began when the device was open already"));
}

TEST(L1Report, FitsItsWidthInAsciiWithoutControlCodes) {
    TestModel test = busy();
    test.model.programs[0].kernels[0].name = "reader\x1b[2J";
    for (const size_t width : {60u, 80u, 132u}) {
        for (const std::optional<api::Core>& core : {std::optional<api::Core>(), std::optional(api::Core{0, 0})}) {
            const Lines lines = l1_report(test.model, {{0, 1}, core, width, false});
            EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                                    [](const Line& line) { return has(line.text(), "s L1_SMALL region"); }))
                << "a sign beside its meaning, at a width of " << width;
            for (const Line& line : lines) {
                ASSERT_LE(columns(line.text()), width) << line.text();
                for (const char character : line.text()) {
                    ASSERT_TRUE(character >= ' ' && character <= '~') << line.text();
                }
            }
        }
    }
}

TEST(L1Report, ACoreWithItsCircularBuffers) {
    TestModel test = busy();
    api::CircularBuffer& buffer = test.model.programs[0].circular_buffers[0];
    buffer.dataflow = true;
    buffer.index_mask = 0x10001;
    buffer.data_format = 5;
    const std::string text = report(test.model, {{0}, api::Core{0, 7}, 80, false});
    EXPECT_TRUE(has(text, "L1 of core 0,7"));
    EXPECT_TRUE(has(text, "1* 0,16 0x00019d60 50000 dataflow Float16_b kernel 1")) << text;
    EXPECT_FALSE(has(text, "kernel 2")) << "it is on other cores";
    const std::string dispatch = report(test.model, {{0}, api::Core{0, 8}, 80, false});
    EXPECT_TRUE(has(dispatch, "in no bank") && has(dispatch, "dispatch") && has(dispatch, "no program uses this core"));
}

TEST(L1Report, ManyBuffersAreFewLines) {
    TestModel test = busy();
    for (uint64_t i = 0; i < 5000; ++i) {
        test.add_buffer(0, BufferKind::kDram, TestModel::kDramBase + 8192 + i * 128, 64);
    }
    const std::string text = report(test.model, {{0}, std::nullopt, 80, false});
    EXPECT_TRUE(has(text, "buffers and ")) << text;
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 200);
}

TEST(L1Report, AlikeChipsAreTold) {
    const TestModel test = busy();
    EXPECT_TRUE(has(report(test.model, {{0, 1}, std::nullopt, 80, false}), "  as device 0\n"));
    TestModel closed = busy();
    closed.model.allocators[0].open = false;
    EXPECT_TRUE(has(report(closed.model, {{0}, std::nullopt, 80, false}), "no tracked process has it open"));
}

TEST(MapCells, NothingThatIsThereDisappears) {
    TestModel test = busy();
    test.add_buffer(0, BufferKind::kL1, kBase + 700'000, 16);  // far smaller than a cell
    const auto layout = inventory::l1_layout(test.model, 0);
    for (const size_t cells : {1u, 7u, 74u, 500u}) {
        const std::vector<MapCell> map = map_cells(*layout, {kBase + 1, kBase + 50'000}, cells);
        ASSERT_EQ(map.size(), cells);
        if (cells >= 74) {
            for (const MapCell cell : {MapCell::kFirmware, MapCell::kRing, MapCell::kCachedBuffer, MapCell::kFree}) {
                EXPECT_NE(std::find(map.begin(), map.end(), cell), map.end());
            }
            const size_t at = (kBase + 700'000) * cells / layout->physical_bytes;
            EXPECT_EQ(map[at], MapCell::kBuffer);
        }
    }
}

std::string l1_text(const api::Model& model, const output::L1Text& what) {
    std::string text;
    EXPECT_TRUE(output::write_l1(model, what, [&](std::string_view piece) {
        text += piece;
        return true;
    }));
    return text;
}

TEST(L1Text, IsThatOfTheTree) {
    TestModel test = busy();
    for (const std::vector<api::DeviceIndex>& devices :
         {std::vector<api::DeviceIndex>{0, 1}, std::vector<api::DeviceIndex>{1}, std::vector<api::DeviceIndex>()}) {
        for (const std::optional<api::Core>& core : {std::optional<api::Core>(), std::optional(api::Core{3, 3})}) {
            nlohmann::ordered_json tree{{"schema", 1}, {"time_ns", test.model.time_ns}};
            tree["devices"] = nlohmann::ordered_json::array();
            for (const api::DeviceIndex device : devices) {
                inventory::L1Analysis l1(test.model, device);
                tree["devices"].push_back(inventory::l1_picture(device, l1, core));
            }
            tree["notices"] = test.model.notices;
            for (const int indent : {-1, 2}) {
                EXPECT_EQ(l1_text(test.model, {1, indent, devices, core}), tree.dump(indent));
            }
        }
        test.add_buffer(test.add_allocator({1}), BufferKind::kL1, kEnd - 4096, 64);  // they are not alike any more
    }
}

TEST(L1Text, OfSchema2HasEachPictureOnce) {
    TestModel test = busy();
    const auto check = [&](size_t pictures) {
        const auto shared = nlohmann::ordered_json::parse(l1_text(test.model, {2, 2, {0, 1}, {}}));
        EXPECT_EQ(shared["schema"], 2);
        EXPECT_EQ(shared["pictures"].size(), pictures);
        for (api::DeviceIndex device{0}; device < 2; ++device) {
            nlohmann::ordered_json whole = shared["devices"][device];
            whole.update(nlohmann::ordered_json(shared["pictures"][whole["picture"].get<size_t>()]));
            whole.erase("picture");
            // In another order: compared as a set of members.
            inventory::L1Analysis l1(test.model, device);
            EXPECT_EQ(nlohmann::json(whole), nlohmann::json(inventory::l1_picture(device, l1, {})));
        }
    };
    check(1);
    test.add_buffer(test.add_allocator({1}), BufferKind::kL1, kEnd - 4096, 64);
    check(2);
}

}  // namespace
}  // namespace ttmem::monitor
