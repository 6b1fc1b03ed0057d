// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The address holds a token, and arguments of programs can be read by every user of the machine: so the browser is given
// the path of a file that only this user can read, which leads it on to the address.
#include "show_page.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/unique_fd.hpp"
#include "commands.hpp"

namespace ttmem {
namespace {

constexpr unsigned kTokenSeconds = 60;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool has_screen() {
    return !variable("DISPLAY").empty() || !variable("WAYLAND_DISPLAY").empty() || !variable("BROWSER").empty();
}

// A file in the user's runtime folder, or in /tmp, which mkstemp makes readable for its owner alone.
std::optional<std::string> write_leading_file(const std::string& address) {
    const std::string runtime = variable("XDG_RUNTIME_DIR");
    std::string path = (runtime.starts_with('/') ? runtime : std::string("/tmp")) + "/ttmem-web-XXXXXX.html";
    const UniqueFd file(mkstemps(path.data(), 5));
    const std::string text =
        "<!doctype html><meta charset=\"utf-8\"><title>ttmem</title>"
        "<meta http-equiv=\"refresh\" content=\"0;url=" +
        address + "\"><p><a href=\"" + address + "\">ttmem</a>\n";
    if (!file.valid()) {
        return std::nullopt;
    }
    if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        unlink(path.c_str());
        return std::nullopt;
    }
    return path;
}

// The browser is opened by a child process that this one does not wait for. The child removes the file when the token
// is old.
bool open_in_browser(const std::string& path) {
    const pid_t child = fork();
    if (child < 0) {
        return false;
    }
    if (child > 0) {
        int status = 0;
        return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    setsid();
    const pid_t opener = fork();
    if (opener != 0) {
        _exit(opener < 0 ? 1 : 0);
    }
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        dup2(nothing, fd);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);  // a server takes its signals from a descriptor
    const pid_t browser = fork();
    if (browser == 0) {
        const std::string named = variable("BROWSER");
        // $BROWSER may be a list of commands: xdg-open understands those, too, so it goes first.
        execlp("xdg-open", "xdg-open", path.c_str(), nullptr);
        if (!named.empty()) {
            execlp(named.c_str(), named.c_str(), path.c_str(), nullptr);
        }
        _exit(kExitNotFound);
    }
    close_range(3, ~0U, 0);  // a port that this process serves on must not stay open in the child
    sleep(kTokenSeconds);
    unlink(path.c_str());
    _exit(0);
}

}  // namespace

void show_page(const std::string& address, bool in_browser) {
    std::printf("%s\n", address.c_str());
    std::fflush(stdout);
    if (isatty(STDERR_FILENO) != 0) {
        std::fprintf(stderr, "The address works once, within %u seconds.\n", kTokenSeconds);
    }
    if (!in_browser || !has_screen()) {
        return;
    }
    const std::optional<std::string> path = write_leading_file(address);
    if (!path || !open_in_browser(*path)) {
        std::fprintf(stderr, "ttmem web: no browser could be started: %s; open the address yourself\n",
                     std::strerror(errno));
    }
}

}  // namespace ttmem
