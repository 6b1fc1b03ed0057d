// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Names for memory that no ttnn operation allocates (name_scope.hpp): global semaphores, global circular buffers and
// sockets between meshes and with the host.
#include "tt_metal/hooks/name_scope.hpp"
#include "tt_metal/release/stand_ins.hpp"

namespace ttmem::tt_metal {
namespace {

const SystemName kSemaphore("global semaphore");
const SystemName kCircularBuffer("global circular buffer");
const SystemName kSocket("socket");

}  // namespace

void semaphore_buffer(GlobalSemaphore* semaphore, std::optional<uint32_t> value, BufferType type,
                      std::optional<uint64_t> address) {
    const NameScope scope(kSemaphore);
    originals().semaphore_buffer(semaphore, value, type, address);
}

void global_buffers(GlobalCircularBuffer* buffer, BufferType type, uint32_t most_receivers) {
    const NameScope scope(kCircularBuffer);
    originals().global_buffers(buffer, type, most_receivers);
}

void global_buffers_078(GlobalCircularBuffer* buffer, BufferType type, uint32_t most_receivers) {
    global_buffers(buffer, type, most_receivers);
}

void mesh_socket(MeshSocket* socket, const std::shared_ptr<MeshDevice>* mesh, const SocketConfig* config) {
    const NameScope scope(kSocket);
    originals().mesh_socket(socket, mesh, config);
}

void device_to_host(MeshSocket* socket, const std::shared_ptr<MeshDevice>* mesh, const MeshCore* core, uint32_t bytes,
                    int32_t processes) {
    const NameScope scope(kSocket);
    originals().device_to_host(socket, mesh, core, bytes, processes);
}

void host_to_device(MeshSocket* socket, const std::shared_ptr<MeshDevice>* mesh, const MeshCore* core, BufferType type,
                    uint32_t bytes, int32_t mode) {
    const NameScope scope(kSocket);
    originals().host_to_device(socket, mesh, core, type, bytes, mode);
}

}  // namespace ttmem::tt_metal
