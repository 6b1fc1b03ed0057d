// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/devices.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>
#include <optional>

namespace ttmem::tt_metal {
namespace {

constexpr int kMaxChips = 64;  // a device outside any mesh is looked for among these logical ids

const void* vtable_of(const Device* device) noexcept {
    const void* table = nullptr;
    std::memcpy(&table, device, sizeof table);
    return table;
}

// Simulators and mock clusters have no hardware.
bool runs_without_hardware(const Api& api) noexcept {
    for (const char* name : {"TT_METAL_MOCK_CLUSTER_DESC_PATH", "TT_METAL_SIMULATOR"}) {
        const char* value = getenv(name);
        if (value != nullptr && *value != '\0') {
            return true;
        }
    }
    return api.mock_registered != nullptr && api.mock_registered();
}

// Up to 0.66.0 the cluster does not hand out its descriptor. Its get_board_type passes the question on in two
// instructions:
//     48 8b 7f <offset>   mov offset(%rdi),%rdi
//     e9 ...              jmp ClusterDescriptor::get_board_type
// so the library's own code says where the descriptor stands. Other code there: no descriptor, and the chip's ids stay
// unknown.
const Descriptor* descriptor_in(const void* cluster, const void* get_board_type) noexcept {
    static constexpr unsigned char kLoad[] = {0x48, 0x8b, 0x7f};
    static constexpr unsigned char kJump = 0xe9;
    const auto* code = static_cast<const unsigned char*>(get_board_type);
    if (code == nullptr || std::memcmp(code, kLoad, sizeof kLoad) != 0 || code[3] > 0x7f || code[4] != kJump) {
        return nullptr;
    }
    const Descriptor* descriptor = nullptr;
    std::memcpy(&descriptor, static_cast<const char*>(cluster) + code[3], sizeof descriptor);
    return descriptor;
}

// A Device's number, which no release exports: the fourth entry of the vtable gives it in two instructions,
//     8b 47 <offset>   mov offset(%rdi),%eax
//     c3               ret
// in every release from 0.65.0 to 0.81.1. Other code there: nothing.
std::optional<int> number_in(const Device* device) noexcept {
    constexpr size_t kEntry = 3;
    static constexpr unsigned char kLoad[] = {0x8b, 0x47};
    static constexpr unsigned char kReturn = 0xc3;
    const unsigned char* code = nullptr;
    std::memcpy(&code, static_cast<const char*>(vtable_of(device)) + kEntry * sizeof(void*), sizeof code);
    if (code == nullptr || std::memcmp(code, kLoad, sizeof kLoad) != 0 || code[2] > 0x7f || code[3] != kReturn) {
        return std::nullopt;
    }
    int number = 0;
    std::memcpy(&number, reinterpret_cast<const char*>(device) + code[2], sizeof number);
    return number;
}

const Descriptor* find_descriptor(const Api& api, const Device* device) {
    void* context = find_context(api, device);
    if (context == nullptr || api.cluster == nullptr) {
        return nullptr;
    }
    const void* cluster = api.cluster(context);
    return api.cluster_descriptor != nullptr
               ? api.cluster_descriptor(cluster)
               : descriptor_in(cluster, reinterpret_cast<const void*>(api.cluster_board_type));
}

// tt::BoardType of the driver; the first ten have kept their numbers.
const char* board_name(uint32_t type, uint32_t arch) noexcept {
    static constexpr const char* kNames[] = {"e75",  "e150", "e300", "n150",   "n300",
                                             "p100", "p150", "p300", "galaxy", "ubb"};
    if (type < std::size(kNames)) {
        return kNames[type];
    }
    return type == 10 && arch == TT_ALLOC_ARCH_BLACKHOLE ? "ubb_blackhole" : "";
}

// The kernel driver's number of a chip leads to its PCI address: /sys/class/tenstorrent/tenstorrent!N/device ->
// ../../0000:01:00.0
void pci_address(int kmd_index, char (&pci)[16]) noexcept {
    char link[64];
    char target[256];
    snprintf(link, sizeof link, "/sys/class/tenstorrent/tenstorrent!%d/device", kmd_index);
    const ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0) {
        return;
    }
    target[length] = '\0';
    const char* slash = std::strrchr(target, '/');
    const char* name = slash != nullptr ? slash + 1 : target;
    if (std::strlen(name) < sizeof pci) {
        std::memcpy(pci, name, std::strlen(name) + 1);
    }
}

// The board's name: from the board type, or from the board's id where the descriptor lacks the type.
void fill_board(const Api& api, const Descriptor* cluster, tt_alloc_device& out) {
    const char* name = "";
    try {
        if (api.board_id != nullptr) {
            out.board_id = api.board_id(cluster, out.logical_id);
        }
        if (api.board_type != nullptr) {
            name = board_name(api.board_type(cluster, out.logical_id), out.arch);
        }
        if (*name == '\0' && out.board_id != 0 && api.board_type_from_id != nullptr) {
            name = board_name(api.board_type_from_id(out.board_id), out.arch);
        }
    } catch (const std::exception&) {
        // A descriptor without boards: what was found so far stands.
    }
    snprintf(out.board, sizeof out.board, "%s", name);
}

void fill_from_cluster(const Api& api, const Descriptor* cluster, tt_alloc_device& out) {
    fill_board(api, cluster, out);
    const bool authentic = api.unique_ids_authentic == nullptr || api.unique_ids_authentic(cluster);
    if (api.unique_ids != nullptr && authentic) {
        const auto& ids = *api.unique_ids(cluster);
        if (const auto found = ids.find(out.logical_id); found != ids.end() && found->second != 0) {
            out.unique_id = found->second;
            out.flags |= TT_ALLOC_DEVICE_UNIQUE_ID;
        }
    }
    if (api.is_mmio != nullptr && !api.is_mmio(cluster, out.logical_id)) {
        out.flags |= TT_ALLOC_DEVICE_REMOTE;
    }
    if (api.mmio_chips != nullptr && (out.flags & TT_ALLOC_DEVICE_MOCK) == 0) {
        const auto& chips = *api.mmio_chips(cluster);
        if (const auto found = chips.find(out.logical_id); found != chips.end()) {
            pci_address(found->second, out.pci);
        }
    }
}

Chip describe(const Api& api, Device* device, int logical_id) {
    Chip chip;
    chip.device = device;
    tt_alloc_device& out = chip.description;
    out.struct_size = sizeof out;
    out.logical_id = logical_id;
    if (runs_without_hardware(api)) {
        out.flags |= TT_ALLOC_DEVICE_MOCK;
    }
    if (api.device_arch != nullptr) {
        out.arch = api.device_arch(device);
    }
    if (api.device_dram_size != nullptr && api.device_dram_channels != nullptr) {
        out.dram_channel_bytes = api.device_dram_size(device);
        out.dram_channels = static_cast<uint32_t>(api.device_dram_channels(device));
    }
    if (api.device_l1_size != nullptr && api.device_grid != nullptr) {
        const Grid grid = api.device_grid(device);
        out.l1_core_bytes = api.device_l1_size(device);
        out.l1_cores = static_cast<uint32_t>(grid.x * grid.y);
        out.l1_columns = static_cast<uint32_t>(grid.x);
    }
    if (const Descriptor* cluster = find_descriptor(api, device)) {
        fill_from_cluster(api, cluster, out);
    }
    return chip;
}

}  // namespace

void* find_context(const Api& api, const Device* device) {
    if (api.context_of_device != nullptr && api.context != nullptr) {
        return api.context(api.context_of_device(device));
    }
    return api.context_067 != nullptr ? api.context_067() : nullptr;
}

bool is_mesh(const Device* device) noexcept {
    return device != nullptr && vtable_of(device) == symbols().api.mesh_vtable;
}

bool is_device(const Device* device) noexcept {
    return device != nullptr && vtable_of(device) == symbols().api.device_vtable;
}

std::vector<Chip> describe_mesh(const Symbols& symbols, const MeshDevice* mesh) {
    const std::vector<int> ids = symbols.api.mesh_device_ids(mesh);
    const std::vector<Device*> devices = symbols.api.mesh_devices(mesh);
    std::vector<Chip> chips;
    if (ids.size() != devices.size()) {
        return chips;
    }
    for (size_t i = 0; i < ids.size(); ++i) {
        if (is_device(devices[i])) {
            chips.push_back(describe(symbols.api, devices[i], ids[i]));
        }
    }
    return chips;
}

std::vector<Chip> describe_device(const Symbols& symbols, Device* device) {
    std::vector<Chip> chips;
    for (int id = 0; id < kMaxChips && symbols.api.active_device != nullptr; ++id) {
        if (symbols.api.active_device(id) == device) {
            chips.push_back(describe(symbols.api, device, id));
            break;
        }
    }
    // While tt-metal opens a device, active_device() does not give it yet: take the number from the object.
    const std::optional<int> number = chips.empty() && is_device(device) ? number_in(device) : std::nullopt;
    if (number.has_value() && *number >= 0 && *number < kMaxChips) {
        chips.push_back(describe(symbols.api, device, *number));
    }
    return chips;
}

}  // namespace ttmem::tt_metal
