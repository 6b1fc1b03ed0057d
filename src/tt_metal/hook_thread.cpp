// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/hook_thread.hpp"

namespace ttmem::tt_metal {

thread_local constinit HookThread hook_thread;

}  // namespace ttmem::tt_metal
