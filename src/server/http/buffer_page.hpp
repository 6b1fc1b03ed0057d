// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The answer of /api/v1/buffers: a part of the list of live buffers. Pure; safe on any thread.
#pragma once

#include <cstdint>
#include <string>

#include "model/model.hpp"
#include "server/http/api_parameters.hpp"
#include "server/http/http_server.hpp"

namespace ttmem::server {

inline constexpr int64_t kUsualBuffers = 1000;  // rows, where the request names no limit

// With what that viewer may see. Only the rows of the answer are copied: the list may have a million.
std::string buffer_page(const api::Model& model, const Viewer& viewer, const Arguments& arguments);

}  // namespace ttmem::server
