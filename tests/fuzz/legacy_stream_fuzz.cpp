// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds the old socket's stream parser, and what its clients hold, with arbitrary bytes in arbitrary pieces.
//
//   byte 0      how many of the bytes that follow are the sizes of pieces, and the pause after each (two a byte)
//   the rest    the stream
//
// Checked: the same bytes give the same messages however they are split, and the same size also when they come slowly;
// an answer never waits longer than it may; nothing is left when the sender is gone.
#include <cstdint>
#include <span>
#include <vector>

#include "check.hpp"
#include "server/legacy/legacy_stream.hpp"
#include "server/legacy/socket_clients.hpp"

namespace {

using namespace ttmem;
using namespace ttmem::server;

struct Outcome {
    std::vector<api::LegacyRequest> messages;
    bool sensible = true;
    std::optional<api::LegacySize> size;
    bool in_the_middle = false;
};

Outcome take(std::span<const std::byte> bytes, std::span<const uint8_t> pieces, bool slowly) {
    Outcome outcome;
    LegacyStream stream;
    uint64_t now = 1;
    const auto sink = [&](const api::LegacyRequest& request, api::LegacySize, uint32_t) {
        outcome.messages.push_back(request);
    };
    for (size_t i = 0; !bytes.empty(); ++i) {
        const size_t wanted = i < pieces.size() ? size_t{pieces[i]} + 1 : bytes.size();
        const size_t count = wanted < bytes.size() ? wanted : bytes.size();
        outcome.sensible = stream.feed(bytes.first(count), static_cast<uint32_t>(i), now, sink);
        bytes = bytes.subspan(count);
        now += slowly && i < pieces.size() ? uint64_t{pieces[i] % 16u} * 2'000'000 : 0;
        stream.on_deadline(now, sink);
        check(!stream.deadline_ns() || (*stream.deadline_ns() > now && *stream.deadline_ns() <= now + kAnswerWaitNs));
    }
    stream.on_end(sink);
    check(!stream.deadline_ns());
    outcome.size = stream.size();
    outcome.in_the_middle = stream.in_the_middle();
    return outcome;
}

void hold(const std::vector<api::LegacyRequest>& messages) {
    SocketClients clients({64, 48});
    SocketClients::SenderId senders[2] = {clients.add_sender({}), clients.add_sender({})};
    for (const api::LegacyRequest& message : messages) {
        const SocketClients::SenderId sender = senders[message.timestamp % 2];
        if (message.type == 0) {
            clients.set_counted(sender, message.size % 2 == 0);
        }
        clients.apply(sender, message);
        check(clients.live_keys() <= 64);
    }
    clients.set_counted(senders[1], true);
    clients.end_sender(senders[0]);
    clients.end_sender(senders[1]);
    check(clients.live_keys() == 0 && clients.devices().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const size_t count = data[0] < size - 1 ? data[0] : size - 1;
    const std::span<const uint8_t> pieces(data + 1, count);
    const auto bytes = std::as_bytes(std::span(data + 1 + count, size - 1 - count));
    const Outcome whole = take(bytes, {}, false);
    const Outcome split = take(bytes, pieces, false);
    check(whole.messages == split.messages && whole.sensible == split.sensible && whole.size == split.size &&
          whole.in_the_middle == split.in_the_middle);
    // A first question may by then be answered whose rest never comes.
    const Outcome slow = take(bytes, pieces, true);
    check(slow.messages.size() >= whole.messages.size() && slow.messages.size() <= whole.messages.size() + 1 &&
          slow.sensible == whole.sensible && slow.size == whole.size && slow.in_the_middle == whole.in_the_middle);
    check(whole.messages.size() <= bytes.size() / api::kSmallestLegacyMessage);
    hold(whole.messages);
    return 0;
}
