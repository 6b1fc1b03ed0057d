// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A page of metrics in Prometheus' text format 0.0.4, character by character what prometheus-cpp's serializer makes of
// the same families (a test compares). That library keeps each label of each series as two strings and each series as
// an object with room for all types of metrics; here a label becomes text once, and a series is the line that the page
// has of it. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ttmem::output {

// The labels of a series as text, with the first one's value apart so that it can be changed. Names are plain words;
// values are UTF-8.
class MetricLabels {
public:
    MetricLabels() = default;
    MetricLabels(std::string_view name, std::string_view value);

    void add(std::string_view name, std::string_view value);
    void add(const MetricLabels& more);  // after these
    const std::string& first() const { return first_; }
    void set_first(std::string_view value);  // there has to be one
    // name="value",...
    std::string_view text() const { return text_; }
    // Takes away what was added since text() was so long; not the first label.
    void cut(size_t bytes) { text_.resize(bytes); }

private:
    std::string text_;
    std::string first_;
    size_t first_value_ = 0;  // where the first one's value stands in the text, and how long it is there
    size_t first_bytes_ = 0;
};

// Labels with one more for as long as this is there.
class WithLabel {
public:
    WithLabel(MetricLabels& labels, std::string_view name, std::string_view value)
        : labels_(labels), bytes_(labels.text().size()) {
        labels_.add(name, value);
    }
    ~WithLabel() { labels_.cut(bytes_); }
    WithLabel(const WithLabel&) = delete;
    WithLabel& operator=(const WithLabel&) = delete;

private:
    MetricLabels& labels_;
    size_t bytes_;
};

struct MetricFamily {
    std::string name;
    std::string head;    // # HELP, # TYPE
    std::string series;  // a line each
    bool counter = false;
};

class MetricPage {
public:
    // The family of that name; a new one stands after all others. `help` gets a capital.
    MetricFamily& family(std::string_view name, std::string_view help, bool counter = false);
    static void add(MetricFamily& family, const MetricLabels& labels, double value);
    static void add(MetricFamily& family, const MetricLabels& labels, uint64_t value);
    static void add(MetricFamily& family, const MetricLabels& labels, uint32_t value) {
        add(family, labels, uint64_t{value});
    }
    static void add(MetricFamily& family, const MetricLabels& labels, int value) {
        add(family, labels, static_cast<double>(value));
    }
    std::string text() const;

private:
    std::deque<MetricFamily> families_;  // their places stay
    std::unordered_map<std::string_view, MetricFamily*> by_name_;
    MetricFamily* last_ = nullptr;
};

}  // namespace ttmem::output
