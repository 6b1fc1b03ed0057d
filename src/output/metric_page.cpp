// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/metric_page.hpp"

#include <charconv>
#include <cmath>

namespace ttmem::output {
namespace {

constexpr int kDigits = 16;                         // of a number that is not whole, as prometheus-cpp writes it
constexpr uint64_t kMostWhole = uint64_t{1} << 53;  // a double has all of its digits

void put_value(std::string_view value, std::string& to) {
    for (const char c : value) {
        if (c == '\n') {
            to += "\\n";
        } else {
            if (c == '\\' || c == '"') {
                to += '\\';
            }
            to += c;
        }
    }
}

void put_whole(uint64_t value, std::string& to) {
    char digits[20];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void put_number(double value, std::string& to) {
    if (std::isnan(value)) {
        to += "Nan";
    } else if (std::isinf(value)) {
        to += value < 0 ? "-Inf" : "+Inf";
    } else {
        char digits[40];
        to.append(digits,
                  std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, kDigits).ptr);
    }
}

void begin_series(const MetricLabels& labels, MetricFamily& family) {
    family.series += family.name;
    if (!labels.text().empty()) {
        family.series += '{';
        family.series += labels.text();
        family.series += '}';
    }
    family.series += ' ';
}

}  // namespace

MetricLabels::MetricLabels(std::string_view name, std::string_view value) {
    add(name, value);
}

void MetricLabels::add(std::string_view name, std::string_view value) {
    const bool is_first = text_.empty();
    if (!is_first) {
        text_ += ',';
    }
    text_ += name;
    text_ += "=\"";
    const size_t at = text_.size();
    put_value(value, text_);
    if (is_first) {
        first_ = value;
        first_value_ = at;
        first_bytes_ = text_.size() - at;
    }
    text_ += '"';
}

void MetricLabels::add(const MetricLabels& more) {
    if (text_.empty()) {
        *this = more;
    } else if (!more.text_.empty()) {
        text_ += ',';
        text_ += more.text_;
    }
}

void MetricLabels::set_first(std::string_view value) {
    std::string escaped;
    put_value(value, escaped);
    text_.replace(first_value_, first_bytes_, escaped);
    first_ = value;
    first_bytes_ = escaped.size();
}

MetricFamily& MetricPage::family(std::string_view name, std::string_view help, bool counter) {
    if (last_ != nullptr && last_->name == name) {
        return *last_;
    }
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) {
        last_ = found->second;
        return *last_;
    }
    MetricFamily& family = families_.emplace_back();
    family.name = name;
    family.counter = counter;
    if (!help.empty()) {
        std::string words(help);
        if (words[0] >= 'a' && words[0] <= 'z') {
            words[0] = static_cast<char>(words[0] - 'a' + 'A');
        }
        family.head = "# HELP " + family.name + " " + words + "\n";
    }
    family.head += "# TYPE " + family.name + (counter ? " counter\n" : " gauge\n");
    by_name_.emplace(family.name, &family);
    last_ = &family;
    return family;
}

void MetricPage::add(MetricFamily& family, const MetricLabels& labels, double value) {
    begin_series(labels, family);
    put_number(value, family.series);
    family.series += '\n';
}

void MetricPage::add(MetricFamily& family, const MetricLabels& labels, uint64_t value) {
    begin_series(labels, family);
    if (value <= kMostWhole) {
        put_whole(value, family.series);
    } else {
        put_number(static_cast<double>(value), family.series);
    }
    family.series += '\n';
}

std::string MetricPage::text() const {
    size_t bytes = 0;
    for (const MetricFamily& family : families_) {
        bytes += family.head.size() + family.series.size();
    }
    std::string all;
    all.reserve(bytes);
    for (const MetricFamily& family : families_) {
        all += family.head;
        all += family.series;
    }
    return all;
}

}  // namespace ttmem::output
