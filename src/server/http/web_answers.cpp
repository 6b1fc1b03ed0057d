// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/web_answers.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "inventory/procfs.hpp"
#include "model/tool_protocol.hpp"
#include "server/http/web_page.hpp"

namespace ttmem::server {
namespace {

using Json = nlohmann::ordered_json;

HttpReply json_reply(const Json& json) {
    HttpReply reply;
    reply.body = std::make_shared<const std::string>(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return reply;
}

HttpReply not_from_here() {
    return error_reply(403,
                       "names, maps and buffers are for browsers of this machine alone; from another one use ssh -L "
                       "and ttmem web");
}

}  // namespace

WebAnswers::WebAnswers(EventLoop& loop, Background& background) : WebAnswers(loop, background, Settings()) {}

WebAnswers::WebAnswers(EventLoop& loop, Background& background, Settings settings)
    : loop_(loop), background_(background), settings_(std::move(settings)), sessions_(settings_.idle_ns) {}

bool WebAnswers::handle(const HttpRequest& request, const HttpHandler::Done& done) {
    if (request.path == "/") {
        done(page(request));
    } else if (request.path == "/api/v1/web/session") {
        open_session(request, done);
    } else if (request.path == api::kToolPage && request.viewer.uid) {
        done(token(*request.viewer.uid));
    } else {
        return false;
    }
    return true;
}

std::optional<HttpReply> WebAnswers::identify(HttpRequest& request) {
    if (request.viewer.uid || !request.session) {
        return std::nullopt;
    }
    if (!request.from_this_machine) {
        return not_from_here();
    }
    request.viewer.uid = sessions_.viewer(*request.session, loop_.now_ns());
    if (!request.viewer.uid) {
        return error_reply(401, "this session has ended; open the page again with: " + settings_.command);
    }
    return std::nullopt;
}

HttpReply WebAnswers::page(const HttpRequest& request) const {
    const WebPage& page = web_page();
    HttpReply reply;
    reply.type = "text/html; charset=utf-8";
    reply.body = request.takes_gzip ? page.gzip : page.text;
    reply.headers = {{"Content-Security-Policy", page.policy},
                     {"Referrer-Policy", "no-referrer"},
                     {"Cross-Origin-Opener-Policy", "same-origin"},
                     {"Vary", "Accept-Encoding"}};
    if (request.takes_gzip) {
        reply.headers.emplace_back("Content-Encoding", "gzip");
    }
    return reply;
}

HttpReply WebAnswers::token(uid_t uid) {
    if (url_.empty()) {
        return error_reply(404, "this server has no HTTP address that a browser could open (http.address is off)");
    }
    const std::optional<std::string> secret = new_token(uid);
    if (!secret) {
        return error_reply(503, "too many pages are open");
    }
    return json_reply(
        Json{{"url", url_}, {"token", *secret}, {"seconds", WebSessions::kTokenNs / uint64_t{1'000'000'000}}});
}

void WebAnswers::open_session(const HttpRequest& request, const HttpHandler::Done& done) {
    if (!request.from_this_machine) {
        done(not_from_here());
        return;
    }
    if (!request.token) {
        done(error_reply(400, "the request has no X-Ttmem-Token"));
        return;
    }
    std::optional<WebSessions::Session> session = sessions_.redeem(*request.token, loop_.now_ns());
    if (!session) {
        done(error_reply(401, "the token was used already, or is older than a minute; open the page again with: " +
                                  settings_.command));
        return;
    }
    background_.post(
        [done, session = std::move(*session), of_recording = settings_.of_recording]() -> Background::Done {
            Json answer{{"session", session.key}, {"user", inventory::user_name(session.uid)}};
            if (of_recording) {
                answer["of"] = "recording";
            }
            return [done, reply = json_reply(answer)] { done(reply); };
        });
}

}  // namespace ttmem::server
