// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/history_keeper.hpp"

#include <string>

namespace ttmem::server {

HistoryKeeper::HistoryKeeper(EventLoop& loop, Log& log, ModelSource& models, const history::Settings& settings)
    : loop_(loop), log_(log), models_(models), recorder_(settings) {
    timer_ = loop_.at(0, [this] { tick(); });
}

HistoryKeeper::~HistoryKeeper() {
    loop_.cancel(timer_);
    recorder_.stop();  // its last notices come while it ends
    say_notices();
}

void HistoryKeeper::record() {
    models_.get(ModelSource::Want::kTotals, [self = alive_.watch()](const SharedModel& model) {
        if (HistoryKeeper* const keeper = self.get()) {
            keeper->recorder_.record(model);
        }
    });
    say_notices();
}

void HistoryKeeper::say_notices() {
    for (const std::string& notice : recorder_.take_notices()) {
        log_.write(LogLevel::kWarning, notice);
    }
}

void HistoryKeeper::tick() {
    record();
    timer_ = loop_.at(loop_.now_ns() + kEveryNs, [this] { tick(); });
}

}  // namespace ttmem::server
