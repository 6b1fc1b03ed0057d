// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger file: the record that a tracked process keeps of its device memory. docs/ledger-format.md says the same in
// prose; a change here lands with that page, a golden file and a changelog entry.
//
// Glossary
//   ledger      one file in shared memory, written by one process and read by any tool
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
// Access
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

#include <cstddef>
#include <cstdint>

#include "ledger/format_pictures.hpp"
#include "ledger/format_programs.hpp"
#include "ledger/format_sidecar.hpp"
#include "ledger/format_words.hpp"

namespace ttmem::ledger {

inline constexpr uint64_t kMagic = 0x4c434f4c4c415454;  // "TTALLOCL" as bytes in the file
inline constexpr uint64_t kReady = 0x59444145522d5454;  // "TT-READY"
inline constexpr uint16_t kMajor = 1;
inline constexpr uint16_t kMinor = 2;
inline constexpr uint32_t kPageBytes = 4096;
inline constexpr uint32_t kMaxSections = 512;

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
    kLostNoProgramRoom = 7,    // no room for a program, its circular buffers and kernels, a ring or a region
    // Since 1.2.
    kLostStack = 8,       // a stack that found no room: its context has operation and scope alone
    kLostContext = 9,     // a context that found no room: the record has none
    kLostText = 10,       // the sidecar took no more
    kLostPicture = 11,    // a refusal or a peak without a picture
    kLostAddresses = 12,  // the addresses of a buffer on each core
    kLostTensor = 13,     // the facts of a tensor
    kLostExtreme = 14     // a watermark or a headroom
};
inline constexpr uint32_t kLostCauses = 16;
inline constexpr uint32_t kLostCauses11 = 8;  // those of 1.1

// FileHeader::features.
enum Features : uint32_t {
    kFeatureStacks = 1,    // Python stacks are read
    kFeatureLaunches = 2,  // the rings hold launches
    kFeatureScopes = 4,    // the rings hold scopes that threads entered and left
    kFeatureTensors = 8    // facts of tensors are read
};

// FileHeader::stack_state: whether Python stacks are read, or why not.
enum StackState : uint32_t {
    kStacksNoInterpreter = 0,  // no Python in this process, as far as was seen
    kStacksOn = 1,
    kStacksOffByRequest = 2,    // TT_ALLOC_STACK_FRAMES=0
    kStacksUnknownVersion = 3,  // neither 3.10 nor 3.12
    kStacksUnusualBuild = 4,    // a debug or free-threaded build
    kStacksCheckFailed = 5,     // what was read is not what Python says
    kStacksUnverified = 6,      // the check has not run yet
    kStacksNoMemory = 7
};

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
    uint64_t nonce;               // 48   random; differs between two ledgers of one pid
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
    Word64 lost[kLostCauses];  // 576  by LostCause; relaxed. Those from 640 on since 1.2, as the rest
    Word64 late_ticks;         // 704  clock when tracking was switched on late; 0: tracked since the process began
    Word32 features;           // 712  Features; relaxed
    Word32 stack_frames;       // 716  most frames of a stack
    Word32 stack_state;        // 720  StackState; relaxed
    uint32_t reserved2;        // 724
    Word64 picture_count;      // 728  pictures ever; the newest are in the ring of them; release
    Word64 step_count;         // 736  steps that the program has marked; relaxed
    uint8_t reserved3[3352];   // 744
};
static_assert(sizeof(FileHeader) == kPageBytes && alignof(FileHeader) == 8);
static_assert(offsetof(FileHeader, ready) == 16 && offsetof(FileHeader, pid) == 24);
static_assert(offsetof(FileHeader, boot_id) == 56 && offsetof(FileHeader, clock_ticks) == 96);
static_assert(offsetof(FileHeader, command) == 120 && offsetof(FileHeader, library) == 184);
static_assert(offsetof(FileHeader, clock_monotonic_ns) == 248);
static_assert(offsetof(FileHeader, state) == 512 && offsetof(FileHeader, lost) == 576);
static_assert(offsetof(FileHeader, interned_bytes) == 528 && offsetof(FileHeader, late_ticks) == 704);
static_assert(offsetof(FileHeader, picture_count) == 728 && offsetof(FileHeader, step_count) == 736);

// ---------------------------------------------------------------------------------------------------------------------
// Directory

enum SectionKind : uint32_t {
    kSectionDevices = 1,           // DeviceRecord
    kSectionAllocators = 2,        // AllocatorRecord
    kSectionInterned = 3,          // stride 1: InternedHeader and payload, one entry after another
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
    kSectionRegions = 14,          // RegionRecord
    // Since 1.2.
    kSectionBufferExtras = 15,   // BufferExtra, index = buffer slot; its sections come together with those of buffers
    kSectionCoreAddresses = 16,  // CoreAddressRecord
    kSectionWatermarks = 17,     // WatermarkLine, index as in totals
    kSectionHeadroom = 18,       // HeadroomRecord, index = allocator
    kSectionPictures = 19,       // PictureRecord ring, one section
    kSectionPictureBytes = 20    // blocks of kPictureBlock bytes
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

enum AllocatorMode : uint32_t { kModeLockstep = 0, kModeHybrid = 1 };  // lockstep: or unknown
enum AllocatorState : uint32_t { kAllocatorUnused = 0, kAllocatorOpen = 1, kAllocatorClosed = 2 };

// Rewritten only while unused or closed: `sequence` is odd meanwhile, also while totals and counters are reset. A
// closed record may be opened again, for the same devices and geometry (its peaks then go on) or, when the table is
// full, for others (its totals are then reset).
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
    Word32 mode;                          // 160 AllocatorMode. Since 1.2, as the next
    Word32 live_traces;                   // 164 captured and not yet released; relaxed
    uint8_t reserved[88];                 // 168
};
static_assert(sizeof(AllocatorRecord) == 256 && offsetof(AllocatorRecord, geometry) == 40);

enum InternedType : uint32_t {
    kInternedDeviceSet = 1,  // payload: uint32_t device index[]
    kInternedCoreSet = 2     // payload: CoreRange[]
};

// Interned sets are append-only and lie one after another; a set is named by the offset of its header from the start
// of the interned sections, which count as if they lay end to end; an entry never crosses from one section into the
// next (the rest of a section is then one entry of type 0). FileHeader::interned_bytes covers whole entries only.
struct InternedHeader {
    uint32_t type;   // 0  InternedType; unknown ones are skipped
    uint32_t bytes;  // 4  payload; the next header follows at the next multiple of 8
};
static_assert(sizeof(InternedHeader) == 8);

// ---------------------------------------------------------------------------------------------------------------------
// Totals

enum Account : uint32_t {
    kAccountDram = 0,  // 0-4: buffers that the allocator placed, by buffer type
    kAccountL1 = 1,
    kAccountSystemMemory = 2,
    kAccountL1Small = 3,
    kAccountTrace = 4,
    kAccountFixed = 5,           // made at a given address: view or pre-allocated (the reader finds out which)
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
// of a dead writer is the larger of that sum and `peak_bytes`, for it may have died between the two. Beside it the
// largest buffer, which only rises too; a writer that dies between an event's commit and its end may lack that event's.
// The other words are the writer's own, by which it knows the maximum without a counter that its threads share; readers
// skip them.
struct alignas(64) TotalLine {
    Word64 claimed_bytes;      // 0   held bytes and the slack of all shards
    Word64 peak_bytes;         // 8   relaxed
    Word32 holds_slack;        // 16  1: shards may keep slack; 0: none does. Changed under the locks of all shards
    Word32 quiet;              // 20  allocations since the peak rose
    Word32 settled;            // 24  how often slack was taken back
    Word32 picture_due;        // 28  1: the next free takes a picture of the peak, before its buffer goes
    Word64 recent_peak_bytes;  // 32  as peak_bytes, since the process last reset it; never above it
    Word64 reach;              // 40  an allocation that reaches further moves a watermark or the least headroom
    // 48  in a bank, of the largest buffer so far that lies in every bank; relaxed. Since 1.2
    Word64 largest_bytes_per_bank;
    Word64 pictured_bytes;  // 56  that the last picture of the peak shows
};
static_assert(sizeof(TotalLine) == 64 && offsetof(TotalLine, peak_bytes) == 8 &&
              offsetof(TotalLine, largest_bytes_per_bank) == 48);

// The amounts that a shard has added and removed since the ledger began; live = sum over shards of (in - out). Stored
// by the shard's holder (relaxed; the journal's word orders them for readers).
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
    kEventAllocatorClose = 5,  // closed; frees of the buffers in it come before
    kEventProgramLoad = 6,     // id: program; bytes: its kernels' bytes on a device
    kEventProgramUnload = 7,
    kEventClash = 8,  // id: number of the failure
    // Since 1.2.
    kEventLaunch = 9,       // id: program; while Features says that launches are held
    kEventScopeEnter = 10,  // id and context: the scope; while Features says that scopes are held
    kEventScopeLeave = 11,  // the same
    kEventLabel = 12,       // id: buffer; context: number of its label
    kEventRegion = 13,      // id: index of the region's record; address, bytes
    kEventRegionGone = 14,  // the same
    kEventMark = 15,        // id: number of the step; context: its name
    kEventPicture = 16,     // id: number of the picture
    kEventRefused = 17,     // id: number of the failure, of a type that 1.1 does not know
    kEventTensor = 18       // id: buffer; tensor: number of its facts from now on
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
    // Since 1.2.
    uint64_t address;          // 32
    uint64_t requested_bytes;  // 40
    uint32_t context;          // 48  of a free: the scope of the thread that frees
    uint32_t tensor;           // 52
    uint32_t page_bytes;       // 56
    uint32_t form;             // 60  event_form(); 0 of a free, and of events without a buffer
};
static_assert(sizeof(EventRecord) == 64 && offsetof(EventRecord, type) == 30 && offsetof(EventRecord, address) == 32);
inline constexpr uint32_t kEventBytes11 = 32;  // the record of 1.1, its head

// A buffer's record in 32 bits: banks in bits 0-10, device in 11-19, type in 20-22, layout in 23-24, the low seven
// flags in 25-31.
inline constexpr uint32_t kFormMostBanks = 2047;  // that many or more: only the buffer's record says
inline constexpr uint32_t kFormAllDevices = 511;
constexpr uint32_t event_form(uint32_t banks, uint32_t device, uint32_t type, uint32_t layout, uint32_t flags) {
    return (banks < kFormMostBanks ? banks : kFormMostBanks) |
           (device < kFormAllDevices ? device : kFormAllDevices) << 11 | (type & 7) << 20 | (layout & 3) << 23 |
           flags << 25;
}

// ---------------------------------------------------------------------------------------------------------------------
// Buffers

enum BufferState : uint32_t { kFree = 0, kWriting = 1, kLive = 2, kStateMask = 3 };  // the other bits: generation

enum BufferLayout : uint8_t { kLayoutUnknown = 0, kLayoutInterleaved = 1, kLayoutSharded = 2 };
enum BufferFlags : uint8_t {
    kBufferKernelBinaries = 1,
    // Since 1.2.
    kBufferWhileTraced = 2,     // made while a trace of its device was alive: a replay may overwrite it
    kBufferProgramCache = 4,    // kept by ttnn's program cache, not by the program
    kBufferPerCore = 8,         // has an address of its own on each core (BufferExtra::placement)
    kBufferRangeLockstep = 16,  // one address, on its own cores alone
    kBufferBankless = 32,       // lies on a core without a bank
    kBufferDangling = 64  // fixed: the memory that it looked into was freed; set while live (relaxed), before that free
};

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

// Facts of a buffer beyond its BufferRecord, at the same index. Stored while the record is kWriting, so that
// the record's state is the commit point for it too; `label` and `tensor` may be set while the buffer lives. Since 1.2.
struct BufferExtra {
    uint32_t context;     // 0   below kFirstContext a name, else a context of the sidecar
    Word32 tensor;        // 4   kSidecarTensor, 0 unknown; relaxed
    uint32_t core_set;    // 8   interned; kNone: every bank, or unknown
    uint32_t placement;   // 12  the first of its CoreAddressRecords; kNone: BufferRecord::address holds everywhere
    uint32_t placements;  // 16  how many
    uint16_t used_banks;  // 20  banks that hold bytes of it, 0 unknown
    uint16_t reserved0;   // 22
    Word32 label;         // 24  kSidecarLabel, 0 none; relaxed
    uint32_t reserved1;   // 28
};
static_assert(sizeof(BufferExtra) == 32 && offsetof(BufferExtra, label) == 24);

// ---------------------------------------------------------------------------------------------------------------------
// Failures: allocations refused, circular buffers that clash. A ring: failure n (from 0) is at index n mod count.

enum FailureType : uint32_t {
    kFailureOutOfMemory = 1,
    kFailureClash = 2,
    // Since 1.2.
    kFailureCircularBuffers = 3,  // circular buffers are larger than L1 by themselves
    kFailureConfigRing = 4,       // a program is too large for the kernel-config ring
    kFailureTraceRegion = 5,      // a trace is larger than its region
    kFailureOperation = 6         // an operation refused; `exception` says why
};

// The kind of memory at the upper end of a refused program's L1 region.
enum ProgramRegionKind : uint32_t {
    kProgramRegionUnknown = 0,
    kProgramRegionCircularBuffers = 1,
    kProgramRegionDataflowBuffers = 2,
    kProgramRegionScratchpads = 3,
    // Of kFailureConfigRing: on which cores the ring is.
    kProgramRegionWorkerRing = 4,
    kProgramRegionEthernetRing = 5
};

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
    uint64_t buffer_id;              // 72  the buffer that it clashed with, kUnknown64 unlisted
    uint64_t end_address;            // 80  clash: end of the circular buffers
    uint64_t buffer_address;         // 88
    uint32_t core_set;               // 96  clash: interned core set, or kNone
    uint32_t context;                // 100
    uint32_t kernels;                // 104 clash: sidecar id of the names of the program's kernels, 0 unknown
    // Since 1.2.
    uint32_t region_kind;            // 108 ProgramRegionKind
    uint32_t scratchpad_bytes;       // 112 of the program, on a core
    uint8_t reserved0[12];           // 116
    uint64_t limit_bytes;            // 128 of the bank or region that was too small; kUnknown64 unknown, as next two
    uint64_t available_bytes;        // 136
    uint64_t picture;                // 144 number of the picture that shows the moment
    uint32_t tensor;                 // 152
    uint32_t exception;              // 156 kSidecarException, 0 unknown
    Word32 handled;                  // 160 1: the same call went on after it; 0 not known; relaxed
    uint32_t sub_device;             // 164
    uint64_t events;                 // 168 sum of all shards' ring positions then
    uint64_t wanted_bytes_per_core;  // 176 kUnknown64 unknown
    uint8_t reserved1[72];           // 184
};
static_assert(sizeof(FailureRecord) == 256 && offsetof(FailureRecord, program_id) == 64 &&
              offsetof(FailureRecord, limit_bytes) == 128 && offsetof(FailureRecord, handled) == 160);
inline constexpr uint32_t kFailureBytes11 = 128;  // the record of 1.1, its head

}  // namespace ttmem::ledger
