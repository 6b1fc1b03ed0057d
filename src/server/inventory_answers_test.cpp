// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/inventory_answers.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <limits>
#include <memory>
#include <utility>

#include "inventory/test_support.hpp"
#include "server/legacy/legacy_test_support.hpp"

namespace ttmem::server {
namespace {

using api::LegacyMessage;
using api::LegacySize;
using inventory::testing::Child;
using inventory::testing::kBankBytes;
using inventory::testing::kBanks;
using inventory::testing::kPerBank;
using inventory::testing::TestWriter;

constexpr uint64_t kOfLedgerBuffer = kPerBank * kBanks;

using testing::report;

struct Server : testing::TurnedLoop {
    Server() {
        EXPECT_EQ(pipe(dump), 0);
        answers = std::make_unique<InventoryAnswers>(figures, dump[1]);
        socket =
            std::make_unique<LegacySocket>(*loop, log, std::move(SocketPlace::claim(path, 0600).value()), *answers);
        background = std::move(Background::start(*loop).value());
        models =
            std::make_unique<LiveModels>(*loop, *background, inventory::Settings{"", inventory::TelemetryUse::kOff},
                                         [this](bool buffers) { return figures.get(buffers); });
        figures.attach(socket->clients());
        answers->attach(*socket, *models, *background);
        EXPECT_TRUE(socket->start());
        loop->set_background([this] { return socket->work_in_background(); });
    }
    ~Server() {
        models.reset();
        background.reset();
        socket.reset();
        close(dump[0]);
        close(dump[1]);
    }
    static void send(const UniqueFd& fd, const LegacyMessage& message) {
        testing::send_message(fd, message, LegacySize::k144);
    }
    LegacyMessage ask(uint8_t type, int32_t device) {
        const UniqueFd fd = connect();
        send(fd, report(type, device, 0, 0));
        std::optional<LegacyMessage> answer;
        EXPECT_TRUE(until([&] { return (answer = testing::receive_message(fd, LegacySize::k144)).has_value(); }));
        return *answer;
    }
    SharedModel model(ModelSource::Want want) {
        SharedModel model;
        models->get(want, [&](const SharedModel& got) { model = got; });
        EXPECT_TRUE(until([&] { return model != nullptr; }));
        return model;
    }
    inventory::BufferPage page(const inventory::BufferQuery& query) {
        SharedPage page;
        models->get_page(
            query, [] { return true; }, [&](const SharedPage& got) { page = got; });
        EXPECT_TRUE(until([&] { return page != nullptr; }));
        return *page;
    }
    void report_and_wait(const UniqueFd& fd, const std::vector<LegacyMessage>& reports) {
        const uint64_t before = socket->counters().messages;
        for (const LegacyMessage& one : reports) {
            send(fd, one);
        }
        EXPECT_TRUE(until([&] { return socket->counters().messages >= before + reports.size(); }));
    }
    std::string dumped() {
        EXPECT_TRUE(until([&] {
            pollfd ready{dump[0], POLLIN, 0};
            return poll(&ready, 1, 0) == 1;
        }));
        std::string text(65536, '\0');
        text.resize(static_cast<size_t>(read(dump[0], text.data(), text.size())));
        return text;
    }

    int dump[2];
    inventory::Inventory inventory{{"", inventory::TelemetryUse::kOff}};
    ClientFigures figures{inventory};
    std::unique_ptr<InventoryAnswers> answers;
    std::unique_ptr<LegacySocket> socket;
    std::unique_ptr<Background> background;
    std::unique_ptr<LiveModels> models;
};

TEST(InventoryAnswers, SumsLedgersAndClients) {
    const inventory::testing::LedgerBase base;
    Server server;
    EXPECT_EQ(server.ask(api::kLegacyQuery, 0).dram_allocated, 0u);
    const UniqueFd client = server.connect();
    server.report_and_wait(client, {report(api::kLegacyAlloc, 0, 1, 100), report(api::kLegacyAlloc, 0, 2, 20, 2),
                                    report(api::kLegacyAlloc, 0, 3, 3, 3), report(api::kLegacyAlloc, 0, 4, 7, 4),
                                    report(api::kLegacyCbAlloc, 0, 1, 50), report(api::kLegacyKernelLoad, 0, 1, 9, 2)});
    Child first([] {
        static TestWriter writer(3);
        writer.place(writer.allocator(), 1000, 0x10000, ledger::kAccountCircularBuffer);
    });
    ASSERT_TRUE(first.ready());
    ASSERT_TRUE(
        server.until([&] { return server.ask(api::kLegacyQuery, 0).dram_allocated == 3 * kOfLedgerBuffer + 100; }));
    const LegacyMessage reply = server.ask(api::kLegacyQuery, 0);
    EXPECT_EQ(reply.l1_small_allocated, 23u) << "SYSTEM_MEMORY counts as L1_SMALL";
    EXPECT_EQ(reply.trace_allocated, 7u);
    EXPECT_EQ(reply.cb_allocated, 50u + kOfLedgerBuffer);
    EXPECT_EQ(reply.kernel_allocated, 9u);
    EXPECT_EQ(server.ask(api::kLegacyQuery, 1).dram_allocated, 0u);
    first.kill_and_wait();
    EXPECT_TRUE(server.until([&] { return server.ask(api::kLegacyQuery, 0).dram_allocated == 100; }))
        << "the dead hold nothing";
}

TEST(InventoryAnswers, PagesHaveTheBuffersOfLedgersAndThenOfClients) {
    const inventory::testing::LedgerBase base;
    Server server;
    const UniqueFd client = server.connect();
    server.report_and_wait(client, {report(api::kLegacyAlloc, 0, 0x77, 100)});
    Child first([] { static TestWriter writer(3); });
    ASSERT_TRUE(first.ready());
    const inventory::BufferQuery all{.limit = 100};
    ASSERT_TRUE(server.until([&] { return server.page(all).matching == 4; }));
    const inventory::BufferPage page = server.page(all);
    EXPECT_EQ(page.matching_allocated_bytes, 3 * kOfLedgerBuffer + 100);
    ASSERT_EQ(page.model.buffers.size(), 4u);
    EXPECT_EQ(page.model.buffers[3].address, 0x77u);
    // Within the time in which lists are good enough, after a reading of another kind, and beyond.
    EXPECT_EQ(server.page({.offset = 3, .limit = 1}).model.buffers.at(0).address, 0x77u);
    EXPECT_EQ(server.page({.pid = first.pid(), .limit = 1}).matching, 3u);
    server.model(ModelSource::Want::kTotals);
    EXPECT_EQ(server.page({.limit = 0}).matching, 4u);
    first.kill_and_wait();
    EXPECT_TRUE(server.until([&] { return server.page(all).matching == 1; })) << "the dead hold nothing";
}

TEST(InventoryAnswers, TellsWhatDevicesAre) {
    const inventory::testing::LedgerBase base;
    Server server;
    EXPECT_EQ(server.ask(api::kLegacyDeviceInfoQuery, -1).num_devices, 0u);
    EXPECT_EQ(server.ask(api::kLegacyDeviceInfoQuery, -1).is_available, 0u);
    Child first([] { static TestWriter writer(1); });
    ASSERT_TRUE(server.until([&] { return server.ask(api::kLegacyDeviceInfoQuery, -1).num_devices == 1; }));
    const LegacyMessage info = server.ask(api::kLegacyDeviceInfoQuery, 0);
    EXPECT_EQ(info.is_available, 1u);
    EXPECT_EQ(info.arch_type, 2u);
    EXPECT_EQ(info.num_dram_channels, kBanks);
    EXPECT_EQ(info.dram_size_per_channel, 2 * kBankBytes);
    EXPECT_EQ(info.total_dram_size, kBanks * 2 * kBankBytes);
    EXPECT_EQ(server.ask(api::kLegacyDeviceInfoQuery, 7).is_available, 0u);
    const UniqueFd client = server.connect();
    server.report_and_wait(client, {report(api::kLegacyAlloc, 5, 1, 1), report(api::kLegacyAlloc, 1'000'000, 1, 1)});
    EXPECT_EQ(server.ask(api::kLegacyDeviceInfoQuery, -1).num_devices, 6u) << "0 to 5; nobody loops to a million";
    EXPECT_EQ(server.ask(api::kLegacyDeviceInfoQuery, 5).is_available, 1u);
    EXPECT_EQ(server.ask(api::kLegacyDeviceInfoQuery, 1'000'000).is_available, 1u);
}

// Hooked and instrumented at once.
// A model that is given out as it is.
class OneModel : public ModelSource {
public:
    void get(Want, Got got) override { got(model); }
    void read_fresh(const inventory::Request&, Got got) override { got(model); }
    void get_page(const inventory::BufferQuery&, IsWanted, GotPage got) override { got(nullptr); }
    std::shared_ptr<api::Model> model = std::make_shared<api::Model>();
};

// Old monitors ask for each device up to the highest: one more than the largest number was no number, and a ledger that
// makes a number up kept them busy.
TEST(InventoryAnswers, ANumberThatALedgerMakesUpIsNotAnnounced) {
    Server server;
    OneModel models;
    server.answers->attach(*server.socket, models, *server.background);
    for (const auto& [number, announced] : {std::pair(3, 4U), std::pair(255, 256U), std::pair(256, 0U),
                                            std::pair(std::numeric_limits<int>::max(), 0U), std::pair(-5, 0U)}) {
        models.model->devices.resize(1);
        models.model->devices[0].id = number;
        LegacyMessage reply;
        server.answers->answer_device_info(-1, [&](const LegacyAnswers::Fill& fill) { fill(reply); });
        EXPECT_EQ(reply.num_devices, announced) << number;
        EXPECT_EQ(reply.is_available, announced > 0 ? 1 : 0) << number;
    }
    server.answers->attach(*server.socket, *server.models, *server.background);
}

TEST(InventoryAnswers, ProcessWithLedgerAndSocketCountsOnce) {
    const inventory::testing::LedgerBase base;
    Server server;
    Child both([&] {
        static TestWriter writer(2);
        static UniqueFd fd = server.connect();
        Server::send(fd, report(api::kLegacyAlloc, 0, 1, kOfLedgerBuffer));
        Server::send(fd, report(api::kLegacyAlloc, 0, 2, kOfLedgerBuffer));
    });
    const UniqueFd client = server.connect();
    server.report_and_wait(client, {report(api::kLegacyAlloc, 0, 77, 5)});
    ASSERT_TRUE(server.until([&] { return server.socket->counters().messages >= 3; }));
    EXPECT_TRUE(
        server.until([&] { return server.ask(api::kLegacyQuery, 0).dram_allocated == 2 * kOfLedgerBuffer + 5; }));
    const api::Model model = *server.model(ModelSource::Want::kTotals);
    size_t of_ledger = 0;
    size_t of_socket = 0;
    for (const api::Process& process : model.processes) {
        ++(process.source == api::Source::kLedger ? of_ledger : of_socket);
    }
    EXPECT_EQ(of_ledger, 1u);
    EXPECT_EQ(of_socket, 1u);
}

TEST(InventoryAnswers, DumpSaysWhatIsHeldByWhom) {
    const inventory::testing::LedgerBase base;
    Server server;
    Child first([] { static TestWriter writer(2); });
    const UniqueFd client = server.connect();
    std::vector<LegacyMessage> reports = {report(api::kLegacyAlloc, 3, 0x4242, 100, 1)};
    for (uint64_t i = 0; i < 50; ++i) {
        reports.push_back(report(api::kLegacyAlloc, 3, i, 10));
    }
    reports.push_back(report(api::kLegacyDumpRemaining, 0, 0, 0));
    server.report_and_wait(client, reports);
    const std::string text = server.dumped();
    EXPECT_NE(text.find("remaining buffers: 53"), std::string::npos) << text;
    EXPECT_NE(text.find("device 0 wormhole_b0 (mock)"), std::string::npos) << text;
    EXPECT_NE(text.find("pid " + std::to_string(first.pid()) + " (ledger)"), std::string::npos) << text;
    EXPECT_NE(text.find("pid " + std::to_string(getpid()) + " (socket)"), std::string::npos) << text;
    EXPECT_NE(text.find("at 0x4242"), std::string::npos) << "few are listed" << text;
    EXPECT_EQ(text.find("at 0x31"), std::string::npos) << "many are not" << text;
}

TEST(InventoryAnswers, NobodyReadsTheDump) {
    const inventory::testing::LedgerBase base;
    Server server;
    const UniqueFd client = server.connect();
    const std::string page(4096, 'x');
    while (write(server.dump[1], page.data(), page.size()) > 0) {
        pollfd ready{server.dump[1], POLLOUT, 0};
        if (poll(&ready, 1, 0) == 0) {
            break;
        }
    }
    server.report_and_wait(client, {report(api::kLegacyDumpRemaining, 0, 0, 0), report(api::kLegacyAlloc, 0, 1, 6)});
    EXPECT_NE(server.model(ModelSource::Want::kBuffers), nullptr) << "the dump's list is read by now";
    EXPECT_EQ(server.ask(api::kLegacyQuery, 0).dram_allocated, 6u) << "a full pipe stops nothing";
}

// A reading of the totals is the loop's own work when the last one was short, else the other thread's.
TEST(LiveModels, ShortReadingsNeedNoOtherThread) {
    const inventory::testing::LedgerBase base;  // without other users
    for (const uint64_t short_ns : {UINT64_MAX, uint64_t{0}}) {
        Server server;
        LiveModels models(
            *server.loop, *server.background, inventory::Settings{"", inventory::TelemetryUse::kOff},
            [](bool) { return SocketFigures{}; }, short_ns);
        SharedModel model;
        const auto take = [&](const SharedModel& got) { model = got; };
        models.get(ModelSource::Want::kTotals, take);
        EXPECT_EQ(model, nullptr) << "nothing is known yet of how long it takes";
        EXPECT_TRUE(server.until([&] { return model != nullptr; }));
        model.reset();
        const uint64_t stale_ns = clock_ns(CLOCK_MONOTONIC) + 50 * LiveModels::kFreshNs;
        EXPECT_TRUE(server.until([&] { return clock_ns(CLOCK_MONOTONIC) > stale_ns; }));
        models.get(ModelSource::Want::kTotals, take);
        EXPECT_EQ(model != nullptr, short_ns != 0);
        EXPECT_TRUE(server.until([&] { return model != nullptr; }));
    }
}

}  // namespace
}  // namespace ttmem::server
