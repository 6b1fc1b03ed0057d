// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "commands.hpp"
#include "new_file.hpp"
#include "output/write_text.hpp"
#include "recording/reader.hpp"
#include "recording_commands.hpp"
#include "replay/moment_words.hpp"
#include "replay/saved_moment.hpp"
#include "report/at_moment.hpp"
#include "report/page/page.hpp"
#include "report/write.hpp"
#include "visualizer/import.hpp"

namespace ttmem {

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

int import_report(const ReportOptions& options) {
    const inventory::GroupBy by = *inventory::group_by(options.by);
    const Result<visualizer::Imported> imported = visualizer::import_database(options.import_path, by);
    if (!imported) {
        std::fprintf(stderr, "ttmem report: %s\n", imported.error().message.c_str());
        return kExitFailure;
    }
    const monitor::Lines lines =
        options.json ? monitor::Lines{monitor::Line(visualizer::imported_json(imported.value(), by, options.top))}
                     : visualizer::imported_text(imported.value(), by, options.top);
    return monitor::write_text(STDOUT_FILENO, lines) ? 0 : kExitFailure;
}

}  // namespace

int report_command(const ReportOptions& options) {
    if (!options.import_path.empty()) {
        return import_report(options);
    }
    const Result<recording::Reader> reader = replay::open_recording(options.file);
    if (!reader) {
        std::fprintf(stderr, "ttmem report: %s\n", reader.error().message.c_str());
        return kExitFailure;
    }
    if (!options.html.empty()) {
        return write_file(reader.value(), options);
    }
    monitor::Lines lines;
    if (!options.at.empty()) {
        const Result<uint64_t> time_ns = replay::moment_ns(reader.value(), options.at);
        if (!time_ns) {
            std::fprintf(stderr, "ttmem report: %s: %s\n", options.file.c_str(), time_ns.error().message.c_str());
            return kExitFailure;
        }
        const report::MomentReport then = report::moment_report(reader.value(), time_ns.value());
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
