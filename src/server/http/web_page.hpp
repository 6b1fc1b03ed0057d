// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The page that a browser gets at /: one file from web/dist, which the build puts into the program.
#pragma once

#include <memory>
#include <string>

namespace ttmem::server {

struct WebPage {
    std::shared_ptr<const std::string> text;
    std::shared_ptr<const std::string> gzip;  // the same, compressed
    std::string policy;                       // its Content-Security-Policy
};
const WebPage& web_page();

}  // namespace ttmem::server
