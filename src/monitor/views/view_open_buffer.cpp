// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 4 with one buffer open: what it is, where it lies, since when, and the whole stack that it came from.
#include <algorithm>
#include <string>

#include "analysis/holder_name.hpp"
#include "model/device_names.hpp"
#include "monitor/data/buffer_list.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/widgets.hpp"
#include "output/lines.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

constexpr size_t kNameWidth = 12;

void add(Lines& lines, const std::string& name, const std::string& value) {
    lines.emplace_back("  " + fit_left(name, kNameWidth) + " " + (value.empty() ? kUnknown : printable(value)));
}

std::string shape(const std::vector<uint32_t>& sizes) {
    std::string text;
    for (const uint32_t size : sizes) {
        text += (text.empty() ? "" : "x") + std::to_string(size);
    }
    return text;
}

// "2x4: replicated, sharded along dimension 3", a part for each dimension of the distribution.
std::string distribution(const api::Tensor& tensor) {
    std::string text = shape(tensor.distribution_shape) + ":";
    for (size_t i = 0; i < tensor.divided.size(); ++i) {
        const int32_t dimension = tensor.divided[i];
        text += i == 0 ? " " : ", ";
        text += dimension == api::Tensor::kReplicated ? "replicated"
                                                      : "sharded along dimension " + std::to_string(dimension);
    }
    return text;
}

void add_tensor(Lines& lines, const inventory::BufferDetail& of) {
    add(lines, "label", of.buffer.label.value_or(""));
    if (!of.tensor) {
        add(lines, "tensor", "");
        return;
    }
    const api::Tensor& tensor = *of.tensor;
    inventory::BufferFacts facts;
    facts.tensor = &tensor;
    add(lines, "tensor", inventory::tensor_text(facts));
    if (!tensor.padded_shape.empty() && tensor.padded_shape != tensor.shape) {
        add(lines, "padded to", shape(tensor.padded_shape));
    }
    if (!tensor.shard_shape.empty()) {
        const std::string_view order = tensor.shard_orientation == "col_major" ? ", cores column by column" : "";
        add(lines, "shard", shape(tensor.shard_shape) + std::string(order));
    }
    if (!tensor.distribution_shape.empty()) {
        add(lines, "on the mesh", distribution(tensor));
    }
}

std::string flags_of(const api::Buffer& buffer) {
    std::string text;
    text += buffer.kernel_binaries ? ", kernels of a program" : "";
    text += buffer.program_cache ? ", kept by the program cache" : "";
    text += buffer.while_traced ? ", made while a trace was alive" : "";
    return text;
}

void add_place(Lines& lines, const Scene& scene, const api::Buffer& buffer) {
    const std::string on_banks = buffer.banks > 0 ? " in each of " + std::to_string(buffer.banks) + " banks" : "";
    add(lines, "kind", std::string(to_string(buffer.kind)) + flags_of(buffer));
    add(lines, "devices", api::DeviceNames(*scene.model).labels(buffer.devices, kUnknown));
    add(lines, "allocated",
        exact_bytes(buffer.allocated_bytes) + " on each device, " + exact_bytes(buffer.bytes_per_bank) +
            (buffer.cores ? " on each core" : on_banks));
    add(lines, "requested",
        exact_bytes(buffer.requested_bytes) +
            (buffer.page_bytes ? ", in pages of " + std::to_string(*buffer.page_bytes) + " bytes" : "") +
            (buffer.layout.empty() ? "" : ", " + std::string(buffer.layout)));
    add(lines, "padding", exact_bytes(buffer.padding_bytes()));
    add(lines, "waste",
        exact_bytes(buffer.lockstep_waste_bytes()) + (buffer.used_banks
                                                          ? ": " + std::to_string(*buffer.used_banks) + " of " +
                                                                std::to_string(buffer.banks) + " banks hold bytes of it"
                                                          : ""));
    if (buffer.addresses.empty()) {
        add(lines, "address",
            hex_text(buffer.address) + " to " + hex_text(buffer.address + buffer.bytes_per_bank) +
                (buffer.cores ? "" : on_banks));
    }
    for (const api::CoreRange& range : buffer.cores.value_or(api::CoreSet())) {
        const std::string start = std::to_string(range.start.x) + "," + std::to_string(range.start.y);
        const std::string end = std::to_string(range.end.x) + "," + std::to_string(range.end.y);
        add(lines, "cores", start == end ? start : start + " to " + end);
    }
    for (const api::AddressOnCore& on : buffer.addresses) {
        add(lines, "core " + std::to_string(on.core.x) + "," + std::to_string(on.core.y),
            hex_text(on.address) + " to " + hex_text(on.address + buffer.bytes_per_bank));
    }
}

void add_origin(Lines& lines, const Scene& scene, const inventory::BufferDetail& of) {
    inventory::BufferFacts facts;
    facts.region = of.buffer.region ? std::string_view(*of.buffer.region) : std::string_view();
    facts.context = of.context ? &*of.context : nullptr;
    const inventory::Maker maker = inventory::maker_of(facts);
    add(lines, "operation", maker.operation.value_or(""));
    add(lines, "scope", maker.scope.value_or(""));
    const uint64_t at = of.buffer.allocated_at_ns;
    add(lines, "created", at == 0 ? "" : local_time(at) + ", " + age_text(scene.model->time_ns, at) + " ago");
    add(lines, "thread", of.buffer.thread == 0 ? "" : std::to_string(of.buffer.thread));
    lines.emplace_back();
    if (!of.context || of.context->stack.empty()) {
        lines.emplace_back("  stack: not known", Style::kDim);
        return;
    }
    lines.emplace_back("  STACK, the innermost call first", Style::kHeading);
    for (const api::Frame& frame : of.context->stack) {
        const std::string line = frame.line == 0 ? "" : ":" + std::to_string(frame.line);  // C++ frames have none
        lines.emplace_back("  " + printable(frame.file) + line + "  " + printable(frame.function) +
                           (frame.operation.empty() ? "" : "  [" + printable(frame.operation) + "]"));
    }
    if (of.context->cut) {
        lines.emplace_back("  and more callers, beyond TT_ALLOC_STACK_FRAMES", Style::kDim);
    }
}

Lines lines_of(const Scene& scene, const inventory::BufferDetail& of) {
    Lines lines;
    add_tensor(lines, of);
    add_place(lines, scene, of.buffer);
    add_origin(lines, scene, of);
    return lines;
}

}  // namespace

void draw_open_buffer(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const State& state = *scene.state;
    canvas.put_cut(0, 0,
                   "Buffer " + std::to_string(state.open_buffer->id) + " of process " +
                       std::to_string(state.open_buffer->process.pid) + "   (Esc: the list)",
                   canvas.width(), Style::kTitle);
    const Canvas area = canvas.rows(1, canvas.height() - 1);
    const std::optional<inventory::BufferDetail> of = scene.buffers->open();
    if (!of) {
        area.put(0, 2, "it is gone", Style::kDim);
        return;
    }
    const Lines lines = lines_of(scene, *of);
    const size_t page = area.height();
    const size_t first = std::min(state.buffer_line, lines.size() - std::min(lines.size(), page));
    const Canvas text = area.part(0, 0, page, area.width() - (lines.size() > page ? 2 : 0));
    for (size_t i = first; i < std::min(lines.size(), first + page); ++i) {
        // Scrolled sideways, and cut at the edge.
        const std::string line = lines[i].text();
        const Style style = lines[i].spans.empty() ? Style::kPlain : lines[i].spans.front().style;
        text.put_cut(i - first, 0, shifted(line, state.own().shift), text.width(), style);
    }
    end_text(area, first, page, lines.size(), frame);
}

}  // namespace ttmem::monitor
