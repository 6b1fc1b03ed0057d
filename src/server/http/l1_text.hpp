// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/model.hpp"
#include "server/http/api_parameters.hpp"

namespace ttmem::server {

// The answer of /api/v1/l1, as `ttmem l1 --json` prints it: of the device and core that the arguments name, else of all
// that are open. Pure; safe on any thread.
std::string l1_text(const api::Model& model, const Arguments& arguments);

}  // namespace ttmem::server
