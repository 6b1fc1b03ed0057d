// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger as its reader understood it: plain values, checked and in host units. Times are ns since the Unix epoch.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/saturate.hpp"
#include "ledger/format.hpp"

namespace ttmem::ledger {

// The writer's identity. From the header, so no more than the writer's claim; the inventory checks it with the kernel.
struct Identity {
    uint32_t pid = 0;  // in the writer's pid namespace
    uint32_t uid = 0;
    uint64_t start_time_ticks = 0;
    uint64_t start_time_ns = 0;
    uint64_t created_ns = 0;
    uint64_t pid_namespace = 0;
    uint64_t nonce = 0;
    std::array<uint8_t, 16> boot_id{};
    std::string command;
    std::string library;
};

struct Device {
    int32_t logical_id = 0;
    bool mock = false;
    bool remote = false;
    std::optional<uint64_t> unique_id;
    std::optional<uint64_t> board_id;
    uint32_t arch = 0;
    std::string board;  // empty unknown
    std::string pci;    // empty unknown
    std::optional<uint32_t> dram_channels;
    uint64_t dram_channel_bytes = 0;
    std::optional<uint32_t> l1_cores;
    std::optional<uint32_t> l1_columns;  // divides l1_cores, which are a grid of so many columns
    uint64_t l1_core_bytes = 0;
};

// The amounts that an (allocator, account) holds on each device, and their peaks.
struct AccountTotals {
    uint64_t buffers = 0;
    uint64_t bytes = 0;
    uint64_t requested_bytes = 0;
    uint64_t peak_bytes = 0;
    uint64_t largest_bytes_per_bank = 0;  // of the largest buffer so far in every bank; 0: none, or of before 1.2
    uint64_t allocations = 0;             // since the ledger began
    uint64_t frees = 0;
    uint64_t allocated_bytes = 0;
    uint64_t freed_bytes = 0;
    uint64_t failures = 0;
};

// The furthest that an (allocator, account) has come; each nullopt where there was none, or the ledger is of 1.1.
struct Watermarks {
    std::optional<uint64_t> highest_end;
    std::optional<uint64_t> lowest_address;
    std::optional<uint64_t> least_largest_free;
    std::optional<uint64_t> recent_highest_end;
    std::optional<uint64_t> recent_lowest_address;
    std::optional<uint64_t> recent_least_largest_free;
    std::optional<uint64_t> peak_with_mesh;  // bytes that a HYBRID device's own allocator and its mesh's held together
    std::optional<uint64_t> recent_peak_with_mesh;
};

// How close circular buffers and an L1 buffer have come.
struct LeastHeadroom {
    uint64_t bytes = 0;
    uint32_t context = 0;
    uint64_t program_id = 0;
    std::optional<uint64_t> buffer_id;
    uint64_t end_address = 0;
    uint64_t buffer_address = 0;
    uint64_t time_ns = 0;
};

struct Allocator {
    uint32_t index = 0;
    bool open = false;
    int32_t mesh_id = -1;
    std::optional<uint32_t> parent;
    uint32_t generation = 0;
    std::vector<uint32_t> devices;  // indexes into Snapshot::devices
    std::array<BankGeometry, kBufferTypes> geometry{};
    uint64_t opened_ns = 0;
    std::optional<uint64_t> closed_ns;
    std::array<AccountTotals, kAccounts> totals{};
    // Since 1.2.
    bool hybrid = false;       // buffers may lie at an address of their own on each core
    uint32_t live_traces = 0;  // captured and not yet released
    std::array<Watermarks, kAccounts> watermarks{};
    std::optional<LeastHeadroom> least_headroom;         // ever
    std::optional<LeastHeadroom> recent_least_headroom;  // since the process last asked to begin again
};

struct CoreAddress {
    uint32_t device = 0;  // index into Snapshot::devices
    uint16_t x = 0;       // logical core
    uint16_t y = 0;
    uint64_t address = 0;
};

struct Buffer {
    uint32_t slot = 0;
    uint64_t id = 0;
    uint64_t address = 0;
    uint64_t requested_bytes = 0;  // on each device
    uint64_t bytes_per_bank = 0;
    uint32_t banks = 0;
    uint32_t page_bytes = 0;  // 0 unknown
    uint32_t thread = 0;
    uint32_t allocator = 0;          // index into Snapshot::allocators
    std::optional<uint32_t> device;  // set: on this one only (index into Snapshot::devices)
    uint8_t account = 0;
    uint8_t type = 0;
    uint8_t layout = 0;
    uint8_t flags = 0;
    uint32_t context = 0;  // below kFirstContext a name, else a context of the sidecar; 0 none
    uint16_t scope = 0;    // a name; 0 none
    uint64_t allocated_at_ns = 0;
    // Since 1.2; as here where the ledger does not say.
    uint32_t tensor = 0;         // sidecar id of the tensor's facts
    uint32_t label = 0;          // sidecar id
    uint32_t used_banks = 0;     // 0 unknown
    uint32_t core_set = kNone;   // key in Snapshot::core_sets; kNone: every bank, or unknown
    uint32_t placement = kNone;  // first of its Snapshot::core_addresses; kNone: `address` holds on every core
    uint32_t placements = 0;

    uint64_t allocated_bytes() const { return saturating_product(bytes_per_bank, banks); }
};

struct Event {
    uint64_t time_ns = 0;
    uint64_t id = 0;
    uint64_t bytes = 0;
    uint32_t thread = 0;
    std::optional<uint32_t> allocator;
    uint8_t type = 0;  // EventType
    uint8_t account = 0;
    // Since 1.2; 0 where the ledger is older.
    uint64_t address = 0;
    uint64_t requested_bytes = 0;
    uint32_t context = 0;
    uint32_t tensor = 0;
    uint32_t page_bytes = 0;
    uint32_t form = 0;  // event_form()
};

struct Failure {
    uint64_t number = 0;
    uint64_t time_ns = 0;
    uint32_t type = 0;  // FailureType
    uint32_t thread = 0;
    std::optional<uint32_t> allocator;
    uint8_t account = 0;
    uint8_t layout = 0;
    uint32_t banks = 0;
    uint64_t requested_bytes = 0;
    uint64_t bytes_per_bank = 0;
    std::optional<uint64_t> largest_free_per_bank;
    uint64_t allocated_bytes = 0;
    uint64_t program_id = 0;  // clash only, with the following
    uint64_t buffer_id = 0;
    uint64_t end_address = 0;
    uint64_t buffer_address = 0;
    uint32_t kernels = 0;  // sidecar id of the names of the program's kernels, 0 unknown
    std::vector<CoreRange> cores;
    uint32_t context = 0;
    // Since 1.2.
    uint32_t region_kind = 0;       // ProgramRegionKind
    uint32_t scratchpad_bytes = 0;  // on a core
    uint32_t tensor = 0;
    uint32_t exception = 0;  // sidecar id of its text, 0 unknown
    bool handled = false;    // the same call went on after it; false: not known
    uint32_t sub_device = 0;
    uint64_t events = 0;  // that were written before it, all shards together; 0 unknown
    std::optional<uint64_t> limit_bytes;
    std::optional<uint64_t> available_bytes;
    std::optional<uint64_t> wanted_bytes_per_core;
    std::optional<uint64_t> picture;  // number of the picture that shows the moment
};

struct CircularBuffer {
    uint64_t id = 0;
    uint64_t address = 0;
    uint64_t bytes = 0;  // on each core
    uint32_t flags = 0;  // CircularBufferFlags
    std::vector<CoreRange> cores;
    uint64_t index_mask = 0;               // bit n: it is the program's number n; 0 unknown
    std::optional<uint8_t> data_format{};  // tt-metal's DataFormat of the first of them
};

struct Kernel {
    uint64_t id = 0;
    uint32_t name = 0;          // sidecar id
    uint32_t packed_bytes = 0;  // kNone unknown
    uint8_t processor = 0;
    uint8_t type = 0;
    uint16_t core_type = 0;
    std::vector<CoreRange> cores;
};

struct Program {
    uint64_t id = 0;
    std::optional<uint32_t> allocator;
    uint8_t type = 0;
    uint8_t flags = 0;  // ProgramFlags
    uint64_t loaded_ns = 0;
    uint64_t last_launch = 0;  // 0 never
    std::vector<uint32_t> devices;
    uint64_t circular_buffer_bytes = 0;  // on each device
    uint64_t kernel_bytes = 0;           // on each device; kUnknown64 unknown
    std::optional<uint64_t> config_bytes;
    uint64_t scratchpad_bytes = 0;  // on each device, part of circular_buffer_bytes
    uint32_t context = 0;
    std::vector<CircularBuffer> circular_buffers;
    std::vector<Kernel> kernels;
};

struct ConfigRing {
    std::optional<uint32_t> allocator;
    uint8_t sub_device = 0;
    uint8_t core_type = 0;
    bool trace = false;
    uint32_t programs = 0;  // launches whose configuration is in it
    uint64_t base_address = 0;
    uint64_t capacity_bytes = 0;
    uint64_t used_bytes = 0;
    uint64_t evictions = 0;
};

struct Region {
    std::optional<uint32_t> allocator;
    uint8_t buffer_type = 0;
    uint32_t type = 0;   // RegionType
    uint8_t source = 0;  // RegionSource
    uint64_t address = 0;
    uint64_t bytes = 0;
    std::optional<uint32_t> device;  // index into Snapshot::devices; none: every device of the allocator
    std::vector<CoreRange> cores;    // empty: every core or bank
};

// All buffers of a context, of an (allocator, account).
struct ContextSum {
    uint32_t context = 0;
    uint32_t allocator = 0;
    uint32_t account = 0;
    uint32_t buffers = 0;
    uint64_t bytes = 0;
};

// The head of a frozen picture.
struct Picture {
    uint64_t number = 0;
    uint64_t time_ns = 0;
    uint32_t reason = 0;              // PictureReason
    std::optional<uint64_t> failure;  // the first that it was taken for
    uint64_t buffers = 0;             // that lived; Snapshot::buffers are those that found room
    uint64_t bytes_left_out = 0;
    uint64_t programs = 0;
    uint64_t programs_kept = 0;
    std::vector<ContextSum> sums;  // where buffers are left out
};

struct Snapshot {
    Identity identity;
    bool exited = false;  // the process said that it ends
    std::vector<Device> devices;
    std::vector<Allocator> allocators;  // by index; open and closed
    std::vector<Buffer> buffers;        // when asked for; any order
    uint64_t unlisted_buffers =
        0;  // live, in the totals, not in the table (counted whether or not a list was asked for)
    std::map<uint32_t, std::vector<CoreRange>> core_sets;  // those that a buffer names
    std::vector<CoreAddress> core_addresses;               // by place in the ledger's table; runs belong to buffers
    std::vector<Failure> failures;                         // the newest, oldest first
    std::vector<Program> programs;
    bool programs_told = false;  // the process has reported programs, even if none lives now
    std::vector<ConfigRing> config_rings;
    std::vector<Region> regions;
    std::array<uint64_t, kLostCauses> lost{};
    std::optional<uint64_t> late_ns;  // tracking was switched on then; nullopt: as the process began
    uint32_t features = 0;            // Features
    uint32_t stack_state = 0;         // StackState
    uint32_t stack_frames = 0;
    uint64_t pictures = 0;            // ever frozen
    uint64_t steps = 0;               // that the program has marked; 0: none, or of before 1.2
    std::optional<Picture> picture;   // this is one, and not what the process has now
    uint64_t events = 0;              // ever written, all shards together
    std::vector<uint64_t> positions;  // ever written, by shard
    // False: the rate of the writer's clock is unknown (another boot or machine). The times of events are then all
    // the moment at which the ledger was made; those in `identity` are right.
    bool times_known = true;
    // True: list and totals are of one moment. False: the writer never paused while it was read; every buffer row is
    // whole, and the totals of listed accounts were summed from the rows.
    bool one_moment = true;
};

}  // namespace ttmem::ledger
