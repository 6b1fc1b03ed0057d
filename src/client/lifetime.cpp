// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Start and end of libtt_alloc_client.so in a process. The hooks library has a start of its own.
#include "client/tracker.hpp"

namespace {

__attribute__((constructor)) void at_load() {
    ttmem::client::set_tracking(ttmem::client::tracking_requested());
}

__attribute__((destructor)) void at_exit() {
    ttmem::client::process_exits();
}

}  // namespace
