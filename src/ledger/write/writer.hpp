// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes the ledger of this process. Everything in here runs inside the host: noexcept, no system call on the way of an
// event except to add an extent, no lock that another process could hold, errno kept by the caller (src/client).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/biased_lock.hpp"
#include "base/spin_lock.hpp"
#include "ledger/format.hpp"
#include "ledger/write/id_index.hpp"
#include "ledger/write/ledger_file.hpp"
#include "ledger/write/picture_writer.hpp"
#include "ledger/write/program_writer.hpp"

namespace ttmem::ledger {

inline constexpr uint32_t kMaxShards = 16;
inline constexpr uint32_t kMaxAllocators = 1024;
// A shard with more free slots than this gives half of them to the pool: a thread that only frees must not keep the
// slots that a thread that only allocates needs.
inline constexpr uint32_t kMostFreeSlots = 1024;
inline constexpr uint32_t kSlotBatch = 64;
inline constexpr uint32_t kBuffersPerExtent = 4096;
inline constexpr uint32_t kDefaultMaxBuffers = 1u << 20;

// A buffer as it is reported to the writer.
struct NewBuffer {
    uint64_t id;
    uint64_t address;
    uint64_t requested_bytes;
    uint64_t bytes_per_bank;
    uint32_t page_bytes;
    uint16_t allocator;
    uint16_t banks;
    uint16_t device;  // kAllDevices or a device's index
    uint8_t account;
    uint8_t type;
    uint8_t layout;
    uint8_t flags;
    // Facts for BufferExtra; a default says that the fact is not known.
    uint32_t core_set = kNone;   // interned
    uint32_t placement = kNone;  // the first of `placements` core addresses
    uint32_t placements = 0;
    uint16_t used_banks = 0;
};

struct NewAllocator {
    int32_t mesh_id;
    uint32_t parent;  // kNone
    const uint32_t* devices;
    uint32_t device_count;
    const BankGeometry* geometry;  // kBufferTypes of them
    uint32_t mode = kModeLockstep;
};

// The cores that a buffer lies on, and where each has an address of its own, these.
struct NewPlaces {
    const CoreRange* ranges;
    uint32_t range_count;
    const CoreAddressRecord* addresses;
    uint32_t address_count;
};

// A refusal of either kind; what one does not have stays as it is here.
struct NewFailure {
    FailureType type = kFailureOutOfMemory;
    uint16_t allocator = kNoAllocator;
    uint8_t account = 0;
    uint8_t layout = kLayoutUnknown;
    uint32_t banks = 0;
    uint64_t requested_bytes = 0;
    uint64_t bytes_per_bank = 0;
    uint64_t largest_free_per_bank = kUnknown64;
    uint64_t allocated_bytes = 0;
    uint64_t program_id = 0;
    uint64_t buffer_id = 0;
    uint64_t end_address = 0;
    uint64_t buffer_address = 0;
    uint32_t core_set = kNone;
    uint32_t kernels = 0;
    uint32_t region_kind = kProgramRegionUnknown;
    uint32_t scratchpad_bytes = 0;
    uint64_t limit_bytes = kUnknown64;
    uint64_t available_bytes = kUnknown64;
    uint64_t wanted_bytes_per_core = kUnknown64;
    uint64_t picture = kUnknown64;
    uint32_t exception = 0;
    uint32_t sub_device = 0;
};

// A thread's way into the writer, kept by the caller for the thread's life. Plain data.
struct ThreadSlot {
    uint32_t shard = kNone;
    uint32_t thread = 0;     // kernel thread id
    uint32_t detail = 0;     // context of the event that the thread reports at this moment; 0: only its scope is known
    uint32_t tensor = 0;     // tensor whose memory it allocates at this moment, 0 unknown
    uint16_t scope = 0;      // the name that the thread's buffers, programs and failures are tagged with
    bool shared = false;     // the shard is another thread's
    bool peak_rose = false;  // at its last allocation; for the caller to look at and to clear

    uint32_t context() const noexcept { return detail != 0 ? detail : scope; }
};

struct EventLines {
    const void* shard = nullptr;
    const ShardHeader* header = nullptr;
    const void* counters = nullptr;
    const void* totals = nullptr;

    void prefetch() const noexcept {
        if (shard != nullptr) {
            __builtin_prefetch(shard, 1);
            __builtin_prefetch(header, 1);
            __builtin_prefetch(&header->ring_position, 1);
            __builtin_prefetch(counters, 1);
            __builtin_prefetch(totals, 1);
        }
    }
};

// The totals of an (allocator, account) on each device, with their peaks, as the process itself reads them.
struct OwnTotals {
    uint64_t buffers;
    uint64_t bytes;
    uint64_t requested_bytes;
    uint64_t peak_bytes;
    uint64_t recent_peak_bytes;  // since restart_peak
    uint64_t allocations;
    uint64_t frees;
    uint64_t allocated_bytes;
    uint64_t freed_bytes;
    uint64_t failures;
};

// The furthest that an (allocator, account) has come since restart_peak; kUnknown64: nowhere, or not followed.
struct OwnExtremes {
    uint64_t highest_end;
    uint64_t lowest_address;
    uint64_t least_largest_free;
    uint64_t least_headroom;
};

struct OwnAllocator {
    uint32_t index;
    int32_t mesh_id;
    bool open;
    bool single_device_rows;  // some of its buffers lie on one device alone: its totals are no device's own
    uint64_t opened_ticks;    // 0 when it was opened more than once
    uint64_t closed_ticks;    // 0 while open
};

// All functions are safe from any thread unless said otherwise. Lives until the process ends.
class Writer {
public:
    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() = default;

    // Makes the file and everything that it holds at first (under 1 MiB). Once, before any other call, by one thread.
    bool start(const char* library, uint32_t max_buffers, FileError& error) noexcept;

    // Says that the process ends by itself, or that tracking does; and that it goes on after all.
    void mark_exited() noexcept;
    void mark_running() noexcept;
    // Says that the process ran before tracking began, or began again. Before what it holds is recorded.
    void mark_late() noexcept;

    // In a forked child: lets go of the parent's file. The object is not used again.
    void forget_after_fork() noexcept { file_.forget_after_fork(); }

    // Gives the thread a shard of its own while there are some, then shared ones. release_thread: as the thread ends.
    void attach_thread(ThreadSlot& slot) noexcept;
    void release_thread(ThreadSlot& slot) noexcept;

    // Index of the device, the same for an equal record. kNone when the table is full.
    uint32_t describe_device(const DeviceRecord& device) noexcept;

    // Index of an open allocator record; kNone when there is no room or an argument is wrong.
    uint32_t open_allocator(ThreadSlot& slot, const NewAllocator& allocator) noexcept;
    void clear_allocator(ThreadSlot& slot, uint32_t allocator) noexcept;
    void close_allocator(ThreadSlot& slot, uint32_t allocator) noexcept;
    bool allocator_is_open(uint32_t allocator) const noexcept {
        return allocator < kMaxAllocators && open_[allocator].load(std::memory_order_acquire) != 0;
    }

    // A buffer comes, goes, is refused. The hot path: no locked instruction while a thread keeps to its own buffers.
    void allocate(ThreadSlot& slot, const NewBuffer& buffer) noexcept;
    void free(ThreadSlot& slot, uint64_t id) noexcept;
    // Sets a flag (BufferFlags) in the record of a live buffer; nothing of one that is not listed or not known. Not
    // hot: it looks through the shards.
    void flag_buffer(ThreadSlot& slot, uint64_t id, uint8_t flag) noexcept;
    // Gives a live buffer a name, the sidecar's text `label` (kSidecarLabel; 0 takes it away), and writes a label event.
    // False: no such buffer is listed. Not hot either.
    bool label_buffer(ThreadSlot& slot, uint64_t id, uint32_t label) noexcept;
    // The facts of a live buffer's tensor are others now (kSidecarTensor); writes an event. False as above. Looks into
    // the calling thread's shard first.
    bool set_tensor(ThreadSlot& slot, uint64_t id, uint32_t tensor) noexcept;
    // Writes the event of a step that begins; `name`: a scope's number, or 0. The step's number, from 1.
    uint64_t begin_step(ThreadSlot& slot, uint32_t name) noexcept;
    // allocate and free inline, for the client's rich calls (buffer_events.hpp).
    void allocate_inline(ThreadSlot& slot, const NewBuffer& buffer) noexcept;
    void free_inline(ThreadSlot& slot, uint64_t id) noexcept;
    // `known`: what the refusal says beside what was wanted (largest free block, limit, available bytes, exception).
    // The failure's number.
    uint64_t fail(ThreadSlot& slot, const NewBuffer& wanted, NewFailure known) noexcept;
    uint64_t fail(ThreadSlot& slot, const NewBuffer& wanted, uint64_t largest_free_per_bank) noexcept {
        NewFailure known;
        known.largest_free_per_bank = largest_free_per_bank;
        return fail(slot, wanted, known);
    }
    // Keeps where a buffer lies that does not lie in every bank, for the allocate() that follows (extremes.cpp).
    // A place for which the tables have no room is counted and left out.
    void place(const NewPlaces& places, NewBuffer& buffer) noexcept;
    // The largest free block of a bank, as the allocator says it is at this moment.
    void note_largest_free(uint32_t allocator, uint32_t account, uint64_t bytes) noexcept;
    // HYBRID: L1 of the allocator was taken, which counts for its mesh's devices or with its mesh.
    void note_family_peak(uint32_t allocator) noexcept;
    // The cache lines that an event of this account touches. For a thread with a shard of its own, which keeps them: so
    // that it can ask for all at once, without a look at any.
    EventLines event_lines(const ThreadSlot& slot, uint32_t allocator, uint32_t account) const noexcept {
        const Shard& shard = shards_[slot.shard];
        return {&shard, shard.header, &counter(shard, allocator, account), &total(allocator, account)};
    }

    // Programs with their circular buffers and kernels (program_writer.cpp). A handle names one loaded program; 0 none,
    // when there is no room or an argument is wrong (counted). The handle of an unloaded program, also of one unloaded
    // by its allocator's close, is ignored.
    uint64_t load_program(ThreadSlot& slot, const NewProgram& program) noexcept;
    void unload_program(ThreadSlot& slot, uint64_t handle) noexcept;
    // Records the bytes that a program takes in a core's kernel-config ring, known only after its first launch.
    void set_config_bytes(uint64_t handle, uint64_t bytes) noexcept;
    // The program was enqueued again. Nothing changes when it was the last one that was.
    void launch_program(uint64_t handle) noexcept;
    // launch_program() without a lock and a look-up, for a caller that keeps the place with the handle: good for as
    // long as the writer is. A program that is unloaded at this moment may leave the launch to its record's next one.
    ProgramPlace place_of_program(uint64_t handle) noexcept;
    void launch_again(const ProgramPlace& place) noexcept {
        const uint64_t last = place.record->last_launch.load(std::memory_order_relaxed);
        if (place.record->state.load(std::memory_order_relaxed) == place.state &&
            (last == 0 || last != launches_.load(std::memory_order_relaxed))) {
            count_launch(*place.record);
        }
    }
    // Circular buffer number `index` of a program lies in other memory now: a global one, set again for each launch.
    void move_circular_buffer(uint64_t handle, uint32_t index, uint64_t address) noexcept;
    // A launch was refused because circular buffers would have run into a buffer.
    // The failure's number; kUnknown64: a bad argument, and nothing was recorded.
    uint64_t fail_clash(ThreadSlot& slot, const NewClash& clash) noexcept;
    // A kernel-config ring (layout_writer.cpp); its handle, 0 when there is no room. The same one again gives the same,
    // emptied. It goes with its allocator; a handle of one that is gone is ignored. set_config_ring takes no lock: what
    // is set of ONE ring must not overlap.
    uint64_t describe_config_ring(const NewConfigRing& ring) noexcept;
    void set_config_ring(uint64_t ring, const ConfigRingFill& fill) noexcept;
    // The cache line that set_config_ring() will write, for a caller that prefetches it; nullptr: no such ring.
    const void* config_ring_line(uint64_t ring) const noexcept {
        const auto index = static_cast<uint32_t>(ring) - 1;
        return index < ProgramTables::kRings && programs_.rings != nullptr ? &programs_.rings[index] : nullptr;
    }
    // A stretch of address space that is no buffer; its handle, 0 when there is no room. The same one again adds
    // nothing. It goes with its allocator, or with forget_region.
    uint64_t describe_region(const NewRegion& region) noexcept;
    void forget_region(uint64_t region) noexcept;

    // Refusals ever.
    uint64_t failures() const noexcept { return header_->failure_count.load(std::memory_order_relaxed); }

    // The process's questions to its own ledger (totals.cpp), which it must not open a second time. Any thread.
    uint64_t read(uint64_t offset, void* to, uint64_t bytes) const noexcept;
    OwnTotals own_totals(uint32_t allocator, uint32_t account) const noexcept;
    // The contexts that hold most of an (allocator, account), most bytes first: at most `room` of them. Looks
    // at no more than the first 32,768 records and 256 contexts, so that a refusal stays short: of more buffers the sums
    // are at least these. Their number.
    uint32_t largest_contexts(uint32_t allocator, uint32_t account, HolderRecord* to, uint32_t room) const noexcept;
    OwnExtremes own_extremes(uint32_t allocator, uint32_t account) const noexcept;
    // The allocators over the device with this logical id (negative: all); how many there are, `room` of them written.
    uint32_t own_allocators(int32_t logical_id, OwnAllocator* to, uint32_t room) noexcept;
    // The lowest logical id that an open allocator covers, else that one ever did; -1 none.
    int32_t own_default_device() noexcept;
    // Restarts recent_peak_bytes at the bytes held now; gives the peak so far. `slot`: the calling thread's, or a fresh
    // one when it has none.
    uint64_t restart_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    // Writes down what a thread's `context` number means.
    void name_context(uint16_t context, const char* name) noexcept;
    // Appends whole records to the sidecar (a multiple of 8 bytes). False, and counted, when it takes no more.
    bool append_texts(const void* records, uint64_t bytes) noexcept;
    // The header's words of 1.2: set by the reader of stacks and by a late switch-on.
    void set_features(uint32_t set, uint32_t clear) noexcept;
    void set_stacks(StackState state, uint32_t most_frames) noexcept;
    // A buffer of a mesh lies on one of its devices alone.
    void note_single_device_row(uint32_t allocator) noexcept {
        single_device_rows_[allocator].store(1, std::memory_order_relaxed);
    }

    // Makes the file again, with all that it held, when it was removed. Looks once a second at most; made for
    // moments that come now and then. No lock of the writer may be held.
    void look_after_file(const ThreadSlot& slot) noexcept;

    void count_lost(LostCause cause) noexcept { header_->lost[cause].fetch_add(1, std::memory_order_relaxed); }

    const char* path() const noexcept { return file_.path(); }

private:
    // Where a live buffer is. Unlisted ones (slot kNone) keep their amounts in unlisted_. Packed as in the journal's
    // word: written in parts it could not be read as a whole while it is on its way to the cache.
    struct Located {
        uint64_t id;
        uint64_t place;  // journal_word of no operation
        uint32_t slot() const noexcept { return static_cast<uint32_t>(place >> 32); }
        uint32_t allocator() const noexcept { return static_cast<uint16_t>(place >> 16); }
        uint32_t account() const noexcept { return static_cast<uint8_t>(place >> 8); }
    };
    static_assert(sizeof(Located) == 16);
    struct UnlistedBuffer {
        uint64_t id;
        uint64_t bytes;
        uint64_t requested;
    };

    // The private side of a shard. Lock before anything else in it.
    struct alignas(64) Shard {
        BiasedLock lock;
        std::atomic<uint32_t> held{0};  // by a thread, as its own
        ShardHeader* header = nullptr;
        EventRecord* ring = nullptr;
        uint32_t ring_mask = 0;
        uint32_t free_count = 0;
        uint32_t* free_slots = nullptr;  // last in, first out
        CounterLine* counters[kMaxAllocators / kAllocatorsPerSection] = {};
        IdIndex<Located> index;
    };

    class AllShards;
    struct Amounts {
        uint64_t bytes;
        uint64_t requested;
    };

    template <typename T>
    T* at(uint64_t offset) const noexcept {
        return reinterpret_cast<T*>(file_.data() + offset);
    }
    // Adds a section of `count` records after the last. Its offset or 0. Growth lock held.
    uint64_t add_section(uint32_t kind, uint32_t owner, uint32_t first_index, uint32_t count, uint32_t stride) noexcept;
    bool ensure_room(uint64_t bytes, uint32_t sections) noexcept;
    bool add_shard() noexcept;
    bool add_allocator_block(uint32_t block) noexcept;
    bool add_buffers() noexcept;
    void fill_header(const char* library, uint32_t max_buffers, uint64_t nonce) noexcept;
    void write_command_line(uint64_t nonce) noexcept;

    static CounterLine& counter(const Shard& shard, uint32_t allocator, uint32_t account) noexcept {
        return shard
            .counters[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection * kAccounts + account];
    }
    static bool owns(const ThreadSlot& slot, uint32_t shard) noexcept { return !slot.shared && slot.shard == shard; }
    WatermarkLine& watermark(uint32_t allocator, uint32_t account) const noexcept {
        return watermarks_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection * kAccounts + account];
    }
    TotalLine& total(uint32_t allocator, uint32_t account) const noexcept {
        return totals_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection * kAccounts + account];
    }
    // The records of a slot: one for the event's cache line, and the BufferExtra beside it.
    struct BufferBlock {
        std::atomic<BufferRecord*> records{nullptr};  // stored last (release)
        BufferExtra* extras = nullptr;
    };
    BufferRecord& record(uint32_t slot) const noexcept {
        return buffers_[slot / kBuffersPerExtent].records.load(std::memory_order_acquire)[slot % kBuffersPerExtent];
    }
    BufferExtra& extra(uint32_t slot) const noexcept {
        return buffers_[slot / kBuffersPerExtent].extras[slot % kBuffersPerExtent];
    }
    uint64_t now() const noexcept;
    // How an allocation's bytes get under the peak.
    enum class Claim { kHeld, kCounted, kRefused };
    enum class Count { kBelow, kQuiet, kRose };
    static Claim claim(TotalLine& line, CounterLine& counters, uint64_t bytes) noexcept;
    static Count count(TotalLine& line, uint64_t bytes) noexcept;
    // Watermarks and the least headroom (extremes.cpp).
    static uint64_t reach_of(const NewBuffer& buffer) noexcept;
    void after_allocation(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks, Count counted,
                          bool ring_ends) noexcept;
    void note_reach(const ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept;
    static void note_largest(TotalLine& line, const NewBuffer& buffer) noexcept;
    void begin_extremes(uint32_t allocator, bool same) noexcept;
    void restart_extremes(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    void note_program_end(const ThreadSlot& slot, uint32_t allocator, uint32_t program, uint64_t end,
                          uint64_t id) noexcept;
    void drop_program_end(uint32_t allocator, uint32_t program) noexcept;
    struct LowestLive;
    LowestLive lowest_l1(uint32_t allocator) const noexcept;
    void note_headroom(const ThreadSlot& slot, uint32_t allocator, const LowestLive& lowest, uint64_t ticks) noexcept;
    void set_reach(uint32_t allocator, uint32_t account) noexcept;
    AllocatorRecord& allocator_record(uint32_t allocator) const noexcept {
        return allocators_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection];
    }
    bool is_hybrid(uint32_t allocator) const noexcept {
        return allocator_record(allocator).mode.load(std::memory_order_relaxed) == kModeHybrid;
    }
    void give_addresses_back(uint32_t slot) noexcept;
    bool covers(const AllocatorRecord& record, int32_t logical_id) const noexcept;
    const InternedHeader* device_set(uint32_t offset) const noexcept;
    void take_slack_back(uint32_t allocator, uint32_t account) noexcept;
    void settle(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    void allow_slack(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    uint64_t held_bytes(uint32_t allocator, uint32_t account) const noexcept;
    Claim try_allocate(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept;
    uint32_t take_slot(Shard& shard) noexcept;
    void give_slot(Shard& shard, uint32_t slot) noexcept;
    uint32_t fetch_slots(Shard& shard) noexcept;
    void return_slots(Shard& shard) noexcept;
    bool add_unlisted(uint64_t id, Amounts amounts) noexcept;
    Amounts take_unlisted(uint64_t id) noexcept;
    void free_elsewhere(ThreadSlot& slot, uint64_t id, uint64_t ticks) noexcept;
    // The fields of an event after its head.
    struct EventTail {
        uint64_t address = 0;
        uint64_t requested = 0;
        uint32_t context = 0;
        uint32_t tensor = 0;
        uint32_t page_bytes = 0;
        uint32_t form = 0;
    };
    bool change_buffer(ThreadSlot& slot, uint64_t id, Word32 BufferExtra::*field, uint32_t value, EventType type,
                       const EventTail& tail) noexcept;
    bool add_event(Shard& shard, EventType type, uint64_t ticks, uint64_t id, uint64_t bytes, uint32_t thread,
                   uint32_t allocator, uint32_t account, const EventTail& tail) noexcept;
    void begin_event(Shard& shard, uint32_t op, const Located& where, uint32_t state_before, Amounts amounts,
                     uint64_t count, uint64_t bytes, uint64_t requested) noexcept;
    void free_located(Shard& shard, const ThreadSlot& slot, const Located& where, Amounts amounts,
                      uint64_t ticks) noexcept;
    enum class Taken { kTaken, kNotHere, kPictureFirst };
    Taken take_located(Shard& shard, uint64_t id, Located& where, Amounts& amounts) noexcept;
    Amounts amounts_of(const Located& where) noexcept;
    // Its number. Growth lock held.
    uint64_t add_failure(const ThreadSlot& slot, uint64_t ticks, const NewFailure& failure) noexcept;
    // Pictures (picture_writer.cpp): begin_picture() freezes what lives, finish_picture() makes it one that readers see.
    class PictureStream;
    void reserve_pictures() noexcept;
    bool add_picture_room(uint64_t bytes) noexcept;
    uint32_t place_picture(uint64_t wanted_blocks, uint32_t index, uint32_t& first) noexcept;
    void take_blocks(uint32_t index, uint32_t first, uint32_t blocks) noexcept;
    OpenPicture begin_picture(const ThreadSlot& slot, uint64_t ticks, uint16_t allocator, uint8_t account) noexcept;
    void finish_picture(const ThreadSlot& slot, const OpenPicture& open, uint64_t failure) noexcept;
    void open_record(PictureRecord& picture, uint64_t number, uint32_t first, uint32_t blocks) noexcept;
    void close_record(PictureRecord& picture, uint64_t number) noexcept;
    // Pictures of peaks (peak_pictures.cpp). An allocation that raised a peak far enough makes a picture due; the first
    // free in the (allocator, account) after it takes the picture, before the buffer goes.
    void note_peak(uint32_t allocator, uint32_t account) noexcept;
    void freeze_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    void freeze_due_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    uint32_t place_peak(uint64_t wanted_blocks, uint32_t index, uint32_t& first) noexcept;
    void forget_peak_pictures(uint32_t allocator) noexcept;
    PicturePlan plan_picture() noexcept;
    uint64_t events_so_far(bool& quiet) const noexcept;
    void freeze(PictureRecord& picture, const PicturePlan& plan) noexcept;
    void freeze_totals(PictureStream& to) noexcept;
    void freeze_sums(PictureStream& to, const PicturePlan& plan) noexcept;
    void freeze_layout(PictureStream& to) noexcept;
    uint32_t freeze_programs(PictureStream& to, uint64_t room) noexcept;
    void smallest_kept(const PicturePlan& plan, uint64_t rows, uint32_t& from_class, uint64_t& of_that) const noexcept;
    void freeze_buffers(PictureStream& to, const PicturePlan& plan, PictureRecord& picture) noexcept;
    void freeze_addresses(PictureStream& to, uint64_t first_row, uint32_t rows) noexcept;
    uint32_t intern(uint32_t type, const void* payload, uint32_t bytes) noexcept;
    bool add_interned_section(uint32_t bytes) noexcept;
    uint32_t take_run(RecordRuns& runs, uint32_t kind, uint32_t count, uint32_t record_bytes) noexcept;
    static void give_run(RecordRuns& runs, uint32_t first, uint32_t count) noexcept;
    uint32_t kernel_name(const char* name) noexcept;
    bool fill_circular_buffers(const NewProgram& program, uint32_t first, uint64_t& own_bytes) noexcept;
    bool fill_kernels(const NewProgram& program, uint32_t first, uint64_t& bytes) noexcept;
    uint32_t intern_cores(const CoreRange* ranges, uint32_t count) noexcept;
    bool names_devices(const NewProgram& program) const noexcept;
    ProgramRecord* program_of(uint64_t handle) const noexcept;
    void count_launch(ProgramRecord& record) noexcept;
    void unload_locked(ThreadSlot& slot, ProgramRecord& record, uint32_t index) noexcept;
    void unload_programs_of(ThreadSlot& slot, uint32_t allocator) noexcept;
    void forget_layout_of(uint32_t allocator) noexcept;
    uint32_t pick_allocator_record(const NewAllocator& allocator, uint32_t device_set, bool& same) noexcept;

    FileHeader* header_ = nullptr;
    bool use_tsc_ = false;
    bool biased_locks_ = false;
    uint32_t max_buffers_ = 0;
    std::atomic<uint64_t> launches_{0};  // of all programs, but for those of the program launched last
    LedgerFile file_;
    std::atomic<int64_t> looked_after_{0};  // second of CLOCK_MONOTONIC

    SpinLock growth_lock_;  // sections, tables, the shared pool of free slots; private to this process
    uint64_t next_offset_ = 0;
    static constexpr uint32_t kInternedSections = 6;
    RecordRuns::Extent interned_[kInternedSections] = {};
    uint32_t interned_count_ = 0;
    DeviceRecord* devices_ = nullptr;
    AllocatorRecord* allocators_[kMaxAllocators / kAllocatorsPerSection] = {};
    TotalLine* totals_[kMaxAllocators / kAllocatorsPerSection] = {};
    WatermarkLine* watermarks_[kMaxAllocators / kAllocatorsPerSection] = {};
    HeadroomRecord* headroom_[kMaxAllocators / kAllocatorsPerSection] = {};
    // The highest end of circular buffers of an allocator's live programs, and whose; by program also of the others.
    struct ProgramEnd {
        uint64_t end;
        uint64_t id;         // tt-metal's
        uint32_t program;    // index of its record
        uint32_t allocator;  // in the list by program
    };
    mutable SpinLock extremes_lock_;  // after a shard's and that of programs, before the growth lock
    ProgramEnd highest_end_[kMaxAllocators] = {};
    ProgramEnd* program_ends_ = nullptr;  // by index of the program's record
    SpinLock addresses_lock_;             // of the runs of core addresses; after a shard's, before the growth lock
    RecordRuns addresses_;
    std::atomic<uint8_t> open_[kMaxAllocators] = {};
    std::atomic<uint8_t> single_device_rows_[kMaxAllocators] = {};
    PictureTables pictures_;
    FailureRecord* failures_ = nullptr;
    uint32_t failure_mask_ = 0;

    uint32_t buffer_capacity_ = 0;  // slots that exist
    uint32_t next_slot_ = 0;        // never used before
    uint32_t* pool_ = nullptr;      // free slots that shards gave back
    uint32_t pool_count_ = 0;
    uint32_t growth_refused_ = 0;  // requests for slots to answer without asking the file system again
    uint32_t growth_pause_ = 0;    // how many the last refusal stands for
    BufferBlock buffers_[(1u << 24) / kBuffersPerExtent] = {};

    std::atomic<uint32_t> shard_count_{0};
    Shard shards_[kMaxShards];
    ProgramTables programs_;
    SpinLock unlisted_lock_;
    IdIndex<UnlistedBuffer> unlisted_;
};

}  // namespace ttmem::ledger
