// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/export.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/unique_fd.hpp"
#include "commands.hpp"
#include "output/write_text.hpp"
#include "recording/reader.hpp"
#include "recording_commands.hpp"

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
    }
    return "";
}

}  // namespace

int export_command(const ExportOptions& options) {
    const Result<recording::Reader> reader = recording::Reader::open(options.file);
    if (!reader) {
        return complain(reader.error().message, kExitFailure);
    }
    for (const std::string& damage : reader.value().damages()) {
        complain(damage, 0);
    }
    const std::string text = converted(reader.value(), *report::format_of(options.to));
    if (options.output == "-") {
        return monitor::write_text(STDOUT_FILENO, text) ? 0 : kExitFailure;
    }
    // It holds names and paths of the recorded program, as the recording does.
    const UniqueFd fd(open(options.output.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600));
    if (!fd.valid()) {
        return complain("cannot make " + options.output + ": " + std::strerror(errno), kExitFailure);
    }
    if (!monitor::write_text(fd.get(), text)) {
        return complain("cannot write " + options.output + ": " + std::strerror(errno), kExitFailure);
    }
    return 0;
}

}  // namespace ttmem
