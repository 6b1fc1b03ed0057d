// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/history_keeper.hpp"

#include <memory>
#include <string>

namespace ttmem::server {

HistoryKeeper::HistoryKeeper(EventLoop& loop, Log& log, InventoryAnswers& answers, const history::Settings& settings)
    : loop_(loop), log_(log), answers_(answers), recorder_(settings) {
    timer_ = loop_.at(0, [this] { tick(); });
}

HistoryKeeper::~HistoryKeeper() {
    loop_.cancel(timer_);
    record();
}

void HistoryKeeper::record() {
    recorder_.record(std::make_shared<const api::Model>(answers_.merged(false)));
    for (const std::string& notice : recorder_.take_notices()) {
        log_.write(LogLevel::kWarning, notice);
    }
}

void HistoryKeeper::tick() {
    record();
    timer_ = loop_.at(loop_.now_ns() + kEveryNs, [this] { tick(); });
}

}  // namespace ttmem::server
