// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Harm that tracked applications once suffered, a test for each.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "../crash/ledger_home.hpp"
#include "base/clock.hpp"
#include "in_child.hpp"

namespace ttmem::test {
namespace {

constexpr uint64_t kBuffersPerExtent = ledger::kBuffersPerExtent;

// Incident: a thread that had been cancelled made a report that grew the ledger. The file functions of the C library
// acted upon the cancellation, and unwinding through noexcept code ended the process.
TEST(HostHarm, ACancelledThreadFinishesItsReports) {
    const LedgerHome home;
    const ChildResult result = in_child([] {
        bool finished = false;
        std::thread([&] {
            pthread_cancel(pthread_self());
            const uint32_t allocator = open_n150();  // makes the ledger
            tt_alloc_set_context(tt_alloc_name_context("a name"));
            for (uint64_t id = 1; id <= 3 * kBuffersPerExtent; ++id) {
                allocate(allocator, id);  // grows it
            }
            int before = 0;
            pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
            finished = before == PTHREAD_CANCEL_ENABLE;
        }).join();
        _exit(finished ? 0 : 20);
    });
    EXPECT_EQ(result.status, 0);
}

TEST(HostHarm, ARefusedGrowthLeavesErrnoAlone) {
    const LedgerHome home;
    const ChildResult result = in_child([&] {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        const rlimit limit{std::filesystem::file_size(home.ledger()), RLIM_INFINITY};
        setrlimit(RLIMIT_FSIZE, &limit);
        errno = 4711;
        for (uint64_t id = 2; id <= 2 * kBuffersPerExtent; ++id) {
            allocate(allocator, id);
            if (errno != 4711) {
                _exit(21);
            }
        }
    });
    EXPECT_EQ(result.status, 0);
}

// Incident: with no descriptor free, a hundred folders were made and the line said "File exists".
TEST(HostHarm, WithoutADescriptorNoFoldersAreMade) {
    const LedgerHome home;
    const ChildResult result = in_child([] {
        const rlimit none{3, 3};
        setrlimit(RLIMIT_NOFILE, &none);
        open_n150();
    });
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.stderr_text.find("Too many open files"), std::string::npos) << result.stderr_text;
    size_t folders = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(home.base())) {
        ++folders;
    }
    EXPECT_LE(folders, 1u);
}

// All files below a folder, with their sizes.
std::map<std::string, uintmax_t> files_below(const std::string& folder) {
    std::map<std::string, uintmax_t> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            files[entry.path().string()] = entry.file_size();
        }
    }
    return files;
}

// Incident: a user who could rename the ledgers' folder had texts of root's process written to a place of his choice, in
// 176 of 300 races. The sidecar goes into the folder that the ledger was made in, or nowhere.
TEST(HostHarm, ASidecarStaysInTheFolderOfItsLedger) {
    const LedgerHome home;
    const std::string folder = home.base() + "/tt_alloc." + std::to_string(geteuid());
    const std::string victim = home.base() + "/victim";
    for (const bool is_link : {true, false}) {
        const ChildResult result = in_child([&] {
            const uint32_t allocator = open_n150();
            allocate(allocator, 1);  // makes the ledger and its sidecar
            const std::string name = std::filesystem::path(home.ledger()).filename().string() + ".detail";
            std::filesystem::rename(folder, home.base() + "/moved");
            std::filesystem::create_directory(victim);
            std::ofstream(victim + "/" + name) << "not ours";
            if (is_link) {
                std::filesystem::create_symlink(victim, folder);
            } else {
                std::filesystem::rename(victim, folder);
            }
            const std::map<std::string, uintmax_t> before = files_below(is_link ? victim : folder);
            for (int i = 0; i < 100; ++i) {
                tt_alloc_set_context(
                    tt_alloc_name_context(("a name that is written down " + std::to_string(i)).c_str()));
                allocate(allocator, static_cast<uint64_t>(2 + i));
            }
            _exit(before.size() == 1 && files_below(is_link ? victim : folder) == before ? 0 : 23);
        });
        EXPECT_EQ(result.status, 0) << is_link;
        home.clear();
    }
}

// The same as a race: the folder gives way to a link and comes back all the time, while processes make their ledgers.
TEST(HostHarm, AFolderThatIsSwappedAllTheTimeLeadsNowhere) {
    const LedgerHome home;
    const std::string folder = home.base() + "/tt_alloc." + std::to_string(geteuid());
    const std::string victim = home.base() + "/victim";
    const std::string link = home.base() + "/link";
    std::filesystem::create_directory(folder);
    std::filesystem::create_directory(victim);
    std::filesystem::create_symlink(victim, link);
    const pid_t swapper = fork();
    if (swapper == 0) {
        while (renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE) == 0) {
        }
        _exit(1);
    }
    for (int race = 0; race < 100; ++race) {
        const ChildResult result = in_child([] {
            const uint32_t allocator = open_n150();
            for (uint64_t i = 1; i < 10; ++i) {
                tt_alloc_set_context(tt_alloc_name_context(("name " + std::to_string(i)).c_str()));
                allocate(allocator, i);
            }
        });
        ASSERT_EQ(result.status, 0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(swapper, &status, WNOHANG), 0) << "it swapped to the end";
    kill(swapper, SIGKILL);
    waitpid(swapper, nullptr, 0);
    EXPECT_EQ(files_below(victim).size(), 0u);
    EXPECT_GT(files_below(home.base()).size(), 0u) << "ledgers were made";
}

TEST(HostHarm, AShortenedLedgerEndsTrackingAndNotTheApplication) {
    const LedgerHome home;
    const ChildResult result = in_child([&] {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        std::filesystem::resize_file(home.ledger(), 0);
        for (uint64_t id = 2; id <= 3 * kBuffersPerExtent; ++id) {
            allocate(allocator, id);
        }
        _exit(tt_alloc_tracking_on == 0 ? 0 : 22);
    });
    EXPECT_EQ(result.status, 0);
}

// How many system calls the child makes between its two calls of getppid. The child runs under ptrace.
long calls_between_marks(const std::function<void(void (*mark)())>& act) {
    const pid_t child = fork();
    if (child == 0) {
        remember_stderr();
        client::set_tracking(true);
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        act([] { syscall(SYS_getppid); });
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    int marks = 0;
    long calls = 0;
    bool entering = true;
    while (ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0 && waitpid(child, &status, 0) == child &&
           WIFSTOPPED(status)) {
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            continue;
        }
        if (entering) {
            __ptrace_syscall_info info{};
            ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
            const bool is_mark = info.entry.nr == SYS_getppid;
            marks += is_mark ? 1 : 0;
            calls += marks == 1 && !is_mark ? 1 : 0;
        }
        entering = !entering;
    }
    EXPECT_EQ(marks, 2);
    return calls;
}

// Incident: with the table full, each allocation asked the file system four times.
TEST(HostHarm, AFullTableCostsNoSystemCallsForEachAllocation) {
    const LedgerHome home;
    constexpr uint64_t kEvents = 2000;
    const long calls = calls_between_marks([&](void (*mark)()) {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        const rlimit limit{std::filesystem::file_size(home.ledger()), RLIM_INFINITY};
        setrlimit(RLIMIT_FSIZE, &limit);
        uint64_t id = 1;
        while (id < 2 * kBuffersPerExtent) {
            allocate(allocator, ++id);
        }
        mark();
        for (uint64_t i = 0; i < kEvents; ++i) {
            allocate(allocator, ++id);
        }
        mark();
    });
    EXPECT_LT(calls, static_cast<long>(kEvents / 20));
}

// Incident: 70,000 names took 10.9 s, each compared with all before it under a lock. What counts is that the last name
// costs what the first does.
TEST(HostHarm, ManyNamesCostTheSameEach) {
    const LedgerHome home;
    const ChildResult result = in_child([] {
        constexpr int kNames = 20'000;
        constexpr int kAsked = 1000;
        open_n150();
        const auto name = [](int number) { return "a region of the program, number " + std::to_string(number); };
        for (int i = 0; i < kNames; ++i) {
            tt_alloc_name_context(name(i).c_str());
        }
        const auto time_from = [&](int first) {
            const uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
            for (int i = first; i < first + kAsked; ++i) {
                if (tt_alloc_name_context(name(i).c_str()) != static_cast<uint32_t>(i + 1)) {
                    _exit(23);
                }
            }
            return clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
        };
        const uint64_t early = time_from(0);
        const uint64_t late = time_from(kNames - kAsked);
        _exit(late < 8 * early ? 0 : 24);
    });
    EXPECT_EQ(result.status, 0);
}

// --- A process that shuts itself in ----------------------------------------------------------------------------------

// Allows what a program that computes needs, and kills it at any other call.
void shut_in() {
    static sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
#define TTMEM_ALLOW(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
        TTMEM_ALLOW(SYS_read),
        TTMEM_ALLOW(SYS_pread64),
        TTMEM_ALLOW(SYS_write),
        TTMEM_ALLOW(SYS_futex),
        TTMEM_ALLOW(SYS_mmap),
        TTMEM_ALLOW(SYS_munmap),
        TTMEM_ALLOW(SYS_mprotect),
        TTMEM_ALLOW(SYS_madvise),
        TTMEM_ALLOW(SYS_brk),
        TTMEM_ALLOW(SYS_sched_yield),
        TTMEM_ALLOW(SYS_clock_gettime),
        TTMEM_ALLOW(SYS_clock_nanosleep),
        TTMEM_ALLOW(SYS_rt_sigprocmask),
        TTMEM_ALLOW(SYS_rt_sigreturn),
        TTMEM_ALLOW(SYS_exit),
        TTMEM_ALLOW(SYS_exit_group),
        TTMEM_ALLOW(SYS_close),
#undef TTMEM_ALLOW
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    static const sock_fprog program{sizeof filter / sizeof filter[0], filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
        _exit(77);
    }
}

// Incident: the ledger's next growth killed a process that had put on a seccomp filter after its first report.
TEST(HostHarm, AProcessThatShutsItselfInLivesOn) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer's run-time makes system calls that the filter kills for";
#endif
    const LedgerHome home;
    const ChildResult result = in_child([] {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        std::thread other([allocator] { allocate(allocator, 2); });
        other.join();
        shut_in();
        for (uint64_t id = 3; id <= 3 * kBuffersPerExtent; ++id) {
            allocate(allocator, id);
        }
        tt_alloc_name_context("a name");
        tt_alloc_buffer_freed(2);  // the other thread's
    });
    if (WIFEXITED(result.status) && WEXITSTATUS(result.status) == 77) {
        GTEST_SKIP() << "this machine allows no seccomp filters";
    }
    EXPECT_EQ(result.status, 0) << "killed by the filter?";
}

// --- A ledger that is removed ----------------------------------------------------------------------------------------

// Incident: systemd-logind removes what a user has in /dev/shm at the last logout (RemoveIPC): the user's services were
// invisible from then on.
TEST(HostHarm, ARemovedLedgerIsMadeAgainWithWhatLives) {
    const LedgerHome home;
    const ChildResult result = in_child([&] {
        const uint32_t allocator = open_n150();
        tt_alloc_set_context(tt_alloc_name_context("a name"));
        for (uint64_t id = 1; id <= 100; ++id) {
            allocate(allocator, id);
        }
        for (const auto& entry : std::filesystem::directory_iterator(home.base())) {
            std::filesystem::remove_all(entry.path());
        }
        usleep(1'100'000);  // the ledger is looked after once a second at most
        for (uint64_t round = 0; round < 10'000; ++round) {
            allocate(allocator, 1000);
            tt_alloc_buffer_freed(1000);
        }
        allocate(allocator, 101);
        const auto answer = read_ledger(home.ledger(), true);
        if (!std::holds_alternative<ledger::Snapshot>(answer)) {
            _exit(11);
        }
        const auto& s = std::get<ledger::Snapshot>(answer);
        std::ifstream detail(home.ledger() + ".detail", std::ios::binary);
        const std::string texts((std::istreambuf_iterator<char>(detail)), {});
        struct stat mode {};
        stat((home.ledger() + ".detail").c_str(), &mode);
        _exit(s.buffers.size() != 101                                  ? 12
              : s.allocators.at(0).totals[0].bytes != 101u * 4096 * 12 ? 13
              : texts.find("a name") == std::string::npos              ? 14
              : (mode.st_mode & 0777) != 0600                          ? 15
                                                                       : 0);
    });
    EXPECT_EQ(result.status, 0);
}

// The sidecar is mapped: a process that cuts it short raises SIGBUS in the host, which is answered.
TEST(HostHarm, ASidecarThatIsCutShort) {
    const LedgerHome home;
    const ChildResult result = in_child([&] {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        tt_alloc_set_context(tt_alloc_name_context("before"));
        if (truncate((home.ledger() + ".detail").c_str(), 0) != 0) {
            _exit(10);
        }
        for (int i = 0; i < 100; ++i) {
            tt_alloc_set_context(tt_alloc_name_context(("after " + std::to_string(i)).c_str()));
            allocate(allocator, static_cast<uint64_t>(2 + i));
        }
        const auto answer = read_ledger(home.ledger(), true);
        const auto* const s = std::get_if<ledger::Snapshot>(&answer);
        _exit(s == nullptr ? 11 : s->buffers.size() != 101 ? 12 : s->lost[ledger::kLostText] != 100 ? 13 : 0);
    });
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.stderr_text, "");
}

// The lock moved along: readers take the process for alive, a cleaner keeps the file.
TEST(HostHarm, ALedgerMadeAgainIsLocked) {
    const LedgerHome home;
    int hold[2];
    int said[2];
    ASSERT_EQ(pipe(hold), 0);
    ASSERT_EQ(pipe(said), 0);
    const pid_t child = fork();
    if (child == 0) {
        client::set_tracking(true);
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        std::filesystem::remove(home.ledger());
        usleep(1'100'000);
        std::thread([allocator] { allocate(allocator, 2); }).join();  // a thread's first report looks as well
        char byte = 1;
        [[maybe_unused]] ssize_t n = write(said[1], &byte, 1);
        close(hold[1]);
        n = read(hold[0], &byte, 1);
        _exit(0);
    }
    char byte = 0;
    ASSERT_EQ(read(said[0], &byte, 1), 1);
    const int fd = open(home.ledger().c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    struct flock probe {};
    probe.l_type = F_WRLCK;
    ASSERT_EQ(fcntl(fd, F_GETLK, &probe), 0);
    EXPECT_EQ(probe.l_type, F_WRLCK);
    EXPECT_EQ(probe.l_pid, child);
    close(fd);
    close(hold[1]);
    waitpid(child, nullptr, 0);
}

// --- Another user's program ------------------------------------------------------------------------------------------

// Another user holds all names in the usual place: the ledger goes where that user cannot make any.
TEST(HostHarm, ASquatterOnAllNamesLeavesAnotherPlace) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give folders away";
    }
    const LedgerHome home;
    const std::string shm = home.base() + "/shm";
    char run_name[] = "/tmp/ttmem-run-XXXXXX";
    const std::string run = mkdtemp(run_name);
    std::filesystem::create_directory(shm);
    for (int i = 0; i < 100; ++i) {
        const std::string name = shm + "/tt_alloc.0" + (i == 0 ? "" : "." + std::to_string(i));
        std::filesystem::create_directory(name);
        ASSERT_EQ(chown(name.c_str(), 12345, 12345), 0);
    }
    const ChildResult result = in_child([&] {
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount(shm.c_str(), "/dev/shm", nullptr, MS_BIND, nullptr) != 0) {
            _exit(77);
        }
        unsetenv("TT_ALLOC_LEDGER_DIR");
        setenv("XDG_RUNTIME_DIR", run.c_str(), 1);
        allocate(open_n150(), 1);
        _exit(std::string(tt_alloc_own_ledger_path()).rfind(run + "/tt_alloc.0/", 0) == 0 ? 0 : 30);
    });
    std::filesystem::remove_all(run);
    if (WIFEXITED(result.status) && WEXITSTATUS(result.status) == 77) {
        GTEST_SKIP() << "this machine allows no mount namespaces";
    }
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.stderr_text, "");
}

}  // namespace
}  // namespace ttmem::test
