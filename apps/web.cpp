// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem web`: the page of the running server, or of a recording.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "ask_server.hpp"
#include "commands.hpp"
#include "show_page.hpp"
#include "web_options.hpp"

namespace ttmem {

int web_command(const WebOptions& options) {
    ServerAsker server;
    const std::optional<ServerAsker::Page> page = server.page();
    if (!page) {
        std::fprintf(stderr, "ttmem web: no server can be asked for its page: %s; start one with: ttmem server\n",
                     server.complaint().c_str());
        return kExitFailure;
    }
    show_page(page->url + "#token=" + page->token, !options.no_browser);
    return 0;
}

int web_words_command(const WebWords& words) {
    if (words.file.empty()) {
        return web_command(words.page);
    }
    std::vector<std::string> handed{"--port=" + std::to_string(words.port)};
    if (words.page.no_browser) {
        handed.emplace_back("--no-browser");
    }
    handed.insert(handed.end(), {"--", words.file});
    if (!words.beside.empty()) {
        handed.push_back(words.beside);
    }
    return become_server(kRecordingServer, handed);
}

}  // namespace ttmem
