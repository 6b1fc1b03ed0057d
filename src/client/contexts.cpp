// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "client/contexts.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include "base/errno_keeper.hpp"
#include "base/host_guard.hpp"
#include "base/ttnn_files.hpp"

namespace ttmem::client {

namespace {

using ledger::ContextRecord;
using ledger::FrameRecord;
using ledger::IdIndex;
using ledger::SidecarRecord;
using ledger::StackNodeRecord;

// Bytes of the sidecar that stacks may take; TT_ALLOC_STACK_BYTES overrides it.
constexpr uint64_t kDefaultStackBytes = uint64_t{16} << 20;
constexpr uint64_t kMostStackBytes = uint64_t{1} << 30;
constexpr uint32_t kMostTextBytes = 1024;
constexpr uint64_t kExceptionShare = 16;
constexpr uint32_t kMostHolders = 32;
constexpr uint32_t kMostLabels = 16'384;
constexpr uint32_t kLabelBytes = 64;
constexpr uint32_t kMostNameBytes = 4096;
constexpr uint32_t kMostContexts = 1u << 24;
constexpr uint64_t kFirstKeys = 1024;
constexpr uint64_t kMostKeys = uint64_t{1} << 22;

constexpr uint64_t mix(uint64_t value) noexcept {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    value ^= value >> 31;
    return value == IdIndex<int[4]>::kEmptyId ? 0 : value;
}

uint64_t hash_of(const void* data, uint64_t bytes, uint64_t seed) noexcept {
    uint64_t hash = seed + bytes * 0x9e3779b97f4a7c15u;
    const auto* at = static_cast<const char*>(data);
    for (; bytes >= 8; bytes -= 8, at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, at, 8);
        hash = mix(hash ^ word) + 0x9e3779b97f4a7c15u;
    }
    uint64_t word = 0;
    std::memcpy(&word, at, bytes);
    return mix(hash ^ word);
}

// From a key to its context. Read without a lock: the number is stored before the key, and neither ever changes. Filled
// under the lock of Contexts; a larger one takes its place when it is full, and it stays for threads that read it.
struct KeyTable {
    struct Entry {
        std::atomic<uint64_t> key;  // 0: empty. Release, after the number
        std::atomic<uint32_t> number;
        uint32_t reserved;
    };
    uint64_t entries;
    uint64_t used;
    Entry entry[];

    static KeyTable* make(uint64_t entries) noexcept {
        void* memory = mmap(nullptr, sizeof(KeyTable) + entries * sizeof(Entry), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return nullptr;
        }
        auto* table = static_cast<KeyTable*>(memory);
        table->entries = entries;
        return table;
    }
    // `key` is not 0.
    uint32_t find(uint64_t key) const noexcept {
        for (uint64_t at = key & (entries - 1);; at = (at + 1) & (entries - 1)) {
            const uint64_t found = entry[at].key.load(std::memory_order_acquire);
            if (found == key) [[likely]] {
                return entry[at].number.load(std::memory_order_relaxed);
            }
            if (found == 0) {
                return 0;
            }
        }
    }
    void insert(uint64_t key, uint32_t number) noexcept {
        uint64_t at = key & (entries - 1);
        while (entry[at].key.load(std::memory_order_relaxed) != 0) {
            at = (at + 1) & (entries - 1);
        }
        entry[at].number.store(number, std::memory_order_relaxed);
        entry[at].key.store(key, std::memory_order_release);
        ++used;
    }
};

// Records on their way to the sidecar.
class Batch {
public:
    explicit Batch(ledger::Writer& writer) noexcept : writer_(writer) {}

    void add(uint32_t type, uint32_t id, const void* payload, uint32_t bytes) noexcept {
        const uint32_t padded = (bytes + 7) / 8 * 8;
        if (used_ + sizeof(SidecarRecord) + padded > sizeof bytes_) {
            flush();
        }
        const SidecarRecord record{type, id, bytes, 0};
        std::memcpy(bytes_ + used_, &record, sizeof record);
        std::memcpy(bytes_ + used_ + sizeof record, payload, bytes);
        std::memset(bytes_ + used_ + sizeof record + bytes, 0, padded - bytes);
        used_ += static_cast<uint32_t>(sizeof record) + padded;
        total_ += sizeof record + padded;
    }
    // Whether all of it is in the sidecar now.
    bool flush() noexcept {
        good_ = good_ && (used_ == 0 || writer_.sidecar().append(bytes_, used_));
        used_ = 0;
        return good_;
    }
    uint64_t total() const noexcept { return total_; }

private:
    ledger::Writer& writer_;
    uint32_t used_ = 0;
    uint64_t total_ = 0;
    bool good_ = true;
    alignas(8) char bytes_[8192];
};

struct Known {
    uint64_t id;  // hash, or the pair itself
    uint32_t number;
    uint32_t reserved;
};

// How contexts are named now; a forked child goes on in the same way.
std::atomic<uint32_t> g_name_way{0};

// The contexts of one ledger: by hash, by number, with their texts and holders.
class Contexts {
public:
    explicit Contexts(ledger::Writer& writer) noexcept
        : writer_(writer), way_(g_name_way.load(std::memory_order_relaxed)) {
        const char* text = std::getenv("TT_ALLOC_STACK_BYTES");
        char* end = nullptr;
        const unsigned long long value = text == nullptr || *text == '\0' ? 0 : std::strtoull(text, &end, 10);
        room_ = value == 0 || *end != '\0' ? kDefaultStackBytes : (value < kMostStackBytes ? value : kMostStackBytes);
    }

    const ledger::Writer* writer() const noexcept { return &writer_; }

    uint32_t find(uint64_t key) const noexcept {
        const KeyTable* table = table_.load(std::memory_order_acquire);
        return table == nullptr ? 0 : table->find(key);
    }

    void name_by(uint32_t way) noexcept {
        const std::lock_guard<SpinLock> guard(lock_);
        way_ = way;
        table_.store(tables_[way], std::memory_order_release);
    }

    uint32_t add(uint64_t key, uint16_t scope, uint32_t frames, uint32_t flags, FrameSource source, void* of,
                 const ContextName& name) noexcept {
        const std::lock_guard<SpinLock> guard(lock_);
        if (const uint32_t found = find(key); found != 0 && name.way == way_) {
            return found;
        }
        Batch batch(writer_);
        ContextRecord context{scope, 0, 0, flags};
        const bool room = bytes_ < room_;
        const uint32_t first_node = nodes_given_ + 1;
        uint32_t fresh = 0;
        char label[kLabelBytes] = {};
        char place[kLabelBytes] = {};
        for (uint32_t i = 0; i < frames; ++i) {
            ContextFrame frame{};
            if (!source(of, i, frame)) {
                continue;
            }
            const bool call = frame.operation != nullptr && *frame.operation != '\0';
            if (call && label[0] == '\0') {
                std::snprintf(label, sizeof label, "%s", frame.operation);
            }
            note_place(frame, place);
            if (room) {
                const uint32_t number = frame_number(batch, frame);
                context.stack = node_number(number, context.stack, fresh);
                context.operation =
                    call && context.operation == 0 ? text_number(batch, frame.operation) : context.operation;
            } else if (call && context.operation == 0) {
                context.operation = text_number(batch, frame.operation);
            }
        }
        if (fresh != 0) {
            batch.add(ledger::kSidecarStackNodes, first_node, nodes_, fresh * static_cast<uint32_t>(sizeof *nodes_));
        }
        if (!room) {
            context.flags |= ledger::kContextDropped;
            writer_.header().count_lost(ledger::kLostStack);
        }
        const uint32_t given = contexts_given_;
        const uint32_t index = context_index(batch, context, name, room);
        if (index > given) {
            keep_label(index, label, room ? place : "");  // without a stack it stands for many lines
        }
        bytes_ += batch.total();
        if (!batch.flush() || index == 0) {
            bytes_ = room_;  // the sidecar takes no more: what comes has operation and scope at most
            if (index == 0) {
                writer_.header().count_lost(ledger::kLostContext);
                return 0;
            }
        }
        if (name.way == way_) {  // else another thread has set it since the name was made
            remember(key, number_of(index));
        }
        return number_of(index);
    }

    // Labels are written before their context's number is given away, and never change.
    bool describe(uint32_t context, char* to, uint32_t room) const noexcept {
        const uint32_t index = context - number_of(1);
        const Label* labels = labels_.load(std::memory_order_acquire);
        if (context < number_of(1) || index >= kMostLabels || labels == nullptr || labels[index][0] == '\0') {
            return false;
        }
        std::snprintf(to, room, "%s", labels[index]);
        return true;
    }

    uint32_t text(uint32_t type, const char* text) noexcept {
        const std::lock_guard<SpinLock> guard(lock_);
        const auto bytes = static_cast<uint32_t>(strnlen(text, kMostTextBytes));
        return once(type, text, bytes);
    }

    uint32_t exception(const char* text) noexcept {
        const std::lock_guard<SpinLock> guard(lock_);
        if (exception_bytes_ >= room_ / kExceptionShare) {
            return 0;
        }
        const char* backtrace = std::strstr(text, "\nbacktrace:");
        const size_t length = backtrace != nullptr ? static_cast<size_t>(backtrace - text) : std::strlen(text);
        const uint64_t before = bytes_;
        const auto bytes = static_cast<uint32_t>(length < kMostTextBytes ? length : kMostTextBytes);
        const uint32_t number = once(ledger::kSidecarException, text, bytes);
        exception_bytes_ += bytes_ - before;
        return number;
    }

    uint32_t holders(uint64_t number, uint32_t allocator, uint32_t account) noexcept {
        const std::lock_guard<SpinLock> guard(lock_);
        if (exception_bytes_ >= room_ / kExceptionShare) {
            return 0;
        }
        ledger::HolderRecord records[kMostHolders];
        const uint32_t count = writer_.tables().buffers.largest_contexts(allocator, account, records, kMostHolders);
        Batch batch(writer_);
        batch.add(ledger::kSidecarHolders, static_cast<uint32_t>(number), records,
                  count * static_cast<uint32_t>(sizeof *records));
        bytes_ += batch.total();
        exception_bytes_ += batch.total();
        return batch.flush() ? 1 : 0;
    }

    uint32_t tensor(uint64_t key, const void* facts, uint32_t bytes) noexcept {
        const std::lock_guard<SpinLock> guard(lock_);
        if (const uint32_t found = find(key); found != 0) {
            return found;
        }
        const uint32_t number = once(ledger::kSidecarTensor, facts, bytes);
        if (number == 0) {
            writer_.header().count_lost(ledger::kLostTensor);
        } else {
            writer_.header().set_features(ledger::kFeatureTensors, 0);
            remember(key, number);
        }
        return number;
    }

private:
    // A context's index counts from 1; its number in the ledger begins at kFirstContext.
    static constexpr uint32_t number_of(uint32_t index) noexcept { return index + ledger::kFirstContext - 1; }

    static Known* known(IdIndex<Known>& index, uint64_t id) noexcept { return index.find(id); }
    static bool keep(IdIndex<Known>& index, uint64_t id, uint32_t number) noexcept {
        if (!index.reserve_one()) {
            return false;
        }
        index.insert({id, number, 0});
        return true;
    }

    // The innermost line that is not ttnn's own, by its file's name alone.
    static void note_place(const ContextFrame& frame, char (&place)[kLabelBytes]) noexcept {
        if (frame.line == 0 || frame.file == nullptr || !is_program_file(frame.file)) {
            return;
        }
        const char* slash = std::strrchr(frame.file, '/');
        std::snprintf(place, sizeof place, "%s:%u", slash != nullptr ? slash + 1 : frame.file, frame.line);
    }
    void keep_label(uint32_t index, const char* label, const char* place) noexcept {
        if (index > kMostLabels) {
            return;
        }
        Label* labels = labels_.load(std::memory_order_relaxed);
        if (labels == nullptr) {
            void* memory = mmap(nullptr, sizeof(Label) * kMostLabels, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (memory == MAP_FAILED) {
                return;
            }
            labels = static_cast<Label*>(memory);
            labels_.store(labels, std::memory_order_release);
        }
        char* to = labels[index - 1];
        uint32_t length = 0;
        // Cut off where the room ends, which the exception's lines are short for anyway.
        for (const char* part : {label, label[0] != '\0' && place[0] != '\0' ? " " : "", place}) {
            for (; *part != '\0' && length + 1 < kLabelBytes; ++part) {
                to[length++] = *part;
            }
        }
        to[length] = '\0';
    }

    uint32_t once(uint32_t type, const void* data, uint32_t bytes) noexcept {
        const uint64_t id = hash_of(data, bytes, type);
        if (const Known* found = known(others_, id)) {
            return found->number;
        }
        const uint32_t number = others_given_ + 1;
        const uint32_t padded = (bytes + 7) / 8 * 8;
        if (bytes_ + padded > room_ || bytes > kMostTextBytes || !keep(others_, id, number)) {
            return 0;
        }
        Batch batch(writer_);
        batch.add(type, number, data, bytes);
        bytes_ += batch.total();
        ++others_given_;
        return batch.flush() ? number : 0;
    }

    uint32_t text_number(Batch& batch, const char* text) noexcept {
        const auto bytes = static_cast<uint32_t>(strnlen(text, kMostTextBytes));
        if (bytes == 0) {
            return 0;
        }
        const uint64_t id = hash_of(text, bytes, 1);
        if (const Known* found = known(texts_, id)) {
            return found->number;
        }
        if (!keep(texts_, id, texts_given_ + 1)) {
            return 0;
        }
        batch.add(ledger::kSidecarText, ++texts_given_, text, bytes);
        return texts_given_;
    }

    uint32_t frame_number(Batch& batch, const ContextFrame& frame) noexcept {
        const FrameRecord record{text_number(batch, frame.file), text_number(batch, frame.function), frame.line,
                                 frame.operation == nullptr ? 0 : text_number(batch, frame.operation)};
        const uint64_t id = hash_of(&record, sizeof record, 2);
        if (const Known* found = known(frames_, id)) {
            return found->number;
        }
        if (!keep(frames_, id, frames_given_ + 1)) {
            return 0;
        }
        batch.add(ledger::kSidecarFrames, ++frames_given_, &record, sizeof record);
        return frames_given_;
    }

    // `fresh`: how many nodes of this stack are new; they stand in nodes_.
    uint32_t node_number(uint32_t frame, uint32_t caller, uint32_t& fresh) noexcept {
        const uint64_t id = uint64_t{frame} << 32 | caller;
        if (const Known* found = known(nodes_known_, id)) {
            return found->number;
        }
        if (frame == 0 || fresh == kMostFramesKept || !keep(nodes_known_, id, nodes_given_ + 1)) {
            return caller;
        }
        nodes_[fresh++] = {frame, caller};
        return ++nodes_given_;
    }

    uint32_t context_index(Batch& batch, const ContextRecord& context, const ContextName& name, bool room) noexcept {
        const uint64_t id = hash_of(&context, sizeof context, 3 + (uint64_t{name.way} << 32));
        if (const Known* found = known(contexts_, id)) {
            return found->number;
        }
        if (contexts_given_ == kMostContexts || !keep(contexts_, id, contexts_given_ + 1)) {
            return 0;
        }
        ++contexts_given_;
        if (name.text[0] != '\0') {  // before the context: a reader that has the context does not look again
            add_name(batch, contexts_given_, context.scope, name, room);
        }
        batch.add(ledger::kSidecarContexts, number_of(contexts_given_), &context, sizeof context);
        return contexts_given_;
    }

    // Without a stack the context stands for many lines, and its name has none.
    static void add_name(Batch& batch, uint32_t index, uint32_t scope, const ContextName& name, bool room) noexcept {
        const char* before = name.after_scope ? region_name(scope) : "";
        const int after = room ? static_cast<int>(kMostNameBytes) : static_cast<int>(name.bytes_of_operation);
        char text[kMostNameBytes];
        const int bytes =
            std::snprintf(text, sizeof text, "%s%s%.*s", before, before[0] != '\0' ? "/" : "", after, name.text);
        if (bytes > 0) {
            const uint32_t kept =
                static_cast<uint32_t>(bytes) < sizeof text ? static_cast<uint32_t>(bytes) : uint32_t{sizeof text - 1};
            batch.add(ledger::kSidecarOperation, number_of(index), text, kept);
        }
    }

    void remember(uint64_t key, uint32_t number) noexcept {
        KeyTable* table = table_.load(std::memory_order_relaxed);
        if (table == nullptr || table->used >= table->entries / 4 * 3) {
            const uint64_t entries = table == nullptr ? kFirstKeys : table->entries * 2;
            KeyTable* larger = entries > kMostKeys ? nullptr : KeyTable::make(entries);
            if (larger == nullptr) {
                return;  // it is found by its content each time
            }
            for (uint64_t i = 0; table != nullptr && i < table->entries; ++i) {
                if (const uint64_t had = table->entry[i].key.load(std::memory_order_relaxed); had != 0) {
                    larger->insert(had, table->entry[i].number.load(std::memory_order_relaxed));
                }
            }
            table_.store(larger, std::memory_order_release);
            tables_[way_] = larger;
            table = larger;
        }
        table->insert(key, number);
    }

    static constexpr uint32_t kMostFramesKept = 256;

    ledger::Writer& writer_;
    SpinLock lock_;
    using Label = char[kLabelBytes];
    std::atomic<Label*> labels_{nullptr};    // kMostLabels of them, by index from 0
    std::atomic<KeyTable*> table_{nullptr};  // tables_[way_]
    KeyTable* tables_[kContextNameWays] = {};
    uint32_t way_;
    uint64_t room_ = 0;
    uint64_t bytes_ = 0;
    uint64_t exception_bytes_ = 0;  // of bytes_
    IdIndex<Known> texts_;
    IdIndex<Known> frames_;
    IdIndex<Known> nodes_known_;
    IdIndex<Known> contexts_;
    IdIndex<Known> others_;
    uint32_t texts_given_ = 0;
    uint32_t frames_given_ = 0;
    uint32_t nodes_given_ = 0;
    uint32_t contexts_given_ = 0;
    uint32_t others_given_ = 0;
    StackNodeRecord nodes_[kMostFramesKept];
};

std::atomic<Contexts*> current_contexts{nullptr};

// The contexts of the calling thread's ledger; made when there are none. Null without memory.
Contexts* contexts_of(ledger::Writer& writer) noexcept {
    Contexts* found = current_contexts.load(std::memory_order_acquire);
    if (found != nullptr && found->writer() == &writer) {
        return found;
    }
    const std::lock_guard<SpinLock> guard(fork_page->region_lock);
    found = current_contexts.load(std::memory_order_acquire);
    if (found != nullptr && found->writer() == &writer) {
        return found;
    }
    // In a forked child `found` is the parent's table. The child leaks it: a thread may have been changing it.
    void* memory = mmap(nullptr, sizeof(Contexts), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return nullptr;
    }
    found = new (memory) Contexts(writer);
    current_contexts.store(found, std::memory_order_release);
    return found;
}

// Calls `use` with the contexts of this process's ledger; 0 when there are none.
template <typename Use>
uint32_t with_contexts(Use use) noexcept {
    if (thread_state.inside) {
        return 0;  // a signal handler in the middle of a report
    }
    const ErrnoKeeper keeper;
    const Entry entry(Need::kAllocation);
    Contexts* contexts = entry ? contexts_of(entry.writer()) : nullptr;
    return contexts == nullptr ? 0 : use(*contexts);
}

}  // namespace

uint32_t find_context(uint64_t key) noexcept {
    const Contexts* found = current_contexts.load(std::memory_order_acquire);
    return found == nullptr || found->writer() != own_writer() ? 0 : found->find(key);
}

bool describe_context(uint32_t context, char* to, uint32_t room) noexcept {
    const Contexts* found = current_contexts.load(std::memory_order_acquire);
    return found != nullptr && found->writer() == own_writer() && found->describe(context, to, room);
}

void set_context_names(uint32_t way) noexcept {
    if (fork_page == nullptr) {
        g_name_way.store(way, std::memory_order_relaxed);
        return;
    }
    const HostGuard host_guard;
    // The table of contexts is made under this lock, with the way of then.
    const std::lock_guard<SpinLock> guard(fork_page->region_lock);
    g_name_way.store(way, std::memory_order_relaxed);
    Contexts* made = current_contexts.load(std::memory_order_acquire);
    if (made != nullptr && made->writer() == own_writer()) {
        made->name_by(way);
    }
}

uint32_t add_context(uint64_t key, uint32_t frames, uint32_t flags, FrameSource source, void* of,
                     const ContextName& name) noexcept {
    return with_contexts(
        [&](Contexts& contexts) { return contexts.add(key, Entry::slot().scope, frames, flags, source, of, name); });
}

uint32_t add_text(uint32_t type, const char* text) noexcept {
    return with_contexts([&](Contexts& contexts) { return contexts.text(type, text); });
}

uint32_t add_exception(const char* text) noexcept {
    return with_contexts([&](Contexts& contexts) { return contexts.exception(text); });
}

void add_holders(uint64_t number, uint32_t allocator, uint32_t account) noexcept {
    with_contexts([&](Contexts& contexts) { return contexts.holders(number, allocator, account); });
}

uint32_t add_tensor(uint64_t key, const void* facts, uint32_t bytes) noexcept {
    return with_contexts([&](Contexts& contexts) { return contexts.tensor(key, facts, bytes); });
}

void set_tensor(uint64_t buffer, uint32_t tensor) noexcept {
    const ErrnoKeeper keeper;
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().buffers().set_tensor(Entry::slot(), buffer, tensor);
    }
}

}  // namespace ttmem::client
