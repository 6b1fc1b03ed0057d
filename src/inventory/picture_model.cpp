// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/picture_model.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/unique_fd.hpp"
#include "inventory/buffer_row.hpp"
#include "inventory/device_use.hpp"
#include "inventory/ledger_bytes.hpp"
#include "inventory/model_lists.hpp"
#include "inventory/ring_course.hpp"
#include "ledger/read/peak_pictures.hpp"

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
std::optional<api::ProcessIndex> only_holder(const api::Model& model, const analysis::Why& why) {
    std::optional<api::ProcessIndex> only;
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

std::optional<ledger::Snapshot> read_picture(const LedgerBytes& bytes, uint64_t picture) {
    auto answer = ledger::Reader::from_source(bytes.ledger).read_picture(picture);
    auto* const shown = std::get_if<std::optional<ledger::Snapshot>>(&answer);
    return shown != nullptr ? std::move(*shown) : std::nullopt;
}

// The ledger as of the snapshot, which is a picture, or the present state of an ended process. No failure is chosen.
PictureModel model_of(ledger::Snapshot&& snapshot, const LedgerBytes& bytes, const api::Model& live,
                      api::ProcessIndex process) {
    TrackedLedger ledger;
    ledger.snapshot = std::move(snapshot);
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
    const std::vector<api::DeviceIndex> places = add_devices(model, ledger, KnownDevices::kAsThen);
    model.processes = {live.processes[process]};
    describe(model.processes[0], then.identity, ledger.names);
    model.processes[0].unlisted_buffers = then.unlisted_buffers;
    model.processes[0].one_moment = then.one_moment;
    model.buffers_listed = true;
    model.programs_listed = true;
    ModelContexts contexts(model, 0, ledger.names);
    const api::AllocatorIndex first = add_allocators(model, 0, then, places);
    add_rings(model, then, first);
    add_buffers(model, 0, ledger, places, first, contexts);
    add_programs(model, 0, then, ledger.names, contexts, places, first);
    add_failures(model, 0, then, ledger.names, contexts, places, first);
    found.one_moment = then.one_moment;
    found.buffers = then.picture ? then.picture->buffers : then.buffers.size();
    return found;
}

// A peak whose holders are known.
struct KnownPeak {
    uint32_t allocator = 0;  // number in the ledger
    api::MemoryKind kind = api::MemoryKind::kDram;
    uint64_t bytes = 0;
    double share = 0;                            // of the allocator's memory of the kind; 0 unknown
    std::optional<ledger::PeakPicture> picture;  // absent: the process holds its peak now, or held it at its end
};

// The highest in proportion to the memory first.
std::vector<KnownPeak> known_peaks(const ledger::Snapshot& now, const std::vector<ledger::PeakPicture>& pictures) {
    std::vector<KnownPeak> peaks;
    for (uint32_t i = 0; i < now.allocators.size(); ++i) {
        const ledger::Allocator& allocator = now.allocators[i];
        for (uint32_t account = 0; account < ledger::kBufferTypes; ++account) {
            const ledger::AccountTotals& total = allocator.totals[account];
            const std::optional<api::MemoryKind> kind = kind_of_account(account);
            const auto picture = std::find_if(pictures.begin(), pictures.end(), [&](const ledger::PeakPicture& each) {
                return each.allocator == i && each.account == account;
            });
            const bool is_held = allocator.open && total.bytes == total.peak_bytes;
            if (!kind || total.peak_bytes == 0 || (!is_held && picture == pictures.end())) {
                continue;
            }
            const ledger::BankGeometry& banks = allocator.geometry[account];
            const double capacity = static_cast<double>(banks.bank_bytes) * banks.banks;
            peaks.push_back({i, *kind, total.peak_bytes,
                             capacity > 0 ? static_cast<double>(total.peak_bytes) / capacity : 0,
                             is_held ? std::nullopt : std::optional(*picture)});
        }
    }
    std::stable_sort(peaks.begin(), peaks.end(),
                     [](const KnownPeak& a, const KnownPeak& b) { return a.share > b.share; });
    return peaks;
}

// The processes of a model, that which began last first.
std::vector<api::ProcessIndex> newest_first(const api::Model& model) {
    std::vector<api::ProcessIndex> order(model.processes.size());
    std::iota(order.begin(), order.end(), api::ProcessIndex());
    std::stable_sort(order.begin(), order.end(), [&](api::ProcessIndex a, api::ProcessIndex b) {
        return model.processes[a].start_time_ns.value_or(0) > model.processes[b].start_time_ns.value_or(0);
    });
    return order;
}

}  // namespace

bool has_ended(const api::Process& process) {
    return process.state == api::ProcessState::kExited || process.state == api::ProcessState::kDied;
}

std::vector<api::DeviceIndex> add_devices(api::Model& model, const TrackedLedger& ledger, KnownDevices known_ones) {
    std::vector<api::DeviceIndex> places;
    RangeUnions unions;
    for (uint32_t local = 0; local < ledger.snapshot.devices.size(); ++local) {
        const std::vector<Part> parts{{&ledger, local}};
        bool is_cut = false;
        api::Device device = describe_device(ledger.snapshot.devices[local], parts, true, unions, is_cut);
        const auto known = std::find_if(model.devices.begin(), model.devices.end(),
                                        [&](const api::Device& each) { return is_same_chip(each, device); });
        places.emplace_back(known - model.devices.begin());
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
                                       api::ProcessIndex process) {
    const std::optional<uint64_t> picture = picture_number(bytes, number);
    std::optional<ledger::Snapshot> shown = picture ? read_picture(bytes, *picture) : std::nullopt;
    if (!shown) {
        return std::nullopt;
    }
    PictureModel found = model_of(std::move(*shown), bytes, live, process);
    const auto at = std::find_if(found.model.failures.begin(), found.model.failures.end(),
                                 [&](const api::Failure& each) { return each.number == number; });
    found.failure = static_cast<size_t>(at - found.model.failures.begin());
    return at == found.model.failures.end() ? std::nullopt : std::optional(std::move(found));
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
    const api::ProcessIndex process = live.failures[failure].process;
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

std::optional<FoundPeak> peak_of(const LedgerBytes& bytes, const api::Model& live, api::ProcessIndex process,
                                 bool halted, std::optional<api::MemoryKind> kind) {
    ledger::Reader reader = ledger::Reader::from_source(bytes.ledger);
    ledger::ReadOptions options;
    options.buffers = true;
    options.programs = true;
    options.writer_halted = halted;
    auto present = reader.read(options);
    auto listed = ledger::read_peaks(bytes.ledger);
    auto* const now = std::get_if<ledger::Snapshot>(&present);
    const auto* const pictures = std::get_if<std::vector<ledger::PeakPicture>>(&listed);
    if (now == nullptr || pictures == nullptr) {
        return std::nullopt;
    }
    std::vector<KnownPeak> peaks = known_peaks(*now, *pictures);
    std::erase_if(peaks, [&](const KnownPeak& each) { return kind && each.kind != *kind; });
    for (const KnownPeak& peak : peaks) {
        std::optional<ledger::Snapshot> then;
        if (peak.picture) {
            then = read_picture(bytes, peak.picture->number);
        } else {
            then = std::move(*now);  // the loop ends here
        }
        if (!then) {
            continue;  // overwritten meanwhile
        }
        analysis::ShownPeak shown;
        shown.bytes = peak.bytes;
        shown.shown_bytes = peak.picture ? peak.picture->bytes : peak.bytes;
        shown.still_held = !peak.picture;
        shown.left_out_bytes = then->picture ? then->picture->bytes_left_out : 0;
        PictureModel found = model_of(std::move(*then), bytes, live, process);
        const api::AllocatorIndex allocator(peak.allocator);  // they are the only ones of the model
        analysis::Why why = analysis::at_peak(found.model, allocator, peak.kind, shown);
        return FoundPeak{{std::make_shared<const api::Model>(std::move(found.model)), std::move(why)},
                         peak.kind,
                         peak.picture ? std::optional(peak.picture->number) : std::nullopt};
    }
    return std::nullopt;
}

std::optional<Explanation> explain_peak(const api::Model& live, api::ProcessIndex process,
                                        std::optional<api::MemoryKind> kind, const OwnLedger* own) {
    const std::optional<OpenLedgerBytes> open = open_ledger_bytes(live.processes[process], own);
    std::optional<FoundPeak> found =
        open ? peak_of(open->bytes, live, process, has_ended(live.processes[process]), kind) : std::nullopt;
    return found ? std::optional(std::move(found->explanation)) : std::nullopt;
}

std::optional<api::MemoryKind> memory_kind_named(std::string_view name) {
    const auto found = std::find_if(api::kAllMemoryKinds.begin(), api::kAllMemoryKinds.end(),
                                    [name](api::MemoryKind kind) { return to_string(kind) == name; });
    return found == api::kAllMemoryKinds.end() ? std::nullopt : std::optional(*found);
}

std::vector<PeakOfProcess> list_peaks(const api::Model& live,
                                      const std::function<bool(api::ProcessIndex process)>& is_wanted) {
    std::vector<PeakOfProcess> list;
    for (const api::ProcessIndex process : newest_first(live)) {
        const std::optional<OpenLedgerBytes> open =
            is_wanted(process) ? open_ledger_bytes(live.processes[process], nullptr) : std::nullopt;
        if (!open) {
            continue;
        }
        ledger::ReadOptions options;
        options.writer_halted = has_ended(live.processes[process]);
        const auto present = ledger::Reader::from_source(open->bytes.ledger).read(options);
        const auto listed = ledger::read_peaks(open->bytes.ledger);
        const auto* const now = std::get_if<ledger::Snapshot>(&present);
        const auto* const pictures = std::get_if<std::vector<ledger::PeakPicture>>(&listed);
        if (now == nullptr || pictures == nullptr) {
            continue;
        }
        std::set<api::MemoryKind> kinds;
        for (const KnownPeak& peak : known_peaks(*now, *pictures)) {
            if (list.size() == kMostListedPeaks) {
                return list;
            }
            if (kinds.insert(peak.kind).second) {
                list.push_back({process, peak.kind});
            }
        }
    }
    return list;
}

std::optional<LatestPeak> explain_latest_peak(const api::Model& live, std::optional<api::MemoryKind> kind,
                                              const std::function<bool(api::ProcessIndex process)>& is_wanted) {
    for (const api::ProcessIndex process : newest_first(live)) {
        if (is_wanted && !is_wanted(process)) {
            continue;
        }
        if (std::optional<Explanation> peak = explain_peak(live, process, kind)) {
            return LatestPeak{*std::move(peak), process};
        }
    }
    return std::nullopt;
}

Explanation explain_latest(std::shared_ptr<const api::Model> live, std::optional<api::ProcessIndex> process,
                           const OwnLedger* own) {
    for (size_t i = live->failures.size(); i > 0; --i) {
        if (!process || live->failures[i - 1].process == *process) {
            return explain_refusal(std::move(live), i - 1, own);
        }
    }
    if (process && has_ended(live->processes[*process])) {
        if (std::optional<Explanation> peak = explain_peak(*live, *process, std::nullopt, own)) {
            return *std::move(peak);
        }
    }
    analysis::Why why = analysis::fullest(*live, process);
    if (const std::optional<api::ProcessIndex> only = only_holder(*live, why)) {
        if (const std::optional<OpenLedgerBytes> open = open_ledger_bytes(live->processes[*only], own)) {
            if (auto course = course_now(open->bytes, *why.kind)) {
                analysis::set_course(why, *live, std::move(*course));
            }
        }
    }
    return {std::move(live), std::move(why)};
}

}  // namespace ttmem::inventory
