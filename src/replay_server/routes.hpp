// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// HTTP of one recording (docs/web.md): the page, and what it asks of moments. The file is its owner's alone, so all but
// the page itself is for the session of the user who serves it (server/http/web_sessions.hpp). For the loop's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/alive.hpp"
#include "base/result.hpp"
#include "replay_server/moments.hpp"
#include "server/background.hpp"
#include "server/event_loop.hpp"
#include "server/http/http_server.hpp"
#include "server/http/web_answers.hpp"

namespace ttmem::replay_server {

// The recordings that a page shows. The second one is beside the first in a comparison alone; nullptr: none.
struct Recordings {
    std::shared_ptr<Moments> first;
    std::shared_ptr<Moments> second;
};

class Routes : public server::HttpHandler {
public:
    static constexpr size_t kMostWaiting = 64;  // answers being made at once

    // `background`: the thread that alone uses the moments; outlives this. `command`: how the page is opened again.
    Routes(server::EventLoop& loop, server::Background& background, Recordings recordings, const std::string& command);

    void handle(const server::HttpRequest& request, Done done) override;
    // A token for another page of this user; nullopt: no room for it.
    std::optional<std::string> new_token();

private:
    server::Background& background_;
    Recordings recordings_;
    std::string command_;
    server::WebAnswers web_;
    size_t waiting_ = 0;
    Alive<Routes> alive_{this};
};

}  // namespace ttmem::replay_server
