// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/l1_stream.hpp"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "analysis/l1_analysis.hpp"
#include "output/json_row.hpp"
#include "output/json_values.hpp"
#include "output/l1_json.hpp"
#include "output/l1_picture.hpp"

namespace ttmem::output {
namespace {

using api::Json;

constexpr std::array kStretchKeys = {"address", "bytes", "type", "region", "kind", "source", "buffer", "more_buffers"};
constexpr std::array kBufferKeys = {"pid", "id", "address", "bytes_per_bank"};

// Puts the parts of pictures, as members of an object in `depth` others. Their values have `row_indent`.
class PictureText {
public:
    PictureText(const api::Model& model, const L1Text& what, int depth, int row_indent)
        : model_(model),
          what_(what),
          depth_(depth),
          row_indent_(row_indent),
          stretches_(kStretchKeys, row_indent, depth + 3),
          buffers_(kBufferKeys, row_indent, depth + 4) {
        for (const api::Process& process : model.processes) {
            pids_.push_back(json_text_at(api::or_null(process.pid), -1, 0));
        }
    }

    std::string members(const Json& object) const {
        if (row_indent_ == what_.indent) {
            return json_members_at(object, what_.indent, depth_);
        }
        std::string text;
        for (const auto& [key, value] : object.items()) {
            text += (text.empty() ? "" : ",") + json_line(what_.indent, depth_ + 1) + json_key(key, what_.indent) +
                    json_text_at(value, row_indent_, 0);
        }
        return text;
    }

    // The members between the device and its circular buffers; second_of(): those between these and failures.
    std::string first_of(inventory::L1Analysis& l1) const {
        std::string text = members(inventory::l1_cores(l1)) + ",";
        {
            TextRoom to([&](std::string_view piece) {
                text += piece;
                return true;
            });
            // Straight from the model: a layout is as long as the list of buffers, and is not kept beside its text.
            put_layout("l1", inventory::l1_layout(model_, l1.device(), what_.core), to);
            put_layout("dram", inventory::dram_layout(model_, l1.device()), to);
        }
        return text + members(inventory::l1_gauge(l1, what_.core));
    }
    std::string second_of(inventory::L1Analysis& l1) const { return members(inventory::l1_programs(l1)); }

private:
    void put_layout(std::string_view key, const std::optional<api::Layout>& layout, TextRoom& to) const {
        to.put(json_line(what_.indent, depth_ + 1));
        to.put(json_key(key, what_.indent));
        if (!layout) {
            to.put("null,");
            return;
        }
        Json sums = api::sums_json(layout->sums, layout->physical_bytes);
        sums["core"] = layout->core ? Json{layout->core->x, layout->core->y} : Json(nullptr);
        sums["in_bank"] = layout->in_bank;
        to.put("{");
        to.put(json_members_at(sums, what_.indent, depth_ + 1));
        to.put(",");
        to.put(json_line(what_.indent, depth_ + 2));
        to.put(json_key("stretches", what_.indent));
        RowList rows(what_.indent, depth_ + 2, to);
        for (const api::Stretch& stretch : layout->stretches) {
            rows.next();
            put_stretch(stretch, to);
        }
        rows.end();
        to.put(json_line(what_.indent, depth_ + 1));
        to.put("},");
    }

    void put_stretch(const api::Stretch& stretch, TextRoom& to) const {
        const bool region = stretch.type == api::StretchType::kRegion;
        const bool of_bank = stretch.type == api::StretchType::kFree || stretch.type == api::StretchType::kBuffer;
        Row row(stretches_, to);
        row.number(stretch.address);
        row.number(stretch.bytes);
        row.text(to_string(stretch.type));
        row.text_or_null(region ? to_string(stretch.region) : "");
        row.text_or_null(of_bank ? to_string(stretch.kind) : "");
        row.text_or_null(stretch.source);
        if (stretch.buffer) {
            const api::Buffer& buffer = model_.buffers[*stretch.buffer];
            row.key();
            Row inner(buffers_, to);
            inner.json(pids_[buffer.process]);
            inner.number(buffer.id);
            inner.number(buffer.address);
            inner.number(buffer.bytes_per_bank);
            inner.end();
        } else {
            row.json("null");
        }
        row.number(stretch.more_buffers);
        row.end();
    }

    const api::Model& model_;
    const L1Text& what_;
    int depth_;
    int row_indent_;
    RowFormat stretches_;
    RowFormat buffers_;
    std::vector<std::string> pids_;
};

// The texts that devices with equal content share.
struct SharedText {
    std::string first;
    std::string second;
};

void put_devices(const api::Model& model, const L1Text& what, const std::vector<api::DeviceIndex>& first_alike,
                 TextRoom& to) {
    const PictureText text(model, what, 2, what.indent);
    std::map<size_t, SharedText> shared;
    RowList rows(what.indent, 1, to);
    for (const api::DeviceIndex device : what.devices) {
        const auto [place, is_new] = shared.try_emplace(first_alike[device]);
        if (is_new) {
            inventory::L1Analysis l1(model, device);
            place->second = {text.first_of(l1), text.second_of(l1)};
        }
        rows.next();
        to.put("{");
        to.put(text.members(inventory::l1_device(model, device)));
        to.put(",");
        to.put(place->second.first);
        to.put(",");
        to.put(text.members(inventory::l1_circular_buffers(model, device)));
        to.put(",");
        to.put(place->second.second);
        to.put(",");
        to.put(text.members(inventory::l1_failures(model, device)));
        to.put(json_line(what.indent, 2));
        to.put("}");
    }
    rows.end();
}

// Each picture once; the number of each device's own.
std::map<size_t, size_t> put_pictures(const api::Model& model, const L1Text& what,
                                      const std::vector<api::DeviceIndex>& first_alike, TextRoom& to) {
    const PictureText text(model, what, 2, -1);
    std::map<size_t, size_t> numbers;
    RowList rows(what.indent, 1, to);
    for (const api::DeviceIndex device : what.devices) {
        if (!numbers.try_emplace(first_alike[device], numbers.size()).second) {
            continue;
        }
        inventory::L1Analysis l1(model, device);
        rows.next();
        to.put("{");
        to.put(text.first_of(l1));
        to.put(",");
        to.put(text.second_of(l1));
        to.put(json_line(what.indent, 2));
        to.put("}");
    }
    rows.end();
    return numbers;
}

void put_named_devices(const api::Model& model, const L1Text& what, const std::vector<api::DeviceIndex>& first_alike,
                       const std::map<size_t, size_t>& numbers, TextRoom& to) {
    RowList rows(what.indent, 1, to);
    for (const api::DeviceIndex device : what.devices) {
        Json own = inventory::l1_device(model, device);
        own["picture"] = numbers.at(first_alike[device]);
        own.update(inventory::l1_circular_buffers(model, device));
        own.update(inventory::l1_failures(model, device));
        rows.next();
        to.put(json_text_at(own, what.indent, 2));
    }
    rows.end();
}

}  // namespace

bool write_l1(const api::Model& model, const L1Text& what, const TextSink& sink) {
    const std::vector<api::DeviceIndex> first_alike = inventory::alike_devices(model);
    TextRoom to(sink);
    to.put("{");
    to.put(json_members_at(Json{{"schema", what.schema}, {"time_ns", model.time_ns}}, what.indent, 0));
    const auto put_key = [&](std::string_view key) {
        to.put(",");
        to.put(json_line(what.indent, 1));
        to.put(json_key(key, what.indent));
    };
    if (what.schema == 1) {
        put_key("devices");
        put_devices(model, what, first_alike, to);
    } else {
        put_key("pictures");
        const std::map<size_t, size_t> numbers = put_pictures(model, what, first_alike, to);
        put_key("devices");
        put_named_devices(model, what, first_alike, numbers, to);
    }
    to.put(",");
    to.put(json_members_at(Json{{"notices", model.notices}}, what.indent, 0));
    to.put(json_line(what.indent, 0));
    to.put("}");
    return to.flush();
}

}  // namespace ttmem::output
