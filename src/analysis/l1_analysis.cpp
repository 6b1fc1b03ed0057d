// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/l1_analysis.hpp"

namespace ttmem::inventory {

const std::vector<L1Analysis::WorkerCore>& L1Analysis::cores() {
    if (!cores_) {
        cores_.emplace();
        for (const api::Core& core : known_cores(*model_, device_)) {
            cores_->push_back({core, core_without_bank(*model_, device_, core)});
        }
    }
    return *cores_;
}

const std::optional<api::Layout>& L1Analysis::l1() {
    if (!l1_) {
        l1_.emplace(l1_layout(*model_, device_));
    }
    return *l1_;
}

const std::optional<api::Layout>& L1Analysis::dram() {
    if (!dram_) {
        dram_.emplace(dram_layout(*model_, device_));
    }
    return *dram_;
}

const api::ClashGauge& L1Analysis::gauge() {
    if (!gauge_) {
        gauge_ = clash_gauge(*model_, device_);
    }
    return *gauge_;
}

const std::vector<api::FreeSpace>& L1Analysis::spaces() {
    if (!spaces_) {
        spaces_ = free_spaces(*model_, device_);
    }
    return *spaces_;
}

const std::vector<FreeOnCores>& L1Analysis::free_on_cores() {
    if (!free_on_cores_) {
        free_on_cores_ = free_by_cores(*model_, device_);
    }
    return *free_on_cores_;
}

}  // namespace ttmem::inventory
