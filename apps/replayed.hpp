// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The options that name a recording, or a moment of one.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "replay/playback.hpp"

namespace ttmem {

// Takes the moments of a recording alone (replay/moment_words.hpp).
CLI::Validator moment_check();

// --replay, described by `about`, and --at. Gives --replay.
CLI::Option* add_replay_options(CLI::App& app, ReplayWords& words, const std::string& about);

// At the moment that was asked for. Without: a line on stderr, begun by `program`, said why.
std::shared_ptr<replay::Playback> open_replay(const ReplayWords& words, const char* program);

// Of an inventory that is read once: of the recording if one is named, else of the present. nullopt: as open_replay().
std::optional<inventory::Settings> settings_of(const ReplayWords& words, ServerAsker& server, const char* program);

}  // namespace ttmem
