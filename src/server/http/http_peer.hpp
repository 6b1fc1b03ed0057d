// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The far end of a connected socket: where it is, whose it is, and whether it is still there. No call blocks.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace ttmem::server {

// Whether the far end is on this machine: over the loopback, or a unix socket.
bool comes_from_this_machine(int fd);

// The user at the far end of a unix socket, as the kernel says.
std::optional<uid_t> user_of_unix_peer(int fd);

// A name for the client, so that clients can take turns: its user where it is on this machine and the kernel says whose
// socket it is (NETLINK_SOCK_DIAG), else its address. No proof of anything: what a client may see does not follow from
// it.
std::string client_name(int fd);

// Whether the far end has closed the connection.
bool has_hung_up(int fd);

}  // namespace ttmem::server
