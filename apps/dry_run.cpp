// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "commands.hpp"
#include "doctor/ttnn.hpp"
#include "dry_run/boards.hpp"
#include "dry_run/run.hpp"
#include "dry_run/ttnn_of_command.hpp"
#include "dry_run_report.hpp"
#include "hooks_library.hpp"
#include "output/write_text.hpp"

namespace ttmem {
namespace {

namespace fs = std::filesystem;

int complain(const std::string& text, int code) {
    std::fprintf(stderr, "ttmem dry-run: %s\n", text.c_str());
    return code;
}

struct Target {
    std::string name;
    std::string description;
};

// The boards by name, then the descriptions of the user's own.
Result<std::vector<Target>> targets_of(const DryRunOptions& options) {
    std::vector<Target> targets;
    for (const std::string& name : options.boards) {
        const dry_run::Board* board = dry_run::find_board(name);
        if (board == nullptr) {
            return Error{"there is no board '" + name + "'; there are " + dry_run::board_names()};
        }
        targets.push_back({name, std::string(board->description)});
    }
    for (const std::string& path : options.clusters) {
        std::ifstream file(path, std::ios::binary);
        std::string text(std::istreambuf_iterator<char>(file), {});
        if (!file || text.empty()) {
            return Error{"cannot read the description of a cluster in " + path};
        }
        targets.push_back({path, std::move(text)});
    }
    if (targets.empty()) {
        return Error{"no board is named; there are " + dry_run::board_names() + " (--board), or --cluster FILE"};
    }
    return targets;
}

// The package that --ttnn names, as a folder, a virtual environment or the library itself; else the command's.
Result<std::string> package_of(const DryRunOptions& options, const std::vector<std::string>& command) {
    if (options.ttnn.empty()) {
        return dry_run::ttnn_of_command(command);
    }
    const std::vector<std::string> libraries = doctor::libraries_at(options.ttnn);
    std::error_code error;
    if (libraries.empty()) {
        return Error{"there is no libtt_metal.so in " + options.ttnn};
    }
    return fs::canonical(fs::path(libraries.front()).parent_path().parent_path().parent_path(), error).string();
}

// Everything that is the same for each board.
struct Setting {
    dry_run::RunRequest request;
    DryRunReport report;
};

Result<Setting> prepare(const DryRunOptions& options, const std::vector<std::string>& command) {
    Setting setting;
    const Result<std::string> hooks = find_preloadable_hooks_library();
    const Result<std::string> cache = dry_run::cache_folder();
    const Result<std::string> package = package_of(options, command);
    for (const Result<std::string>* needed : {&hooks, &cache, &package}) {
        if (!*needed) {
            return needed->error();
        }
    }
    for (const std::string& library : doctor::libraries_at(package.value() + "/build/lib/libtt_metal.so")) {
        const doctor::Ttnn ttnn = doctor::examine(library, "");
        setting.report.ttnn_release = ttnn.release;
        if (!ttnn.trackable) {
            return Error{"the ttnn in " + package.value() + " cannot be tracked: " + ttnn.problem};
        }
    }
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    Result<dry_run::Compiler> compiler = dry_run::prepare_compiler(package.value(), cache.value(), program.string());
    if (!compiler) {
        return compiler.error();
    }
    setting.report.ttnn = package.value();
    setting.report.command = command;
    setting.report.compiler = compiler.value();
    setting.request.command = command;
    setting.request.hooks = hooks.value();
    setting.request.cache = cache.value();
    setting.request.compiler = compiler.value();
    setting.request.timeout_ms = options.timeout_ms;
    setting.request.output_to_stderr = options.json;
    return setting;
}

// Worst first: a run that says nothing, then one that does not fit.
int worse(int a, int b) {
    return std::max(a, b);
}

}  // namespace

int dry_run_command(const DryRunOptions& options, const std::vector<std::string>& command) {
    if (command.empty()) {
        return complain("no command given (see ttmem dry-run --help)", kExitUsage);
    }
    const Result<std::vector<Target>> targets = targets_of(options);
    if (!targets) {
        return complain(targets.error().message, kExitUsage);
    }
    Result<Setting> prepared = prepare(options, command);
    if (!prepared) {
        return complain(prepared.error().message, dry_run::kRunFailed);
    }
    auto& [request, report] = prepared.value();
    for (const Target& target : targets.value()) {
        if (targets.value().size() > 1) {
            std::fprintf(stderr, "ttmem dry-run: %s\n", target.name.c_str());
        }
        request.description = target.description;
        Result<dry_run::RunResult> run = dry_run::run_on_board(request);
        if (!run) {
            return complain(run.error().message, dry_run::kRunFailed);
        }
        BoardResult board{target.name, dry_run::judge(run.value().ledgers, run.value().ending),
                          run.value().nanoseconds};
        board.verdict.notes.insert(board.verdict.notes.end(), run.value().notes.begin(), run.value().notes.end());
        report.exit_code = worse(report.exit_code, board.verdict.exit_code);
        report.boards.push_back(std::move(board));
        if (run.value().ending.interrupted) {
            break;
        }
    }
    const bool written = monitor::write_text(
        STDOUT_FILENO, options.json ? monitor::Lines{monitor::Line(dry_run_json(report))} : dry_run_table(report));
    return written ? report.exit_code : worse(report.exit_code, kExitFailure);
}

int boards_command(bool json) {
    const bool written =
        monitor::write_text(STDOUT_FILENO, json ? monitor::Lines{monitor::Line(boards_json())} : boards_table());
    return written ? 0 : kExitFailure;
}

}  // namespace ttmem
