// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/served_model.hpp"

#include <utility>

namespace ttmem::inventory {

void ServedModel::take(std::shared_ptr<const api::Model> model, bool rows) {
    model_ = std::move(model);
    first_.clear();
    if (model_ == nullptr || !rows) {
        return;
    }
    size_t row = 0;
    for (api::ProcessIndex process{0}; process <= model_->processes.size(); ++process) {
        while (row < model_->buffers.size() && model_->buffers[row].process < process) {
            ++row;
        }
        first_.push_back(row);
    }
    ++version_;
}

size_t ServedModel::row_count(api::ProcessIndex process) const {
    return process + 1 < first_.size() ? first_[process + 1] - first_[process] : 0;
}

const api::Buffer* ServedModel::find(api::ProcessIndex process, size_t number) const {
    return number < row_count(process) ? &model_->buffers[first_[process] + number] : nullptr;
}

std::optional<BufferRow> ServedModel::row(api::ProcessIndex process, size_t number) const {
    const api::Buffer* buffer = find(process, number);
    return buffer == nullptr ? std::nullopt : std::optional(row_of(*model_, *buffer));
}

std::vector<api::DeviceIndex> ServedModel::row_devices(api::ProcessIndex process, size_t number) const {
    const api::Buffer* buffer = find(process, number);
    return buffer == nullptr ? std::vector<api::DeviceIndex>() : buffer->devices;
}

void ServedModel::each_buffer(api::ProcessIndex process, const BufferTaker& take) const {
    for (size_t i = 0; i < row_count(process); ++i) {
        const api::Buffer& buffer = *find(process, i);
        take(buffer, buffer.context ? &model_->contexts[*buffer.context] : nullptr,
             buffer.tensor ? &model_->tensors[*buffer.tensor] : nullptr);
    }
}

std::optional<BufferDetail> ServedModel::detail(api::ProcessIndex process, size_t number) const {
    const api::Buffer* buffer = find(process, number);
    return buffer == nullptr ? std::nullopt : std::optional(detail_of(*model_, *buffer));
}

}  // namespace ttmem::inventory
