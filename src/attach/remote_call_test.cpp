// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls into processes that notice what was changed about them (testing/target.cpp). TTMEM_ATTACH_TARGET and
// TTMEM_ATTACH_PROBE come from the build. TTMEM_ATTACH_CALLS: how many calls a test makes (12).
#include "attach/remote_call.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "attach/memory_image.hpp"
#include "attach/safe_place.hpp"

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

constexpr std::array<uint64_t, 2> kArguments{0xfedc'ba98'7654'3210, 77};

RemoteCall probe(const char* symbol = "attach_probe") {
    RemoteCall call;
    call.library = TTMEM_ATTACH_PROBE;
    call.symbol = symbol;
    call.arguments = kArguments;
    return call;
}

void call_often(const std::vector<std::string>& behaviours) {
    Target target(behaviours);
    for (int i = 1; i <= calls(); ++i) {
        const Result<RemoteAnswer> answer = call_in_process(target.pid(), probe());
        ASSERT_TRUE(answer.ok()) << answer.error().message << "; call " << i << "; " << target.state();
        EXPECT_EQ(answer.value().result, i);
        EXPECT_EQ(answer.value().message,
                  "pid " + std::to_string(target.pid()) + "\nasked about " + std::to_string(kArguments[0]) + " and 77");
    }
    // Its main thread, one a behaviour, and the writer of what "read" reads. Ours is on its way out.
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

// Sets a variable of the environment, which targets inherit, until the object is destroyed.
class Setting {
public:
    Setting(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
    ~Setting() { unsetenv(name_); }
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

private:
    const char* name_;
};

// Incident: 12 of 12 targets with a filter that kills were killed.
TEST(RemoteCall, AProcessWithAFilterIsRefusedAndLives) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer's run-time makes system calls that the filter kills for";
#endif
    const Setting filter("TTMEM_TARGET_FILTER", "1");
    Target target({"numbers"});
    ASSERT_EQ(target.line(), "shut in");
    const Result<RemoteAnswer> answer = call_in_process(target.pid(), probe());
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().message.find("seccomp filter"), std::string::npos) << answer.error().message;
    EXPECT_EQ(target.end(), "done");
}

// Incident: a target under ThreadSanitizer ended with SIGSEGV. Its run-time is known by its name here.
TEST(RemoteCall, AProcessUnderThreadSanitizerIsRefused) {
    char folder[] = "/tmp/ttmem-tsan-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    const std::string library = std::string(folder) + "/libtsan.so.2";
    std::filesystem::copy_file(TTMEM_ATTACH_PROBE, library);
    {
        const Setting load("TTMEM_TARGET_LOAD", library);
        Target target({"numbers"});
        const Result<RemoteAnswer> answer = call_in_process(target.pid(), probe());
        ASSERT_FALSE(answer.ok());
        EXPECT_NE(answer.error().message.find("sanitizer"), std::string::npos) << answer.error().message;
        EXPECT_EQ(target.end(), "done");
    }
    std::filesystem::remove_all(folder);
}

// Incident: a thread that waited for a child of vfork kept the attaching program for 44 s. It waits for as long as the
// test runs here.
TEST(RemoteCall, AThreadThatCannotBeStoppedIsPassedOver) {
    const Setting vforks("TTMEM_TARGET_VFORK", "1");
    Target target({"sleep"});
    const std::string stat = "/proc/" + std::to_string(target.pid()) + "/stat";
    for (std::string text; text.find(") D") == std::string::npos;) {
        std::ifstream file(stat);
        std::getline(file, text);
        usleep(1000);
    }
    const Result<RemoteAnswer> answer = call_in_process(target.pid(), probe());
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(target.end(), "done");
}

// Incident: a mapped file whose header claims 2^62 bytes of code made root's ttmem attach abort.
TEST(MemoryImage, HeadersAreNotBelieved) {
    char folder[] = "/tmp/ttmem-elf-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    const std::string path = std::string(folder) + "/libc.so.6";
    {
        Elf64_Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_phoff = sizeof header;
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = 2;
        Elf64_Phdr segments[2]{};
        for (Elf64_Phdr& segment : segments) {
            segment.p_type = PT_LOAD;
            segment.p_flags = PF_R | PF_X;
            segment.p_filesz = segment.p_memsz = uint64_t{1} << 62;
        }
        segments[1].p_vaddr = ~uint64_t{0} - 4096;  // its end is beyond 2^64
        std::ofstream file(path, std::ios::binary);
        file.write(reinterpret_cast<const char*>(&header), sizeof header);
        file.write(reinterpret_cast<const char*>(segments), sizeof segments);
        file << std::string(4096, '\0');
    }
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    void* mapped = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    close(fd);
    const pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    const Result<MemoryImage> image = MemoryImage::open(child);
    ASSERT_TRUE(image.ok());
    uint64_t claimed = 0;
    for (const Image& one : image.value().images()) {
        if (one.path == path) {
            for (const auto& [begin, end] : one.code) {
                claimed += end - begin;
            }
        }
    }
    EXPECT_LE(claimed, 2 * 4096u);
    const SafePlace safe(image.value());  // looks for code in every libc
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    munmap(mapped, 4096);
    std::filesystem::remove_all(folder);
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
