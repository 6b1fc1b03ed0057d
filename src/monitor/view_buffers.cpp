// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/scene.hpp"

namespace ttmem::monitor {

const std::vector<ColumnName>& buffer_columns() {
    static const std::vector<ColumnName> kColumns = {
        {"BYTES", true},    {"ADDRESS", false},  {"KIND", false}, {"DEV", false},    {"PID", false},
        {"PER BANK", true}, {"REQUESTED", true}, {"AGE", true},   {"LAYOUT", false}, {"OPERATION", false}};
    return kColumns;
}

}  // namespace ttmem::monitor
