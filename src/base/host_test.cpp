// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Tests that a guest does no harm to its host: the line on stderr, waiting, mappings cut short.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "base/bus_guard.hpp"
#include "base/clock.hpp"
#include "base/host_line.hpp"
#include "base/spin_lock.hpp"

namespace ttmem {
namespace {

constexpr char kLine[] = "ttmem: a line\n";

// The wait status of a child that runs `act`; it is killed by SIGALRM when it blocks.
int status_of(const std::function<void()>& act) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        act();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

bool say() {
    return write_host_line(kLine, sizeof kLine - 1);
}

TEST(HostLine, ReachesThePipeThatStderrWasAtLoading) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    EXPECT_EQ(status_of([&] {
                  dup2(ends[1], STDERR_FILENO);
                  remember_stderr();
                  _exit(say() ? 0 : 1);
              }),
              0);
    char got[64] = {};
    EXPECT_EQ(read(ends[0], got, sizeof got), static_cast<ssize_t>(sizeof kLine - 1));
    EXPECT_STREQ(got, kLine);
    close(ends[0]);
    close(ends[1]);
}

// Incident: the reader of stderr was gone, and SIGPIPE ended the application.
TEST(HostLine, APipeWithoutAReaderEndsNothing) {
    EXPECT_EQ(status_of([] {
                  int ends[2];
                  _exit(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0 && close(ends[0]) == 0 &&
                                (remember_stderr(), errno = 4711, !say()) && errno == 4711
                            ? 0
                            : 1);
              }),
              0);
}

TEST(HostLine, ASocketWithoutAReaderEndsNothing) {
    EXPECT_EQ(status_of([] {
                  int ends[2];
                  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
                  dup2(ends[1], STDERR_FILENO);
                  close(ends[0]);
                  close(ends[1]);
                  remember_stderr();
                  _exit(say() ? 1 : 0);
              }),
              0);
}

TEST(HostLine, AFullPipeDoesNotBlock) {
    EXPECT_EQ(status_of([] {
                  int ends[2];
                  if (pipe2(ends, O_NONBLOCK) != 0) {
                      _exit(2);
                  }
                  const std::string much(1 << 16, 'x');
                  while (write(ends[1], much.data(), much.size()) > 0 || write(ends[1], "x", 1) > 0) {
                  }
                  fcntl(ends[1], F_SETFL, 0);  // as an application's stderr: it waits
                  dup2(ends[1], STDERR_FILENO);
                  remember_stderr();
                  _exit(say() ? 1 : 0);
              }),
              0);
}

// Incident: the application closed stderr, its data file got descriptor 2, and the line went into the data.
TEST(HostLine, AFileThatHasGotTheDescriptorStaysUntouched) {
    FILE* data = tmpfile();
    ASSERT_NE(data, nullptr);
    EXPECT_EQ(status_of([&] {
                  remember_stderr();
                  dup2(fileno(data), STDERR_FILENO);
                  _exit(say() ? 1 : 0);
              }),
              0);
    EXPECT_EQ(lseek(fileno(data), 0, SEEK_END), 0);
    fclose(data);
}

TEST(HostLine, ALimitOnFileSizesEndsNothing) {
    FILE* log = tmpfile();
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(status_of([&] {
                  dup2(fileno(log), STDERR_FILENO);
                  remember_stderr();
                  const rlimit none{0, 0};
                  setrlimit(RLIMIT_FSIZE, &none);
                  if (say()) {
                      _exit(1);
                  }
                  sigset_t pending;
                  sigpending(&pending);
                  _exit(sigismember(&pending, SIGXFSZ) == 0 ? 0 : 3);
              }),
              0);
    fclose(log);
}

TEST(HostLine, ASignalThatWasPendingBeforeStaysPending) {
    EXPECT_EQ(status_of([] {
                  int ends[2];
                  sigset_t set;
                  sigemptyset(&set);
                  sigaddset(&set, SIGPIPE);
                  pthread_sigmask(SIG_BLOCK, &set, nullptr);
                  raise(SIGPIPE);
                  if (pipe(ends) != 0) {
                      _exit(2);
                  }
                  dup2(ends[1], STDERR_FILENO);
                  close(ends[0]);
                  remember_stderr();
                  say();
                  sigpending(&set);
                  _exit(sigismember(&set, SIGPIPE) == 1 ? 0 : 1);
              }),
              0);
}

TEST(HostLine, APendingCancellationIsNotActedUpon) {
    EXPECT_EQ(status_of([] {
                  std::atomic<bool> said{false};
                  std::thread([&] {
                      pthread_cancel(pthread_self());
                      remember_stderr();
                      say();
                      said = true;
                      pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
                  }).join();
                  _exit(said ? 0 : 1);
              }),
              0);
}

TEST(HostLine, ControlCharactersDoNotReachATerminal) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    EXPECT_EQ(status_of([&] {
                  dup2(ends[1], STDERR_FILENO);
                  remember_stderr();
                  const char line[] =
                      "a\x1b]0;b\xc2\x9b"
                      "1m\n";
                  _exit(write_host_line(line, sizeof line - 1) ? 0 : 1);
              }),
              0);
    char got[64] = {};
    ASSERT_GT(read(ends[0], got, sizeof got - 1), 0);
    EXPECT_EQ(std::strchr(got, '\x1b'), nullptr);
    EXPECT_EQ(std::strstr(got, "\xc2\x9b"), nullptr) << got;
    close(ends[0]);
    close(ends[1]);
}

// Incident: a SCHED_FIFO thread spun for a second for a lock whose owner could not run. What counts is the processor
// time that a waiting thread takes from its owner.
void wait_for_a_slow_owner(bool real_time) {
    constexpr uint64_t kHeldNs = 60'000'000;
    SpinLock lock;
    std::atomic<int> step{0};
    std::thread owner([&] {
        lock.lock();
        step = 1;
        while (step.load() != 2) {
            usleep(100);
        }
        const uint64_t end = clock_ns(CLOCK_MONOTONIC) + kHeldNs;
        while (clock_ns(CLOCK_MONOTONIC) < end) {
            usleep(1000);
        }
        lock.unlock();
    });
    while (step.load() != 1) {
        usleep(100);
    }
    uint64_t spent = 0;
    bool allowed = true;
    std::thread waiter([&] {
        if (real_time) {
            const sched_param priority{5};
            allowed = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
        }
        step = 2;
        const uint64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        lock.lock();
        spent = clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
        lock.unlock();
    });
    waiter.join();
    owner.join();
    if (!allowed) {
        GTEST_SKIP() << "this user may not have real-time threads";
    }
    EXPECT_LT(spent, kHeldNs / 4) << "the waiting thread spins";
}

TEST(ShortWait, AWaitingThreadLeavesTheProcessorToTheOwner) {
    wait_for_a_slow_owner(false);
}

TEST(ShortWait, ARealTimeThreadLeavesTheProcessorToTheOwner) {
    wait_for_a_slow_owner(true);
}

std::atomic<int> g_lost{0};

void count_lost_mapping() noexcept {
    ++g_lost;
}

TEST(BusGuard, AMappingCutShortBecomesPrivateMemory) {
    EXPECT_EQ(status_of([] {
                  FILE* file = tmpfile();
                  const size_t bytes = 64 * 4096;
                  if (file == nullptr || ftruncate(fileno(file), static_cast<off_t>(bytes)) != 0) {
                      _exit(2);
                  }
                  auto* data = static_cast<volatile char*>(
                      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0));
                  if (!guard_mapping(const_cast<char*>(data), bytes, count_lost_mapping)) {
                      _exit(3);
                  }
                  data[0] = 1;
                  if (ftruncate(fileno(file), 0) != 0) {
                      _exit(4);
                  }
                  data[8 * 4096] = 7;
                  data[9 * 4096] = 8;
                  _exit(data[8 * 4096] == 7 && g_lost == 1 ? 0 : 5);
              }),
              0);
}

TEST(BusGuard, OtherBusErrorsAreTheApplications) {
    const int status = status_of([] {
        signal(SIGBUS, SIG_DFL);  // a sanitizer has a handler of its own
        FILE* file = tmpfile();
        void* guarded = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        guard_mapping(guarded, 4096, count_lost_mapping);
        auto* data =
            static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0));
        data[0] = 1;
    });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS) << status;
}

TEST(BusGuard, TheHandlerThatWasThereBeforeIsCalled) {
    EXPECT_EQ(status_of([] {
                  signal(SIGBUS, [](int) { _exit(42); });
                  void* guarded = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  guard_mapping(guarded, 4096, count_lost_mapping);
                  raise(SIGBUS);
              }) >>
                  8,
              42);
}

}  // namespace
}  // namespace ttmem
