// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace ttmem {

// Prints the address of a page with its token on stdout and, where there is a screen, opens it in the user's browser,
// which this process does not wait for. A browser that cannot be started is a line on stderr.
void show_page(const std::string& address, bool in_browser);

}  // namespace ttmem
