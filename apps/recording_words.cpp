// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The command lines of `ttmem record`, `ttmem report`, `ttmem diff` and `ttmem export`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command_line.hpp"
#include "commands.hpp"
#include "recording_commands.hpp"
#include "replayed.hpp"

namespace ttmem {
namespace {

// Everything from the first word that is no option and no option's value, or after "--", is the command.
std::vector<std::string> take_command(std::vector<std::string>& words) {
    constexpr std::array<std::string_view, 4> kWithValue{"-o", "--output", "--pid", "--max-size"};
    size_t at = 0;
    while (at < words.size() && words[at].size() > 1 && words[at][0] == '-' && words[at] != "--") {
        const bool takes_next = std::find(kWithValue.begin(), kWithValue.end(), words[at]) != kWithValue.end();
        at = std::min(at + (takes_next ? 2 : 1), words.size());
    }
    std::vector<std::string> command(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    words.resize(at);
    if (!command.empty() && command[0] == "--") {
        command.erase(command.begin());
    }
    return command;
}

void add_by_option(CLI::App& app, std::string& by) {
    app.add_option("--by", by, "What holders are put together by (default line)")
        ->type_name("WHAT")
        ->check(CLI::IsMember({"scope", "operation", "line", "tensor", "kind"}));
}

void add_top_option(CLI::App& app, size_t& top) {
    app.add_option("--top", top, "Holders to name in each list (default 10)")
        ->type_name("N")
        ->check(CLI::Range(1, 100000).description(""));
}

}  // namespace

int record_main(std::vector<std::string> words) {
    CLI::App app("Writes everything that a command allocates and frees into a file.", "ttmem record");
    RecordOptions options;
    app.add_option("-o,--output", options.output,
                   "The file: never one that exists; %p is the pid (default ttmem-COMMAND.PID.ttrec)")
        ->type_name("FILE");
    app.add_option("--pid", options.pid, "Record a tracked process that runs, from now on until it ends or Ctrl-C")
        ->type_name("PID")
        ->check(CLI::PositiveNumber);
    app.add_flag("--from-start", options.from_start,
                 "With --pid: add events that its rings still hold, and its children; wait until it is tracked")
        ->needs("--pid");
    app.add_option("--max-size", options.most_bytes,
                   "Keep the latest events in a file of about so many bytes (K, M, G: times 1024)")
        ->type_name("SIZE")
        ->transform(CLI::AsSizeValue(false).description(""))
        ->check(CLI::Range(uint64_t{1} << 20, uint64_t{1} << 50).description(""));
    app.add_flag("--redact", options.redacted,
                 "Leave out command line, folders of paths, labels and texts of exceptions");
    app.footer(
        "ttmem record [-o FILE] [--] COMMAND [ARGUMENT...]\n\n"
        "Runs the command as ttmem run does, and writes each allocation, free and refusal of it and of everything that "
        "it\n"
        "starts into one file, with operation, Python stack and tensor. A process of its own does that: the command "
        "pays for\n"
        "being tracked and no more. The file has mode 0600. Killed at any moment, it is good up to its last second.\n"
        "ttmem report FILE says what is in it. The exit code is the command's; 125: it could not be started.");
    const std::vector<std::string> command = take_command(words);
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    return record_command(options, command);
}

int report_main(const std::vector<std::string>& words) {
    CLI::App app("Says what a recording holds: summary, peaks, leaks, short-lived buffers.", "ttmem report");
    ReportOptions options;
    auto* const file =
        app.add_option("file", options.file, "A recording, as ttmem record writes it")->type_name("FILE");
    app.add_flag("--json", options.json, "Print one JSON object; unknown values are null");
    add_by_option(app, options.by);
    add_top_option(app, options.top);
    app.add_option("--temporary", options.temporary,
                   "A buffer is short-lived if its thread allocated at most N others before it went (default 1)")
        ->type_name("N")
        ->check(CLI::Range(0, 1000000000).description(""));
    app.add_option(
           "--at", options.at,
           "What lived at a moment instead: seconds after the recording's first event, 40%, @NS since 1970, step:N as "
           "that\nstep began (ttmem.step), peak, begin or end")
        ->type_name("TIME")
        ->check(moment_check());
    app.add_option(
           "--folded", options.folded,
           "A list as stacks for flame graphs instead, 'frame;frame BYTES' a line: peak, leaks, temporary, churn")
        ->type_name("LIST")
        ->check(CLI::IsMember({"peak", "leaks", "temporary", "churn"}))
        ->excludes("--at", "--json");
    std::string flame;
    app.add_option("--html", options.html,
                   "A page for a browser instead, in one file of 20 MB at most: never one that exists; mode 0600")
        ->type_name("OUT")
        ->excludes("--at", "--json", "--folded", "--top");
    app.add_option(
           "--flame", flame,
           "A flame graph instead, as one SVG picture of the list that --folded names (default peak): never a file "
           "that\nexists; mode 0600")
        ->type_name("OUT")
        ->excludes("--at", "--json", "--html", "--top");
    app.add_option("--import", options.import_path,
                   "The peaks of a report that ttnn wrote for ttnn-visualizer instead (its db.sqlite), in bytes of a "
                   "bank")
        ->type_name("DB")
        ->excludes("file", "--at", "--folded", "--html", "--flame", "--temporary");
    app.footer(
        "Exit codes: 0 done, 1 the file cannot be read, 2 the command line makes no sense. See docs/recording.md.");
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    if (file->empty() && options.import_path.empty()) {
        std::fprintf(stderr, "ttmem report: FILE is required, or --import DB (see ttmem report --help)\n");
        return kExitUsage;
    }
    if (!flame.empty()) {
        options.html = flame;
        options.folded = options.folded.empty() ? "peak" : options.folded;
    }
    return report_command(options);
}

int diff_main(const std::vector<std::string>& words) {
    CLI::App app("Compares the peaks of two recordings, and what made the difference.", "ttmem diff");
    DiffWords options;
    app.add_option("before", options.before, "A recording, or the db.sqlite of ttnn-visualizer")
        ->required()
        ->type_name("BEFORE");
    app.add_option("after", options.after, "A later one of the same program")->required()->type_name("AFTER");
    app.add_flag("--json", options.json, "Print one JSON object; unknown values are null");
    add_by_option(app, options.by);
    add_top_option(app, options.top);
    app.add_option("--fail-above", options.fail_above_percent,
                   "Exit with 3 if the peak of a kind of memory grew by more than P per cent")
        ->type_name("P")
        ->check(CLI::Range(0.0, 1e9).description(""));
    app.add_option("--floor", options.floor_bytes, "Growth up to so many bytes does not count for that (default 65536)")
        ->type_name("BYTES");
    app.footer(
        "The peak of a kind is the highest of any device of any process. ttmem report BASELINE.ttrec says what a\n"
        "recording that is kept as a baseline holds.\n"
        "Exit codes: 0 done, 1 a file cannot be read, 2 the command line makes no sense, 3 a peak grew by more than\n"
        "--fail-above.");
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    return diff_command(options);
}

int export_main(const std::vector<std::string>& words) {
    CLI::App app("Writes a recording for another program's viewer.", "ttmem export");
    ExportOptions options;
    app.add_option("file", options.file, "A recording")->required()->type_name("FILE");
    app.add_option(
           "--to", options.to,
           "csv (a row an event), memory_viz (pytorch.org/memory_viz), perfetto (ui.perfetto.dev: counters), "
           "pprof\n"
           "(allocated, and held at the peaks, by stack), speedscope (held at the peaks, by stack), visualizer\n"
           "(ttnn-visualizer's db.sqlite: each operation with all that lives after it)")
        ->required()
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"csv", "memory_viz", "perfetto", "pprof", "speedscope", "visualizer"}));
    app.add_option("-o,--output", options.output, "The file to make, never one that exists; - is stdout")
        ->required()
        ->type_name("OUT");
    app.add_option("--from", options.from,
                   "Of visualizer: the events from a moment on, in the forms of report --at; what lived before is its "
                   "first\noperation")
        ->type_name("TIME")
        ->check(moment_check());
    app.add_option("--until", options.until, "Of visualizer: the events until a moment")
        ->type_name("TIME")
        ->check(moment_check());
    app.footer("The file has mode 0600: it holds names and paths of the recorded program. See docs/recording.md.");
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    if (options.to != "visualizer" && !(options.from.empty() && options.until.empty())) {
        std::fprintf(stderr, "ttmem export: --from and --until are for --to visualizer alone\n");
        return kExitUsage;
    }
    return export_command(options);
}

}  // namespace ttmem
