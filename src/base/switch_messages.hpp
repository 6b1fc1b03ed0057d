// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The answers of ttmem_hooks_enable and ttmem_hooks_disable when there is nothing to do; callers compare with them.
#pragma once

namespace ttmem {

inline constexpr char kOnAlready[] = "tracking is on already";
inline constexpr char kOffAlready[] = "tracking is off already";

}  // namespace ttmem
