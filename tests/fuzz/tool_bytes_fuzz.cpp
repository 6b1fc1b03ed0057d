// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds what a tool reads from a server with arbitrary bytes, and what a server reads from a tool.
//
//   byte 0      0: a model, 1: an answer of the history, 2: a question to it, 3: such a question as it stands in a
//   request the rest    the bytes
//
// Checked: what is taken says the same when it is written and read again; every index in a model names something; a
// question that is taken gets an answer.
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "history/answer_bytes.hpp"
#include "history/query.hpp"
#include "history/store.hpp"
#include "model/model_bytes.hpp"
#include "model/tool_protocol.hpp"
#include "output/json.hpp"

namespace {

using namespace ttmem;

// A history of one moment, gone with the process.
class SmallHistory {
public:
    SmallHistory() {
        check(mkdtemp(folder_) != nullptr);
        history::Settings settings;
        settings.path = path();
        std::vector<std::string> notices;
        auto store = history::Store::open(settings, notices);
        check(static_cast<bool>(store));
        api::Model model;
        model.time_ns = 1'700'000'000'000'000'000;
        model.devices.resize(2);
        model.devices[1].id = 1;
        model.devices[1].unique_id = 7;
        check(store.value()->record(model));
    }
    ~SmallHistory() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::string path() const { return std::string(folder_) + "/history.db"; }

private:
    char folder_[40] = "/tmp/ttmem-fuzz.XXXXXX";
};

void ask(const history::Question& question) {
    static const SmallHistory small;
    auto database = history::History::open(small.path());
    check(static_cast<bool>(database));
    const Result<history::Answer> answer = database.value().ask(question);
    if (answer) {
        const std::string bytes = history::to_bytes(answer.value());
        const auto again = history::answer_from_bytes(bytes);
        check(again.has_value() && history::to_bytes(*again) == bytes);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    if (data[0] == 0) {
        if (const auto model = api::model_from_bytes(bytes)) {
            const std::string written = api::to_bytes(*model);
            const auto again = api::model_from_bytes(written);
            check(again.has_value() && api::to_bytes(*again) == written);
            check(!api::to_json_text(*model, -1).empty());
        }
    } else if (data[0] == 1) {
        if (const auto answer = history::answer_from_bytes(bytes)) {
            const std::string written = history::to_bytes(*answer);
            const auto again = history::answer_from_bytes(written);
            check(again.has_value() && history::to_bytes(*again) == written);
        }
    } else if (data[0] == 2 || data[0] == 3) {
        const auto raw = data[0] == 3 ? api::from_hex(bytes) : std::optional<std::string>(bytes);
        if (const auto question = raw ? history::question_from_bytes(*raw) : std::nullopt) {
            const auto again = history::question_from_bytes(history::to_bytes(*question));
            check(again.has_value());
            ask(*question);
        }
    }
    return 0;
}
