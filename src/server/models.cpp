// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/models.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/clock.hpp"
#include "inventory/other_users.hpp"

namespace ttmem::server {

namespace {

// Figures of devices and processes, without lists.
bool has_figures_alone(ModelSource::Want want) {
    return want == ModelSource::Want::kTotals || want == ModelSource::Want::kSpace;
}

}  // namespace

LiveModels::LiveModels(EventLoop& loop, Background& background, const inventory::Settings& settings, SocketState socket,
                       uint64_t short_ns)
    : loop_(loop),
      background_(background),
      socket_(std::move(socket)),
      reader_(std::make_shared<Reader>(settings)),
      short_ns_(short_ns) {}

void LiveModels::get(Want want, Got got) {
    Kind& kind = kinds_[static_cast<size_t>(want)];
    if (kind.model != nullptr && loop_.now_ns() < kind.fresh_until_ns) {
        got(kind.model);
        return;
    }
    kind.waiting.push_back(std::move(got));
    if (!kind.on_its_way) {
        begin(want);
    }
}

void LiveModels::begin(Want want) {
    Kind& kind = kinds_[static_cast<size_t>(want)];
    kind.on_its_way = true;
    kind.forgotten = false;
    if (loop_.now_ns() >= kind.fresh_until_ns) {
        read(want, false);
    } else if (!has_figures_alone(want)) {
        at(kind.fresh_until_ns, [want](LiveModels& self) { self.read(want, false); });
    } else if (loop_.now_ns() >= kind.quick_after_ns) {
        read(want, true);
    } else {
        at(kind.quick_after_ns, [want](LiveModels& self) { self.read(want, true); });
    }
}

void LiveModels::forget() {
    for (Kind& kind : kinds_) {
        kind.model.reset();
        kind.forgotten = true;
    }
    pages_fresh_until_ns_ = 0;
    pages_forgotten_ = true;
}

void LiveModels::read(Want want, bool quick) {
    inventory::Request request;
    request.programs = inventory::ProgramDepth::kFailures;
    request.depth = want == Want::kBuffers ? inventory::Depth::kBuffers
                    : want == Want::kSpace ? inventory::Depth::kSpace
                                           : inventory::Depth::kTotals;
    request.space_rows = kMostSpaceRows;
    request.events = want == Want::kEvents;
    request.quick = quick;
    suspicions_read_ = want == Want::kTotals ? suspicions_ : suspicions_read_;
    const bool here = want == Want::kTotals && totals_work_ns_ != 0 && totals_work_ns_ <= short_ns_ &&
                      !may_have_strangers_ && (!has_news_ || !has_news_());
    post(std::move(request), here, [this, want, quick](const Reading& reading) { arrived(want, reading, quick); });
}

void LiveModels::arrived(Want want, const Reading& reading, bool quick) {
    const auto& [model, cost_ns, work_ns, others] = reading;
    Kind& kind = kinds_[static_cast<size_t>(want)];
    const uint64_t rest_until_ns = loop_.now_ns() + cost_ns * kRestAfterWork;
    kind.on_its_way = false;
    kind.quick_after_ns = rest_until_ns;
    if (!quick) {
        last_cost_ns_ = cost_ns;
        if (want == Want::kTotals) {
            totals_work_ns_ = work_ns;
            may_have_strangers_ = others || suspicions_ != suspicions_read_;
        }
        kind.fresh_until_ns = std::max(loop_.now_ns() + kFreshNs, rest_until_ns);
        kind.quick_after_ns = loop_.now_ns();
    }
    // Read again once for requests that arrived after forget(). Only once: under a constant stream of changes a reply
    // must still go out.
    kind.again = kind.forgotten && has_figures_alone(want) && !kind.again;
    if (kind.again) {
        begin(want);
        return;
    }
    kind.model = has_figures_alone(want) ? model : nullptr;  // lists may be large: they are not kept
    for (const Got& got : std::exchange(kind.waiting, {})) {
        got(model);
    }
}

void LiveModels::read_fresh(const inventory::Request& request, Got got) {
    const auto same = std::find_if(fresh_requests_.begin(), fresh_requests_.end(), [&](const FreshRequest& fresh) {
        return fresh.request.depth == request.depth && fresh.request.programs == request.programs;
    });
    if (same != fresh_requests_.end()) {
        same->waiting.push_back(std::move(got));
        return;
    }
    fresh_requests_.push_back({request, {}});
    fresh_requests_.back().waiting.push_back(std::move(got));
    if (!reading_fresh_) {
        next_fresh();
    }
}

void LiveModels::next_fresh() {
    reading_fresh_ = !fresh_requests_.empty();
    if (!reading_fresh_) {
        return;
    }
    if (loop_.now_ns() < fresh_after_ns_) {
        at(fresh_after_ns_, [](LiveModels& self) { self.next_fresh(); });
        return;
    }
    auto waiting = std::make_shared<std::vector<Got>>(std::move(fresh_requests_.front().waiting));
    const inventory::Request request = std::move(fresh_requests_.front().request);
    fresh_requests_.pop_front();
    post(request, false, [this, waiting](const Reading& reading) {
        fresh_after_ns_ = loop_.now_ns() + reading.cost_ns * kRestAfterWork;
        for (const Got& got : *waiting) {
            got(reading.model);
        }
        next_fresh();
    });
}

void LiveModels::get_page(const inventory::BufferQuery& query, IsWanted is_wanted, GotPage got) {
    lists_kept_until_ns_ = loop_.now_ns() + kKeepListsNs;
    pages_wanted_.push_back({query, std::move(is_wanted), std::move(got)});
    if (!pages_on_their_way_) {
        next_pages();
    }
}

// The pages to make next: no more than find time before shorter work has its turn again. Pages whose client has gone are
// let go.
std::vector<LiveModels::PageWanted> LiveModels::take_turn() {
    std::vector<PageWanted> turn;
    uint64_t rows = 0;
    while (!pages_wanted_.empty() && (turn.empty() || rows + pages_wanted_.front().query.limit <= kMostRowsATurn)) {
        PageWanted next = std::move(pages_wanted_.front());
        pages_wanted_.pop_front();
        if (next.is_wanted()) {
            rows += next.query.limit;
            turn.push_back(std::move(next));
        } else {
            next.got(nullptr);
        }
    }
    return turn;
}

void LiveModels::next_pages() {
    pages_on_their_way_ = !pages_wanted_.empty();
    if (!pages_on_their_way_) {
        return;
    }
    const bool reads = loop_.now_ns() >= pages_fresh_until_ns_ || !reader_->has_rows;
    if (reads && loop_.now_ns() < pages_rest_until_ns_) {
        at(pages_rest_until_ns_, [](LiveModels& self) { self.next_pages(); });
        return;
    }
    auto wanted = std::make_shared<const std::vector<PageWanted>>(take_turn());
    if (wanted->empty()) {
        pages_on_their_way_ = false;
        return;
    }
    pages_forgotten_ = false;
    inventory::Request request;
    request.depth = inventory::Depth::kRows;
    auto socket = std::make_shared<SocketFigures>(take_socket_figures(request));
    background_.post([self = alive_.watch(), reads, request, wanted, socket, reader = reader_]() -> Background::Done {
        const std::lock_guard lock(reader->mutex);
        std::optional<Reading> reading;
        if (reads || reader->rows_model == nullptr) {
            reading = read_now(*reader, request, *socket);
        }
        auto pages = std::make_shared<const Pages>(pages_of(*reader, *wanted));
        return [self, reading, pages, wanted] {
            LiveModels* const models = self.get();
            if (models == nullptr) {
                return;
            }
            if (reading) {
                const uint64_t now = models->loop_.now_ns();
                models->pages_rest_until_ns_ = now + reading->cost_ns * kRestAfterWork;
                models->pages_fresh_until_ns_ =
                    models->pages_forgotten_ ? 0 : std::max(now + kFreshNs, models->pages_rest_until_ns_);
            }
            for (size_t i = 0; i < wanted->size(); ++i) {
                (*wanted)[i].got((*pages)[i]);
            }
            models->next_pages();
        };
    });
}

LiveModels::Pages LiveModels::pages_of(Reader& reader, const std::vector<PageWanted>& wanted) {
    Pages pages;
    for (const PageWanted& each : wanted) {
        pages.push_back(
            std::make_shared<const inventory::BufferPage>(reader.inventory.page(*reader.rows_model, each.query)));
    }
    return pages;
}

LiveModels::Reading LiveModels::read_now(Reader& reader, const inventory::Request& request,
                                         const SocketFigures& socket) {
    const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
    const uint64_t worked = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    SharedModel read = reader.inventory.refresh(request);
    // No other part has it: lists of a million rows need not be copied for what the socket's clients add.
    auto model = read.use_count() == 1 ? std::const_pointer_cast<api::Model>(std::move(read))
                                       : std::make_shared<api::Model>(*read);
    const bool for_pages = request.depth == inventory::Depth::kRows;
    model->buffers_listed = model->buffers_listed || for_pages;  // by the inventory's rows and the clients' buffers
    reader.sockets.add_to(*model, socket.processes, socket.totals, begin);
    reader.rows_model = for_pages ? model : nullptr;
    reader.has_rows = for_pages;
    return {std::move(model), clock_ns(CLOCK_MONOTONIC) - begin, clock_ns(CLOCK_THREAD_CPUTIME_ID) - worked};
}

SocketFigures LiveModels::take_socket_figures(inventory::Request& request) {
    SocketFigures figures = socket_(request.depth >= inventory::Depth::kRows);
    for (const inventory::SocketProcess& process : figures.processes) {
        request.counted_elsewhere.push_back(process.pid);
    }
    request.keep_lists = loop_.now_ns() < lists_kept_until_ns_;
    return figures;
}

// `here`: on the loop's own thread, unless the other one reads just now.
void LiveModels::post(inventory::Request request, bool here, Arrived arrived) {
    auto socket = std::make_shared<SocketFigures>(take_socket_figures(request));
    if (here) {
        std::unique_lock lock(reader_->mutex, std::try_to_lock);
        if (lock.owns_lock()) {
            const Reading reading = read_now(*reader_, request, *socket);
            lock.unlock();
            arrived(reading);
            return;
        }
    }
    const bool is_short = request.programs <= inventory::ProgramDepth::kFailures &&
                          (request.depth <= inventory::Depth::kTotals ||
                           (request.depth == inventory::Depth::kSpace && request.space_rows <= kMostSpaceRows));
    background_.post(
        [self = alive_.watch(), request, socket, arrived = std::move(arrived), reader = reader_,
         short_ns = short_ns_]() -> Background::Done {
            const std::lock_guard lock(reader->mutex);
            Reading reading = read_now(*reader, request, *socket);
            reading.others = reading.work_ns > short_ns || inventory::has_other_users(reader->places);
            return [self, reading, arrived] {
                if (self.get() != nullptr) {
                    arrived(reading);
                }
            };
        },
        is_short ? Background::Length::kShort : Background::Length::kUsual);
}

void LiveModels::at(uint64_t when_ns, std::function<void(LiveModels&)> what) {
    loop_.at(when_ns, [self = alive_.watch(), what = std::move(what)] {
        if (LiveModels* const models = self.get()) {
            what(*models);
        }
    });
}

}  // namespace ttmem::server
