// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replayed.hpp"

#include <cstdio>

#include "replay/moment_words.hpp"
#include "replay/replay_settings.hpp"

namespace ttmem {

CLI::Validator moment_check() {
    return CLI::Validator(
        [](const std::string& text) {
            return replay::parse_moment(text)
                       ? std::string()
                       : std::string("a moment is ") + replay::kMomentForms + ", not '" + text + "'";
        },
        "");
}

CLI::Option* add_replay_options(CLI::App& app, ReplayWords& words, const std::string& about) {
    CLI::Option* const replay = app.add_option("--replay", words.file, about)->type_name("FILE");
    app.add_option(
           "--at", words.at,
           "With --replay: the moment: seconds after the first event, 40%, @NS since 1970, step:N, peak (default),\n"
           "begin or end")
        ->type_name("TIME")
        ->check(moment_check())
        ->needs(replay);
    return replay;
}

std::shared_ptr<replay::Playback> open_replay(const ReplayWords& words, const char* program) {
    const Result<std::shared_ptr<replay::Playback>> opened = replay::Playback::open(words.file);
    if (!opened) {
        std::fprintf(stderr, "%s: %s\n", program, opened.error().message.c_str());
        return nullptr;
    }
    if (!words.at.empty()) {
        if (const Result<bool> found = opened.value()->go_to(words.at); !found) {
            std::fprintf(stderr, "%s: %s: %s\n", program, words.file.c_str(), found.error().message.c_str());
            return nullptr;
        }
    }
    return opened.value();
}

std::optional<inventory::Settings> settings_of(const ReplayWords& words, ServerAsker& server, const char* program) {
    if (words.file.empty()) {
        return server.settings(inventory::TelemetryUse::kOnce);
    }
    const std::shared_ptr<replay::Playback> playback = open_replay(words, program);
    return playback != nullptr ? std::optional(replay::replay_settings(playback)) : std::nullopt;
}

}  // namespace ttmem
