// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/pidfd.hpp"
#include "commands.hpp"
#include "held_command.hpp"
#include "inventory/procfs.hpp"
#include "output/text.hpp"
#include "recorder/session.hpp"
#include "recording_commands.hpp"

namespace ttmem {
namespace {

// A ring of 2 MiB a thread: what a thread does in some 30 ms at a million events a second.
constexpr const char* kRingEvents = "32768";

int complain(const std::string& text, int code) {
    std::fprintf(stderr, "ttmem record: %s\n", text.c_str());
    return code;
}

// "%p" is the process's pid, "%%" a per cent sign.
std::string expanded(const std::string& pattern, pid_t pid) {
    std::string path;
    for (size_t i = 0; i < pattern.size(); ++i) {
        const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        if (pattern[i] == '%' && (next == 'p' || next == '%')) {
            path += next == 'p' ? std::to_string(pid) : "%";
            ++i;
        } else {
            path += pattern[i];
        }
    }
    return path;
}

std::string default_path(const std::string& command, pid_t pid) {
    return "ttmem-" + command.substr(command.rfind('/') + 1) + "." + std::to_string(pid) + ".ttrec";
}

int become(const std::vector<std::string>& command) {
    setenv("TT_ALLOC_RING_EVENTS", kRingEvents, 0);
    return run_command(command);
}

void report(const Result<recorder::Tally>& tally, const recorder::Session& session, const std::string& path) {
    for (const std::string& notice : session.notices()) {
        complain(notice, 0);
    }
    if (!tally) {
        complain(tally.error().message + "; what was written before is good: " + path, 0);
        return;
    }
    const recorder::Tally& all = tally.value();
    if (all.processes == 0) {
        complain("no process was tracked; " + path + " is empty (see ttmem doctor)", 0);
        return;
    }
    complain(std::to_string(all.events) + " events of " + std::to_string(all.processes) +
                 (all.processes == 1 ? " process" : " processes") + " in " + path + " (" +
                 monitor::human_bytes(all.bytes) + ")" +
                 (all.missed == 0 ? "" : "; " + std::to_string(all.missed) + " events were lost"),
             0);
}

int record_a_command(const RecordOptions& options, const std::vector<std::string>& command) {
    Result<HeldCommand> held = hold_command([&command] { return become(command); });
    if (!held) {
        return complain(held.error().message, kExitRunFailed);
    }
    const pid_t pid = held.value().pid;
    const std::string path = options.output.empty() ? default_path(command[0], pid) : expanded(options.output, pid);
    Result<recording::Writer> writer = recording::Writer::create(path, options.most_bytes);
    if (!writer) {
        held.value().go.reset();
        waitpid(pid, nullptr, 0);
        return complain(writer.error().message, kExitRunFailed);
    }
    recorder::Session session(std::move(writer.value()), {getpid(), true, options.redacted});
    const bool let_go = held.value().let_go();
    const auto look = [&session] { session.look_for_ledgers(); };
    std::optional<int> code;
    bool written = true;
    // Tracked processes that the command leaves running are recorded until they end, or until Ctrl-C.
    for (bool said = false; !code || (!session.all_ended() && signal_taken() == 0);) {
        session.step();
        if (written && session.write_error()) {
            written = false;
            complain(session.write_error()->message + "; the command goes on", 0);
        }
        if (!code && (code = reap_children(pid, look))) {
            command_has_ended();
            session.look_now();
        } else if (code && !said) {
            said = true;
            complain("the command has ended; what it left running is still recorded (Ctrl-C ends that)", 0);
        }
        if (!code || said) {
            poll(nullptr, 0, session.pause_ms());
        }
        if (code) {
            reap_children(pid, look);
        }
    }
    report(session.finish(), session, path);
    return let_go ? *code : kExitRunFailed;
}

// Whether the process that the descriptor stands for has ended; waits up to `wait_ms` for that.
bool has_ended(const UniqueFd& process, int wait_ms) {
    pollfd waiting{process.get(), POLLIN, 0};
    return poll(&waiting, 1, wait_ms) > 0;
}

int record_a_process(const RecordOptions& options) {
    take_signals();
    signal(SIGPIPE, SIG_IGN);  // the reader of the messages may have ended
    const pid_t pid = *options.pid;
    const std::string name = inventory::read_command_name(pid);
    const UniqueFd process = open_pidfd(pid);
    if (name.empty() || !process.valid()) {
        return complain("there is no process " + std::to_string(pid), kExitFailure);
    }
    const std::string path = options.output.empty() ? default_path(name, pid) : expanded(options.output, pid);
    Result<recording::Writer> writer = recording::Writer::create(path, options.most_bytes);
    if (!writer) {
        return complain(writer.error().message, kExitFailure);
    }
    recorder::Session session(std::move(writer.value()), {pid, options.from_start, options.redacted});
    session.step();
    if (!session.found_any() && !options.from_start) {
        unlink(path.c_str());
        return complain(
            "process " + std::to_string(pid) + " is not tracked: start it with ttmem run, or see ttmem attach",
            kExitFailure);
    }
    complain("process " + std::to_string(pid) + " is recorded in " + path, 0);
    // Until then there may be more to come: a process that waits to be tracked, or children.
    bool lives = true;
    while (signal_taken() == 0 && !session.write_error() && !(session.all_ended() && !(lives && options.from_start))) {
        if (!lives) {
            poll(nullptr, 0, session.pause_ms());
        } else if (has_ended(process, session.pause_ms())) {
            lives = false;
            session.look_now();
        }
        session.step();
    }
    const Result<recorder::Tally> tally = session.finish();
    // Asked after finish(), which looks once more: the process may have opened its first device since.
    if (!session.found_any()) {
        unlink(path.c_str());
        return complain("process " + std::to_string(pid) + " was never tracked: there is no recording", kExitFailure);
    }
    report(tally, session, path);
    return tally ? 0 : kExitFailure;
}

}  // namespace

int record_command(const RecordOptions& options, const std::vector<std::string>& command) {
    if (options.pid) {
        return command.empty() ? record_a_process(options) : complain("give a command or --pid, not both", kExitUsage);
    }
    return command.empty() ? complain("no command given (see ttmem record --help)", kExitUsage)
                           : record_a_command(options, command);
}

}  // namespace ttmem
