// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The texts of a sidecar as bytes, and back: twelve lists, each with its number of new entries in front.
#include "base/clean_text.hpp"
#include "recording/encode.hpp"

namespace ttmem::recording {

namespace {

using Texts = std::vector<std::pair<uint32_t, std::string>>;
using Numbers = std::vector<uint32_t>;
constexpr size_t kMostRank = 255;

// The entries of a list that are not done yet.
template <typename List, typename Each>
void pack_rest(Packer& to, const List& list, size_t& done, const Each& each) {
    to.number(list.size() - std::min(done, list.size()));
    for (size_t i = done; i < list.size(); ++i) {
        each(list[i]);
    }
    done = std::max(done, list.size());
}

void pack_rest(Packer& to, const Texts& texts, size_t& done) {
    pack_rest(to, texts, done, [&to](const auto& entry) {
        to.number(entry.first);
        to.text(entry.second);
    });
}

void pack_numbers(Packer& to, const Numbers& numbers) {
    to.number(numbers.size());
    for (const uint32_t number : numbers) {
        to.number(number);
    }
}

void pack_tensor(Packer& to, const ledger::TensorFacts& facts) {
    for (const auto& code : {facts.data_type, facts.layout, facts.memory_layout, facts.buffer_type}) {
        to.number(code ? *code + 1u : 0u);
    }
    to.number(facts.shard_column_major ? 1 : 0);
    pack_numbers(to, facts.shape);
    pack_numbers(to, facts.padded_shape);
    pack_numbers(to, facts.shard_shape);
}

// How a tensor is distributed over a mesh, in a list of its own, which readers of earlier versions do not reach.
void pack_distribution(Packer& to, const ledger::TensorFacts& facts) {
    pack_numbers(to, facts.distribution_shape);
    for (const int32_t divided : facts.divided) {
        to.number(divided == ledger::kReplicated ? 0 : zigzag(static_cast<uint64_t>(int64_t{divided})) + 1);
    }
}

uint32_t word(Unpacker& from) {
    return static_cast<uint32_t>(from.number_up_to(ledger::kNone));
}

template <typename Each>
void unpack_rest(Unpacker& from, const Each& each) {
    const uint64_t count = from.count();
    for (uint64_t i = 0; i < count && from.ok(); ++i) {
        each();
    }
}

// `clean` makes a text safe: clean_text(), or clean_lines() of texts that may have several lines.
void unpack_rest(Unpacker& from, Texts& texts, std::string (*clean)(std::string_view) = clean_text) {
    unpack_rest(from, [&] {
        const uint32_t id = word(from);
        texts.emplace_back(id, clean(from.text()));
    });
}

Numbers unpack_numbers(Unpacker& from) {
    Numbers numbers(from.number_up_to(kMostRank));
    for (uint32_t& number : numbers) {
        number = word(from);
    }
    return numbers;
}

ledger::TensorFacts unpack_tensor(Unpacker& from) {
    ledger::TensorFacts facts;
    for (auto* code : {&facts.data_type, &facts.layout, &facts.memory_layout, &facts.buffer_type}) {
        const uint64_t value = from.number_up_to(256);
        if (value != 0) {
            *code = static_cast<uint8_t>(value - 1);
        }
    }
    facts.shard_column_major = from.number() != 0;
    facts.shape = unpack_numbers(from);
    facts.padded_shape = unpack_numbers(from);
    facts.shard_shape = unpack_numbers(from);
    return facts;
}

void unpack_distribution(Unpacker& from, ledger::TensorFacts& facts) {
    facts.distribution_shape = unpack_numbers(from);
    facts.divided.clear();
    for (size_t i = 0; i < facts.distribution_shape.size(); ++i) {
        const uint64_t value = from.number_up_to(uint64_t{1} << 33);
        facts.divided.push_back(value == 0 ? ledger::kReplicated : static_cast<int32_t>(unzigzag(value - 1)));
    }
}

// Of the tensors from the `next` one on, in their order.
void unpack_distributions(Unpacker& from, ledger::Sidecar& to, size_t next) {
    unpack_rest(from, [&] {
        ledger::TensorFacts none;
        unpack_distribution(from, next < to.tensors.size() ? to.tensors[next].second : none);
        ++next;
    });
}

}  // namespace

bool has_more(const ledger::Sidecar& sidecar, const TextsDone& done) {
    const size_t counts[] = {sidecar.command_line.size(), sidecar.operations.size(), sidecar.stacks.size(),
                             sidecar.kernel_names.size(), sidecar.texts.size(),      sidecar.frames.size(),
                             sidecar.stack_nodes.size(),  sidecar.contexts.size(),   sidecar.tensors.size(),
                             sidecar.labels.size(),       sidecar.exceptions.size(), sidecar.tensors.size()};
    static_assert(std::size(counts) == std::size(TextsDone{}.counts));
    for (size_t i = 0; i < std::size(counts); ++i) {
        if (counts[i] > done.counts[i]) {
            return true;
        }
    }
    return false;
}

std::string pack_more(const ledger::Sidecar& sidecar, TextsDone& done) {
    Packer to;
    pack_rest(to, sidecar.command_line, done.counts[0], [&to](const std::string& word) { to.text(word); });
    pack_rest(to, sidecar.operations, done.counts[1]);
    pack_rest(to, sidecar.stacks, done.counts[2]);
    pack_rest(to, sidecar.kernel_names, done.counts[3]);
    pack_rest(to, sidecar.texts, done.counts[4]);
    pack_rest(to, sidecar.frames, done.counts[5], [&to](const auto& entry) {
        const auto& [id, frame] = entry;
        for (const uint32_t value : {id, frame.file, frame.function, frame.line, frame.operation}) {
            to.number(value);
        }
    });
    pack_rest(to, sidecar.stack_nodes, done.counts[6], [&to](const auto& entry) {
        for (const uint32_t value : {entry.first, entry.second.frame, entry.second.caller}) {
            to.number(value);
        }
    });
    pack_rest(to, sidecar.contexts, done.counts[7], [&to](const auto& entry) {
        const auto& [id, context] = entry;
        for (const uint32_t value : {id, context.scope, context.operation, context.stack, context.flags}) {
            to.number(value);
        }
    });
    pack_rest(to, sidecar.tensors, done.counts[8], [&to](const auto& entry) {
        to.number(entry.first);
        pack_tensor(to, entry.second);
    });
    pack_rest(to, sidecar.labels, done.counts[9]);
    pack_rest(to, sidecar.exceptions, done.counts[10]);
    pack_rest(to, sidecar.tensors, done.counts[11], [&to](const auto& entry) { pack_distribution(to, entry.second); });
    return to.take();
}

bool unpack_texts(std::string_view bytes, ledger::Sidecar& to) {
    Unpacker from(bytes);
    unpack_rest(from, [&] { to.command_line.push_back(clean_text(from.text())); });
    unpack_rest(from, to.operations);
    unpack_rest(from, to.stacks, clean_lines);
    unpack_rest(from, to.kernel_names);
    unpack_rest(from, to.texts);
    unpack_rest(from, [&] {
        const uint32_t id = word(from);
        ledger::FrameRecord frame{};
        frame.file = word(from);
        frame.function = word(from);
        frame.line = word(from);
        frame.operation = word(from);
        to.frames.emplace_back(id, frame);
    });
    unpack_rest(from, [&] {
        const uint32_t id = word(from);
        ledger::StackNodeRecord node{};
        node.frame = word(from);
        node.caller = word(from);
        to.stack_nodes.emplace_back(id, node);
    });
    unpack_rest(from, [&] {
        const uint32_t id = word(from);
        ledger::ContextRecord context{};
        context.scope = word(from);
        context.operation = word(from);
        context.stack = word(from);
        context.flags = word(from);
        to.contexts.emplace_back(id, context);
    });
    const size_t first_tensor = to.tensors.size();
    unpack_rest(from, [&] {
        const uint32_t id = word(from);
        to.tensors.emplace_back(id, unpack_tensor(from));
    });
    unpack_rest(from, to.labels);
    unpack_rest(from, to.exceptions, clean_lines);
    if (!from.at_end()) {  // of an earlier version
        unpack_distributions(from, to, first_tensor);
    }
    return from.ok();
}

}  // namespace ttmem::recording
