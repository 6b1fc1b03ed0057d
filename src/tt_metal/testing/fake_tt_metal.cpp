// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A libtt_metal.so: names, layouts and order of calls that the hooks rely on, and a scenario that a test chooses. For
// what no machine without hardware can run (0.65.0 has no usable mock), or no release does (a symbol missing).
// FAKE_RELEASE 65, 78 or 81: names of functions, layout of the buffer. FAKE_TYPE_OFFSET: of its type (78: 0x20).
// FAKE_LACKS_BANKS, FAKE_LACKS_LISTING: get_num_banks, get_allocated_buffers are not exported.
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "tt_metal/release/foreign.hpp"
#include "tt_metal/release/names.hpp"
#include "tt_metal/testing/fake_callers.hpp"
#include "tt_metal/testing/fake_objects.hpp"
#include "tt_metal/testing/fake_regions.hpp"

#ifndef FAKE_TYPE_OFFSET
#define FAKE_TYPE_OFFSET 0x20
#endif
#if FAKE_RELEASE == 65
#define ALLOCATOR_NAME(name) TTMEM_065_##name
#else
#define ALLOCATOR_NAME(name) TTMEM_##name
#endif
#if FAKE_RELEASE < 79
#define BUFFER_NAME(name) TTMEM_078_##name
#else
#define BUFFER_NAME(name) TTMEM_##name
#endif
#define EXPORTED_DATA(name) __asm__(name) __attribute__((visibility("default")))
#define EXPORTED(name) __asm__(name) __attribute__((visibility("default"), noinline))

namespace ttmem::tt_metal {

namespace {

constexpr uint32_t kBanks = 12;
constexpr uint64_t kBankBytes = 1 << 20;
std::atomic<uint64_t> next_unique_id{0};

// The one device of this cluster and the newest mesh over it.
Device* open_device = nullptr;
std::shared_ptr<MeshDevice> newest_mesh;

int32_t type_of(const Buffer* buffer) {
    int32_t type;
    std::memcpy(&type, reinterpret_cast<const char*>(buffer) + FAKE_TYPE_OFFSET, sizeof type);
    return type;
}

}  // namespace

// --- What tt-metal exports -------------------------------------------------------------------------------------------

extern const void* const device_vtable[3] EXPORTED_DATA(TTMEM_DEVICE_VTABLE);
extern const void* const mesh_vtable[3] EXPORTED_DATA(TTMEM_MESH_VTABLE);
const void* const device_vtable[3] = {};
const void* const mesh_vtable[3] = {};

uint64_t page_size(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_PAGE_SIZE);
uint64_t page_size(const Buffer* buffer) {
    return buffer->page_size;
}
uint64_t size_per_bank(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_SIZE_PER_BANK);
uint64_t size_per_bank(const Buffer* buffer) {
    const uint64_t pages = buffer->size / buffer->page_size;
    return (pages + kBanks - 1) / kBanks * buffer->page_size;
}
uint32_t address(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_ADDRESS);
uint32_t address(const Buffer* buffer) {
    return static_cast<uint32_t>(buffer->address);
}
uint32_t num_pages(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_NUM_PAGES);
uint32_t num_pages(const Buffer* buffer) {
    return buffer->page_size == 0 ? 0 : static_cast<uint32_t>(buffer->size / buffer->page_size);
}
std::optional<uint32_t> num_cores(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_NUM_CORES);
std::optional<uint32_t> num_cores(const Buffer*) {
    return std::nullopt;
}
bool is_dram(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_IS_DRAM);
bool is_dram(const Buffer* buffer) {
    return type_of(buffer) == 0 || type_of(buffer) == 4;
}
bool is_l1(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_IS_L1);
bool is_l1(const Buffer* buffer) {
    return type_of(buffer) == 1 || type_of(buffer) == 3;
}
#if FAKE_RELEASE < 79
bool is_trace(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_IS_TRACE);
bool is_trace(const Buffer* buffer) {
    return type_of(buffer) == 4;
}
#else
uint64_t size(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_SIZE);
uint64_t size(const Buffer* buffer) {
    return buffer->size;
}
int32_t buffer_type(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_TYPE);
int32_t buffer_type(const Buffer* buffer) {
    return type_of(buffer);
}
uint64_t unique_id(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_UNIQUE_ID);
uint64_t unique_id(const Buffer* buffer) {
    return buffer->unique_id;
}
Device* buffer_device(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_DEVICE);
Device* buffer_device(const Buffer* buffer) {
    return buffer->device;
}
int32_t buffer_layout(const Buffer* buffer) EXPORTED(TTMEM_BUFFER_LAYOUT);
int32_t buffer_layout(const Buffer*) {
    return 0;
}
#endif

#ifndef FAKE_LACKS_BANKS
uint32_t num_banks(const Allocator*, const BufferType* type) EXPORTED(ALLOCATOR_NAME(NUM_BANKS));
uint32_t num_banks(const Allocator*, const BufferType* type) {
    return *type == 0 || *type == 1 ? kBanks : 0;
}
#endif
uint64_t bank_size(const Allocator*, const BufferType* type) EXPORTED(ALLOCATOR_NAME(BANK_SIZE));
uint64_t bank_size(const Allocator*, const BufferType*) {
    return kBankBytes;
}
uint32_t base_address(const Allocator*, const uint8_t* memory) EXPORTED(ALLOCATOR_NAME(BASE_ADDRESS));
uint32_t base_address(const Allocator*, const uint8_t*) {
    return 0x1000;
}
uint32_t alignment(const Allocator*, BufferType type) EXPORTED(ALLOCATOR_NAME(ALIGNMENT));
uint32_t alignment(const Allocator*, BufferType type) {
    return type == 0 || type == 4 ? 64 : 16;
}
int mesh_id(const MeshDevice* mesh) EXPORTED(TTMEM_MESH_ID);
int mesh_id(const MeshDevice* mesh) {
    return mesh->id;
}
std::vector<int> mesh_device_ids(const MeshDevice* mesh) EXPORTED(TTMEM_MESH_DEVICE_IDS);
std::vector<int> mesh_device_ids(const MeshDevice* mesh) {
    return {mesh->chip->id};
}
std::vector<Device*> mesh_devices(const MeshDevice* mesh) EXPORTED(TTMEM_MESH_DEVICES);
std::vector<Device*> mesh_devices(const MeshDevice* mesh) {
    return {mesh->chip};
}
const std::shared_ptr<MeshDevice>& mesh_parent(const MeshDevice* mesh) EXPORTED(TTMEM_MESH_PARENT);
const std::shared_ptr<MeshDevice>& mesh_parent(const MeshDevice* mesh) {
    return mesh->parent;
}
Allocator* const* mesh_allocator(const MeshDevice* mesh) EXPORTED(ALLOCATOR_NAME(MESH_ALLOCATOR));
Allocator* const* mesh_allocator(const MeshDevice* mesh) {
    return &mesh->allocator;
}
Buffer* mesh_backing(const MeshBuffer* mesh_buffer) EXPORTED(TTMEM_MESH_BACKING);
Buffer* mesh_backing(const MeshBuffer* mesh_buffer) {
    return mesh_buffer->backing;
}

// --- What late enabling asks -----------------------------------------------------------------------------------------

#ifndef FAKE_LACKS_LISTING
#if FAKE_RELEASE == 65
std::unordered_set<Buffer*> allocated_buffers(Allocator*)
    EXPORTED("_ZNK2tt8tt_metal9Allocator21get_allocated_buffersEv");
#else
std::unordered_set<Buffer*> allocated_buffers(Allocator*)
    EXPORTED("_ZNK2tt8tt_metal13AllocatorImpl21get_allocated_buffersEv");
#endif
std::unordered_set<Buffer*> allocated_buffers(Allocator* allocator) {
    const std::lock_guard guard(allocator->mutex);
    return allocator->buffers;
}
#endif
std::shared_ptr<MeshDevice> device_mesh(Device*) EXPORTED("_ZN2tt8tt_metal6Device15get_mesh_deviceEv");
std::shared_ptr<MeshDevice> device_mesh(Device*) {
    return newest_mesh;
}
std::vector<std::shared_ptr<MeshDevice>> submeshes(const MeshDevice*)
    EXPORTED("_ZNK2tt8tt_metal11distributed10MeshDevice13get_submeshesEv");
std::vector<std::shared_ptr<MeshDevice>> submeshes(const MeshDevice* mesh) {
    return mesh->submeshes;
}
bool mesh_initialized(const MeshDevice*) EXPORTED("_ZNK2tt8tt_metal11distributed10MeshDevice14is_initializedEv");
bool mesh_initialized(const MeshDevice* mesh) {
    return mesh->allocator != nullptr;
}
extern "C" Device* fake_find_device(void* manager, int id);
extern "C" Device* fake_find_device(void*, int id) {
    return open_device != nullptr && open_device->id == id ? open_device : nullptr;
}
#if FAKE_RELEASE == 65
extern void* device_pool EXPORTED_DATA("_ZN2tt10DevicePool5_instE");
void* device_pool = &device_pool;
Device* active_device(int id) EXPORTED(TTMEM_ACTIVE_DEVICE);
Device* active_device(int id) {
    return fake_find_device(device_pool, id);
}
#else
// The context, whose device manager the hooks find by the instruction that loads it.
extern "C" void* fake_context[64];
void* fake_context[64] = {};
bool context_exists(int)
    EXPORTED("_ZN2tt8tt_metal12MetalContext15instance_existsEN4ttsl10StrongTypeIiNS0_12ContextIdTagEEE");
bool context_exists(int) {
    return open_device != nullptr;
}
void* context_instance(int) EXPORTED(TTMEM_CONTEXT);
void* context_instance(int) {
    return fake_context;
}
__asm__(
    ".pushsection .text\n"
    ".globl " TTMEM_ACTIVE_DEVICE
    "\n"
    ".type " TTMEM_ACTIVE_DEVICE ", @function\n" TTMEM_ACTIVE_DEVICE
    ":\n"
    "mov %edi, %esi\n"
    "mov fake_context@GOTPCREL(%rip), %rax\n"
    "movq 0xf0(%rax), %rdi\n"
    "jmp fake_find_device@PLT\n"
    ".popsection\n");
#endif

// --- What the hooks stand in for -------------------------------------------------------------------------------------

uint64_t allocate_buffer(Allocator*, Buffer*) EXPORTED(ALLOCATOR_NAME(ALLOCATE_BUFFER));
uint64_t allocate_buffer(Allocator* allocator, Buffer* buffer) {
    if (size_per_bank(buffer) > kBankBytes) {
        throw std::runtime_error("Out of Memory: ... largest free block: " + std::to_string(kBankBytes) + " B");
    }
    const std::lock_guard guard(allocator->mutex);
    ++allocator->live;
    allocator->buffers.insert(buffer);
    return allocator->next += size_per_bank(buffer);
}
void deallocate_buffer(Allocator*, Buffer*) EXPORTED(ALLOCATOR_NAME(DEALLOCATE_BUFFER));
void deallocate_buffer(Allocator* allocator, Buffer* buffer) {
    const std::lock_guard guard(allocator->mutex);
    --allocator->live;
    allocator->buffers.erase(buffer);
}
void deallocate_buffers(Allocator*) EXPORTED(ALLOCATOR_NAME(DEALLOCATE_BUFFERS));
void deallocate_buffers(Allocator* allocator) {
    const std::lock_guard guard(allocator->mutex);
    allocator->live = 0;
    allocator->buffers.clear();
}
void allocator_clear(Allocator*) EXPORTED(ALLOCATOR_NAME(ALLOCATOR_CLEAR));
void allocator_clear(Allocator* allocator) {
    allocator->next = 0x1000;
}
void allocator_created(Allocator*, const AllocatorConfig*) EXPORTED(ALLOCATOR_NAME(ALLOCATOR_CREATED));
void allocator_created(Allocator* allocator, const AllocatorConfig*) {
    new (allocator) Allocator;
}
void allocator_gone(Allocator*) EXPORTED(ALLOCATOR_NAME(ALLOCATOR_GONE));
void allocator_gone(Allocator*) {}
#if FAKE_RELEASE != 65
void wrapper_deallocate_buffers(Allocator**) EXPORTED(TTMEM_065_DEALLOCATE_BUFFERS);
void wrapper_deallocate_buffers(Allocator** wrapper) {
    deallocate_buffers(*wrapper);
}
#endif
bool hook_allocate(GraphTracker*, const Buffer*) EXPORTED(TTMEM_HOOK_ALLOCATE);
bool hook_allocate(GraphTracker* tracker, const Buffer*) {
    return tracker->capturing;
}
void buffer_gone(Buffer*) EXPORTED(TTMEM_BUFFER_GONE);
void buffer_gone(Buffer* buffer) {
    if (buffer->owns && buffer->allocator->live > 0) {
        deallocate_buffer(buffer->allocator, buffer);
    }
}

namespace {

// The object's end is a call through the linkage table, as it is in the library.
struct EndBuffer {
    void operator()(Buffer* buffer) const {
        buffer_gone(buffer);
        delete buffer;
    }
};

std::shared_ptr<Buffer> new_buffer(Device* device, Allocator* allocator, uint64_t size, uint64_t page_size,
                                   int32_t type) {
    std::shared_ptr<Buffer> made(new Buffer(), EndBuffer{});
    made->device = device;
    made->size = size;
    made->page_size = page_size;
    made->allocator = allocator;
    made->unique_id = next_unique_id++;
    std::memcpy(reinterpret_cast<char*>(made.get()) + FAKE_TYPE_OFFSET, &type, sizeof type);
    return made;
}

}  // namespace

std::shared_ptr<Buffer> create_at(Device*, uint64_t, uint64_t, uint64_t, BufferType, const ShardingArgs*, Optional8,
                                  Optional8) EXPORTED(BUFFER_NAME(CREATE_AT));
std::shared_ptr<Buffer> create_at(Device* device, uint64_t address, uint64_t size, uint64_t page_size, BufferType type,
                                  const ShardingArgs* sharding, Optional8 bottom_up, Optional8 sub_device) {
    // The arguments after the sixth travel on the stack: the stand-in must hand them on.
    if (sharding != nullptr || bottom_up.has_value != 1 || bottom_up.value != 1 || sub_device.has_value != 0) {
        std::abort();
    }
    std::shared_ptr<Buffer> made = new_buffer(device, nullptr, size, page_size, type);
    made->address = address;
    return made;
}
std::shared_ptr<Buffer> part_of(Buffer* whole, const BufferRegion* region) {
    if (region->offset == 0 && region->size == whole->size) {
        return whole->shared_from_this();
    }
    std::shared_ptr<Buffer> made = new_buffer(whole->device, nullptr, region->size, whole->page_size, type_of(whole));
    made->address = whole->address + region->offset;
    return made;
}
#if FAKE_RELEASE < 79
std::shared_ptr<Buffer> view(Buffer*, const BufferRegion*) EXPORTED(TTMEM_078_VIEW);
std::shared_ptr<Buffer> view(Buffer* whole, const BufferRegion* region) {
    return part_of(whole, region);
}
std::shared_ptr<Buffer> view_of(Buffer* whole, const BufferRegion& region) {
    return view(whole, &region);
}
#else
// The implementation of this library's buffers begins where the object's own fields do.
BufferImpl* impl_of(Buffer* buffer) {
    return reinterpret_cast<BufferImpl*>(&buffer->device);
}
std::shared_ptr<Buffer> view(BufferImpl*, Buffer*, const BufferRegion*) EXPORTED(TTMEM_VIEW);
std::shared_ptr<Buffer> view(BufferImpl* impl, Buffer* whole, const BufferRegion* region) {
    if (impl != impl_of(whole)) {
        std::abort();
    }
    return part_of(whole, region);
}
std::shared_ptr<Buffer> view_of(Buffer* whole, const BufferRegion& region) {
    return view(impl_of(whole), whole, &region);
}
#endif
void mesh_handles(MeshBuffer*) EXPORTED(TTMEM_MESH_HANDLES);
void mesh_handles(MeshBuffer* mesh_buffer) {
    const Buffer* from = mesh_buffer->backing;
    auto* mesh = static_cast<MeshDevice*>(from->device);
    mesh_buffer->handle =
        create_at(mesh->chip, from->address, from->size, from->page_size, type_of(from), nullptr, {1, 1}, {0, 0});
}
#if FAKE_RELEASE == 65
bool mesh_opened(MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool) EXPORTED(TTMEM_065_MESH_OPENED);
bool mesh_opened(MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool) {
    return true;
}
#else
bool mesh_opened(void*, MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool) EXPORTED(TTMEM_MESH_OPENED);
bool mesh_opened(void*, MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool) {
    return true;
}
#endif

// --- The scenarios ---------------------------------------------------------------------------------------------------

namespace {

// Switches tracking on or off as a debugger or Python does: from a library that comes late (FAKE_HOOKS names it).
void switch_tracking(bool on) {
    void* hooks = dlopen(std::getenv("FAKE_HOOKS"), RTLD_NOW);
    if (hooks == nullptr) {
        std::printf("%s\n", dlerror());
        return;
    }
    char message[256] = "";
    auto* function =
        reinterpret_cast<int (*)(char*, size_t)>(dlsym(hooks, on ? "ttmem_hooks_enable" : "ttmem_hooks_disable"));
    const int result = function(message, sizeof message);
    std::printf("%d %s\n", result, message);
}

struct World {
    Device chip{device_vtable + 2, 5};
    MeshDevice mesh{};
    MeshDevice submesh{};
    alignas(Allocator) char submesh_memory[sizeof(Allocator)];
    alignas(Allocator) char allocator_memory[sizeof(Allocator)];
    Allocator* allocator = reinterpret_cast<Allocator*>(allocator_memory);

    void open() {
        AllocatorConfig config;
        allocator_created(allocator, &config);
        mesh.vtable = mesh_vtable + 2;
        mesh.id = 1;
        mesh.allocator = allocator;
        mesh.chip = &chip;
#if FAKE_RELEASE == 65
        mesh_opened(&mesh, 1, 0, 0, 0, {nullptr, 0}, false);
#else
        mesh_opened(nullptr, &mesh, 1, 0, 0, 0, {nullptr, 0}, false);
#endif
    }
    // Makes the objects that late enabling finds after an opening that no hook saw: a mesh, and a submesh with an
    // allocator of its own.
    void can_be_found() {
        const auto unowned = [](MeshDevice* one) { return std::shared_ptr<MeshDevice>(one, [](MeshDevice*) {}); };
        AllocatorConfig config;
        submesh.vtable = mesh_vtable + 2;
        submesh.id = 2;
        submesh.allocator = reinterpret_cast<Allocator*>(submesh_memory);
        submesh.chip = &chip;
        submesh.parent = unowned(&mesh);
        allocator_created(submesh.allocator, &config);
        mesh.submeshes.push_back(unowned(&submesh));
        newest_mesh = unowned(&submesh);
        open_device = &chip;
#if FAKE_RELEASE != 65
        fake_context[0xf0 / sizeof(void*)] = this;
#endif
    }
    void close() {
        deallocate_buffers(allocator);
        allocator_clear(allocator);
        allocator_gone(allocator);
    }
    std::shared_ptr<Buffer> allocate(uint64_t size) {
        return allocate_from(allocator, size);
    }
    std::shared_ptr<Buffer> allocate_from(Allocator* from, uint64_t size) {
        return allocate_pages(from, size, 1024, 0);
    }
    std::shared_ptr<Buffer> allocate_pages(Allocator* from, uint64_t size, uint64_t page_bytes, BufferType type) {
        std::shared_ptr<Buffer> made = new_buffer(&mesh, from, size, page_bytes, type);
        made->address = allocate_buffer(from, made.get());
        made->owns = true;
        return made;
    }
};

// Tracking goes on and off while threads allocate and free; in the end it is on and they hold what they hold.
void run_threads(World& world) {
    std::atomic<bool> stopping{false};
    std::vector<std::vector<std::shared_ptr<Buffer>>> held(3);
    std::vector<std::thread> threads;
    for (size_t number = 0; number < held.size(); ++number) {
        threads.emplace_back([&, number] {
            unsigned seed = static_cast<unsigned>(number);
            while (!stopping) {
                seed = seed * 1103515245 + 12345;
                if (held[number].size() < 2 || (held[number].size() < 50 && (seed >> 16) % 2 == 0)) {
                    held[number].push_back(world.allocate(1024));
                } else {
                    held[number].erase(held[number].begin() + (seed >> 8) % held[number].size());
                }
            }
        });
    }
    for (int i = 0; i < 15; ++i) {
        switch_tracking(true);
        switch_tracking(false);
    }
    switch_tracking(true);
    usleep(5000);
    stopping = true;
    size_t buffers = 0;
    for (size_t number = 0; number < held.size(); ++number) {
        threads[number].join();
        buffers += held[number].size();
    }
    std::printf("held %zu\n", buffers);
    std::puts("done");
    std::fflush(stdout);
    _exit(0);
}

void run(const std::string& scenario) {
    World world;
    world.open();
    if (scenario.rfind("late", 0) == 0) {
        world.can_be_found();
    }
    std::shared_ptr<Buffer> first = world.allocate(1024);
    std::shared_ptr<Buffer> second = world.allocate(13 * 1024);
    std::vector<std::shared_ptr<Buffer>> more;
    MeshBuffer mesh_buffer{second.get(), nullptr};
    if (scenario == "free") {
        first.reset();
    } else if (scenario == "close") {
        world.close();
    } else if (scenario == "reopen") {
        world.close();
        world.open();
        more.push_back(world.allocate(2048));
    } else if (scenario == "unseen-end") {
        AllocatorConfig config;
        allocator_created(world.allocator, &config);  // a new allocator where the old one was
    } else if (scenario == "out-of-memory") {
        try {
            more.push_back(world.allocate(kBanks * kBankBytes * 2));
        } catch (const std::runtime_error& error) {
            if (std::strncmp(error.what(), "Out of Memory", 13) != 0) {
                std::abort();
            }
        }
        if (more.size() != 0) {
            std::abort();
        }
    } else if (scenario == "callers") {
        static World& from = world;
        static auto& made = more;
        fake::call_by_names([] { return made.emplace_back(from.allocate(1024))->address; });
    } else if (scenario == "larger-than-region") {
        fake::refuse_by_regions(&world.mesh);
    } else if (scenario == "sub-device") {
        alignas(Allocator) static char memory[sizeof(Allocator)];
        auto* other = reinterpret_cast<Allocator*>(memory);
        AllocatorConfig config;
        allocator_created(other, &config);
        more.push_back(world.allocate_from(other, 1024));
    } else if (scenario == "small-pages") {
        more.push_back(world.allocate_pages(world.allocator, kBanks * 80, 80, 1));
    } else if (scenario == "handles") {
        mesh_handles(&mesh_buffer);
    } else if (scenario == "fixed") {
        more.push_back(create_at(&world.chip, second->address, 2048, 1024, 0, nullptr, {1, 1}, {0, 0}));
        more.push_back(create_at(&world.chip, 0x80000, 4096, 1024, 0, nullptr, {1, 1}, {0, 0}));
        more.push_back(view_of(second.get(), {1024, 1024}));
        for (int i = 0; i < 3; ++i) {
            more.push_back(
                view_of(second.get(), {0, second->size}));  // as each read of a tensor does: the buffer itself
        }
        more.push_back(create_at(&world.chip, 0x90000, 4096, 1024, 0, nullptr, {1, 1}, {0, 0}));
        more.pop_back();
    } else if (scenario == "hooked") {
        GraphTracker tracker{true};
        for (int i = 0; i < 3; ++i) {
            more.push_back(new_buffer(&world.mesh, world.allocator, 1024, 1024, 0));
            hook_allocate(&tracker, more.back().get());
        }
        more.pop_back();
        more.erase(more.begin());
    }
    if (scenario == "late") {
        more.push_back(world.allocate_from(world.submesh.allocator, 4096));
        switch_tracking(true);
        first.reset();
        more.push_back(world.allocate(2048));
        switch_tracking(true);
    } else if (scenario == "late-off") {
        switch_tracking(true);
        switch_tracking(false);
        first.reset();
        more.push_back(world.allocate(2048));
        switch_tracking(false);
    } else if (scenario == "late-again") {
        switch_tracking(true);
        first.reset();
        switch_tracking(false);
        more.push_back(world.allocate(2048));
        more.push_back(world.allocate(1024));
        more.pop_back();
        switch_tracking(true);
    } else if (scenario == "late-threads") {
        run_threads(world);
    } else if (scenario == "late-closed") {
        first.reset();
        second.reset();
        world.close();
        open_device = nullptr;
        switch_tracking(true);
    }
    std::puts("done");
    std::fflush(stdout);
    _exit(0);  // what is held now is what the ledger keeps
}

}  // namespace
}  // namespace ttmem::tt_metal

extern "C" __attribute__((visibility("default"))) void run_scenario(const char* scenario) {
    ttmem::tt_metal::run(scenario);
}
