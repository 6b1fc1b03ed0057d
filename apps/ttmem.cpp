// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The program: its command line. What each subcommand does is in a file of its own. The server is a program of its own
// (server_main.cpp): what it links would make every start of the monitor slower and larger.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "command_texts.hpp"
#include "commands.hpp"
#include "dry_run/boards.hpp"
#include "dry_run/kernel_stand_in.hpp"
#include "help_commands.hpp"
#include "help_groups.hpp"
#include "monitor/keys.hpp"
#include "output/l1_stream.hpp"
#include "output_width.hpp"
#include "recording_commands.hpp"
#include "replayed.hpp"
#include "run_summary.hpp"
#include "serving_options.hpp"
#include "shared_options.hpp"
#include "snapshot.hpp"
#include "suggest.hpp"
#include "web_options.hpp"
#include "why_peak.hpp"

namespace ttmem {
namespace {

// Everything from the first word that is no option, or after "--", is the command and not ours to read.
std::vector<std::string> take_command(std::vector<std::string>& words) {
    size_t at = 0;
    while (at < words.size() && words[at].size() > 1 && words[at][0] == '-' && words[at] != "--") {
        ++at;
    }
    std::vector<std::string> command(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    words.resize(at);
    if (!command.empty() && command[0] == "--") {
        command.erase(command.begin());
    }
    return command;
}

// Empty when it is a whole number of milliseconds within the bounds.
std::string interval_complaint(const std::string& text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < kLeastIntervalMs ||
        value > kMostIntervalMs) {
        return "the interval is a whole number of milliseconds from " + std::to_string(kLeastIntervalMs) + " to " +
               std::to_string(kMostIntervalMs) + ", not '" + text + "'";
    }
    return "";
}

void add_top_options(CLI::App& app, TopOptions& options) {
    app.add_flag("-w,--watch", options.watch, "Keep watching: the whole terminal, until q");
    app.add_option("-r,--refresh", options.interval_ms,
                   "Time between refreshes in milliseconds, at least " + std::to_string(kLeastIntervalMs) +
                       "; implies -w (default " + std::to_string(kUsualIntervalMs) + ")")
        ->type_name("MS")
        ->check(CLI::Validator(interval_complaint, ""))
        ->each([&options](const std::string&) { options.watch = true; });
    app.add_option("--view", options.view,
                   "The view to start in: " + monitor::view_listing() + "; implies -w (default 1)")
        ->type_name("N")
        ->check(CLI::Range(size_t{1}, monitor::kViews).description(""))
        ->each([&options](const std::string&) { options.watch = true; });
    add_replay_options(
        app, options.replay,
        "Show a recording (ttmem record) instead of the present, moment by moment: , and . step, < and > "
        "go to\nevents of note, T to a time; implies -w")
        ->each([&options](const std::string&) { options.watch = true; });
    app.add_flag("--ascii", options.ascii, "Draw with ASCII alone (by itself where the locale is not UTF-8)");
    app.add_flag("--keys", options.keys, "List the keys of the live monitor, with the views they work in");
    add_once_options(app, options.once);
    add_server_option(app);
    add_place_options(app);
    app.footer(
        "Shows each device's DRAM and L1, used of what its allocator may hand out, and the processes that hold them.\n"
        "Without -w it prints a table once, as wide as the terminal. No control codes are written where stdout is no "
        "terminal.\n"
        "Exit codes: 0 done, 1 the reader is gone or the terminal cannot be drawn on, 2 the command line makes no "
        "sense; a\n"
        "signal that ended it shows as such.");
}

void add_snapshot_options(CLI::App& app, SnapshotOptions& options, bool& ended) {
    app.add_flag("--json", options.json, "Print one JSON object; unknown values are null");
    CLI::Option* buffers = app.add_flag("--buffers", options.buffers, "List the live buffers too");
    app.add_flag("--ended", ended,
                 "With --buffers: list also the buffers that processes held when they were killed or exited, as long "
                 "as their "
                 "ledgers are there")
        ->needs(buffers);
    app.add_option("--group-by", options.group_by,
                   "Which scope, operation, line, function, module (file), tensor or kind of memory holds how much")
        ->type_name("WHAT")
        ->check(CLI::IsMember({"scope", "operation", "line", "function", "module", "tensor", "kind"}));
    app.add_option("--observe", options.observe_seconds,
                   "Follow what is allocated and freed for S seconds (or until Ctrl-C) first, and also print the most "
                   "that was held\n"
                   "meanwhile: exact, or marked as a lower bound when events came faster than they could be read")
        ->type_name("S")
        ->check(CLI::Range(0.1, 86400.0).description(""));
    CLI::Option* const replay =
        add_replay_options(app, options.replay, "Print a moment of a recording (ttmem record) instead of the present");
    replay->excludes("--observe", "--ended");
    app.footer("Ledgers are looked for in /dev/shm, or where TT_ALLOC_LEDGER_DIR says.");
    add_server_option(app);
    add_place_options(app);
}

void add_history_options(CLI::App& app, HistoryOptions& options) {
    add_device_option(app, options.device, "Only this device");
    app.add_option("--pid", options.pid, "Only this process")->type_name("PID");
    app.add_option("--since", options.since,
                   "From when on: 90s, 10m, 2h, 7d ago, seconds since 1970, or 2026-11-23T05:33 in UTC (default 1h)")
        ->type_name("TIME");
    app.add_option("--until", options.until, "Until when (default now)")->type_name("TIME");
    app.add_option("--seconds", options.seconds,
                   "Seconds a point: 1 (kept for an hour), 10 (a day) or 60 (30 days); default what reaches back far "
                   "enough")
        ->type_name("N")
        ->check(CLI::IsMember({1, 10, 60}));
    CLI::Option* json = app.add_flag("--json", options.json, "Print one JSON object; unknown values are null");
    app.add_flag("--csv", options.csv, "Print a line a point; unknown values are empty")->excludes(json);
    add_server_option(app);
    app.add_option("--database", options.database, "The history's file (default where a server of this user writes)")
        ->type_name("PATH");
    app.footer(
        "A running ttmem server writes each second what devices and processes hold, when processes start and end, and\n"
        "what failed. See docs/history.md.");
}

void add_attach_options(CLI::App& app, int& pid, bool on) {
    app.add_option("pid", pid, "The process")->required()->type_name("PID");
    app.footer(
        on ? "The process loads libtt_alloc_hooks.so, lists the buffers that it holds and is tracked from then "
             "on. Programs\n"
             "that it loaded earlier are unknown until the device is opened again. It needs what a debugger "
             "needs: the\n"
             "same user and a kernel that allows it (kernel.yama.ptrace_scope), or root."
           : "What was changed in the process is put back; the library stays loaded and does nothing. Its ledger "
             "is closed.");
}

// The commands that reach into a process.
struct ReachWords {
    CLI::App* attach = nullptr;
    CLI::App* detach = nullptr;
    CLI::App* holders = nullptr;
    int pid = 0;
    uint64_t buffer = 0;
    double seconds = 0.2;
};

void add_holders_options(CLI::App& app, ReachWords& words) {
    app.add_option("pid", words.pid, "The process")->required()->type_name("PID");
    app.add_option("buffer", words.buffer,
                   "The buffer's id, as ttmem snapshot --buffers and view 4 of ttmem top show it")
        ->required()
        ->type_name("BUFFER");
    app.add_option("--seconds", words.seconds, "How long the process may be held up by the search (default 0.2)")
        ->type_name("S")
        ->check(CLI::Range(0.001, 60.0));
    app.footer(
        "Asks the package ttmem in the process itself (ttmem.holders), which holds its GIL meanwhile and runs\n"
        "none of the program's code. It needs what ttmem attach needs.\n"
        "Exit codes: 0 answered, 1 it could not be asked, 2 the command line makes no sense.");
}

void add_reaching(CLI::App& app, ReachWords& words) {
    words.attach = app.add_subcommand("attach", "Switch tracking on in a process that runs");
    add_attach_options(*words.attach, words.pid, true);
    words.detach = app.add_subcommand("detach", "Switch tracking off again in a process that runs");
    add_attach_options(*words.detach, words.pid, false);
    words.holders = app.add_subcommand("holders", "Say which Python references keep a buffer of a process alive");
    add_holders_options(*words.holders, words);
}

// The command to run; empty: none of these was given.
std::function<int()> reaching_command(const ReachWords& words) {
    if (words.attach->parsed()) {
        return [pid = words.pid] { return attach_command(pid); };
    }
    if (words.detach->parsed()) {
        return [pid = words.pid] { return detach_command(pid); };
    }
    if (words.holders->parsed()) {
        return [words] { return holders_command(words.pid, words.buffer, words.seconds); };
    }
    return nullptr;
}

struct L1Words {
    std::string device;
    std::string core;
    bool json = false;
    int schema = output::kFirstL1Schema;
    std::optional<size_t> width;
    ReplayWords replay;
};

// "X,Y"; nothing when it is not.
std::optional<api::Core> parse_core(const std::string& text) {
    api::Core core;
    const char* const end = text.data() + text.size();
    const auto [comma, x_error] = std::from_chars(text.data(), end, core.x);
    if (x_error != std::errc() || comma == end || *comma != ',') {
        return std::nullopt;
    }
    const auto [last, y_error] = std::from_chars(comma + 1, end, core.y);
    return y_error == std::errc() && last == end ? std::optional<api::Core>(core) : std::nullopt;
}

void add_l1_options(CLI::App& app, L1Words& words) {
    add_device_option(app, words.device, "This device alone (default: all that are open)");
    app.add_option("--core", words.core, "The L1 of this core alone, by its logical coordinates")
        ->type_name("X,Y")
        ->check(CLI::Validator(
            [](const std::string& text) {
                return parse_core(text) ? "" : "a core is two numbers, as 3,7, not '" + text + "'";
            },
            ""));
    CLI::Option* json = app.add_flag("--json", words.json, "Print one JSON object; unknown values are null");
    app.add_option("--schema", words.schema,
                   "With 2 the JSON object has each list once, for all chips of a mesh; with 1 each chip has all lists")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(output::kFirstL1Schema, output::kLatestL1Schema))
        ->needs(json);
    add_width_option(app, words.width);
    add_replay_options(app, words.replay, "Show a moment of a recording (ttmem record) instead of the present");
    add_server_option(app);
    app.footer(
        "Shows L1 from address 0 to its end (and a DRAM bank), how near circular buffers and L1 buffers are to each\n"
        "other and which programs cannot be launched now, the programs and kernels that are loaded, the kernel-config "
        "ring,\n"
        "and what is free: how much still fits, and which buffers stand between the holes.");
}

// The words of `ttmem why`.
struct WhyWords {
    WhyOptions options;
    bool peak = false;
    std::string memory;  // of `peak`: the kind; empty: the fullest
};

int run_why(const WhyWords& words) {
    return words.peak ? why_peak_command(words.options, words.memory) : why_command(words.options);
}

void add_why_options(CLI::App& app, WhyWords& words) {
    WhyOptions& options = words.options;
    app.add_option("of", options.of,
                   "The process whose latest refusal is meant, a file of --save, or a recording (default: all of them)")
        ->type_name("PID|FILE");
    CLI::Option* refusal = app.add_option(
        "--refusal", options.refusal,
        "Of the process, the refusal of this number (default: the latest; ttmem snapshot --json lists them)");
    refusal->type_name("NUMBER");
    CLI::Option* peak = app.add_flag("--peak", words.peak,
                                     "Who held the memory at the process's peak (default: the one that began last)");
    peak->excludes(refusal);
    app.add_option("--memory", words.memory, "Of that kind (default: what was fullest)")
        ->type_name("KIND")
        ->check(CLI::IsMember({"dram", "l1", "l1_small", "trace"}))
        ->needs(peak);
    CLI::Option* save =
        app.add_option("--save", options.save,
                       "Keep the refusal (or the peak) and all that lived then in this file, which must not exist");
    save->type_name("FILE");
    app.add_option("--at", options.at, "Of a recording, the moment: 12.5, 40%, @NS, step:N, peak, begin or end")
        ->type_name("TIME")
        ->check(moment_check())
        ->excludes(refusal, peak, save);
    app.add_flag("--redact", options.redact,
                 "Leave command line, paths, scopes, labels and texts of exceptions out of that file")
        ->needs(save);
    app.add_flag("--json", options.json, "Print one JSON object; unknown values are null");
    add_width_option(app, options.width);
    add_server_option(app);
    app.footer(
        "Says why an allocation or a program was refused for want of memory, also when the process has ended: the\n"
        "arithmetic, who holds the memory, how it came to this, and what would help. Where nothing was refused it\n"
        "shows the fullest device, and of a process that has ended its peak.\n"
        "A process that was refused memory keeps what lived at that moment in its ledger, which stays for a day after\n"
        "its end; --save keeps it for good, readable by you alone. A recording knows more: with --at the latest "
        "refusal\n"
        "up to that moment is explained from what was held then, else the device that was fullest.\n"
        "Ledgers are looked for in /dev/shm, or where TT_ALLOC_LEDGER_DIR says.");
}

void add_run_options(CLI::App& run, bool& summary) {
    run.add_flag("--summary", summary,
                 "Print at the end the most that was held beside the configured sizes, and the sizes that are needed");
    run.footer(
        "ttmem run [--] COMMAND [ARGUMENT...]\n\n"
        "The command and its children load libtt_alloc_hooks.so (LD_PRELOAD) and have TT_ALLOC_TRACKING_ENABLED=1.\n"
        "Each process that was refused memory reports that on stderr as it ends (not with TT_ALLOC_SAY_REFUSALS=0).\n"
        "With --summary, or TT_ALLOC_SUMMARY=1, ttmem stays the command's parent; when that has ended, even by a "
        "signal,\n"
        "it prints on stderr the table and how many requests were refused.\n"
        "The library is looked for beside this program, or where TTMEM_HOOKS_LIBRARY says. The exit code is the\n"
        "command's; 125: tracking cannot be set up, 126: the command cannot be run, 127: there is no such command.");
}

// The command that the words ask for; gives the exit code. It runs after the parser has been destroyed, which takes
// more memory than many a command.
using ParsedCommand = std::function<int()>;

ParsedCommand parse_tt_smi_umd(const std::vector<std::string>& words) {
    CLI::App app("Shows which process holds how much memory of Tenstorrent accelerators (the same as ttmem top).",
                 "tt_smi_umd");
    app.set_version_flag("-V,--version", std::string("ttmem ") + TTMEM_VERSION);
    TopOptions options;
    add_top_options(app, options);
    if (const std::optional<int> code = parse(app, words)) {
        return [code] { return *code; };
    }
    return [options] { return top_command(options); };
}

// A subcommand whose command line is read in a file of its own.
struct OtherCommand {
    const char* name;
    const char* about;
    int (*main)(const std::vector<std::string>& words);
};

std::vector<CommandText> all_command_texts();

int serve_main(const std::vector<std::string>& words) {
    return become_server("ttmem server", words);
}

// clang-format off
const OtherCommand kOthers[] = {
    {"dry-run", "Try a command on boards that are not here: does it fit?", [](const auto& words) { return dry_run_main(words); }},
    {"boards", "List the boards that dry-run knows", boards_main},
    {"fits", "Say whether a tensor would fit, now or on an empty board", fits_main},
    {"record", "Run a command and write all that it allocates and frees into a file", [](const auto& words) { return record_main(words); }},
    {"report", "Report on a recording: peaks, leaks, short-lived buffers", report_main},
    {"diff", "Compare the peaks of two recordings", diff_main},
    {"export", "Write a recording for another program's viewer", export_main},
    {"server", "Serve clients of the proof of concept's socket (also called allocation_server_poc)", serve_main},
    {"completion", "Print the completion of a shell: bash, zsh or fish", [](const auto& words) { return completion_main(words, all_command_texts()); }},
    {"manual", "Print a manual page", [](const auto& words) { return manual_main(words, all_command_texts()); }},
};
// clang-format on

const OtherCommand* find_other(const std::string& name) {
    const auto* const found = std::find_if(std::begin(kOthers), std::end(kOthers),
                                           [&name](const OtherCommand& other) { return other.name == name; });
    return found == std::end(kOthers) ? nullptr : found;
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

// Reports an unknown command on stderr, with the nearest known one.
bool names_unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
    const std::vector<std::string> names = names_of_commands(app);
    if (words.empty() || words[0][0] == '-' || std::find(names.begin(), names.end(), words[0]) != names.end()) {
        return false;
    }
    std::fprintf(stderr, "ttmem: there is no command '%s'%s (see ttmem --help)\n", words[0].c_str(),
                 suggestion(words[0], names).c_str());
    return true;
}

ParsedCommand parse_ttmem(std::vector<std::string> words) {
    CLI::App app("Shows which process holds how much memory of Tenstorrent accelerators.", "ttmem");
    app.set_version_flag("-V,--version", std::string("ttmem ") + TTMEM_VERSION);
    app.require_subcommand(1);
    app.footer("ttmem help COMMAND, ttmem COMMAND --help and man ttmem-COMMAND list the options of a command.");
    group_help(app);

    CLI::App* run = app.add_subcommand("run", "Run a command with its device memory tracked");
    bool run_summary = false;
    add_run_options(*run, run_summary);

    CLI::App* snapshot = app.add_subcommand("snapshot", "Print what every device and process holds now");
    SnapshotOptions snapshot_options;
    bool snapshot_ended = false;
    add_snapshot_options(*snapshot, snapshot_options, snapshot_ended);

    CLI::App* l1 = app.add_subcommand("l1", "Show the contents of L1 by address and how near they are to a clash");
    L1Words l1_words;
    add_l1_options(*l1, l1_words);

    CLI::App* why = app.add_subcommand("why", "Say why memory was refused, who holds it and what would help");
    WhyWords why_words;
    add_why_options(*why, why_words);

    CLI::App* top = app.add_subcommand("top", "Show devices and processes, once or live (also called tt_smi_umd)");
    TopOptions top_options;
    add_top_options(*top, top_options);

    for (const OtherCommand& other : kOthers) {
        app.add_subcommand(other.name, other.about);
    }

    CLI::App* web =
        app.add_subcommand("web", "Open the page of the server, or of a recording, in a browser, with what is yours");
    WebWords web_words;
    add_web_options(*web, web_words);

    CLI::App* history = app.add_subcommand("history", "Show memory over time, as a server recorded it");
    HistoryOptions history_options;
    add_history_options(*history, history_options);

    ReachWords reach_words;
    add_reaching(app, reach_words);

    CLI::App* doctor = app.add_subcommand("doctor", "Say what works on this machine, what is missing and what to do");
    DoctorOptions doctor_options;
    add_doctor_options(*doctor, doctor_options);

    std::vector<std::string> command;
    if (!words.empty() && words[0] == "run") {
        std::vector<std::string> rest(words.begin() + 1, words.end());
        command = take_command(rest);
        words.resize(1);
        words.insert(words.end(), rest.begin(), rest.end());
    }
    if (names_unknown_command(app, words)) {
        return [] { return kExitUsage; };
    }
    if (const std::optional<int> code = parse(app, words)) {
        return [code] { return *code; };
    }
    if (snapshot->parsed()) {
        return [snapshot_options, snapshot_ended] {
            return snapshot_ended ? snapshot_command_with_ended(snapshot_options) : snapshot_command(snapshot_options);
        };
    }
    if (std::function<int()> reaching = reaching_command(reach_words)) {
        return reaching;
    }
    if (l1->parsed()) {
        return [l1_words] {
            return l1_command({l1_words.device, parse_core(l1_words.core), l1_words.json, l1_words.schema,
                               l1_words.width, l1_words.replay});
        };
    }
    if (why->parsed()) {
        return [why_words] { return run_why(why_words); };
    }
    if (top->parsed()) {
        return [top_options] { return top_command(top_options); };
    }
    if (doctor->parsed()) {
        return [doctor_options] { return doctor_command(doctor_options); };
    }
    if (web->parsed()) {
        return [web_words] { return web_words_command(web_words); };
    }
    if (history->parsed()) {
        return [history_options] { return history_command(history_options); };
    }
    return [command, run_summary] {
        if (command.empty()) {
            std::fprintf(stderr, "ttmem run: no command given (see ttmem run --help)\n");
            return kExitUsage;
        }
        const char* asked = std::getenv("TT_ALLOC_SUMMARY");
        const bool summary = run_summary || (asked != nullptr && std::string_view(asked) == "1");
        return summary ? run_with_summary(command) : run_command(command);
    };
}

// Values that are known only to the programs that take them.
void offer_choices(std::vector<CommandText>& texts) {
    const auto offer = [&texts](const std::string& command, const std::string& option_name,
                                const std::vector<std::string>& choices) {
        for (CommandText& text : texts) {
            for (OptionText& option : text.options) {
                if (text.name == command && option.names.front() == option_name) {
                    option.kind = ValueKind::kChoices;
                    option.choices = choices;
                }
            }
        }
    };
    std::vector<std::string> boards;
    for (const dry_run::Board& board : dry_run::boards()) {
        boards.emplace_back(board.name);
    }
    std::vector<std::string> commands;
    for (const CommandText& text : texts) {
        if (!text.name.empty()) {
            commands.push_back(text.name);
        }
    }
    offer("dry-run", "--board", boards);
    offer("manual", "COMMAND", commands);
}

// Each command line as it declares itself; none is carried out.
std::vector<CommandText> all_command_texts() {
    std::vector<CommandText> texts;
    std::string name;
    set_command_line_reader([&](CLI::App& app) {
        texts.push_back(command_text(app, name));
        for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
            if (find_other(command->get_name()) == nullptr) {
                texts.push_back(command_text(*command, command->get_name()));
            }
        }
    });
    parse_ttmem({});
    for (const OtherCommand& other : kOthers) {
        name = other.name;
        if (other.main == serve_main) {
            read_serving_options();
        } else if (name == "completion") {
            completion_main({}, {});
        } else if (name == "manual") {
            manual_main({}, {});
        } else {
            other.main({});
        }
        texts.back().about = other.about;
    }
    set_command_line_reader({});
    offer_choices(texts);
    return texts;
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

int dispatch(const std::string& program, std::vector<std::string> words) {
    const std::string name = name_of(program);
    if (name == "tt_smi_umd") {
        return parse_tt_smi_umd(words)();
    }
    if (name == dry_run::kCompilerName) {
        return dry_run::kernel_stand_in(words);
    }
    if (name == "allocation_server_poc") {
        return become_server(name, words);
    }
    if (!words.empty() && words[0] == "help") {
        words.erase(words.begin());
        words.resize(std::min<size_t>(words.size(), 1));
        words.emplace_back("--help");
    }
    if (const OtherCommand* other = words.empty() ? nullptr : find_other(words[0])) {
        return other->main({words.begin() + 1, words.end()});
    }
    return parse_ttmem(std::move(words))();
}

}  // namespace
}  // namespace ttmem

int main(int argc, char** argv) {
    // The threads that read cards would otherwise take heaps of their own.
    mallopt(M_ARENA_MAX, 1);
    // Lists of buffers come and go: what one took goes back, and the next is not made of fresh pages each time.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 19);
    return ttmem::dispatch(argc > 0 ? argv[0] : "ttmem",
                           std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
