// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/makers.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <string_view>

#include "analysis/holder_name.hpp"
#include "base/ttnn_files.hpp"
#include "inventory/holdings.hpp"

namespace ttmem::visualizer {

namespace {

using inventory::GroupBy;
using sqlite::Statement;

constexpr size_t kMostNumbers = 16;  // of a shape

// The innermost line of a stack that is none of ttnn's own, of lines `File "train.py", line 12, in forward`:
// "train.py:12".
std::optional<std::string> place_of(std::string_view stack) {
    constexpr std::string_view kFile = "File \"", kLine = "\", line ";
    for (size_t file = stack.find(kFile); file != std::string_view::npos; file = stack.find(kFile, file + 1)) {
        const size_t line = stack.find(kLine, file);
        if (line == std::string_view::npos) {
            break;
        }
        const std::string_view path = stack.substr(file + kFile.size(), line - file - kFile.size());
        const std::string_view rest = stack.substr(line + kLine.size());
        const std::string_view number = rest.substr(0, rest.find_first_not_of("0123456789"));
        if (is_program_file(path) && !number.empty() && number.size() <= 10) {
            return std::string(path) + ":" + std::string(number);
        }
    }
    return std::nullopt;
}

// "DataType.BFLOAT16": "bfloat16".
std::string last_word(std::string_view text) {
    std::string word(text.substr(text.find_last_of(".:") + 1).substr(0, 64));
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
}

std::vector<uint32_t> numbers_of(std::string_view text) {
    std::vector<uint32_t> numbers;
    for (size_t at = text.find_first_of("0123456789"); at != std::string_view::npos && numbers.size() < kMostNumbers;
         at = text.find_first_of("0123456789", at)) {
        uint64_t value = 0;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            value = std::min<uint64_t>(value * 10 + static_cast<uint64_t>(text[at] - '0'), UINT32_MAX);
        }
        numbers.push_back(static_cast<uint32_t>(value));
    }
    return numbers;
}

// As ttmem names a tensor of its own.
std::string tensor_name(const Statement& row) {
    constexpr std::string_view kLayout = "TensorMemoryLayout::";
    api::Tensor tensor;
    tensor.shape = numbers_of(row.text(1).substr(0, 256));
    tensor.data_type = last_word(row.text(2));
    tensor.layout = last_word(row.text(3));
    const std::string config = row.text(4).substr(0, 4096);
    if (const size_t at = config.find(kLayout); at != std::string::npos) {
        tensor.memory_layout = last_word(std::string_view(config).substr(at, config.find(',', at) - at));
    }
    inventory::BufferFacts facts;
    facts.tensor = &tensor;
    return inventory::holder_name(facts, GroupBy::kTensor).value_or("");
}

const char* rank_of(sqlite::Untrusted& file, const std::string& table) {
    return Statement(file.connection(), "SELECT rank FROM " + table).good() ? "rank" : "0";
}

}  // namespace

void Makers::want(const BufferKey& key, int64_t peak_operation) {
    wanted_[key].peak = peak_operation;
}

void Makers::see(const BufferKey& key, int64_t operation) {
    const auto found = wanted_.find(key);
    if (found != wanted_.end() && operation <= found->second.peak) {
        found->second.seen.push_back(operation);
    }
}

bool Makers::find(const std::map<uint32_t, std::vector<int64_t>>& operations) {
    for (auto& [key, wanted] : wanted_) {
        wanted.maker = wanted.peak;
        const auto of_rank = operations.find(key.place.rank);
        std::sort(wanted.seen.begin(), wanted.seen.end(), std::greater<>());
        wanted.seen.erase(std::unique(wanted.seen.begin(), wanted.seen.end()), wanted.seen.end());
        if (of_rank != operations.end()) {
            // Both go backwards from the peak for as long as they agree.
            auto before = std::upper_bound(of_rank->second.begin(), of_rank->second.end(), wanted.peak);
            for (const int64_t seen : wanted.seen) {
                if (before == of_rank->second.begin() || *--before != seen) {
                    break;
                }
                wanted.maker = seen;
            }
        }
        named_.insert({key.place.rank, wanted.maker});
        named_.insert({key.place.rank, wanted.peak});
        wanted.seen = {};
    }
    return read_texts("operations", "name", names_) && read_texts("stack_traces", "stack_trace", stacks_) &&
           (by_ != GroupBy::kScope || read_texts("operation_arguments", "value", scopes_)) &&
           (by_ != GroupBy::kTensor || read_tensors());
}

bool Makers::read_texts(const char* table, const char* text, std::map<Operation, std::string>& to) {
    if (!file_.tables().contains(table)) {
        return true;
    }
    const bool is_argument = &to == &scopes_;
    Statement rows(file_.connection(), std::string("SELECT operation_id, ") + rank_of(file_, table) + ", " + text +
                                           (is_argument ? ", name FROM " : " FROM ") + table);
    while (rows.step()) {
        const Operation operation{static_cast<uint32_t>(rows.number(1)), rows.number(0)};
        if (named_.contains(operation) && (!is_argument || rows.text(3) == "scope")) {
            to[operation] = rows.text(2).substr(0, 4096);
        }
    }
    return rows.good();
}

bool Makers::read_tensors() {
    if (!file_.tables().contains("tensors") || !file_.tables().contains("output_tensors")) {
        return true;
    }
    std::map<Operation, Operation> makers;  // of tensors, by rank and number
    Statement outputs(file_.connection(), std::string("SELECT tensor_id, ") + rank_of(file_, "output_tensors") +
                                              ", operation_id FROM output_tensors");
    while (outputs.step()) {
        const auto rank = static_cast<uint32_t>(outputs.number(1));
        const Operation maker{rank, outputs.number(2)};
        if (named_.contains(maker)) {
            makers.try_emplace({rank, outputs.number(0)}, maker);
        }
    }
    Statement rows(file_.connection(), std::string("SELECT tensor_id, shape, dtype, layout, memory_config, ") +
                                           rank_of(file_, "tensors") + ", address FROM tensors");
    while (rows.step()) {
        const auto maker = makers.find({static_cast<uint32_t>(rows.number(5)), rows.number(0)});
        if (maker != makers.end() && !rows.is_null(6)) {
            const auto& [rank, operation] = maker->second;
            tensors_.try_emplace({rank, operation, static_cast<uint64_t>(rows.number(6))}, tensor_name(rows));
        }
    }
    return outputs.good() && rows.good();
}

std::string Makers::operation_name(uint32_t rank, int64_t operation) const {
    const auto found = names_.find({rank, operation});
    return found == names_.end() ? "" : found->second;
}

std::optional<std::string> Makers::name(const BufferKey& key) const {
    const auto wanted = wanted_.find(key);
    if (by_ == GroupBy::kKind) {
        return std::string(api::to_string(*inventory::kind_of_account(key.place.account)));
    }
    if (wanted == wanted_.end()) {
        return std::nullopt;
    }
    const Operation maker{key.place.rank, wanted->second.maker};
    const auto text = [&maker](const std::map<Operation, std::string>& texts) {
        const auto found = texts.find(maker);
        return found == texts.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
    };
    switch (by_) {
        case GroupBy::kOperation:
            return text(names_);
        case GroupBy::kScope:
            return text(scopes_);
        case GroupBy::kTensor: {
            const auto found = tensors_.find({maker.first, maker.second, key.at.address});
            return found == tensors_.end() ? std::nullopt : std::optional(found->second);
        }
        default: {
            const std::optional<std::string> stack = text(stacks_);
            return stack ? place_of(*stack) : std::nullopt;
        }
    }
}

}  // namespace ttmem::visualizer
