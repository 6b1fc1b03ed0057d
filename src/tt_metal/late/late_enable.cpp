// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Tracking switched on and off in a process that runs: ttmem_hooks_enable and ttmem_hooks_disable, which Python and
// `ttmem attach` call. docs/decisions/0006 gives the reason for these steps.
//
//   on    the allocator's slots lead through the gate, the others to the stand-ins, which pass on
//         every call that began before has ended (late_drain.hpp)
//         meshes and their allocators are opened in the ledger
//         the gate is shut: the live buffers are recorded, tracking is on
//         the gate is open; the slots lead to the stand-ins, as if they had been there from the start
//   off   the same way back; what the loader put into a slot is put back
//
// The library stays loaded, so that a call in flight always returns to code that is there.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "base/errno_keeper.hpp"
#include "base/fork_lock.hpp"
#include "base/operation_names.hpp"
#include "base/switch_messages.hpp"
#include "client/tracker.hpp"
#include "tt_alloc/client.h"
#include "tt_metal/late/late_drain.hpp"
#include "tt_metal/late/late_gate.hpp"
#include "tt_metal/late/late_listing.hpp"
#include "tt_metal/late/late_slots.hpp"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/objects/config_rings.hpp"
#include "tt_metal/objects/noted_buffers.hpp"
#include "tt_metal/objects/programs.hpp"
#include "tt_metal/operation_name.hpp"
#include "tt_metal/record_context.hpp"
#include "tt_metal/release/names.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

extern "C" __attribute__((visibility("default"))) int ttmem_hooks_enable(char* message, size_t size);
extern "C" __attribute__((visibility("default"))) int ttmem_hooks_disable(char* message, size_t size);
// 0: not decided yet (no call of tt-metal came by), 1: this process is tracked, 2: it is not. Any thread.
extern "C" __attribute__((visibility("default"))) int ttmem_hooks_state();
// Names buffers, programs and refusals after operations from now on, as the value of TT_ALLOC_OPERATIONS says. 0: done,
// and with the GIL stacks are read from this moment on; 1: the value means nothing, `message` gives the possible ones.
extern "C" __attribute__((visibility("default"))) int ttmem_hooks_name_operations(const char* value, char* message,
                                                                                  size_t size);

namespace ttmem::tt_metal {
namespace {

constexpr int kDrainPatienceMs = 20'000;
constexpr int kGatePatienceMs = 10'000;
constexpr int kMostTries = 8;

uint64_t gated_allocate(Allocator* allocator, Buffer* buffer) {
    const GatePass pass;
    const uint64_t address = allocate_buffer(allocator, buffer);
    if (noting()) {
        note_allocation(allocator, buffer, address);
    }
    return address;
}

void gated_deallocate(Allocator* allocator, Buffer* buffer) {
    const GatePass pass;
    if (noting()) {
        note_free(buffer);
    }
    deallocate_buffer(allocator, buffer);
}

void gated_deallocate_all(Allocator* allocator) {
    const GatePass pass;
    deallocate_buffers(allocator);
}

void gated_clear(Allocator* allocator) {
    const GatePass pass;
    allocator_clear(allocator);
}

// An allocator that was made known for the listing is not to be listed when it is gone.
void gated_created(Allocator* allocator, const AllocatorConfig* config) {
    const GatePass pass;
    if (noting()) {
        forget_allocator(allocator);
    }
    allocator_created(allocator, config);
}

void gated_gone(Allocator* allocator) {
    const GatePass pass;
    if (noting()) {
        forget_allocator(allocator);
    }
    allocator_gone(allocator);
}

void gated_gone_whole(Allocator* allocator) {
    const GatePass pass;
    if (noting()) {
        forget_allocator(allocator);
    }
    allocator_gone_whole(allocator);
}

struct Gated {
    const char* name;
    const char* name_065;
    void* gate;
};
const std::array<Gated, 7>& gated_functions() noexcept {
    static const std::array<Gated, 7> all{{
        {TTMEM_ALLOCATE_BUFFER, TTMEM_065_ALLOCATE_BUFFER, reinterpret_cast<void*>(gated_allocate)},
        {TTMEM_DEALLOCATE_BUFFER, TTMEM_065_DEALLOCATE_BUFFER, reinterpret_cast<void*>(gated_deallocate)},
        {TTMEM_DEALLOCATE_BUFFERS, TTMEM_065_DEALLOCATE_BUFFERS, reinterpret_cast<void*>(gated_deallocate_all)},
        {TTMEM_ALLOCATOR_CLEAR, TTMEM_065_ALLOCATOR_CLEAR, reinterpret_cast<void*>(gated_clear)},
        {TTMEM_ALLOCATOR_CREATED, TTMEM_065_ALLOCATOR_CREATED, reinterpret_cast<void*>(gated_created)},
        {TTMEM_ALLOCATOR_GONE, TTMEM_065_ALLOCATOR_GONE, reinterpret_cast<void*>(gated_gone)},
        {TTMEM_ALLOCATOR_GONE_WHOLE, TTMEM_065_ALLOCATOR_GONE_WHOLE, reinterpret_cast<void*>(gated_gone_whole)},
    }};
    return all;
}

// A release has one of the two names; in later ones the earlier names, where they exist, are of wrappers that pass on.
void* gate_of(const char* name, bool is_065) noexcept {
    for (const Gated& gated : gated_functions()) {
        if (std::strcmp(name, is_065 ? gated.name_065 : gated.name) == 0) {
            return gated.gate;
        }
    }
    return nullptr;
}

// The code of the function that begins at `address`; empty when its symbol has no size.
CodeRange code_of(const void* address) noexcept {
    Dl_info info{};
    void* found = nullptr;
    if (address == nullptr || dladdr1(address, &info, &found, RTLD_DL_SYMENT) == 0 || found == nullptr ||
        info.dli_saddr != address) {
        return {0, 0};
    }
    const auto* symbol = static_cast<const ElfW(Sym)*>(found);
    const auto begin = reinterpret_cast<uintptr_t>(address);
    return {begin, begin + symbol->st_size};
}

// Ends a call with a reason. Returns its argument, so that it can be returned.
int say(char* message, size_t size, int result, const char* format, ...) __attribute__((format(printf, 4, 5)));
int say(char* message, size_t size, int result, const char* format, ...) {
    if (message != nullptr && size > 0) {
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(message, size, format, arguments);
        va_end(arguments);
    }
    return result;
}

// The state of late enabling between calls. Never destroyed.
struct Late {
    std::vector<HookedFunction> functions;
    std::vector<CodeRange> allocator_code;  // originals, stand-ins and gates of the gated functions
    Slots slots;
};

ForkLock g_lock;
Late* g_late = nullptr;

// Joins the symbols that libraries loaded later are bound to, so that they find the stand-ins as those of a preload do.
bool join_global_scope() noexcept {
    Dl_info info{};
    return dladdr(reinterpret_cast<void*>(&ttmem_hooks_enable), &info) != 0 &&
           dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) != nullptr;
}

// Our own exported functions, which are the stand-ins.
void collect_stand_ins(const Symbols& symbols, Late& late) {
    Dl_info info{};
    void* found = nullptr;
    if (dladdr1(reinterpret_cast<void*>(&ttmem_hooks_enable), &info, &found, RTLD_DL_LINKMAP) == 0 ||
        found == nullptr) {
        return;
    }
    const auto* map = static_cast<const link_map*>(found);
    const ElfW(Sym)* table = nullptr;
    const char* strings = nullptr;
    const uint32_t* hash = nullptr;
    for (const ElfW(Dyn)* entry = map->l_ld; entry->d_tag != DT_NULL; ++entry) {
        const auto value = entry->d_un.d_ptr;
        if (entry->d_tag == DT_SYMTAB) {
            table = reinterpret_cast<const ElfW(Sym)*>(value);
        } else if (entry->d_tag == DT_STRTAB) {
            strings = reinterpret_cast<const char*>(value);
        } else if (entry->d_tag == DT_GNU_HASH) {
            hash = reinterpret_cast<const uint32_t*>(value);
        }
    }
    if (table == nullptr || strings == nullptr || hash == nullptr) {
        return;
    }
    // Buckets, first hashed symbol, words of the filter; then the filter, the buckets and one chain word a symbol, odd
    // at the end of a chain.
    const uint32_t buckets = hash[0];
    const uint32_t first = hash[1];
    const uint32_t* bucket = hash + 4 + hash[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t* chain = bucket + buckets;
    for (uint32_t i = 0; i < buckets; ++i) {
        for (uint32_t number = bucket[i]; number >= first && number != 0; ++number) {
            const ElfW(Sym)& symbol = table[number];
            const char* name = strings + symbol.st_name;
            if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && std::strncmp(name, "_ZN2tt", 6) == 0) {
                HookedFunction function;
                function.name = name;
                function.original = symbols.library.symbol(name);
                function.stand_in = reinterpret_cast<void*>(map->l_addr + symbol.st_value);
                function.gate = function.original != nullptr ? gate_of(name, symbols.is_065) : nullptr;
                late.functions.push_back(function);
            }
            if ((chain[number - first] & 1) != 0) {
                break;
            }
        }
    }
}

void add_code(Late& late, const void* function) {
    const CodeRange range = code_of(function);
    if (range.begin != range.end) {
        late.allocator_code.push_back(range);
    }
}

// Requires g_lock. nullptr: no memory.
Late* prepare_locked(const Symbols& symbols) noexcept {
    try {
        if (g_late == nullptr) {
            auto* late = new Late;
            collect_stand_ins(symbols, *late);
            for (const HookedFunction& function : late->functions) {
                if (function.gate != nullptr) {
                    add_code(*late, function.original);
                    add_code(*late, function.stand_in);
                }
            }
            g_late = late;
        }
        return make_gate() && g_late->slots.find(g_late->functions) ? g_late : nullptr;
    } catch (...) {
        return nullptr;
    }
}

// The first gated function without which nothing can be tracked and that no slot leads to, or nullptr.
const char* unreachable(const Late& late, bool is_065) noexcept {
    const char* needed[] = {is_065 ? TTMEM_065_ALLOCATE_BUFFER : TTMEM_ALLOCATE_BUFFER,
                            is_065 ? TTMEM_065_DEALLOCATE_BUFFER : TTMEM_DEALLOCATE_BUFFER,
                            is_065 ? TTMEM_065_DEALLOCATE_BUFFERS : TTMEM_DEALLOCATE_BUFFERS};
    for (const char* name : needed) {
        bool reached = false;
        for (size_t i = 0; i < late.functions.size(); ++i) {
            reached = reached || (std::strcmp(late.functions[i].name, name) == 0 && late.slots.reaches(i));
        }
        if (!reached) {
            return name;
        }
    }
    return nullptr;
}

void forget_everything() noexcept {
    forget_all_programs();
    forget_all_rings();
    forget_all_noted();
    forget_all_allocators();
}

// Requires g_lock; the slots are at the gate. Lists what is there and switches on. nullptr, or why not.
const char* list_and_switch_on(const Symbols& symbols, const BufferFamily& family) noexcept {
    for (int tries = 0; tries < kMostTries; ++tries) {
        if (!shut_gate(kGatePatienceMs)) {
            return "an allocation of this process does not end";
        }
        Places unknown;
        const bool listed = list_buffers(symbols, family, unknown);
        if (listed && unknown.empty()) {
            g_hot.family.store(&family, std::memory_order_release);
            open_gate();
            return nullptr;
        }
        open_gate();
        if (!listed) {
            return "no memory to list the buffers";
        }
        for (const auto& [allocator, device] : unknown) {
            open_for_buffer(allocator, device);
        }
    }
    return "an allocator does not report its banks";
}

// Requires g_lock.
int enable_locked(char* message, size_t size) noexcept {
    const Symbols& found = symbols();
    char problem[384];
    const BufferFamily* family = find_family(found, problem);
    if (family == nullptr) {
        return say(message, size, 1, "%s", problem);
    }
    if (const char* lack = listing_lacks(found)) {
        return say(message, size, 1, "%s lacks %s", found.library.path().c_str(), lack);
    }
    Late* late = prepare_locked(found);
    if (late == nullptr) {
        return say(message, size, 1, "no memory for the list of slots");
    }
    if (const char* name = unreachable(*late, found.is_065)) {
        return say(message, size, 1, "no slot of the loaded libraries leads to %s", name);
    }
    // The stand-ins pass on until the listing is done, whatever the environment says.
    g_hot.family.store(&kNotTracking, std::memory_order_release);
    int busy = 0;
    const char* failed = nullptr;
    start_notes();
    if (!late->slots.point_to(late->functions, Slots::Target::kGate)) {
        failed = "a page of a loaded library cannot be changed (mprotect is refused)";
    } else if (!drain_calls(late->allocator_code, kDrainPatienceMs, busy)) {
        failed = "a call of tt-metal's allocator does not end";
    } else {
        forget_everything();
        begin_tracking(found, true);
        failed = open_all_allocators(found);
        if (failed == nullptr) {
            failed = list_and_switch_on(found, *family);
        }
        if (failed == nullptr && tt_alloc_tracking_on == 0) {
            failed = "no ledger can be made (the line on stderr says why)";
        }
    }
    end_notes();
    if (failed != nullptr) {
        g_hot.family.store(&kNotTracking, std::memory_order_release);
        forget_everything();
        client::end_tracking();
        late->slots.point_to(late->functions, Slots::Target::kHome);
        return busy != 0 ? say(message, size, 1, "%s (thread %d)", failed, busy) : say(message, size, 1, "%s", failed);
    }
    late->slots.point_to(late->functions, Slots::Target::kStandIn);
    return say(message, size, 0, "tracking is on");
}

// Requires g_lock.
int disable_locked(char* message, size_t size) noexcept {
    Late* late = prepare_locked(symbols());
    if (late == nullptr) {
        return say(message, size, 1, "no memory for the list of slots");
    }
    int busy = 0;
    late->slots.point_to(late->functions, Slots::Target::kGate);
    const bool drained = drain_calls(late->allocator_code, kDrainPatienceMs, busy);
    if (!drained || !shut_gate(kGatePatienceMs)) {
        late->slots.point_to(late->functions, Slots::Target::kStandIn);
        return say(message, size, 1, "a call of tt-metal's allocator does not end (thread %d); tracking goes on", busy);
    }
    g_hot.family.store(&kNotTracking, std::memory_order_release);
    forget_everything();
    client::end_tracking();
    open_gate();
    late->slots.point_to(late->functions, Slots::Target::kHome);
    return say(message, size, 0, "tracking is off");
}

bool is_on() noexcept {
    const BufferFamily* family = g_hot.family.load(std::memory_order_acquire);
    return family != nullptr && family != &kNotTracking;
}

}  // namespace
}  // namespace ttmem::tt_metal

int ttmem_hooks_enable(char* message, size_t size) {
    using namespace ttmem::tt_metal;
    const ttmem::ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    if (is_on()) {
        return say(message, size, 0, "%s", ttmem::kOnAlready);
    }
    if (!join_global_scope()) {
        return say(message, size, 1, "the hooks library cannot be made visible to libraries loaded later");
    }
    if (!Library::loaded("libtt_metal.so")) {
        ask_for_tracking(true);
        return say(message, size, 0, "tracking begins as soon as libtt_metal.so is loaded");
    }
    return enable_locked(message, size);
}

int ttmem_hooks_name_operations(const char* value, char* message, size_t size) {
    if (!ttmem::tt_metal::name_operations(value)) {
        std::snprintf(message, size, "TT_ALLOC_OPERATIONS=%s %s", value, ttmem::kOperationValues);
        return 1;
    }
    ttmem::tt_metal::look_for_stacks();
    return 0;
}

int ttmem_hooks_state() {
    using namespace ttmem::tt_metal;
    const BufferFamily* family = g_hot.family.load(std::memory_order_acquire);
    return family == nullptr ? 0 : family == &kNotTracking ? 2 : 1;
}

int ttmem_hooks_disable(char* message, size_t size) {
    using namespace ttmem::tt_metal;
    const ttmem::ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    ask_for_tracking(false);
    if (!is_on()) {
        return say(message, size, 0, "%s", ttmem::kOffAlready);
    }
    return disable_locked(message, size);
}
