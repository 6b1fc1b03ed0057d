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
#include <string>

#include "model/model.hpp"
#include "server/background.hpp"
#include "server/client_figures.hpp"
#include "server/legacy/legacy_socket.hpp"
#include "server/models.hpp"

namespace ttmem::server {

class InventoryAnswers : public LegacyAnswers {
public:
    // The dump goes to that descriptor.
    InventoryAnswers(ClientFigures& figures, int dump_fd) : figures_(figures), dump_fd_(dump_fd) {}
    // Call before the first question. All are there as long as questions and dumps come.
    void attach(LegacySocket& socket, ModelSource& models, Background& background);

    void answer_query(int32_t device, Got got) override;
    void answer_device_info(int32_t device, Got got) override;
    void dump() override;

private:
    void count_devices(const api::Model& model, api::LegacyMessage& reply) const;
    void describe_device(const api::Model& model, int32_t id, api::LegacyMessage& reply) const;

    ClientFigures& figures_;
    int dump_fd_;
    LegacySocket* socket_ = nullptr;
    ModelSource* models_ = nullptr;
    Background* background_ = nullptr;
    bool dumping_ = false;
    bool dump_again_ = false;
};

// The devices, the processes on each, and single buffers where there are few, as text for people.
std::string dump_text(const api::Model& model);

}  // namespace ttmem::server
