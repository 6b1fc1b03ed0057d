// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/scan.hpp"

#include <algorithm>
#include <charconv>

namespace ttmem::telemetry {
namespace {

constexpr std::string_view kEntryPrefix = "tenstorrent!";

// The last component of a link that is a PCI address.
std::string address_in(std::string_view link) {
    while (!link.empty()) {
        const std::size_t slash = link.rfind('/');
        const std::string_view part = slash == std::string_view::npos ? link : link.substr(slash + 1);
        if (is_pci_address(part)) {
            return std::string(part);
        }
        link = slash == std::string_view::npos ? std::string_view() : link.substr(0, slash);
    }
    return {};
}

}  // namespace

bool is_pci_address(std::string_view text) {
    const auto hex = [](std::string_view digits) {
        return !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        });
    };
    if (text.size() < 12 || text.size() > 16) {
        return false;
    }
    const std::string_view tail = text.substr(text.size() - 8);  // ":bb:dd.f"
    return hex(text.substr(0, text.size() - 8)) && tail[0] == ':' && hex(tail.substr(1, 2)) && tail[3] == ':' &&
           hex(tail.substr(4, 2)) && tail[6] == '.' && hex(tail.substr(7));
}

std::vector<Node> scan_nodes(FileReader& reader, const std::string& sysfs_root, const std::vector<Node>& known) {
    const std::string class_directory = sysfs_root + "/class/tenstorrent";
    std::vector<Node> nodes;
    const FileNames entries = reader.list(class_directory);
    for (std::size_t i = 0; i < entries.names.size(); ++i) {
        const std::string& name = entries.names[i];
        if (!name.starts_with(kEntryPrefix)) {
            continue;
        }
        Node node;
        const char* first = name.data() + kEntryPrefix.size();
        const char* last = name.data() + name.size();
        const auto [end, error] = std::from_chars(first, last, node.index);
        if (error != std::errc() || end != last || node.index < 0) {
            continue;
        }
        node.class_path = class_directory + "/" + name;
        node.number = i < entries.numbers.size() ? entries.numbers[i] : 0;
        const auto same = std::find_if(known.begin(), known.end(),
                                       [&node](const Node& other) { return other.class_path == node.class_path; });
        if (same != known.end()) {
            const bool untouched = node.number != 0 && node.number == same->number;
            node.incarnation = untouched ? same->incarnation : reader.incarnation(node.class_path);
            if (node.incarnation == same->incarnation) {
                nodes.push_back(*same);
                nodes.back().number = node.number;
                continue;
            }
        } else {
            node.incarnation = reader.incarnation(node.class_path);
        }
        node.pci = address_in(reader.link_target(node.class_path + "/device").text);
        if (node.pci.empty()) {
            node.pci = address_in(reader.link_target(node.class_path).text);
        }
        if (node.incarnation != 0) {  // else it is just being taken away
            nodes.push_back(std::move(node));
        }
    }
    std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) { return a.index < b.index; });
    return nodes;
}

}  // namespace ttmem::telemetry
