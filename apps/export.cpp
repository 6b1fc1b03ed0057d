// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/export.hpp"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "commands.hpp"
#include "new_file.hpp"
#include "output/write_text.hpp"
#include "recording/reader.hpp"
#include "recording_commands.hpp"
#include "replay/moment_words.hpp"
#include "replay/saved_moment.hpp"
#include "visualizer/export.hpp"

namespace ttmem {
namespace {

int complain(const std::string& text, int code) {
    std::fprintf(stderr, "ttmem export: %s\n", text.c_str());
    return code;
}

std::string converted(const recording::Reader& reader, report::Format format) {
    switch (format) {
        case report::Format::kCsv:
            return report::export_csv(reader);
        case report::Format::kMemoryViz:
            return report::export_memory_viz(reader);
        case report::Format::kPerfetto:
            return report::export_perfetto(reader);
        case report::Format::kSpeedscope:
            return report::export_speedscope(reader);
        case report::Format::kPprof:
            return report::export_pprof(reader);
    }
    return "";
}

// A report for ttnn-visualizer, of a part of the run or of all of it.
Result<std::string> report_for_visualizer(const recording::Reader& reader, const ExportOptions& options) {
    visualizer::Part part;
    for (const auto& [words, to] : {std::pair(&options.from, &part.from_ns), {&options.until, &part.until_ns}}) {
        if (!words->empty()) {
            const Result<uint64_t> time_ns = replay::moment_ns(reader, *words);
            if (!time_ns) {
                return time_ns.error();
            }
            *to = time_ns.value();
        }
    }
    return part.from_ns <= part.until_ns ? visualizer::export_database(reader, part)
                                         : Result<std::string>(Error{"--until is before --from", 0});
}

}  // namespace

int export_command(const ExportOptions& options) {
    const Result<recording::Reader> reader = replay::open_recording(options.file);
    if (!reader) {
        return complain(reader.error().message, kExitFailure);
    }
    for (const std::string& damage : reader.value().damages()) {
        complain(damage, 0);
    }
    const Result<std::string> made =
        options.to == "visualizer" ? report_for_visualizer(reader.value(), options)
                                   : Result<std::string>(converted(reader.value(), *report::format_of(options.to)));
    if (!made) {
        return complain(made.error().message, kExitFailure);
    }
    const std::string& text = made.value();
    if (options.output == "-") {
        return monitor::write_text(STDOUT_FILENO, text) ? 0 : kExitFailure;
    }
    // The file holds names and paths of the recorded program, as the recording does.
    if (const std::optional<std::string> why = write_new_file(options.output, text)) {
        return complain(*why, kExitFailure);
    }
    return 0;
}

}  // namespace ttmem
