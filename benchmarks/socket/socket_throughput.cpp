// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How many messages the old socket takes in on one core, beside a plain reader that throws the same bytes away.
//
//   socket_throughput [CLIENTS [ROUNDS [BATCH]]]     8 clients, 40 rounds, 32 messages a send
//
// Each client is a process. It makes its share of 100,000 keys live, then goes round: frees and allocates its keys in
// random order, with circular buffers and kernels between, so that as many stay live. Server and reader each run on
// one thread that is bound to one core; "on one core" counts that thread's processor time. At the end the server's
// totals must be what the clients left. Prints JSON; exit code 1 when the totals are wrong.
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "server/legacy/legacy_socket.hpp"

namespace ttmem::server {
namespace {

constexpr uint64_t kLiveKeys = 100'000;
constexpr api::LegacySize kSize = api::LegacySize::k128;

struct Load {
    unsigned clients = 8;
    unsigned rounds = 40;
    unsigned batch = 32;
    uint64_t keys_of_client() const { return kLiveKeys / clients; }
};

struct Messages {
    std::vector<std::byte> live;   // makes the keys live
    std::vector<std::byte> round;  // leaves as many live
};

uint64_t size_of_key(uint64_t key) {
    return 4096 + key % 7 * 1024;
}

Messages messages_of(const Load& load, unsigned client) {
    Messages all;
    const auto add = [&](std::vector<std::byte>& to, uint8_t type, uint64_t key, uint64_t size, uint8_t buffer_type) {
        api::LegacyMessage m;
        m.request = {type, static_cast<int32_t>(key % 4), size, buffer_type, getpid(), key, 1'700'000'000'000'000'000};
        to.resize(to.size() + bytes_of(kSize));
        encode_legacy(m, kSize, std::span(to).last(bytes_of(kSize)));
    };
    std::mt19937_64 random(client);
    std::vector<uint64_t> keys(load.keys_of_client());
    for (uint64_t i = 0; i < keys.size(); ++i) {
        keys[i] = client * load.keys_of_client() + i;
        add(all.live, api::kLegacyAlloc, keys[i], size_of_key(keys[i]), static_cast<uint8_t>(keys[i] % 5));
    }
    std::shuffle(keys.begin(), keys.end(), random);
    for (size_t i = 0; i < keys.size(); ++i) {
        const uint64_t key = keys[i];
        add(all.round, api::kLegacyFree, key, 0, 0);
        add(all.round, api::kLegacyAlloc, key, size_of_key(key), static_cast<uint8_t>(key % 5));
        if (i % 4 == 0) {
            add(all.round, api::kLegacyCbAlloc, key, 2048, 0);
            add(all.round, api::kLegacyKernelLoad, key, 512, static_cast<uint8_t>(key % 3));
            add(all.round, api::kLegacyCbFree, key, 2048, 0);
            add(all.round, api::kLegacyKernelUnload, key, 512, 0);
        }
    }
    return all;
}

void bind_to_core(unsigned from, unsigned count) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (unsigned core = from; core < from + count; ++core) {
        CPU_SET(core, &set);
    }
    sched_setaffinity(0, sizeof set, &set);
}

// Sends everything once `go` is closed; holds the connection until `stop` is closed.
[[noreturn]] void be_client(const Load& load, unsigned client, const std::string& path, int ready, int go, int stop) {
    const auto cores = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN));
    if (cores > 1) {
        bind_to_core(1, cores - 1);
    }
    const Messages messages = messages_of(load, client);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        _exit(2);
    }
    const size_t piece = bytes_of(kSize) * load.batch;
    const auto send_all = [&](const std::vector<std::byte>& bytes) {
        for (size_t at = 0; at < bytes.size();) {
            const ssize_t sent = send(fd, bytes.data() + at, std::min(piece, bytes.size() - at), MSG_NOSIGNAL);
            if (sent <= 0) {
                _exit(3);
            }
            at += static_cast<size_t>(sent);
        }
    };
    char byte = 1;
    if (write(ready, &byte, 1) != 1) {
        _exit(4);
    }
    [[maybe_unused]] ssize_t ignored = read(go, &byte, 1);
    send_all(messages.live);
    for (unsigned i = 0; i < load.rounds; ++i) {
        send_all(messages.round);
    }
    ignored = read(stop, &byte, 1);
    _exit(0);
}

struct Clients {
    std::vector<pid_t> pids;
    int go = -1;
    int stop = -1;
    uint64_t messages = 0;

    Clients(const Load& load, const std::string& path) {
        int ready_pipe[2];
        int go_pipe[2];
        int stop_pipe[2];
        if (pipe(ready_pipe) != 0 || pipe(go_pipe) != 0 || pipe(stop_pipe) != 0) {
            std::abort();
        }
        for (unsigned i = 0; i < load.clients; ++i) {
            const Messages mine = messages_of(load, i);
            messages += (mine.live.size() + load.rounds * mine.round.size()) / bytes_of(kSize);
            const pid_t pid = fork();
            if (pid == 0) {
                close(go_pipe[1]);
                close(stop_pipe[1]);
                be_client(load, i, path, ready_pipe[1], go_pipe[0], stop_pipe[0]);
            }
            pids.push_back(pid);
        }
        for (unsigned i = 0; i < load.clients; ++i) {
            char byte = 0;
            if (read(ready_pipe[0], &byte, 1) != 1) {
                std::abort();
            }
        }
        for (const int fd : {ready_pipe[0], ready_pipe[1], go_pipe[0], stop_pipe[0]}) {
            close(fd);
        }
        go = go_pipe[1];
        stop = stop_pipe[1];
    }
    void start() const { close(go); }
    void finish() const {
        close(stop);
        for (const pid_t pid : pids) {
            waitpid(pid, nullptr, 0);
        }
    }
};

struct Measured {
    uint64_t messages = 0;
    double seconds = 0;
    double cpu_seconds = 0;
    bool right = true;

    void print(const char* name, bool last) const {
        std::printf("  \"%s\": { \"messages\": %" PRIu64
                    ", \"seconds\": %.3f, \"cpu_seconds\": %.3f, "
                    "\"messages_per_second\": %.0f, \"messages_per_cpu_second\": %.0f, \"ns_per_message\": %.0f }%s\n",
                    name, messages, seconds, cpu_seconds, static_cast<double>(messages) / seconds,
                    static_cast<double>(messages) / cpu_seconds, cpu_seconds * 1e9 / static_cast<double>(messages),
                    last ? "" : ",");
    }
};

class NoAnswers : public LegacyAnswers {
    void answer_query(int32_t, Got got) override {
        got([](api::LegacyMessage&) {});
    }
    void answer_device_info(int32_t, Got got) override {
        got([](api::LegacyMessage&) {});
    }
    void dump() override {}
};

struct Stopwatch {
    uint64_t wall = clock_ns(CLOCK_MONOTONIC);
    uint64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    void stop(Measured& measured) const {
        measured.seconds = static_cast<double>(clock_ns(CLOCK_MONOTONIC) - wall) / 1e9;
        measured.cpu_seconds = static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e9;
    }
};

bool totals_are_right(const Load& load, const SocketClients& clients) {
    std::array<std::array<uint64_t, 5>, 4> wanted{};
    for (uint64_t key = 0; key < load.keys_of_client() * load.clients; ++key) {
        wanted[key % 4][key % 5] += size_of_key(key);
    }
    bool right = clients.live_keys() == load.keys_of_client() * load.clients;
    for (int32_t device = 0; device < 4; ++device) {
        const SocketDeviceUse* use = clients.device(device);
        right = right && use != nullptr && use->bytes == wanted[static_cast<size_t>(device)] && use->cb_bytes == 0 &&
                use->kernel_bytes_sum() == 0;
    }
    return right;
}

Measured run_server(const Load& load, const std::string& directory) {
    Log log(LogLevel::kError);
    NoAnswers answers;
    auto loop = std::move(EventLoop::make().value());
    LegacySocket socket(*loop, log, std::move(SocketPlace::claim(directory + "/server", 0600).value()), answers);
    if (!socket.start()) {
        std::abort();
    }
    loop->set_background([&] { return socket.work_in_background(); });
    const Clients clients(load, directory + "/server");
    Measured measured;
    measured.messages = clients.messages;
    const Stopwatch watch;
    clients.start();
    while (socket.counters().messages < clients.messages) {
        loop->turn(1000);
    }
    watch.stop(measured);
    measured.right = totals_are_right(load, socket.clients());
    clients.finish();
    while (socket.connections() > 0 || socket.work_in_background()) {
        loop->turn(10);
    }
    measured.right = measured.right && socket.clients().live_keys() == 0 && socket.clients().devices().empty();
    return measured;
}

// The least that any server must do: wait, read, count.
Measured run_sink(const Load& load, const std::string& directory) {
    const auto place = SocketPlace::claim(directory + "/sink", 0600);
    const int listener = place.value().fd();
    const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    const Clients clients(load, directory + "/sink");
    for (unsigned i = 0; i < load.clients; ++i) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.data.fd, &event);
    }
    Measured measured;
    measured.messages = clients.messages;
    uint64_t bytes = 0;
    std::vector<std::byte> buffer(LegacySocket::kReadBytes);
    const Stopwatch watch;
    clients.start();
    while (bytes < clients.messages * bytes_of(kSize)) {
        std::array<epoll_event, 64> events;
        const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 1000);
        for (int i = 0; i < count; ++i) {
            const ssize_t got =
                recv(events[static_cast<size_t>(i)].data.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
            bytes += got > 0 ? static_cast<uint64_t>(got) : 0;
        }
    }
    watch.stop(measured);
    clients.finish();
    return measured;
}

}  // namespace
}  // namespace ttmem::server

int main(int argc, char** argv) {
    using namespace ttmem::server;
    Load load;
    const auto argument = [&](int index, unsigned fallback) {
        const long value = argc > index ? std::strtol(argv[index], nullptr, 10) : 0;
        return value > 0 ? static_cast<unsigned>(value) : fallback;
    };
    load.clients = argument(1, load.clients);
    load.rounds = argument(2, load.rounds);
    load.batch = argument(3, load.batch);
    std::string directory = (std::filesystem::temp_directory_path() / "ttmem-throughput-XXXXXX").string();
    if (mkdtemp(directory.data()) == nullptr) {
        return 2;
    }
    bind_to_core(0, 1);
    const Measured sink = run_sink(load, directory);
    const Measured server = run_server(load, directory);
    std::filesystem::remove_all(directory);
    std::printf("{\n  \"clients\": %u, \"live_keys\": %" PRIu64 ", \"messages_per_send\": %u,\n", load.clients,
                load.keys_of_client() * load.clients, load.batch);
    sink.print("sink", false);
    server.print("server", false);
    std::printf("  \"server_cpu_to_sink_cpu\": %.2f,\n  \"totals_right\": %s\n}\n",
                server.cpu_seconds / sink.cpu_seconds, server.right ? "true" : "false");
    return server.right ? 0 : 1;
}
