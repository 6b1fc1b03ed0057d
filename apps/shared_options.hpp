// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Options that several subcommands have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "commands.hpp"

namespace ttmem {

// For tests and containers: where the driver's files are. As if the environment said it.
void add_place_options(CLI::App& app);

// Which device: a word as api/device_names.hpp takes it.
void add_device_option(CLI::App& app, std::string& device, const std::string& about);

// The option that names the server to ask, as TTMEM_SERVER does (ask_server.hpp).
void add_server_option(CLI::App& app);

void add_doctor_options(CLI::App& app, DoctorOptions& options);

// Options of `ttmem top` when it does not watch. `app` has --watch and --refresh, which exclude them.
void add_once_options(CLI::App& app, OnceOptions& once);

}  // namespace ttmem
