// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/legacy_socket.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <functional>

#include "server/legacy/legacy_test_support.hpp"

namespace ttmem::server {
namespace {

using api::LegacyMessage;
using api::LegacySize;

// Answers with the clients' holdings, and counts questions.
class TestAnswers : public LegacyAnswers {
public:
    void answer_query(int32_t device, Got got) override {
        const SocketDeviceUse* now = socket->clients().device(device);
        const SocketDeviceUse use = now == nullptr ? SocketDeviceUse() : *now;
        const auto answer = [use, got = std::move(got)] {
            got([&](LegacyMessage& reply) {
                reply.dram_allocated = use.bytes[0];
                reply.cb_allocated = use.cb_bytes;
            });
        };
        if (later) {
            held_back.emplace_back(answer);
        } else {
            answer();
        }
    }
    void answer_device_info(int32_t, Got got) override {
        got([](LegacyMessage& reply) { reply.num_devices = 5; });
    }
    void dump() override { ++dumps; }
    LegacySocket* socket = nullptr;
    int dumps = 0;
    bool later = false;  // questions about what is held are answered when the test says so
    std::vector<std::function<void()>> held_back;
};

LegacyMessage report(uint8_t type, uint64_t id, uint64_t size = 0, int32_t device = 0) {
    return testing::report(type, device, id, size);
}

struct Server : testing::TurnedLoop {
    explicit Server(LegacyLimits limits = {}) {
        socket = std::make_unique<LegacySocket>(*loop, log, std::move(SocketPlace::claim(path, 0666).value()), answers,
                                                limits);
        answers.socket = socket.get();
        EXPECT_TRUE(socket->start());
        loop->set_background([this] { return socket->work_in_background(); });
    }
    ~Server() { socket.reset(); }
    uint64_t dram(int32_t device = 0) const {
        const SocketDeviceUse* use = socket->clients().device(device);
        return use == nullptr ? 0 : use->bytes[0];
    }
    uint64_t messages() const { return socket->counters().messages; }

    TestAnswers answers;
    std::unique_ptr<LegacySocket> socket;
};

struct Client {
    Client(const Server& server, LegacySize message_size) : fd(server.connect()), size(message_size) {}
    void send(const LegacyMessage& message) const { testing::send_message(fd, message, size); }
    std::optional<LegacyMessage> receive() const { return testing::receive_message(fd, size); }
    UniqueFd fd;
    LegacySize size;
};

// Runs `body` in a child, whose exit code is 0 when no assertion in it failed.
template <typename Body>
pid_t in_child(Body&& body) {
    const pid_t child = fork();
    if (child == 0) {
        body();
        _exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    return child;
}

size_t open_descriptors() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

TEST(LegacySocket, EachClientIsAnsweredInItsOwnSize) {
    Server server;
    std::vector<Client> clients;
    for (const LegacySize size : api::kLegacySizes) {
        clients.emplace_back(server, size);
    }
    for (size_t i = 0; i < 3; ++i) {
        clients[i].send(report(api::kLegacyAlloc, i, 1000 + i));
        clients[i].send(report(api::kLegacyCbAlloc, i, 10));
    }
    ASSERT_TRUE(server.until([&] { return server.messages() == 6; }));
    for (const Client& client : clients) {
        client.send(report(api::kLegacyQuery, 0));
        client.send(report(api::kLegacyDeviceInfoQuery, 0, 0, -1));
        std::optional<LegacyMessage> reply;
        ASSERT_TRUE(server.until([&] { return (reply = client.receive()).has_value(); }));
        EXPECT_EQ(reply->request.type, api::kLegacyResponse);
        EXPECT_EQ(reply->dram_allocated, 3003u);
        EXPECT_EQ(reply->cb_allocated, client.size == LegacySize::k112 ? 0u : 30u);
        ASSERT_TRUE(server.until([&] { return (reply = client.receive()).has_value(); }));
        EXPECT_EQ(reply->request.type, api::kLegacyDeviceInfoResponse);
        EXPECT_EQ(reply->request.device_id, -1);
        EXPECT_EQ(reply->num_devices, 5u);
    }
    clients.clear();
    EXPECT_TRUE(server.until([&] { return server.socket->connections() == 0; }));
    EXPECT_EQ(server.dram(), 0u);
}

// An answer that takes its time: the loop serves others meanwhile, the asker's answers keep the order of its questions,
// and reports after a question are not in that question's answer.
TEST(LegacySocket, AnswersThatComeLater) {
    Server server;
    server.answers.later = true;
    Client asker(server, LegacySize::k144);
    asker.send(report(api::kLegacyAlloc, 1, 100));
    asker.send(report(api::kLegacyQuery, 0));
    asker.send(report(api::kLegacyAlloc, 2, 20));
    asker.send(report(api::kLegacyDeviceInfoQuery, 0));
    Client other(server, LegacySize::k112);
    other.send(report(api::kLegacyAlloc, 3, 3));
    other.send(report(api::kLegacyDeviceInfoQuery, 0));
    std::optional<LegacyMessage> reply;
    ASSERT_TRUE(server.until([&] { return (reply = other.receive()).has_value(); })) << "nobody waits for the asker";
    ASSERT_TRUE(server.until([&] { return server.messages() == 6; }));
    EXPECT_FALSE(asker.receive());
    ASSERT_EQ(server.answers.held_back.size(), 1u);
    server.answers.held_back[0]();
    ASSERT_TRUE(server.until([&] { return (reply = asker.receive()).has_value(); }));
    EXPECT_EQ(reply->request.type, api::kLegacyResponse);
    EXPECT_EQ(reply->dram_allocated, 100u);
    ASSERT_TRUE(server.until([&] { return (reply = asker.receive()).has_value(); }));
    EXPECT_EQ(reply->request.type, api::kLegacyDeviceInfoResponse);
    EXPECT_EQ(server.dram(), 123u);
}

// A client that asked may have shut its side, which still reads, or be gone altogether.
TEST(LegacySocket, AnswersThatComeTooLate) {
    Server server;
    server.answers.later = true;
    Client half(server, LegacySize::k144);
    half.send(report(api::kLegacyQuery, 0));
    shutdown(half.fd.get(), SHUT_WR);
    auto gone = std::make_unique<Client>(server, LegacySize::k144);
    gone->send(report(api::kLegacyQuery, 0));
    ASSERT_TRUE(server.until([&] { return server.answers.held_back.size() == 2; }));
    gone.reset();
    ASSERT_TRUE(server.until([&] { return server.socket->connections() == 1; }));
    for (const auto& answer : server.answers.held_back) {
        answer();
    }
    std::optional<LegacyMessage> reply;
    ASSERT_TRUE(server.until([&] { return (reply = half.receive()).has_value(); }));
    EXPECT_TRUE(server.until([&] { return server.socket->connections() == 0; }));
}

// Questions without end while none is answered: their answers take bounded room, so the server stops reading.
TEST(LegacySocket, UnansweredQuestionsAreBounded) {
    Server server;
    server.answers.later = true;
    Client asker(server, LegacySize::k112);
    size_t sent = 0;
    std::byte bytes[api::kLargestLegacyMessage];
    const size_t count = encode_legacy(report(api::kLegacyQuery, 0), LegacySize::k112, bytes);
    for (int idle = 0; idle < 3;) {
        const bool put = ::send(asker.fd.get(), bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
        sent += put ? 1 : 0;
        idle = put ? 0 : idle + 1;
        server.loop->turn(0);
    }
    const size_t most = (LegacySocket::kMostUnread + LegacySocket::kReadBytes) / 112;
    EXPECT_GT(sent, server.answers.held_back.size());
    EXPECT_LE(server.answers.held_back.size(), most);
    server.answers.later = false;
    for (const auto& answer : server.answers.held_back) {
        answer();
    }
    size_t received = 0;
    EXPECT_TRUE(server.until([&] {
        while (asker.receive()) {
            ++received;
        }
        return received == server.socket->counters().questions && server.messages() + 2 >= sent;
    }));
}

TEST(LegacySocket, FirstQuestionAloneIsAnswered) {
    Server server;
    for (const LegacySize size : api::kLegacySizes) {
        const Client client(server, size);
        client.send(report(api::kLegacyDeviceInfoQuery, 0));
        std::optional<LegacyMessage> reply;
        ASSERT_TRUE(server.until([&] { return (reply = client.receive()).has_value(); }));
        EXPECT_EQ(reply->num_devices, 5u);
        EXPECT_FALSE(client.receive()) << "one answer";
    }
}

TEST(LegacySocket, AnswersWhoHasShutItsSide) {
    Server server;
    const Client client(server, LegacySize::k112);
    client.send(report(api::kLegacyDeviceInfoQuery, 0));
    shutdown(client.fd.get(), SHUT_WR);
    std::optional<LegacyMessage> reply;
    ASSERT_TRUE(server.until([&] { return (reply = client.receive()).has_value(); }));
    EXPECT_EQ(reply->num_devices, 5u);
    EXPECT_TRUE(server.until([&] { return server.socket->connections() == 0; }));
}

TEST(LegacySocket, ForkedChildHasCountsOfItsOwnAndTheyGoWithIt) {
    Server server;
    const Client client(server, LegacySize::k128);
    client.send(report(api::kLegacyAlloc, 1, 100));
    client.send(report(api::kLegacyAlloc, 2, 200));
    int hold[2];
    ASSERT_EQ(pipe(hold), 0);
    const pid_t child = in_child([&] {
        client.send(report(api::kLegacyAlloc, 3, 1000));
        client.send(report(api::kLegacyAlloc, 1, 100));
        client.send(report(api::kLegacyFree, 2));  // not its own
        char wait = 0;
        close(hold[1]);
        [[maybe_unused]] const ssize_t got = read(hold[0], &wait, 1);
    });
    ASSERT_TRUE(server.until([&] { return server.messages() == 5; }));
    EXPECT_EQ(server.dram(), 1300u);
    EXPECT_EQ(server.socket->counters().unknown_frees, 1u);
    EXPECT_EQ(server.socket->clients().senders().size(), 2u);

    close(hold[1]);
    ASSERT_TRUE(server.until([&] { return server.socket->clients().senders().size() == 1; }))
        << "the parent holds the connection open, and the child's death is seen";
    EXPECT_EQ(server.dram(), 300u);
    EXPECT_EQ(server.socket->counters().deaths, 1u);
    close(hold[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);

    client.send(report(api::kLegacyFree, 1));
    ASSERT_TRUE(server.until([&] { return server.messages() == 6; }));
    EXPECT_EQ(server.dram(), 200u);
}

TEST(LegacySocket, ParentDiesAndItsChildGoesOn) {
    Server server;
    int hold[2];
    ASSERT_EQ(pipe(hold), 0);
    const pid_t parent = in_child([&] {
        const Client client(server, LegacySize::k144);
        client.send(report(api::kLegacyAlloc, 1, 100));
        in_child([&] {
            client.send(report(api::kLegacyAlloc, 2, 30));
            char wait = 0;
            close(hold[1]);
            [[maybe_unused]] const ssize_t got = read(hold[0], &wait, 1);
            client.send(report(api::kLegacyAlloc, 3, 5));
        });
        pause();
    });
    close(hold[0]);
    ASSERT_TRUE(server.until([&] { return server.messages() == 2; }));
    kill(parent, SIGKILL);
    waitpid(parent, nullptr, 0);
    ASSERT_TRUE(server.until([&] { return server.dram() == 30; }));
    EXPECT_EQ(server.socket->connections(), 1u);
    close(hold[1]);
    ASSERT_TRUE(server.until([&] { return server.messages() == 3 && server.socket->connections() == 0; }));
    EXPECT_EQ(server.dram(), 0u);
}

// Bytes sent before a death are taken in, although the death is known first.
TEST(LegacySocket, NothingSentBeforeDeathIsLost) {
    Server server;
    constexpr uint64_t kMessages = 250;  // as many as the socket holds
    const Client client(server, LegacySize::k128);
    client.send(report(api::kLegacyAlloc, 9999, 7));
    ASSERT_TRUE(server.until([&] { return server.messages() == 1; }));
    const pid_t child = in_child([&] {
        for (uint64_t i = 0; i < kMessages; ++i) {
            client.send(report(i % 2 == 0 ? api::kLegacyAlloc : api::kLegacyFree, i / 2, 1));
        }
        client.send(report(api::kLegacyAlloc, 5000, 1'000'000));
    });
    waitpid(child, nullptr, 0);
    ASSERT_TRUE(server.until([&] { return server.messages() == kMessages + 2 && server.dram() == 7; }));
    EXPECT_EQ(server.socket->counters().unknown_frees, 0u);
    EXPECT_EQ(server.socket->clients().senders().size(), 1u);
}

TEST(LegacySocket, ClaimedProcessIdIsNotBelieved) {
    Server server;
    const Client client(server, LegacySize::k112);
    LegacyMessage lie = report(api::kLegacyAlloc, 1, 100);
    lie.request.process_id = 1;
    client.send(lie);
    client.send(lie);
    ASSERT_TRUE(server.until([&] { return server.messages() == 2; }));
    EXPECT_EQ(server.socket->counters().differing_process_ids, 2u);
    const auto senders = server.socket->clients().senders();
    ASSERT_EQ(senders.size(), 1u);
    EXPECT_EQ(server.socket->clients().info(senders[0]).pid, getpid());
    EXPECT_EQ(server.socket->clients().info(senders[0]).uid, getuid());
    EXPECT_GT(server.socket->clients().info(senders[0]).start_time_ticks, 0u);
}

// A client asks and asks and never reads: it takes bounded memory, is not read any more, and others are served.
TEST(LegacySocket, WhoDoesNotReadStallsItselfAlone) {
    Server server;
    const Client deaf(server, LegacySize::k112);
    const Client other(server, LegacySize::k144);
    std::byte bytes[112];
    encode_legacy(report(api::kLegacyQuery, 0), LegacySize::k112, bytes);
    uint64_t sent = 0;
    int idle = 0;
    while (idle < 3) {
        if (::send(deaf.fd.get(), bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof bytes) {
            ++sent;
            idle = 0;
        } else {
            server.loop->turn(0);
            server.loop->turn(0);
            ++idle;
        }
        ASSERT_LT(sent, 1'000'000u) << "the server takes questions without end";
    }
    EXPECT_LT(server.messages(), sent);
    for (int i = 0; i < 3; ++i) {
        other.send(report(api::kLegacyQuery, 0));
        std::optional<LegacyMessage> reply;
        ASSERT_TRUE(server.until([&] { return (reply = other.receive()).has_value(); }));
    }
    // The client reads at last: nothing was lost.
    uint64_t answered = 0;
    ASSERT_TRUE(server.until([&] {
        while (deaf.receive()) {
            ++answered;
        }
        return answered == sent;
    }));
}

TEST(LegacySocket, MadStreamIsClosedAndTouchesNobody) {
    Server server;
    const Client good(server, LegacySize::k128);
    good.send(report(api::kLegacyAlloc, 1, 100));
    const Client mad(server, LegacySize::k128);
    const std::vector<char> rubbish(300, '\x77');
    ASSERT_EQ(::send(mad.fd.get(), rubbish.data(), rubbish.size(), MSG_NOSIGNAL), 300);
    ASSERT_TRUE(server.until([&] { return server.socket->counters().senseless_streams == 1; }));
    ASSERT_TRUE(server.until([&] { return server.socket->connections() == 1; }));
    EXPECT_EQ(server.dram(), 100u);
}

TEST(LegacySocket, DescriptorsThatAreSentAlongAreNotTaken) {
    Server server;
    const Client client(server, LegacySize::k128);
    client.send(report(api::kLegacyAlloc, 1, 100));
    ASSERT_TRUE(server.until([&] { return server.messages() == 1; }));
    const size_t before = open_descriptors();
    std::byte bytes[128];
    encode_legacy(report(api::kLegacyAlloc, 2, 100), LegacySize::k128, bytes);
    for (int i = 0; i < 5; ++i) {
        iovec piece{bytes, sizeof bytes};
        alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
        msghdr header{};
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
        const int descriptors[2] = {0, 1};
        std::memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
        ASSERT_EQ(sendmsg(client.fd.get(), &header, MSG_NOSIGNAL), 128);
    }
    ASSERT_TRUE(server.until([&] { return server.messages() == 6; }));
    EXPECT_EQ(open_descriptors(), before);
}

TEST(LegacySocket, CutMessageIsCountedAndIgnored) {
    Server server;
    {
        const Client client(server, LegacySize::k128);
        client.send(report(api::kLegacyAlloc, 1, 100));
        std::byte bytes[128] = {};
        encode_legacy(report(api::kLegacyAlloc, 2, 100), LegacySize::k128, bytes);
        ASSERT_EQ(::send(client.fd.get(), bytes, 60, MSG_NOSIGNAL), 60);
    }
    ASSERT_TRUE(server.until([&] { return server.socket->counters().cut_messages == 1; }));
    EXPECT_EQ(server.messages(), 1u);
    EXPECT_EQ(server.socket->clients().live_keys(), 0u);
}

TEST(LegacySocket, ConnectionsAreBoundedForEachUser) {
    LegacyLimits limits;
    limits.connections_of_user = 3;
    Server server(limits);
    std::vector<Client> clients;
    for (int i = 0; i < 5; ++i) {
        clients.emplace_back(server, LegacySize::k112);
    }
    ASSERT_TRUE(server.until([&] { return server.socket->counters().refused == 2; }));
    EXPECT_EQ(server.socket->connections(), 3u);
    clients.clear();
    ASSERT_TRUE(server.until([&] { return server.socket->connections() == 0; }));
    const Client again(server, LegacySize::k112);
    EXPECT_TRUE(server.until([&] { return server.socket->connections() == 1; }));
}

// Out of descriptors: the server neither spins nor forgets who waits.
TEST(LegacySocket, WaitsWhenDescriptorsRunOut) {
    Server server;
    const Client client(server, LegacySize::k112);
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    const UniqueFd next(dup(0));
    none.rlim_cur = static_cast<rlim_t>(next.get()) + 1;
    setrlimit(RLIMIT_NOFILE, &none);
    server.loop->turn(50);
    server.loop->turn(0);
    EXPECT_EQ(server.socket->connections(), 0u);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(server.until([&] { return server.socket->connections() == 1; }));
}

TEST(LegacySocket, DumpsAreOneASecondAtMost) {
    Server server;
    const Client client(server, LegacySize::k128);
    for (int i = 0; i < 500; ++i) {
        client.send(report(api::kLegacyDumpRemaining, 0));
        server.loop->turn(0);
    }
    ASSERT_TRUE(server.until([&] { return server.messages() == 500; }));
    const int soon = server.answers.dumps;
    EXPECT_GE(soon, 1);
    ASSERT_TRUE(server.until([&] { return server.answers.dumps > soon; })) << "the last one asked is written";
    EXPECT_LT(server.answers.dumps, 100);
}

TEST(SocketPlace, SecondServerIsToldWhoTheFirstIs) {
    const std::string directory = testing::temporary_directory();
    const std::string path = directory + "/socket";
    {
        auto first = SocketPlace::claim(path, 0600);
        ASSERT_TRUE(first);
        struct stat there {};
        ASSERT_EQ(stat(path.c_str(), &there), 0);
        EXPECT_EQ(there.st_mode & 0777, 0600u);
        const auto second = SocketPlace::claim(path, 0600);
        ASSERT_FALSE(second);
        EXPECT_NE(second.error().message.find("pid " + std::to_string(getpid())), std::string::npos)
            << second.error().message;
        EXPECT_TRUE(std::filesystem::exists(path));
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory)) << "what was made is removed";
    std::filesystem::remove_all(directory);
}

TEST(SocketPlace, ForeignServerIsLeftAlone) {
    const std::string directory = testing::temporary_directory();
    const std::string path = directory + "/socket";
    const UniqueFd other(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    ASSERT_EQ(bind(other.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(other.get(), 1), 0);
    EXPECT_FALSE(SocketPlace::claim(path, 0600)) << "it holds no lock of ours, and it answers";
    EXPECT_TRUE(std::filesystem::exists(path));
    std::filesystem::remove_all(directory);
}

TEST(SocketPlace, StaleSocketIsReplaced) {
    const std::string directory = testing::temporary_directory();
    const std::string path = directory + "/socket";
    const pid_t child = in_child([&] {
        auto place = SocketPlace::claim(path, 0600);
        ASSERT_TRUE(place);
        kill(getpid(), SIGKILL);
    });
    waitpid(child, nullptr, 0);
    ASSERT_TRUE(std::filesystem::exists(path)) << "it died without cleaning up";
    const auto place = SocketPlace::claim(path, 0600);
    ASSERT_TRUE(place) << place.error().message;
    EXPECT_TRUE(place.value().replaced_stale());
    std::filesystem::remove_all(directory);
}

TEST(SocketPlace, WhatIsNoSocketIsLeftAlone) {
    const std::string directory = testing::temporary_directory();
    const std::string path = directory + "/socket";
    std::filesystem::create_directory(path);
    EXPECT_FALSE(SocketPlace::claim(path, 0600));
    EXPECT_TRUE(std::filesystem::is_directory(path));
    EXPECT_FALSE(SocketPlace::claim(std::string(108, 'x'), 0600));
    EXPECT_FALSE(SocketPlace::claim("", 0600));
    EXPECT_FALSE(SocketPlace::claim(directory + "/none/socket", 0600));
    std::filesystem::remove_all(directory);
}

TEST(SocketPlace, LeavingDoesNotRemoveASuccessor) {
    const std::string directory = testing::temporary_directory();
    const std::string path = directory + "/socket";
    {
        auto place = SocketPlace::claim(path, 0600);
        ASSERT_TRUE(place);
        std::filesystem::remove(path);
        std::filesystem::create_directory(path);
    }
    EXPECT_TRUE(std::filesystem::is_directory(path));
    std::filesystem::remove_all(directory);
}

TEST(Log, TopicKeepsFloodsBack) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    Log log(LogLevel::kInfo, pipe_ends[1]);
    LogTopic topic(LogLevel::kWarning);
    for (int i = 0; i < 1000; ++i) {
        topic.say(log, 5, [] { return std::string("x"); });
    }
    topic.say(log, 5 + LogTopic::kPeriodNs, [] { return std::string("later"); });
    for (int i = 0; i < 20; ++i) {
        topic.say(log, 6 + LogTopic::kPeriodNs, [] { return std::string("x"); });
    }
    topic.end(log, "lines of a kind");
    topic.end(log, "lines of a kind");
    LogTopic silent(LogLevel::kDebug);
    silent.say(log, 5, []() -> std::string { throw std::runtime_error("not even made"); });
    close(pipe_ends[1]);
    std::string text(4096, '\0');
    text.resize(static_cast<size_t>(read(pipe_ends[0], text.data(), text.size())));
    close(pipe_ends[0]);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 * static_cast<long>(LogTopic::kLines) + 1);
    EXPECT_NE(text.find("13 more lines of a kind were not written\n"), std::string::npos) << text;
    EXPECT_NE(text.find("later (before it 992 more"), std::string::npos) << text;
    EXPECT_EQ(parse_log_level("debug"), LogLevel::kDebug);
    EXPECT_FALSE(parse_log_level("loud"));
}

}  // namespace
}  // namespace ttmem::server
