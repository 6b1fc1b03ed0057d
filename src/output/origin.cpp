// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/origin.hpp"

#include "base/ttnn_files.hpp"
#include "output/text.hpp"

namespace ttmem::output {

namespace {

std::string place_of(const api::Context& context) {
    for (const api::Frame& frame : context.stack) {
        if (frame.line != 0 && is_program_file(frame.file)) {
            return std::string(monitor::short_path(frame.file)) + ":" + std::to_string(frame.line);
        }
    }
    return "";
}

}  // namespace

std::string origin_text(const api::Model& model, std::optional<api::ContextIndex> context,
                        const std::optional<std::string>& region) {
    if (!context || *context >= model.contexts.size()) {
        return region.value_or("");
    }
    const api::Context& from = model.contexts[*context];
    // A region that is not the scope alone is scope and operation, with lines where the process names its contexts.
    const bool is_whole = region && *region != from.scope && !region->empty();
    std::string text = is_whole ? *region : from.scope;
    // The scope may say so already, as earlier Python packages named operations on request.
    if (!is_whole && !from.operation.empty() && from.scope.find(from.operation) == std::string::npos) {
        text += (text.empty() ? "" : "/") + from.operation;
    }
    const std::string place = place_of(from);
    if (place.empty() || text.ends_with(')')) {
        return text;
    }
    return text.empty() ? place : text + " (" + place + ")";
}

std::string origin_text(const api::Model& model, const api::Buffer& buffer) {
    const std::string origin = origin_text(model, buffer.context, buffer.region);
    return buffer.label ? *buffer.label + (origin.empty() ? "" : ", " + origin) : origin;
}

}  // namespace ttmem::output
