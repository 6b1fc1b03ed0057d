// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "views.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "analysis/fits.hpp"
#include "analysis/holders.hpp"
#include "analysis/why.hpp"
#include "inventory/picture_model.hpp"
#include "inventory/regions.hpp"
#include "inventory/saved_picture.hpp"
#include "loaded.hpp"
#include "output/fits_text.hpp"
#include "output/json.hpp"
#include "output/l1_picture.hpp"
#include "output/why_text.hpp"
#include "own.hpp"

namespace ttmem::python {
namespace {

namespace nb = nanobind;

// Absent where nothing was recorded yet.
std::optional<inventory::OwnLedger> own_ledger() {
    const Loaded* library = loaded();
    if (library == nullptr || library->generation() == 0) {
        return std::nullopt;
    }
    return inventory::OwnLedger{library->ledger_path(), [library](uint64_t offset, void* to, uint64_t bytes) {
                                    return static_cast<int64_t>(library->read_ledger(offset, to, bytes));
                                }};
}

std::shared_ptr<const api::Model> model_of(const inventory::Settings& settings, bool buffers) {
    inventory::Inventory inventory(settings);
    inventory::Request request;
    request.depth = buffers ? inventory::Depth::kBuffers : inventory::Depth::kSpace;
    return inventory.refresh(request);
}

std::string json_of(const inventory::Settings& settings, bool buffers) {
    const nb::gil_scoped_release released;
    return api::to_json_text(*model_of(settings, buffers), -1);
}

// JSON without a width.
std::string in_words(const inventory::Explanation& explanation, size_t width) {
    const api::Model& model = *explanation.model;
    if (width == 0) {
        return output::why_json(model, explanation.why)
            .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }
    std::string text;
    for (const monitor::Line& line : output::why_text(model, explanation.why, width)) {
        text += line.text() + "\n";
    }
    return text;
}

}  // namespace

inventory::Settings own_alone() {
    inventory::Settings settings;
    settings.telemetry = inventory::TelemetryUse::kOff;
    settings.own = own_ledger();
    settings.others = false;
    return settings;
}

std::shared_ptr<const api::Model> own_model(inventory::Depth depth) {
    const inventory::Settings settings = own_alone();
    const nb::gil_scoped_release released;
    inventory::Inventory inventory(settings);
    inventory::Request request;
    request.depth = depth;
    return inventory.refresh(request);
}

std::string own_json(bool buffers) {
    return json_of(own_alone(), buffers);
}

std::string own_why(size_t width) {
    const inventory::Settings settings = own_alone();
    const nb::gil_scoped_release released;
    inventory::Inventory inventory(settings);
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    return in_words(
        inventory::explain_latest(inventory.refresh(request), std::nullopt, settings.own ? &*settings.own : nullptr),
        width);
}

std::string own_peak(std::optional<api::MemoryKind> kind, size_t width) {
    const inventory::Settings settings = own_alone();
    std::string words;
    {
        const nb::gil_scoped_release released;
        inventory::Inventory inventory(settings);
        inventory::Request request;
        request.depth = inventory::Depth::kBuffers;
        request.programs = inventory::ProgramDepth::kPrograms;
        const std::shared_ptr<const api::Model> model = inventory.refresh(request);
        if (settings.own && !model->processes.empty()) {
            if (const auto peak = inventory::explain_peak(*model, 0, kind, &*settings.own)) {
                words = in_words(*peak, width);
            }
        }
    }
    if (words.empty()) {
        throw NotTracked("there is no picture of a peak" +
                         (kind ? " of " + std::string(api::to_string(*kind)) : std::string()) +
                         ": it is taken when memory is freed of which at least 1 MiB was held");
    }
    return words;
}

std::string saved_why(const std::string& path, size_t width) {
    const Result<inventory::Explanation> saved = inventory::explain_saved(path);
    if (!saved) {
        throw nb::value_error(saved.error().message.c_str());
    }
    return in_words(saved.value(), width);
}

std::string own_fits(int32_t device, const analysis::TensorWords& words) {
    const Result<analysis::TensorQuestion> question = analysis::question_of(words);
    if (!question) {
        throw nb::value_error(question.error().message.c_str());
    }
    const inventory::Settings settings = own_alone();
    std::string error;
    std::string json;
    {
        const nb::gil_scoped_release released;
        api::Model model = *model_of(settings, true);
        const auto found = std::find_if(model.devices.begin(), model.devices.end(),
                                        [&](const api::Device& each) { return each.id == device; });
        Result<std::vector<analysis::Fit>> fits =
            found == model.devices.end()
                ? std::vector<analysis::Fit>()
                : analysis::fits(model, api::DeviceIndex(found - model.devices.begin()), question.value());
        if (!fits) {
            error = fits.error().message;
        } else if (fits.value().empty()) {
            error = "this process has no such memory of the device open";
        } else {
            json = output::fits_json(model, question.value(), fits.value(), false)
                       .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        }
    }
    if (!error.empty()) {
        throw nb::value_error(error.c_str());
    }
    return json;
}

std::string machine_json(bool buffers, bool telemetry) {
    inventory::Settings settings;
    settings.telemetry = telemetry ? inventory::TelemetryUse::kOnce : inventory::TelemetryUse::kOff;
    settings.own = own_ledger();
    return json_of(settings, buffers);
}

std::string own_groups(const std::string& by, int32_t device) {
    const std::optional<inventory::GroupBy> group = inventory::group_by(by);
    if (!group) {
        throw nb::value_error(
            (std::string("buffers are grouped by ") + inventory::kGroupWords + ", not '" + by + "'").c_str());
    }
    const inventory::Settings settings = own_alone();
    const nb::gil_scoped_release released;
    const std::shared_ptr<const api::Model> model = model_of(settings, true);
    std::optional<api::DeviceIndex> place;
    for (api::DeviceIndex i{0}; device >= 0 && i < model->devices.size(); ++i) {
        if (model->devices[i].id == device) {
            place = i;
        }
    }
    if (device >= 0 && !place) {
        return "[]";
    }
    return inventory::holders_json(inventory::holders(*model, *group, place), *model)
        .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

nb::list own_places() {
    const inventory::Settings settings = own_alone();
    std::shared_ptr<const api::Model> model;
    {
        const nb::gil_scoped_release released;
        model = model_of(settings, true);
    }
    nb::list places;
    for (const api::Buffer& buffer : model->buffers) {
        const std::string_view kind = buffer.view_of ? api::to_string(*buffer.view_of) : api::to_string(buffer.kind);
        nb::list devices;
        for (const api::DeviceIndex device : buffer.devices) {
            if (model->devices[device].id) {
                devices.append(*model->devices[device].id);
            }
        }
        places.append(nb::make_tuple(buffer.id, nb::str(kind.data(), kind.size()), buffer.address, devices));
    }
    return places;
}

std::optional<uint64_t> listed_bytes(int32_t device, api::MemoryKind kind) {
    const inventory::Settings settings = own_alone();
    const nb::gil_scoped_release released;
    const std::shared_ptr<const api::Model> model = model_of(settings, true);  // held: the loop alone would not
    for (const api::Device& row : model->devices) {
        if (row.id == device) {
            return row.memory[kind].allocated_bytes;
        }
    }
    return 0;
}

nb::list own_regions(const std::vector<uint32_t>& contexts) {
    const auto own = own_ledger();
    std::vector<std::string> regions(contexts.size());
    if (own) {
        const nb::gil_scoped_release released;
        regions = inventory::own_regions(*own, contexts);
    }
    nb::list all;
    for (const std::string& region : regions) {
        PyObject* const text = PyUnicode_DecodeUTF8(region.data(), static_cast<Py_ssize_t>(region.size()), "replace");
        if (text == nullptr) {
            throw nb::python_error();
        }
        const nb::object named = nb::steal(text);
        all.append(region.empty() ? nb::none() : named);
    }
    return all;
}

OwnEvents::OwnEvents() {
    take();
}

nb::tuple OwnEvents::take() {
    if (events_ == nullptr) {
        const auto own = own_ledger();
        if (!own) {
            return nb::make_tuple(nb::list(), 0);  // the first event is still to come, and will be seen
        }
        events_ = std::make_unique<inventory::OwnEvents>(*own);
    }
    inventory::OwnEventBatch batch;
    {
        const nb::gil_scoped_release released;
        batch = events_->take();
    }
    nb::list events;
    for (const inventory::OwnEvent& event : batch.events) {
        nb::list devices;
        for (const int32_t device : event.devices) {
            devices.append(device);
        }
        const std::string_view type = api::to_string(event.type);
        nb::object kind = nb::none();
        if (event.kind) {
            const std::string_view name = api::to_string(*event.kind);
            kind = nb::str(name.data(), name.size());
        }
        events.append(
            nb::make_tuple(nb::str(type.data(), type.size()), kind, event.id, event.bytes, event.context, devices));
    }
    return nb::make_tuple(events, batch.missed);
}

}  // namespace ttmem::python
