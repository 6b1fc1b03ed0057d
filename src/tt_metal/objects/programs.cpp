// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/programs.hpp"

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "base/fork_lock.hpp"
#include "base/memo.hpp"
#include "client/tracker.hpp"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/objects/extend_exception.hpp"
#include "tt_metal/objects/program_ranges.hpp"
#include "tt_metal/objects/refusal_text.hpp"
#include "tt_metal/record_context.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

struct Known {
    uint64_t handle = 0;
    uint64_t ledger = 0;  // that the handle belongs to (client::Entry::generation)
    ProgramPrint print;
};

// Never destroyed: programs end when static objects are already gone.
struct Registry {
    std::unordered_map<const Program*, Known> known;
    std::vector<Program*> unsized;  // launched for the first time; tt-metal lays them out within that launch
    std::unordered_map<Program*, Device*> waiting;  // compiled before a mesh over their chip was open
};

constexpr uint32_t kTensixCores = 0;  // the first of tt-metal's kinds of programmable cores

ForkLock g_lock;
Registry* g_registry = nullptr;

// Launched programs as they were last seen, so that a relaunch takes no lock: by address. Two programs at one place of
// the table take it from each other, and their relaunches then take the lock.
enum LaunchedWord { kRecord, kLedger, kState, kOwnPrint, kGlobalPrint, kLaunchedWords };
// Beside the state:
constexpr uint64_t kMayDiffer = uint64_t{1} << 32;
constexpr uint64_t kFollowsTensors = uint64_t{1} << 33;  // with kMayDiffer, which then stays
using Launched = Memo<1, kLaunchedWords, 2048>;
Launched g_launched;

Launched::Key key_of(const Program* program) noexcept {
    return {reinterpret_cast<uint64_t>(program)};
}

// Programs known or waiting. Every program's end passes here, also of those that were never launched.
std::atomic<size_t> g_count{0};

// Programs in Registry::unsized. Every launch asks.
std::atomic<size_t> g_unsized{0};

// Requires g_lock.
Registry& registry_locked() {
    if (g_registry == nullptr) {
        g_registry = new Registry;
    }
    return *g_registry;
}

void count_locked(const Registry& registry) noexcept {
    g_count.store(registry.known.size() + registry.waiting.size(), std::memory_order_release);
}

void remember(const Program* program, const Known& known) noexcept {
    ledger::Writer* writer = client::own_writer();
    const ledger::ProgramPlace place =
        writer != nullptr ? writer->programs().place_of(known.handle) : ledger::ProgramPlace{};
    if (place.record != nullptr && known.ledger == client::Entry::generation()) {
        const uint64_t looks = known.print.follows_tensors ? kFollowsTensors | kMayDiffer : 0;
        g_launched.remember(key_of(program), {reinterpret_cast<uint64_t>(place.record), known.ledger,
                                              place.state | looks, known.print.own, known.print.global});
    }
}

// A chip that tt-metal compiles for before any mesh over it is open: the client's index of it.
uint32_t describe_alone(Device* device) {
    const std::vector<Chip> chips = describe_device(symbols(), device);
    return chips.empty() ? TT_ALLOC_NONE : tt_alloc_describe_device(&chips[0].description);
}

// Reads the program and reports it to the client. 0: the program holds nothing, or its device is not known.
uint64_t report(Program* program, Device* device, bool is_system) {
    const Place place = find_place(device);
    uint32_t chip = place.device;
    if (place.facts == nullptr && (!is_system || (chip = describe_alone(device)) == TT_ALLOC_NONE)) {
        return 0;
    }
    ProgramReport report = read_program(symbols(), program, device, is_system);
    if (report.empty()) {
        return 0;
    }
    std::vector<uint32_t> chips;
    if (is_mesh(device)) {
        const auto* mesh = reinterpret_cast<const MeshDevice*>(device);
        chips = find_chips(mesh, devices_of_program(symbols(), program, mesh));
    }
    report.program.allocator = place.facts != nullptr ? place.facts->handle : TT_ALLOC_NONE;
    report.program.device = chip;
    report.program.devices = chips.data();
    report.program.device_count = static_cast<uint32_t>(chips.size());
    const client::RecordContext context(event_context());
    return tt_alloc_program_loaded(&report.program);
}

void keep(Program* program, uint64_t handle, const ProgramPrint& print) {
    uint64_t replaced = 0;
    {
        const std::lock_guard guard(g_lock);
        Registry& registry = registry_locked();
        Known& known = registry.known[program];
        replaced = known.ledger == client::Entry::generation() ? known.handle : 0;
        known = {handle, client::Entry::generation(), print};
        registry.unsized.push_back(program);
        g_unsized.store(registry.unsized.size(), std::memory_order_release);
        remember(program, known);
        count_locked(registry);
    }
    if (replaced != 0) {
        tt_alloc_program_unloaded(replaced);
    }
}

// Whether the program's buffers are as they were recorded although note_change() was called; if so, clears its mark.
[[gnu::cold, gnu::noinline]] bool is_unchanged(const Program* program, Launched::Value& last) noexcept {
    try {
        const bool follows_tensors = (last[kState] & kFollowsTensors) != 0;
        if (print_of(symbols(), program) != ProgramPrint{last[kOwnPrint], last[kGlobalPrint], follows_tensors}) {
            return false;
        }
        if (follows_tensors) {
            return true;
        }
    } catch (...) {
        return false;
    }
    last[kState] &= ~kMayDiffer;
    g_launched.remember(key_of(program), last);
    return true;
}

}  // namespace

bool record_relaunch(Program* program) noexcept {
    Launched::Value last;
    ledger::Writer* writer = client::own_writer();
    if (writer == nullptr || !g_launched.find(key_of(program), last) || last[kLedger] != client::Entry::generation()) {
        return false;
    }
    if (__builtin_expect((last[kState] & kMayDiffer) != 0, 0) && !is_unchanged(program, last)) {
        return false;
    }
    writer->programs().launch_again(
        {reinterpret_cast<ledger::ProgramRecord*>(last[kRecord]), static_cast<uint32_t>(last[kState])});
    return true;
}

// A concurrent write to the same place of g_launched is of another program and evicts this one, whose next launch then
// reads it again: no change is lost. A program is not changed while it is launched.
void note_change(const Program* program) noexcept {
    Launched::Value last;
    if (g_launched.find(key_of(program), last) && (last[kState] & kMayDiffer) == 0) {
        last[kState] |= kMayDiffer;
        g_launched.remember(key_of(program), last);
    }
}

void note_change_of_all() noexcept {
    const std::lock_guard guard(g_lock);
    if (g_registry != nullptr) {
        for (const auto& [program, known] : g_registry->known) {
            note_change(program);
        }
    }
}

void record_launch(Program* program, Device* device) noexcept {
    if (!symbols().programs_known) {
        return;
    }
    try {
        const ProgramPrint print = print_of(symbols(), program);
        Known known;
        {
            const std::lock_guard guard(g_lock);
            Registry& registry = registry_locked();
            if (const auto found = registry.known.find(program); found != registry.known.end()) {
                known = found->second;
                found->second.print.global = print.global;
                if (known.print.own == print.own) {
                    remember(program, found->second);
                }
            }
        }
        if (known.handle == 0 || known.ledger != client::Entry::generation() || known.print.own != print.own) {
            const ErrnoKeeper keeper;
            known.handle = report(program, device, false);
            if (known.handle == 0) {
                return;
            }
            keep(program, known.handle, print);
        } else if (known.print.global != print.global) {
            for (const auto& [index, address] : global_addresses(symbols(), program)) {
                tt_alloc_circular_buffer_moved(known.handle, index, address);
            }
        }
        tt_alloc_program_launched(known.handle);
    } catch (...) {
        return;  // a program that will not say what it is made of is not recorded
    }
}

void size_new_programs() noexcept {
    if (__builtin_expect(g_unsized.load(std::memory_order_acquire) == 0, 1)) {
        return;
    }
    const ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    Registry& registry = *g_registry;
    const auto ask = symbols().api.program_config_size;
    std::erase_if(registry.unsized, [&](Program* program) {
        const auto known = registry.known.find(program);
        if (ask == nullptr || known == registry.known.end() || known->second.ledger != client::Entry::generation()) {
            return true;
        }
        const uint32_t* const bytes = ask(program, kTensixCores);  // it answers with a reference
        if (bytes == nullptr || *bytes == 0) {
            return false;
        }
        client::set_config_bytes(known->second.handle, *bytes);
        return true;
    });
    constexpr size_t kMostUnsized = 1024;  // that were never laid out: the oldest stay unknown
    if (registry.unsized.size() > kMostUnsized) {
        registry.unsized.erase(registry.unsized.begin(), registry.unsized.end() - kMostUnsized);
    }
    g_unsized.store(registry.unsized.size(), std::memory_order_release);
}

void record_system_program(Program* program, Device* device) noexcept {
    if (!symbols().programs_known) {
        return;
    }
    const ErrnoKeeper keeper;
    try {
        const uint64_t handle = report(program, device, true);
        if (handle != 0) {
            keep(program, handle, {});
            tt_alloc_program_launched(handle);
            return;
        }
        const std::lock_guard guard(g_lock);
        Registry& registry = registry_locked();
        registry.waiting[program] = device;
        count_locked(registry);
    } catch (...) {
        return;
    }
}

void report_waiting_programs() noexcept {
    try {
        std::unordered_map<Program*, Device*> waiting;
        {
            const std::lock_guard guard(g_lock);
            if (g_registry == nullptr || g_registry->waiting.empty()) {
                return;
            }
            waiting.swap(g_registry->waiting);
            count_locked(*g_registry);
        }
        for (const auto& [program, device] : waiting) {
            record_system_program(program, device);
        }
    } catch (...) {
        return;
    }
}

void forget_program(Program* program) noexcept {
    if (g_count.load(std::memory_order_acquire) == 0) {
        return;
    }
    uint64_t handle = 0;
    {
        const std::lock_guard guard(g_lock);
        Registry& registry = *g_registry;
        registry.waiting.erase(program);
        std::erase(registry.unsized, program);
        g_launched.forget(key_of(program));
        if (const auto found = registry.known.find(program); found != registry.known.end()) {
            handle = found->second.ledger == client::Entry::generation() ? found->second.handle : 0;
            registry.known.erase(found);
        }
        count_locked(registry);
    }
    if (handle != 0) {
        tt_alloc_program_unloaded(handle);
    }
}

void forget_all_programs() noexcept {
    const std::lock_guard guard(g_lock);
    if (g_registry != nullptr) {
        for (const auto& [program, known] : g_registry->known) {
            g_launched.forget(key_of(program));
        }
        g_registry->known.clear();
        g_registry->waiting.clear();
        count_locked(*g_registry);
    }
}

void record_refusal(Program* program, Device* device, std::exception& error) noexcept {
    const ErrnoKeeper keeper;
    const char* text = error.what();
    const Place place = find_place(device);
    const std::optional<ClashRefusal> clash = read_clash(text);
    const std::optional<SizeRefusal> size = clash ? std::nullopt : read_beyond_l1(text);
    if (!symbols().programs_known || place.facts == nullptr || !(clash || size)) {
        return;
    }
    std::string names;
    try {
        names = kernel_names(symbols(), program);
    } catch (...) {
        names.clear();
    }
    tt_alloc_clash refused{};
    refused.struct_size = sizeof refused;
    refused.kernels = names.c_str();
    refused.allocator = place.facts->handle;
    refused.program_id = symbols().api.program_id(program);
    refused.buffer_id = UINT64_MAX;
    refused.buffer_address = clash ? clash->buffer_address : 0;
    refused.end_address = clash ? clash->end_address : size->end_address;
    if (clash ? clash->cores_known : size->cores_known) {
        refused.cores = clash ? &clash->cores : &size->cores;
        refused.core_ranges = 1;
    }
    ledger::NewFailure known;
    known.type = clash ? ledger::kFailureClash : ledger::kFailureCircularBuffers;
    if (size) {
        known.limit_bytes = size->limit_bytes;
        known.region_kind =
            size->dataflow ? ledger::kProgramRegionDataflowBuffers : ledger::kProgramRegionCircularBuffers;
    }
    const client::RecordContext context(event_context());
    known.exception = client::add_exception(text);
    if (const uint64_t number = client::program_refused(refused, known); number != UINT64_MAX) {
        client::add_holders(number, refused.allocator, TT_ALLOC_L1);
    }
    client::RefusalFigures figures;
    figures.allocator = refused.allocator;
    figures.refused = clash ? client::Refused::kProgramByBuffer : client::Refused::kProgramByL1;
    figures.end_address = refused.end_address;
    figures.limit_address = clash ? clash->buffer_address : size->limit_bytes;
    extend_exception(error, figures);
}

}  // namespace ttmem::tt_metal
