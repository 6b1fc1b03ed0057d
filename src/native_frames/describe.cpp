// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts of frames. The loader goes through all that an object exports to name one address (tens of microseconds for
// libtt_metal.so), so what was found is remembered: in a table that is only ever added to, whose texts never move.
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>

#include "native_frames/function_name.hpp"
#include "native_frames/loaded_object.hpp"
#include "native_frames/stack.hpp"

namespace ttmem::native_frames {

namespace {

constexpr uint32_t kMostAddresses = 16'384;
constexpr uint32_t kPlaces = 2 * kMostAddresses;
constexpr uint32_t kMostNameBytes = 256;
constexpr uint64_t kTextBytes = uint64_t{4} << 20;

struct Known {
    std::atomic<uint64_t> key;  // 0: free
    std::atomic<const char*> file;
    std::atomic<const char*> function;  // null: not yet filled in. Release, after the file
};

Known g_known[kPlaces];  // its pages are touched as it fills
std::atomic<uint32_t> g_known_count{0};

std::atomic<char*> g_texts{nullptr};
std::atomic<uint64_t> g_text_bytes{0};

// A copy that lives as long as the process; null when there is no room.
const char* keep_text(const char* text) noexcept {
    char* texts = g_texts.load(std::memory_order_acquire);
    if (texts == nullptr) {
        void* memory =
            mmap(nullptr, kTextBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return nullptr;
        }
        if (g_texts.compare_exchange_strong(texts, static_cast<char*>(memory), std::memory_order_acq_rel)) {
            texts = static_cast<char*>(memory);
        } else {
            munmap(memory, kTextBytes);
        }
    }
    const uint64_t bytes = std::strlen(text) + 1;
    const uint64_t at = g_text_bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (at + bytes > kTextBytes) {
        g_text_bytes.store(kTextBytes, std::memory_order_relaxed);
        return nullptr;
    }
    std::memcpy(texts + at, text, bytes);
    return texts + at;
}

// The program's own path, which the loader does not have.
const char* program_path() noexcept {
    static std::atomic<const char*> known{nullptr};
    const char* path = known.load(std::memory_order_acquire);
    if (path == nullptr) {
        char found[1024];
        const ssize_t bytes = readlink("/proc/self/exe", found, sizeof found - 1);
        found[bytes > 0 ? bytes : 0] = '\0';
        path = keep_text(found);
        path = path != nullptr ? path : "";
        known.store(path, std::memory_order_release);
    }
    return path;
}

// The place of `key`, or a free one that is the caller's to fill in; null: neither.
Known* place_of(uint64_t key, bool& is_new) noexcept {
    is_new = false;
    uint64_t at = key * 0x9e3779b97f4a7c15u >> 32;
    for (uint32_t tries = 0; tries < kPlaces; ++tries, ++at) {
        Known& known = g_known[at % kPlaces];
        uint64_t found = known.key.load(std::memory_order_acquire);
        if (found == 0) {
            if (g_known_count.load(std::memory_order_relaxed) >= kMostAddresses) {
                return nullptr;
            }
            if (known.key.compare_exchange_strong(found, key, std::memory_order_acq_rel)) {
                g_known_count.fetch_add(1, std::memory_order_relaxed);
                is_new = true;
                return &known;
            }
        }
        if (found == key) {
            return &known;
        }
    }
    return nullptr;
}

}  // namespace

FrameText describe(uintptr_t address) noexcept {
    // Another object may lie where one was that is unloaded.
    const uint64_t key = address ^ unloads() << 48;
    bool is_new = false;
    Known* known = place_of(key, is_new);
    if (known != nullptr && !is_new) {
        if (const char* function = known->function.load(std::memory_order_acquire); function != nullptr) {
            return {known->file.load(std::memory_order_relaxed), function};
        }
    }
    FrameText text{"", "?"};
    if (known == nullptr) {
        return text;
    }
    Dl_info info{};
    link_map* map = nullptr;
    const bool is_found =
        dladdr1(reinterpret_cast<void*>(address), &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0 &&
        map != nullptr;
    char name[kMostNameBytes] = "?";
    if (is_found) {
        text.file = map->l_name == nullptr || map->l_name[0] == '\0' ? program_path() : map->l_name;
        if (info.dli_sname != nullptr && info.dli_saddr != nullptr) {
            readable_name(info.dli_sname, name, sizeof name);
        } else {
            std::snprintf(name, sizeof name, "+0x%llx", static_cast<unsigned long long>(address - map->l_addr));
        }
    }
    const char* kept = keep_text(name);
    text.function = kept != nullptr ? kept : "?";
    if (is_new) {
        known->file.store(text.file, std::memory_order_relaxed);
        known->function.store(text.function, std::memory_order_release);
    }
    return text;
}

}  // namespace ttmem::native_frames
