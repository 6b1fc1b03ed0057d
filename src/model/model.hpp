// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Devices, processes and buffers at one moment: plain data, the same for every program that shows it. The inventory
// makes it; json.hpp writes it as JSON. Safe to share between threads while none changes it.
//
// Every figure is optional: what is not known is absent and never 0. Sizes are bytes, times ns since the Unix epoch.
// "On a device" means: of one chip, all its banks together, unless a name says per bank or per core.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"
#include "model/kinds.hpp"
#include "model/l1.hpp"

namespace ttmem::api {

// The figures of one kind of memory on one device.
struct MemoryUse {
    Bytes physical_bytes;  // DRAM and L1 only: the other kinds are carved out of these
    Bytes capacity_bytes;  // banks x bank size of the allocator that has the device open
    Bytes reserved_bytes;  // physical - capacity: firmware, rings, regions of the other kinds
    // Of living processes. Where several allocators cover the chip: the union of their address ranges.
    Bytes allocated_bytes;
    Bytes requested_bytes;  // what was asked for; each allocator's own, added up
    Bytes peak_bytes;       // absent where it cannot be known: several allocators or processes at once, nothing watched
    Bytes peak_since_attach_bytes;  // instead of the peak, where tracking was switched on in a process that ran already
    // Of allocated_bytes: what is known from upstream's counters alone, which are of bytes asked for, not taken.
    Bytes upstream_bytes;
    std::optional<uint64_t> buffers;
    std::optional<uint32_t> banks;
    Bytes largest_free_bytes_per_bank;
    // Of allocated_bytes: in banks that hold nothing of a buffer. Absent where it is not known of every buffer.
    Bytes lockstep_waste_bytes;
    // The furthest that buffers came since their processes began: the end of those that grow upward, the address of
    // those that grow downward; and the smallest largest free block, as the allocator said at peaks and refusals.
    std::optional<uint64_t> highest_address;
    std::optional<uint64_t> lowest_address;
    Bytes least_largest_free_bytes_per_bank;
    // Of the largest buffer that a living process has made so far; absent where none has made one, or it is unknown.
    Bytes largest_buffer_bytes_per_bank;
};

struct CircularBufferUse {
    Bytes current_bytes;
    Bytes cached_union_bytes;
    Bytes programs_sum_bytes;
    Bytes scratchpad_bytes;  // of current_bytes: scratchpads of kernels
    Bytes high_water_bytes_per_core;
    Bytes headroom_bytes_per_core;
    Bytes least_headroom_bytes_per_core;  // so far
    bool operator==(const CircularBufferUse&) const = default;
};

// The least distance of circular buffers and an L1 buffer so far, and the launch that brought it.
struct LeastHeadroom {
    std::optional<int> pid;
    uint64_t bytes = 0;
    std::string operation;  // whose launch or buffer came last; empty unknown
    uint64_t program_id = 0;
    std::optional<uint64_t> buffer_id;
    uint64_t end_address = 0;     // of the circular buffers
    uint64_t buffer_address = 0;  // of the buffer, or the end of the banks
    uint64_t time_ns = 0;
};

struct KernelUse {
    Bytes loaded_bytes;
    Bytes application_bytes;
    Bytes fabric_bytes;
    Bytes dispatch_bytes;
    Bytes ring_capacity_bytes_per_core;
    Bytes ring_used_bytes_per_core;
};

// A measured value of a card. Names and units are fixed (src/telemetry lists them all).
struct Sensor {
    std::string name;   // "asic_temperature"
    std::string unit;   // "C", "W", "MHz", ...; empty of texts
    std::string state;  // "known", "stale", "in_reset", "implausible", "gone", "unknown"
    std::optional<double> value;
    std::optional<std::string> text;
    std::optional<uint64_t> age_ns;
    std::optional<double> limit;
    std::optional<double> min;  // since this program first saw the card
    std::optional<double> max;

    bool known() const { return state == "known"; }
};

// The state and the limits of a card, as its driver reports them.
struct Telemetry {
    std::string condition;  // "ok", "starting", "blocked", "in_reset", "link_down", "no_firmware", "gone"
    std::optional<std::string> card_type;
    std::optional<uint64_t> asic_id;
    std::optional<uint64_t> serial;
    std::optional<int> numa_node;
    uint32_t resets_seen = 0;
    std::optional<std::vector<int>> open_pids;  // processes that have the device node open, tracked or not
    std::optional<uint64_t> hidden_opens;       // opens by processes outside of our pid namespace
    std::vector<Sensor> sensors;

    const Sensor* find(std::string_view name) const {
        for (const Sensor& sensor : sensors) {
            if (sensor.name == name) {
                return &sensor;
            }
        }
        return nullptr;
    }
};

// Where figures come from, in the order in which they are believed: a process counts from the first that has it.
enum class Source : uint8_t { kLedger, kSocket, kUpstreamShm };
std::string_view to_string(Source source);

struct Device {
    std::optional<int> id;         // tt-metal's logical id; absent for a card that no process has opened
    std::optional<int> kmd_index;  // N of /dev/tenstorrent/N
    std::optional<std::string> pci;
    std::optional<uint64_t> unique_id;
    std::optional<uint64_t> board_id;
    std::string arch;   // "wormhole_b0", "blackhole", "grayskull", "quasar"; empty unknown
    std::string board;  // "n150"; empty unknown
    bool mock = false;
    bool remote = false;  // has no PCI function of its own
    std::optional<uint32_t> dram_channels;
    std::optional<uint32_t> l1_cores;
    std::optional<uint32_t> l1_columns;  // of the grid that they are, from 0,0
    std::vector<Source> sources;         // that its figures come from; none: no process holds anything
    size_t live_processes = 0;           // that have an allocator open on it
    PerKind<MemoryUse> memory;
    Bytes preallocated_bytes;
    CircularBufferUse circular_buffers;
    std::optional<LeastHeadroom> least_headroom;  // absent: no program shared a core with L1 buffers, or unknown
    KernelUse kernels;
    std::optional<L1Summary> l1;         // when programs were asked for
    std::optional<Telemetry> telemetry;  // absent of mocks, of remote chips, and where the driver is not there
};

// The state of a process, by the kernel's word and not by the ledger's.
enum class ProcessState : uint8_t {
    kLive,
    kStopped,    // alive, and halted by a signal or a debugger
    kExited,     // said so itself
    kDied,       // gone without a word
    kForeign,    // its ledger is of another major version
    kCorrupt,    // its ledger contradicts the format
    kUntrusted,  // its ledger claims what the kernel does not confirm
};
std::string_view to_string(ProcessState state);

// Its figures count in the totals of devices.
constexpr bool counts(ProcessState state) {
    return state == ProcessState::kLive || state == ProcessState::kStopped;
}

// Where a process runs. Every text is empty when it is in none, or unknown.
struct Container {
    std::string runtime;  // "docker", "podman", "kubernetes", ...
    std::string id;
    std::string pod;  // uid of a Kubernetes pod
    std::string job;  // id of a Slurm job
};

// Memory of a process in its host, in bytes; absent where the kernel does not say. Memory that a driver pins for DMA
// shows in none of them.
struct HostMemory {
    Bytes rss_bytes;     // resident, huge pages left out
    Bytes locked_bytes;  // by mlock(2)
    Bytes pinned_bytes;  // pages that may not move
    Bytes huge_bytes;    // huge pages
    bool operator==(const HostMemory&) const = default;
};

// The memory of a process on one device: now, or when it ended.
struct ProcessDevice {
    DeviceIndex device;  // index into Model::devices
    PerKind<Bytes> bytes;
    PerKind<Bytes> peak_bytes;
    PerKind<Bytes> peak_since_attach_bytes;  // see MemoryUse
    PerKind<std::optional<uint64_t>> buffers;
    Bytes circular_buffer_bytes;
    Bytes kernel_bytes;
    Bytes application_kernel_bytes;  // of programs, by type
    Bytes fabric_kernel_bytes;
    Bytes dispatch_kernel_bytes;
};

struct Process {
    std::optional<int> pid;       // as this program's pid namespace shows it; else as the process sees itself
    bool pid_visible = false;     // pid is of our namespace and confirmed by the kernel
    std::optional<uint32_t> uid;  // owner of the ledger
    std::string user;             // its name, or the number as text
    std::string name;             // of the command, as every user may see it (/proc/PID/comm); empty unknown
    std::string command;          // full command line where it may be read, else the name; empty unknown
    std::string library;          // the library that reports: "libtt_metal 0.81.1"; empty unknown
    std::optional<uint64_t> start_time_ns;
    std::optional<uint64_t> created_ns;  // when its ledger was made
    // When tracking was switched on in the process that ran already; absent: it was on from its beginning, or unknown.
    std::optional<uint64_t> tracked_since_ns;
    ProcessState state = ProcessState::kLive;
    std::string reason;  // why it is foreign, corrupt or untrusted; else empty
    Source source = Source::kLedger;
    std::optional<Container> container;
    std::optional<HostMemory> host;  // absent: gone, or of another pid namespace
    std::optional<int> parent_pid;   // the nearest of its ancestors that is a tracked process, too
    std::string ledger;              // path of its ledger
    std::vector<ProcessDevice> devices;
    uint64_t unlisted_buffers = 0;  // live, in the totals, and in no list for want of room
    uint64_t lost_events = 0;       // ever: reports without room in the list, not recorded at all, or without sense
    std::optional<uint64_t> steps;  // that it has marked so far; absent: none, or unknown
    bool one_moment = true;         // false: it never paused while it was read, list and totals may be an event apart
};

// A line of a program in the middle of a call.
struct Frame {
    std::string file;
    std::string function;
    uint32_t line = 0;      // 0 unknown
    std::string operation;  // the ttnn operation whose call it is; empty: none
};

// How something came about, as far as its process says.
struct Context {
    ProcessIndex process;      // index into Model::processes
    std::string scope;         // the program's own name of a part of itself; empty: none
    std::string operation;     // the outermost ttnn operation; empty: none
    std::vector<Frame> stack;  // innermost first; empty unknown
    bool cut = false;          // it has more callers
};

// Facts of the tensor that a buffer holds. Empty texts and lists are unknown.
struct Tensor {
    ProcessIndex process;  // index into Model::processes
    std::vector<uint32_t> shape;
    std::vector<uint32_t> padded_shape;
    std::string data_type;      // "bfloat16"
    std::string layout;         // "tile", "row_major"
    std::string memory_layout;  // "interleaved", "height_sharded", ...
    std::vector<uint32_t> shard_shape;
    std::string shard_orientation;  // "row_major", "col_major": the order in which cores take shards
    // How it is distributed over the chips of a mesh: the extent of each dimension of the distribution, and the tensor's
    // dimension that is divided along it; kReplicated: none, each chip has all of it.
    std::vector<uint32_t> distribution_shape;
    std::vector<int32_t> divided;
    static constexpr int32_t kReplicated = INT32_MIN;
};

enum class BufferKind : uint8_t {
    kDram,
    kL1,
    kL1Small,
    kTrace,
    kSystemMemory,
    kView,
    kPreallocated,
    kHooked,
    kDanglingView  // a view whose memory was freed through another name
};
std::string_view to_string(BufferKind kind);
std::optional<MemoryKind> memory_kind(BufferKind kind);  // that an allocator placed it in; nothing of the others
// Takes bytes of the device that no other buffer has.
constexpr bool takes_bytes(BufferKind kind) {
    return kind != BufferKind::kView && kind != BufferKind::kHooked && kind != BufferKind::kDanglingView;
}

struct Buffer {
    ProcessIndex process;  // index into Model::processes
    uint64_t id = 0;
    std::vector<DeviceIndex> devices;  // indexes into Model::devices
    AllocatorIndex allocator;          // index into Model::allocators; SIZE_MAX: unknown
    std::optional<int> mesh;
    BufferKind kind = BufferKind::kDram;
    std::optional<MemoryKind> view_of;  // of views and pre-allocated ones: the memory that they lie in
    uint64_t address = 0;
    uint64_t requested_bytes = 0;  // on each of its devices
    uint64_t allocated_bytes = 0;  // on each of its devices; 0 of views and hooked ones, which take none
    uint64_t bytes_per_bank = 0;
    uint32_t banks = 0;
    std::optional<uint32_t> page_bytes;
    std::string_view layout;       // "interleaved", "sharded"; empty unknown
    bool kernel_binaries = false;  // holds the kernels of a program
    // In L1_SMALL, and a circular buffer of a loaded program lies in it: it stays as long as the program does (in
    // ttnn's program cache, until the cache is cleared).
    bool program_cache = false;
    bool while_traced = false;  // made while a trace of its device was alive, whose replay may overwrite it
    uint32_t thread = 0;
    uint64_t allocated_at_ns = 0;
    std::optional<std::string> region;    // what the program was doing, by its own word; absent where it said nothing
    std::optional<ContextIndex> context;  // index into Model::contexts
    std::optional<TensorIndex> tensor;    // index into Model::tensors
    std::optional<std::string> label;     // the program's own name of the tensor
    // Where it lies on these cores alone (tt-metal's HYBRID allocator); absent: in every bank, or unknown. `bankless`:
    // in every bank, and on these cores, of which some are in no bank.
    std::optional<CoreSet> cores;
    bool bankless = false;
    std::vector<AddressOnCore>
        addresses;                       // by core, where each has one of its own; else `address` holds on all of them
    std::optional<uint32_t> used_banks;  // banks that hold bytes of it; absent unknown

    bool lies_on(const Core& core) const;         // of a core that a bank lies on
    bool names(const Core& core) const;           // among `cores`
    uint64_t address_on(const Core& core) const;  // of a core that it lies on
    // Bytes taken beyond those requested, on each of its devices. Lockstep: in banks that hold none of it, since the
    // allocator takes a buffer's bytes in every bank. Padding: the rounding of pages and blocks.
    Bytes lockstep_waste_bytes() const;
    Bytes padding_bytes() const;
};

enum class ConflictType : uint8_t { kTwoAllocators, kDanglingView };
std::string_view to_string(ConflictType type);

// Either of two buffers that hold the same bytes. A copy: the list of buffers need not be in the model.
struct ConflictSide {
    uint64_t id = 0;
    std::optional<int> mesh;
    BufferKind kind = BufferKind::kDram;
    uint64_t address = 0;
    uint64_t bytes_per_bank = 0;
    std::string region;  // empty unknown
};

// Two buffers of a process hold the same bytes (inventory/conflicts.hpp).
struct Conflict {
    ConflictType type = ConflictType::kTwoAllocators;
    ProcessIndex process;              // index into Model::processes
    std::vector<DeviceIndex> devices;  // indexes into Model::devices, on which they overlap
    MemoryKind kind = MemoryKind::kDram;
    uint64_t address = 0;         // where the bytes begin that both have,
    uint64_t bytes_per_bank = 0;  // and how many
    ConflictSide first;           // the view that dangles; of two allocators' the one with the lower id
    ConflictSide second;
};

enum class EventType : uint8_t { kAllocate, kFree, kFail, kOpen, kClose, kProgramLoad, kProgramUnload, kClash };
std::string_view to_string(EventType type);

struct Event {
    ProcessIndex process;  // index into Model::processes
    uint64_t time_ns = 0;
    EventType type = EventType::kAllocate;
    std::optional<MemoryKind> kind;
    uint64_t id = 0;
    uint64_t bytes = 0;
    uint32_t thread = 0;
    std::vector<DeviceIndex> devices;  // indexes into Model::devices
};

struct Model {
    uint64_t time_ns = 0;
    std::optional<std::string> driver_version;  // of tt-kmd; absent where it is not loaded
    List<Device> devices;                       // real ones, mocks, then cards that no process has opened; each by id
    List<Process> processes;                    // living ones first; of one pid the newest first
    List<Allocator> allocators;                 // of living processes; what Buffer, Region and others name
    bool buffers_listed = false;
    List<Buffer> buffers;  // of living processes, when asked for (or those that Device::l1 names); by process and id
    // Of living processes, when asked for; failures of ended ones too.
    bool programs_listed = false;
    List<Program> programs;
    std::vector<Region> regions;
    std::vector<ConfigRing> config_rings;
    std::vector<Failure> failures;  // by time
    List<Context> contexts;         // what the lists above name
    List<Tensor> tensors;
    std::vector<Event> events;         // since the model before, when asked for; by time
    uint64_t events_missed = 0;        // written since then and overwritten before this read
    std::vector<Conflict> conflicts;   // of living processes, where buffers were read; the largest first, bounded
    uint64_t conflict_count = 0;       // how many there are, with those left out
    std::vector<std::string> notices;  // what a person should know about this answer: directories not read, and why
};

}  // namespace ttmem::api
