// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a server answers at a socket or address.
#pragma once

#include <cstdint>
#include <string>

namespace ttmem::doctor {

enum class Answer : uint8_t {
    kAnswers,
    kAbsent,   // nothing is there
    kRefused,  // something is there that does not take us (`why`)
    kSilent    // it takes the connection and says nothing
};

struct Reached {
    Answer answer = Answer::kAbsent;
    std::string why;
};

// A unix socket of the proof of concept's protocol: asks for device 0 and waits for an answer.
Reached reach_socket(const std::string& path, int patience_ms);

// "127.0.0.1:9465": asks for /healthz. Numbers only, no name is looked up.
Reached reach_http(const std::string& place, int patience_ms);

}  // namespace ttmem::doctor
