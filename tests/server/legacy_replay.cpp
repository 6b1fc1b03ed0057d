// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads one byte stream of the old protocol from stdin, runs it split in two at every byte, byte by byte and whole, and
// prints each different outcome once: "N splits: size S, messages M, device D dram .. l1 .. l1_small .. trace .. cb ..
// kernel .. buffers ..; ...". legacy_streams.py knows what the one outcome must be.
#include <cinttypes>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "server/legacy/legacy_stream.hpp"
#include "server/legacy/socket_clients.hpp"

namespace ttmem::server {
namespace {

std::string run(const std::vector<std::vector<std::byte>>& pieces) {
    LegacyStream stream;
    SocketClients clients;
    const SocketClients::SenderId sender = clients.add_sender({});
    uint64_t messages = 0;
    const auto sink = [&](const api::LegacyRequest& request, api::LegacySize, uint32_t) {
        ++messages;
        clients.apply(sender, request);
    };
    bool sensible = true;
    for (const auto& piece : pieces) {
        sensible = stream.feed(piece, 1, 0, sink);
    }
    stream.on_end(sink);
    const auto number = [](uint64_t value) { return std::to_string(value); };
    std::string text = "size " + (stream.size() ? number(api::bytes_of(*stream.size())) : "unknown");
    text +=
        ", messages " + number(messages) + (sensible ? "" : ", senseless") + (stream.in_the_middle() ? ", cut" : "");
    for (const auto& [id, use] : clients.devices()) {
        const uint64_t small = use.bytes[api::kLegacyL1Small] + use.bytes[api::kLegacySystemMemory];
        uint64_t buffers = 0;
        for (const uint64_t of_type : use.buffers) {
            buffers += of_type;
        }
        text += "; device " + std::to_string(id) + " dram " + number(use.bytes[api::kLegacyDram]) + " l1 " +
                number(use.bytes[api::kLegacyL1]) + " l1_small " + number(small) + " trace " +
                number(use.bytes[api::kLegacyTrace]) + " cb " + number(use.cb_bytes) + " kernel " +
                number(use.kernel_bytes_sum()) + " buffers " + number(buffers);
    }
    return text;
}

}  // namespace
}  // namespace ttmem::server

int main() {
    std::vector<std::byte> bytes;
    std::byte block[4096];
    for (size_t got = 0; (got = std::fread(block, 1, sizeof block, stdin)) > 0;) {
        bytes.insert(bytes.end(), block, block + got);
    }
    std::map<std::string, uint64_t> outcomes;
    std::vector<std::vector<std::byte>> single;
    for (size_t split = 0; split <= bytes.size(); ++split) {
        const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(split);
        ++outcomes[ttmem::server::run({{bytes.begin(), at}, {at, bytes.end()}})];
        if (at != bytes.end()) {
            single.push_back({*at});
        }
    }
    ++outcomes[ttmem::server::run(single)];
    for (const auto& [outcome, count] : outcomes) {
        std::printf("%" PRIu64 " splits: %s\n", count, outcome.c_str());
    }
    return 0;
}
