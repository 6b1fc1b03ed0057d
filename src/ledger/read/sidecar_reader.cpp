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

// Records of one size that share a head; the last one may be cut off.
template <typename Record>
void keep_run(std::vector<std::pair<uint32_t, Record>>& to, uint32_t first, std::string_view payload) {
    for (size_t at = 0; payload.size() - at >= sizeof(Record); at += sizeof(Record)) {
        Record record{};
        std::memcpy(&record, payload.data() + at, sizeof record);
        to.emplace_back(first + static_cast<uint32_t>(at / sizeof record), record);
    }
}

std::optional<uint8_t> code(uint8_t value) {
    return value == kTensorUnknown ? std::nullopt : std::optional(value);
}

// A distribution that does not fit is left out: the tensor is known all the same.
void keep_distribution(TensorFacts& facts, const TensorHead& head, std::string_view payload) {
    uint32_t rank = 0;
    if ((head.flags & kTensorDistributed) == 0 || payload.size() < sizeof rank) {
        return;
    }
    std::memcpy(&rank, payload.data(), sizeof rank);
    payload.remove_prefix(sizeof rank);
    const size_t bytes = rank * sizeof(uint32_t);
    if (rank == 0 || rank > kMostTensorRank || payload.size() < 2 * bytes) {
        return;
    }
    facts.distribution_shape.resize(rank);
    facts.divided.resize(rank);
    std::memcpy(facts.distribution_shape.data(), payload.data(), bytes);
    std::memcpy(facts.divided.data(), payload.data() + bytes, bytes);
}

void keep_tensor(Sidecar& sidecar, uint32_t id, std::string_view payload) {
    TensorHead head{};
    if (payload.size() < sizeof head) {
        return;
    }
    std::memcpy(&head, payload.data(), sizeof head);
    payload.remove_prefix(sizeof head);
    const size_t numbers = size_t{head.rank} + head.padded_rank + head.shard_rank;
    if (head.rank > kMostTensorRank || head.padded_rank > kMostTensorRank || head.shard_rank > kMostTensorRank ||
        payload.size() < numbers * sizeof(uint32_t)) {
        return;
    }
    TensorFacts facts{code(head.data_type),
                      code(head.layout),
                      code(head.memory_layout),
                      code(head.buffer_type),
                      (head.flags & kTensorShardColumnMajor) != 0,
                      {},
                      {},
                      {},
                      {},
                      {}};
    const auto take = [&payload](std::vector<uint32_t>& to, uint8_t rank) {
        to.resize(rank);
        if (rank > 0) {
            std::memcpy(to.data(), payload.data(), rank * sizeof(uint32_t));
        }
        payload.remove_prefix(rank * sizeof(uint32_t));
    };
    take(facts.shape, head.rank);
    take(facts.padded_shape, head.padded_rank);
    take(facts.shard_shape, head.shard_rank);
    keep_distribution(facts, head, payload);
    sidecar.tensors.emplace_back(id, std::move(facts));
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
            sidecar.stacks.emplace_back(record.id, lines_to_utf8(text));
            return;
        case kSidecarKernelName:
            sidecar.kernel_names.emplace_back(record.id, to_utf8(text));
            return;
        case kSidecarText:
            sidecar.texts.emplace_back(record.id, to_utf8(text));
            return;
        case kSidecarFrames:
            return keep_run(sidecar.frames, record.id, text);
        case kSidecarStackNodes:
            return keep_run(sidecar.stack_nodes, record.id, text);
        case kSidecarContexts:
            return keep_run(sidecar.contexts, record.id, text);
        case kSidecarTensor:
            return keep_tensor(sidecar, record.id, text);
        case kSidecarLabel:
            sidecar.labels.emplace_back(record.id, to_utf8(text));
            return;
        case kSidecarException:
            sidecar.exceptions.emplace_back(record.id, lines_to_utf8(text));
            return;
        case kSidecarHolders: {
            constexpr size_t kMostHolders = 256;  // more than any ttmem writes of one refusal
            std::vector<HolderRecord> records(std::min(text.size() / sizeof(HolderRecord), kMostHolders));
            if (!records.empty()) {
                std::memcpy(records.data(), text.data(), records.size() * sizeof(HolderRecord));
            }
            sidecar.holders.emplace_back(record.id, std::move(records));
            return;
        }
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
