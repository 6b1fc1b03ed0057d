// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests: a history in a folder of its own, and small models to fill it with.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "history/query.hpp"
#include "history/store.hpp"
#include "model/model.hpp"

namespace ttmem::history::testing {

inline constexpr uint64_t kSecond = 1'000'000'000;

class Folder {
public:
    Folder() {
        char name[] = "/tmp/ttmem-history-XXXXXX";
        folder_ = mkdtemp(name);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path() const { return folder_ + "/history.db"; }
    Settings settings() const {
        Settings settings;
        settings.path = path();
        return settings;
    }
    Answer ask(const Question& question = {}) const {
        auto history = History::open(path());
        if (!history) {
            throw std::runtime_error(history.error().message);
        }
        auto answer = history.value().ask(question);
        if (!answer) {
            throw std::runtime_error(answer.error().message);
        }
        return std::move(answer.value());
    }

private:
    std::string folder_;
};

// A model of one chip, and one living process that holds `dram` bytes of it.
inline api::Model model_at(uint64_t time_s, uint64_t dram, int pid = 77) {
    api::Model model;
    model.time_ns = time_s * kSecond;
    model.devices.resize(1);
    model.devices[0].id = 0;
    model.devices[0].unique_id = 0xffff'0000'1234'5678;
    model.devices[0].arch = "wormhole_b0";
    model.devices[0].memory[api::MemoryKind::kDram].allocated_bytes = dram;
    api::Process process;
    process.pid = pid;
    process.uid = 1000;
    process.user = "somebody";
    process.command = "/usr/bin/python train.py --token secret";
    process.start_time_ns = 900 * kSecond;
    process.ledger = "/dev/shm/tt_alloc.1000/" + std::to_string(pid) + ".ledger";
    api::ProcessDevice use;
    use.device = 0;
    use.bytes[api::MemoryKind::kDram] = dram;
    use.peak_bytes[api::MemoryKind::kDram] = dram;
    process.devices.push_back(use);
    model.processes.push_back(process);
    return model;
}

}  // namespace ttmem::history::testing
