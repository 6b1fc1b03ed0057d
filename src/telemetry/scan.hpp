// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which devices the driver shows now. Asks only for names, links and inode numbers, which a reset does not hold up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/file_reader.hpp"

namespace ttmem::telemetry {

// An entry of /sys/class/tenstorrent.
struct Node {
    int index = -1;                 // N of tenstorrent!N
    std::string class_path;         // <sysfs>/class/tenstorrent/tenstorrent!N
    std::string pci;                // "0000:01:00.0", empty when the links do not show it
    std::uint64_t incarnation = 0;  // differs when the entry was taken away and made again
    std::uint64_t number = 0;       // FileNames::numbers: while that is the same, so is all the rest; 0 unknown

    friend bool operator==(const Node& a, const Node& b) {
        return a.index == b.index && a.class_path == b.class_path && a.pci == b.pci && a.incarnation == b.incarnation;
    }
};

// Ascending by index, with holes where there are holes. Entries whose names are not the driver's are left out. What
// `known` ones say of their place is not asked again while they are the same.
std::vector<Node> scan_nodes(FileReader& reader, const std::string& sysfs_root, const std::vector<Node>& known = {});

// "dddd:bb:dd.f" in hexadecimal (a domain may be longer).
bool is_pci_address(std::string_view text);

}  // namespace ttmem::telemetry
