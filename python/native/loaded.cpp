// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "loaded.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace ttmem::python {
namespace {

constexpr const char* kHooks = "libtt_alloc_hooks.so";
constexpr const char* kClient = "libtt_alloc_client.so";

std::string path_of(const char* prefix) {
    std::pair<const char*, std::string> search(prefix, "");
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* data) {
            auto* wanted = static_cast<std::pair<const char*, std::string>*>(data);
            if (info->dlpi_name == nullptr) {
                return 0;
            }
            const char* slash = std::strrchr(info->dlpi_name, '/');
            const char* name = slash != nullptr ? slash + 1 : info->dlpi_name;
            if (std::strncmp(name, wanted->first, std::strlen(wanted->first)) != 0) {
                return 0;
            }
            wanted->second = info->dlpi_name;
            return 1;
        },
        &search);
    return search.second;
}

template <typename Function>
bool take(void* library, Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    return function != nullptr;
}

// False when it is not loaded, or of before it could be asked.
bool connect(const char* prefix, Loaded& to) {
    const std::string path = path_of(prefix);
    void* library = path.empty() ? nullptr : dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) {
        return false;
    }
    take(library, to.enable, "ttmem_hooks_enable");
    take(library, to.disable, "ttmem_hooks_disable");
    take(library, to.extremes, "tt_alloc_own_extremes");
    take(library, to.label_buffer, "tt_alloc_label_buffer");
    take(library, to.step, "tt_alloc_step");
    take(library, to.state, "ttmem_hooks_state");
    take(library, to.name_operations, "ttmem_hooks_name_operations");
    return take(library, to.generation, "tt_alloc_own_generation") && take(library, to.device, "tt_alloc_own_device") &&
           take(library, to.allocators, "tt_alloc_own_allocators") && take(library, to.totals, "tt_alloc_own_totals") &&
           take(library, to.restart_peak, "tt_alloc_restart_peak") &&
           take(library, to.read_ledger, "tt_alloc_own_ledger") &&
           take(library, to.ledger_path, "tt_alloc_own_ledger_path") &&
           take(library, to.name_context, "tt_alloc_name_context") &&
           take(library, to.set_context, "tt_alloc_set_context");
}

Loaded g_hooks;
Loaded g_client;
bool g_has_hooks = false;
bool g_has_client = false;
const Loaded* g_chosen = nullptr;  // has a ledger

}  // namespace

const Loaded* loaded() {
    if (g_chosen != nullptr && g_chosen->generation() != 0) [[likely]] {
        return g_chosen;
    }
    g_has_hooks = g_has_hooks || connect(kHooks, g_hooks);
    g_has_client = g_has_client || connect(kClient, g_client);
    if (g_has_client && g_client.generation() != 0 && !(g_has_hooks && g_hooks.generation() != 0)) {
        g_chosen = &g_client;
        return g_chosen;
    }
    if (g_has_hooks) {
        g_chosen = &g_hooks;
        return g_chosen;
    }
    return g_has_client ? &g_client : nullptr;
}

std::string hooks_path() {
    return path_of(kHooks);
}

bool tt_metal_is_loaded() {
    return !path_of("libtt_metal.so").empty();
}

void load_hooks(const std::string& path) {
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
        throw std::runtime_error(dlerror());
    }
}

}  // namespace ttmem::python
