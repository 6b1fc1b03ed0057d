// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers to ttmem's own tools on the unix socket (docs/server.md, "Tools"): whole models and histories as bytes, for
// programs of this very version that look at the same places. Not a format for others: it changes with every version.
// For the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/alive.hpp"
#include "inventory/inventory.hpp"
#include "server/background.hpp"
#include "server/http/http_server.hpp"
#include "server/models.hpp"

namespace ttmem::server {

class ToolAnswers {
public:
    static constexpr size_t kMostWaiting = 64;  // answers being made at once

    struct Settings {
        std::string version;
        inventory::Settings places;
        std::string history_path = {};  // empty: none is kept
        Background* history = nullptr;  // the thread that asks it; outlives this
    };
    ToolAnswers(Background& background, ModelSource& models, Settings settings);

    // True: the path is one of these, and `done` is or will be called. To a viewer that is not known there are none.
    bool handle(const HttpRequest& request, const HttpHandler::Done& done);

private:
    using Make = std::function<HttpReply()>;
    void answer_model(const HttpRequest& request, HttpHandler::Done done);
    void answer_history(const HttpRequest& request, HttpHandler::Done done);
    bool has_room(const HttpHandler::Done& done);
    void make(Background& where, Make make, HttpHandler::Done done);

    Background& background_;
    ModelSource& models_;
    Settings settings_;
    size_t waiting_ = 0;
    Alive<ToolAnswers> alive_{this};
};

}  // namespace ttmem::server
