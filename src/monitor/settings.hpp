// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Settings that the monitor keeps from one run to the next: $XDG_CONFIG_HOME/ttmem/monitor.conf, or
// ~/.config/ttmem/monitor.conf. Lines "name = value"; a line with an unknown name or a bad value is left out, the
// others count.
#pragma once

#include <string>
#include <string_view>

#include "monitor/state.hpp"

namespace ttmem::monitor {

// Empty when there is neither XDG_CONFIG_HOME nor HOME.
std::string settings_path();

std::string write_settings(const State& state);
void read_settings(std::string_view text, State& state);

// Missing or unreadable files change nothing.
void load_settings(const std::string& path, State& state);
// Replaces the file in one step; makes its folder. False: could not. Writes nothing when nothing changed.
bool save_settings(const std::string& path, const State& state);

}  // namespace ttmem::monitor
