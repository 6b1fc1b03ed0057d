// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/late/late_slots.hpp"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <unordered_map>

namespace ttmem::tt_metal {
namespace {

// The entries of an object's dynamic section that are used here. Addresses are as glibc relocated them.
struct Dynamic {
    const ElfW(Sym) * symbols = nullptr;
    const char* strings = nullptr;
    const ElfW(Rela) * relocations = nullptr;
    size_t relocation_count = 0;
    const ElfW(Rela) * calls = nullptr;
    size_t call_count = 0;
};

Dynamic read_dynamic(const dl_phdr_info& info) noexcept {
    Dynamic out;
    for (int i = 0; i < info.dlpi_phnum; ++i) {
        if (info.dlpi_phdr[i].p_type != PT_DYNAMIC) {
            continue;
        }
        const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(info.dlpi_addr + info.dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; ++entry) {
            const auto value = entry->d_un.d_ptr;
            switch (entry->d_tag) {
                case DT_SYMTAB:
                    out.symbols = reinterpret_cast<const ElfW(Sym)*>(value);
                    break;
                case DT_STRTAB:
                    out.strings = reinterpret_cast<const char*>(value);
                    break;
                case DT_RELA:
                    out.relocations = reinterpret_cast<const ElfW(Rela)*>(value);
                    break;
                case DT_RELASZ:
                    out.relocation_count = value / sizeof(ElfW(Rela));
                    break;
                case DT_JMPREL:
                    out.calls = reinterpret_cast<const ElfW(Rela)*>(value);
                    break;
                case DT_PLTRELSZ:
                    out.call_count = value / sizeof(ElfW(Rela));
                    break;
                default:
                    break;
            }
        }
    }
    return out;
}

bool lies_in(const dl_phdr_info& info, uintptr_t address, uint32_t type, uint32_t flags) noexcept {
    for (int i = 0; i < info.dlpi_phnum; ++i) {
        const auto& segment = info.dlpi_phdr[i];
        const uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
        if (segment.p_type == type && (segment.p_flags & flags) == flags && address >= begin &&
            address - begin < segment.p_memsz) {
            return true;
        }
    }
    return false;
}

// The vDSO, the kernel's object, has a dynamic section that the loader did not relocate.
bool is_vdso(const dl_phdr_info& info) noexcept {
    return info.dlpi_name != nullptr && std::strstr(info.dlpi_name, "vdso") != nullptr;
}

bool store(uintptr_t* word, uintptr_t value, bool read_only) noexcept {
    static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    auto* const begin = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(word) & ~(page - 1));
    if (read_only && mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    if (read_only) {
        mprotect(begin, page, PROT_READ);
    }
    return true;
}

}  // namespace

struct Slots::Search {
    std::vector<Slot>* slots = nullptr;
    const std::vector<HookedFunction>* functions = nullptr;
    std::unordered_map<std::string_view, uint32_t> by_name;
    unsigned long long loads = 0;
    unsigned long long unloads = 0;
    bool counts_only = false;
    bool failed = false;
};

int Slots::visit(dl_phdr_info* info, size_t, void* data) {
    auto& search = *static_cast<Search*>(data);
    search.loads = info->dlpi_adds;
    search.unloads = info->dlpi_subs;
    if (search.counts_only) {
        return 1;
    }
    const auto ours = reinterpret_cast<uintptr_t>(&Slots::visit);
    if (lies_in(*info, ours, PT_LOAD, PF_X) || is_vdso(*info)) {
        return 0;
    }
    const Dynamic dynamic = read_dynamic(*info);
    if (dynamic.symbols == nullptr || dynamic.strings == nullptr) {
        return 0;
    }
    static constexpr std::string_view kPrefix = "_ZN2tt8tt_metal";
    const auto look = [&](const ElfW(Rela) & relocation) {
        const auto type = ELF64_R_TYPE(relocation.r_info);
        if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64) ||
            (type == R_X86_64_64 && relocation.r_addend != 0)) {
            return;
        }
        const char* name = dynamic.strings + dynamic.symbols[ELF64_R_SYM(relocation.r_info)].st_name;
        if (std::strncmp(name, kPrefix.data(), kPrefix.size()) != 0) {
            return;
        }
        const auto found = search.by_name.find(name);
        if (found == search.by_name.end()) {
            return;
        }
        const HookedFunction& function = (*search.functions)[found->second];
        auto* word = reinterpret_cast<uintptr_t*>(info->dlpi_addr + relocation.r_offset);
        const uintptr_t value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        const bool came_first = value == reinterpret_cast<uintptr_t>(function.stand_in);
        // Not bound yet: it leads into the object's own linkage table. A function of another library there stays.
        const bool unbound = type == R_X86_64_JUMP_SLOT && lies_in(*info, value, PT_LOAD, PF_X);
        if (!came_first && !unbound && value != reinterpret_cast<uintptr_t>(function.original)) {
            return;
        }
        const auto address = reinterpret_cast<uintptr_t>(word);
        const bool read_only = lies_in(*info, address, PT_GNU_RELRO, 0) || !lies_in(*info, address, PT_LOAD, PF_W);
        search.slots->push_back({word, found->second, came_first, read_only});
    };
    try {
        for (size_t i = 0; i < dynamic.call_count; ++i) {
            look(dynamic.calls[i]);
        }
        for (size_t i = 0; i < dynamic.relocation_count; ++i) {
            look(dynamic.relocations[i]);
        }
    } catch (...) {
        search.failed = true;
        return 1;
    }
    return 0;
}

bool Slots::find(const std::vector<HookedFunction>& functions) noexcept {
    try {
        Search counts;
        counts.counts_only = true;
        dl_iterate_phdr(visit, &counts);
        if (!slots_.empty() && counts.loads == loads_ && counts.unloads == unloads_) {
            return true;
        }
        std::vector<Slot> found;
        Search search;
        search.slots = &found;
        search.functions = &functions;
        for (size_t i = 0; i < functions.size(); ++i) {
            if (functions[i].original != nullptr) {
                search.by_name.emplace(functions[i].name, static_cast<uint32_t>(i));
            }
        }
        dl_iterate_phdr(visit, &search);
        if (search.failed) {
            return false;
        }
        // Only the first listing saw the slots before we changed them: keep its `came_first`.
        std::unordered_map<const uintptr_t*, bool> known;
        for (const Slot& slot : slots_) {
            known.emplace(slot.word, slot.came_first);
        }
        for (Slot& slot : found) {
            const auto before = known.find(slot.word);
            slot.came_first = before != known.end() ? before->second : slot.came_first;
        }
        slots_ = std::move(found);
        loads_ = search.loads;
        unloads_ = search.unloads;
        return true;
    } catch (...) {
        return false;
    }
}

bool Slots::reaches(size_t function) const noexcept {
    for (const Slot& slot : slots_) {
        if (slot.function == function) {
            return true;
        }
    }
    return false;
}

bool Slots::point_to(const std::vector<HookedFunction>& functions, Target target) noexcept {
    bool all = true;
    for (const Slot& slot : slots_) {
        const HookedFunction& function = functions[slot.function];
        const void* value = function.stand_in;
        if (target == Target::kGate && function.gate != nullptr) {
            value = function.gate;
        } else if (target == Target::kHome && !slot.came_first) {
            value = function.original;
        }
        all = store(slot.word, reinterpret_cast<uintptr_t>(value), slot.read_only) && all;
    }
    return all;
}

}  // namespace ttmem::tt_metal
