// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether the stacks of the processes that run are read, and why not: their ledgers say so themselves (docs/stacks.md).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/unique_fd.hpp"
#include "doctor/checks.hpp"
#include "inventory/inventory.hpp"
#include "ledger/read/reader.hpp"

namespace ttmem::doctor {
namespace {

constexpr size_t kMostNamed = 8;

// Whether the sidecar beside a ledger has stacks with C++ frames. Another user's cannot be read: false.
bool has_calls(const std::string& ledger, uint64_t nonce) {
    const UniqueFd fd(open((ledger + ".detail").c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd.valid()) {
        return false;
    }
    const auto read = ledger::read_sidecar(
        [&fd](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            return pread(fd.get(), to, bytes, static_cast<off_t>(offset));
        },
        nonce);
    const auto* sidecar = std::get_if<ledger::Sidecar>(&read);
    return sidecar != nullptr && std::any_of(sidecar->contexts.begin(), sidecar->contexts.end(), [](const auto& one) {
               return (one.second.flags & ledger::kContextNative) != 0;
           });
}

// The ledger of a process that the inventory believes. nullopt: it cannot be read any more.
std::optional<ledger::Snapshot> read_header(const std::string& path) {
    UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd.valid()) {
        return std::nullopt;
    }
    auto read = ledger::Reader::from_fd(std::move(fd)).read({});
    auto* snapshot = std::get_if<ledger::Snapshot>(&read);
    return snapshot == nullptr ? std::nullopt : std::optional(std::move(*snapshot));
}

}  // namespace

Finding stack_finding(const std::string& process, uint32_t state, uint32_t frames) {
    const char* const kTracked = "its buffers have no operation, line or stack";
    const char* const kElsewhere = "run it with the Python 3.10 or 3.12 that ttnn has wheels for";
    switch (state) {
        case ledger::kStacksOn:
            return {"stacks", Level::kOk,
                    process + ": Python stacks are read, at most " + std::to_string(frames) +
                        " frames (what is read was verified against Python's own)",
                    ""};
        case ledger::kStacksNoInterpreter:
            return {"stacks", Level::kOk, process + ": no Python was seen in it", ""};
        case ledger::kStacksOffByRequest:
            return {"stacks", Level::kNote, process + ": stacks are off by request (TT_ALLOC_STACK_FRAMES=0)",
                    "unset TT_ALLOC_STACK_FRAMES to have them"};
        case ledger::kStacksUnknownVersion:
            return {"stacks", Level::kWarning, process + ": its Python is neither 3.10 nor 3.12, so " + kTracked,
                    kElsewhere};
        case ledger::kStacksUnusualBuild:
            return {"stacks", Level::kWarning,
                    process + ": its Python is a debug or free-threaded build, so " + kTracked, kElsewhere};
        case ledger::kStacksCheckFailed:
            return {"stacks", Level::kWarning,
                    process + ": its stack as it was read is not what its Python reports, so " + kTracked,
                    "report it with the output of python -VV; an interpreter with patches may lay its frames out "
                    "otherwise"};
        case ledger::kStacksUnverified:
            return {"stacks", Level::kNote,
                    process +
                        ": reading stacks waits for its check, which runs once a thread of Python allocates or "
                        "comes to its next bytecode",
                    ""};
        case ledger::kStacksNoMemory:
            return {"stacks", Level::kWarning, process + ": no memory was left for stacks", ""};
        default:
            return {"stacks", Level::kNote, process + ": a newer ttmem says of its stacks what this one does not know",
                    ""};
    }
}

std::vector<Finding> check_stacks(const Places& places) {
    std::vector<Finding> findings;
    inventory::Inventory inventory({places.ledger_base, inventory::TelemetryUse::kOff});
    inventory::Request request;
    request.depth = inventory::Depth::kTotalsAlone;
    const auto model = inventory.refresh(request);
    size_t more = 0;
    for (const api::Process& process : model->processes) {
        if (!api::counts(process.state) || process.ledger.empty()) {
            continue;
        }
        const std::optional<ledger::Snapshot> snapshot = read_header(process.ledger);
        if (!snapshot) {
            continue;
        }
        if (findings.size() == kMostNamed) {
            ++more;
            continue;
        }
        const std::string name = "process " + (process.pid ? std::to_string(*process.pid) : "of another namespace") +
                                 (process.name.empty() ? "" : " (" + process.name + ")");
        Finding finding = stack_finding(name, snapshot->stack_state, snapshot->stack_frames);
        if (has_calls(process.ledger, snapshot->identity.nonce)) {
            finding.text += "; C++ frames are kept as well (TT_ALLOC_STACKS=native)";
        }
        findings.push_back(std::move(finding));
    }
    if (more > 0) {
        findings.push_back({"stacks", Level::kOk, "and " + std::to_string(more) + " more tracked processes", ""});
    }
    return findings;
}

}  // namespace ttmem::doctor
