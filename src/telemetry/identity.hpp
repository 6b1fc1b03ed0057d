// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which device is which, and how old is old. Pure functions over answers. Internal to this part.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "telemetry/options.hpp"
#include "telemetry/snapshot.hpp"

namespace ttmem::telemetry {

// A key for each of the devices that are present together, no two alike; empty where neither asic id nor serial is
// known. An asic id or serial that two of them claim belongs to neither: those go by their PCI address.
std::vector<std::string> identity_keys(const std::vector<const DeviceTelemetry*>& devices);

// The key of a device of which only the place is known.
std::string place_key(const std::optional<std::string>& pci, int kmd_index);
bool is_place_key(const std::string& key);

// Makes known values that are too old at `now_ns` stale. `look`: the depth of the passes.
void grow_old(DeviceTelemetry& device, std::uint64_t now_ns, const Options& options, Look look);

// Turns the last answer of a device that has left into what is said about it.
void make_gone(DeviceTelemetry& device);

// <sysfs>/module/tenstorrent/version. A version that was there and is not any more is kGone.
void read_driver_version(const Options& options, Reading<std::string>& version);

// True for the drivers (2.5 and 2.6) that list pids as their openers see them.
bool lists_opener_pids(const Reading<std::string>& driver_version);

}  // namespace ttmem::telemetry
