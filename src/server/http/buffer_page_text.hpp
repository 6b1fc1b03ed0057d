// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "inventory/buffer_page.hpp"
#include "server/http/http_server.hpp"

namespace ttmem::server {

// The answer of /api/v1/buffers: the page as that viewer may see it, as JSON. Pure; safe on any thread.
std::string buffer_page_text(const inventory::BufferPage& page, const inventory::BufferQuery& query,
                             const Viewer& viewer);

}  // namespace ttmem::server
