// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/ended_buffers.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "inventory/buffer_row.hpp"
#include "inventory/ledger_bytes.hpp"
#include "inventory/ledger_source.hpp"
#include "inventory/model_lists.hpp"

namespace ttmem::inventory {
namespace {

bool has_ended(api::ProcessState state) {
    return state == api::ProcessState::kExited || state == api::ProcessState::kDied;
}

std::string process_text(const api::Process& process) {
    return "process " + (process.pid ? std::to_string(*process.pid) : std::string("-"));
}

// Appends the buffers that the process held. Returns a sentence on missing ones, empty where all are there.
std::string add_process(api::Model& model, api::ProcessIndex process, const OwnLedger* own) {
    const std::optional<OpenLedgerBytes> open = open_ledger_bytes(model.processes[process], own);
    if (!open) {
        return "the ledger of " + process_text(model.processes[process]) + " is gone, and its buffers are not known";
    }
    ledger::ReadOptions options;
    options.buffers = true;
    options.writer_halted = true;
    auto answer = ledger::Reader::from_source(open->bytes.ledger).read(options);
    auto* const snapshot = std::get_if<ledger::Snapshot>(&answer);
    if (snapshot == nullptr) {
        return "the buffers of " + process_text(model.processes[process]) +
               " cannot be read: " + std::get<ledger::ReadError>(answer).message;
    }
    TrackedLedger ledger;
    ledger.snapshot = std::move(*snapshot);
    std::string missing;
    const size_t room = kMostEndedBuffers - std::min(kMostEndedBuffers, model.buffers.size());
    if (ledger.snapshot.buffers.size() > room) {
        missing = std::to_string(ledger.snapshot.buffers.size() - room) + " more buffers of " +
                  process_text(model.processes[process]) + " are not listed";
        ledger.snapshot.buffers.resize(room);
    }
    if (open->bytes.texts != nullptr) {
        auto texts = ledger::read_sidecar(open->bytes.texts, ledger.snapshot.identity.nonce);
        if (auto* const sidecar = std::get_if<ledger::Sidecar>(&texts)) {
            ledger.names.take(std::move(*sidecar));
        }
    }
    ledger.holdings = hold(ledger.snapshot, true);
    ModelContexts contexts(model, process, ledger.names);
    const std::vector<api::DeviceIndex> places = add_devices(model, ledger, KnownDevices::kStay);
    const api::AllocatorIndex first = add_allocators(model, process, ledger.snapshot, places);
    add_buffers(model, process, ledger, places, first, contexts);
    return missing;
}

}  // namespace

api::Model ended_buffers(const api::Model& live, const OwnLedger* own) {
    api::Model model;
    model.time_ns = live.time_ns;
    model.devices = live.devices;
    model.processes = live.processes;
    model.buffers_listed = true;
    for (api::ProcessIndex process{0}; process < model.processes.size(); ++process) {
        const api::Process& each = model.processes[process];
        if (!has_ended(each.state) || each.ledger.empty()) {
            continue;
        }
        if (std::string missing = add_process(model, process, own); !missing.empty()) {
            model.notices.push_back(std::move(missing));
        }
    }
    return model;
}

}  // namespace ttmem::inventory
