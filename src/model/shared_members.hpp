// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The members (archive.hpp) of structures that models and histories have in common.
#pragma once

#include "model/model.hpp"

namespace ttmem::api {

template <typename A, typename T>
void members(A& archive, PerKind<T>& all) {
    for (T& one : all.values) {
        archive(one);
    }
}

template <typename A>
void members(A& archive, Container& all) {
    auto& [runtime, id, pod, job] = all;
    archive(runtime, id, pod, job);
}

}  // namespace ttmem::api
