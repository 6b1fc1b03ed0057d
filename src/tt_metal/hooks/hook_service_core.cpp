// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// L1 of service cores: what is given out is recorded after, what is given back before it is.
#include "tt_metal/objects/service_cores.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/release/symbols.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

uint64_t service_allocate(ServiceCoreManager* manager, Device* device, Grid core, size_t bytes) {
    const uint64_t address = originals().service_allocate(manager, device, core, bytes);
    if (tracking() != nullptr) {
        service_l1_allocated(device, core, address, bytes);
    }
    return address;
}

void service_reserve(ServiceCoreManager* manager, Device* device, Grid core, uint64_t address) {
    originals().service_reserve(manager, device, core, address);
    if (tracking() != nullptr) {
        service_l1_reserved(device, core, address);
    }
}

void service_deallocate(ServiceCoreManager* manager, Device* device, Grid core, uint64_t address) {
    if (tracking() != nullptr) {
        service_l1_freed(device, core, address);
    }
    originals().service_deallocate(manager, device, core, address);
}

void service_release(ServiceCoreManager* manager, Device* device, const std::vector<Grid>* cores) {
    if (tracking() != nullptr) {
        service_cores_released(device, *cores);
    }
    originals().service_release(manager, device, cores);
}

void service_device_close(ServiceCoreManager* manager, int chip) {
    if (tracking() != nullptr) {
        service_device_closed(chip);
    }
    originals().service_device_close(manager, chip);
}

}  // namespace ttmem::tt_metal
