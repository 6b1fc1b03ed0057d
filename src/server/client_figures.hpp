// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures of the old socket's clients that no ledger counts. A client that has a ledger, too, is found by looks at the
// list of processes: its holdings are left out from the moment on in which the ledger's figures are in. For the loop's
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "inventory/inventory.hpp"
#include "server/background.hpp"
#include "server/legacy/socket_clients.hpp"
#include "server/models.hpp"

namespace ttmem::server {

class ClientFigures {
public:
    using Looked = std::function<void(const SharedModel&)>;

    // `inventory` is for looks alone.
    explicit ClientFigures(inventory::Inventory& inventory) : inventory_(inventory) {}
    // Call before anything else. `looks`: a thread for looks alone, which must end before this object; null: the caller
    // makes them.
    void attach(SocketClients& clients, Background* looks = nullptr);

    // Looks for processes that came or ended, without reading what the others hold, and calls `got` with them, on the
    // loop's thread. The socket's clients are not in it. Ledgers are other users': the loop does not wait for them.
    void look(Looked got);

    // The figures as of the last look; begins another one if it is due.
    SocketFigures get(bool buffers);

    // Leaves out the clients that this model counts from their ledgers.
    void note(const SharedModel& model);
    // Another number after each change of which clients are left out.
    uint64_t counted_changes() const { return counted_changes_; }

private:
    struct Look {
        SharedModel model;
        uint64_t cost_ns;
    };
    Look look_now();
    void begin_look();
    void take_look(const Look& look, const std::vector<Looked>& waiting);
    void leave_out_counted(const api::Model& model);

    inventory::Inventory& inventory_;
    SocketClients* clients_ = nullptr;
    Background* looks_ = nullptr;
    std::vector<Looked> looks_wanted_;  // since the look in flight began
    bool looking_ = false;
    uint64_t next_look_ns_ = 0;
    SharedModel noted_;
    uint64_t counted_changes_ = 0;
};

}  // namespace ttmem::server
