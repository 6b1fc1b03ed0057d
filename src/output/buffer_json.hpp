// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of the list of buffers straight into text, character by character what to_json(buffer, model) gives as text:
// for lists that are too long for a tree of their values. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/model.hpp"
#include "output/json_row.hpp"

namespace ttmem::api {

class BufferJson {
public:
    // `model` is there as long as this. `depth`: objects and arrays around a row.
    BufferJson(const Model& model, int indent, int depth);

    // `context` and `tensor` stand in for those that the buffer names, and are there as long as this; null: not known.
    void put(const Buffer& buffer, const Context* context, const Tensor* tensor, output::TextRoom& to);
    // With the context and tensor that the buffer names in the model.
    void put(const Buffer& buffer, output::TextRoom& to);

private:
    struct ContextText {
        std::string scope;
        std::string operation;
        std::string stack;
    };
    const ContextText& text_of(const Context* context);
    const std::string& text_of(const Tensor* tensor);
    void note_devices(const std::vector<DeviceIndex>& devices);

    const Model& model_;
    int indent_;
    int depth_;
    output::RowFormat format_;
    std::vector<std::string> pids_;     // by process
    std::vector<DeviceIndex> devices_;  // of the row before, and their texts
    std::string ids_text_;
    std::string indexes_text_;
    std::unordered_map<const Context*, ContextText> contexts_;
    std::unordered_map<const Tensor*, std::string> tensors_;
};

}  // namespace ttmem::api
