// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands.hpp"

namespace ttmem {

// As snapshot_command(), followed by the buffers that processes held when they ended.
int snapshot_command_with_ended(const SnapshotOptions& options);

}  // namespace ttmem
