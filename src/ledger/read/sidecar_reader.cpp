// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/read/event_reader.hpp"
#include "ledger/read/text.hpp"

namespace ttmem::ledger {

namespace {

// More is not read: the first texts are worth more than all of a runaway writer's.
constexpr uint64_t kMostBytes = uint64_t{64} << 20;

std::vector<std::string> split_arguments(std::string_view text) {
    std::vector<std::string> arguments;
    if (!text.empty() && text.back() == '\0') {
        text.remove_suffix(1);
    }
    while (!text.empty()) {
        const size_t end = std::min(text.find('\0'), text.size());
        arguments.push_back(to_utf8(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return arguments;
}

void keep(Sidecar& sidecar, const SidecarRecord& record, std::string_view text) {
    switch (record.type) {
        case kSidecarCommandLine:
            sidecar.command_line = split_arguments(text);
            return;
        case kSidecarOperation:
            sidecar.operations.emplace_back(record.id, to_utf8(text));
            return;
        case kSidecarStack:
            sidecar.stacks.emplace_back(record.id, to_utf8(text));
            return;
        case kSidecarKernelName:
            sidecar.kernel_names.emplace_back(record.id, to_utf8(text));
            return;
        default:
            return;
    }
}

}  // namespace

Sidecar read_sidecar_texts(const CopySource& source, uint64_t nonce) {
    SidecarHeader header{};
    if (source.copy_some(0, static_cast<void*>(&header), sizeof header) < sizeof header || header.magic == 0) {
        stop(ReadFailure::kStarting, "the sidecar is being made, or its maker died making it");
    }
    if (header.magic != kSidecarMagic) {
        stop_corrupt("not a sidecar: its magic is wrong");
    }
    if (header.major != kMajor) {
        stop(ReadFailure::kForeignVersion, "the sidecar has format version " + std::to_string(header.major));
    }
    if (header.header_bytes < sizeof header || header.header_bytes > kPageBytes || header.header_bytes % 8 != 0) {
        stop_corrupt("the sidecar's header is not whole");
    }
    if (header.nonce != nonce) {
        stop_corrupt("the sidecar belongs to another ledger");
    }
    // In steps, so that a header that counts more than the file has costs no memory.
    const uint64_t used = std::min(header.bytes_used.load(std::memory_order_relaxed), kMostBytes);
    std::vector<char> texts;
    constexpr uint64_t kStep = uint64_t{64} << 10;
    while (texts.size() < used) {
        const uint64_t had = texts.size();
        const uint64_t wanted = std::min(kStep, used - had);
        texts.resize(had + wanted);
        const uint64_t got = source.copy_some(header.header_bytes + had, texts.data() + had, wanted);
        texts.resize(had + got);
        if (got < wanted) {
            break;
        }
    }
    Sidecar sidecar;
    uint64_t at = 0;
    while (texts.size() - at >= sizeof(SidecarRecord)) {
        SidecarRecord record{};
        std::memcpy(&record, texts.data() + at, sizeof record);
        at += sizeof record;
        if (record.bytes > texts.size() - at) {
            break;
        }
        keep(sidecar, record, std::string_view(texts.data() + at, record.bytes));
        at = std::min<uint64_t>(texts.size(), at + (uint64_t{record.bytes} + 7) / 8 * 8);
    }
    return sidecar;
}

}  // namespace ttmem::ledger
