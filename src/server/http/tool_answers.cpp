// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/tool_answers.hpp"

#include <charconv>
#include <string_view>
#include <utility>

#include "history/answer_bytes.hpp"
#include "inventory/source_places.hpp"
#include "model/model_bytes.hpp"
#include "model/tool_protocol.hpp"
#include "server/http/api_routes.hpp"

namespace ttmem::server {
namespace {

HttpReply bytes_reply(std::string bytes) {
    HttpReply reply;
    reply.type = "application/octet-stream";
    reply.body = std::make_shared<const std::string>(std::move(bytes));
    return reply;
}

std::string parameter(const HttpRequest& request, std::string_view name) {
    for (const auto& [key, value] : request.parameters) {
        if (key == name) {
            return value;
        }
    }
    return "";
}

std::optional<uint32_t> number(const std::string& text) {
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

ToolAnswers::ToolAnswers(Background& background, ModelSource& models, Settings settings)
    : background_(background), models_(models), settings_(std::move(settings)) {}

bool ToolAnswers::handle(const HttpRequest& request, const HttpHandler::Done& done) {
    if (!request.viewer.uid) {
        return false;
    }
    if (request.path == api::kToolHello) {
        done(bytes_reply(api::tool_hello(settings_.version, inventory::source_places(settings_.places))));
    } else if (request.path == api::kToolModel) {
        answer_model(request, done);
    } else if (request.path == api::kToolHistory) {
        answer_history(request, done);
    } else {
        return false;
    }
    return true;
}

void ToolAnswers::answer_model(const HttpRequest& request, HttpHandler::Done done) {
    const std::optional<uint32_t> want = number(parameter(request, "want"));
    if (!want || *want > api::kWantAll) {
        done(error_reply(400, "the request does not say what is wanted"));
        return;
    }
    if (!has_room(done)) {
        return;
    }
    inventory::Request wanted;
    wanted.depth = (*want & api::kWantBuffers) != 0 ? inventory::Depth::kBuffers
                   : (*want & api::kWantSpace) != 0 ? inventory::Depth::kSpace
                                                    : inventory::Depth::kTotals;
    wanted.programs = (*want & api::kWantL1) != 0         ? inventory::ProgramDepth::kL1
                      : (*want & api::kWantPrograms) != 0 ? inventory::ProgramDepth::kPrograms
                      : (*want & api::kWantFailures) != 0 ? inventory::ProgramDepth::kFailures
                                                          : inventory::ProgramDepth::kNone;
    ++waiting_;
    models_.read_fresh(wanted, [self = alive_.watch(), viewer = request.viewer, asker = request.wanted,
                                done = std::move(done)](const SharedModel& model) {
        if (ToolAnswers* const answers = self.get()) {
            --answers->waiting_;
            answers->make(
                answers->background_,
                [viewer, model, asker] {
                    if (!is_wanted(asker)) {
                        return error_reply(503, "the request was given up");
                    }
                    api::Model own = *model;
                    hide_details(own, viewer);
                    return bytes_reply(api::to_bytes(own));
                },
                done);
        }
    });
}

void ToolAnswers::answer_history(const HttpRequest& request, HttpHandler::Done done) {
    const std::optional<std::string> bytes = api::from_hex(parameter(request, "question"));
    const auto question = bytes ? history::question_from_bytes(*bytes) : std::nullopt;
    if (settings_.history_path.empty()) {
        done(error_reply(404, "this server keeps no history"));
    } else if (!question) {
        done(error_reply(400, "the question is none"));
    } else if (has_room(done)) {
        make(
            *settings_.history,
            [question, path = settings_.history_path, asker = request.wanted] {
                if (!is_wanted(asker)) {
                    return error_reply(503, "the request was given up");
                }
                Result<history::History> database = history::History::open(path);
                if (!database) {
                    return error_reply(503, database.error().message);
                }
                const Result<history::Answer> answer = database.value().ask(*question);
                return answer ? bytes_reply(history::to_bytes(answer.value()))
                              : error_reply(503, answer.error().message);
            },
            std::move(done));
    }
}

bool ToolAnswers::has_room(const HttpHandler::Done& done) {
    if (waiting_ >= kMostWaiting) {
        done(error_reply(503, "too many answers are being made"));
        return false;
    }
    return true;
}

void ToolAnswers::make(Background& where, Make make, HttpHandler::Done done) {
    ++waiting_;
    where.post([self = alive_.watch(), make = std::move(make), done = std::move(done)]() -> Background::Done {
        return [self, reply = make(), done] {
            if (ToolAnswers* const answers = self.get()) {
                --answers->waiting_;
                done(reply);
            }
        };
    });
}

}  // namespace ttmem::server
