// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Requests of the page alone, which are therefore not in the table of routes: the page itself, tokens and sessions
// (web_sessions.hpp). For the loop's thread.
#pragma once

#include <memory>
#include <string>

#include "server/background.hpp"
#include "server/event_loop.hpp"
#include "server/http/http_server.hpp"
#include "server/http/web_sessions.hpp"

namespace ttmem::server {

class WebAnswers {
public:
    struct Settings {
        std::string command = "ttmem web";        // that opens the page
        bool of_recording = false;                // the page is of a recording, and asks for moments of it
        uint64_t idle_ns = WebSessions::kIdleNs;  // how long a session lives without a request
    };
    // `background` looks up users' names, which may ask a directory service.
    WebAnswers(EventLoop& loop, Background& background);
    WebAnswers(EventLoop& loop, Background& background, Settings settings);

    // Where a browser of this machine reaches the page; empty: nowhere, since there is no TCP door.
    void set_address(std::string url) { url_ = std::move(url); }

    // False: the path is none of these. To be called before identify(): a token is for the unix socket's peer alone.
    bool handle(const HttpRequest& request, const HttpHandler::Done& done);

    // A token for a page of that user; nullopt: see WebSessions::issue().
    std::optional<std::string> new_token(uid_t uid) { return sessions_.issue(uid, loop_.now_ns()); }

    // Puts the session's user into the request, as if the unix socket's peer had asked. An answer: it is refused.
    std::optional<HttpReply> identify(HttpRequest& request);

private:
    void open_session(const HttpRequest& request, const HttpHandler::Done& done);
    HttpReply page(const HttpRequest& request) const;
    HttpReply token(uid_t uid);

    EventLoop& loop_;
    Background& background_;
    Settings settings_;
    WebSessions sessions_;
    std::string url_;
};

}  // namespace ttmem::server
