// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem top` for scripts and pipes: one picture, or one every so often.
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "output/csv.hpp"
#include "output/json.hpp"
#include "output/machine_table.hpp"
#include "output_width.hpp"

namespace ttmem {
namespace {

bool write_out(const std::string& text) {
    for (size_t at = 0; at < text.size();) {
        const ssize_t put = write(STDOUT_FILENO, text.data() + at, text.size() - at);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        at += put < 0 ? 0 : static_cast<size_t>(put);
    }
    return true;
}

}  // namespace

int once_command(const OnceOptions& options) {
    if (options.list_queries) {
        return write_out(monitor::list_queries()) ? 0 : kExitFailure;
    }
    const Result<monitor::Query> query =
        monitor::Query::parse(options.query.empty() ? monitor::kUsualQuery : options.query);
    if (!query) {
        std::fprintf(stderr, "ttmem top: %s (see ttmem top --help)\n", query.error().message.c_str());
        return kExitUsage;
    }
    const bool loops = options.loop_ms > 0;
    ServerAsker server;
    inventory::Inventory inventory(
        server.settings(loops ? inventory::TelemetryUse::kFollow : inventory::TelemetryUse::kOnce));
    inventory::Request request;
    request.programs = inventory::ProgramDepth::kFailures;
    if (options.json || options.csv) {  // as `ttmem snapshot` asks
        request.depth = inventory::Depth::kSpace;
        request.programs = inventory::ProgramDepth::kL1;
    }
    if (options.csv && !options.no_header && !write_out(query.value().header())) {
        return kExitFailure;
    }
    auto beat = std::chrono::steady_clock::now();
    for (;;) {
        const auto model = inventory.refresh(request);
        if (!server.complaint().empty()) {
            std::fprintf(stderr, "ttmem top: %s\n", server.complaint().c_str());
            return kExitFailure;
        }
        const std::string text =
            options.json  ? api::to_json_text(*model, loops ? -1 : 2) + "\n"
            : options.csv ? query.value().rows(*model)
                          : monitor::one_shot_table(*model, TTMEM_VERSION, width_of_output(options.width) - 1);
        if (!write_out(text)) {
            return kExitFailure;
        }
        if (!loops) {
            return 0;
        }
        beat = std::max(beat + std::chrono::milliseconds(options.loop_ms), std::chrono::steady_clock::now());
        std::this_thread::sleep_until(beat);
    }
}

}  // namespace ttmem
