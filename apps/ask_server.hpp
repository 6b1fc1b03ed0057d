// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Models from a running server of this machine, for the tools: what they would read by themselves, and the old socket's
// clients, other users' counter files and shared folders, which they cannot read.
//
// No tool waits long for a server: a missing one costs a system call; one that does not answer, is of another version
// or looks at other places (inventory/source_places.hpp) costs 200 ms at most; the first answer of one that the user
// named may take 2 s. TTMEM_SERVER_PATIENCE_MS replaces both limits. For one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "history/query.hpp"
#include "inventory/inventory.hpp"
#include "model/model.hpp"

namespace ttmem {

class ServerAsker {
public:
    // TTMEM_SERVER (the option --server) is the path of a server's unix socket, which then has to answer; "none"; or
    // absent: root's server of this machine if there is one, else this user's.
    ServerAsker();

    // As inventory::Settings::served. nullptr: no server is running that would give the same answer as this process.
    std::shared_ptr<const api::Model> model(const inventory::Request& request);
    // Asks a server that keeps a history. nullopt: there is none.
    std::optional<history::Answer> history(const history::Question& question);

    // Where the page of a server is, and a token that opens it as this user (docs/server.md). `complaint()` says why
    // not.
    struct Page {
        std::string url;
        std::string token;
    };
    std::optional<Page> page();

    bool is_named() const { return named_; }
    // Why the server that was named did not answer; empty when it did, or none was named.
    const std::string& complaint() const { return complaint_; }

    // Settings for an inventory that asks first; this outlives it.
    inventory::Settings settings(inventory::TelemetryUse telemetry);

private:
    using Clock = std::chrono::steady_clock;

    // After a failure no server is asked for a while; asking anyway would start that while again.
    bool is_resting() const { return Clock::now() < not_before_; }
    Result<std::string> ask(const std::string& target, const std::string& expected_hello);
    Result<std::string> ask_at(const std::string& path, const std::string& target, const std::string& expected_hello,
                               Clock::time_point until);
    template <typename T, typename Read>
    std::optional<T> take(Result<std::string> answer, Read&& read);

    std::vector<std::string> paths_;
    bool named_ = false;
    std::chrono::milliseconds patience_;  // with a greeting, and with each silence of an answer
    std::string complaint_;
    Clock::time_point not_before_{};  // when one that failed is asked again
    uint64_t buffers_ = 0;            // in the last model
    // The server that answered last, to be asked again.
    UniqueFd connection_;
    std::string connected_to_;
};

}  // namespace ttmem
