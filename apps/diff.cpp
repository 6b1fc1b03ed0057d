// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/diff.hpp"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "commands.hpp"
#include "output/write_text.hpp"
#include "recording/reader.hpp"
#include "recording_commands.hpp"
#include "replay/saved_moment.hpp"
#include "report/per_bank.hpp"
#include "visualizer/import.hpp"

namespace ttmem {
namespace {

std::optional<report::Report> refuse(const std::string& why) {
    std::fprintf(stderr, "ttmem diff: %s\n", why.c_str());
    return std::nullopt;
}

// Of a recording, or of a report for ttnn-visualizer, whose bytes are those of a bank.
std::optional<report::Report> report_of(const std::string& file, const report::Options& options, bool per_bank) {
    if (visualizer::is_database(file)) {
        Result<visualizer::Imported> imported = visualizer::import_database(file, options.by);
        return imported ? std::optional(std::move(imported.value().report)) : refuse(imported.error().message);
    }
    const Result<recording::Reader> reader = replay::open_recording(file);
    if (!reader) {
        return refuse(reader.error().message);
    }
    for (const std::string& damage : reader.value().damages()) {
        std::fprintf(stderr, "ttmem diff: %s: %s\n", file.c_str(), damage.c_str());
    }
    report::Report report = report::make_report(reader.value(), options);
    const Result<bool> divided = per_bank ? report::to_bank_bytes(reader.value(), report) : Result<bool>(true);
    return divided ? std::optional(std::move(report)) : refuse(file + ": " + divided.error().message);
}

}  // namespace

int diff_command(const DiffWords& options) {
    report::Options asked;
    asked.by = *inventory::group_by(options.by);
    asked.course = false;
    const bool per_bank = visualizer::is_database(options.before) || visualizer::is_database(options.after);
    const std::optional<report::Report> before = report_of(options.before, asked, per_bank);
    const std::optional<report::Report> after = before ? report_of(options.after, asked, per_bank) : std::nullopt;
    if (!after) {
        return kExitFailure;
    }
    const report::Diff diff =
        report::diff(*before, *after,
                     {options.fail_above_percent ? std::optional(*options.fail_above_percent / 100) : std::nullopt,
                      options.floor_bytes, per_bank});
    const bool written = monitor::write_text(
        STDOUT_FILENO, options.json ? monitor::Lines{monitor::Line(report::diff_json(diff, asked.by, options.top))}
                                    : report::diff_text(diff, asked.by, options.top));
    return !written ? kExitFailure : diff.fails ? kExitGrown : 0;
}

}  // namespace ttmem
