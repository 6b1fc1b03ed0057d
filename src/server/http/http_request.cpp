// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_request.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ttmem::server {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    return result;
}

// Host without its port, in lower case; an IPv6 address without its brackets. nullopt: no sense in it.
std::optional<std::string> name_of(std::string_view host) {
    std::string_view name = host;
    std::string_view port;
    if (host.starts_with('[')) {
        const size_t end = host.find(']');
        if (end == std::string_view::npos || (end + 1 < host.size() && host[end + 1] != ':')) {
            return std::nullopt;
        }
        name = host.substr(1, end - 1);
        port = end + 1 < host.size() ? host.substr(end + 2) : std::string_view();
    } else if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
        name = host.substr(0, colon);
        port = host.substr(colon + 1);
    }
    const bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (name.empty() || name.size() > 255 || !digits || port.size() > 5) {
        return std::nullopt;
    }
    std::string result = lower(name);
    if (result.size() > 1 && result.back() == '.') {
        result.pop_back();
    }
    return result;
}

enum class Address { kNone, kLoopback, kOther };

Address address_kind(const std::string& name) {
    in_addr four{};
    if (inet_pton(AF_INET, name.c_str(), &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127 ? Address::kLoopback : Address::kOther;
    }
    in6_addr six{};
    if (inet_pton(AF_INET6, name.c_str(), &six) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&six) ? Address::kLoopback : Address::kOther;
    }
    return Address::kNone;
}

}  // namespace

HttpReply error_reply(unsigned status, std::string_view message) {
    const nlohmann::ordered_json body{{"error", message}};
    HttpReply reply;
    reply.status = status;
    reply.body = std::make_shared<std::string>(
        body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    return reply;
}

bool HostRule::allows_host(std::string_view host) const {
    const std::optional<std::string> name = name_of(host);
    if (!name) {
        return false;
    }
    switch (address_kind(*name)) {
        case Address::kLoopback:
            return true;
        case Address::kOther:
            return !loopback_only;  // a foreign name server cannot point an address here, as it could a name
        case Address::kNone:
            break;
    }
    return *name == "localhost" || std::find(allowed.begin(), allowed.end(), *name) != allowed.end();
}

bool HostRule::same_origin(std::string_view origin, std::string_view host) {
    constexpr std::string_view kScheme = "http://";
    return origin.starts_with(kScheme) && lower(origin.substr(kScheme.size())) == lower(host);
}

bool accepts_gzip(std::string_view accept_encoding) {
    size_t begin = 0;
    while (begin < accept_encoding.size()) {
        const size_t end = std::min(accept_encoding.find(',', begin), accept_encoding.size());
        std::string item = lower(accept_encoding.substr(begin, end - begin));
        std::erase_if(item, [](char c) { return c == ' ' || c == '\t'; });
        if (item == "gzip" || item.starts_with("gzip;")) {
            const size_t quality = item.find("q=");
            return quality == std::string::npos || item.find_first_not_of("0.", quality + 2) != std::string::npos;
        }
        begin = end + 1;
    }
    return false;
}

std::optional<HttpReply> refuse_foreign(const HostRule& rule, const BrowserHeaders& headers) {
    if (!headers.host) {
        return error_reply(400, "the request has no Host");
    }
    if (!rule.allows_host(*headers.host)) {
        return error_reply(403, "this server does not answer to that Host; name it in http.hosts if it should");
    }
    if (headers.origin && !HostRule::same_origin(*headers.origin, *headers.host)) {
        return error_reply(403, "pages of other origins are not answered");
    }
    if (headers.fetch_site && !headers.page && *headers.fetch_site != "same-origin" && *headers.fetch_site != "none") {
        return error_reply(403, "pages of other sites are not answered");
    }
    return std::nullopt;
}

}  // namespace ttmem::server
