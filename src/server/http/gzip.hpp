// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ttmem::server {

// The text compressed as Content-Encoding: gzip wants it, quickly rather than tightly: it is made for one answer.
// nullptr: no memory for it; the client then gets the text itself. Pure; safe on any thread.
std::shared_ptr<const std::string> gzip_of(std::string_view text);

}  // namespace ttmem::server
