// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/metric_page.hpp"

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "output/prometheus.hpp"

// Counts what this program allocates.
static std::atomic<uint64_t> allocations;

void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(bytes);
}
void* operator new(size_t bytes) {
    if (void* const memory = operator new(bytes, std::nothrow)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}

namespace ttmem::output {
namespace {

// The same series in a page and in the library's families.
class Twice {
public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    template <typename Value>
    void add(const std::string& name, const std::string& help, bool counter, const Labels& labels, Value value) {
        MetricLabels text;
        prometheus::ClientMetric metric;
        for (const auto& [key, word] : labels) {
            text.add(key, word);
            metric.label.push_back({key, word});
        }
        page_.add(page_.family(name, help, counter), text, value);
        (counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
        for (prometheus::MetricFamily& family : families_) {
            if (family.name == name) {
                family.metric.push_back(std::move(metric));
                return;
            }
        }
        const auto type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
        families_.push_back({name, help, type, {std::move(metric)}});
    }
    std::string page() const { return page_.text(); }
    std::string library() const { return prometheus::TextSerializer().Serialize(families_); }

private:
    MetricPage page_;
    std::vector<prometheus::MetricFamily> families_;
};

TEST(MetricPage, IsWhatTheLibraryMakesOfTheSameSeries) {
    Twice both;
    both.add("a", "Words of a", false, {}, uint64_t{7});
    both.add("b", "Words of b", true, {{"device", ""}, {"name", "quote \" back \\ line \n end"}}, 0.1);
    both.add("a", "Words of a", false, {{"device", "0"}}, std::numeric_limits<uint64_t>::max());
    both.add("c", "", false, {{"x", "y"}}, std::numeric_limits<double>::infinity());
    both.add("c", "", false, {{"x", "z"}}, -std::numeric_limits<double>::infinity());
    both.add("c", "", false, {{"x", "n"}}, std::numeric_limits<double>::quiet_NaN());
    for (int shift = 50; shift < 64; ++shift) {
        for (const int beside : {-1, 0, 1}) {
            const uint64_t value = (uint64_t{1} << shift) + static_cast<uint64_t>(beside);
            both.add("whole", "Numbers", false, {{"n", std::to_string(value)}}, value);
        }
    }
    std::mt19937_64 random(7);
    for (int i = 0; i < 1000; ++i) {
        const uint64_t whole = random() >> (random() % 64);
        both.add("whole", "Numbers", false, {{"n", std::to_string(i)}}, whole);
        both.add("real", "Numbers", false, {{"n", std::to_string(i)}}, static_cast<double>(random()) * 1e-9);
    }
    EXPECT_EQ(both.page(), both.library());
}

TEST(MetricPage, TheFirstLabelCanBeChanged) {
    MetricLabels labels("pid", "a\"b");
    labels.add("user", "ann");
    labels.set_first("a\"b#2");
    EXPECT_EQ(labels.text(), "pid=\"a\\\"b#2\",user=\"ann\"");
    EXPECT_EQ(labels.first(), "a\"b#2");
    labels.set_first("");
    MetricLabels whole("device", "0");
    whole.add(labels);
    EXPECT_EQ(whole.text(), "device=\"0\",pid=\"\",user=\"ann\"");
}

// A machine on which each process uses each device.
api::Model fleet(size_t processes, api::DeviceIndex devices) {
    api::Model model;
    for (size_t i = 0; i < devices; ++i) {
        api::Device& device = model.devices.emplace_back();
        device.id = static_cast<int>(i);
        device.unique_id = 0x1000 + i;
        device.board = "galaxy-wormhole";
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            device.memory[kind].allocated_bytes = 4096 * i;
        }
    }
    for (size_t i = 0; i < processes; ++i) {
        api::Process& process = model.processes.emplace_back();
        process.pid = static_cast<int>(1000 + i);
        process.name = "python3";
        process.user = "somebody";
        for (api::DeviceIndex device{0}; device < devices; ++device) {
            api::ProcessDevice& holding = process.devices.emplace_back();
            holding.device = device;
            for (const api::MemoryKind kind : api::kAllMemoryKinds) {
                holding.bytes[kind] = uint64_t{4096} * i;
                holding.buffers[kind] = i;
            }
            holding.kernel_bytes = 1 + i;
        }
    }
    return model;
}

struct Work {
    double allocations;
    double series;
};

Work work_of(size_t processes) {
    const api::Model model = fleet(processes, 32);
    const uint64_t before = allocations;
    const std::string text = server::metrics_text(model, {}, {});
    const auto made = static_cast<double>(allocations - before);
    uint64_t series = 0;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        series += text[at] == '#' ? 0 : 1;
    }
    return {made, static_cast<double>(series)};
}

// Time says nothing on a machine that does other things.
TEST(MetricPage, MakesFewerAllocationsThanSeries) {
    const Work once = work_of(32);
    const Work twice = work_of(64);
    EXPECT_GT(twice.series, 10'000);
    EXPECT_LT(once.allocations, once.series);
    EXPECT_LT(twice.allocations, twice.series);
    EXPECT_LT(twice.allocations / once.allocations, 1.1 * twice.series / once.series);
}

}  // namespace
}  // namespace ttmem::output
