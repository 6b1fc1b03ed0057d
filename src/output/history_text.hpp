// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// An answer of the history as JSON and as CSV (docs/history.md). Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "history/query.hpp"

namespace ttmem::history {

nlohmann::ordered_json to_json(const Answer& answer);
std::string to_json_text(const Answer& answer, int indent);

// A line a point, with a head; unknown values are empty.
std::string to_csv(const Answer& answer);

// When a time asked for is, in ns since the Unix epoch: "90s", "10m", "2h", "7d" before `now_ns`, or seconds since the
// epoch, or "2026-11-23", "2026-11-23T05:33", "2026-11-23T05:33:48" in UTC with or without a Z. Nothing for other
// texts.
std::optional<uint64_t> parse_time(std::string_view text, uint64_t now_ns);

// "2026-11-23T05:33:48Z".
std::string utc_time(uint64_t time_ns);

}  // namespace ttmem::history
