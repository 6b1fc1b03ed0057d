// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The far end of a connected socket: whether it is on this machine, and still there. No call blocks.
#pragma once

namespace ttmem::server {

// Whether the far end is on this machine: over the loopback, or a unix socket.
bool comes_from_this_machine(int fd);

// Whether the far end has closed the connection.
bool has_hung_up(int fd);

}  // namespace ttmem::server
