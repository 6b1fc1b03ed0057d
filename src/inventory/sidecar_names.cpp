// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/sidecar_names.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/unique_fd.hpp"
#include "inventory/context_texts.hpp"
#include "inventory/regions.hpp"
#include "ledger/read/reader.hpp"

namespace ttmem::inventory {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) {
        all += (all.empty() ? "" : " ") + word;
    }
    return all;
}

// Whether a scope is named after the operation already, as earlier Python packages did on request: "decoder/ttnn.add
// (x.py:3)".
bool names_operation(const std::string& scope, const std::string& operation) {
    const size_t at = scope.rfind(operation);
    return at != std::string::npos && (at == 0 || scope[at - 1] == '/') &&
           (at + operation.size() == scope.size() || scope.compare(at + operation.size(), 2, " (") == 0);
}

std::string in_one_line(const api::Context& context) {
    if (context.scope.empty() || context.operation.empty()) {
        return context.scope + context.operation;
    }
    return names_operation(context.scope, context.operation) ? context.scope : context.scope + "/" + context.operation;
}

}  // namespace

const std::string& SidecarNames::find(const Texts& texts, uint32_t id) {
    static const std::string kNothing;
    const auto found = texts.find(id);
    return found == texts.end() ? kNothing : found->second;
}

void SidecarNames::follow(const LedgerDirectory& directory, const std::string& ledger_file, uint64_t nonce,
                          const ledger::Snapshot& snapshot) {
    const auto is_new = [](const Texts& texts, uint32_t id) { return id != 0 && !texts.contains(id); };
    const bool any =
        std::any_of(snapshot.programs.begin(), snapshot.programs.end(),
                    [&](const ledger::Program& program) {
                        return is_new(operations_, program.context) ||
                               std::any_of(program.kernels.begin(), program.kernels.end(),
                                           [&](const ledger::Kernel& kernel) { return is_new(kernels_, kernel.name); });
                    }) ||
        std::any_of(snapshot.failures.begin(), snapshot.failures.end(),
                    [&](const ledger::Failure& failure) { return lacks_texts(failure); }) ||
        std::any_of(snapshot.buffers.begin(), snapshot.buffers.end(), [&](const ledger::Buffer& buffer) {
            return is_new(operations_, buffer.context) || is_new(operations_, buffer.scope) ||
                   is_new(labels_, buffer.label) || (buffer.tensor != 0 && !tensors_.contains(buffer.tensor));
        });
    if (any) {
        read(directory, ledger_file, nonce);
        holders_sought_ = failures_sought_;
        failures_sought_ = snapshot.failures.empty() ? failures_sought_ : snapshot.failures.back().number + 1;
    }
}

// Whether a text of it is missing that another look at the file may bring.
bool SidecarNames::lacks_texts(const ledger::Failure& failure) const {
    const auto is_new = [](const Texts& texts, uint32_t id) { return id != 0 && !texts.contains(id); };
    if (failure.number >= failures_sought_ &&
        (is_new(operations_, failure.context) || is_new(kernels_, failure.kernels) ||
         is_new(exceptions_, failure.exception) || (failure.tensor != 0 && !tensors_.contains(failure.tensor)))) {
        return true;
    }
    return failure.number >= holders_sought_ && failure.exception != 0 && !holders_.contains(failure.number);
}

std::optional<ledger::Sidecar> read_sidecar_of(int directory_fd, const std::string& ledger_file, uid_t owner,
                                               uint64_t nonce) {
    const std::string file = ledger_file + ".detail";
    const UniqueFd fd(openat(directory_fd, file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    struct stat status {};
    if (!fd.valid() || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != owner) {
        return std::nullopt;
    }
    const auto source = [&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return pread(fd.get(), to, bytes, static_cast<off_t>(offset));
    };
    auto read = ledger::read_sidecar(source, nonce);
    auto* sidecar = std::get_if<ledger::Sidecar>(&read);
    return sidecar == nullptr ? std::nullopt : std::optional(std::move(*sidecar));
}

void SidecarNames::read(const LedgerDirectory& directory, const std::string& ledger_file, uint64_t nonce) {
    std::optional<ledger::Sidecar> texts = read_sidecar_of(directory.fd.get(), ledger_file, directory.owner, nonce);
    if (texts) {
        take(std::move(*texts));
    }
}

void SidecarNames::take(ledger::Sidecar&& all) {
    ledger::Sidecar* const texts = &all;
    command_ = joined(texts->command_line);
    for (auto& [id, text] : texts->kernel_names) {
        kernels_[id] = std::move(text);
    }
    Texts names;  // of contexts; a context that the file has not whole yet is looked for again
    for (auto& [id, text] : texts->operations) {
        (id < ledger::kFirstContext ? operations_ : names)[id] = std::move(text);
    }
    for (auto& [id, text] : texts->labels) {
        labels_[id] = std::move(text);
    }
    for (auto& [id, text] : texts->exceptions) {
        exceptions_[id] = std::move(text);
    }
    for (auto& [number, records] : texts->holders) {
        holders_[number] = std::move(records);
    }
    for (const auto& [id, facts] : texts->tensors) {
        tensors_.try_emplace(id, tensor_of(facts));
    }
    const ContextTexts stacks(*texts);
    for (const auto& [id, record] : texts->contexts) {
        if (contexts_.contains(id)) {
            continue;
        }
        api::Context& context = contexts_[id] = stacks.context(record, operation(record.scope));
        operations_[id] = in_one_line(context);
        if (const auto name = names.find(id); name != names.end()) {
            operations_[id] = operations_[id | kOwnName] = std::move(name->second);
        }
    }
}

const api::Context* SidecarNames::context(uint32_t id) const {
    const auto found = contexts_.find(id);
    return found == contexts_.end() ? nullptr : &found->second;
}

const api::Tensor* SidecarNames::tensor(uint32_t id) const {
    const auto found = tensors_.find(id);
    return found == tensors_.end() ? nullptr : &found->second;
}

const std::vector<ledger::HolderRecord>& SidecarNames::holders(uint64_t failure) const {
    static const std::vector<ledger::HolderRecord> kNone;
    const auto found = holders_.find(failure);
    return found == holders_.end() ? kNone : found->second;
}

}  // namespace ttmem::inventory
