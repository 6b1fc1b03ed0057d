// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/fits.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/tensor_words.hpp"
#include "ask_server.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "dry_run/boards.hpp"
#include "inventory/inventory.hpp"
#include "model/device_names.hpp"
#include "output/fits_text.hpp"
#include "output/text.hpp"
#include "output/write_text.hpp"
#include "output_width.hpp"
#include "shared_options.hpp"

namespace ttmem {
namespace {

using analysis::Fit;

constexpr int kExitNotKnown = 3;

struct FitsOptions {
    analysis::TensorWords tensor;
    std::string device;
    std::string board;
    bool json = false;
    std::optional<size_t> width;
};

int complain(const std::string& what, int code) {
    std::fprintf(stderr, "ttmem fits: %s\n", monitor::printable(what).c_str());
    return code;
}

Result<api::Model> empty_board(const std::string& name) {
    const dry_run::Board* board = dry_run::find_board(name);
    if (board == nullptr) {
        return Error{"there is no board \"" + name + "\" (there are " + dry_run::board_names() + ")"};
    }
    return analysis::model_of({std::string(board->arch), std::string(board->name), board->dram_banks, board->dram_bytes,
                               board->l1_banks, board->l1_bytes});
}

// The device that the word names; without a word all that a process has open, but one of each mesh.
Result<std::vector<api::DeviceIndex>> devices_asked(const api::Model& model, const std::string& word) {
    if (!word.empty()) {
        const Result<api::DeviceIndex> device = api::DeviceNames(model).choose(word);
        return device ? Result<std::vector<api::DeviceIndex>>({device.value()}) : device.error();
    }
    std::vector<api::DeviceIndex> devices;
    std::vector<bool> answered(model.devices.size(), false);
    for (const api::Allocator& allocator : model.allocators) {
        if (!allocator.open || allocator.devices.empty() || answered[allocator.devices.front()]) {
            continue;
        }
        devices.push_back(allocator.devices.front());
        for (const api::DeviceIndex device : allocator.devices) {
            answered[device] = true;
        }
    }
    return devices;
}

int print_answers(const FitsOptions& options, const api::Model& model, const analysis::TensorQuestion& question,
                  const std::vector<Fit>& answers) {
    const bool on_board = !options.board.empty();
    monitor::Lines lines;
    if (options.json) {
        lines.emplace_back(output::fits_json(model, question, answers, on_board)
                               .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
        lines = output::fits_text(model, question, answers, on_board, width_of_output(options.width));
    }
    if (!monitor::write_text(STDOUT_FILENO, lines)) {
        return kExitNotKnown;
    }
    for (const Fit& fit : answers) {
        if (!fit.address) {
            return kExitFailure;
        }
    }
    return 0;
}

int fits_command(const FitsOptions& options) {
    const Result<analysis::TensorQuestion> question = analysis::question_of(options.tensor);
    if (!question) {
        return complain(question.error().message, kExitUsage);
    }
    if (const Result<analysis::TensorSize> size = analysis::size_of(question.value()); !size) {
        return complain(size.error().message, kExitUsage);
    }
    api::Model model;
    std::vector<api::DeviceIndex> devices{0};
    if (!options.board.empty()) {
        Result<api::Model> board = empty_board(options.board);
        if (!board) {
            return complain(board.error().message, kExitUsage);
        }
        model = std::move(board.value());
    } else {
        ServerAsker server;
        inventory::Inventory inventory(server.settings(inventory::TelemetryUse::kOff));
        inventory::Request request;
        request.depth = inventory::Depth::kBuffers;
        model = *inventory.refresh(request);
        if (!server.complaint().empty()) {
            return complain(server.complaint(), kExitNotKnown);
        }
        const Result<std::vector<api::DeviceIndex>> asked = devices_asked(model, options.device);
        if (!asked) {
            return complain(asked.error().message, kExitUsage);
        }
        devices = asked.value();
    }
    std::vector<Fit> answers;
    for (const api::DeviceIndex device : devices) {
        Result<std::vector<Fit>> fits = analysis::fits(model, device, question.value());
        if (!fits) {
            return complain(fits.error().message, kExitNotKnown);
        }
        answers.insert(answers.end(), fits.value().begin(), fits.value().end());
    }
    if (answers.empty()) {
        return complain(options.board.empty()
                            ? "no tracked process has such memory of the device open; with --board NAME "
                              "the question is about an empty board (ttmem boards lists them)"
                            : "a board that is opened with the defaults has no such memory",
                        kExitNotKnown);
    }
    return print_answers(options, model, question.value(), answers);
}

}  // namespace

int fits_main(const std::vector<std::string>& words) {
    CLI::App app("Says whether a tensor would fit, where it would lie, and else what would help.", "ttmem fits");
    FitsOptions options;
    app.add_option("--shape", options.tensor.shape, "Its logical shape, as 1,32,4096,4096")
        ->type_name("N,N,...")
        ->required();
    app.add_option("--dtype", options.tensor.data_type,
                   "bfloat16 (the default), bfloat8_b, bfloat4_b, float32, uint8, uint16, uint32 or int32")
        ->type_name("TYPE");
    app.add_option("--layout", options.tensor.layout, "tile (the default) or row_major")->type_name("LAYOUT");
    app.add_option("--memory", options.tensor.memory, "dram (the default), l1 or l1_small")->type_name("KIND");
    app.add_option("--shard", options.tensor.sharding, "height, width or block; without it the tensor is interleaved")
        ->type_name("HOW");
    app.add_option("--shard-shape", options.tensor.shard_shape, "Of one shard, in elements")->type_name("HEIGHTxWIDTH");
    app.add_option("--cores", options.tensor.cores, "The grid that it is sharded over; the shard's shape follows")
        ->type_name("COLUMNSxROWS");
    add_device_option(app, options.device, "The device as it is now (default: each that a process has open)");
    app.add_option("--board", options.board, "An empty board instead, by name (see ttmem boards)")
        ->type_name("NAME")
        ->excludes("--device");
    app.add_flag("--json", options.json, "Print one JSON object; unknown values are null");
    add_width_option(app, options.width);
    add_server_option(app);
    app.footer(
        "The answer is of the moment: it is what tt-metal's allocator would do now. The exit code is 0 when the "
        "tensor\n"
        "fits on every device asked for, 1 when it does not, 2 when the question makes no sense, 3 when nothing is "
        "known.");
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    return fits_command(options);
}

}  // namespace ttmem
