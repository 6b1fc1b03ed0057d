// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Models for clients of HTTP or the old socket, read and assembled beside the loop: however long the lists
// are, the loop goes on with its other work. Where the last reading of the totals was shorter than handing it over is
// worth, and no other user has a ledger, the loop does it itself. Requests that come together share one model, and reading rests longer than it works,
// so that a thousand askers cost as much as one. For the loop's thread; the models may go anywhere.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/alive.hpp"
#include "inventory/inventory.hpp"
#include "inventory/socket_source.hpp"
#include "model/model.hpp"
#include "server/background.hpp"
#include "server/event_loop.hpp"

namespace ttmem::server {

using SharedModel = std::shared_ptr<const api::Model>;
using SharedPage = std::shared_ptr<const inventory::BufferPage>;

class ModelSource {
public:
    enum class Want : uint8_t {
        kTotals,
        kSpace,    // with what rests on lists, as far as these are short (LiveModels::kMostSpaceRows)
        kBuffers,  // with the list of live buffers
        kEvents    // with the events since the last model of this kind
    };
    static constexpr size_t kWants = 4;
    using Got = std::function<void(SharedModel)>;
    using GotPage = std::function<void(SharedPage)>;
    using IsWanted = std::function<bool()>;

    virtual ~ModelSource() = default;
    // May call `got` at once.
    virtual void get(Want want, Got got) = 0;
    // Read after this call, whatever is cached: for a client that has just changed something.
    virtual void read_fresh(const inventory::Request& request, Got got) = 0;
    // A part of the list of live buffers, without a model of them all. May call `got` at once. When its turn comes and
    // `is_wanted` says no, `got` gets a null pointer.
    virtual void get_page(const inventory::BufferQuery& query, IsWanted is_wanted, GotPage got) = 0;
};

// The present figures of the old socket's clients.
struct SocketFigures {
    std::vector<inventory::SocketProcess> processes;
    std::vector<inventory::SocketHolding> totals;
};

class LiveModels : public ModelSource {
public:
    static constexpr uint64_t kFreshNs = 5'000'000;
    static constexpr uint64_t kRestAfterWork = 4;
    static constexpr uint64_t kShortNs = 500'000;
    static constexpr uint64_t kKeepListsNs = 10'000'000'000;
    static constexpr uint64_t kMostRowsATurn = 20'000;   // of pages that are made without shorter work between them
    static constexpr uint64_t kMostSpaceRows = 100'000;  // of the processes of one user, for Want::kSpace
    using SocketState = std::function<SocketFigures(bool buffers)>;

    LiveModels(EventLoop& loop, Background& background, const inventory::Settings& settings, SocketState socket,
               uint64_t short_ns = kShortNs);

    void get(Want want, Got got) override;
    void read_fresh(const inventory::Request& request, Got got) override;
    // The lists that it reads stay for kKeepListsNs after the last call, so that a client which goes through them page
    // by page, or looks again, costs a reading of the ledgers that changed alone.
    void get_page(const inventory::BufferQuery& query, IsWanted is_wanted, GotPage got) override;
    // Call when a process starts or ends. The next request gets a fresh list of processes at once; totals of unchanged
    // processes may still be as old as the rest period.
    void forget();
    // Another user may have a ledger now: the loop reads none itself until it is known that there is no such user.
    void suspect_strangers() {
        may_have_strangers_ = true;
        ++suspicions_;
    }
    // Whether folders of ledgers have changed since the last suspect_strangers(), without taking the change in. Without
    // it they are taken to be as they were.
    void set_news(std::function<bool()> has_news) { has_news_ = std::move(has_news); }
    double last_read_seconds() const { return static_cast<double>(last_cost_ns_) * 1e-9; }

private:
    struct Kind {
        SharedModel model;
        uint64_t fresh_until_ns = 0;  // no whole reading before then
        uint64_t quick_after_ns = 0;  // no quick one before then
        std::vector<Got> waiting;
        bool on_its_way = false;  // a reading, or the moment for it
        bool forgotten = false;   // the reading in flight began before forget()
        bool again = false;       // the reading in flight repeats one that began before forget()
    };
    // Requests for one fresh model, which arrived since the reading before.
    struct FreshRequest {
        inventory::Request request;
        std::vector<Got> waiting;
    };
    struct Reader {
        std::mutex mutex;
        inventory::Inventory inventory;
        inventory::SocketSource sockets;
        SharedModel rows_model;              // of the last reading, if it was for pages
        std::atomic<bool> has_rows = false;  // whether there is one, for a look without the mutex
        inventory::Settings places;
        explicit Reader(const inventory::Settings& settings) : inventory(settings), places(settings) {}
    };
    struct Reading {
        SharedModel model;
        uint64_t cost_ns;     // by the clock
        uint64_t work_ns;     // of the processor
        bool others = false;  // another user than root and this one has ledgers or counter files, or may have
    };
    using Arrived = std::function<void(const Reading&)>;
    struct PageWanted {
        inventory::BufferQuery query;
        IsWanted is_wanted;
        GotPage got;
    };
    using Pages = std::vector<SharedPage>;
    void begin(Want want);
    void read(Want want, bool quick);
    void arrived(Want want, const Reading& reading, bool quick);
    void next_fresh();
    void next_pages();
    std::vector<PageWanted> take_turn();
    static Pages pages_of(Reader& reader, const std::vector<PageWanted>& wanted);
    static Reading read_now(Reader& reader, const inventory::Request& request, const SocketFigures& socket);
    // Figures of the socket's clients, and the request with them left out.
    SocketFigures take_socket_figures(inventory::Request& request);
    void post(inventory::Request request, bool here, Arrived arrived);
    void at(uint64_t when_ns, std::function<void(LiveModels&)> what);

    EventLoop& loop_;
    Background& background_;
    SocketState socket_;
    std::shared_ptr<Reader> reader_;  // mostly the other thread's
    uint64_t short_ns_;
    std::array<Kind, kWants> kinds_;
    std::deque<FreshRequest> fresh_requests_;
    bool reading_fresh_ = false;
    uint64_t fresh_after_ns_ = 0;
    std::deque<PageWanted> pages_wanted_;
    bool pages_on_their_way_ = false;
    bool pages_forgotten_ = false;       // the pages in flight may be of before forget()
    uint64_t pages_fresh_until_ns_ = 0;  // lists that were read for pages are good enough until then
    uint64_t pages_rest_until_ns_ = 0;   // no reading for pages before then
    uint64_t lists_kept_until_ns_ = 0;
    uint64_t last_cost_ns_ = 0;
    uint64_t totals_work_ns_ = 0;
    bool may_have_strangers_ = true;  // ledgers of other users, which may take long to read
    uint64_t suspicions_ = 0;         // ever
    uint64_t suspicions_read_ = 0;    // when the last reading of the totals began
    std::function<bool()> has_news_;
    Alive<LiveModels> alive_{this};
};

}  // namespace ttmem::server
