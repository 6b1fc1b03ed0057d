// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A view of one live buffer in its snapshot, without a copy: for lists so long that copies would cost too much
// (api::Buffer takes some 300 bytes, a row that stays with the inventory 90).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/holder_name.hpp"
#include "ledger/read/snapshot.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// Texts live until the next refresh.
struct BufferRow {
    api::ProcessIndex process;  // index into Model::processes
    uint64_t id = 0;
    uint64_t address = 0;
    uint64_t requested_bytes = 0;  // on each of its devices, as the following
    uint64_t allocated_bytes = 0;  // 0 of views and hooked ones, which take none
    uint64_t bytes_per_bank = 0;
    uint32_t banks = 0;
    api::BufferKind kind = api::BufferKind::kDram;
    std::string_view layout;  // empty unknown
    uint64_t allocated_at_ns = 0;
    api::Bytes lockstep_waste_bytes;  // of allocated_bytes, in banks that hold nothing of it; absent unknown
    // Origin of the buffer, for holder_name(). The texts belong to the inventory's lists.
    std::string_view region;                // empty: none
    std::string_view label;                 // empty: none
    const api::Context* context = nullptr;  // null: not known
    const api::Tensor* tensor = nullptr;    // null: not known
    uint32_t page_bytes = 0;                // 0 unknown

    BufferFacts facts() const;
};

BufferRow row_of(const api::Model& model, const api::Buffer& buffer);

// All of one live buffer. Copies: they live on.
struct BufferDetail {
    api::Buffer buffer;  // `context` and `tensor` are absent
    std::optional<api::Context> context;
    std::optional<api::Tensor> tensor;
};
BufferDetail detail_of(const api::Model& model, const api::Buffer& buffer);

// Takes one live buffer of a list. All are valid during the call alone; the context and the tensor are null when they
// are not known, and stand in for Buffer::context and Buffer::tensor, which are absent.
using BufferTaker = std::function<void(const api::Buffer&, const api::Context*, const api::Tensor*)>;

struct TrackedLedger;

// The rows of a ledger's list that are buffers (circular buffers and kernels of the six reports are none), by id.
std::vector<uint32_t> buffers_by_id(const TrackedLedger& ledger);

// Where circular buffers of loaded programs lie in buffers, by allocator and address (Buffer::program_cache).
std::set<std::pair<uint32_t, uint64_t>> small_buffers_of_programs(const ledger::Snapshot& snapshot);

// All buffers of a ledger's list, by id.
void each_buffer(const TrackedLedger& ledger, api::ProcessIndex process, const std::vector<api::DeviceIndex>& places,
                 const BufferTaker& take);

// Row `number` of a ledger's list, and the devices it is on. Nothing without a ledger, without such a row, or when it
// is no buffer. `places`: index into Model::devices, by index in the ledger.
std::optional<BufferRow> row_of(const TrackedLedger* ledger, api::ProcessIndex process, size_t number);
std::optional<BufferDetail> detail_of(const TrackedLedger& ledger, api::ProcessIndex process, size_t number,
                                      const std::vector<api::DeviceIndex>& places);
// A row that is a buffer, as the model lists it but for its allocator, context, tensor and program cache.
api::Buffer buffer_of(const TrackedLedger& ledger, api::ProcessIndex process, size_t number,
                      const std::vector<api::DeviceIndex>& places);
// Fills in a buffer from a row that need not be in the ledger's list. `buffer` may have held another one before.
void fill_buffer(const TrackedLedger& ledger, const ledger::Buffer& row, api::BufferKind kind,
                 api::ProcessIndex process, const std::vector<api::DeviceIndex>& places, api::Buffer& buffer);
class ModelContexts;
// Appends the ledger's buffers to a model, by id. `first_allocator`: what add_allocators() gave.
void add_buffers(api::Model& model, api::ProcessIndex process, const TrackedLedger& ledger,
                 const std::vector<api::DeviceIndex>& places, api::AllocatorIndex first_allocator,
                 ModelContexts& contexts);
std::vector<api::DeviceIndex> row_devices_of(const TrackedLedger* ledger, const std::vector<api::DeviceIndex>& places,
                                             size_t number);

}  // namespace ttmem::inventory
