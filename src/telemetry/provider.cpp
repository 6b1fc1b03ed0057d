// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/provider.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "telemetry/fields.hpp"
#include "telemetry/identity.hpp"
#include "telemetry/scan.hpp"
#include "telemetry/worker.hpp"

namespace ttmem::telemetry {
namespace {

constexpr std::chrono::milliseconds kPatienceAtEnd{50};

std::uint64_t in_ns(std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
}

// The sums that a device had gathered before its present session began.
struct Base {
    std::uint64_t host_to_device_bytes = 0;
    std::uint64_t device_to_host_bytes = 0;
    std::uint32_t resets_seen = 0;
    bool lower_bound = false;
    std::array<Extremes, kGaugeCount> extremes;
};

// A device, for as long as it is remembered.
struct Record {
    std::optional<DeviceTelemetry> last;  // its last answer, base included
    Base base;
    std::optional<std::uint64_t> gone_since_ns;
};

// A node's appearance, from its entry's creation to its removal.
struct Session {
    Node node;
    std::shared_ptr<Worker> worker;  // nullptr while no thread can be started
    std::string key;                 // of the record it feeds; empty before the first binding
    Worker::View view;
};

// The worker of a session that is over, blocked in the kernel.
struct BlockedWorker {
    std::string class_path;
    std::shared_ptr<Worker> worker;
};

}  // namespace

class Provider::Impl {
public:
    explicit Impl(Options options) : options_(completed(std::move(options))), threads_(options_) {}
    ~Impl();

    void poll() {
        const std::lock_guard lock(mutex_);
        scan();
    }
    Snapshot snapshot();
    bool refresh(std::chrono::milliseconds wait);
    void watch_closely(const std::optional<std::vector<int>>& wanted, std::chrono::milliseconds wait);

private:
    using Passes = std::vector<std::pair<std::shared_ptr<Worker>, std::uint64_t>>;
    static bool wait_for(const Passes& asked, std::chrono::milliseconds wait);

    // All of these want the mutex held.
    void scan();
    void follow(const std::vector<Node>& nodes);
    void end_session(Session& session);
    void start_workers();
    Look look_at(const Session& session) const;
    void bind();
    void attach(Session& session, const std::string& key);
    void take_answers();
    DeviceTelemetry describe(const Session& session, std::uint64_t now_ns) const;
    const BlockedWorker* blocked_worker_of(const Session& session) const;

    const Options options_;
    WorkerThreads threads_;
    std::mutex mutex_;
    Reading<std::string> driver_version_;
    std::vector<Session> sessions_;  // by index
    std::vector<BlockedWorker> blocked_;
    std::map<std::string, Record> records_;
    std::optional<std::vector<int>> wanted_whole_;  // nothing: all
};

Provider::Impl::~Impl() {
    for (const Session& session : sessions_) {
        if (session.worker) {
            blocked_.push_back({{}, session.worker});
        }
    }
    for (const BlockedWorker& blocked : blocked_) {
        blocked.worker->stop();
    }
    const auto deadline = std::chrono::steady_clock::now() + kPatienceAtEnd;
    for (const BlockedWorker& blocked : blocked_) {
        blocked.worker->wait_finished(deadline);
    }
}

void Provider::Impl::scan() {
    read_driver_version(options_, driver_version_);
    std::vector<Node> known;
    for (const Session& session : sessions_) {
        known.push_back(session.node);
    }
    if (const std::vector<Node> nodes = scan_nodes(*options_.reader, options_.sysfs_root, known); nodes != known) {
        follow(nodes);
    } else {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            sessions_[i].node.number = nodes[i].number;
        }
    }
    start_workers();
    const std::uint64_t now = options_.now_ns();
    std::erase_if(records_, [&](const auto& entry) {
        const auto& gone = entry.second.gone_since_ns;
        return gone && now > *gone && now - *gone > in_ns(options_.forget_after);
    });
}

// Ends the sessions of nodes that are not there any more and begins those of new ones.
void Provider::Impl::follow(const std::vector<Node>& nodes) {
    take_answers();  // the last words of sessions that end here
    for (Session& session : sessions_) {
        if (std::find(nodes.begin(), nodes.end(), session.node) == nodes.end()) {
            end_session(session);
        }
    }
    std::erase_if(sessions_, [](const Session& session) { return session.node.index < 0; });
    for (const Node& node : nodes) {
        if (std::none_of(sessions_.begin(), sessions_.end(), [&](const Session& s) { return s.node == node; })) {
            sessions_.push_back({node, nullptr, {}, {}});
        }
    }
    std::sort(sessions_.begin(), sessions_.end(),
              [](const Session& a, const Session& b) { return a.node.index < b.node.index; });
    bind();
}

void Provider::Impl::end_session(Session& session) {
    if (session.worker) {
        session.worker->stop();
        blocked_.push_back({session.node.class_path, session.worker});
    }
    if (const auto found = records_.find(session.key); found != records_.end()) {
        // A node that never answered and never identified itself leaves nothing to remember.
        const auto& last = found->second.last;
        if (is_place_key(session.key) && !(last && last->last_answer_ns)) {
            records_.erase(found);
        } else {
            found->second.gone_since_ns = options_.now_ns();
        }
    }
    session.node.index = -1;
}

const BlockedWorker* Provider::Impl::blocked_worker_of(const Session& session) const {
    const auto found = std::find_if(blocked_.begin(), blocked_.end(), [&session](const BlockedWorker& blocked) {
        return blocked.class_path == session.node.class_path;
    });
    return found == blocked_.end() ? nullptr : &*found;
}

void Provider::Impl::start_workers() {
    std::erase_if(blocked_, [](const BlockedWorker& blocked) { return blocked.worker->finished(); });
    for (Session& session : sessions_) {
        if (session.worker) {
            continue;
        }
        // However often a node comes and goes, no more than one thread hangs on it, unless that one is merely on its
        // way out.
        const BlockedWorker* blocked = blocked_worker_of(session);
        if (blocked != nullptr && blocked->worker->view().reading_ns) {
            continue;
        }
        session.worker = threads_.start(session.node);
        if (session.worker) {
            session.worker->look(look_at(session));
        }
    }
}

Look Provider::Impl::look_at(const Session& session) const {
    const bool whole = !wanted_whole_ || std::find(wanted_whole_->begin(), wanted_whole_->end(), session.node.index) !=
                                             wanted_whole_->end();
    return whole ? Look::kWhole : Look::kGlance;
}

void Provider::Impl::take_answers() {
    for (Session& session : sessions_) {
        if (session.worker) {
            session.view = session.worker->view();
        }
    }
    bind();
    for (Session& session : sessions_) {
        if (!session.view.held_part) {
            continue;
        }
        Record& record = records_[session.key];
        DeviceTelemetry device = session.view.device;
        if (record.last) {
            const auto keep = [](auto& into, const auto& from) {
                if (!into) {
                    into = from;
                }
            };
            keep(device.asic_id, record.last->asic_id);
            keep(device.serial, record.last->serial);
            keep(device.card_type, record.last->card_type);
            keep(device.arch, record.last->arch);
            keep(device.last_answer_ns, record.last->last_answer_ns);
        }
        if (device.host_to_device_bytes.value && device.device_to_host_bytes.value) {
            *device.host_to_device_bytes.value += record.base.host_to_device_bytes;
            *device.device_to_host_bytes.value += record.base.device_to_host_bytes;
        }
        device.resets_seen += record.base.resets_seen;
        device.traffic_is_lower_bound = device.traffic_is_lower_bound || record.base.lower_bound;
        widen(device.extremes, record.base.extremes);
        device.key = session.key;
        record.last = std::move(device);
    }
}

// Gives each session the record of its device, as far as the device has said which it is.
void Provider::Impl::bind() {
    std::vector<const DeviceTelemetry*> devices;
    devices.reserve(sessions_.size());
    for (const Session& session : sessions_) {
        devices.push_back(&session.view.device);
    }
    const std::vector<std::string> keys = identity_keys(devices);
    std::set<std::string> taken(keys.begin(), keys.end());
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        if (!keys[i].empty() && sessions_[i].key != keys[i]) {
            attach(sessions_[i], keys[i]);
        }
    }
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        Session& session = sessions_[i];
        if (!keys[i].empty() || (!session.key.empty() && taken.insert(session.key).second)) {
            continue;
        }
        // Not known yet: the card that was in this place last, or else the place itself.
        std::string guess = place_key(session.node.pci, session.node.index);
        for (const auto& [key, record] : records_) {
            if (!session.node.pci.empty() && record.last && record.last->pci == session.node.pci &&
                !taken.contains(key)) {
                guess = key;
                break;
            }
        }
        taken.insert(guess);
        attach(session, guess);
    }
}

void Provider::Impl::attach(Session& session, const std::string& key) {
    if (const auto old = records_.find(session.key); old != records_.end()) {
        const auto holders = std::count_if(sessions_.begin(), sessions_.end(),
                                           [&session](const Session& other) { return other.key == session.key; });
        if (!is_place_key(session.key)) {
            // A wrong guess: that device is not here, unless another session turned out to be it.
            if (holders <= 1) {
                old->second.gone_since_ns = options_.now_ns();
            }
        } else if (!records_.contains(key)) {
            auto renamed = records_.extract(old);
            renamed.key() = key;
            records_.insert(std::move(renamed));
            session.key = key;
            return;
        } else {
            records_.erase(old);
        }
    }
    Record& record = records_[key];
    record.gone_since_ns.reset();
    record.base = {};
    if (record.last) {
        record.base.host_to_device_bytes = record.last->host_to_device_bytes.value.value_or(0);
        record.base.device_to_host_bytes = record.last->device_to_host_bytes.value.value_or(0);
        record.base.resets_seen = record.last->resets_seen;
        record.base.lower_bound = true;
        record.base.extremes = record.last->extremes;
    }
    session.key = key;
}

DeviceTelemetry Provider::Impl::describe(const Session& session, std::uint64_t now_ns) const {
    const auto found = records_.find(session.key);
    const bool remembered = found != records_.end() && found->second.last;
    DeviceTelemetry device = remembered ? *found->second.last : session.view.device;
    device.kmd_index = session.node.index;
    if (!session.node.pci.empty()) {
        device.pci = session.node.pci;
    }
    device.key = session.key;
    device.pids_in_opener_namespace = lists_opener_pids(driver_version_);
    if (!session.view.held_part) {
        device.condition = Condition::kStarting;
        if (session.view.open_part) {
            device.open_pids = session.view.device.open_pids;
            device.hidden_opens = session.view.device.hidden_opens;
        }
    }
    std::optional<std::uint64_t> reading_ns = session.view.reading_ns;
    if (!session.worker) {
        const BlockedWorker* blocked = blocked_worker_of(session);
        reading_ns = blocked != nullptr ? blocked->worker->view().reading_ns : std::nullopt;
    }
    if (reading_ns && now_ns > *reading_ns && now_ns - *reading_ns > in_ns(options_.blocked_after)) {
        device.condition = Condition::kBlocked;
        device.waiting_ns = now_ns - *reading_ns;
    }
    grow_old(device, now_ns, options_, look_at(session));
    return device;
}

Snapshot Provider::Impl::snapshot() {
    const std::lock_guard lock(mutex_);
    take_answers();
    Snapshot out;
    out.taken_at_ns = options_.now_ns();
    out.driver_version = driver_version_;
    for (const Session& session : sessions_) {
        out.devices.push_back(describe(session, out.taken_at_ns));
    }
    for (const auto& [key, record] : records_) {
        if (record.gone_since_ns && record.last) {
            make_gone(out.devices.emplace_back(*record.last));
        }
    }
    return out;
}

bool Provider::Impl::refresh(std::chrono::milliseconds wait) {
    Passes asked;
    bool all = true;
    {
        const std::lock_guard lock(mutex_);
        scan();
        for (const Session& session : sessions_) {
            if (session.worker) {
                asked.emplace_back(session.worker, session.worker->request());
            } else {
                all = false;
            }
        }
    }
    return wait_for(asked, wait) && all;
}

bool Provider::Impl::wait_for(const Passes& asked, std::chrono::milliseconds wait) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    bool all = true;
    for (const auto& [worker, pass] : asked) {
        all = worker->wait_for(pass, deadline) && all;
    }
    return all;
}

void Provider::Impl::watch_closely(const std::optional<std::vector<int>>& wanted, std::chrono::milliseconds wait) {
    Passes asked;
    {
        const std::lock_guard lock(mutex_);
        if (wanted == wanted_whole_) {
            return;
        }
        wanted_whole_ = wanted;
        for (const Session& session : sessions_) {
            if (!session.worker) {
                continue;
            }
            if (const auto pass = session.worker->look(look_at(session))) {
                asked.emplace_back(session.worker, *pass);
            }
        }
    }
    wait_for(asked, wait);
}

Provider::Provider(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Provider::~Provider() = default;
void Provider::poll() {
    impl_->poll();
}
Snapshot Provider::snapshot() {
    return impl_->snapshot();
}
void Provider::watch_closely(const std::optional<std::vector<int>>& wanted, std::chrono::milliseconds wait) {
    impl_->watch_closely(wanted, wait);
}
bool Provider::refresh(std::chrono::milliseconds wait) {
    return impl_->refresh(wait);
}

}  // namespace ttmem::telemetry
