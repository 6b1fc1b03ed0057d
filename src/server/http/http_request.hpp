// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A request and its answer, independent of the library that carries them. Plain values and pure functions.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ttmem::server {

using Parameters = std::vector<std::pair<std::string, std::string>>;  // decoded, in their order

// The client that asks. Over TCP its user is not known: it sees what every user may see.
struct Viewer {
    std::optional<uid_t> uid;  // of the unix socket's peer

    // Root and the owner see the details of a process.
    bool sees_details_of(const std::optional<uint32_t>& owner) const {
        return uid && (*uid == 0 || (owner && *owner == *uid));
    }
    bool operator==(const Viewer&) const = default;
};

struct HttpRequest {
    bool head = false;  // HEAD: the answer's body is not sent
    std::string path;
    Parameters parameters;
    Viewer viewer;
    bool from_this_machine = false;  // over the loopback, or a unix socket
    int connection = -1;             // its descriptor, while HttpHandler::handle() runs and no longer; -1: none
    bool takes_gzip = false;
    std::optional<std::string> token;    // X-Ttmem-Token
    std::optional<std::string> session;  // X-Ttmem-Session
    // Becomes false when the client is gone: work for it need not begin. Null: it stays.
    std::shared_ptr<const std::atomic<bool>> wanted = nullptr;
};

inline bool is_wanted(const std::shared_ptr<const std::atomic<bool>>& wanted) {
    return wanted == nullptr || wanted->load(std::memory_order_relaxed);
}

// The client's end of an endless answer (server-sent events). It takes texts until the client is gone. Texts for which
// a slow client leaves no room are dropped; `events`, the number of events in the text, is then sent to it as missed.
class HttpStream {
public:
    virtual ~HttpStream() = default;
    virtual void send(std::shared_ptr<const std::string> text, size_t events = 0) = 0;
};

struct HttpReply {
    unsigned status = 200;
    std::string type = "application/json";
    std::shared_ptr<const std::string> body;
    // Besides those that every answer has; a Content-Security-Policy here stands instead of the usual one.
    std::vector<std::pair<std::string, std::string>> headers;
    // An answer without end: called with its stream once the head is on its way. `body`, if any, comes first.
    std::function<void(std::weak_ptr<HttpStream>)> stream;
};

// {"error": "..."}
HttpReply error_reply(unsigned status, std::string_view message);

// Which names a client may call this server by. A page of a foreign site may make a browser ask here; it cannot make
// the browser say another Host than the name that the page used, nor leave out the Origin.
struct HostRule {
    bool loopback_only = true;         // addresses in Host must be of this machine's loopback
    std::vector<std::string> allowed;  // further names, in lower case, without port

    bool allows_host(std::string_view host) const;
    // `origin` of a page that this server itself gave out.
    static bool same_origin(std::string_view origin, std::string_view host);
};

// Whether Accept-Encoding allows gzip.
bool accepts_gzip(std::string_view accept_encoding);

// Why a request of a browser is refused; nothing: it may pass. Headers that are absent are nullopt.
struct BrowserHeaders {
    std::optional<std::string_view> host;
    std::optional<std::string_view> origin;
    std::optional<std::string_view> fetch_site;  // Sec-Fetch-Site
    bool page = false;  // the page itself is asked for: it holds no figures, so a link on another site may lead to it
};
std::optional<HttpReply> refuse_foreign(const HostRule& rule, const BrowserHeaders& headers);

}  // namespace ttmem::server
