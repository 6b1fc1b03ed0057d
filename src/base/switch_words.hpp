// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What ttmem_hooks_enable and ttmem_hooks_disable answer when there is nothing to do: by these words a caller tells it.
#pragma once

namespace ttmem {

inline constexpr char kOnAlready[] = "tracking is on already";
inline constexpr char kOffAlready[] = "tracking is off already";

}  // namespace ttmem
