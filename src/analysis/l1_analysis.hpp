// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The account of one device's L1 and DRAM banks in a model. Each part is worked out when it is first wanted and then
// kept, so that a text, JSON and the screen draw from one account and none works a part out twice. The model must live as
// long and stay as it is. For one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "analysis/clash_gauge.hpp"
#include "analysis/free_blocks.hpp"
#include "analysis/memory_map.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

class L1Analysis {
public:
    struct WorkerCore {
        api::Core core;
        std::optional<api::RegionType> no_bank;  // why no bank lies on it
    };

    L1Analysis(const api::Model& model, api::DeviceIndex device) : model_(&model), device_(device) {}

    const api::Model& model() const { return *model_; }
    api::DeviceIndex device() const { return device_; }

    const std::vector<WorkerCore>& cores();
    // L1 as all worker cores share it, and a DRAM bank; nullopt as in memory_map.hpp.
    const std::optional<api::Layout>& l1();
    const std::optional<api::Layout>& dram();
    // L1 of one core. Not kept: a device has hundreds.
    std::optional<api::Layout> l1_of(const api::Core& core) const { return l1_layout(*model_, device_, core); }
    const api::ClashGauge& gauge();
    const std::vector<api::FreeSpace>& spaces();
    const std::vector<FreeOnCores>& free_on_cores();

private:
    const api::Model* model_;
    api::DeviceIndex device_;
    std::optional<std::vector<WorkerCore>> cores_;
    std::optional<std::optional<api::Layout>> l1_;
    std::optional<std::optional<api::Layout>> dram_;
    std::optional<api::ClashGauge> gauge_;
    std::optional<std::vector<api::FreeSpace>> spaces_;
    std::optional<std::vector<FreeOnCores>> free_on_cores_;
};

// The analyses of a model's devices. Devices that are alike (the chips of a mesh mostly) share one.
class L1Analyses {
public:
    explicit L1Analyses(const api::Model& model) : model_(&model), first_alike_(alike_devices(model)) {}

    // Of the first of the devices that are alike.
    L1Analysis& analysis(api::DeviceIndex device) {
        return analyses_.try_emplace(first_alike_[device], *model_, first_alike_[device]).first->second;
    }

private:
    const api::Model* model_;
    std::vector<api::DeviceIndex> first_alike_;
    std::map<api::DeviceIndex, L1Analysis> analyses_;
};

}  // namespace ttmem::inventory
