// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `--csv --query=FIELD,...`: named figures of devices or of processes, a line each. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/model.hpp"

namespace ttmem::monitor {

struct QueryField;  // one name that may be asked for

class Query {
public:
    // Names separated by commas. An error for a name that does not exist, and for names of devices and of processes
    // together: a line is one or the other.
    static Result<Query> parse(std::string_view names);

    // The names with their units, "dram.used [B],asic_temperature [C]".
    std::string header() const;
    // A line for each device, or for each process on each of its devices; each ends with a line feed. Numbers are
    // plain, texts quoted where they must be, what is not known is empty.
    std::string rows(const api::Model& model) const;

private:
    std::vector<const QueryField*> fields_;
};

// The columns that --csv prints without --query.
inline constexpr const char* kUsualQuery =
    "timestamp,id,kmd_index,pci,board,condition,asic_temperature,power,ai_clock,dram.used,dram.capacity,l1.used,l1."
    "capacity,"
    "cb.current,kernels.loaded,processes";

// Every name with its unit and meaning, for people.
std::string list_queries();

}  // namespace ttmem::monitor
