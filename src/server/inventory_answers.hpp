// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers the old socket's questions from all sources: ledgers, and the socket's own clients. The old protocol knows
// devices by logical id, so a figure is the sum over what any source holds on devices of that id; what is unknown is 0.
//
// What the socket's clients hold is exact at every answer. Ledgers are read again when a question comes, though not
// more than a fifth of the time: questions without end must not keep the loop from its other work.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "inventory/inventory.hpp"
#include "server/legacy_socket.hpp"
#include "server/models.hpp"

namespace ttmem::server {

class InventoryAnswers : public LegacyAnswers {
public:
    // The dump goes to that descriptor.
    InventoryAnswers(inventory::Inventory& inventory, int dump_fd) : inventory_(inventory), dump_fd_(dump_fd) {}
    // To be called before the first question. `socket` outlives this.
    void attach(LegacySocket& socket) { socket_ = &socket; }

    void answer_query(int32_t device, api::LegacyMessage& reply) override;
    void answer_device_info(int32_t device, api::LegacyMessage& reply) override;
    uint64_t dump() override;

    // Looks for processes that came or ended, without reading what the others hold. The socket's clients are not in it.
    std::shared_ptr<const api::Model> look();

    // Ledgers and socket clients in one model.
    api::Model merged(bool buffers);

    // What the socket's clients hold that no ledger counts, as of the last look at the ledgers, which is made if due.
    SocketFigures socket_figures(bool buffers);

private:
    SocketFigures collect(bool buffers) const;
    void refresh();
    void read(inventory::Request request);
    void leave_out_counted();

    inventory::Inventory& inventory_;
    int dump_fd_;
    LegacySocket* socket_ = nullptr;
    std::shared_ptr<const api::Model> ledgers_;
    uint64_t next_refresh_ns_ = 0;
};

// What is held, for a person: devices, the processes on each, and single buffers where there are few.
std::string dump_text(const api::Model& model);

}  // namespace ttmem::server
