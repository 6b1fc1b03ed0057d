// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The subcommands that write and read recordings: `record`, `report`, `diff`, `export`. As those of commands.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ttmem {

// A command and everything that it starts, or a process that runs, written into a recording.
struct RecordOptions {
    std::string output;       // empty: named after the command
    std::optional<int> pid;   // a process that runs, instead of a command
    bool from_start = false;  // of --pid: from the first event on, with its children; it may not be tracked yet
    bool redacted = false;    // no command line, folders, labels and texts of exceptions
    uint64_t most_bytes = 0;  // of the file, which keeps the latest; 0 no bound
};
int record_command(const RecordOptions& options, const std::vector<std::string>& command);

// Prints the contents of a recording.
struct ReportOptions {
    std::string file;
    bool json = false;
    std::string by = "line";  // a word of analysis/holders.hpp
    size_t top = 10;          // holders in each list
    uint64_t temporary = 1;   // allocations of the same thread that a short-lived buffer sees at most
    std::string at;           // a moment: what lived then, instead of the report; empty: none
    std::string folded;       // a list for a flame graph instead, a word of report/write.hpp; empty: none
    std::string import_path;  // a report for ttnn-visualizer instead of `file`; empty: none
    std::string html;         // a file to make instead: a page or, with `folded`, that list's flame graph; empty: none
};
int report_command(const ReportOptions& options);

// Two recordings beside each other.
inline constexpr int kExitGrown = 3;  // a peak grew by more than was allowed
struct DiffWords {
    std::string before;
    std::string after;
    bool json = false;
    std::string by = "line";
    size_t top = 10;
    std::optional<double> fail_above_percent;
    uint64_t floor_bytes = 65536;
};
int diff_command(const DiffWords& options);

// A recording for another program's viewer.
struct ExportOptions {
    std::string file;
    std::string to;      // a word of report/export.hpp, or "visualizer"
    std::string output;  // "-": stdout
    std::string from;    // moments between which events are taken (replay/moment_words.hpp); empty: all
    std::string until;
};
int export_command(const ExportOptions& options);

// The same with their command lines, given without the subcommand's name.
int record_main(std::vector<std::string> words);
int report_main(const std::vector<std::string>& words);
int diff_main(const std::vector<std::string>& words);
int export_main(const std::vector<std::string>& words);

}  // namespace ttmem
