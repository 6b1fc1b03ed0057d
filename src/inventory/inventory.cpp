// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/inventory.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "analysis/conflicts.hpp"
#include "analysis/memory_map.hpp"
#include "base/clock.hpp"
#include "base/saturate.hpp"
#include "inventory/cards.hpp"
#include "inventory/claims.hpp"
#include "inventory/device_merge.hpp"
#include "inventory/device_use.hpp"
#include "inventory/ledger_names.hpp"
#include "inventory/ledger_source.hpp"
#include "inventory/model_lists.hpp"
#include "inventory/procfs.hpp"
#include "inventory/upstream_source.hpp"

namespace ttmem::inventory {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;

std::optional<int> shown_pid(const TrackedLedger& ledger) {
    if (ledger.verdict.pid) {
        return *ledger.verdict.pid;
    }
    return static_cast<int>(ledger.claim ? ledger.claim->pid : ledger.name.pid);
}

Standing standing_of(const TrackedLedger& ledger) {
    if (ledger.counts()) {
        return ledger.is_strangers() ? Standing::kLivingStranger : Standing::kLiving;
    }
    return ledger.is_strangers() ? Standing::kDeadStranger : Standing::kDead;
}

// When another user's living process began, as the kernel confirms it: what its ledger says orders its own processes
// alone. 0 for all that need no such word.
uint64_t confirmed_start(const TrackedLedger& ledger) {
    if (standing_of(ledger) != Standing::kLivingStranger) {
        return 0;
    }
    return ledger.claim && ledger.verdict.pid ? ledger.claim->start_time_ticks : UINT64_MAX;
}

// The first few of a list that other users can make as long as they like, and how many more there are.
void cap_notices(std::vector<std::string>& notices) {
    constexpr size_t kMostNotices = 100;
    if (notices.size() > kMostNotices) {
        const size_t more = notices.size() - kMostNotices;
        notices.resize(kMostNotices);
        notices.push_back("and " + std::to_string(more) + " more of such notices");
    }
}

std::shared_ptr<Ledgers> ledgers_here(const Settings& settings) {
    return std::make_shared<LedgerSource>(settings.others ? base_directories(settings) : std::vector<std::string>(),
                                          settings.own);
}

constexpr size_t kMostUsualDevices = 256;

// Living ones first, by pid; then the others, the latest first.
bool shown_before(const TrackedLedger* a, const TrackedLedger* b) {
    const auto place = [](const TrackedLedger& ledger) {
        const uint64_t latest = ~ledger.snapshot.identity.created_ns;
        const bool counts = ledger.counts();
        return std::tuple(!counts, counts ? *shown_pid(ledger) : 0, latest);
    };
    return std::pair(place(*a), a->path) < std::pair(place(*b), b->path);
}

}  // namespace

// Assembles models from the ledgers.
class Inventory::State {
public:
    explicit State(const Settings& settings)
        : ledgers_(settings.ledgers != nullptr ? settings.ledgers : ledgers_here(settings)),
          upstream_(region_directory(settings)),
          others_(settings.others && settings.ledgers == nullptr),
          cards_(settings.telemetry) {}

    std::shared_ptr<const api::Model> refresh(const Request& request);

    const TrackedLedger* listed(api::ProcessIndex process) const;
    const std::vector<api::DeviceIndex>& places(const TrackedLedger* ledger) const { return places_.at(ledger); }
    uint64_t rows_version() const { return rows_version_; }
    std::optional<uint64_t> events_of(api::ProcessIndex process) const;
    BufferPage page(const api::Model& model, const BufferQuery& query);

private:
    // Which devices of which processes are one.
    struct Grouping {
        std::vector<ledger::Device> devices;                                   // in the order of the model
        std::map<const TrackedLedger*, std::vector<api::DeviceIndex>> places;  // index into `devices`, by local index
        std::vector<std::vector<Part>> living;                                 // of each device
        std::set<pid_t> living_pids;
        std::vector<bool> by_strangers;                // of each device: other users alone describe it
        std::set<const TrackedLedger*> contradicting;  // other users' that describe a chip otherwise than it is
        std::set<const TrackedLedger*> not_open;       // other users' that claim a card which they do not have open
    };

    static Grouping group(const std::vector<TrackedLedger*>& shown);
    bool list_shared(const Grouping& grouping);
    void look_at_cards(const Request& request, Grouping& grouping);
    void describe_devices(const Grouping& grouping, bool lists, api::Model& model);
    api::Process describe_process(const TrackedLedger& ledger, const Grouping& grouping);
    static void add_spans(api::Model& model, api::ProcessIndex process, const TrackedLedger& ledger,
                          const std::vector<api::DeviceIndex>& places, api::AllocatorIndex first_allocator,
                          ModelContexts& contexts, SpansOf& spans);
    void add_notices(api::Model& model, const Grouping& grouping) const;
    const std::string& user(uid_t uid);

    void note_rows(const std::vector<const TrackedLedger*>& by_process, Grouping grouping);

    std::shared_ptr<Ledgers> ledgers_;
    UpstreamSource upstream_;
    bool others_;
    CardSource cards_;
    RangeUnions unions_;
    std::map<uid_t, std::string> users_;
    // By process of the last model: its ledger, and the number of the list that its rows are of.
    std::vector<std::pair<const TrackedLedger*, uint64_t>> rows_of_;
    std::map<const TrackedLedger*, std::vector<api::DeviceIndex>> places_;
    uint64_t rows_version_ = 0;
    std::map<const TrackedLedger*, ListIndex> indexes_;  // of lists that pages were asked of
};

Inventory::State::Grouping Inventory::State::group(const std::vector<TrackedLedger*>& shown) {
    // The longest-living process says what a device's logical id is.
    std::vector<TrackedLedger*> order = shown;
    std::stable_sort(order.begin(), order.end(), [](const TrackedLedger* a, const TrackedLedger* b) {
        return std::tuple(standing_of(*a), confirmed_start(*a), a->snapshot.identity.created_ns) <
               std::tuple(standing_of(*b), confirmed_start(*b), b->snapshot.identity.created_ns);
    });
    std::vector<const ledger::Device*> records;
    std::vector<Standing> standings;
    std::vector<const TrackedLedger*> claimants;
    std::vector<uid_t> owners;
    Grouping grouping;
    for (const TrackedLedger* ledger : order) {
        if (ledger->counts() && ledger->verdict.pid) {
            grouping.living_pids.insert(*ledger->verdict.pid);
        }
        for (const ledger::Device& device : ledger->snapshot.devices) {
            records.push_back(&device);
            standings.push_back(standing_of(*ledger));
            claimants.push_back(ledger);
            owners.push_back(ledger->owner);
        }
    }
    MergedDevices merged = merge_devices(records, standings, owners);
    for (const size_t record : merged.contradicting) {
        grouping.contradicting.insert(claimants[record]);
    }

    std::vector<size_t> by_place(merged.devices.size());
    for (size_t i = 0; i < by_place.size(); ++i) {
        by_place[i] = i;
    }
    // Where more are described than a machine has, those that strangers alone describe come last: what bounds a list of
    // devices leaves these out first.
    const bool is_flood = merged.devices.size() > kMostUsualDevices;
    std::stable_sort(by_place.begin(), by_place.end(), [&](size_t a, size_t b) {
        const ledger::Device& left = merged.devices[a];
        const ledger::Device& right = merged.devices[b];
        const bool left_last = is_flood && is_stranger(merged.described_by[a]);
        const bool right_last = is_flood && is_stranger(merged.described_by[b]);
        return std::tie(left_last, left.mock, left.logical_id, left.unique_id, left.pci) <
               std::tie(right_last, right.mock, right.logical_id, right.unique_id, right.pci);
    });
    std::vector<size_t> place_of(by_place.size());
    for (size_t place = 0; place < by_place.size(); ++place) {
        place_of[by_place[place]] = place;
        grouping.devices.push_back(merged.devices[by_place[place]]);
        grouping.by_strangers.push_back(is_stranger(merged.described_by[by_place[place]]));
    }
    grouping.living.resize(grouping.devices.size());
    size_t record = 0;
    for (const TrackedLedger* ledger : order) {
        std::vector<api::DeviceIndex>& places = grouping.places[ledger];
        for (uint32_t local = 0; local < ledger->snapshot.devices.size(); ++local) {
            places.emplace_back(place_of[merged.device_of[record++]]);
            if (ledger->counts()) {
                grouping.living[places.back()].push_back({ledger, local});
            }
        }
    }
    return grouping;
}

// Gets the lists of processes that hold memory of one kind on one chip together. True when any was read.
bool Inventory::State::list_shared(const Grouping& grouping) {
    bool any = false;
    for (const std::vector<Part>& parts : grouping.living) {
        for (const MemoryKind kind : kAllMemoryKinds) {
            std::vector<const TrackedLedger*> holders;
            for (const Part& part : parts) {
                if (part.local < part.ledger->holdings.devices.size() && holds(part, kind)) {
                    holders.push_back(part.ledger);
                }
            }
            if (holders.size() < 2) {
                continue;
            }
            for (const TrackedLedger* holder : holders) {
                any = ledgers_->place_buffers(const_cast<TrackedLedger&>(*holder)) || any;
            }
        }
    }
    return any;
}

const std::string& Inventory::State::user(uid_t uid) {
    const auto found = users_.find(uid);
    return found != users_.end() ? found->second : users_.emplace(uid, user_name(uid)).first->second;
}

api::Process Inventory::State::describe_process(const TrackedLedger& ledger, const Grouping& grouping) {
    const ledger::Snapshot& snapshot = ledger.snapshot;
    api::Process process;
    process.pid = shown_pid(ledger);
    process.pid_visible = ledger.verdict.pid.has_value();
    process.uid = ledger.owner;
    process.user = user(ledger.owner);
    process.name = snapshot.identity.command;
    process.command = ledger.process.command;
    process.library = snapshot.identity.library;
    if (snapshot.identity.start_time_ns > 0) {
        process.start_time_ns = snapshot.identity.start_time_ns;
        // The kernel knows better. Its clocks' readings vary by some milliseconds, the ledger's word does not.
        constexpr uint64_t kSlackNs = 2'000'000'000;
        const std::optional<uint64_t> kernels =
            ledger.claim && ledger.verdict.pid ? start_time_of(ledger.claim->start_time_ticks) : std::nullopt;
        if (kernels && (*process.start_time_ns > *kernels + kSlackNs || *process.start_time_ns + kSlackNs < *kernels)) {
            process.start_time_ns = kernels;
        }
        process.created_ns = snapshot.identity.created_ns;
    }
    process.state = ledger.verdict.state;
    process.reason = ledger.verdict.reason;
    process.container = ledger.process.container;
    for (const pid_t ancestor : ledger.process.ancestors) {
        if (grouping.living_pids.contains(ancestor)) {
            process.parent_pid = ancestor;
            break;
        }
    }
    process.ledger = ledger.path;
    process.tracked_since_ns = snapshot.late_ns;
    process.unlisted_buffers = snapshot.unlisted_buffers;
    // The causes since 1.2 are of stacks, texts and pictures: no event is missing for want of them.
    for (uint32_t cause = 0; cause < ledger::kLostCauses11; ++cause) {
        saturating_add(process.lost_events, snapshot.lost[cause]);
    }
    if (snapshot.steps > 0) {
        process.steps = snapshot.steps;
    }
    process.one_moment = snapshot.one_moment;
    const std::vector<api::DeviceIndex>& places = grouping.places.at(&ledger);
    for (uint32_t local = 0; local < places.size() && local < ledger.holdings.devices.size(); ++local) {
        const DeviceHolding& holding = ledger.holdings.devices[local];
        if (!holding.used) {
            continue;
        }
        api::ProcessDevice device;
        device.device = places[local];
        for (const MemoryKind kind : kAllMemoryKinds) {
            device.bytes[kind] = holding.kinds[kind].allocated_bytes;
            device.peak_bytes[kind] = holding.kinds[kind].peak_bytes;
            device.peak_since_attach_bytes[kind] = holding.kinds[kind].peak_since_attach_bytes;
            device.buffers[kind] = holding.kinds[kind].buffers;
        }
        device.circular_buffer_bytes = circular_buffer_bytes(holding);
        device.kernel_bytes = kernel_bytes(holding);
        device.application_kernel_bytes = holding.programs.kernels[ledger::kProgramApplication];
        device.fabric_kernel_bytes = holding.programs.kernels[ledger::kProgramFabric];
        device.dispatch_kernel_bytes = holding.programs.kernels[ledger::kProgramDispatch];
        process.devices.push_back(std::move(device));
    }
    std::sort(process.devices.begin(), process.devices.end(),
              [](const api::ProcessDevice& a, const api::ProcessDevice& b) { return a.device < b.device; });
    return process;
}

// Adds the spans of a ledger's buffers in place of the buffers, and those buffers that pictures of L1 name.
void Inventory::State::add_spans(api::Model& model, api::ProcessIndex process, const TrackedLedger& ledger,
                                 const std::vector<api::DeviceIndex>& places, api::AllocatorIndex first_allocator,
                                 ModelContexts& contexts, SpansOf& spans) {
    const PlacedSpans& known = ledger.holdings.spans;
    for (size_t i = 0; i < known.allocators.size(); ++i) {
        const PlacedSpans::OfAllocator& from = known.allocators[i];
        AllocatorSpans& to = spans[api::AllocatorIndex(first_allocator + i)];
        for (const MemoryKind kind : kAllMemoryKinds) {
            to.taken[kind] = &from.taken[kind];
        }
        if (from.lowest_l1) {
            api::Buffer& buffer = model.buffers.emplace_back();
            fill_buffer(ledger, *from.lowest_l1, api::BufferKind::kL1, process, places, buffer);
            buffer.allocator = api::AllocatorIndex(first_allocator + i);
            buffer.context = contexts.context(from.lowest_l1->context);
            buffer.tensor = contexts.tensor(from.lowest_l1->tensor);
        }
    }
}

// Makes one small read of /proc for each living process of this pid namespace.
static void add_host_memory(std::vector<api::Process>& processes) {
    for (api::Process& process : processes) {
        if (!process.pid || !process.pid_visible || !api::counts(process.state)) {
            continue;
        }
        if (const std::optional<HostMemory> memory = read_host_memory(*process.pid)) {
            process.host =
                api::HostMemory{memory->rss_bytes, memory->locked_bytes, memory->pinned_bytes, memory->huge_bytes};
        }
    }
}

void Inventory::State::look_at_cards(const Request& request, Grouping& grouping) {
    cards_.refresh(request.cards);
    grouping.not_open = leave_out_unopened(grouping.devices, cards_, grouping.living);
    grouping.contradicting.merge(hold_against_driver(grouping.devices, grouping.by_strangers, cards_, grouping.living));
}

void Inventory::State::add_notices(api::Model& model, const Grouping& grouping) const {
    model.notices.insert(model.notices.begin(), ledgers_->notices().begin(), ledgers_->notices().end());
    model.notices.insert(model.notices.end(), upstream_.notices().begin(), upstream_.notices().end());
    const std::vector<std::string> cards = cards_.notices();
    model.notices.insert(model.notices.begin(), cards.begin(), cards.end());  // always before what users can add
    for (const TrackedLedger* ledger : grouping.contradicting) {
        model.notices.push_back("process " + std::to_string(shown_pid(*ledger).value_or(0)) + " of user " +
                                std::to_string(ledger->owner) +
                                " describes a chip otherwise than it is; that is not believed");
    }
    for (const TrackedLedger* ledger : grouping.not_open) {
        model.notices.push_back("process " + std::to_string(shown_pid(*ledger).value_or(0)) + " of user " +
                                std::to_string(ledger->owner) +
                                " claims memory of a card that it does not have open; that is not counted there");
    }
    for (const auto& [ledger, places] : grouping.places) {
        if (ledger->list.misplaced > 0) {
            model.notices.push_back("process " + std::to_string(shown_pid(*ledger).value_or(0)) + " of user " +
                                    std::to_string(ledger->owner) + " lists " + std::to_string(ledger->list.misplaced) +
                                    " buffers outside of their banks; those are counted and not listed");
        }
    }
    cap_notices(model.notices);
}

void Inventory::State::describe_devices(const Grouping& grouping, bool lists, api::Model& model) {
    for (size_t i = 0; i < grouping.devices.size(); ++i) {
        bool is_cut = false;
        model.devices.push_back(describe_device(grouping.devices[i], grouping.living[i], lists, unions_, is_cut));
        if (is_cut) {
            model.notices.push_back("other users claim more memory of device " +
                                    std::to_string(grouping.devices[i].logical_id) +
                                    " than it has; its figures end at its size");
        }
    }
}

std::shared_ptr<const api::Model> Inventory::State::refresh(const Request& request) {
    const bool with_l1 = request.programs == ProgramDepth::kL1;
    const bool totals_alone = request.depth == Depth::kTotalsAlone;
    const bool keeps = request.depth >= Depth::kRows;
    const bool lists = request.depth >= Depth::kSpace || with_l1;
    // Where the model lists the buffers, pictures are made of them.
    const bool banks = with_l1 && request.depth < Depth::kBuffers;
    const uint64_t space_rows = request.depth == Depth::kSpace && !with_l1 ? request.space_rows : UINT64_MAX;
    ledgers_->refresh(
        {keeps, banks, lists, request.events, request.quick, request.keep_lists, totals_alone, space_rows});
    auto model = std::make_shared<api::Model>();
    model->time_ns = ledgers_->time_ns() != 0 ? ledgers_->time_ns() : clock_ns(CLOCK_REALTIME);
    Grouping grouping = group(ledgers_->shown());
    if (!totals_alone && list_shared(grouping)) {
        grouping = group(ledgers_->shown());  // reading again may have shown another state
    }
    if (!totals_alone) {
        look_at_cards(request, grouping);
    }
    std::vector<TrackedLedger*> shown = ledgers_->shown();
    std::sort(shown.begin(), shown.end(), shown_before);
    describe_devices(grouping, lists, *model);
    std::vector<int> living = request.counted_elsewhere;
    std::vector<int> ended;
    for (const TrackedLedger* ledger : shown) {
        if (!ledger->counts()) {
            ended.push_back(*shown_pid(*ledger));
        } else if (ledger->verdict.pid) {  // else its pid is of another namespace, and may be another process's here
            living.push_back(*ledger->verdict.pid);
        }
    }
    if (others_) {
        upstream_.refresh();
    }
    UpstreamProcesses upstream = upstream_.add_devices(*model, living, ended);
    const auto add_upstream = [&](std::vector<api::Process>& processes) {
        std::move(processes.begin(), processes.end(), std::back_inserter(model->processes));
        processes.clear();
    };
    cards_.add_to(model->devices);
    model->driver_version = cards_.driver_version();
    model->buffers_listed = request.depth == Depth::kBuffers;
    std::vector<const TrackedLedger*> by_process;
    const std::set<const TrackedLedger*> unlisted =
        model->buffers_listed ? strangers_beyond_room(shown, model->notices) : std::set<const TrackedLedger*>();
    SpansOf spans;
    for (const TrackedLedger* ledger : shown) {
        if (!ledger->counts()) {
            add_upstream(upstream.living);  // the living stand before the dead
        }
        const api::ProcessIndex process(model->processes.size());
        by_process.resize(process + 1, nullptr);
        by_process[process] = ledger;
        model->processes.push_back(describe_process(*ledger, grouping));
        const std::vector<api::DeviceIndex>& places = grouping.places.at(ledger);
        ModelContexts contexts(*model, process, ledger->names);
        std::optional<api::AllocatorIndex> first_allocator;
        if (ledger->counts()) {
            first_allocator = add_allocators(*model, process, ledger->snapshot, places);
            add_rings(*model, ledger->snapshot, *first_allocator);
            if (unlisted.contains(ledger)) {
                model->processes.back().unlisted_buffers += ledger->snapshot.buffers.size();
            } else if (banks && ledger->has_spans()) {
                add_spans(*model, process, *ledger, places, *first_allocator, contexts, spans);
            } else if ((request.depth == Depth::kBuffers || banks) && ledger->list.kept) {
                add_buffers(*model, process, *ledger, places, *first_allocator, contexts);
            }
            if (request.programs >= ProgramDepth::kPrograms) {
                add_programs(*model, process, ledger->snapshot, ledger->names, contexts, places, *first_allocator);
            }
        }
        if (request.programs >= ProgramDepth::kFailures) {
            add_failures(*model, process, ledger->snapshot, ledger->names, contexts, places, first_allocator);
        }
        model->events_missed += ledger->events.batch.missed;
        add_events(*model, process, ledger->events.batch.events, ledger->snapshot, places);
    }
    add_upstream(upstream.living);
    add_upstream(upstream.ghosts);
    if (!totals_alone) {
        add_host_memory(model->processes);
    }
    unions_.next();
    const auto by_time = [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; };
    std::stable_sort(model->events.begin(), model->events.end(), by_time);
    std::stable_sort(model->failures.begin(), model->failures.end(), by_time);
    model->programs_listed = request.programs >= ProgramDepth::kPrograms && ledgers_->has_programs();
    find_conflicts(*model);
    if (with_l1) {
        summarise_l1(*model, spans);
    }
    ledgers_->drop_unwanted_lists();
    add_ring_figures(*model);
    if (!model->programs_listed) {
        model->config_rings.clear();
    }
    add_notices(*model, grouping);
    note_rows(by_process, std::move(grouping));
    return model;
}

void Inventory::State::note_rows(const std::vector<const TrackedLedger*>& by_process, Grouping grouping) {
    std::vector<std::pair<const TrackedLedger*, uint64_t>> now;
    for (const TrackedLedger* ledger : by_process) {
        const bool listed = ledger != nullptr && ledger->counts() && ledger->list.kept;
        now.emplace_back(ledger, listed ? ledger->list.number : 0);
    }
    if (now != rows_of_) {
        rows_of_ = std::move(now);
        ++rows_version_;
    }
    places_ = std::move(grouping.places);
    std::erase_if(indexes_, [&](const auto& entry) {
        return std::find(rows_of_.begin(), rows_of_.end(), std::pair(entry.first, entry.second.list_number)) ==
               rows_of_.end();
    });
}

BufferPage Inventory::State::page(const api::Model& model, const BufferQuery& query) {
    BufferPageMaker maker(model, query);
    for (api::ProcessIndex process{0}; process < rows_of_.size(); ++process) {
        if (const TrackedLedger* const ledger = listed(process)) {
            const auto index = indexes_.try_emplace(ledger, *ledger).first;
            maker.add_ledger(*ledger, index->second, process, places(ledger));
        }
    }
    maker.add_model();
    return maker.take();
}

const TrackedLedger* Inventory::State::listed(api::ProcessIndex process) const {
    return process < rows_of_.size() && rows_of_[process].second != 0 ? rows_of_[process].first : nullptr;
}

std::optional<uint64_t> Inventory::State::events_of(api::ProcessIndex process) const {
    const TrackedLedger* ledger = process < rows_of_.size() ? rows_of_[process].first : nullptr;
    return ledger != nullptr && ledger->counts() ? std::optional(ledger->snapshot.events) : std::nullopt;
}

Inventory::Inventory(Settings settings) : settings_(std::move(settings)) {}
Inventory::~Inventory() = default;

Inventory::State& Inventory::state() {
    if (state_ == nullptr) {
        state_ = std::make_unique<State>(settings_);
    }
    return *state_;
}

std::shared_ptr<const api::Model> Inventory::refresh(const Request& request) {
    if (settings_.served != nullptr) {
        served_.take(request.events ? nullptr : settings_.served(request), request.depth >= Depth::kRows);
    }
    return served_.model() != nullptr ? served_.model() : state().refresh(request);
}

size_t Inventory::row_count(api::ProcessIndex process) const {
    if (served_.model() != nullptr || state_ == nullptr) {
        return served_.row_count(process);
    }
    const TrackedLedger* ledger = state_->listed(process);
    return ledger == nullptr ? 0 : ledger->snapshot.buffers.size();
}

std::optional<BufferRow> Inventory::row(api::ProcessIndex process, size_t number) const {
    return served_.model() != nullptr || state_ == nullptr ? served_.row(process, number)
                                                           : row_of(state_->listed(process), process, number);
}

std::optional<BufferDetail> Inventory::detail(api::ProcessIndex process, size_t number) const {
    if (served_.model() != nullptr || state_ == nullptr) {
        return served_.detail(process, number);
    }
    const TrackedLedger* ledger = state_->listed(process);
    return ledger == nullptr ? std::nullopt : detail_of(*ledger, process, number, state_->places(ledger));
}

void Inventory::each_buffer(api::ProcessIndex process, const BufferTaker& take) const {
    if (served_.model() != nullptr || state_ == nullptr) {
        served_.each_buffer(process, take);
    } else if (const TrackedLedger* ledger = state_->listed(process)) {
        inventory::each_buffer(*ledger, process, state_->places(ledger), take);
    }
}

BufferPage Inventory::page(const api::Model& model, const BufferQuery& query) {
    return state().page(model, query);
}

std::vector<api::DeviceIndex> Inventory::row_devices(api::ProcessIndex process, size_t number) const {
    if (served_.model() != nullptr || state_ == nullptr) {
        return served_.row_devices(process, number);
    }
    const TrackedLedger* ledger = state_->listed(process);
    return ledger == nullptr ? std::vector<api::DeviceIndex>() : row_devices_of(ledger, state_->places(ledger), number);
}

std::optional<uint64_t> Inventory::events_of(api::ProcessIndex process) const {
    return served_.model() != nullptr || state_ == nullptr ? std::nullopt : state_->events_of(process);
}

uint64_t Inventory::rows_version() const {
    return (state_ == nullptr ? 0 : state_->rows_version()) + served_.rows_version();
}

}  // namespace ttmem::inventory
