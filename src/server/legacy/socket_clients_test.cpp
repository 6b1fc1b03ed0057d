// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/socket_clients.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

namespace ttmem::server {
namespace {

using api::LegacyRequest;
using Effect = SocketClients::Effect;
using SenderId = SocketClients::SenderId;

LegacyRequest report(uint8_t type, int32_t device, uint64_t id, uint64_t size = 0, uint8_t buffer_type = 0) {
    return {type, device, size, buffer_type, 0, id, 5};
}
LegacyRequest alloc(int32_t device, uint64_t id, uint64_t size, uint8_t type = 0) {
    return report(api::kLegacyAlloc, device, id, size, type);
}
LegacyRequest free_of(int32_t device, uint64_t id) {
    return report(api::kLegacyFree, device, id);
}

SocketDeviceUse use_of(const SocketClients& clients, int32_t device) {
    const SocketDeviceUse* use = clients.device(device);
    return use == nullptr ? SocketDeviceUse{} : *use;
}

TEST(SocketClients, AddsAndTakesAway) {
    SocketClients clients;
    const SenderId a = clients.add_sender({100, 1, 1, 0});
    EXPECT_EQ(clients.apply(a, alloc(0, 0x1000, 4096, 0)), Effect::kHeld);
    EXPECT_EQ(clients.apply(a, alloc(0, 0x2000, 100, 1)), Effect::kHeld);
    EXPECT_EQ(clients.apply(a, alloc(0, 0x3000, 10, 2)), Effect::kHeld);
    EXPECT_EQ(clients.apply(a, alloc(31, 0x1000, 7, 4)), Effect::kHeld);
    EXPECT_EQ(use_of(clients, 0).bytes, (std::array<uint64_t, 5>{4096, 100, 10, 0, 0}));
    EXPECT_EQ(use_of(clients, 31).bytes[4], 7u);
    EXPECT_EQ(clients.apply(a, free_of(0, 0x1000)), Effect::kLeft);
    EXPECT_EQ(clients.apply(a, free_of(0, 0x1000)), Effect::kUnknownFree);
    EXPECT_EQ(use_of(clients, 0).bytes[0], 0u);
    EXPECT_EQ(use_of(clients, 0).peak_bytes[0], 4096u);
    EXPECT_EQ(clients.live_keys(), 3u);
}

// Incident: one client that reported for ever more devices made an answer of /metrics 768 MB long.
TEST(SocketClients, OneSenderMakesUpNoMoreDevicesThanTheBound) {
    SocketClients clients;
    const SenderId a = clients.add_sender({100, 1, 1, 0});
    const SenderId b = clients.add_sender({200, 2, 2, 0});
    size_t taken = 0;
    for (int32_t device = 0; device < 10'000; ++device) {
        taken += clients.apply(a, alloc(device, 1, 4096)) == Effect::kHeld ? 1 : 0;
    }
    EXPECT_EQ(taken, 256u);
    EXPECT_EQ(clients.devices().size(), 256u);
    EXPECT_EQ(clients.apply(a, alloc(0, 2, 4096)), Effect::kHeld) << "on a device that it has";
    EXPECT_EQ(clients.apply(b, alloc(9999, 1, 4096)), Effect::kHeld) << "another sender has its own bound";
    EXPECT_EQ(clients.apply(b, alloc(9999, 2, uint64_t{1} << 63)), Effect::kNoRoom) << "no device has that";
}

TEST(SocketClients, SecondReportOfALiveKeyAddsNoBytes) {
    SocketClients clients;
    const SenderId a = clients.add_sender({});
    clients.apply(a, alloc(0, 1, 100));
    EXPECT_EQ(clients.apply(a, alloc(0, 1, 999)), Effect::kCounted);
    EXPECT_EQ(use_of(clients, 0).bytes[0], 100u);
    EXPECT_EQ(clients.apply(a, free_of(0, 1)), Effect::kLowered);
    EXPECT_EQ(use_of(clients, 0).bytes[0], 100u);
    EXPECT_EQ(clients.apply(a, free_of(0, 1)), Effect::kLeft);
    EXPECT_EQ(clients.device(0), nullptr);
}

TEST(SocketClients, EachSenderHoldsItsOwnCount) {
    SocketClients clients;
    const SenderId a = clients.add_sender({100, 0, 0, 0});
    const SenderId b = clients.add_sender({200, 0, 0, 0});
    const SenderId stranger = clients.add_sender({300, 0, 0, 0});
    clients.apply(a, alloc(0, 1, 100));
    clients.apply(b, alloc(0, 1, 100));
    EXPECT_EQ(use_of(clients, 0).bytes[0], 100u) << "one piece of memory";
    EXPECT_EQ(use_of(clients, 0).buffers[0], 1u);
    EXPECT_EQ(clients.devices_of(a).at(0).bytes[0], 100u);
    EXPECT_EQ(clients.devices_of(b).at(0).bytes[0], 100u);
    EXPECT_EQ(clients.apply(stranger, free_of(0, 1)), Effect::kUnknownFree);
    EXPECT_EQ(clients.apply(a, free_of(0, 1)), Effect::kLeft);
    EXPECT_EQ(clients.apply(a, free_of(0, 1)), Effect::kUnknownFree) << "b's hold is not a's to give up";
    EXPECT_EQ(use_of(clients, 0).bytes[0], 100u);
    clients.end_sender(b);
    EXPECT_EQ(clients.device(0), nullptr);
    EXPECT_EQ(clients.senders(), (std::vector<SenderId>{a, stranger}));
}

TEST(SocketClients, ProgramsAddUpEvenUnderOneId) {
    SocketClients clients;
    const SenderId a = clients.add_sender({});
    const SenderId b = clients.add_sender({});
    const auto cb = [](uint64_t size) { return report(api::kLegacyCbAlloc, 0, 0x10000, size); };
    const auto cb_free = [](uint64_t size) { return report(api::kLegacyCbFree, 0, 0x10000, size); };
    clients.apply(a, cb(1000));
    clients.apply(a, cb(300));
    clients.apply(b, cb(50));
    EXPECT_EQ(use_of(clients, 0).cb_bytes, 1350u);
    EXPECT_EQ(clients.apply(b, cb_free(50)), Effect::kLeft);
    EXPECT_EQ(clients.apply(b, cb_free(50)), Effect::kUnknownFree);
    EXPECT_EQ(clients.apply(a, cb_free(1000)), Effect::kLowered);
    EXPECT_EQ(use_of(clients, 0).cb_bytes, 300u);
    EXPECT_EQ(clients.apply(a, cb_free(12345)), Effect::kLeft) << "the last one takes all there is";
    EXPECT_EQ(clients.device(0), nullptr);
}

TEST(SocketClients, ReleaseWithoutSizeTakesAShare) {
    SocketClients clients;
    const SenderId a = clients.add_sender({});
    for (int i = 0; i < 3; ++i) {
        clients.apply(a, report(api::kLegacyKernelLoad, 0, 9, 101, api::kLegacyFabric));
    }
    clients.apply(a, report(api::kLegacyKernelUnload, 0, 9, 0));
    EXPECT_EQ(use_of(clients, 0).kernel_bytes[api::kLegacyFabric], 202u);
    clients.apply(a, report(api::kLegacyKernelUnload, 0, 9, 0));
    clients.apply(a, report(api::kLegacyKernelUnload, 0, 9, 0));
    EXPECT_EQ(clients.device(0), nullptr);
}

TEST(SocketClients, NonsenseIsRefused) {
    SocketClients clients;
    const SenderId a = clients.add_sender({});
    EXPECT_EQ(clients.apply(a, alloc(0, 1, 100, 5)), Effect::kBadType);
    EXPECT_EQ(clients.apply(a, alloc(0, 1, 100, 255)), Effect::kBadType);
    EXPECT_EQ(clients.apply(a, report(api::kLegacyKernelLoad, 0, 1, 100, 3)), Effect::kBadType);
    EXPECT_EQ(clients.apply(a, alloc(-1, 1, 100)), Effect::kBadDevice);
    for (const uint8_t type : {0, 3, 4, 5, 6, 7, 12, 255}) {
        EXPECT_EQ(clients.apply(a, report(type, 0, 1, 100)), Effect::kNoReport);
    }
    EXPECT_EQ(clients.live_keys(), 0u);
    EXPECT_TRUE(clients.devices().empty());
}

TEST(SocketClients, LimitsHold) {
    SocketClients clients({10, 6});
    const SenderId a = clients.add_sender({});
    const SenderId b = clients.add_sender({});
    for (uint64_t i = 0; i < 6; ++i) {
        EXPECT_EQ(clients.apply(a, alloc(0, i, 1)), Effect::kHeld);
    }
    EXPECT_EQ(clients.apply(a, alloc(0, 6, 1)), Effect::kNoRoom) << "one sender's";
    EXPECT_EQ(clients.apply(a, alloc(0, 5, 1)), Effect::kCounted);
    for (uint64_t i = 10; i < 14; ++i) {
        EXPECT_EQ(clients.apply(b, alloc(0, i, 1)), Effect::kHeld);
    }
    EXPECT_EQ(clients.apply(b, alloc(0, 14, 1)), Effect::kNoRoom) << "everybody's";
    EXPECT_EQ(use_of(clients, 0).bytes[0], 10u);
    clients.end_sender(a);
    EXPECT_EQ(clients.apply(b, alloc(0, 14, 1)), Effect::kHeld);
}

TEST(SocketClients, LargeSenderLeavesInSlices) {
    SocketClients clients;
    const SenderId large = clients.add_sender({});
    const SenderId small = clients.add_sender({});
    constexpr uint64_t kMany = 100'000;
    for (uint64_t i = 0; i < kMany; ++i) {
        clients.apply(large, alloc(0, i, 2));
    }
    clients.apply(small, alloc(0, 3, 2));
    clients.end_sender(large);
    EXPECT_GT(clients.live_keys(), 1u) << "one call must not take that long";
    int slices = 0;
    while (clients.release_some(1000)) {
        ++slices;
        // In between the others go on.
        clients.apply(small, alloc(1, static_cast<uint64_t>(slices), 1));
    }
    EXPECT_GT(slices, 50);
    EXPECT_EQ(use_of(clients, 0).bytes[0], 2u);
    EXPECT_EQ(use_of(clients, 1).bytes[0], static_cast<uint64_t>(slices));
    EXPECT_EQ(clients.add_sender({}), large) << "the number is free again";
}

// A process that also keeps a ledger is counted from there.
TEST(SocketClients, SendersCanBeLeftOutOfTheFigures) {
    SocketClients clients;
    const SenderId a = clients.add_sender({});
    const SenderId b = clients.add_sender({});
    clients.apply(a, alloc(0, 1, 100));
    clients.apply(a, alloc(0, 2, 20));
    clients.apply(b, alloc(0, 1, 100));
    clients.apply(a, report(api::kLegacyCbAlloc, 0, 7, 1000));
    clients.apply(a, report(api::kLegacyKernelLoad, 0, 7, 500, api::kLegacyDispatch));
    clients.set_counted(a, false);
    EXPECT_EQ(use_of(clients, 0).bytes[0], 100u) << "b still holds that one";
    EXPECT_EQ(use_of(clients, 0).cb_bytes, 0u);
    EXPECT_EQ(clients.devices_of(a).at(0).bytes[0], 120u);
    clients.apply(a, alloc(0, 3, 3));
    clients.apply(a, alloc(1, 3, 3));
    clients.apply(a, report(api::kLegacyCbAlloc, 0, 7, 10));
    clients.apply(b, free_of(0, 1));
    EXPECT_TRUE(clients.devices().empty()) << "nothing of the counted is left";
    clients.apply(a, free_of(0, 2));
    clients.set_counted(a, true);
    EXPECT_EQ(use_of(clients, 0).bytes[0], 103u);
    EXPECT_EQ(use_of(clients, 1).bytes[0], 3u);
    EXPECT_EQ(use_of(clients, 0).cb_bytes, 1010u);
    EXPECT_EQ(use_of(clients, 0).kernel_bytes[api::kLegacyDispatch], 500u);
    clients.set_counted(a, false);
    clients.end_sender(a);
    EXPECT_TRUE(clients.devices().empty());
    EXPECT_EQ(clients.live_keys(), 0u);
}

TEST(SocketClients, ListsBuffers) {
    SocketClients clients;
    const SenderId a = clients.add_sender({});
    clients.apply(a, alloc(3, 0x40, 64, 1));
    clients.apply(a, alloc(3, 0x40, 64, 1));
    clients.apply(a, report(api::kLegacyCbAlloc, 3, 0x40, 64));
    int seen = 0;
    clients.for_each_buffer(a, [&](const SocketBuffer& buffer) {
        ++seen;
        EXPECT_EQ(buffer.device, 3);
        EXPECT_EQ(buffer.address, 0x40u);
        EXPECT_EQ(buffer.bytes, 64u);
        EXPECT_EQ(buffer.type, 1);
        EXPECT_EQ(buffer.count, 2u);
        EXPECT_EQ(buffer.allocated_at_ns, 5u);
    });
    EXPECT_EQ(seen, 1);
}

// Nothing but maps and the sentences of docs/legacy-protocol.md.
struct Oracle {
    using Key = std::pair<int32_t, uint64_t>;
    std::map<Key, std::pair<uint64_t, uint8_t>> memory;                                      // size, type
    std::map<Key, std::map<SenderId, int>> counts;                                           // per sender
    std::map<std::tuple<SenderId, int, int32_t, uint64_t>, std::vector<uint64_t>> programs;  // sizes
    std::map<std::tuple<SenderId, int, int32_t, uint64_t>, uint8_t> kernel_type;

    void apply(SenderId sender, const LegacyRequest& r) {
        const Key key{r.device_id, r.buffer_id};
        if (r.type == api::kLegacyAlloc && r.buffer_type <= 4) {
            memory.try_emplace(key, r.size, r.buffer_type);
            ++counts[key][sender];
        } else if (r.type == api::kLegacyFree && counts[key].contains(sender)) {
            if (--counts[key][sender] == 0) {
                forget(key, sender);
            }
        } else if (r.type >= api::kLegacyCbAlloc && r.type <= api::kLegacyKernelUnload) {
            const int kind = r.type >= api::kLegacyKernelLoad ? 1 : 0;
            const std::tuple program{sender, kind, r.device_id, r.buffer_id};
            if (r.type == api::kLegacyCbAlloc || (r.type == api::kLegacyKernelLoad && r.buffer_type <= 2)) {
                kernel_type.try_emplace(program, r.buffer_type);
                programs[program].push_back(r.size);
            } else if (r.type == api::kLegacyCbFree || r.type == api::kLegacyKernelUnload) {
                auto& sizes = programs[program];
                if (const auto found = std::find(sizes.begin(), sizes.end(), r.size); found != sizes.end()) {
                    sizes.erase(found);
                }
                if (sizes.empty()) {
                    programs.erase(program);
                    kernel_type.erase(program);
                }
            }
        }
    }
    void forget(const Key& key, SenderId sender) {
        counts[key].erase(sender);
        if (counts[key].empty()) {
            memory.erase(key);
        }
    }
    void end(SenderId sender) {
        for (auto& [key, of] : counts) {
            if (of.contains(sender)) {
                forget(key, sender);
            }
        }
        std::erase_if(programs, [&](const auto& one) { return std::get<0>(one.first) == sender; });
        std::erase_if(kernel_type, [&](const auto& one) { return std::get<0>(one.first) == sender; });
    }
    SocketDeviceUse device(int32_t id) const {
        SocketDeviceUse use;
        for (const auto& [key, what] : memory) {
            if (key.first == id) {
                use.bytes[what.second] += what.first;
                ++use.buffers[what.second];
            }
        }
        for (const auto& [program, sizes] : programs) {
            if (std::get<2>(program) == id) {
                for (const uint64_t size : sizes) {
                    (std::get<1>(program) == 1 ? use.kernel_bytes[kernel_type.at(program)] : use.cb_bytes) += size;
                }
            }
        }
        return use;
    }
};

TEST(SocketClients, AgreesWithTheOracleOnRandomReports) {
    std::mt19937_64 random(3);
    SocketClients clients;
    Oracle oracle;
    std::vector<SenderId> alive;
    const uint8_t types[] = {1, 1, 1, 2, 2, 8, 8, 9, 10, 11};
    for (int step = 0; step < 60'000; ++step) {
        if (alive.size() < 2 || (alive.size() < 6 && random() % 500 == 0)) {
            alive.push_back(clients.add_sender({static_cast<pid_t>(step), 0, 0, 0}));
        }
        const size_t who = random() % alive.size();
        if (random() % 100 == 0) {
            clients.set_counted(alive[who], false);  // and back: no figure may change
            clients.set_counted(alive[who], true);
        }
        if (random() % 2000 == 0) {
            clients.end_sender(alive[who]);
            oracle.end(alive[who]);
            alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(who));
            continue;
        }
        // Sizes of programs follow from their ids, so that releases match.
        LegacyRequest r = report(types[random() % std::size(types)], static_cast<int32_t>(random() % 5), random() % 40,
                                 0, static_cast<uint8_t>(random() % 7));
        r.size = r.type <= 2 ? random() % 100'000 : (1 + r.buffer_id % 3) * 1000;
        clients.apply(alive[who], r);
        oracle.apply(alive[who], r);
        if (step % 50 == 0) {
            for (int32_t device = 0; device < 5; ++device) {
                const SocketDeviceUse expected = oracle.device(device);
                const SocketDeviceUse got = use_of(clients, device);
                ASSERT_EQ(got.bytes, expected.bytes) << "step " << step;
                ASSERT_EQ(got.buffers, expected.buffers) << "step " << step;
                ASSERT_EQ(got.cb_bytes, expected.cb_bytes) << "step " << step;
                ASSERT_EQ(got.kernel_bytes, expected.kernel_bytes) << "step " << step;
            }
        }
    }
    for (const SenderId sender : alive) {
        clients.end_sender(sender);
    }
    EXPECT_EQ(clients.live_keys(), 0u);
    EXPECT_TRUE(clients.devices().empty());
}

}  // namespace
}  // namespace ttmem::server
