// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The cold side of the writer: making the file, its tables and extents, devices, allocators, interned sets, threads.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "base/clock.hpp"
#include "base/process_stat.hpp"
#include "ledger/write/ring_size.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {

#if defined(TTMEM_TEST_POINTS)
void (*test_point_hook)(const char* name) noexcept = nullptr;
#endif

namespace {

constexpr uint32_t kDevices = 256;
constexpr uint32_t kInternedBytes = 32 * 1024;
constexpr uint32_t kFailures = 64;
constexpr uint32_t kFirstRing = 8192;  // 512 KiB: the main thread's
constexpr uint32_t kOtherRing = 2048;
constexpr uint32_t kMostRing = 1u << 18;
constexpr uint32_t kMostBuffersPerExtent = 4 * kBuffersPerExtent;
// Address space for the tables of programs, circular buffers and kernels.
constexpr uint64_t kProgramRoom = 80u << 20;
constexpr uint32_t kFirstGrowthPause = 256;
constexpr uint32_t kLongestGrowthPause = 65536;
constexpr uint32_t kPrivateSlots = 1100;  // a shard's free list: kMostFreeSlots of buffer_writer.cpp and a batch

constexpr uint64_t pages(uint64_t bytes) noexcept {
    return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

// A block of allocators: how many lines of totals (and of counters in each shard) it has, and how large its tables are.
constexpr uint32_t kMaxBlocks = kMaxAllocators / kAllocatorsPerSection;
constexpr uint32_t kLines = kAllocatorsPerSection * kAccounts;
constexpr uint64_t kAllocatorBytes = pages(kAllocatorsPerSection * sizeof(AllocatorRecord));
constexpr uint64_t kTotalBytes = pages(kLines * sizeof(TotalLine));
constexpr uint64_t kCounterBytes = pages(kLines * sizeof(CounterLine));
constexpr uint64_t kExtremeBytes =
    pages(kLines * sizeof(WatermarkLine)) + pages(kAllocatorsPerSection * sizeof(HeadroomRecord));
// An extent of buffers: their records, and as many BufferExtra.
constexpr uint64_t kBufferBytes = kBuffersPerExtent * (sizeof(BufferRecord) + sizeof(BufferExtra));
static_assert(kBufferBytes == pages(kBufferBytes));

// set_ring_events(); 0: as usual. Not changed between make_file() and add_shard().
uint32_t wanted_ring = 0;

uint32_t ring_events(uint32_t shard) noexcept {
    return std::max(shard == 0 ? kFirstRing : kOtherRing, wanted_ring);
}

bool make_file(LedgerFile& file, uint64_t nonce, uint32_t max_buffers, FileError& error) noexcept {
    const uint64_t first = pages(kFirstSectionOffset) + pages(kDevices * sizeof(DeviceRecord)) + pages(kInternedBytes) +
                           pages(kFailures * sizeof(FailureRecord)) + kAllocatorBytes + kTotalBytes + kCounterBytes +
                           pages(PictureTables::kRecords * sizeof(PictureRecord)) + kExtremeBytes +
                           pages(sizeof(ShardHeader)) + pages(ring_events(0) * sizeof(EventRecord)) + kBufferBytes;
    const uint64_t most = first + uint64_t{max_buffers} / kBuffersPerExtent * kBufferBytes +
                          kMaxBlocks * (kAllocatorBytes + kTotalBytes + kExtremeBytes + kMaxShards * kCounterBytes) +
                          kMaxShards * pages(ring_events(1) * sizeof(EventRecord)) + kProgramRoom +
                          PictureTables::kMostBytes;
    return file.create(nonce, first, most, error);
}

// Private memory that is touched only as it is used. Null when refused.
template <typename T>
T* reserve_private(size_t count) noexcept {
    void* memory =
        mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<T*>(memory);
}

void parse_boot_id(uint8_t to[16]) noexcept {
    char text[64];
    read_small_file("/proc/sys/kernel/random/boot_id", text, sizeof text);
    unsigned digits = 0;
    for (const char* at = text; *at != '\0' && digits < 32; ++at) {
        const char c = *at;
        const int value = c >= '0' && c <= '9' ? c - '0' : (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
        if (value >= 0) {
            to[digits / 2] = static_cast<uint8_t>(to[digits / 2] << 4 | value);
            ++digits;
        }
    }
}

// Start of this process in ns since the epoch: its start tick after the boot.
uint64_t start_time_ns(uint64_t start_ticks) noexcept {
    const auto hz = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
    const uint64_t boot_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
    return hz == 0 ? 0 : boot_ns + start_ticks * (1'000'000'000u / hz);
}

bool same_geometry(const BankGeometry* a, const BankGeometry* b) noexcept {
    for (uint32_t i = 0; i < kBufferTypes; ++i) {
        if (a[i].bank_bytes != b[i].bank_bytes || a[i].base_address != b[i].base_address || a[i].banks != b[i].banks ||
            a[i].alignment != b[i].alignment) {
            return false;
        }
    }
    return true;
}

}  // namespace

void set_ring_events(uint32_t events) noexcept {
    wanted_ring = events == 0 ? 0 : std::bit_floor(std::min(events, kMostRing));
}

// --- Making the file -------------------------------------------------------------------------------------------------

bool Writer::start(const char* library, uint32_t max_buffers, FileError& error) noexcept {
    max_buffers_ = max_buffers < kBuffersPerExtent ? kBuffersPerExtent : max_buffers;
    max_buffers_ = max_buffers_ > (1u << 24) ? (1u << 24) : max_buffers_ / kBuffersPerExtent * kBuffersPerExtent;
    use_tsc_ = tsc_is_invariant();
    biased_locks_ = BiasedLock::prepare();

    uint64_t nonce = 0;
    if (getrandom(&nonce, sizeof nonce, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof nonce)) {
        nonce = clock_ns(CLOCK_MONOTONIC) ^ static_cast<uint64_t>(getpid()) << 40;
    }
    pool_ = reserve_private<uint32_t>(max_buffers_);
    if (pool_ == nullptr) {
        error.what = "no memory for the index";
        error.errno_value = errno;
        return false;
    }
    if (!make_file(file_, nonce, max_buffers_, error)) {
        // Long rings are a wish: a small /dev/shm has room for the usual ones.
        if (std::exchange(wanted_ring, 0) == 0 || !make_file(file_, nonce, max_buffers_, error)) {
            return false;
        }
    }
    header_ = at<FileHeader>(0);
    fill_header(library, max_buffers_, nonce);
    next_offset_ = kFirstSectionOffset;

    const std::lock_guard<SpinLock> guard(growth_lock_);
    devices_ = at<DeviceRecord>(add_section(kSectionDevices, 0, 0, kDevices, sizeof(DeviceRecord)));
    add_interned_section(kInternedBytes);
    failures_ = at<FailureRecord>(add_section(kSectionFailures, 0, 0, kFailures, sizeof(FailureRecord)));
    failure_mask_ = kFailures - 1;
    if (!add_allocator_block(0) || !add_shard() || !add_buffers()) {
        file_.remove();
        error.what = "no memory for the index";
        error.errno_value = ENOMEM;
        return false;
    }
    pictures_.records =
        at<PictureRecord>(add_section(kSectionPictures, 0, 0, PictureTables::kRecords, sizeof(PictureRecord)));
    reserve_pictures();
    write_command_line(nonce);
    TTMEM_TEST_POINT("tables made");
    put(header_->ready, kReady);
    TTMEM_TEST_POINT("ledger ready");
    return true;
}

void Writer::fill_header(const char* library, uint32_t max_buffers, uint64_t nonce) noexcept {
    FileHeader& h = *header_;
    h.magic = kMagic;
    h.major = kMajor;
    h.minor = kMinor;
    h.header_bytes = sizeof(FileHeader);
    h.pid = static_cast<uint32_t>(getpid());
    h.uid = geteuid();
    h.start_time_ticks = process_start_ticks(0);
    h.pid_namespace = own_pid_namespace();
    h.nonce = nonce;
    parse_boot_id(h.boot_id);
    h.start_time_ns = start_time_ns(h.start_time_ticks);
    h.clock_kind = use_tsc_ ? kClockX86Tsc : kClockMonotonicNs;
    h.max_buffers = max_buffers;
    h.clock_hz = use_tsc_ ? 0 : 1'000'000'000u;
    h.clock_monotonic_ns = clock_ns(CLOCK_MONOTONIC);
    h.clock_ticks = now();
    h.clock_realtime_ns = clock_ns(CLOCK_REALTIME);
    h.created_ns = h.clock_realtime_ns;
    char comm[sizeof h.command];
    unsigned length = read_small_file("/proc/self/comm", comm, sizeof comm);
    while (length > 0 && comm[length - 1] == '\n') {
        comm[--length] = '\0';
    }
    std::memcpy(h.command, comm, length + 1);
    std::snprintf(h.library, sizeof h.library, "%s", library);
    put(h.state, uint32_t{kStateRunning});
}

void Writer::write_command_line(uint64_t nonce) noexcept {
    struct Detail {
        SidecarHeader header;
        SidecarRecord record;
        char text[16 * 1024];
    };
    auto* detail = reserve_private<Detail>(1);
    if (detail == nullptr) {
        return;
    }
    const unsigned length = read_small_file("/proc/self/cmdline", detail->text, sizeof detail->text - 8);
    const uint32_t padded = (length + 7) / 8 * 8;
    detail->header.magic = kSidecarMagic;
    detail->header.major = kMajor;
    detail->header.minor = kMinor;
    detail->header.header_bytes = sizeof(SidecarHeader);
    detail->header.nonce = nonce;
    put(detail->header.bytes_used, uint64_t{sizeof(SidecarRecord) + padded});
    detail->record.type = kSidecarCommandLine;
    detail->record.bytes = length;
    file_.write_sidecar(detail,
                        sizeof(SidecarHeader) + sizeof(SidecarRecord) + padded);  // without it the command stays short
    munmap(detail, sizeof *detail);
}

void Writer::mark_exited() noexcept {
    put(header_->state, uint32_t{kStateExited});
}

void Writer::mark_running() noexcept {
    put(header_->state, uint32_t{kStateRunning});
}

// --- Sections --------------------------------------------------------------------------------------------------------

// Reserves what the next `sections` sections of together `bytes` take, so that they come all or not at all: half a
// shard in the directory would be a corrupt ledger.
bool Writer::ensure_room(uint64_t bytes, uint32_t sections) noexcept {
    if (header_->section_count.load(std::memory_order_relaxed) + sections > kMaxSections) {
        return false;
    }
    const uint64_t end = next_offset_ + bytes;
    return end <= file_.bytes() || file_.extend(end - file_.bytes()) != 0;
}

uint64_t Writer::add_section(uint32_t kind, uint32_t owner, uint32_t first_index, uint32_t count,
                             uint32_t stride) noexcept {
    const uint64_t wanted = pages(uint64_t{count} * stride);
    if (!ensure_room(wanted, 1)) {
        return 0;
    }
    const uint32_t sections = header_->section_count.load(std::memory_order_relaxed);
    const uint64_t offset = next_offset_;
    next_offset_ += wanted;
    at<SectionEntry>(kDirectoryOffset)[sections] = {kind, owner, offset, first_index, count, stride, 0};
    TTMEM_TEST_POINT("section entered");
    put(header_->section_count, sections + 1);
    TTMEM_TEST_POINT("section named");
    return offset;
}

bool Writer::add_buffers() noexcept {
    // A file system without room is asked again after a while only: the questions would cost each allocation four
    // system calls.
    if (growth_refused_ > 0) {
        --growth_refused_;
        return false;
    }
    uint32_t count = buffer_capacity_ == 0 ? kBuffersPerExtent : kMostBuffersPerExtent;
    if (buffer_capacity_ + count > max_buffers_) {
        count = max_buffers_ - buffer_capacity_;
    }
    while (count >= kBuffersPerExtent && !ensure_room(count / kBuffersPerExtent * kBufferBytes, 2)) {
        count /= 2;  // a smaller one may still fit
    }
    if (count < kBuffersPerExtent) {
        growth_pause_ = growth_pause_ == 0 ? kFirstGrowthPause : std::min(growth_pause_ * 2, kLongestGrowthPause);
        growth_refused_ = growth_pause_;
        return false;
    }
    growth_pause_ = 0;
    // The extras first: a reader that finds a record also finds its BufferExtra.
    auto* extras = at<BufferExtra>(add_section(kSectionBufferExtras, 0, buffer_capacity_, count, sizeof(BufferExtra)));
    auto* records = at<BufferRecord>(add_section(kSectionBuffers, 0, buffer_capacity_, count, sizeof(BufferRecord)));
    for (uint32_t i = 0; i < count; i += kBuffersPerExtent) {
        BufferBlock& block = buffers_[(buffer_capacity_ + i) / kBuffersPerExtent];
        block.extras = extras + i;
        block.records.store(records + i, std::memory_order_release);
    }
    buffer_capacity_ += count;
    return true;
}

bool Writer::add_shard() noexcept {
    const uint32_t number = shard_count_.load(std::memory_order_relaxed);
    if (number == kMaxShards) {
        return false;
    }
    Shard& shard = shards_[number];
    if (shard.free_slots == nullptr) {
        shard.free_slots = reserve_private<uint32_t>(kPrivateSlots);
    }
    if (shard.free_slots == nullptr) {
        return false;
    }
    const uint32_t events = ring_events(number);
    uint32_t blocks = 0;
    while (blocks < kMaxBlocks && totals_[blocks] != nullptr) {
        ++blocks;
    }
    const uint64_t bytes = pages(sizeof(ShardHeader)) + pages(events * sizeof(EventRecord)) + blocks * kCounterBytes;
    if (!ensure_room(bytes, 2 + blocks)) {
        return false;
    }
    shard.header = at<ShardHeader>(add_section(kSectionShard, number, 0, 1, sizeof(ShardHeader)));
    shard.ring = at<EventRecord>(add_section(kSectionRing, number, 0, events, sizeof(EventRecord)));
    for (uint32_t block = 0; block < blocks; ++block) {
        shard.counters[block] =
            at<CounterLine>(add_section(kSectionCounters, number, block * kLines, kLines, sizeof(CounterLine)));
    }
    shard.ring_mask = events - 1;
    put(shard_count_, number + 1);
    return true;
}

// Room for 64 more allocators: records, totals, and counters in every shard.
bool Writer::add_allocator_block(uint32_t block) noexcept {
    if (totals_[block] != nullptr) {
        return true;
    }
    const uint32_t first = block * kAllocatorsPerSection;
    const uint32_t shards = shard_count_.load(std::memory_order_relaxed);
    if (!ensure_room(kAllocatorBytes + kTotalBytes + kExtremeBytes + shards * kCounterBytes, 4 + shards)) {
        return false;
    }
    allocators_[block] =
        at<AllocatorRecord>(add_section(kSectionAllocators, 0, first, kAllocatorsPerSection, sizeof(AllocatorRecord)));
    watermarks_[block] =
        at<WatermarkLine>(add_section(kSectionWatermarks, 0, first * kAccounts, kLines, sizeof(WatermarkLine)));
    headroom_[block] =
        at<HeadroomRecord>(add_section(kSectionHeadroom, 0, first, kAllocatorsPerSection, sizeof(HeadroomRecord)));
    totals_[block] = at<TotalLine>(add_section(kSectionTotals, 0, first * kAccounts, kLines, sizeof(TotalLine)));
    for (uint32_t i = 0; i < shards; ++i) {
        shards_[i].counters[block] =
            at<CounterLine>(add_section(kSectionCounters, i, first * kAccounts, kLines, sizeof(CounterLine)));
    }
    return true;
}

bool Writer::add_interned_section(uint32_t bytes) noexcept {
    if (interned_count_ == kInternedSections) {
        return false;
    }
    const RecordRuns::Extent* last = interned_count_ == 0 ? nullptr : &interned_[interned_count_ - 1];
    const uint32_t first = last == nullptr ? 0 : last->first + last->count;
    const uint64_t offset = add_section(kSectionInterned, 0, first, bytes, 1);
    if (offset == 0) {
        return false;
    }
    interned_[interned_count_++] = {offset, first, bytes};
    return true;
}

uint32_t Writer::intern(uint32_t type, const void* payload, uint32_t bytes) noexcept {
    constexpr auto kHeader = static_cast<uint32_t>(sizeof(InternedHeader));
    auto used = static_cast<uint32_t>(header_->interned_bytes.load(std::memory_order_relaxed));
    for (uint32_t i = 0; i < interned_count_; ++i) {
        const RecordRuns::Extent& section = interned_[i];
        const uint32_t end = used - section.first < section.count ? used - section.first : section.count;
        for (uint32_t offset = 0; offset < end;) {
            const auto* header = at<InternedHeader>(section.offset + offset);
            if (header->type == type && header->bytes == bytes && std::memcmp(header + 1, payload, bytes) == 0) {
                return section.first + offset;
            }
            offset += kHeader + (header->bytes + 7) / 8 * 8;
        }
    }
    const uint32_t whole = kHeader + (bytes + 7) / 8 * 8;
    const RecordRuns::Extent* section = &interned_[interned_count_ - 1];
    const uint32_t rest = section->first + section->count - used;
    if (whole > rest) {
        // Each as large as all before it; the rest of the last one becomes an entry that is never looked up.
        if (whole > section->first + section->count || !add_interned_section(section->first + section->count)) {
            return kNone;
        }
        if (rest > 0) {
            *at<InternedHeader>(section->offset + used - section->first) = {0, rest - kHeader};
            used += rest;
        }
        section = &interned_[interned_count_ - 1];
    }
    auto* header = at<InternedHeader>(section->offset + used - section->first);
    *header = {type, bytes};
    std::memcpy(header + 1, payload, bytes);
    put(header_->interned_bytes, uint64_t{used} + whole);
    TTMEM_TEST_POINT("set interned");
    return used;
}

// --- Devices and allocators ------------------------------------------------------------------------------------------

uint32_t Writer::describe_device(const DeviceRecord& device) noexcept {
    const std::lock_guard<SpinLock> guard(growth_lock_);
    const uint32_t count = header_->device_count.load(std::memory_order_relaxed);
    for (uint32_t i = 0; i < count; ++i) {
        if (std::memcmp(&devices_[i], &device, sizeof device) == 0) {
            return i;
        }
    }
    if (count == kDevices) {
        return kNone;
    }
    devices_[count] = device;
    put(header_->device_count, count + 1);
    TTMEM_TEST_POINT("device described");
    return count;
}

// An allocator of the same devices and geometry that is closed; else a record never used; else any closed one.
uint32_t Writer::pick_allocator_record(const NewAllocator& wanted, uint32_t device_set, bool& same) noexcept {
    const uint32_t count = header_->allocator_count.load(std::memory_order_relaxed);
    uint32_t closed = kNone;
    for (uint32_t i = 0; i < count; ++i) {
        const AllocatorRecord& found = allocators_[i / kAllocatorsPerSection][i % kAllocatorsPerSection];
        if (found.state.load(std::memory_order_relaxed) != kAllocatorClosed) {
            continue;
        }
        closed = i;
        if (found.device_set == device_set && same_geometry(found.geometry, wanted.geometry)) {
            same = true;
            return i;
        }
    }
    same = false;
    if (count < kMaxAllocators && add_allocator_block(count / kAllocatorsPerSection)) {
        return count;
    }
    return closed;
}

uint32_t Writer::open_allocator(ThreadSlot& slot, const NewAllocator& wanted) noexcept {
    const uint64_t ticks = now();
    uint32_t index = kNone;
    {
        const std::lock_guard<SpinLock> guard(growth_lock_);
        for (uint32_t i = 0; i < wanted.device_count; ++i) {
            if (wanted.devices[i] >= header_->device_count.load(std::memory_order_relaxed)) {
                count_lost(kLostBadArgument);
                return kNone;
            }
        }
        const uint32_t set = intern(kInternedDeviceSet, wanted.devices, wanted.device_count * 4);
        bool same = false;
        index = set == kNone ? kNone : pick_allocator_record(wanted, set, same);
        if (index == kNone) {
            count_lost(kLostNoAllocatorRoom);
            return kNone;
        }
        AllocatorRecord& found = allocators_[index / kAllocatorsPerSection][index % kAllocatorsPerSection];
        const uint32_t sequence = found.sequence.load(std::memory_order_relaxed);
        put(found.sequence, sequence + 1);
        TTMEM_TEST_POINT("allocator opening");
        std::atomic_thread_fence(std::memory_order_release);
        if (!same) {
            // Nothing lives in a closed allocator, so no other thread counts here.
            single_device_rows_[index].store(0, std::memory_order_relaxed);
            for (uint32_t account = 0; account < kAccounts; ++account) {
                std::memset(static_cast<void*>(&total(index, account)), 0, sizeof(TotalLine));
                std::memset(static_cast<void*>(&watermark(index, account)), 0, sizeof(WatermarkLine));
                for (uint32_t i = 0; i < shard_count_.load(std::memory_order_relaxed); ++i) {
                    std::memset(static_cast<void*>(&counter(shards_[i], index, account)), 0, sizeof(CounterLine));
                }
            }
            if (found.generation != 0) {
                forget_peak_pictures(index);
            }
        }
        put(found.mode, wanted.mode);
        begin_extremes(index, same);
        found.mesh_id = wanted.mesh_id;
        found.parent = wanted.parent;
        found.device_set = set;
        ++found.generation;
        found.opened_ticks = ticks;
        put(found.closed_ticks, uint64_t{0});
        for (uint32_t i = 0; i < kBufferTypes; ++i) {
            found.geometry[i] = wanted.geometry[i];
        }
        put(found.state, uint32_t{kAllocatorOpen});
        put(found.sequence, sequence + 2);
        TTMEM_TEST_POINT("allocator opened");
        if (index == header_->allocator_count.load(std::memory_order_relaxed)) {
            put(header_->allocator_count, index + 1);
        }
        TTMEM_TEST_POINT("allocator counted");
        open_[index].store(1, std::memory_order_release);
    }
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    add_event(shard, kEventAllocatorOpen, ticks, static_cast<uint64_t>(static_cast<int64_t>(wanted.mesh_id)), 0,
              slot.thread, index, 0, {});
    return index;
}

void Writer::close_allocator(ThreadSlot& slot, uint32_t allocator) noexcept {
    if (!allocator_is_open(allocator)) {
        return;  // tt-metal closes a device two or three times
    }
    clear_allocator(slot, allocator);
    unload_programs_of(slot, allocator);
    forget_layout_of(allocator);
    const uint64_t ticks = now();
    int32_t mesh = -1;
    {
        const std::lock_guard<SpinLock> guard(growth_lock_);
        AllocatorRecord& found = allocators_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection];
        open_[allocator].store(0, std::memory_order_release);
        mesh = found.mesh_id;
        put(found.closed_ticks, ticks);
        put(found.state, uint32_t{kAllocatorClosed});
        TTMEM_TEST_POINT("allocator closed");
    }
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    add_event(shard, kEventAllocatorClose, ticks, static_cast<uint64_t>(static_cast<int64_t>(mesh)), 0, slot.thread,
              allocator, 0, {});
}

// --- Threads ---------------------------------------------------------------------------------------------------------

void Writer::attach_thread(ThreadSlot& slot) noexcept {
    slot.thread = static_cast<uint32_t>(syscall(SYS_gettid));
    const uint32_t existing = shard_count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < existing; ++i) {
        uint32_t nobody = 0;
        if (shards_[i].held.compare_exchange_strong(nobody, 1, std::memory_order_acquire)) {
            slot.shard = i;
            if (biased_locks_) {
                shards_[i].lock.become_owner();
            }
            return;
        }
    }
    const std::lock_guard<SpinLock> guard(growth_lock_);
    if (add_shard()) {
        slot.shard = shard_count_.load(std::memory_order_relaxed) - 1;
        shards_[slot.shard].held.store(1, std::memory_order_relaxed);
        if (biased_locks_) {
            shards_[slot.shard].lock.become_owner();
        }
        return;
    }
    // As many threads as shards at once: share one, its lock keeps them apart.
    slot.shard = slot.thread % shard_count_.load(std::memory_order_relaxed);
    slot.shared = true;
}

void Writer::release_thread(ThreadSlot& slot) noexcept {
    if (slot.shard != kNone && !slot.shared) {
        shards_[slot.shard].lock.give_up();
        shards_[slot.shard].held.store(0, std::memory_order_release);
    }
    slot = ThreadSlot{};
}

}  // namespace ttmem::ledger
