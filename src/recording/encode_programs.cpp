// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Programs, rings, regions and refusals as bytes, and back. Each record is a row of numbers, in one order for both
// directions: fields() names it.
#include <algorithm>
#include <type_traits>

#include "recording/format.hpp"
#include "recording/programs.hpp"

namespace ttmem::recording {

namespace {

using ledger::CircularBuffer;
using ledger::ConfigRing;
using ledger::CoreRange;
using ledger::Failure;
using ledger::Kernel;
using ledger::Program;
using ledger::Region;

constexpr uint64_t kMostDevices = 4096;  // of a process, as in a ledger
constexpr uint64_t kMostRanges = 4096;   // of a set of cores, as in a ledger

class To {
public:
    explicit To(Packer& packer) : packer_(packer) {}
    template <typename Value>
    void operator()(const Value& value) {
        packer_.number(value);
    }
    template <typename Value>
    void operator()(const std::optional<Value>& value) {
        packer_.number(value ? 1 : 0);
        packer_.number(value ? *value : Value{});
    }
    void operator()(const std::vector<CoreRange>& cores) {
        packer_.number(cores.size());
        for (const CoreRange& range : cores) {
            for (const uint16_t side : {range.start_x, range.start_y, range.end_x, range.end_y}) {
                packer_.number(side);
            }
        }
    }
    void operator()(const std::vector<uint32_t>& numbers) {
        packer_.number(numbers.size());
        for (const uint32_t number : numbers) {
            packer_.number(number);
        }
    }
    template <typename Record>
    void list(const std::vector<Record>& records) {
        packer_.number(records.size());
        for (const Record& record : records) {
            fields(*this, record);
        }
    }

private:
    Packer& packer_;
};

class From {
public:
    From(Unpacker& unpacker, ProgramBudget& budget) : unpacker_(unpacker), budget_(budget) {}
    template <typename Value>
    void operator()(Value& value) {
        if constexpr (std::is_same_v<Value, bool>) {
            value = unpacker_.number_up_to(1) != 0;
        } else {
            value = static_cast<Value>(unpacker_.number_up_to(static_cast<uint64_t>(static_cast<Value>(~Value{0}))));
        }
    }
    template <typename Value>
    void operator()(std::optional<Value>& value) {
        const bool known = unpacker_.number_up_to(1) != 0;
        Value found{};
        (*this)(found);
        value = known ? std::optional(found) : std::nullopt;
    }
    void operator()(std::vector<CoreRange>& cores) {
        cores.resize(count(4, kMostRanges));
        for (CoreRange& range : cores) {
            for (uint16_t* side : {&range.start_x, &range.start_y, &range.end_x, &range.end_y}) {
                (*this)(*side);
            }
            sound_ = sound_ && range.start_x <= range.end_x && range.start_y <= range.end_y;
        }
    }
    void operator()(std::vector<uint32_t>& numbers) {
        numbers.resize(count(1, kMostDevices));
        for (uint32_t& number : numbers) {
            (*this)(number);
        }
    }
    template <typename Record>
    void list(std::vector<Record>& records) {
        constexpr uint64_t kLeastBytes = 2;  // of a record of any kind
        records.resize(count(kLeastBytes, UINT64_MAX));
        for (Record& record : records) {
            fields(*this, record);
        }
    }
    // Reads how many follow, each of `least` bytes or more; 0 where these are too many.
    uint64_t count(uint64_t least, uint64_t most) {
        const uint64_t count = unpacker_.count(least);
        sound_ = sound_ && count <= most && budget_.take(count);
        return sound_ ? count : 0;
    }
    bool ok() const { return sound_ && unpacker_.ok(); }

private:
    Unpacker& unpacker_;
    ProgramBudget& budget_;
    bool sound_ = true;
};

// `Record` is const in one direction.
template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, CircularBuffer> {
    each(record.id);
    each(record.address);
    each(record.bytes);
    each(record.flags);
    each(record.index_mask);
    each(record.data_format);
    each(record.cores);
}

template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, Kernel> {
    each(record.id);
    each(record.name);
    each(record.packed_bytes);
    each(record.processor);
    each(record.type);
    each(record.core_type);
    each(record.cores);
}

template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, Program> {
    each(record.id);
    each(record.allocator);
    each(record.type);
    each(record.flags);
    each(record.loaded_ns);
    each(record.devices);
    each(record.circular_buffer_bytes);
    each(record.kernel_bytes);
    each(record.config_bytes);
    each(record.scratchpad_bytes);
    each(record.context);
    each.list(record.circular_buffers);
    each.list(record.kernels);
}

template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, ConfigRing> {
    each(record.allocator);
    each(record.sub_device);
    each(record.core_type);
    each(record.trace);
    each(record.programs);
    each(record.base_address);
    each(record.capacity_bytes);
    each(record.used_bytes);
    each(record.evictions);
}

template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, Region> {
    each(record.allocator);
    each(record.buffer_type);
    each(record.type);
    each(record.source);
    each(record.address);
    each(record.bytes);
    each(record.device);
    each(record.cores);
}

template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, ProgramLoad> {
    each(record.event.first);
    each(record.event.second);
    each(record.definition);
}

template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, LoadedProgram> {
    each(record.definition);
    each(record.last_launch);
}

template <typename Direction, typename Record>
void fields(Direction& each, Record& record) requires std::is_same_v<std::remove_const_t<Record>, Failure> {
    each(record.number);
    each(record.time_ns);
    each(record.type);
    each(record.thread);
    each(record.allocator);
    each(record.account);
    each(record.layout);
    each(record.banks);
    each(record.requested_bytes);
    each(record.bytes_per_bank);
    each(record.largest_free_per_bank);
    each(record.allocated_bytes);
    each(record.program_id);
    each(record.buffer_id);
    each(record.end_address);
    each(record.buffer_address);
    each(record.kernels);
    each(record.cores);
    each(record.context);
    each(record.region_kind);
    each(record.scratchpad_bytes);
    each(record.tensor);
    each(record.exception);
    each(record.handled);
    each(record.sub_device);
    each(record.events);
    each(record.limit_bytes);
    each(record.available_bytes);
    each(record.wanted_bytes_per_core);
}

// A device or an allocator beyond the bounds of a ledger is no encoder's.
bool is_sound(const std::optional<uint32_t>& allocator) {
    return !allocator || *allocator < kMostAllocators;
}
template <typename Records>
bool are_sound(const Records& records) {
    return std::all_of(records.begin(), records.end(), [](const auto& record) { return is_sound(record.allocator); });
}

std::string pack_list(const std::vector<std::string>& records) {
    Packer packer;
    packer.number(records.size());
    for (const std::string& record : records) {
        packer.raw(record);
    }
    return packer.take();
}

template <typename Record>
std::string packed(const Record& record) {
    Packer packer;
    To to(packer);
    fields(to, record);
    return packer.take();
}

}  // namespace

std::string pack(const Program& program) {
    return packed(program);
}

std::string pack(const Failure& failure) {
    return packed(failure);
}

std::string pack_definitions(const std::vector<std::string>& definitions) {
    return pack_list(definitions);
}

std::optional<std::vector<Program>> unpack_definitions(std::string_view bytes, ProgramBudget& budget) {
    Unpacker unpacker(bytes);
    From from(unpacker, budget);
    std::vector<Program> definitions;
    from.list(definitions);
    return from.ok() && are_sound(definitions) ? std::optional(std::move(definitions)) : std::nullopt;
}

std::string pack(const std::vector<ProgramLoad>& loads, const ProgramState& state) {
    Packer packer;
    To to(packer);
    to.list(loads);
    to.list(state.loaded);
    to.list(state.rings);
    to.list(state.regions);
    return packer.take();
}

std::optional<ProgramChunk> unpack_programs(std::string_view bytes, ProgramBudget& budget) {
    Unpacker unpacker(bytes);
    ProgramBudget own;  // a state is kept by itself, and only while it is looked at
    From from(unpacker, own);
    ProgramChunk chunk;
    from.list(chunk.loads);
    from.list(chunk.state.loaded);
    from.list(chunk.state.rings);
    from.list(chunk.state.regions);
    const bool sound =
        from.ok() && budget.take(chunk.loads.size()) && are_sound(chunk.state.rings) && are_sound(chunk.state.regions);
    return sound ? std::optional(std::move(chunk)) : std::nullopt;
}

std::string pack_refusals(const std::vector<std::string>& refusals) {
    return pack_list(refusals);
}

std::optional<std::vector<Failure>> unpack_refusals(std::string_view bytes, ProgramBudget& budget) {
    Unpacker unpacker(bytes);
    From from(unpacker, budget);
    std::vector<Failure> refusals;
    from.list(refusals);
    const bool sound = from.ok() && are_sound(refusals) &&
                       std::all_of(refusals.begin(), refusals.end(),
                                   [](const Failure& each) { return each.account < ledger::kAccounts; });
    return sound ? std::optional(std::move(refusals)) : std::nullopt;
}

}  // namespace ttmem::recording
