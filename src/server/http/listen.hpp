// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// TCP addresses that HTTP is served on.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace ttmem::server {

// The reason why an address cannot be used; empty when it can. `remote`: addresses that are not of the loopback may be.
std::string address_complaint(const std::string& address, bool remote);

// A non-blocking socket that listens on "127.0.0.1:9465" or "[::1]:9465"; port 0: one that the kernel chooses. `hint`
// ends the message of an address that is taken.
Result<UniqueFd> listen_on(const std::string& address, const std::string& hint);

// The address of a listening socket as a person would type it, with the port that the kernel chose, if it did.
std::string url_of(int fd);

// The address at which a browser of this machine finds a server that listens on `url`: a server on all addresses is on
// the loopback, too.
std::string local_url(std::string url);

}  // namespace ttmem::server
