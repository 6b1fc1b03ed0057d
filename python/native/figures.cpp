// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "figures.hpp"

#include <nanobind/nanobind.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "inventory/ledger_stamp.hpp"
#include "views.hpp"

namespace ttmem::python {
namespace {

namespace nb = nanobind;

// The last model of one ledger. A forked child has another ledger, and makes one of its own without touching its
// parent's, whose mutex a thread that is not there may hold.
class KeptModel {
public:
    explicit KeptModel(const inventory::Settings& settings)
        : pid_(getpid()), path_(path_of(settings)), inventory_(settings) {
        if (settings.own) {
            stamp_ = std::make_unique<inventory::LedgerStamp>(*settings.own);
        }
    }
    bool is_of(const inventory::Settings& settings) const { return pid_ == getpid() && path_ == path_of(settings); }

    std::shared_ptr<const api::Model> get() {
        const std::lock_guard lock(mutex_);
        const std::optional<uint64_t> now = stamp_ == nullptr ? std::nullopt : stamp_->now();
        if (model_ == nullptr || !now || now != read_at_) {
            inventory::Request request;
            request.depth = inventory::Depth::kSpace;
            model_ = inventory_.refresh(request);
            const bool holds = model_->processes.size() == 1 && model_->processes[0].one_moment;
            read_at_ = holds ? now : std::nullopt;
        }
        return model_;
    }

private:
    static std::string path_of(const inventory::Settings& settings) {
        return settings.own ? settings.own->path : std::string();
    }

    pid_t pid_;
    std::string path_;
    std::mutex mutex_;
    inventory::Inventory inventory_;
    std::unique_ptr<inventory::LedgerStamp> stamp_;
    std::shared_ptr<const api::Model> model_;
    std::optional<uint64_t> read_at_;
};

// The pointer is guarded by the GIL. The model before is not destroyed: another thread may be using it, and in
// a forked child its mutex may be locked for good. A process has one ledger, so there is at most one that is left.
KeptModel& kept_model() {
    static KeptModel* kept = nullptr;
    const inventory::Settings settings = own_alone();
    if (kept == nullptr || !kept->is_of(settings)) {
        kept = new KeptModel(settings);
    }
    return *kept;
}

}  // namespace

std::optional<Figures> own_figures(int32_t device, api::MemoryKind kind) {
    KeptModel& kept = kept_model();
    std::shared_ptr<const api::Model> model;
    {
        const nb::gil_scoped_release released;
        model = kept.get();
    }
    for (const api::Device& each : model->devices) {
        if (each.id == device) {
            const api::MemoryUse& use = each.memory[kind];
            return Figures(use.reserved_bytes, use.capacity_bytes, use.allocated_bytes, use.largest_free_bytes_per_bank,
                           use.banks);
        }
    }
    return std::nullopt;
}

}  // namespace ttmem::python
