// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger file: what a tracked process writes down about its device memory. docs/ledger-format.md tells the same in
// prose; a change here lands with that page, a golden file and a changelog entry.
//
// Glossary
//   ledger      one file in shared memory, written by one process and read by anybody
//   section     an array of equal records at an offset that the directory names
//   extent      a section added while the process runs; its bytes are reserved before the directory names it
//   shard       what one thread at a time writes to: journal, counters, event ring. Buffer records belong to no shard.
//   allocator   one tt-metal allocator (device, mesh or submesh); a buffer of a mesh is ONE record
//   account     what a buffer counts as: its type, or fixed / hooked / circular buffer / kernel
//
// Map (little endian; "page" is 4096 bytes whatever the machine's page is)
//   0       FileHeader            1 page
//   4096    SectionEntry[512]     4 pages; the first FileHeader::section_count are valid
//   20480   sections, each at a multiple of 64
//
// Who touches what
//   Only the owning process writes. Readers copy (pread), check every size, offset, count and string, and never map.
//   Word32/Word64 fields are stored whole; each says its order and partner where it stands.
//
// Life of a buffer record (BufferRecord::state, low two bits)
//
//        kFree ──write begins──> kWriting ──fields stored──> kLive ──freed──> kFree (generation + 1)
//
//   The store that makes a record live, and the one that frees it, are each the commit point of their event. A shard's
//   journal entry is stored before and cleared after; it holds the counters' values from before. A reader that finds an
//   event in flight (the writer was preempted, stopped or killed there) looks at the commit point: passed, it rolls the
//   counters forward (before + amount); not passed, it rolls them back (before). So list and totals always agree and
//   the state is that before or that after the event.
//
// Failures as a reader sees them
//   ready word absent             being made, or its maker died making it
//   another major version         foreign version: refuse politely
//   unknown section kind          skipped (minor version)
//   journal active                event in flight: roll
//   offset, size or count wrong   corrupt
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ttmem::ledger {

inline constexpr uint64_t kMagic = 0x4c434f4c4c415454;  // "TTALLOCL" as bytes in the file
inline constexpr uint64_t kReady = 0x59444145522d5454;  // "TT-READY"
inline constexpr uint16_t kMajor = 1;
inline constexpr uint16_t kMinor = 1;
inline constexpr uint32_t kPageBytes = 4096;
inline constexpr uint32_t kMaxSections = 512;
inline constexpr uint32_t kNone = 0xffffffff;         // no index
inline constexpr uint64_t kUnknown64 = ~uint64_t{0};  // no value

// A word that the writer stores whole: aligned, lock free, the same bytes as the plain integer.
using Word32 = std::atomic<uint32_t>;
using Word64 = std::atomic<uint64_t>;
static_assert(sizeof(Word32) == 4 && alignof(Word32) == 4 && Word32::is_always_lock_free);
static_assert(sizeof(Word64) == 8 && alignof(Word64) == 8 && Word64::is_always_lock_free);

// ---------------------------------------------------------------------------------------------------------------------
// Header

enum ProcessState : uint32_t { kStateRunning = 1, kStateExited = 2 };  // exited: it said so itself on its way out

enum ClockKind : uint32_t {
    kClockX86Tsc = 1,      // RDTSC, invariant
    kClockMonotonicNs = 2  // CLOCK_MONOTONIC in ns
};

// Events that could not be recorded or made no sense, counted by cause: index into FileHeader::lost.
enum LostCause : uint32_t {
    kLostReentrant = 0,    // a report from within a report (a signal handler): its bytes are missing from the totals
    kLostUnlisted = 1,     // found the buffer table full: in the totals, not in the list
    kLostUnknownFree = 2,  // free of an id that does not live here (allocated before tracking, or by the parent)
    kLostDuplicate = 3,    // report of an id that lives already: ignored
    kLostBadArgument = 4,  // unknown allocator, type or size: ignored
    kLostNoAllocatorRoom = 5,  // more open allocators than the tables may hold: their buffers are not tracked
    kLostNoMemory = 6,         // the host had no memory for the index: its bytes are missing from the totals
    kLostNoProgramRoom = 7     // no room for a program, its circular buffers and kernels, a ring or a region
};
inline constexpr uint32_t kLostCauses = 8;

struct FileHeader {
    // Identity. Written once, before `ready`; never changed.
    uint64_t magic;               // 0    kMagic
    uint16_t major;               // 8
    uint16_t minor;               // 10
    uint32_t header_bytes;        // 12   sizeof(FileHeader)
    Word64 ready;                 // 16   kReady, stored last (release); a reader checks it first
    uint32_t pid;                 // 24   in the writer's pid namespace
    uint32_t uid;                 // 28   effective user of the writer
    uint64_t start_time_ticks;    // 32   field 22 of /proc/PID/stat
    uint64_t pid_namespace;       // 40   inode of /proc/PID/ns/pid
    uint64_t nonce;               // 48   random; tells two ledgers of one pid apart
    uint8_t boot_id[16];          // 56   /proc/sys/kernel/random/boot_id, binary
    uint64_t start_time_ns;       // 72   start of the process, ns since the Unix epoch
    uint64_t created_ns;          // 80   when the ledger was made, ns since the Unix epoch
    uint32_t clock_kind;          // 88   ClockKind of every `ticks` field
    uint32_t max_buffers;         // 92   bound of the buffer table
    uint64_t clock_ticks;         // 96   the clock stood here when...
    uint64_t clock_realtime_ns;   // 104  ...CLOCK_REALTIME was this
    uint64_t clock_hz;            // 112  ticks a second, 0 unknown (a reader then measures it)
    char command[64];             // 120  /proc/PID/comm, terminated
    char library[64];             // 184  what feeds the ledger ("libtt_metal 0.81.1", "client"), terminated
    uint64_t clock_monotonic_ns;  // 248  CLOCK_MONOTONIC at that moment: the rate is measured against it, never against
                                  //      CLOCK_REALTIME, which may be set
    uint8_t reserved0[256];       // 256

    // Words that change. Writer: any thread of the process.
    Word32 state;              // 512  ProcessState; release
    Word32 section_count;      // 516  release, after the entry is whole; a reader loads it before the entries
    Word32 allocator_count;    // 520  records ever used in the allocator table; release
    Word32 device_count;       // 524  records in the device table; release
    Word64 interned_bytes;     // 528  bytes used in the interned sections together; release
    Word64 failure_count;      // 536  failures ever recorded; the newest are in the failure ring; release
    uint8_t reserved1[32];     // 544
    Word64 lost[kLostCauses];  // 576  by LostCause; relaxed
    uint8_t reserved2[3456];   // 640
};
static_assert(sizeof(FileHeader) == kPageBytes && alignof(FileHeader) == 8);
static_assert(offsetof(FileHeader, ready) == 16 && offsetof(FileHeader, pid) == 24);
static_assert(offsetof(FileHeader, boot_id) == 56 && offsetof(FileHeader, clock_ticks) == 96);
static_assert(offsetof(FileHeader, command) == 120 && offsetof(FileHeader, library) == 184);
static_assert(offsetof(FileHeader, clock_monotonic_ns) == 248);
static_assert(offsetof(FileHeader, state) == 512 && offsetof(FileHeader, lost) == 576);
static_assert(offsetof(FileHeader, interned_bytes) == 528);

// ---------------------------------------------------------------------------------------------------------------------
// Directory

enum SectionKind : uint32_t {
    kSectionDevices = 1,           // DeviceRecord
    kSectionAllocators = 2,        // AllocatorRecord
    kSectionInterned = 3,          // stride 1: InternedHeader and payload, one entry behind another
    kSectionTotals = 4,            // TotalLine, index = allocator x kAccounts + account
    kSectionShard = 5,             // ShardHeader, one record; owner = shard
    kSectionCounters = 6,          // CounterLine of a shard, index as in totals; owner = shard
    kSectionRing = 7,              // EventRecord of a shard; owner = shard; one section, count a power of two
    kSectionBuffers = 8,           // BufferRecord
    kSectionFailures = 9,          // FailureRecord ring, one section
    kSectionPrograms = 10,         // ProgramRecord
    kSectionCircularBuffers = 11,  // CircularBufferRecord
    kSectionKernels = 12,          // KernelRecord
    kSectionConfigRings = 13,      // ConfigRingRecord
    kSectionRegions = 14           // RegionRecord
};

// A table may grow: several sections of one kind (and owner) then follow each other by first_index, without a gap.
struct SectionEntry {
    uint32_t kind;         // 0   SectionKind; unknown ones are skipped
    uint32_t owner;        // 4   shard, or 0
    uint64_t offset;       // 8   in the file, multiple of 64
    uint32_t first_index;  // 16  index of its first record in the table
    uint32_t count;        // 20  records
    uint32_t stride;       // 24  bytes a record; at least the size that this version knows
    uint32_t reserved;     // 28
};
static_assert(sizeof(SectionEntry) == 32 && offsetof(SectionEntry, offset) == 8);
inline constexpr uint64_t kDirectoryOffset = kPageBytes;
inline constexpr uint64_t kFirstSectionOffset = kDirectoryOffset + kMaxSections * sizeof(SectionEntry);
static_assert(kFirstSectionOffset == 20480);

// ---------------------------------------------------------------------------------------------------------------------
// Devices, allocators, interned sets. Cold: written under the writer's private lock.

enum DeviceFlags : uint32_t { kDeviceMock = 1, kDeviceUniqueId = 2, kDeviceRemote = 4 };

// Written once, before FileHeader::device_count covers it; never changed.
struct DeviceRecord {
    int32_t logical_id;           // 0
    uint32_t flags;               // 4   DeviceFlags
    uint64_t unique_id;           // 8   valid with kDeviceUniqueId
    uint64_t board_id;            // 16  0 unknown
    uint32_t arch;                // 24  0 unknown, 1 Grayskull, 2 Wormhole_B0, 3 Blackhole, 4 Quasar
    uint32_t dram_channels;       // 28  0 unknown
    uint64_t dram_channel_bytes;  // 32
    uint64_t l1_core_bytes;       // 40
    uint32_t l1_cores;            // 48  0 unknown
    uint32_t l1_columns;          // 52  0 unknown; they are a grid of so many columns
    char board[32];               // 56  terminated; empty unknown
    char pci[16];                 // 88  "0000:01:00.0"; empty unknown
    uint8_t reserved1[24];        // 104
};
static_assert(sizeof(DeviceRecord) == 128 && offsetof(DeviceRecord, board) == 56 && offsetof(DeviceRecord, pci) == 88);

inline constexpr uint32_t kBufferTypes = 5;  // tt-metal's BufferType: DRAM, L1, SYSTEM_MEMORY, L1_SMALL, TRACE

struct BankGeometry {
    uint64_t bank_bytes;    // 0   what the allocator may hand out in each bank
    uint64_t base_address;  // 8   lowest address that it hands out
    uint32_t banks;         // 16  0 = none of this type, or unknown
    uint32_t alignment;     // 20
};
static_assert(sizeof(BankGeometry) == 24);

enum AllocatorState : uint32_t { kAllocatorUnused = 0, kAllocatorOpen = 1, kAllocatorClosed = 2 };

// Rewritten only while unused or closed: `sequence` is odd meanwhile, also while totals and counters start anew. A
// closed record may be opened again, for the same devices and geometry (its peaks then go on) or, when the table is
// full, for others (its totals then start anew).
struct AllocatorRecord {
    Word32 sequence;                      // 0   odd while fields change; release
    Word32 state;                         // 4   AllocatorState; release
    int32_t mesh_id;                      // 8   -1 for a device's own allocator
    uint32_t parent;                      // 12  index of the parent mesh's allocator, or kNone
    uint32_t device_set;                  // 16  offset of an interned device set
    uint32_t generation;                  // 20  how often this record was opened; 1 the first time
    uint64_t opened_ticks;                // 24
    Word64 closed_ticks;                  // 32  0 while open
    BankGeometry geometry[kBufferTypes];  // 40
    uint8_t reserved[96];                 // 160
};
static_assert(sizeof(AllocatorRecord) == 256 && offsetof(AllocatorRecord, geometry) == 40);

enum InternedType : uint32_t {
    kInternedDeviceSet = 1,  // payload: uint32_t device index[]
    kInternedCoreSet = 2     // payload: CoreRange[]
};

// Interned sets are append-only and lie one behind another; a set is named by the offset of its header from the start
// of the interned sections, which count as if they lay end to end; an entry never crosses from one section into the
// next (the rest of a section is then one entry of type 0). FileHeader::interned_bytes covers whole entries only.
struct InternedHeader {
    uint32_t type;   // 0  InternedType; unknown ones are skipped
    uint32_t bytes;  // 4  payload; the next header follows at the next multiple of 8
};
static_assert(sizeof(InternedHeader) == 8);

// Logical core coordinates, both ends inside.
struct CoreRange {
    uint16_t start_x, start_y, end_x, end_y;
};
static_assert(sizeof(CoreRange) == 8);

// ---------------------------------------------------------------------------------------------------------------------
// Totals

enum Account : uint32_t {
    kAccountDram = 0,  // 0-4: buffers that the allocator placed, by buffer type
    kAccountL1 = 1,
    kAccountSystemMemory = 2,
    kAccountL1Small = 3,
    kAccountTrace = 4,
    kAccountFixed = 5,           // made at a given address: view or pre-allocated (the reader tells which)
    kAccountHooked = 6,          // taken by a capture hook: no bytes on the device
    kAccountCircularBuffer = 7,  // 7-10: reported by the six reports, size x cores
    kAccountKernelApplication = 8,
    kAccountKernelFabric = 9,
    kAccountKernelDispatch = 10
};
inline constexpr uint32_t kAccounts = 16;
inline constexpr uint32_t kAllocatorsPerSection = 64;

// The one maximum of an (allocator, account), allocated bytes on each device. It is raised after the commit point of an
// event, only rises, and is exact at the end of every event. What is held is the sum of the shards' counters; the peak
// of a dead writer is the larger of that sum and `peak_bytes`, for it may have died between the two. The other words
// are the writer's own, by which it knows the maximum without a counter that its threads share; readers skip them.
struct alignas(64) TotalLine {
    Word64 claimed_bytes;      // 0   held bytes and the slack of all shards
    Word64 peak_bytes;         // 8   relaxed
    Word32 holds_slack;        // 16  1: shards may keep slack; 0: none does. Changed under the locks of all shards
    Word32 quiet;              // 20  allocations since the peak rose
    Word32 settled;            // 24  how often slack was taken back
    uint32_t reserved0;        // 28
    Word64 recent_peak_bytes;  // 32  as peak_bytes, since the process last began to count anew; never above it
    uint8_t reserved1[24];     // 40
};
static_assert(sizeof(TotalLine) == 64 && offsetof(TotalLine, peak_bytes) == 8);

// What one shard has added and taken away since the ledger began; live = sum over shards of (in - out). Stored by the
// shard's holder (relaxed; the journal's word orders them for readers).
struct alignas(64) CounterLine {
    Word64 allocations;          // 0
    Word64 allocated_bytes;      // 8
    Word64 allocated_requested;  // 16
    Word64 frees;                // 24
    Word64 freed_bytes;          // 32
    Word64 freed_requested;      // 40
    Word64 failures;             // 48
    Word64 slack;                // 56  the writer's own: claimed, not held (TotalLine)
};
static_assert(sizeof(CounterLine) == 64 && offsetof(CounterLine, frees) == 24);

// ---------------------------------------------------------------------------------------------------------------------
// Shards

enum JournalOp : uint32_t { kJournalIdle = 0, kJournalAllocate = 1, kJournalFree = 2 };

// word: op in bits 0-7, account in 8-15, allocator in 16-31, buffer slot in 32-63 (kNone: unlisted buffer).
inline constexpr uint64_t journal_word(uint32_t op, uint32_t account, uint32_t allocator, uint32_t slot) {
    return uint64_t{op} | uint64_t{account} << 8 | uint64_t{allocator} << 16 | uint64_t{slot} << 32;
}

// The event in flight. `word` is stored last when it begins (release) and set to 0 when it is over (release).
// count/bytes/requested_before: the three counters that the event changes (allocations..., or frees...).
struct Journal {
    Word64 word;                // 0
    Word32 state_before;        // 8   BufferRecord::state before the event
    Word32 unlisted_committed;  // 12  1: commit point passed, of an event without a record
    Word64 id;                  // 16
    Word64 bytes;               // 24  allocated bytes on each device
    Word64 requested;           // 32
    Word64 count_before;        // 40
    Word64 bytes_before;        // 48
    Word64 requested_before;    // 56
};
static_assert(sizeof(Journal) == 64);

struct alignas(64) ShardHeader {
    Journal journal;
    Word64 ring_position;  // 64  events ever written by the shard; release, after the event is whole
    uint8_t reserved[56];  // 72
};
static_assert(sizeof(ShardHeader) == 128 && offsetof(ShardHeader, ring_position) == 64);

enum EventType : uint8_t {
    kEventAllocate = 1,
    kEventFree = 2,
    kEventFail = 3,            // id: number of the failure; bytes: requested
    kEventAllocatorOpen = 4,   // device, mesh or submesh opened
    kEventAllocatorClose = 5,  // closed; frees of what lived in it come before
    kEventProgramLoad = 6,     // id: program; bytes: its kernels' bytes on a device
    kEventProgramUnload = 7,
    kEventClash = 8  // id: number of the failure
};

// Event number p (from 0) of a shard is at index p mod count. While ring_position is p, the entry of p - count may be
// torn and older ones are gone: a reader copies, loads ring_position again and keeps the events above that value -
// count.
struct EventRecord {
    uint64_t ticks;      // 0
    uint64_t id;         // 8
    uint64_t bytes;      // 16  allocated bytes on each device
    uint32_t thread;     // 24  kernel thread id
    uint16_t allocator;  // 28  kNoAllocator: none
    uint8_t type;        // 30  EventType
    uint8_t account;     // 31
};
static_assert(sizeof(EventRecord) == 32 && offsetof(EventRecord, type) == 30);

// ---------------------------------------------------------------------------------------------------------------------
// Buffers

enum BufferState : uint32_t { kFree = 0, kWriting = 1, kLive = 2, kStateMask = 3 };  // the other bits: generation

enum BufferLayout : uint8_t { kLayoutUnknown = 0, kLayoutInterleaved = 1, kLayoutSharded = 2 };
enum BufferFlags : uint8_t { kBufferKernelBinaries = 1 };

inline constexpr uint16_t kAllDevices = 0xffff;
inline constexpr uint16_t kNoAllocator = 0xffff;

// `state` is the commit point (release); the other fields are stored between kWriting and kLive. 64 bytes, so that an
// event touches one line. Allocated bytes on each device = bytes_per_bank x banks.
struct alignas(64) BufferRecord {
    Word32 state;              // 0   BufferState | generation << 2
    uint8_t account;           // 4   Account
    uint8_t type;              // 5   buffer type, also of fixed and hooked ones
    uint8_t layout;            // 6   BufferLayout
    uint8_t flags;             // 7   BufferFlags
    uint64_t id;               // 8
    uint64_t address;          // 16
    uint64_t requested_bytes;  // 24  on each device
    uint64_t bytes_per_bank;   // 32
    uint64_t ticks;            // 40  when it was allocated
    uint32_t page_bytes;       // 48  0 unknown
    uint32_t thread;           // 52  kernel thread id of the allocating thread
    uint16_t allocator;        // 56
    uint16_t banks;            // 58
    uint16_t device;           // 60  index of its one device; kAllDevices: every device of the allocator
    uint16_t context;          // 62  operation or region (sidecar), 0 none
};
static_assert(sizeof(BufferRecord) == 64 && offsetof(BufferRecord, ticks) == 40 &&
              offsetof(BufferRecord, allocator) == 56);

// ---------------------------------------------------------------------------------------------------------------------
// Failures: allocations refused, circular buffers that clash. A ring: failure n (from 0) is at index n mod count.

enum FailureType : uint32_t { kFailureOutOfMemory = 1, kFailureClash = 2 };

// `sequence` is 2n + 1 while failure n is written and 2n + 2 when it is whole (release).
struct FailureRecord {
    Word64 sequence;                 // 0
    uint64_t ticks;                  // 8
    uint32_t type;                   // 16  FailureType
    uint32_t thread;                 // 20
    uint16_t allocator;              // 24
    uint8_t account;                 // 26
    uint8_t layout;                  // 27
    uint32_t banks;                  // 28
    uint64_t requested_bytes;        // 32
    uint64_t bytes_per_bank;         // 40  what each bank would have had to give
    uint64_t largest_free_per_bank;  // 48  kUnknown64 when not known
    uint64_t allocated_bytes;        // 56  in the account at that moment, on each device
    uint64_t program_id;             // 64  clash: whose circular buffers...
    uint64_t buffer_id;              // 72  ...met which buffer, kUnknown64 unlisted
    uint64_t end_address;            // 80  clash: end of the circular buffers
    uint64_t buffer_address;         // 88
    uint32_t core_set;               // 96  clash: interned core set, or kNone
    uint32_t context;                // 100
    uint32_t kernels;                // 104 clash: sidecar id of the names of the program's kernels, 0 unknown
    uint8_t reserved[20];            // 108
};
static_assert(sizeof(FailureRecord) == 128 && offsetof(FailureRecord, program_id) == 64);

// ---------------------------------------------------------------------------------------------------------------------
// Programs, circular buffers, kernels. A program's circular buffers and kernels are runs of records that no other live
// program shares; they are written before the program's `state` makes it live, so that state is the commit point for
// all.

enum ProgramType : uint8_t { kProgramApplication = 0, kProgramFabric = 1, kProgramDispatch = 2 };

// Its dataflow buffers could not be read: its circular buffers are not all.
enum ProgramFlags : uint8_t { kProgramBuffersUnknown = 1 };

struct alignas(64) ProgramRecord {
    Word32 state;                    // 0   as BufferRecord::state
    uint16_t allocator;              // 4
    uint8_t type;                    // 6   ProgramType
    uint8_t flags;                   // 7   ProgramFlags
    uint64_t id;                     // 8   tt-metal's program id
    uint64_t loaded_ticks;           // 16
    Word64 last_launch;              // 24  greater than of programs launched before; 0 never; relaxed
    uint32_t device_set;             // 32  interned
    uint32_t first_circular_buffer;  // 36
    uint32_t circular_buffer_count;  // 40
    uint32_t first_kernel;           // 44
    uint32_t kernel_count;           // 48
    uint32_t context;                // 52
    uint64_t circular_buffer_bytes;  // 56  own ones, size x cores, on each device
    uint64_t kernel_bytes;           // 64  size x cores, on each device, kUnknown64 unknown
    uint64_t config_bytes;           // 72  what it takes in the kernel-config ring on a core, kUnknown64 unknown
    uint8_t reserved[48];            // 80
};
static_assert(sizeof(ProgramRecord) == 128 && offsetof(ProgramRecord, last_launch) == 24);

enum CircularBufferFlags : uint32_t {
    kCircularBufferGlobal = 1,    // lies in a Buffer that is counted already
    kCircularBufferAlias = 2,     // shares another one's memory in the same program
    kCircularBufferBorrowed = 4,  // lies in tensor memory
    kCircularBufferDataflow = 8   // a dataflow buffer
};

struct CircularBufferRecord {
    uint64_t id;        // 0
    uint64_t address;   // 8   of a global one stored anew (whole, relaxed) as its program is launched on other tensors
    uint64_t bytes;     // 16  on each core
    uint32_t core_set;  // 24  interned
    uint32_t flags;     // 28  CircularBufferFlags
};
static_assert(sizeof(CircularBufferRecord) == 32);

enum ProcessorClass : uint8_t { kProcessorDataMovement = 1, kProcessorCompute = 2, kProcessorEthernet = 3 };

struct KernelRecord {
    uint64_t id;            // 0
    uint32_t name;          // 8   sidecar id of its name, 0 unknown
    uint32_t core_set;      // 12  interned
    uint32_t packed_bytes;  // 16  on each core, all its binaries; kNone unknown
    uint8_t processor;      // 20  ProcessorClass
    uint8_t type;           // 21  ProgramType
    uint16_t core_type;     // 22  0 TENSIX, 1 ACTIVE_ETH, 2 IDLE_ETH
    uint8_t reserved[8];    // 24
};
static_assert(sizeof(KernelRecord) == 32);

enum ConfigRingFlags : uint32_t { kConfigRingTrace = 1 };  // marked full by a trace capture: contents unknown

// `sequence` odd while fields change (release). One for each allocator, sub-device and core type. It goes with its
// allocator: capacity 0 is a record that is nobody's.
struct alignas(64) ConfigRingRecord {
    Word32 sequence;          // 0
    uint16_t allocator;       // 4
    uint8_t sub_device;       // 6
    uint8_t core_type;        // 7
    Word32 flags;             // 8
    Word32 programs;          // 12  launches whose configuration is in it
    uint64_t base_address;    // 16
    uint64_t capacity_bytes;  // 24  on each core
    Word64 used_bytes;        // 32  on each core
    Word64 evictions;         // 40  programs pushed out since start
    uint8_t reserved[16];     // 48
};
static_assert(sizeof(ConfigRingRecord) == 64);

enum RegionType : uint32_t {
    kRegionFirmware = 1,
    kRegionConfigRing = 2,
    kRegionDispatch = 3,
    kRegionAllocator = 4,
    kRegionL1Small = 5,
    kRegionTrace = 6,
    kRegionArena = 7,
    kRegionUnused = 8  // in the address range, in no bank
};

// What the process read a region's bounds from.
enum RegionSource : uint8_t {
    kSourceUnknown = 0,
    kSourceHal = 1,         // the hardware abstraction layer's accessors
    kSourceAllocator = 2,   // the allocator's accessors
    kSourceConfigRing = 3,  // what the kernel-config ring's manager was made with
    kSourceDispatch = 4,    // the dispatch core manager's list of cores
    kSourceArena = 5,       // what the persistent L1 arena gave out
    kSourceHalToBase = 6    // begins where the HAL says and ends where the allocator says that it begins
};

// A stretch of a bank's or core's address range that is not a buffer. `type` is stored last (release) and taken away
// first, so a record that is being given to another region is unused meanwhile; a reader takes one that is the same in
// two copies.
struct RegionRecord {
    uint16_t allocator;   // 0
    uint8_t buffer_type;  // 2   0 DRAM, 1 L1
    uint8_t source;       // 3   RegionSource
    uint32_t type;        // 4   RegionType, 0 unused record
    uint64_t address;     // 8
    uint64_t bytes;       // 16
    uint32_t core_set;    // 24  interned, kNone: every core or bank
    uint16_t device;      // 28  index of its one device + 1; 0: every device of the allocator
    uint16_t generation;  // 30  how often the record was given away
};
static_assert(sizeof(RegionRecord) == 32 && offsetof(RegionRecord, device) == 28);

// ---------------------------------------------------------------------------------------------------------------------
// Sidecar (same name with ".detail" behind it, mode 0600): what only the owner may read. Append-only.

inline constexpr uint64_t kSidecarMagic = 0x444c434f4c4c4154;  // "TALLOCLD"

struct SidecarHeader {
    uint64_t magic;         // 0
    uint16_t major;         // 8
    uint16_t minor;         // 10
    uint32_t header_bytes;  // 12
    uint64_t nonce;         // 16  the ledger's
    Word64 bytes_used;      // 24  whole records behind the header; release
};
static_assert(sizeof(SidecarHeader) == 32);

enum SidecarType : uint32_t {
    kSidecarCommandLine = 1,  // id 0; text: the arguments, NUL between them
    kSidecarOperation = 2,    // id = context; text: name of the operation or region
    kSidecarStack = 3,        // id = context; text: one frame a line
    kSidecarKernelName = 4    // id = KernelRecord::name, or FailureRecord::kernels (several, ", " between them)
};

// Followed by `bytes` of UTF-8 without terminator; the next record stands at the next multiple of 8.
struct SidecarRecord {
    uint32_t type;      // 0  SidecarType; unknown ones are skipped
    uint32_t id;        // 4
    uint32_t bytes;     // 8
    uint32_t reserved;  // 12
};
static_assert(sizeof(SidecarRecord) == 16);

}  // namespace ttmem::ledger
