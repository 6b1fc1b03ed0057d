// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The program of `ttmem server`, allocation_server_poc and `ttmem web FILE`, which become it (become_server.cpp) and
// hand it the name that they were called by.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "commands.hpp"
#include "serving_options.hpp"
#include "web_options.hpp"

namespace ttmem {
namespace {

int serve(const std::string& path, const std::vector<std::string>& words) {
    if (path == kRecordingServer) {
        return web_recording_main(words);
    }
    CLI::App app(kServingAbout, path.substr(path.rfind('/') + 1));
    ServerCommand command;
    add_serving_options(app, command);
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    return server_command(command);
}

}  // namespace
}  // namespace ttmem

int main(int argc, char** argv) {
    // Each card's thread would otherwise take a heap of its own.
    mallopt(M_ARENA_MAX, 2);
    return ttmem::serve(argc > 0 ? argv[0] : "ttmem-server",
                        std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
