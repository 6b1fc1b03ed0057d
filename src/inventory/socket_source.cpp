// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/socket_source.hpp"

#include <algorithm>
#include <map>

#include "inventory/container.hpp"
#include "inventory/procfs.hpp"

namespace ttmem::inventory {
namespace {

using api::kAllMemoryKinds;

api::Device describe(const SocketHolding& total) {
    api::Device device;
    device.id = total.device;
    device.sources = {api::Source::kSocket};
    for (const api::MemoryKind kind : kAllMemoryKinds) {
        device.memory[kind].allocated_bytes = total.bytes[kind];
        device.memory[kind].buffers = total.buffers[kind];
    }
    device.circular_buffers.programs_sum_bytes = total.circular_buffer_bytes;
    device.kernels.application_bytes = total.kernel_application_bytes;
    device.kernels.fabric_bytes = total.kernel_fabric_bytes;
    device.kernels.dispatch_bytes = total.kernel_dispatch_bytes;
    device.kernels.loaded_bytes =
        total.kernel_application_bytes + total.kernel_fabric_bytes + total.kernel_dispatch_bytes;
    return device;
}

api::ProcessDevice describe(const SocketHolding& holding, api::DeviceIndex device) {
    api::ProcessDevice of_process;
    of_process.device = device;
    for (const api::MemoryKind kind : kAllMemoryKinds) {
        of_process.bytes[kind] = holding.bytes[kind];
        of_process.peak_bytes[kind] = holding.peak_bytes[kind];
        of_process.buffers[kind] = holding.buffers[kind];
    }
    of_process.circular_buffer_bytes = holding.circular_buffer_bytes;
    of_process.kernel_bytes =
        holding.kernel_application_bytes + holding.kernel_fabric_bytes + holding.kernel_dispatch_bytes;
    return of_process;
}

// The totals without what processes hold that count from their ledgers: one of them may have come since the caller
// added the totals up.
std::vector<SocketHolding> without_ledgers(std::vector<SocketHolding> totals,
                                           const std::vector<SocketProcess>& processes, const api::Model& model) {
    const auto take = [](uint64_t& sum, uint64_t part) { sum -= std::min(sum, part); };
    for (const SocketProcess& process : processes) {
        if (!counts_from_ledger(model, process.pid)) {
            continue;
        }
        for (const SocketHolding& held : process.devices) {
            const auto total = std::find_if(totals.begin(), totals.end(),
                                            [&](const SocketHolding& each) { return each.device == held.device; });
            if (total == totals.end()) {
                continue;
            }
            for (const api::MemoryKind kind : kAllMemoryKinds) {
                take(total->bytes[kind], held.bytes[kind]);
                take(total->buffers[kind], held.buffers[kind]);
            }
            take(total->circular_buffer_bytes, held.circular_buffer_bytes);
            take(total->kernel_application_bytes, held.kernel_application_bytes);
            take(total->kernel_fabric_bytes, held.kernel_fabric_bytes);
            take(total->kernel_dispatch_bytes, held.kernel_dispatch_bytes);
        }
    }
    return totals;
}

}  // namespace

bool counts_from_ledger(const api::Model& model, pid_t pid) {
    return pid > 0 && std::any_of(model.processes.begin(), model.processes.end(), [&](const api::Process& process) {
               return process.source == api::Source::kLedger && api::counts(process.state) && process.pid_visible &&
                      process.pid == pid;
           });
}

SocketSource::Described SocketSource::look_up(const SocketProcess& process, uint64_t now_ns) {
    Described described;
    if (process.pid > 0) {
        described.name = read_command_name(process.pid);
        described.command = read_command_line(process.pid);
        described.container = read_container(process.pid);
    }
    described.user = user_name(process.uid);
    described.start_time_ns = start_time_of(process.start_time_ticks);
    described.read_ns = now_ns;
    return described;
}

void SocketSource::add_to(api::Model& model, const std::vector<SocketProcess>& processes,
                          const std::vector<SocketHolding>& of_all, uint64_t now_ns) {
    std::map<int32_t, api::DeviceIndex> place;  // of each logical id that the socket knows
    for (const SocketHolding& total : without_ledgers(of_all, processes, model)) {
        place.emplace(total.device, api::DeviceIndex(model.devices.size()));
        model.devices.push_back(describe(total));
    }
    const auto place_of = [&](int32_t id) {
        const auto [found, is_new] = place.emplace(id, api::DeviceIndex(model.devices.size()));
        if (is_new) {
            SocketHolding nothing;
            nothing.device = id;
            model.devices.push_back(describe(nothing));
        }
        return found->second;
    };

    // The living stand first: those of the socket come after the others that live.
    const size_t first =
        static_cast<size_t>(std::find_if(model.processes.begin(), model.processes.end(),
                                         [](const api::Process& process) { return !api::counts(process.state); }) -
                            model.processes.begin());
    std::vector<api::Process> added;
    std::vector<api::Buffer> buffers;
    std::map<Key, Described> known;
    for (const SocketProcess& from : processes) {
        if (counts_from_ledger(model, from.pid)) {
            continue;
        }
        api::Process process;
        if (from.pid > 0) {
            process.pid = from.pid;
            process.pid_visible = true;
        }
        const Key key(from.pid, from.start_time_ticks, from.uid);
        const auto [entry, is_new] = known.try_emplace(key);
        Described& described = entry->second;
        if (is_new) {
            const auto before = known_.find(key);
            const bool fresh = before != known_.end() && now_ns - before->second.read_ns < kFreshNs;
            described = fresh ? std::move(before->second) : look_up(from, now_ns);
        }
        process.name = described.name;
        process.command = described.command;
        process.container = described.container;
        process.uid = from.uid;
        process.user = described.user;
        process.start_time_ns = described.start_time_ns;
        process.source = api::Source::kSocket;
        for (const SocketHolding& holding : from.devices) {
            process.devices.push_back(describe(holding, place_of(holding.device)));
            ++model.devices[process.devices.back().device].live_processes;
        }
        if (model.buffers_listed) {
            for (const SocketBufferRow& row : from.buffers) {
                api::Buffer buffer;
                buffer.process = api::ProcessIndex(first + added.size());
                buffer.id = row.address;
                buffer.allocator = api::AllocatorIndex(SIZE_MAX);  // none that is known
                buffer.devices = {place_of(row.device)};
                buffer.kind = row.kind;
                buffer.address = row.address;
                buffer.requested_bytes = buffer.allocated_bytes = buffer.bytes_per_bank = row.bytes;
                buffer.banks = 1;
                buffer.allocated_at_ns = row.allocated_at_ns;
                buffers.push_back(std::move(buffer));
            }
        }
        added.push_back(std::move(process));
    }
    const auto move_back = [&](api::ProcessIndex& process) {
        process = api::ProcessIndex(process + (process >= first ? added.size() : 0));
    };
    for (api::Buffer& buffer : model.buffers) {
        move_back(buffer.process);
    }
    for (api::Event& event : model.events) {
        move_back(event.process);
    }
    for (api::Failure& failure : model.failures) {
        move_back(failure.process);
    }
    model.processes.insert(model.processes.begin() + static_cast<std::ptrdiff_t>(first),
                           std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
    model.buffers.insert(model.buffers.end(), std::make_move_iterator(buffers.begin()),
                         std::make_move_iterator(buffers.end()));
    std::stable_sort(model.buffers.begin(), model.buffers.end(),
                     [](const api::Buffer& a, const api::Buffer& b) { return a.process < b.process; });
    known_ = std::move(known);
}

}  // namespace ttmem::inventory
