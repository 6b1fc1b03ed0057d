// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds the parser of upstream's regions with arbitrary files. A region is mostly zeros, so an input does not hold its
// bytes but writes to an empty file:
//   byte 0      version of the region; above 4: what the runs write there
//   byte 1      how much of the file there is, in 64ths of kMostRegionBytes
//   then runs   2 bytes offset, 1 byte length, that many bytes
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "inventory/upstream_region.hpp"

using namespace ttmem::inventory;

namespace {

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "the parser's answer is wrong: %s\n", what);
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::vector<uint8_t> file(size >= 2 ? (data[1] % 65) * (kMostRegionBytes / 64) : 0);
    const auto put = [&](size_t offset, const void* from, size_t count) {
        if (offset < file.size()) {
            std::memcpy(file.data() + offset, from, std::min(count, file.size() - offset));
        }
    };
    for (size_t at = 2; at + 3 <= size;) {
        const size_t offset = data[at] | size_t{data[at + 1]} << 8;
        const size_t length = std::min<size_t>(data[at + 2], size - at - 3);
        put(offset, data + at + 3, length);
        at += 3 + length;
    }
    if (size > 0 && data[0] <= 4) {
        const uint32_t version = data[0];
        put(0, &version, sizeof version);
    }
    // A copy of exactly that size, so that a read beyond it is seen.
    const std::vector<uint8_t> exact(file);
    const auto parsed = parse_upstream_region(std::as_bytes(std::span(exact)));
    if (const auto* region = std::get_if<UpstreamRegion>(&parsed)) {
        require(region->version >= 1 && region->version <= 4, "a version");
        require(region->processes.size() + region->senseless <= 64, "more processes than there is room for");
        for (const UpstreamProcess& process : region->processes) {
            require(process.pid > 0 && process.name.size() <= 3 * 64, "a process");
            for (const uint64_t bytes : process.use.requested_bytes.values) {
                require(bytes <= kMostSensibleBytes, "impossible bytes");
            }
        }
    }
    // As a file's name, too: what is taken for one must be written as upstream writes it.
    const std::string name(reinterpret_cast<const char*>(data), size);
    for (const std::string& candidate : {name, "tt_device_" + name + "_memory"}) {
        if (const auto id = parse_region_name(candidate)) {
            const std::string digits = candidate.substr(10, candidate.size() - 17);
            const size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
            require(std::to_string(*id) == digits.substr(zeros), "a name");
        }
    }
    return 0;
}
