// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/picture_model.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "base/unique_fd.hpp"
#include "inventory/buffer_row.hpp"
#include "inventory/device_use.hpp"
#include "inventory/ledger_bytes.hpp"
#include "inventory/model_lists.hpp"
#include "inventory/ring_course.hpp"

namespace ttmem::inventory {
namespace {

bool is_same_chip(const api::Device& a, const api::Device& b) {
    if (a.mock != b.mock) {
        return false;
    }
    if (a.unique_id && b.unique_id) {
        return a.unique_id == b.unique_id;
    }
    return a.pci && b.pci ? a.pci == b.pci : a.id == b.id;
}

ledger::ByteSource source_of(const UniqueFd& fd) {
    return [number = fd.get()](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return pread(number, to, bytes, static_cast<off_t>(offset));
    };
}

// A plain file of that owner.
UniqueFd open_plain(const std::string& path, std::optional<uint32_t> owner) {
    UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    struct stat status {};
    if (fd.valid() &&
        (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || (owner && status.st_uid != *owner))) {
        fd.reset();
    }
    return fd;
}

// Fills in from the ledger whatever /proc did not say of the process.
void describe(api::Process& process, const ledger::Identity& identity, const SidecarNames& names) {
    process.devices.clear();
    process.pid = process.pid ? process.pid : std::optional(static_cast<int>(identity.pid));
    process.name = process.name.empty() ? identity.command : process.name;
    process.command = process.command.empty() ? names.command() : process.command;
}

// The process that holds all of the kind on the fullest device; nullopt: several do, or none.
std::optional<size_t> only_holder(const api::Model& model, const analysis::Why& why) {
    std::optional<size_t> only;
    for (const api::Buffer& buffer : model.buffers) {
        if (why.devices.empty() || memory_kind(buffer.kind) != why.kind || only == buffer.process ||
            !std::binary_search(buffer.devices.begin(), buffer.devices.end(), why.devices.front()) ||
            (why.process && buffer.process != *why.process)) {
            continue;
        }
        if (only) {
            return std::nullopt;
        }
        only = buffer.process;
    }
    return only;
}

}  // namespace

std::vector<size_t> add_devices(api::Model& model, const TrackedLedger& ledger, KnownDevices known_ones) {
    std::vector<size_t> places;
    RangeUnions unions;
    for (uint32_t local = 0; local < ledger.snapshot.devices.size(); ++local) {
        const std::vector<Part> parts{{&ledger, local}};
        bool is_cut = false;
        api::Device device = describe_device(ledger.snapshot.devices[local], parts, true, unions, is_cut);
        const auto known = std::find_if(model.devices.begin(), model.devices.end(),
                                        [&](const api::Device& each) { return is_same_chip(each, device); });
        places.push_back(static_cast<size_t>(known - model.devices.begin()));
        if (known == model.devices.end()) {
            model.devices.push_back(std::move(device));
        } else if (known_ones == KnownDevices::kAsThen) {
            *known = std::move(device);
        }
    }
    return places;
}

std::optional<uint64_t> picture_number(const LedgerBytes& bytes, uint64_t failure) {
    const auto answer = ledger::Reader::from_source(bytes.ledger).read({});
    if (const auto* snapshot = std::get_if<ledger::Snapshot>(&answer)) {
        for (const ledger::Failure& each : snapshot->failures) {
            if (each.number == failure) {
                return each.picture;
            }
        }
    }
    return std::nullopt;
}

std::optional<PictureModel> picture_of(const LedgerBytes& bytes, uint64_t number, const api::Model& live,
                                       size_t process) {
    const std::optional<uint64_t> picture = picture_number(bytes, number);
    if (!picture) {
        return std::nullopt;
    }
    auto answer = ledger::Reader::from_source(bytes.ledger).read_picture(*picture);
    auto* const shown = std::get_if<std::optional<ledger::Snapshot>>(&answer);
    if (shown == nullptr || !shown->has_value()) {
        return std::nullopt;
    }
    TrackedLedger ledger;
    ledger.snapshot = std::move(**shown);
    const ledger::Snapshot& then = ledger.snapshot;
    if (bytes.texts != nullptr) {
        auto texts = ledger::read_sidecar(bytes.texts, then.identity.nonce);
        if (auto* const sidecar = std::get_if<ledger::Sidecar>(&texts)) {
            ledger.names.take(std::move(*sidecar));
        }
    }
    ledger.holdings = hold(then, true);
    hold_programs(then, ledger.holdings);

    PictureModel found;
    api::Model& model = found.model;
    model.time_ns = then.picture ? then.picture->time_ns : live.time_ns;
    model.devices = live.devices;
    const std::vector<size_t> places = add_devices(model, ledger, KnownDevices::kAsThen);
    model.processes = {live.processes[process]};
    describe(model.processes[0], then.identity, ledger.names);
    model.processes[0].unlisted_buffers = then.unlisted_buffers;
    model.processes[0].one_moment = then.one_moment;
    model.buffers_listed = true;
    model.programs_listed = true;
    ModelContexts contexts(model, 0, ledger.names);
    const size_t first = add_allocators(model, 0, then, places);
    add_rings(model, then, first);
    add_buffers(model, 0, ledger, places, first, contexts);
    add_programs(model, 0, then, ledger.names, contexts, places, first);
    add_failures(model, 0, then, ledger.names, contexts, places, first);
    found.one_moment = then.one_moment;
    found.buffers = then.picture ? then.picture->buffers : then.buffers.size();
    const auto at = std::find_if(model.failures.begin(), model.failures.end(),
                                 [&](const api::Failure& each) { return each.number == number; });
    found.failure = static_cast<size_t>(at - model.failures.begin());
    return at == model.failures.end() ? std::nullopt : std::optional(std::move(found));
}

std::optional<OpenLedgerBytes> open_ledger_bytes(const api::Process& process, const OwnLedger* own) {
    const bool is_own = own != nullptr && own->path == process.ledger;
    if (process.ledger.empty() || (!is_own && process.pid_visible && process.pid == getpid())) {
        return std::nullopt;
    }
    OpenLedgerBytes open;
    open.texts = open_plain(process.ledger + ".detail", process.uid);
    open.bytes.texts = open.texts.valid() ? source_of(open.texts) : nullptr;
    if (is_own) {
        open.bytes.ledger = own->source;
        return open;
    }
    open.ledger = open_plain(process.ledger, process.uid);
    open.bytes.ledger = source_of(open.ledger);
    return open.ledger.valid() ? std::optional(std::move(open)) : std::nullopt;
}

std::optional<PictureModel> picture_of(const api::Model& live, size_t failure, const OwnLedger* own) {
    const size_t process = live.failures[failure].process;
    const std::optional<OpenLedgerBytes> open = open_ledger_bytes(live.processes[process], own);
    return open ? picture_of(open->bytes, live.failures[failure].number, live, process) : std::nullopt;
}

Explanation explain_refusal(std::shared_ptr<const api::Model> live, size_t failure, const OwnLedger* own) {
    analysis::Why why = analysis::explain(*live, failure);
    const std::optional<OpenLedgerBytes> open =
        open_ledger_bytes(live->processes[live->failures[failure].process], own);
    const uint64_t number = live->failures[failure].number;
    if (open && (!why.living || why.changed)) {
        if (std::optional<PictureModel> picture =
                picture_of(open->bytes, number, *live, live->failures[failure].process)) {
            analysis::Why then = analysis::explain(picture->model, picture->failure, analysis::Moment::kRefusal);
            then.fits_now = why.fits_now;
            then.living = why.living;
            then.changed = why.changed;
            if (auto course = course_of_refusal(open->bytes, number, then.frozen); course && then.frozen) {
                analysis::set_course(then, picture->model, std::move(*course));
            }
            return {std::make_shared<const api::Model>(std::move(picture->model)), std::move(then)};
        }
    }
    if (open && why.living && !why.changed) {
        if (auto course = course_of_refusal(open->bytes, number, false)) {
            analysis::set_course(why, *live, std::move(*course));
        }
    }
    return {std::move(live), std::move(why)};
}

Explanation explain_latest(std::shared_ptr<const api::Model> live, std::optional<size_t> process,
                           const OwnLedger* own) {
    for (size_t i = live->failures.size(); i > 0; --i) {
        if (!process || live->failures[i - 1].process == *process) {
            return explain_refusal(std::move(live), i - 1, own);
        }
    }
    analysis::Why why = analysis::fullest(*live, process);
    if (const std::optional<size_t> only = only_holder(*live, why)) {
        if (const std::optional<OpenLedgerBytes> open = open_ledger_bytes(live->processes[*only], own)) {
            if (auto course = course_now(open->bytes, *why.kind)) {
                analysis::set_course(why, *live, std::move(*course));
            }
        }
    }
    return {std::move(live), std::move(why)};
}

}  // namespace ttmem::inventory
