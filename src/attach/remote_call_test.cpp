// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls into processes that notice what was changed about them (testing/target.cpp). TTMEM_ATTACH_TARGET and
// TTMEM_ATTACH_PROBE come from the build. TTMEM_ATTACH_CALLS: how many calls a test makes (12).
#include "attach/remote_call.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "attach/memory_image.hpp"

namespace ttmem::attach {
namespace {

int calls() {
    const char* text = std::getenv("TTMEM_ATTACH_CALLS");
    return text != nullptr ? std::atoi(text) : 12;
}

// The target as a child. Ends with the test.
class Target {
public:
    explicit Target(std::vector<std::string> behaviours) {
        int in[2];
        int out[2];
        EXPECT_EQ(pipe(in), 0);
        EXPECT_EQ(pipe(out), 0);
        pid_ = fork();
        if (pid_ == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            for (int fd : {in[0], in[1], out[0], out[1]}) {
                close(fd);
            }
            std::vector<char*> arguments{const_cast<char*>(TTMEM_ATTACH_TARGET)};
            for (std::string& behaviour : behaviours) {
                arguments.push_back(behaviour.data());
            }
            arguments.push_back(nullptr);
            execv(TTMEM_ATTACH_TARGET, arguments.data());
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        to_ = in[1];
        from_ = out[0];
        EXPECT_EQ(line(), "ready");
    }
    ~Target() {
        if (!ended_) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        close(from_);
        if (to_ >= 0) {
            close(to_);
        }
    }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    pid_t pid() const { return pid_; }

    std::string line() const {
        std::string text;
        char byte = 0;
        while (read(from_, &byte, 1) == 1 && byte != '\n') {
            text += byte;
        }
        return text;
    }

    // Ends it and gives its last line.
    std::string end() {
        close(to_);
        to_ = -1;
        const std::string last = line();
        int status = 0;
        waitpid(pid_, &status, 0);
        ended_ = true;
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status << ", " << last;
        return last;
    }

    // For a failure's text: whether it lives, and what it said before it ended.
    std::string state() {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) == 0) {
            return "it lives";
        }
        ended_ = true;
        return "it ended with status " + std::to_string(status) + ", saying '" + line() + "'";
    }

    size_t threads() const {
        return static_cast<size_t>(
            std::distance(std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task"), {}));
    }
    size_t mappings() const {
        std::ifstream maps("/proc/" + std::to_string(pid_) + "/maps");
        return static_cast<size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
    }

private:
    pid_t pid_ = 0;
    int to_ = -1;
    int from_ = -1;
    bool ended_ = false;
};

RemoteCall probe(const char* symbol = "attach_probe") {
    RemoteCall call;
    call.library = TTMEM_ATTACH_PROBE;
    call.symbol = symbol;
    return call;
}

void call_often(const std::vector<std::string>& behaviours) {
    Target target(behaviours);
    for (int i = 1; i <= calls(); ++i) {
        const Result<RemoteAnswer> answer = call_in_process(target.pid(), probe());
        ASSERT_TRUE(answer.ok()) << answer.error().message << "; call " << i << "; " << target.state();
        EXPECT_EQ(answer.value().result, i);
        EXPECT_EQ(answer.value().message, "pid " + std::to_string(target.pid()));
    }
    // Its main thread, one a behaviour, and who writes what "read" reads. Ours is on its way out.
    const auto readers = std::count(behaviours.begin(), behaviours.end(), "read");
    const size_t threads = 1 + behaviours.size() + static_cast<size_t>(readers);
    for (int tries = 0; target.threads() != threads && tries < 60'000; ++tries) {
        usleep(1000);
    }
    EXPECT_EQ(target.threads(), threads);
    EXPECT_EQ(target.end(), "done");
}

TEST(RemoteCall, BusyThreadsKeepTheirRegisters) {
    call_often({"numbers", "numbers"});
}

TEST(RemoteCall, ThreadsInMallocAreWaitedFor) {
    call_often({"memory", "memory", "memory"});
}

TEST(RemoteCall, WaitingThreadsWaitOn) {
    call_often({"sleep", "poll", "read", "wait"});
}

TEST(RemoteCall, ErrnoAndLoaderAreLeftAlone) {
    call_often({"errno", "load"});
}

TEST(RemoteCall, SignalsArriveAllTheTime) {
    call_often({"numbers", "signals", "memory"});
}

TEST(RemoteCall, AProcessOfOneThreadAtItsRead) {
    call_often({});
}

TEST(RemoteCall, LeavesNothingBehind) {
    Target target({"numbers"});
    ASSERT_TRUE(call_in_process(target.pid(), probe()).ok());
    ASSERT_TRUE(call_in_process(target.pid(), probe()).ok());
    const size_t before = target.mappings();
    for (int i = 0; i < calls(); ++i) {
        ASSERT_TRUE(call_in_process(target.pid(), probe()).ok());
    }
    EXPECT_LE(target.mappings(), before + 2);  // a thread's cached stack may come and go
    EXPECT_EQ(target.end(), "done");
}

TEST(RemoteCall, KilledAttachersDoNoHarm) {
    Target target({"numbers", "sleep", "read", "errno"});
    int reached = 0;
    for (int i = 0; i < 3 * calls(); ++i) {
        const pid_t attacher = fork();
        if (attacher == 0) {
            _exit(call_in_process(target.pid(), probe()).ok() ? 0 : 1);
        }
        usleep(static_cast<useconds_t>(i * 37 % 60) * 500);
        kill(attacher, SIGKILL);
        int status = 0;
        waitpid(attacher, &status, 0);
        reached += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
    }
    EXPECT_LT(reached, 3 * calls()) << "none was killed in time";
    const Result<RemoteAnswer> answer = call_in_process(target.pid(), probe());
    ASSERT_TRUE(answer.ok()) << answer.error().message << "; " << target.state();
    EXPECT_GE(answer.value().result, reached + 1);
    EXPECT_EQ(target.end(), "done");
}

TEST(RemoteCall, SaysWhatIsMissing) {
    Target target({"sleep"});
    RemoteCall call = probe();
    call.library = "/nowhere/library.so";
    Result<RemoteAnswer> answer = call_in_process(target.pid(), call);
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().message.find("/nowhere/library.so"), std::string::npos) << answer.error().message;
    answer = call_in_process(target.pid(), probe("no_such_function"));
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().message.find("no_such_function"), std::string::npos) << answer.error().message;
    EXPECT_EQ(target.end(), "done");
}

TEST(RemoteCall, DoesNotWaitForEver) {
    Target target({"sleep"});
    RemoteCall call = probe("attach_probe_slow");
    call.patience_ms = 20;
    const Result<RemoteAnswer> answer = call_in_process(target.pid(), call);
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().message.find("does not answer"), std::string::npos);
    EXPECT_EQ(target.end(), "done");
}

TEST(RemoteCall, AStoppedProcessIsRefusedAndStaysStopped) {
    Target target({"numbers"});
    kill(target.pid(), SIGSTOP);
    int status = 0;
    ASSERT_EQ(waitpid(target.pid(), &status, WUNTRACED), target.pid());
    const Result<RemoteAnswer> answer = call_in_process(target.pid(), probe());
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().message.find("stopped"), std::string::npos) << answer.error().message;
    kill(target.pid(), SIGCONT);
    EXPECT_EQ(target.end(), "done");
}

TEST(MemoryImage, ReadsLinesOfMaps) {
    const std::vector<Mapping> mappings = parse_maps(
        "7f00-7f10 r-xp 00001000 08:01 1234    /usr/lib/a library.so\n"
        "8000-9000 rw-p 00000000 00:00 0 \n"
        "nonsense\n"
        "a000-b000 ---p 00000000 00:00 0       [stack]\n");
    ASSERT_EQ(mappings.size(), 3u);
    EXPECT_EQ(mappings[0].begin, 0x7f00u);
    EXPECT_EQ(mappings[0].end, 0x7f10u);
    EXPECT_TRUE(mappings[0].readable && mappings[0].executable && !mappings[0].writable);
    EXPECT_EQ(mappings[0].offset, 0x1000u);
    EXPECT_EQ(mappings[0].path, "/usr/lib/a library.so");
    EXPECT_EQ(mappings[1].path, "");
    EXPECT_TRUE(mappings[1].writable);
    EXPECT_EQ(mappings[2].path, "[stack]");
    EXPECT_FALSE(mappings[2].readable);
}

}  // namespace
}  // namespace ttmem::attach
