// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/saturate.hpp"
#include "commands.hpp"
#include "new_file.hpp"
#include "output/write_text.hpp"
#include "recording/reader.hpp"
#include "recording_commands.hpp"
#include "report/at_moment.hpp"
#include "report/page/page.hpp"
#include "report/write.hpp"

namespace ttmem {

std::optional<MomentWord> parse_moment(const std::string& text) {
    const char* const end = text.data() + text.size();
    MomentWord word;
    if (constexpr std::string_view kStep = "step:"; text.starts_with(kStep)) {
        const auto [at, error] = std::from_chars(text.data() + kStep.size(), end, word.step);
        return error == std::errc() && at == end && word.step != 0 ? std::optional(word) : std::nullopt;
    }
    if (text.starts_with('@')) {
        word.since_epoch = true;
        const auto [at, error] = std::from_chars(text.data() + 1, end, word.ns);
        return error == std::errc() && at == end ? std::optional(word) : std::nullopt;
    }
    double seconds = 0;
    const auto [at, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc() || at != end || !std::isfinite(seconds) || seconds < 0 || seconds > 1e9) {
        return std::nullopt;
    }
    word.ns = static_cast<uint64_t>(std::llround(seconds * 1e9));
    return word;
}

namespace {

// A file instead of text: a page or a picture.
int write_file(const recording::Reader& reader, const ReportOptions& options) {
    report::Options asked;
    asked.by = *inventory::group_by(options.by);
    asked.temporary = options.temporary;
    std::string bytes;
    if (options.folded.empty()) {
        Result<std::string> page =
            report::report_page(reader, std::filesystem::path(options.file).filename().string(), asked);
        if (!page) {
            std::fprintf(stderr, "ttmem report: %s\n", page.error().message.c_str());
            return kExitFailure;
        }
        bytes = std::move(page.value());
    } else {
        asked.folded = true;
        asked.course = false;
        bytes = report::report_flame_svg(report::make_report(reader, asked), options.folded);
    }
    if (const std::optional<std::string> why = write_new_file(options.html, bytes)) {
        std::fprintf(stderr, "ttmem report: %s\n", why->c_str());
        return kExitFailure;
    }
    return 0;
}

}  // namespace

int report_command(const ReportOptions& options) {
    const Result<recording::Reader> reader = recording::Reader::open(options.file);
    if (!reader) {
        std::fprintf(stderr, "ttmem report: %s\n", reader.error().message.c_str());
        return kExitFailure;
    }
    if (!options.html.empty()) {
        return write_file(reader.value(), options);
    }
    monitor::Lines lines;
    if (const std::optional<MomentWord> at = parse_moment(options.at)) {
        uint64_t time_ns = at->since_epoch ? at->ns : saturating_sum(report::first_event_ns(reader.value()), at->ns);
        if (at->step != 0) {
            const std::optional<uint64_t> began = report::step_begin_ns(reader.value(), at->step);
            if (!began) {
                std::fprintf(stderr, "ttmem report: no step %llu is in %s (a program marks them with ttmem.step())\n",
                             static_cast<unsigned long long>(at->step), options.file.c_str());
                return kExitFailure;
            }
            time_ns = *began;
        }
        const report::MomentReport then = report::moment_report(reader.value(), time_ns);
        lines = options.json ? monitor::Lines{monitor::Line(report::moment_json(then))}
                             : report::moment_text(then, options.top);
    } else {
        report::Options asked;
        asked.by = *inventory::group_by(options.by);
        asked.temporary = options.temporary;
        asked.folded = !options.folded.empty();
        asked.course = !asked.folded;
        const report::Report report = report::make_report(reader.value(), asked);
        if (asked.folded) {
            return monitor::write_text(STDOUT_FILENO, report::report_folded(report, options.folded)) ? 0 : kExitFailure;
        }
        lines = options.json ? monitor::Lines{monitor::Line(report::report_json(report, asked.by, options.top))}
                             : report::report_text(report, asked.by, options.top);
    }
    return monitor::write_text(STDOUT_FILENO, lines) ? 0 : kExitFailure;
}

}  // namespace ttmem
