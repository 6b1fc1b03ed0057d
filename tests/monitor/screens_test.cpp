// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Every view over real runs of ttnn (models/, see record_model.cpp) at three sizes, against the screens that are kept
// in screens/. TTMEM_UPDATE_SCREENS=1 writes them again; look at the difference before it is kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <tuple>

#include "analysis/free_blocks.hpp"
#include "analysis/memory_map.hpp"
#include "analysis/usage.hpp"
#include "analysis/why.hpp"
#include "monitor/data/buffer_list.hpp"
#include "monitor/data/event_log.hpp"
#include "monitor/data/explained.hpp"
#include "monitor/data/samples.hpp"
#include "monitor/scene.hpp"
#include "monitor/testing/model_archive.hpp"
#include "output/text.hpp"
#include "output/why_text.hpp"

namespace ttmem::monitor {
namespace {

using api::MemoryKind;

std::string read_file(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

api::Model recorded(const std::string& name) {
    api::Model model =
        nlohmann::json::parse(read_file(std::filesystem::path(TTMEM_MONITOR_TESTS) / "models" / (name + ".json")))
            .get<api::Model>();
    inventory::summarise_l1(model);
    return model;
}

// The model's buffers as view 4 sees an inventory's.
class RecordedRows final : public BufferRows {
public:
    explicit RecordedRows(const api::Model& model) : model_(model) {
        for (const api::Buffer& buffer : model.buffers) {
            bytes_ += buffer.allocated_bytes;
        }
    }
    size_t size() const override { return model_.buffers.size(); }
    inventory::BufferRow at(size_t i) const override { return inventory::row_of(model_, model_.buffers[i]); }
    std::vector<api::DeviceIndex> devices(size_t i) const override { return model_.buffers[i].devices; }
    uint64_t bytes() const override { return bytes_; }
    const std::vector<BufferGroup>& groups() const override { return groups_; }
    std::string_view text(size_t i, RowText which) const override { return texts_.text(at(i), which); }
    std::optional<inventory::BufferDetail> open() const override {
        return inventory::detail_of(model_, model_.buffers.front());
    }

private:
    mutable RowTexts texts_;
    const api::Model& model_;
    std::vector<BufferGroup> groups_;
    uint64_t bytes_ = 0;
};

// A minute in which memory filled up to what the model says.
Samples filled_up(const api::Model& model) {
    Samples samples;
    api::Model past = model;
    for (uint64_t second = 60; second-- > 0;) {
        past.time_ns = model.time_ns - second * 1'000'000'000;
        for (size_t i = 0; i < past.devices.size(); ++i) {
            for (const MemoryKind kind : {MemoryKind::kDram, MemoryKind::kL1}) {
                const api::Bytes& whole = model.devices[i].memory[kind].allocated_bytes;
                past.devices[i].memory[kind].allocated_bytes = whole ? api::Bytes(*whole * (60 - second) / 60) : whole;
            }
        }
        samples.add(past);
    }
    return samples;
}

struct Pictures {
    explicit Pictures(const std::string& name) : model(recorded(name)), samples(filled_up(model)), rows(model) {
        setenv("TZ", "UTC", 1);
        tzset();
        events.add(model, true);
    }
    Frame draw(const State& state, const Size& size, bool ascii = false) const {
        Scene scene;
        scene.model = &model;
        scene.state = &state;
        scene.samples = &samples;
        scene.events = &events;
        scene.buffers = &rows;
        scene.look.ascii = ascii;
        Explained explained;
        if (state.view == View::kWhy) {
            explained.update(
                model, state, {Explained::columns_of(size), !ascii}, 0,
                {[](size_t) { return std::nullopt; }, [this] { return std::make_shared<const api::Model>(model); }});
        }
        scene.explained = &explained.page();
        return layout(scene, size);
    }
    api::Model model;
    Samples samples;
    EventLog events;
    RecordedRows rows;
};

using Case = std::tuple<const char*, size_t, Size>;
class Screens : public ::testing::TestWithParam<Case> {};

TEST_P(Screens, AreAsKept) {
    const auto& [cluster, view, size] = GetParam();
    const Pictures pictures(cluster);
    State state;
    state.view = static_cast<View>(view);
    const Frame frame = pictures.draw(state, size);
    EXPECT_EQ(frame.grid.overlaps(), 0u);
    const std::filesystem::path path = std::filesystem::path(TTMEM_MONITOR_TESTS) / "screens" /
                                       (std::string(cluster) + "-" + std::to_string(view + 1) + "-" +
                                        std::to_string(size.width) + "x" + std::to_string(size.height) + ".txt");
    if (std::getenv("TTMEM_UPDATE_SCREENS") != nullptr) {
        std::ofstream(path, std::ios::binary) << frame.grid.text();
    }
    EXPECT_EQ(frame.grid.text(), read_file(path)) << path;
}

INSTANTIATE_TEST_SUITE_P(Kept, Screens,
                         ::testing::Combine(::testing::Values("n150", "t3000", "galaxy"),
                                            ::testing::Range<size_t>(0, kViews),
                                            ::testing::Values(Size{80, 24}, Size{120, 40}, Size{200, 60})),
                         [](const auto& test) {
                             return std::string(std::get<0>(test.param)) + "View" +
                                    std::to_string(std::get<1>(test.param) + 1) + "At" +
                                    std::to_string(std::get<2>(test.param).width);
                         });

TEST(Sweep, NoSizeMakesARealRunOverlap) {
    for (const char* cluster : {"n150", "t3000", "galaxy"}) {
        const Pictures pictures(cluster);
        for (size_t view = 0; view < kViews; ++view) {
            State state;
            state.view = static_cast<View>(view);
            for (size_t width = 80; width <= 220; width += 9) {
                for (size_t height = 24; height <= 70; height += 7) {
                    const Frame frame = pictures.draw(state, {width, height}, width % 2 == 0);
                    ASSERT_EQ(frame.grid.overlaps(), 0u)
                        << cluster << " view " << view + 1 << " " << width << "x" << height << "\n"
                        << frame.grid.text();
                }
            }
        }
    }
}

// A real run that is refused a DRAM buffer of half as much again as its largest hole has, and then an L1 buffer.
TEST(Refusals, AreAsKept) {
    Pictures pictures("n150");
    api::Model& model = pictures.model;
    model.contexts.push_back({0, "decoder", "ttnn.linear", {{"/models/attention.py", "forward", 42, ""}}, true});
    for (const MemoryKind kind : {MemoryKind::kDram, MemoryKind::kL1}) {
        for (const api::FreeSpace& space : inventory::free_spaces(model, 0)) {
            if (space.kind == kind && space.allocator == 0) {
                api::Failure& failure = model.failures.emplace_back();
                failure.number = model.failures.size() - 1;
                failure.time_ns = model.time_ns - 2'000'000'000;
                failure.kind = kind;
                failure.devices = {0};
                failure.operation = "ttnn.linear";
                failure.context = api::ContextIndex(model.contexts.size() - 1);
                failure.allocator = api::AllocatorIndex(0);
                failure.banks = space.banks.banks;
                failure.limit_bytes = space.banks.bank_bytes;
                failure.available_bytes = space.free_bytes_per_bank;
                failure.largest_free_bytes_per_bank = space.largest_bytes_per_bank;
                failure.bytes_per_bank = space.largest_bytes_per_bank / 2 * 3;
                failure.allocated_bytes = space.allocated_bytes_per_bank * space.banks.banks;
            }
        }
    }
    ASSERT_EQ(model.failures.size(), 2u);
    State state;
    state.view = View::kWhy;
    for (const char* name : {"refusal-latest", "refusal-before", "refusal-before-end"}) {
        const Frame frame = pictures.draw(state, {80, 24});
        EXPECT_EQ(frame.grid.overlaps(), 0u);
        const std::filesystem::path path =
            std::filesystem::path(TTMEM_MONITOR_TESTS) / "screens" / (std::string(name) + "-80x24.txt");
        if (std::getenv("TTMEM_UPDATE_SCREENS") != nullptr) {
            std::ofstream(path, std::ios::binary) << frame.grid.text();
        }
        EXPECT_EQ(frame.grid.text(), read_file(path)) << path;
        state.own().position = state.refusal ? 100 : 0;
        state.refusal = RefusalKey{key_of(model.processes[0]), 0};
    }
}

// The same run at a peak that it still holds.
TEST(Peaks, AreAsKept) {
    const Pictures pictures("n150");
    analysis::ShownPeak shown;
    shown.bytes = pictures.model.devices[0].memory[MemoryKind::kDram].allocated_bytes.value_or(0);
    shown.shown_bytes = shown.bytes;
    shown.still_held = true;
    const analysis::Why why = analysis::at_peak(pictures.model, 0, MemoryKind::kDram, shown);
    State state;
    state.view = View::kWhy;
    state.peaks = true;
    ExplainedPage page;
    page.of_peaks = true;
    page.count = 3;
    page.place = 1;
    page.lines = output::why_text(pictures.model, why, Explained::columns_of({80, 24}), true);
    Scene scene;
    scene.model = &pictures.model;
    scene.state = &state;
    scene.explained = &page;
    const Frame frame = layout(scene, {80, 24});
    EXPECT_EQ(frame.grid.overlaps(), 0u);
    const std::filesystem::path path = std::filesystem::path(TTMEM_MONITOR_TESTS) / "screens" / "peak-80x24.txt";
    if (std::getenv("TTMEM_UPDATE_SCREENS") != nullptr) {
        std::ofstream(path, std::ios::binary) << frame.grid.text();
    }
    EXPECT_EQ(frame.grid.text(), read_file(path)) << path;
}

// The first buffer of a real run, with an origin and a name as a tracked process records them.
TEST(OpenBuffer, IsAsKept) {
    Pictures pictures("n150");
    api::Model& model = pictures.model;
    model.contexts.push_back({0,
                              "decoder",
                              "ttnn.linear",
                              {{"/venv/site-packages/ttnn/decorators.py", "__call__", 30, "ttnn.linear"},
                               {"/models/attention.py", "forward", 42, ""},
                               {"/models/run.py", "main", 7, ""}},
                              true});
    model.tensors.push_back({0,
                             {1, 30, 64},
                             {1, 32, 64},
                             "bfloat16",
                             "tile",
                             "interleaved",
                             {},
                             "",
                             {2, 4},
                             {api::Tensor::kReplicated, 2}});
    api::Buffer& buffer = model.buffers.front();
    buffer.context = api::ContextIndex(0);
    buffer.tensor = api::TensorIndex(0);
    buffer.region = "decoder";
    buffer.label = "layers.3.attention.wq";
    buffer.used_banks = 9;
    State state;
    state.view = View::kBuffers;
    state.open_buffer = BufferKey{key_of(model.processes[0]), buffer.id, buffer.allocated_at_ns};
    const Frame frame = pictures.draw(state, {80, 24});
    EXPECT_EQ(frame.grid.overlaps(), 0u);
    const std::filesystem::path path = std::filesystem::path(TTMEM_MONITOR_TESTS) / "screens" / "open-buffer-80x24.txt";
    if (std::getenv("TTMEM_UPDATE_SCREENS") != nullptr) {
        std::ofstream(path, std::ios::binary) << frame.grid.text();
    }
    EXPECT_EQ(frame.grid.text(), read_file(path)) << path;
    state.open_buffer.reset();
    const std::string list = pictures.draw(state, {200, 60}).grid.text();
    for (const char* word : {"layers.3.attention.wq", "decoder/ttnn.linear", "attention.py:42"}) {
        EXPECT_NE(list.find(word), std::string::npos) << word << "\n" << list;
    }
}

// The figures on the screen are those of the model.
TEST(Figures, OfViewOneAreTheModels) {
    for (const char* cluster : {"n150", "t3000"}) {
        const Pictures pictures(cluster);
        State state;
        const std::string text = pictures.draw(state, {200, 60}, true).grid.text();
        for (const api::DeviceIndex place : analysis::shown_devices(pictures.model)) {
            const api::Device& device = pictures.model.devices[place];
            const api::MemoryUse& dram = device.memory[MemoryKind::kDram];
            EXPECT_NE(text.find(device_title(pictures.model, device)), std::string::npos);
            EXPECT_NE(text.find(human_bytes(dram.allocated_bytes) + " / " + human_bytes(dram.capacity_bytes)),
                      std::string::npos)
                << text;
            EXPECT_NE(text.find(human_bytes(analysis::l1_used(device)) + " / " +
                                human_bytes(device.memory[MemoryKind::kL1].capacity_bytes)),
                      std::string::npos)
                << text;
            EXPECT_NE(text.find(percent(dram.allocated_bytes, dram.capacity_bytes)), std::string::npos) << text;
        }
    }
}

// The last launch of the recorded run has no circular buffers of its own, the cached programs before it have.
TEST(Figures, ViewFiveCountsCircularBuffersOfCachedPrograms) {
    Pictures pictures("n150");
    api::Device& device = pictures.model.devices[0];
    ASSERT_EQ(device.circular_buffers.current_bytes, 0u);
    const api::ClashGauge& gauge = device.l1->gauge;
    const auto core = std::find_if(gauge.cores.begin(), gauge.cores.end(), [](const api::CoreGauge& each) {
        return each.core == api::Core{0, 0};
    });
    ASSERT_NE(core, gauge.cores.end());
    const std::optional<api::Layout> layout = inventory::l1_layout(pictures.model, 0, core->core);
    ASSERT_TRUE(layout);
    const uint64_t circular = *core->cached_end - *gauge.base_address;
    const uint64_t bank = layout->sums.buffer_bytes + layout->sums.free_bytes;
    State state;
    state.view = View::kL1Map;
    const std::string text = pictures.draw(state, {120, 40}, true).grid.text();
    const auto share = static_cast<int>(
        100.0 * static_cast<double>(layout->sums.buffer_bytes + circular) / static_cast<double>(bank) + 0.5);
    EXPECT_GT(share, 40);
    EXPECT_NE(text.find("\n 0  " + std::to_string(share) + " "), std::string::npos) << text;
    EXPECT_NE(text.find("buffers " + human_bytes(layout->sums.buffer_bytes) + ", CBs " + human_bytes(circular) +
                        ", free " + human_bytes(layout->sums.free_bytes - circular) + "; CBs now 0 B"),
              std::string::npos)
        << text;
}

// A program's circular buffers by number, format and program; buffers by what made them; a clash ahead. At the smallest
// size, too.
TEST(Figures, ViewFiveNamesWhatLiesInACore) {
    Pictures pictures("n150");
    api::Model& model = pictures.model;
    api::Program& program = model.programs[1];
    program.operation = "ttnn.matmul";
    program.last_launch = 100;
    program.circular_buffers.resize(1);
    program.circular_buffers[0].dataflow = false;
    program.circular_buffers[0].index_mask = 1u << 16;
    program.circular_buffers[0].data_format = 5;
    program.circular_buffers[0].bytes = 0x111000;
    model.contexts.push_back({0, "decoder", "ttnn.linear", {{"/models/attention.py", "forward", 42, ""}}, true});
    model.tensors.push_back({0, {1, 30, 64}, {1, 32, 64}, "bfloat16", "tile", "interleaved", {}, "", {}, {}});
    for (api::Buffer& buffer : model.buffers) {
        buffer.context.emplace(model.contexts.size() - 1);
        buffer.tensor.emplace(model.tensors.size() - 1);
    }
    inventory::summarise_l1(model);
    State state;
    state.view = View::kL1Map;
    for (const Size& size : {Size{80, 24}, Size{200, 60}}) {
        const Frame frame = pictures.draw(state, size, true);
        EXPECT_EQ(frame.grid.overlaps(), 0u);
        const std::string text = frame.grid.text();
        for (const char* word : {"CB 16 (Float16_b) of ttnn.m", "CANNOT BE LAUNCHED NOW:", " missing", " !! !!",
                                 "!! clash", "no headroom: ", "kernel-config ring"}) {
            EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
        }
    }
    const std::string wide = pictures.draw(state, {200, 60}, true).grid.text();
    EXPECT_NE(wide.find("buffer 500, decoder/ttnn.linear (models/attention.py:42), 1x30x64 bfloat16 tile"),
              std::string::npos)
        << wide;
    EXPECT_EQ(wide.find("of process"), std::string::npos) << "one process alone has buffers";
}

TEST(Figures, LayoutInViewFiveStartsAtZeroAndEndsAtTheEndOfTheCore) {
    const Pictures pictures("n150");
    State state;
    state.view = View::kL1Map;
    const std::string text = pictures.draw(state, {200, 60}, true).grid.text();
    const std::regex row("(0x[0-9a-f]{6,}) +([0-9.]+ [KMG]?i?B)");
    std::vector<uint64_t> addresses;
    for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it) {
        addresses.push_back(std::stoull((*it)[1], nullptr, 16));
    }
    ASSERT_GT(addresses.size(), 3u) << text;
    EXPECT_EQ(addresses[0], 0u);
    EXPECT_TRUE(std::is_sorted(addresses.begin(), addresses.end()));
}

}  // namespace
}  // namespace ttmem::monitor
