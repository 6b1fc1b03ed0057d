// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The program as a person and a script use it: command lines, exit codes, and a terminal that is given back.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace {

const std::string kProgram = TTMEM_PROGRAM;

struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
};

std::string read_all(int fd) {
    std::string all;
    char block[4096];
    for (ssize_t got = 0; (got = read(fd, block, sizeof block)) > 0;) {
        all.append(block, static_cast<size_t>(got));
    }
    return all;
}

class CommandLine : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ttmem-cli-XXXXXX";
        folder_ = mkdtemp(name);
        setenv("TT_ALLOC_LEDGER_DIR", name, 1);
        setenv("TT_ALLOC_SYSFS_ROOT", name, 1);
        setenv("TT_ALLOC_PROCFS_ROOT", name, 1);
        std::filesystem::create_symlink(kProgram, folder_ + "/tt_smi_umd");
        std::ofstream(folder_ + "/libhooks.so") << "no library";
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        setenv("XDG_CONFIG_HOME", name, 1);
        unsetenv("LD_PRELOAD");
        unsetenv("TT_ALLOC_TRACKING_ENABLED");
        unsetenv("TTMEM_SERVER");
        setenv("TTMEM_HOOKS_LIBRARY", (folder_ + "/libhooks.so").c_str(), 1);
    }
    void TearDown() override {
        for (const char* name : {"TT_ALLOC_LEDGER_DIR", "TT_ALLOC_SYSFS_ROOT", "TT_ALLOC_PROCFS_ROOT",
                                 "TTMEM_HOOKS_LIBRARY", "LD_PRELOAD"}) {
            unsetenv(name);
        }
        std::filesystem::remove_all(folder_);
    }

    static Outcome run(const std::string& program, std::vector<std::string> words) {
        int out[2];
        int err[2];
        if (pipe(out) != 0 || pipe(err) != 0) {
            return {};
        }
        const pid_t pid = fork();
        if (pid == 0) {
            dup2(out[1], STDOUT_FILENO);
            dup2(err[1], STDERR_FILENO);
            close(out[0]);
            close(err[0]);
            become(program, words);
        }
        close(out[1]);
        close(err[1]);
        Outcome outcome;
        outcome.out = read_all(out[0]);
        outcome.err = read_all(err[0]);
        close(out[0]);
        close(err[0]);
        int status = 0;
        waitpid(pid, &status, 0);
        outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return outcome;
    }
    static Outcome ttmem(std::vector<std::string> words) { return run(kProgram, std::move(words)); }
    Outcome tt_smi_umd(std::vector<std::string> words) { return run(folder_ + "/tt_smi_umd", std::move(words)); }

    [[noreturn]] static void become(const std::string& program, std::vector<std::string> words) {
        words.insert(words.begin(), program);
        std::vector<char*> arguments;
        for (std::string& word : words) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        execv(program.c_str(), arguments.data());
        _exit(126);
    }

    std::string folder_;
};

TEST_F(CommandLine, HelpOfEverything) {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"--help"}, {"run", "--help"}, {"snapshot", "--help"}, {"l1", "--help"}, {"top", "-h"}}) {
        const Outcome outcome = ttmem(words);
        EXPECT_EQ(outcome.code, 0) << words[0];
        EXPECT_NE(outcome.out.find("--help"), std::string::npos) << words[0];
        EXPECT_EQ(outcome.err, "");
    }
    EXPECT_EQ(tt_smi_umd({"--help"}).code, 0);
    EXPECT_EQ(ttmem({"--version"}).out.substr(0, 6), "ttmem ");
}

TEST_F(CommandLine, NonsenseIsSaidAndIsTwo) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{},
                                               {"bogus"},
                                               {"run"},
                                               {"run", "--"},
                                               {"run", "-x", "ls"},
                                               {"snapshot", "--bogus"},
                                               {"snapshot", "extra"},
                                               {"l1", "--core", "3"},
                                               {"l1", "--core", "3,"},
                                               {"l1", "--core", "3,7x"},
                                               {"l1", "--core", "99999,1"},
                                               {"l1", "--core", "-1,1"},
                                               {"l1", "--device", "x"},
                                               {"l1", "--device", "index:"},
                                               {"l1", "--device", "0x"},
                                               {"l1", "--width", "59"},
                                               {"top", "--width", "x"},
                                               {"snapshot", "--group-by", "size"},
                                               {"history", "--device", "-1"},
                                               {"top", "-r"},
                                               {"top", "-r", "99"},
                                               {"top", "-r", "-5"},
                                               {"top", "-r", "1e3"},
                                               {"top", "-r", "x"},
                                               {"top", "-r", "1000.5"},
                                               {"top", "-r", ""},
                                               {"top", "-r", "99999999999999999999"},
                                               {"top", "extra"},
                                               {"top", "--loop=0"},
                                               {"top", "--loop=x"},
                                               {"top", "--loop=0.09"},
                                               {"top", "--loop=nan"},
                                               {"top", "--json", "--csv"},
                                               {"top", "--json", "-w"},
                                               {"top", "--loop=1", "-r", "1000"},
                                               {"top", "--query=pid"},
                                               {"top", "--csv", "--query=bogus"},
                                               {"top", "--csv", "--query="},
                                               {"top", "--csv", "--query=pid,pci"},
                                               {"top", "--sysfs-root=/nowhere"}}) {
        const Outcome outcome = ttmem(words);
        EXPECT_EQ(outcome.code, 2) << ::testing::PrintToString(words);
        EXPECT_EQ(outcome.out, "");
        EXPECT_EQ(outcome.err.substr(0, 5), "ttmem");
        EXPECT_NE(outcome.err.find("--help"), std::string::npos) << outcome.err;
    }
    for (const auto& [words, named] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"bogus"}, "there is no command 'bogus'"},
             {{"--bogus"}, "--bogus"},
             {{"attach", "abc"}, "pid is a whole number, not 'abc'"},
             {{"history", "--pid", "x"}, "--pid is a whole number, not 'x'"},
             {{"history", "--since", "soon"}, "not 'soon'"},
             {{"history", "--since", "1h", "--until", "2h"}, "--since 1h does not lie before --until 2h"},
             {{"server", "--ledger-dir", "/nowhere"}, "/nowhere"}}) {
        const Outcome outcome = ttmem(words);
        EXPECT_EQ(outcome.code, 2) << ::testing::PrintToString(words);
        EXPECT_NE(outcome.err.find(named), std::string::npos) << outcome.err;
    }
    EXPECT_EQ(tt_smi_umd({"-r", "50"}).code, 2);
    EXPECT_NE(tt_smi_umd({"-r", "50"}).err.find("'50'"), std::string::npos);
}

TEST_F(CommandLine, RunSetsTheEnvironmentAndBecomesTheCommand) {
    setenv("LD_PRELOAD", "", 1);
    const Outcome outcome =
        ttmem({"run", "--", "/bin/sh", "-c", "echo \"$LD_PRELOAD|$TT_ALLOC_TRACKING_ENABLED\"; exit 7"});
    EXPECT_EQ(outcome.code, 7);
    EXPECT_EQ(outcome.out, folder_ + "/libhooks.so|1\n");
}

TEST_F(CommandLine, RunLeavesTheCommandsOptionsAlone) {
    const Outcome outcome = ttmem({"run", "/bin/echo", "--help", "-x", "--"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out, "--help -x --\n");
}

TEST_F(CommandLine, RunInsideRunNamesTheLibraryOnce) {
    const Outcome outcome = ttmem({"run", kProgram, "run", "/bin/sh", "-c", "echo $LD_PRELOAD"});
    EXPECT_EQ(outcome.out, folder_ + "/libhooks.so\n");
}

TEST_F(CommandLine, RunThatCannot) {
    EXPECT_EQ(ttmem({"run", "no-such-command"}).code, 127);
    EXPECT_EQ(ttmem({"run", folder_}).code, 126);
    setenv("TTMEM_HOOKS_LIBRARY", "/nowhere/lib.so", 1);
    const Outcome missing = ttmem({"run", "/bin/true"});
    EXPECT_EQ(missing.code, 125);
    EXPECT_NE(missing.err.find("/nowhere/lib.so"), std::string::npos);
}

// The loader takes a path with a space or a colon for two.
TEST_F(CommandLine, RunWithALibraryWhosePathIsNotPlain) {
    const std::string library = folder_ + "/a b:c/libhooks.so";
    std::filesystem::create_directory(folder_ + "/a b:c");
    std::ofstream(library) << "x";
    setenv("TTMEM_HOOKS_LIBRARY", library.c_str(), 1);
    std::filesystem::create_directory(folder_ + "/runtime");
    setenv("XDG_RUNTIME_DIR", (folder_ + "/runtime").c_str(), 1);
    setenv("LD_PRELOAD", "", 1);
    std::string link;
    for (int i = 0; i < 2; ++i) {
        const Outcome outcome = ttmem({"run", kProgram, "run", "/bin/sh", "-c", "echo $LD_PRELOAD"});
        link = outcome.out.substr(0, outcome.out.find('\n'));
        EXPECT_EQ(link.rfind(folder_ + "/runtime/ttmem/preload/", 0), 0U) << outcome.out;
        EXPECT_EQ(link.find_first_of(" :"), std::string::npos) << link;
        EXPECT_EQ(std::filesystem::read_symlink(link), library);
    }
    std::filesystem::remove(link);
    std::filesystem::create_symlink("/elsewhere", link);
    const std::string runtime = folder_ + "/run time";
    std::filesystem::create_directory(runtime);
    setenv("XDG_RUNTIME_DIR", runtime.c_str(), 1);
    const Outcome other = ttmem({"run", "/bin/sh", "-c", "echo $LD_PRELOAD"});
    EXPECT_EQ(other.out.rfind("/tmp/ttmem-", 0), 0U) << other.out << other.err;
    std::filesystem::remove_all(std::filesystem::path(other.out.substr(0, other.out.find('\n'))).parent_path());
}

TEST_F(CommandLine, SnapshotOfNothing) {
    const Outcome json = ttmem({"snapshot", "--json", "--buffers"});
    EXPECT_EQ(json.code, 0);
    EXPECT_EQ(json.err, "");
    const auto parsed = nlohmann::json::parse(json.out);
    EXPECT_EQ(parsed["schema"], 1);
    EXPECT_TRUE(parsed["devices"].empty());
    EXPECT_TRUE(parsed["processes"].empty());
    EXPECT_TRUE(parsed["buffers"].empty());
    EXPECT_FALSE(nlohmann::json::parse(ttmem({"snapshot", "--json"}).out).contains("buffers"));
    EXPECT_NE(ttmem({"snapshot"}).out.find("No tracked process"), std::string::npos);
}

TEST_F(CommandLine, L1OfNothing) {
    const Outcome text = ttmem({"l1"});
    EXPECT_EQ(text.code, 0);
    EXPECT_NE(text.out.find("No device is open"), std::string::npos);
    const auto parsed = nlohmann::json::parse(ttmem({"l1", "--json"}).out);
    EXPECT_EQ(parsed["schema"], 1);
    EXPECT_TRUE(parsed["devices"].empty());
    const Outcome absent = ttmem({"l1", "--device", "7"});
    EXPECT_EQ(absent.code, 1);
    EXPECT_EQ(absent.err, "ttmem l1: there is no device '7' (no tracked process has opened one)\n");
}

TEST_F(CommandLine, NotATerminalNoControlCodes) {
    const Outcome once = tt_smi_umd({});
    EXPECT_EQ(once.code, 0);
    EXPECT_NE(once.out.find("No device is in use"), std::string::npos);
    EXPECT_EQ(once.out.find('\x1b'), std::string::npos);
    const std::string head = once.out.substr(once.out.find("\n+"));  // after the line with the time
    const std::string again = ttmem({"top"}).out;
    EXPECT_EQ(head, again.substr(again.find("\n+")));
    std::istringstream lines(once.out);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_EQ(line.size(), 79u) << line;
    }
}

TEST_F(CommandLine, TopPrintsSnapshotsJson) {
    auto snapshot = nlohmann::json::parse(ttmem({"snapshot", "--json"}).out);
    auto top = nlohmann::json::parse(tt_smi_umd({"--json"}).out);
    snapshot.erase("time_ns");
    top.erase("time_ns");
    EXPECT_EQ(top, snapshot);
}

TEST_F(CommandLine, Csv) {
    const Outcome usual = ttmem({"top", "--csv"});
    EXPECT_EQ(usual.code, 0);
    EXPECT_EQ(usual.out.substr(0, 15), "timestamp [ns],");
    EXPECT_EQ(ttmem({"top", "--csv", "--query=pid, holds.dram", "--no-header"}).out, "");
    EXPECT_EQ(ttmem({"top", "--csv", "--query=dram.used,power"}).out, "dram.used [B],power [W]\n");
    const Outcome list = ttmem({"top", "--list-queries"});
    EXPECT_EQ(list.code, 0);
    EXPECT_NE(list.out.find("\n  asic_temperature [C] "), std::string::npos);
}

TEST_F(CommandLine, LoopGoesOnUntilItIsEnded) {
    int out[2];
    ASSERT_EQ(pipe(out), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        become(kProgram, {"top", "--json", "--loop=0.1"});
    }
    close(out[1]);
    std::string seen;
    char block[4096];
    for (ssize_t got = 1; got > 0 && std::count(seen.begin(), seen.end(), '\n') < 3;) {
        got = read(out[0], block, sizeof block);
        seen.append(block, static_cast<size_t>(std::max<ssize_t>(got, 0)));
    }
    kill(pid, SIGTERM);
    int status = 0;
    waitpid(pid, &status, 0);
    close(out[0]);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    std::istringstream lines(seen);
    std::string line;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(std::getline(lines, line));
        EXPECT_EQ(nlohmann::json::parse(line)["schema"], 1);
    }
}

// A program on a terminal of its own.
class Terminal {
public:
    Terminal(const std::string& program, const char* type) {
        winsize size{24, 80, 0, 0};
        int seen[2];  // the program begins when we have seen how the terminal is without it
        EXPECT_EQ(pipe(seen), 0);
        pid_ = forkpty(&fd_, nullptr, nullptr, &size);
        if (pid_ == 0) {
            setenv("TERM", type, 1);
            for (const char* of_ours : {"LINES", "COLUMNS", "NO_COLOR"}) {
                unsetenv(of_ours);
            }
            close(seen[1]);
            char byte = 0;
            static_cast<void>(!read(seen[0], &byte, 1));
            close(seen[0]);
            execl(program.c_str(), "tt_smi_umd", "-r", "100", nullptr);
            _exit(126);
        }
        // Held open by us too: the settings can still be read after the program is gone.
        char name[128];
        ptsname_r(fd_, name, sizeof name);
        keep_ = open(name, O_RDWR | O_NOCTTY);
        tcgetattr(keep_, &before_);
        close(seen[0]);
        close(seen[1]);
    }
    ~Terminal() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        close(keep_);
        close(fd_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Reads until `what` was written; false after a minute.
    bool see(const std::string& what) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (seen_.find(what) == std::string::npos) {
            pollfd ready{fd_, POLLIN, 0};
            if (std::chrono::steady_clock::now() > limit) {
                return false;
            }
            if (poll(&ready, 1, 100) > 0) {
                char block[4096];
                const ssize_t got = read(fd_, block, sizeof block);
                if (got > 0) {
                    seen_.append(block, static_cast<size_t>(got));
                }
            }
        }
        return true;
    }
    void forget() { seen_.clear(); }
    void type(const char* keys) { static_cast<void>(!write(fd_, keys, strlen(keys))); }
    void resize(unsigned short columns, unsigned short rows) {
        winsize size{rows, columns, 0, 0};
        ioctl(fd_, TIOCSWINSZ, &size);
    }
    pid_t pid() const { return pid_; }
    int wait() {
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = -1;
        return status;
    }
    bool is_as_before() {
        termios now{};
        tcgetattr(keep_, &now);
        return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag;
    }

private:
    int fd_ = -1;
    int keep_ = -1;
    pid_t pid_ = -1;
    termios before_{};
    std::string seen_;
};

const char* const kLeaveScreen = "\x1b[?1049l";

TEST_F(CommandLine, LiveScreenQuitsOnQAndGivesTheTerminalBack) {
    Terminal terminal(folder_ + "/tt_smi_umd", "xterm-256color");
    ASSERT_TRUE(terminal.see(" quit "));
    terminal.forget();
    terminal.resize(100, 30);
    EXPECT_TRUE(terminal.see(" quit ")) << "drawn anew at once";
    terminal.type("xq");
    const int status = terminal.wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_TRUE(terminal.see(kLeaveScreen));
    EXPECT_TRUE(terminal.is_as_before());
}

TEST_F(CommandLine, SignalsEndItAndGiveTheTerminalBack) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
        Terminal terminal(folder_ + "/tt_smi_umd", "xterm-256color");
        ASSERT_TRUE(terminal.see(" quit "));
        kill(terminal.pid(), signal);
        const int status = terminal.wait();
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << signal;
        EXPECT_TRUE(terminal.see(kLeaveScreen)) << signal;
        EXPECT_TRUE(terminal.is_as_before()) << signal;
    }
}

TEST_F(CommandLine, UnknownTerminalIsSaid) {
    Terminal terminal(folder_ + "/tt_smi_umd", "no-such-terminal");
    EXPECT_TRUE(terminal.see("no-such-terminal is not known here"));
    const int status = terminal.wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

}  // namespace
