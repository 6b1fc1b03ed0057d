// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The command line of `ttmem web`, which ttmem hands on to the program that serves where a recording is named.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "commands.hpp"

namespace ttmem {

struct WebWords {
    WebOptions page;
    std::string file;    // a recording; empty: the running server's page
    std::string beside;  // a second one, to compare with
    uint16_t port = 0;   // of 127.0.0.1, for a recording; 0: a free one
};
void add_web_options(CLI::App& app, WebWords& words);

// The page of the running server, or of the recording.
int web_words_command(const WebWords& words);

// The name under which the program that serves shows a recording, and its main(); `words`: those of add_web_options().
inline constexpr const char* kRecordingServer = "ttmem web";
int web_recording_main(const std::vector<std::string>& words);

}  // namespace ttmem
