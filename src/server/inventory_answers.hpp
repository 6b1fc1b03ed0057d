// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers the old socket's questions from all sources: ledgers, and the socket's own clients. The old protocol knows
// devices by logical id, so a figure is the sum over what any source holds on devices of that id; what is unknown is 0.
//
// The figures of the socket's clients are exact at every answer. Where ledgers take long to read they are read beside
// the loop (models.hpp), during a fifth of the time at most: however much is held, and however often clients ask, the
// loop goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "inventory/inventory.hpp"
#include "server/background.hpp"
#include "server/legacy/legacy_socket.hpp"
#include "server/models.hpp"

namespace ttmem::server {

class InventoryAnswers : public LegacyAnswers {
public:
    using Looked = std::function<void(const SharedModel&)>;

    // `inventory` is for looks alone. The dump goes to that descriptor.
    InventoryAnswers(inventory::Inventory& inventory, int dump_fd) : inventory_(inventory), dump_fd_(dump_fd) {}
    // To be called before the first question. All are there as long as questions and dumps come. `looks`: a thread for
    // looks alone, which must end before this object; null: looks are made by the caller.
    void attach(LegacySocket& socket, ModelSource& models, Background& background, Background* looks = nullptr);

    void answer_query(int32_t device, Got got) override;
    void answer_device_info(int32_t device, Got got) override;
    void dump() override;

    // Looks for processes that came or ended, without reading what the others hold, and calls `got` with them, on the
    // loop's thread. The socket's clients are not in it. Ledgers are other users': the loop does not wait for them.
    void look(Looked got);

    // Figures of the socket's clients that no ledger counts, as of the last look, and begins another one if it is due.
    SocketFigures socket_figures(bool buffers);

private:
    struct Look {
        SharedModel model;
        uint64_t cost_ns;
    };
    Look look_now();
    void begin_look();
    void take_look(const Look& look, const std::vector<Looked>& waiting);
    void note(const SharedModel& model);
    void leave_out_counted(const api::Model& model);
    void count_devices(const api::Model& model, api::LegacyMessage& reply) const;
    void describe_device(const api::Model& model, int32_t id, api::LegacyMessage& reply) const;

    inventory::Inventory& inventory_;
    int dump_fd_;
    LegacySocket* socket_ = nullptr;
    ModelSource* models_ = nullptr;
    Background* background_ = nullptr;
    Background* looks_ = nullptr;
    std::vector<Looked> looks_wanted_;  // since the look in flight began
    bool looking_ = false;
    SharedModel noted_;
    uint64_t counted_changes_ = 0;  // of which clients count
    uint64_t next_look_ns_ = 0;
    bool dumping_ = false;
    bool dump_again_ = false;
};

// The devices, the processes on each, and single buffers where there are few, as text for people.
std::string dump_text(const api::Model& model);

}  // namespace ttmem::server
