// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process with its devices and allocators as bytes, and back.
#include <algorithm>

#include "base/clean_text.hpp"
#include "recording/encode.hpp"
#include "recording/format.hpp"

namespace ttmem::recording {

namespace {

constexpr uint64_t kMostDevices = 4096;  // of a process, as in a ledger

// A number that may be unknown: 0, else one more than it.
void pack_optional(Packer& to, const std::optional<uint64_t>& value) {
    to.number(value ? 1 : 0);
    to.number(value.value_or(0));
}
std::optional<uint64_t> unpack_optional(Unpacker& from) {
    const bool known = from.number() != 0;
    const uint64_t value = from.number();
    return known ? std::optional(value) : std::nullopt;
}

template <typename T>
std::optional<uint64_t> wide(const std::optional<T>& value) {
    return value ? std::optional<uint64_t>(*value) : std::nullopt;
}
std::optional<uint32_t> narrow(const std::optional<uint64_t>& value) {
    return value && *value < kNone ? std::optional(static_cast<uint32_t>(*value)) : std::nullopt;
}

void pack_device(Packer& to, const ledger::Device& device) {
    to.number(zigzag(static_cast<uint64_t>(static_cast<int64_t>(device.logical_id))));
    to.number((device.mock ? 1u : 0u) | (device.remote ? 2u : 0u));
    pack_optional(to, device.unique_id);
    pack_optional(to, device.board_id);
    to.number(device.arch);
    to.text(device.board);
    to.text(device.pci);
    pack_optional(to, wide(device.dram_channels));
    to.number(device.dram_channel_bytes);
    pack_optional(to, wide(device.l1_cores));
    pack_optional(to, wide(device.l1_columns));
    to.number(device.l1_core_bytes);
}

ledger::Device unpack_device(Unpacker& from) {
    ledger::Device device;
    device.logical_id = static_cast<int32_t>(static_cast<int64_t>(unzigzag(from.number())));
    const uint64_t flags = from.number();
    device.mock = (flags & 1) != 0;
    device.remote = (flags & 2) != 0;
    device.unique_id = unpack_optional(from);
    device.board_id = unpack_optional(from);
    device.arch = static_cast<uint32_t>(from.number());
    device.board = clean_text(from.text());
    device.pci = clean_text(from.text());
    device.dram_channels = narrow(unpack_optional(from));
    device.dram_channel_bytes = from.number();
    device.l1_cores = narrow(unpack_optional(from));
    device.l1_columns = narrow(unpack_optional(from));
    device.l1_core_bytes = from.number();
    return device;
}

void pack_allocator(Packer& to, const ledger::Allocator& allocator) {
    to.number((allocator.open ? 1u : 0u) | (allocator.hybrid ? 2u : 0u));
    to.number(zigzag(static_cast<uint64_t>(static_cast<int64_t>(allocator.mesh_id))));
    pack_optional(to, wide(allocator.parent));
    to.number(allocator.generation);
    to.number(allocator.opened_ns);
    to.number(allocator.devices.size());
    for (const uint32_t device : allocator.devices) {
        to.number(device);
    }
    for (const ledger::BankGeometry& banks : allocator.geometry) {
        to.number(banks.bank_bytes);
        to.number(banks.base_address);
        to.number(banks.banks);
        to.number(banks.alignment);
    }
}

ledger::Allocator unpack_allocator(Unpacker& from, uint32_t index, uint64_t devices) {
    ledger::Allocator allocator;
    allocator.index = index;
    const uint64_t flags = from.number();
    allocator.open = (flags & 1) != 0;
    allocator.hybrid = (flags & 2) != 0;
    allocator.mesh_id = static_cast<int32_t>(static_cast<int64_t>(unzigzag(from.number())));
    allocator.parent = narrow(unpack_optional(from));
    allocator.generation = static_cast<uint32_t>(from.number());
    allocator.opened_ns = from.number();
    allocator.devices.resize(from.number_up_to(devices));
    for (uint32_t& device : allocator.devices) {
        device = static_cast<uint32_t>(from.number_up_to(devices == 0 ? 0 : devices - 1));
    }
    for (ledger::BankGeometry& banks : allocator.geometry) {
        banks.bank_bytes = from.number();
        banks.base_address = from.number();
        banks.banks = static_cast<uint32_t>(from.number_up_to(kNone));
        banks.alignment = static_cast<uint32_t>(from.number_up_to(kNone));
    }
    return allocator;
}

}  // namespace

std::string pack(const ProcessFacts& facts) {
    Packer to;
    to.number(facts.pid);
    to.number(facts.start_time_ns);
    to.number(facts.from_the_beginning ? 1 : 0);
    to.number(facts.followed_from_ns);
    to.text(facts.name);
    to.text(facts.command);
    to.text(facts.library);
    to.number(facts.devices.size());
    for (const ledger::Device& device : facts.devices) {
        pack_device(to, device);
    }
    to.number(facts.allocators.size());
    for (const ledger::Allocator& allocator : facts.allocators) {
        pack_allocator(to, allocator);
    }
    return to.take();
}

std::optional<ProcessFacts> unpack_process(std::string_view bytes) {
    Unpacker from(bytes);
    ProcessFacts facts;
    facts.pid = static_cast<uint32_t>(from.number_up_to(kNone));
    facts.start_time_ns = from.number();
    facts.from_the_beginning = from.number() != 0;
    facts.followed_from_ns = from.number();
    facts.name = clean_text(from.text());
    facts.command = clean_text(from.text());
    facts.library = clean_text(from.text());
    const uint64_t devices = from.number_up_to(kMostDevices);
    for (uint64_t i = 0; i < devices && from.ok(); ++i) {
        facts.devices.push_back(unpack_device(from));
    }
    const uint64_t allocators = from.number_up_to(kMostAllocators);
    for (uint64_t i = 0; i < allocators && from.ok(); ++i) {
        facts.allocators.push_back(unpack_allocator(from, static_cast<uint32_t>(i), devices));
    }
    return from.ok() ? std::optional(std::move(facts)) : std::nullopt;
}

}  // namespace ttmem::recording
