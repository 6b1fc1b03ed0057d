// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/diff.hpp"

#include <unistd.h>

#include <cstdio>
#include <optional>

#include "commands.hpp"
#include "output/write_text.hpp"
#include "recording/reader.hpp"
#include "recording_commands.hpp"

namespace ttmem {
namespace {

std::optional<report::Report> report_of(const std::string& file, const report::Options& options) {
    const Result<recording::Reader> reader = recording::Reader::open(file);
    if (!reader) {
        std::fprintf(stderr, "ttmem diff: %s\n", reader.error().message.c_str());
        return std::nullopt;
    }
    for (const std::string& damage : reader.value().damages()) {
        std::fprintf(stderr, "ttmem diff: %s: %s\n", file.c_str(), damage.c_str());
    }
    return report::make_report(reader.value(), options);
}

}  // namespace

int diff_command(const DiffWords& options) {
    report::Options asked;
    asked.by = *inventory::group_by(options.by);
    asked.course = false;
    const std::optional<report::Report> before = report_of(options.before, asked);
    const std::optional<report::Report> after = before ? report_of(options.after, asked) : std::nullopt;
    if (!after) {
        return kExitFailure;
    }
    const report::Diff diff =
        report::diff(*before, *after,
                     {options.fail_above_percent ? std::optional(*options.fail_above_percent / 100) : std::nullopt,
                      options.floor_bytes});
    const bool written = monitor::write_text(
        STDOUT_FILENO, options.json ? monitor::Lines{monitor::Line(report::diff_json(diff, asked.by, options.top))}
                                    : report::diff_text(diff, asked.by, options.top));
    return !written ? kExitFailure : diff.fails ? kExitGrown : 0;
}

}  // namespace ttmem
