// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process to attach to, whose threads notice when anything about them was changed. target BEHAVIOUR...: one thread
// for each; prints "ready", works until its input ends, prints "done" and ends with 0, or with the reason why not.
//
//   numbers   integers and vectors held in registers while it computes
//   memory    malloc and free of all sizes
//   sleep     clock_nanosleep, relative: must take its time, and never be interrupted
//   poll      poll with a timeout, likewise
//   read      a blocking read of a pipe that another thread writes into: nothing lost, never interrupted
//   wait      a condition variable that is never signalled, with a timeout
//   errno     errno stays what it was
//   signals   a signal every 2 ms, handled by whichever thread it hits; the calls that it may interrupt are made again
//   load      dlopen and dlclose, all the time
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<bool> stopping{false};

[[noreturn]] void fail(const char* what) {
    std::printf("failed: %s\n", what);
    std::fflush(stdout);
    _exit(1);
}

uint64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

struct Sums {
    uint64_t whole = 0;
    double parts[8] = {};
    bool operator==(const Sums& other) const {
        return whole == other.whole && std::memcmp(parts, other.parts, sizeof parts) == 0;
    }
};

[[gnu::noinline]] Sums compute() {
    Sums sums;
    uint64_t x = 88172645463325252u;
    double lanes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (int i = 0; i < 20'000; ++i) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        sums.whole += x;
        for (int lane = 0; lane < 8; ++lane) {
            lanes[lane] = lanes[lane] * 1.0000001 + 0.5;
        }
    }
    std::memcpy(sums.parts, lanes, sizeof lanes);
    return sums;
}

void numbers() {
    const Sums first = compute();
    while (!stopping) {
        if (!(compute() == first)) {
            fail("numbers: a register was changed");
        }
    }
}

void memory() {
    std::vector<unsigned char*> held(64, nullptr);
    unsigned seed = 1;
    while (!stopping) {
        seed = seed * 1103515245 + 12345;
        unsigned char*& one = held[seed >> 8 & 63];
        if (one != nullptr && one[0] != one[1]) {
            fail("memory: a block was changed");
        }
        std::free(one);
        const size_t size = 2 + (seed >> 16) % 40'000;
        one = static_cast<unsigned char*>(std::malloc(size));
        one[0] = one[1] = static_cast<unsigned char>(seed);
    }
    for (unsigned char* one : held) {
        std::free(one);
    }
}

void sleep_always() {
    while (!stopping) {
        const uint64_t began = now_ns();
        const timespec time{0, 30'000'000};
        if (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr) != 0) {
            fail("sleep: interrupted");
        }
        if (now_ns() - began < 30'000'000) {
            fail("sleep: too short");
        }
    }
}

void poll_always() {
    while (!stopping) {
        const uint64_t began = now_ns();
        if (poll(nullptr, 0, 30) != 0) {
            fail("poll: interrupted");
        }
        if (now_ns() - began < 29'000'000) {
            fail("poll: too short");
        }
    }
}

void read_always() {
    int ends[2];
    if (pipe(ends) != 0) {
        fail("read: no pipe");
    }
    std::thread writer([&] {
        for (uint32_t number = 0; !stopping; ++number) {
            if (write(ends[1], &number, sizeof number) != sizeof number) {
                fail("read: cannot write");
            }
            usleep(5'000);
        }
        close(ends[1]);
    });
    uint32_t expected = 0;
    uint32_t number = 0;
    ssize_t got = 0;
    while ((got = read(ends[0], &number, sizeof number)) == sizeof number) {
        if (number != expected++) {
            fail("read: something is lost");
        }
    }
    if (got != 0) {
        fail("read: interrupted");
    }
    writer.join();
    close(ends[0]);
}

void wait_always() {
    std::mutex mutex;
    std::condition_variable never;
    while (!stopping) {
        std::unique_lock lock(mutex);
        if (never.wait_for(lock, std::chrono::milliseconds(20), [] { return false; })) {
            fail("wait: woken for nothing");
        }
    }
}

void keep_errno() {
    while (!stopping) {
        errno = 4242;
        volatile int left = 20'000;
        while (left > 0) {
            left = left - 1;
        }
        if (errno != 4242) {
            fail("errno: changed");
        }
    }
}

void load_always() {
    while (!stopping) {
        void* library = dlopen("libm.so.6", RTLD_NOW);
        void* other = dlopen("libutil.so.1", RTLD_NOW);
        if (library == nullptr) {
            fail("load: no library");
        }
        if (other != nullptr) {
            dlclose(other);
        }
        dlclose(library);
    }
}

std::atomic<uint64_t> handled{0};

void get_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { handled.fetch_add(1); };
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, nullptr);
    uint64_t sent = 0;
    while (!stopping) {
        kill(getpid(), SIGUSR1);
        ++sent;
        for (int waits = 0; handled < sent; ++waits) {
            if (waits == 60'000) {
                fail("signals: one was lost");
            }
            usleep(1'000);
        }
    }
}

// Installs a filter that kills the target at any system call but those that it makes itself.
void shut_in() {
    static sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    static const sock_fprog program{sizeof filter / sizeof filter[0], filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
        fail("no filter");
    }
    std::puts("shut in");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const std::map<std::string, std::function<void()>> known = {
        {"numbers", numbers},  {"memory", memory},       {"sleep", sleep_always},
        {"poll", poll_always}, {"read", read_always},    {"wait", wait_always},
        {"errno", keep_errno}, {"signals", get_signals}, {"load", load_always}};
    std::vector<std::thread> threads;
    for (int i = 1; i < argc; ++i) {
        threads.emplace_back(known.at(argv[i]));
    }
    if (const char* library = getenv("TTMEM_TARGET_LOAD")) {
        if (dlopen(library, RTLD_NOW) == nullptr) {
            fail("it cannot load what it should");
        }
    }
    std::puts("ready");
    std::fflush(stdout);
    char byte = 0;
    ssize_t got = 0;
    // The main thread waits in the kernel, where no debugger can stop it, until its child has seen the end of the
    // input.
    if (getenv("TTMEM_TARGET_VFORK") != nullptr && vfork() == 0) {
        char ignored = 0;
        while (read(0, &ignored, 1) > 0) {
        }
        _exit(0);
    }
    if (getenv("TTMEM_TARGET_FILTER") != nullptr) {
        shut_in();
    }
    while ((got = read(0, &byte, 1)) > 0) {
    }
    if (got < 0) {
        fail("the main thread's read was interrupted");
    }
    stopping = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    for (int signal = 1; signal < 32; ++signal) {
        if (sigismember(&blocked, signal) == 1) {
            fail("a signal was left blocked");
        }
    }
    std::puts("done");
    return 0;
}
