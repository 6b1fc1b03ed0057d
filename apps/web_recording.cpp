// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem web FILE`, in the program that serves.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "replay/playback.hpp"
#include "replay_server/serve.hpp"
#include "show_page.hpp"
#include "web_options.hpp"

namespace ttmem {

int web_recording_main(const std::vector<std::string>& words) {
    CLI::App app("Serves the page of a recording.", kRecordingServer);
    WebWords options;
    add_web_options(app, options);
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    std::vector<std::shared_ptr<replay::Playback>> recordings;
    std::string command = kRecordingServer;
    for (const std::string& file : {options.file, options.beside}) {
        if (file.empty()) {
            continue;
        }
        const Result<std::shared_ptr<replay::Playback>> opened = replay::Playback::open(file);
        if (!opened) {
            std::fprintf(stderr, "%s: %s\n", kRecordingServer, opened.error().message.c_str());
            return kExitFailure;
        }
        recordings.push_back(opened.value());
        command += " " + file;
    }
    return replay_server::serve(
        {recordings.front(), recordings.size() > 1 ? recordings[1] : nullptr, command, options.port,
         [&options](const std::string& address) { show_page(address, !options.page.no_browser); }});
}

}  // namespace ttmem
