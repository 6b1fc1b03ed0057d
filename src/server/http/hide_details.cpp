// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "server/http/api_routes.hpp"

namespace ttmem::server {

void hide_details(api::Model& model, const Viewer& viewer) {
    std::vector<bool> hidden;
    for (api::Process& process : model.processes) {
        hidden.push_back(!viewer.sees_details_of(process.uid));
        if (hidden.back()) {
            process.command = process.name;
        }
    }
    const auto is_hidden = [&](const auto& row) { return hidden[row.process]; };
    for (api::Buffer& buffer : model.buffers) {
        if (is_hidden(buffer)) {
            buffer.region.reset();
            buffer.context.reset();
            buffer.tensor.reset();
            buffer.label.reset();
        }
    }
    for (api::Context& context : model.contexts) {
        if (is_hidden(context)) {
            context = {context.process, {}, {}, {}, false};
        }
    }
    for (api::Tensor& tensor : model.tensors) {
        if (is_hidden(tensor)) {
            api::Tensor nothing;
            nothing.process = tensor.process;
            tensor = std::move(nothing);
        }
    }
    for (api::Program& program : model.programs) {
        if (is_hidden(program)) {
            program.operation.clear();
            program.context.reset();
            for (api::Kernel& kernel : program.kernels) {
                kernel.name.clear();
            }
        }
    }
    for (api::Failure& failure : model.failures) {
        if (is_hidden(failure)) {
            failure.operation.clear();
            failure.context.reset();
            failure.program.clear();
            failure.exception.clear();
            failure.tensor.reset();
            for (api::HeldThen& held : failure.held) {
                held.context.reset();
            }
        }
    }
}

}  // namespace ttmem::server
