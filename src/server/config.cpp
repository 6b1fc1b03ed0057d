// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/config.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>

#include "server/http/http_service.hpp"

namespace ttmem::server {
namespace {

// Puts a value into its place; says what it should be if it is not. Empty: it is right.
using Setter = std::function<std::string(Config&, const toml::node&)>;
struct Key {
    const char* name;
    Setter set;
};

constexpr const char* kOff = "off";

std::string set_text(std::optional<std::string>& place, const toml::node& node, bool absolute_path, bool may_be_off) {
    const auto text = node.value<std::string>();
    if (!node.is_string() || !text || text->empty() || text->find('\0') != std::string::npos) {
        return "must be a text that is not empty";
    }
    if (absolute_path && text->front() != '/' && !(may_be_off && *text == kOff)) {
        return std::string("must be an absolute path") + (may_be_off ? " or \"off\"" : "");
    }
    place = *text;
    return "";
}

Setter path(std::optional<std::string> Config::*member, bool may_be_off = false) {
    return [=](Config& config, const toml::node& node) { return set_text(config.*member, node, true, may_be_off); };
}

Setter boolean(std::optional<bool> Config::*member) {
    return [=](Config& config, const toml::node& node) -> std::string {
        if (!node.is_boolean()) {
            return "must be true or false";
        }
        config.*member = *node.value<bool>();
        return "";
    };
}

Setter number(std::optional<uint64_t> Config::*member, int64_t least, int64_t most) {
    return [=](Config& config, const toml::node& node) -> std::string {
        const auto value = node.is_integer() ? node.value<int64_t>() : std::nullopt;
        if (!value || *value < least || *value > most) {
            return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
        }
        config.*member = static_cast<uint64_t>(*value);
        return "";
    };
}

std::string set_log_level(Config& config, const toml::node& node) {
    config.log_level = node.is_string() ? parse_log_level(*node.value<std::string>()) : std::nullopt;
    return config.log_level ? "" : "must be \"error\", \"warning\", \"info\" or \"debug\"";
}

std::string set_address(Config& config, const toml::node& node) {
    std::string complaint = set_text(config.http_address, node, false, true);
    if (complaint.empty() && *config.http_address != kOff) {
        complaint = address_complaint(*config.http_address, true).empty()
                        ? ""
                        : "must be an address in numbers and a port, like 127.0.0.1:9465 or [::1]:9465, or \"off\"";
    }
    return complaint;
}

std::string set_hosts(Config& config, const toml::node& node) {
    constexpr const char* kComplaint = "must be a list of host names without ports, like [\"node7\"]";
    const toml::array* list = node.as_array();
    std::vector<std::string> hosts;
    for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
        std::string host = (*list)[i].is_string() ? *(*list)[i].value<std::string>() : std::string();
        std::transform(host.begin(), host.end(), host.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (host.empty() || host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") != std::string::npos) {
            return kComplaint;
        }
        hosts.push_back(std::move(host));
    }
    if (list == nullptr) {
        return kComplaint;
    }
    config.http_hosts = std::move(hosts);
    return "";
}

std::string set_shared(Config& config, const toml::node& node) {
    const toml::array* list = node.as_array();
    std::vector<std::string> paths;
    for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
        std::optional<std::string> path;
        if (!set_text(path, (*list)[i], true, false).empty()) {
            return "must be a list of absolute paths";
        }
        paths.push_back(*path);
    }
    if (list == nullptr) {
        return "must be a list of absolute paths";
    }
    config.ledgers_shared = std::move(paths);
    return "";
}

const std::vector<Key>& keys() {
    static const std::vector<Key> kKeys = {
        {"log_level", set_log_level},
        {"socket.path", path(&Config::socket_path)},
        {"http.address", set_address},
        {"http.remote", boolean(&Config::http_remote)},
        {"http.hosts", set_hosts},
        {"http.most_processes", number(&Config::http_most_processes, 0, 10'000)},
        {"api.socket", path(&Config::api_socket, true)},
        {"ledgers.directory", path(&Config::ledgers_directory)},
        {"ledgers.shared", set_shared},
        {"history.enabled", boolean(&Config::history_enabled)},
        {"history.path", path(&Config::history_path)},
        {"history.max_mib", number(&Config::history_max_mib, 1, 1 << 20)},
        {"history.days", number(&Config::history_days, 1, 3650)},
    };
    return kKeys;
}

std::string place_of(const std::string& name, const toml::source_region& source) {
    return name + ":" + std::to_string(source.begin.line) + ": ";
}

// Printable: a file's names go to a terminal or a log.
std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 80)) {
        result += c >= ' ' && c <= '~' ? c : '?';
    }
    return result;
}

// An Error's message, or empty.
std::string take_table(Config& config, const toml::table& table, const std::string& prefix, const std::string& name) {
    for (const auto& [key, node] : table) {
        const std::string full = prefix + std::string(key.str());
        const auto known =
            std::find_if(keys().begin(), keys().end(), [&](const Key& candidate) { return full == candidate.name; });
        if (known != keys().end()) {
            const std::string complaint = known->set(config, node);
            if (!complaint.empty()) {
                return place_of(name, node.source()) + full + " " + complaint;
            }
            continue;
        }
        const bool section = prefix.empty() && std::any_of(keys().begin(), keys().end(), [&](const Key& candidate) {
                                 return std::string_view(candidate.name).starts_with(full + ".");
                             });
        if (section && !node.is_table()) {
            return place_of(name, node.source()) + full + " must be a section: [" + full + "]";
        }
        if (!section) {
            std::string list;
            for (const Key& candidate : keys()) {
                list += (list.empty() ? "" : ", ") + std::string(candidate.name);
            }
            return place_of(name, node.source()) + "there is no key " + printable(full) + "; there are: " + list;
        }
        const std::string error = take_table(config, *node.as_table(), full + ".", name);
        if (!error.empty()) {
            return error;
        }
    }
    return "";
}

}  // namespace

std::vector<std::string> config_keys() {
    std::vector<std::string> names;
    for (const Key& key : keys()) {
        names.emplace_back(key.name);
    }
    return names;
}

Result<Config> parse_config(std::string_view text, const std::string& name) {
    const toml::parse_result parsed = toml::parse(text, name);
    if (!parsed) {
        return Error{place_of(name, parsed.error().source()) + printable(parsed.error().description()), EINVAL};
    }
    Config config;
    const std::string error = take_table(config, parsed.table(), "", name);
    if (!error.empty()) {
        return Error{error, EINVAL};
    }
    if (config.http_address && *config.http_address != kOff) {
        const std::string complaint = address_complaint(*config.http_address, config.http_remote.value_or(false));
        if (!complaint.empty()) {
            const toml::node* node = parsed.table().at_path("http.address").node();
            return Error{place_of(name, node->source()) + "http.address " + *config.http_address +
                             " can be reached from other machines; if it should be, set http.remote = true",
                         EINVAL};
        }
    }
    return config;
}

Result<Config> read_config(const std::string& path) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
    if (file == nullptr) {
        const int why = errno;
        return Error{"cannot read " + path + ": " + std::strerror(why), why};
    }
    std::string text(kMostConfigBytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) {
        return Error{"cannot read " + path + ": " + std::strerror(errno), errno};
    }
    if (text.size() > kMostConfigBytes) {
        return Error{path + " is larger than a configuration can be", EFBIG};
    }
    return parse_config(text, path);
}

}  // namespace ttmem::server
