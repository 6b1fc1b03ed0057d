// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Facts of the tensor that a buffer is made for: they pass by in the TensorSpec, and the buffers that the thread
// allocates meanwhile are its. How a tensor is distributed over a mesh passes by after its buffer was allocated, as the
// tensor is made of the buffer, and again where an operation finds it out of its inputs.
#include <memory>

#include "base/errno_keeper.hpp"
#include "client/contexts.hpp"
#include "tt_metal/objects/tensor_facts.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/release/symbols.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

namespace {

// The tensor whose memory the calling thread allocates while this lives.
class TensorScope {
public:
    explicit TensorScope(uint32_t tensor) noexcept : before_(client::thread_state.slot.tensor) {
        client::thread_state.slot.tensor = tensor;
    }
    ~TensorScope() { client::thread_state.slot.tensor = before_; }
    TensorScope(const TensorScope&) = delete;
    TensorScope& operator=(const TensorScope&) = delete;

private:
    const uint32_t before_;
};

// The tensors that the thread has allocated last: of others a topology is not recorded. A view, which has another
// topology than the tensor whose memory it shares, is recognised by its spec.
struct Recent {
    uint64_t generation;  // of the ledger
    uint64_t buffer;
    uint32_t tensor;  // its facts without a distribution
    uint32_t now;     // the facts that its buffer has in the ledger
};
constexpr uint32_t kRecent = 8;
struct RecentTensors {
    Recent tensors[kRecent];
    uint32_t next;
};
__attribute__((tls_model("initial-exec"))) thread_local constinit RecentTensors recent{};

bool is_followed() noexcept {
    return g_hot.any_mesh.load(std::memory_order_relaxed) && g_hot.mesh_backing != nullptr;
}

[[gnu::noinline]] void remember(const BufferFamily& family, const MeshBuffer* buffer, uint32_t tensor) noexcept {
    const Buffer* backing = buffer == nullptr ? nullptr : g_hot.mesh_backing(buffer);
    if (backing != nullptr) {
        recent.tensors[recent.next] = {client::Entry::generation(), family.id(backing), tensor, tensor};
        recent.next = (recent.next + 1) % kRecent;
    }
}

[[gnu::noinline]] void note_topology(const BufferFamily& family, const MeshBuffer* buffer, const TensorSpec* spec,
                                     const TensorTopology* topology) noexcept {
    const ErrnoKeeper keeper;
    const Buffer* backing = buffer == nullptr ? nullptr : g_hot.mesh_backing(buffer);
    Distribution distribution;
    if (backing == nullptr || !read_distribution(topology, distribution)) {
        return;
    }
    const uint64_t id = family.id(backing);
    for (Recent& one : recent.tensors) {
        if (one.buffer != id || one.generation != client::Entry::generation() || one.tensor == 0) {
            continue;
        }
        const uint32_t tensor = tensor_of(spec, nullptr) == one.tensor ? tensor_of(spec, &distribution) : 0;
        if (tensor != 0 && tensor != one.now) {
            one.now = tensor;
            client::set_tensor(id, tensor);
        }
    }
}

}  // namespace

std::shared_ptr<MeshBuffer> allocate_device_buffer(MeshDevice* device, const TensorSpec* spec) {
    const BufferFamily* family = tracking();
    const uint32_t tensor = family != nullptr ? tensor_of(spec, nullptr) : 0;
    const TensorScope scope(tensor);
    if (__builtin_expect(tensor == 0 || !is_followed(), 1)) {
        return g_hot.original.allocate_device_buffer(device, spec);
    }
    std::shared_ptr<MeshBuffer> made = g_hot.original.allocate_device_buffer(device, spec);
    remember(*family, made.get(), tensor);
    return made;
}

// The original moves its arguments into the tensor: they are read before.
void tensor_made(MeshTensor* made, std::shared_ptr<MeshBuffer>* buffer, const TensorSpec* spec,
                 const TensorTopology* topology) {
    const BufferFamily* family = tracking();
    if (family != nullptr && is_followed()) {
        note_topology(*family, buffer->get(), spec, topology);
    }
    g_hot.original.tensor_made(made, buffer, spec, topology);
}

void tensor_distributed(MeshTensor* tensor, const TensorTopology* topology) {
    const BufferFamily* family = tracking();
    const Api& api = symbols().api;
    if (family != nullptr && is_followed() && api.tensor_buffer != nullptr && api.tensor_spec != nullptr) {
        note_topology(*family, api.tensor_buffer(tensor), api.tensor_spec(tensor), topology);
    }
    g_hot.original.tensor_distributed(tensor, topology);
}

void tensor_distributed_072(MeshTensor* tensor, const TensorTopology* topology) {
    tensor_distributed(tensor, topology);
}

}  // namespace ttmem::tt_metal
