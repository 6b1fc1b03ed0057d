// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A model that a server read (Settings::served), with its buffers as rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "inventory/buffer_row.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

class ServedModel {
public:
    // The model that counts from now on, nullptr for none; `rows`: its buffers can be asked for as rows.
    void take(std::shared_ptr<const api::Model> model, bool rows);

    const std::shared_ptr<const api::Model>& model() const { return model_; }
    size_t row_count(api::ProcessIndex process) const;
    std::optional<BufferRow> row(api::ProcessIndex process, size_t number) const;
    std::vector<api::DeviceIndex> row_devices(api::ProcessIndex process, size_t number) const;
    std::optional<BufferDetail> detail(api::ProcessIndex process, size_t number) const;
    void each_buffer(api::ProcessIndex process, const BufferTaker& take) const;
    uint64_t rows_version() const { return version_; }

private:
    const api::Buffer* find(api::ProcessIndex process, size_t number) const;

    std::shared_ptr<const api::Model> model_;
    std::vector<size_t> first_;  // where in its buffers each process's begin, and their end
    uint64_t version_ = 0;
};

}  // namespace ttmem::inventory
