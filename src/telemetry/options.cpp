// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace ttmem::telemetry {
namespace {

std::optional<unsigned> parse_flit(std::string_view text) {
    unsigned bytes = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (error != std::errc() || end != text.data() + text.size() || bytes < 1 || bytes > 4096) {
        return std::nullopt;
    }
    return bytes;
}

bool apply_flits(std::string_view text, Options& options) {
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        const std::size_t equals = item.find('=');
        const std::string_view arch = equals == std::string_view::npos ? "" : item.substr(0, equals);
        const auto bytes = parse_flit(equals == std::string_view::npos ? item : item.substr(equals + 1));
        if (!bytes || (!arch.empty() && arch != "wormhole" && arch != "blackhole")) {
            return false;
        }
        if (arch != "blackhole") {
            options.flit_bytes_wormhole = *bytes;
        }
        if (arch != "wormhole") {
            options.flit_bytes_blackhole = *bytes;
        }
    }
    return true;
}

}  // namespace

Result<Options> options_from_environment() {
    Options options;
    const auto given = [](const char* name) -> std::string {
        const char* value = std::getenv(name);
        return value == nullptr ? std::string() : std::string(value);
    };
    if (const std::string root = given("TT_ALLOC_SYSFS_ROOT"); !root.empty()) {
        options.sysfs_root = root;
    }
    if (const std::string root = given("TT_ALLOC_PROCFS_ROOT"); !root.empty()) {
        options.procfs_root = root;
    }
    if (const std::string flits = given("TT_ALLOC_PCIE_FLIT_BYTES"); !apply_flits(flits, options)) {
        return Error{"TT_ALLOC_PCIE_FLIT_BYTES=" + flits +
                     ": give a number of bytes (1 to 4096) or wormhole=N,blackhole=N"};
    }
    return options;
}

Options completed(Options options) {
    using std::chrono::milliseconds;
    if (!options.reader) {
        options.reader = make_posix_reader();
    }
    if (!options.now_ns) {
        options.now_ns = [] {
            const auto now = std::chrono::steady_clock::now().time_since_epoch();
            return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
        };
    }
    options.interval = std::clamp(options.interval, milliseconds(100), milliseconds(2000));
    return options;
}

}  // namespace ttmem::telemetry
