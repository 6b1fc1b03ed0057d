// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/region_name.hpp"

namespace ttmem::output {

std::string region_name(api::RegionType type) {
    switch (type) {
        case api::RegionType::kConfigRing:
            return "kernel-config ring";
        case api::RegionType::kTrace:
            return "trace region";
        case api::RegionType::kArena:
            return "persistent arena";
        case api::RegionType::kServiceCore:
            return "service core";
        default:
            return std::string(to_string(type));
    }
}

}  // namespace ttmem::output
