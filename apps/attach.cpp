// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// ttmem attach and ttmem detach: refuses, with a remedy, before anything in the process is touched.
#include <elf.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include "attach/memory_image.hpp"
#include "attach/obstacles.hpp"
#include "attach/remote_call.hpp"
#include "base/small_file.hpp"
#include "base/switch_messages.hpp"
#include "commands.hpp"
#include "hooks_library.hpp"

namespace ttmem {
namespace {

std::string proc(pid_t pid, const char* file) {
    return "/proc/" + std::to_string(pid) + "/" + file;
}

std::string process(pid_t pid) {
    return "process " + std::to_string(pid);
}

std::optional<std::string> text_of(const std::string& path) {
    const Result<std::string> text = read_regular_file(path, 64 * 1024);
    return text ? std::optional<std::string>(text.value()) : std::nullopt;
}

// The value after "NAME:" in the text of /proc/PID/status.
std::string field(const std::string& status, const std::string& name) {
    std::istringstream lines(status);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(name + ":", 0) == 0) {
            const size_t begin = line.find_first_not_of(" \t", name.size() + 1);
            return begin == std::string::npos ? "" : line.substr(begin);
        }
    }
    return "";
}

// Why the kernel says no, and who may say yes.
std::string permission(pid_t pid) {
    std::string text = "you may not look into " + process(pid);
    const std::string scope = text_of("/proc/sys/kernel/yama/ptrace_scope").value_or("0");
    if (scope[0] == '3') {
        return text +
               ": kernel.yama.ptrace_scope is 3, which forbids it to every user until the next boot; use ttmem run";
    }
    if (scope[0] == '2') {
        return text + ": kernel.yama.ptrace_scope is 2, which leaves it to root; use sudo";
    }
    if (scope[0] == '1') {
        return text +
               ": kernel.yama.ptrace_scope is 1, which leaves it to parents and root; use sudo, or allow it with "
               "sudo sysctl kernel.yama.ptrace_scope=0";
    }
    return text + ": it belongs to another user, or is protected; use sudo";
}

std::optional<std::string> namespace_of(const std::string& who, const char* kind) {
    std::error_code error;
    const auto link = std::filesystem::read_symlink("/proc/" + who + "/ns/" + kind, error);
    return error ? std::nullopt : std::optional<std::string>(link.string());
}

bool is_64_bit(pid_t pid) {
    std::ifstream file(proc(pid, "exe"), std::ios::binary);
    char head[EI_NIDENT] = {};
    file.read(head, sizeof head);
    return !file || head[EI_CLASS] == ELFCLASS64;
}

// The obstacle to attaching, as far as it can be seen from outside; nullopt: there is none.
std::optional<std::string> objection(pid_t pid) {
#if !defined(__x86_64__)
    return "this works on x86-64 only; use ttmem run";
#endif
    if (pid <= 0) {
        return std::to_string(pid) + " is no process id";
    }
    const std::optional<std::string> status = text_of(proc(pid, "status"));
    if (!status || status->empty()) {
        return "there is no process " + std::to_string(pid);
    }
    const std::string leader = field(*status, "Tgid");
    if (leader != std::to_string(pid)) {
        return std::to_string(pid) + " is a thread of process " + leader + "; name the process";
    }
    if (pid == getpid()) {
        return process(pid) + " is this very program";
    }
    const std::string tracer = field(*status, "TracerPid");
    if (tracer != "0" && !tracer.empty()) {
        return process(pid) + " is being traced by process " + tracer + " (a debugger?); end that first";
    }
    switch (field(*status, "State").c_str()[0]) {
        case 'Z':
        case 'X':
            return process(pid) + " has ended";
        case 'T':
        case 't':
            return process(pid) + " is stopped; let it go on first (kill -CONT " + std::to_string(pid) + ")";
        default:
            break;
    }
    if (const std::optional<std::string> sandbox = attach::sandbox_of(pid)) {
        return process(pid) + ": " + *sandbox;
    }
    return std::nullopt;
}

// As objection(), from facts that need the right to look into the process.
std::optional<std::string> inner_objection(pid_t pid) {
    const std::optional<std::string> its = namespace_of(std::to_string(pid), "mnt");
    if (!its) {
        return permission(pid);
    }
    if (its != namespace_of("self", "mnt")) {
        return process(pid) +
               " is in another mount namespace (a container), where this program's files do not exist; "
               "run ttmem attach in there";
    }
    if (!is_64_bit(pid)) {
        return process(pid) + " is a 32-bit program";
    }
    return std::nullopt;
}

std::string explain(pid_t pid, const Error& error) {
    if (error.errno_value == EPERM || error.errno_value == EACCES) {
        return permission(pid);
    }
    return error.errno_value == ESRCH ? process(pid) + " ended meanwhile" : process(pid) + ": " + error.message;
}

int refuse(const char* command, const std::string& text) {
    std::fprintf(stderr, "ttmem %s: %s\n", command, text.c_str());
    return kExitFailure;
}

// The libraries mapped in the process; the error says why they may not or cannot be read.
Result<attach::MemoryImage> image_of(pid_t pid) {
    std::optional<std::string> found = objection(pid);
    found = found ? found : inner_objection(pid);
    if (found) {
        return Error{*found, 0};
    }
    Result<attach::MemoryImage> image = attach::MemoryImage::open(pid);
    return image ? std::move(image) : Error{explain(pid, image.error()), 0};
}

int switch_tracking(pid_t pid, bool on) {
    const auto refuse = [on](const std::string& text) { return ttmem::refuse(on ? "attach" : "detach", text); };
    const Result<attach::MemoryImage> image = image_of(pid);
    if (!image) {
        return refuse(image.error().message);
    }
    if (!image.value().find("libtt_metal.so")) {
        return refuse(process(pid) +
                      " has no ttnn in it (libtt_metal.so is not loaded); start it with ttmem run to track it "
                      "from its first device on");
    }
    attach::RemoteCall call;
    call.symbol = on ? "ttmem_hooks_enable" : "ttmem_hooks_disable";
    // A copy that is loaded already is the one to ask: two would stand in for the same functions.
    if (const std::optional<attach::Image> loaded = image.value().find(kHooksLibraryName)) {
        call.library = loaded->path;
    } else if (!on) {
        return refuse(process(pid) + " is not tracked");
    } else {
        const Result<std::string> library = find_hooks_library();
        if (!library) {
            return refuse(library.error().message);
        }
        call.library = library.value();
    }
    const Result<attach::RemoteAnswer> answer = attach::call_in_process(pid, call);
    if (!answer) {
        return refuse(explain(pid, answer.error()));
    }
    if (answer.value().result != 0) {
        return refuse(process(pid) + ": " + answer.value().message);
    }
    if (answer.value().message == (on ? kOnAlready : kOffAlready)) {
        return refuse(process(pid) + (on ? " is tracked already" : " is not tracked"));
    }
    std::printf("process %d: %s\n", static_cast<int>(pid), answer.value().message.c_str());
    return 0;
}

}  // namespace

int attach_command(int pid) {
    return switch_tracking(pid, true);
}

int detach_command(int pid) {
    return switch_tracking(pid, false);
}

int holders_command(int pid, uint64_t buffer, double seconds) {
    const Result<attach::MemoryImage> image = image_of(pid);
    if (!image) {
        return refuse("holders", image.error().message);
    }
    const std::optional<attach::Image> loaded = image.value().find(kHooksLibraryName);
    if (!loaded) {
        return refuse("holders", process(pid) + " is not tracked");
    }
    attach::RemoteCall call;
    call.library = loaded->path;
    call.symbol = "ttmem_hooks_holders";
    call.arguments = {buffer, static_cast<uint64_t>(seconds * 1000)};
    const Result<attach::RemoteAnswer> answer = attach::call_in_process(pid, call);
    if (!answer) {
        return refuse("holders", explain(pid, answer.error()));
    }
    if (answer.value().result != 0) {
        return refuse("holders", process(pid) + ": " + answer.value().message);
    }
    std::printf("%s\n", answer.value().message.c_str());
    return 0;
}

}  // namespace ttmem
