// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/late/late_listing.hpp"

#include <cstring>
#include <exception>
#include <memory>
#include <unordered_set>

#include "client/tracker.hpp"
#include "tt_alloc/client.h"
#include "tt_metal/hooks/record_buffer.hpp"
#include "tt_metal/late/late_gate.hpp"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/release/names.hpp"

namespace ttmem::tt_metal {
namespace {

// Every release unless said; looked up with `nm -D` in the wheels 0.65.0 to 0.81.1, signatures from the disassembly.
constexpr const char* kAllocatedBuffers = "_ZNK2tt8tt_metal13AllocatorImpl21get_allocated_buffersEv";
constexpr const char* kAllocatedBuffers065 = "_ZNK2tt8tt_metal9Allocator21get_allocated_buffersEv";
constexpr const char* kDeviceMesh = "_ZN2tt8tt_metal6Device15get_mesh_deviceEv";
constexpr const char* kDeviceAllocator = "_ZNK2tt8tt_metal6Device14allocator_implEv";  // 0.66.0 and later
constexpr const char* kDeviceAllocator065 = "_ZNK2tt8tt_metal6Device9allocatorEv";
constexpr const char* kSubmeshes = "_ZNK2tt8tt_metal11distributed10MeshDevice13get_submeshesEv";
constexpr const char* kMeshInitialized = "_ZNK2tt8tt_metal11distributed10MeshDevice14is_initializedEv";
constexpr const char* kSubDevices = "_ZNK2tt8tt_metal11distributed10MeshDevice15num_sub_devicesEv";
constexpr const char* kSubDeviceAllocator =  // 0.66.0 and later
    "_ZNK2tt8tt_metal11distributed10MeshDevice14allocator_implEN4ttsl10StrongTypeIhNS0_14SubDeviceIdTagEEE";
constexpr const char* kContextExists =  // 0.67.4 and later
    "_ZN2tt8tt_metal12MetalContext15instance_existsEN4ttsl10StrongTypeIiNS0_12ContextIdTagEEE";
constexpr const char* kDevicePool065 = "_ZN2tt10DevicePool5_instE";

constexpr int kMostChips = 64;
constexpr size_t kMostMeshes = 1024;

struct Needs {
    std::unordered_set<Buffer*> (*allocated_buffers)(const Allocator*) = nullptr;  // a copy, made under its lock
    std::shared_ptr<MeshDevice> (*device_mesh)(Device*) = nullptr;
    Allocator* const* (*device_allocator)(const Device*) = nullptr;
    std::vector<std::shared_ptr<MeshDevice>> (*submeshes)(const MeshDevice*) = nullptr;
    bool (*mesh_initialized)(const MeshDevice*) = nullptr;
    uint32_t (*sub_devices)(const MeshDevice*) = nullptr;
    Allocator* const* (*sub_device_allocator)(const MeshDevice*, uint8_t) = nullptr;
    bool (*context_exists)(int) = nullptr;
    void* const* device_pool_065 = nullptr;
};

Needs find_needs(const Symbols& symbols) noexcept {
    const auto take = [&](auto& target, const char* name) {
        target = reinterpret_cast<std::remove_reference_t<decltype(target)>>(symbols.library.symbol(name));
    };
    Needs needs;
    take(needs.allocated_buffers, symbols.is_065 ? kAllocatedBuffers065 : kAllocatedBuffers);
    take(needs.device_mesh, kDeviceMesh);
    take(needs.device_allocator, symbols.is_065 ? kDeviceAllocator065 : kDeviceAllocator);
    take(needs.submeshes, kSubmeshes);
    take(needs.mesh_initialized, kMeshInitialized);
    take(needs.sub_devices, kSubDevices);
    take(needs.sub_device_allocator, kSubDeviceAllocator);
    take(needs.context_exists, kContextExists);
    take(needs.device_pool_065, kDevicePool065);
    return needs;
}

template <typename T>
T read_at(const void* address) noexcept {
    T value;
    std::memcpy(&value, address, sizeof value);
    return value;
}

// Asking for a device makes the library's context, and thereby opens the cluster, where there is none yet. From 0.67.4
// on it can be asked whether there is one. Before, the first instructions of MetalContext::instance show where it keeps
// what it made:
//   0.66.0   53                    push %rbx
//            0f b6 05 <offset>     movzbl offset(%rip),%eax     a guard, not 0 once the context is made
//   0.67.0   41 56 53 50           push %r14, %rbx, %rax
//            4c 8b 35 <offset>     mov offset(%rip),%r14        the address of...
//            49 8b 1e              mov (%r14),%rbx              ...the context's address
enum class Answer : uint8_t { kNo, kYes, kUnknown };

Answer context_exists_by_code(const void* instance) noexcept {
    static constexpr unsigned char kGuard[] = {0x53, 0x0f, 0xb6, 0x05};
    static constexpr unsigned char kPointer[] = {0x41, 0x56, 0x53, 0x50, 0x4c, 0x8b, 0x35};
    const auto* code = static_cast<const unsigned char*>(instance);
    const auto behind = [&](size_t opcode) {
        return code + opcode + sizeof(int32_t) + read_at<int32_t>(code + opcode);
    };
    if (std::memcmp(code, kGuard, sizeof kGuard) == 0) {
        return *behind(sizeof kGuard) != 0 ? Answer::kYes : Answer::kNo;
    }
    if (std::memcmp(code, kPointer, sizeof kPointer) == 0 && code[11] == 0x49 && code[12] == 0x8b && code[13] == 0x1e) {
        return read_at<void*>(read_at<void*>(behind(sizeof kPointer))) != nullptr ? Answer::kYes : Answer::kNo;
    }
    return Answer::kUnknown;
}

// A context without a device manager has no device either, and GetActiveDevice would read through a null pointer.
//   48 8b b8 <offset>   mov offset(%rax),%rdi     %rax: the context, as instance() gave it
Answer has_device_manager(const void* get_active_device, const void* context) noexcept {
    const auto* code = static_cast<const unsigned char*>(get_active_device);
    for (size_t at = 0; at < 24; ++at) {
        if (code[at] == 0x48 && code[at + 1] == 0x8b && code[at + 2] == 0xb8) {
            const auto offset = read_at<uint32_t>(code + at + 3);
            const bool there =
                offset < 0x10000 && read_at<void*>(static_cast<const char*>(context) + offset) != nullptr;
            return there ? Answer::kYes : Answer::kNo;
        }
    }
    return Answer::kUnknown;
}

Answer devices_may_be_open(const Symbols& symbols, const Needs& needs) {
    const Api& api = symbols.api;
    if (needs.device_pool_065 != nullptr) {
        return *needs.device_pool_065 != nullptr ? Answer::kYes : Answer::kNo;
    }
    const void* context = nullptr;
    if (needs.context_exists != nullptr && api.context != nullptr) {
        if (!needs.context_exists(0)) {
            return Answer::kNo;
        }
        context = api.context(0);
    } else if (api.context_067 != nullptr) {
        const Answer exists = context_exists_by_code(reinterpret_cast<const void*>(api.context_067));
        if (exists != Answer::kYes) {
            return exists;
        }
        context = api.context_067();
    }
    return context != nullptr ? has_device_manager(reinterpret_cast<const void*>(api.active_device), context)
                              : Answer::kUnknown;
}

// Every mesh that is reached, parents before their submeshes. The pointers keep them alive meanwhile.
using Meshes = std::vector<std::shared_ptr<MeshDevice>>;

void add_family(const Symbols& symbols, const Needs& needs, std::shared_ptr<MeshDevice> mesh, Meshes& meshes) {
    const auto known = [&](const std::shared_ptr<MeshDevice>& one) {
        for (const auto& other : meshes) {
            if (other == one) {
                return true;
            }
        }
        return false;
    };
    for (size_t i = 0; i < kMostMeshes && symbols.api.mesh_parent != nullptr; ++i) {
        const std::shared_ptr<MeshDevice>* parent = symbols.api.mesh_parent(mesh.get());
        if (parent == nullptr || *parent == nullptr) {
            break;
        }
        mesh = *parent;
    }
    size_t next = meshes.size();
    if (!known(mesh)) {
        meshes.push_back(std::move(mesh));
    }
    for (; next < meshes.size() && meshes.size() < kMostMeshes; ++next) {
        for (auto& submesh : needs.submeshes(meshes[next].get())) {
            if (submesh != nullptr && !known(submesh)) {
                meshes.push_back(std::move(submesh));
            }
        }
    }
}

// Programs that were loaded before tracking began cannot be listed. A program of unknown contents on every core stands
// for them until the allocator goes: sums over all programs are unknown, as is what a core holds until its next launch.
void record_unseen_programs(const Symbols& symbols, const AllocatorFacts& facts, const Device* device) {
    tt_alloc_core_range cores{0, 0, 63, 63};
    if (device != nullptr && symbols.api.device_grid != nullptr) {
        const Grid grid = symbols.api.device_grid(device);
        const uint32_t banks = facts.banks[TT_ALLOC_L1];  // one for each core that programs of an application use
        if (grid.x > 0 && grid.y > 0 && grid.x <= 64 && grid.y <= 64) {
            const size_t columns = banks % grid.x == 0 ? grid.x : banks % grid.y == 0 ? banks / grid.y : grid.x;
            const size_t rows = columns > 0 && banks % columns == 0 && banks > 0 ? banks / columns : grid.y;
            cores.end_x = static_cast<uint16_t>((columns > 0 ? columns : grid.x) - 1);
            cores.end_y = static_cast<uint16_t>((rows > 0 && rows <= grid.y ? rows : grid.y) - 1);
        }
    }
    tt_alloc_kernel kernels[3] = {};
    for (uint8_t type = 0; type < 3; ++type) {
        tt_alloc_kernel& kernel = kernels[type];
        kernel.id = type;
        kernel.name = "loaded before tracking began";
        kernel.cores = &cores;
        kernel.core_ranges = type == TT_ALLOC_KERNEL_APPLICATION ? 1 : 0;
        kernel.packed_bytes = TT_ALLOC_NONE;
        kernel.processor = type == TT_ALLOC_KERNEL_FABRIC ? uint8_t{TT_ALLOC_PROCESSOR_ETHERNET}
                                                          : uint8_t{TT_ALLOC_PROCESSOR_DATA_MOVEMENT};
        kernel.type = type;
        kernel.core_type = type == TT_ALLOC_KERNEL_FABRIC ? 1 : 0;
    }
    tt_alloc_program program{};
    program.struct_size = sizeof program;
    program.allocator = facts.handle;
    program.id = UINT64_MAX;
    program.device = TT_ALLOC_NONE;
    program.type = TT_ALLOC_KERNEL_APPLICATION;
    program.flags = TT_ALLOC_PROGRAM_BUFFERS_UNKNOWN;
    program.kernels = kernels;
    program.kernel_count = 3;
    program.config_bytes = UINT64_MAX;
    const uint64_t handle = tt_alloc_program_loaded(&program);
    if (handle != 0) {
        tt_alloc_program_launched(handle);
    }
}

void open_sub_device_allocators(const Needs& needs, const MeshDevice* mesh, const Allocator* own) {
    if (needs.sub_devices == nullptr || needs.sub_device_allocator == nullptr) {
        return;
    }
    const uint32_t count = needs.sub_devices(mesh);
    for (uint32_t id = 0; id < count && id < 256; ++id) {
        Allocator* const* held = needs.sub_device_allocator(mesh, static_cast<uint8_t>(id));
        if (held != nullptr && *held != nullptr && *held != own && !needs.allocated_buffers(*held).empty()) {
            open_for_buffer(*held, reinterpret_cast<Device*>(const_cast<MeshDevice*>(mesh)));
        }
    }
}

void open_one(const Symbols& symbols, const Needs& needs, MeshDevice* mesh) {
    if (!needs.mesh_initialized(mesh)) {
        return;  // the parent of a single device: it has no allocator, and asking for it is an error
    }
    Allocator* const* held = symbols.api.mesh_allocator(mesh);
    if (held == nullptr || *held == nullptr) {
        return;
    }
    open_mesh(mesh);
    const AllocatorFacts* facts = find_allocator(*held);
    if (facts != nullptr && facts->handle != TT_ALLOC_NONE && symbols.programs_known) {
        const std::vector<Device*> devices = symbols.api.mesh_devices(mesh);
        record_unseen_programs(symbols, *facts, devices.empty() ? nullptr : devices.front());
    }
    open_sub_device_allocators(needs, mesh, *held);
}

}  // namespace

const char* listing_lacks(const Symbols& symbols) noexcept {
    const Needs needs = find_needs(symbols);
    if (needs.allocated_buffers == nullptr) {
        return symbols.is_065 ? kAllocatedBuffers065 : kAllocatedBuffers;
    }
    if (needs.device_mesh == nullptr) {
        return kDeviceMesh;
    }
    if (needs.submeshes == nullptr) {
        return kSubmeshes;
    }
    if (needs.mesh_initialized == nullptr) {
        return kMeshInitialized;
    }
    if (symbols.api.active_device == nullptr) {
        return TTMEM_ACTIVE_DEVICE;
    }
    return symbols.api.buffer_address == nullptr ? TTMEM_BUFFER_ADDRESS : nullptr;
}

const char* open_all_allocators(const Symbols& symbols) noexcept {
    try {
        const Needs needs = find_needs(symbols);
        switch (devices_may_be_open(symbols, needs)) {
            case Answer::kNo:
                return nullptr;
            case Answer::kUnknown:
                return "it is not known whether this release has a device open";
            case Answer::kYes:
                break;
        }
        Meshes meshes;
        std::vector<Device*> devices;
        for (int id = 0; id < kMostChips; ++id) {
            Device* device = symbols.api.active_device(id);
            if (device == nullptr || !is_device(device)) {
                continue;
            }
            devices.push_back(device);
            if (std::shared_ptr<MeshDevice> mesh = needs.device_mesh(device)) {
                add_family(symbols, needs, std::move(mesh), meshes);
            }
        }
        for (const auto& mesh : meshes) {
            open_one(symbols, needs, mesh.get());
        }
        for (Device* device : devices) {
            Allocator* const* held = needs.device_allocator != nullptr ? needs.device_allocator(device) : nullptr;
            if (held != nullptr && *held != nullptr && !needs.allocated_buffers(*held).empty()) {
                open_for_buffer(*held, device);
            }
        }
        return nullptr;
    } catch (...) {
        return "a device or mesh does not report its parts";
    }
}

bool list_buffers(const Symbols& symbols, const BufferFamily& family, Places& unknown) noexcept {
    try {
        const Needs needs = find_needs(symbols);
        GateNotes notes;
        if (!read_notes(notes)) {
            return false;
        }
        for (const auto& [buffer, note] : notes) {
            if (find_allocator(note.allocator) == nullptr) {
                unknown.emplace_back(note.allocator, family.device(buffer));
            }
        }
        if (!unknown.empty()) {
            return true;
        }
        for (Allocator* allocator : known_allocators()) {
            for (const Buffer* buffer : needs.allocated_buffers(allocator)) {
                const auto note = notes.find(buffer);
                // Its caller may not have stored the address yet; else the buffer knows it.
                const uint64_t address =
                    note != notes.end() ? note->second.address : symbols.api.buffer_address(buffer);
                record_buffer(family, allocator, buffer, address);
            }
        }
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace ttmem::tt_metal
