// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "history/failure_words.hpp"
#include "history/query.hpp"
#include "history/schema.hpp"
#include "history/shares.hpp"
#include "model/fresh_sensor.hpp"

namespace ttmem::history {

using sqlite::is_damage;

namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kPruneEveryS = 60;
constexpr int kRowsAtOnce = 20'000;   // removed in one transaction, so that the log stays small
constexpr int kMostPieces = 16;       // of one pruning
constexpr size_t kMostDevices = 512;  // of one moment
// Points of one moment that a user's processes have at most, root's excepted: eight on each of 32 chips. All users share
// the size of the file.
constexpr size_t kMostPointsOfUser = 256;

// Identifies a chip across sightings, by the rules of the inventory.
std::string key_of(const api::Device& device) {
    const std::string kind = device.mock ? "mock " : "";
    if (device.unique_id) {
        return kind + "unique " + hex_text(*device.unique_id);
    }
    if (!device.pci.value_or("").empty() && !device.remote) {
        return kind + "pci " + *device.pci;
    }
    return kind + "logical " + (device.id ? std::to_string(*device.id) : "-") + " " + device.arch + " " + device.board;
}

std::string key_of(const api::Process& process) {
    if (!process.ledger.empty()) {
        return process.ledger;
    }
    return std::string(api::to_string(process.source)) + " " + std::to_string(process.pid.value_or(0)) + " " +
           std::to_string(process.start_time_ns.value_or(0) / kNsPerSecond);
}

// The program's name: command lines are for their owner, and every user may read a history.
std::string name_of(const std::string& command) {
    const std::string first = command.substr(0, command.find(' '));
    return first.substr(first.rfind('/') + 1);
}

// The peaks since the process began, or since tracking was switched on where it ran already.
api::PerKind<api::Bytes> rising_peaks(const api::ProcessDevice& use) {
    api::PerKind<api::Bytes> peaks;
    for (const api::MemoryKind kind : api::kAllMemoryKinds) {
        peaks[kind] = use.peak_bytes[kind] ? use.peak_bytes[kind] : use.peak_since_attach_bytes[kind];
    }
    return peaks;
}

bool is_shown(api::ProcessState state) {
    return api::counts(state) || state == api::ProcessState::kExited || state == api::ProcessState::kDied;
}

bool same_figures(const api::ProcessDevice& a, const api::ProcessDevice& b) {
    return a.bytes.values == b.bytes.values && a.peak_bytes.values == b.peak_bytes.values &&
           a.circular_buffer_bytes == b.circular_buffer_bytes && a.kernel_bytes == b.kernel_bytes;
}

bool set_aside(const std::string& path) {
    // The journal of a damaged file goes with it: it must not be played into the new one.
    std::error_code ignored;
    std::filesystem::remove(path + ".damaged-wal", ignored);
    std::filesystem::rename(path + "-wal", path + ".damaged-wal", ignored);
    std::filesystem::remove(path + "-shm", ignored);
    std::error_code error;
    std::filesystem::rename(path, path + ".damaged", error);
    return !error;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Settings& wanted, std::vector<std::string>& notices) {
    Settings settings = wanted;
    if (settings.path.empty()) {
        settings.path = default_database_path();
    }
    if (settings.path.empty()) {
        return Error{"no place for it: neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is set", 0};
    }
    settings.max_bytes = std::max(settings.max_bytes, kLeastMaxBytes);
    const std::filesystem::path folder = std::filesystem::path(settings.path).parent_path();
    std::error_code error;
    if (!folder.empty() && (std::filesystem::create_directories(folder, error), error)) {
        return Error{"cannot make the folder " + folder.string() + ": " + error.message(), error.value()};
    }
    UniqueFd lock(::open((settings.path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!lock.valid()) {
        return Error{settings.path + ".lock: " + std::strerror(errno), errno};
    }
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return Error{settings.path + " is being written by another server", errno};
    }
    std::unique_ptr<Store> store(new Store(settings, std::move(lock)));
    if (store->prepare(notices)) {
        return store;
    }
    if (!store->damaged_) {
        return Error{store->error_, 0};
    }
    const std::string why = store->error_;
    store->database_.reset();
    if (!set_aside(settings.path)) {
        return Error{settings.path + " is damaged (" + why + ") and cannot be set aside", 0};
    }
    notices.push_back(settings.path + " was damaged (" + why + "): it was set aside as " + settings.path +
                      ".damaged, and a new history begins");
    std::unique_ptr<Store> fresh(new Store(settings, std::move(store->lock_)));
    if (!fresh->prepare(notices)) {
        return Error{fresh->error_, 0};
    }
    return fresh;
}

Store::~Store() = default;

bool Store::fail(const char* doing) {
    const int code = database_->code();
    error_ = settings_.path + ": " + doing + ": " + database_->error();
    damaged_ = damaged_ || is_damage(code);
    return false;
}

bool Store::prepare(std::vector<std::string>& notices) {
    auto opened = Connection::open(settings_.path, Connection::Use::kWrite);
    if (!opened) {
        error_ = opened.error().message;
        damaged_ = is_damage(opened.error().errno_value);
        return false;
    }
    database_ = std::move(opened.value());
    // auto_vacuum has to stand before the first table.
    if (!database_->run("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                        "PRAGMA journal_size_limit=4194304; PRAGMA temp_store=MEMORY;")) {
        return fail("opening");
    }
    const std::optional<std::string> check = database_->text("PRAGMA quick_check(1)");
    if (!check || *check != "ok") {
        error_ = check ? *check : database_->error();
        damaged_ = check.has_value() || is_damage(database_->code());
        return false;
    }
    const int64_t version = database_->number("PRAGMA user_version").value_or(0);
    const bool empty = database_->number("SELECT count(*) FROM sqlite_schema").value_or(0) == 0;
    if (!empty && (version < kFirstSchemaVersion || version > kSchemaVersion)) {
        error_ = settings_.path + " is no history of this version (" + std::to_string(version) +
                 "); move it away, or name another file";
        return false;
    }
    if ((empty || version < kSchemaVersion) && !make_schema(empty ? 0 : version)) {
        return fail("making the tables");
    }
    const uint64_t page = static_cast<uint64_t>(database_->number("PRAGMA page_size").value_or(4096));
    const std::string hard_stop =
        "PRAGMA max_page_count=" + std::to_string(settings_.max_bytes / 4 * 5 / std::max<uint64_t>(page, 512));
    if (!database_->run(hard_stop.c_str())) {
        return fail("bounding its size");
    }
    if (bytes() > settings_.max_bytes) {
        notices.push_back(settings_.path + " is larger than its bound: the oldest parts will be removed");
    }
    return load();
}

bool Store::make_schema(int64_t version) {
    // At once: a reader meanwhile finds all tables or none.
    return database_->run("BEGIN") && (version > 0 || database_->run(kSchema)) && database_->run(kFromVersion1) &&
           database_->run("COMMIT");
}

bool Store::load() {
    insert_device_ = Statement(*database_, kInsertDevice);
    see_device_ = Statement(*database_, kSeeDevice);
    insert_process_ = Statement(*database_, kInsertProcess);
    see_process_ = Statement(*database_, kSeeProcess);
    end_process_ = Statement(*database_, kEndProcess);
    count_failures_ = Statement(*database_, kCountFailures);
    put_held_ = Statement(*database_, kPutHeld);
    drop_held_ = Statement(*database_, kDropHeld);
    put_sample_ = Statement(*database_, kPutSample);
    put_reading_ = Statement(*database_, kPutReading);
    put_event_ = Statement(*database_, kPutEvent);
    Statement devices(*database_, "SELECT key, id FROM device");
    while (devices.step()) {
        devices_.emplace(devices.text(0), KnownDeviceRow{devices.number(1), 0});
    }
    Statement processes(*database_, "SELECT key, id, state, failures FROM process");
    while (processes.step()) {
        Known known;
        known.row = processes.number(1);
        known.state = processes.text(2);
        known.failures = static_cast<uint64_t>(processes.number(3));
        processes_.emplace(processes.text(0), std::move(known));
    }
    rolled_ten_ = static_cast<uint64_t>(database_->number("SELECT until_s FROM rolled WHERE tier=10").value_or(0));
    rolled_minute_ = static_cast<uint64_t>(database_->number("SELECT until_s FROM rolled WHERE tier=60").value_or(0));
    const int64_t last = database_->number("SELECT max(last_seen_ns) FROM process").value_or(0);
    clock_.begin(static_cast<uint64_t>(std::max<int64_t>(last, 0)));
    return !is_damage(database_->code()) || fail("reading");
}

uint64_t Store::bytes() {
    return static_cast<uint64_t>(database_->number("PRAGMA page_count").value_or(0) *
                                 database_->number("PRAGMA page_size").value_or(0));
}

bool Store::note(uint64_t time_ns, const char* type) {
    using Nothing = std::optional<int64_t>;
    return put_event_
               .bind(time_ns, std::string(type), Nothing(), Nothing(), Nothing(), Nothing(), Nothing(), Nothing(),
                     Nothing())
               .done() ||
           fail("noting");
}

bool Store::may_age() const {
    return settings_.steady_ns == nullptr || clock_.may_age(settings_.steady_ns());
}

// Undoes a clock that ran ahead: the coarse tiers would count as made up to a time that has not come yet.
void Store::forget_future(uint64_t time_s) {
    rolled_ten_ = std::min(rolled_ten_, time_s / 10 * 10);
    rolled_minute_ = std::min(rolled_minute_, time_s / 60 * 60);
}

bool Store::record(const api::Model& model) {
    const uint64_t time_s = model.time_ns / kNsPerSecond;
    if (settings_.steady_ns != nullptr && !clock_.takes(model.time_ns, settings_.steady_ns())) {
        return true;  // left out: the wall clock has just been set, or is wrong
    }
    forget_future(time_s);
    if (!database_->run("BEGIN IMMEDIATE")) {
        return fail("beginning");
    }
    ++round_;
    if (!record_in_transaction(model) || !roll_up(time_s) || !database_->run("COMMIT")) {
        fail("writing");
        database_->run("ROLLBACK");
        // Rows noted here as written may not be in the file: load them again.
        devices_.clear();
        processes_.clear();
        load();
        if (!damaged_) {
            database_->run("PRAGMA wal_checkpoint(TRUNCATE)");  // a disk that is full may be so of the log alone
            prune(time_s);
        }
        return false;
    }
    fold_log_where_room_is_short(*database_, settings_.path);
    return prune(time_s);
}

bool Store::record_in_transaction(const api::Model& model) {
    const uint64_t time_s = model.time_ns / kNsPerSecond;
    std::vector<int64_t> devices;
    for (const api::Device& device : model.devices) {
        if (devices.size() >= kMostDevices) {
            break;  // most are made up: an honest machine has fewer devices
        }
        devices.push_back(device_row(device, model.time_ns));
        if (devices.back() == 0) {
            return false;
        }
        api::PerKind<api::Bytes> bytes;
        api::PerKind<api::Bytes> peaks;
        bool any = false;
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            bytes[kind] = device.memory[kind].allocated_bytes;
            // A rise counts, whenever the peak began: not the peak itself.
            const api::MemoryUse& use = device.memory[kind];
            peaks[kind] = use.peak_bytes ? use.peak_bytes : use.peak_since_attach_bytes;
            any = any || bytes[kind];
        }
        const api::CircularBufferUse& circular = device.circular_buffers;
        if (any && !add_sample(time_s, devices.back(), 0, bytes, peaks,
                               circular.current_bytes ? circular.current_bytes : circular.programs_sum_bytes,
                               device.kernels.loaded_bytes)) {
            return false;
        }
        if (device.telemetry && !add_reading(time_s, devices.back(), device)) {
            return false;
        }
    }
    std::map<uid_t, size_t> points;
    for (const api::Process& process : model.processes) {
        const uid_t owner = process.uid.value_or(0);
        if (is_shown(process.state) && !record_process(model, process, devices, points[owner])) {
            return false;
        }
    }
    for (auto& [key, known] : processes_) {
        const bool lived = known.state == "live" || known.state == "stopped";
        if (known.round != round_ && lived && !record_end(known, "ended", "exit", model.time_ns)) {
            return false;  // it left no ledger to say how
        }
    }
    // Devices, too: made-up ones would fill the memory for good.
    const auto unseen = [&](const auto& entry) { return entry.second.round != round_; };
    std::erase_if(devices_, unseen);
    std::erase_if(processes_, unseen);
    std::erase_if(last_peaks_, unseen);
    return record_failures(model, devices);
}

int64_t Store::device_row(const api::Device& device, uint64_t time_ns) {
    const std::string key = key_of(device);
    const std::optional<std::string> unique =
        device.unique_id ? std::optional(hex_text(*device.unique_id)) : std::optional<std::string>();
    if (const auto found = devices_.find(key); found != devices_.end()) {
        found->second.round = round_;
        return see_device_.bind(time_ns, device.id, found->second.row).done() ? found->second.row : 0;
    }
    insert_device_.bind(key, device.id, unique, device.pci, device.arch, device.board, device.mock, time_ns, time_ns);
    const int64_t row = insert_device_.step() ? insert_device_.number(0) : 0;
    if (!insert_device_.done() || row == 0) {
        return 0;
    }
    devices_[key] = {row, round_};
    return row;
}

Store::Known* Store::process_row(const api::Process& process, uint64_t time_ns) {
    const std::string key = key_of(process);
    const std::string state(api::to_string(process.state));
    const auto found = processes_.find(key);
    if (found != processes_.end()) {
        Known& known = found->second;
        known.round = round_;
        if (api::counts(process.state)) {
            known.state = state;
            return see_process_.bind(time_ns, state, known.row).done() ? &known : nullptr;
        }
        if (known.state != state) {
            const char* type = process.state == api::ProcessState::kDied ? "death" : "exit";
            return record_end(known, state, type, time_ns) ? &known : nullptr;
        }
        return &known;
    }
    std::optional<std::string> runtime, id, pod, job;
    if (process.container) {
        runtime = process.container->runtime;
        id = process.container->id;
        pod = process.container->pod;
        job = process.container->job;
    }
    insert_process_.bind(key, process.pid, process.uid, process.user,
                         process.name.empty() ? name_of(process.command) : process.name,
                         std::string(api::to_string(process.source)), runtime, id, pod, job, process.start_time_ns,
                         time_ns, time_ns, state);
    Known fresh;
    if (insert_process_.step()) {
        fresh.row = insert_process_.number(0);
        fresh.failures = static_cast<uint64_t>(insert_process_.number(1));
    }
    if (!insert_process_.done() || fresh.row == 0) {
        return nullptr;
    }
    fresh.state = state;
    fresh.round = round_;
    Known& known = processes_[key] = std::move(fresh);
    using Nothing = std::optional<int64_t>;
    const uint64_t began = process.start_time_ns.value_or(process.created_ns.value_or(time_ns));
    return put_event_
                   .bind(began, std::string("start"), known.row, Nothing(), Nothing(), Nothing(), Nothing(), Nothing(),
                         Nothing())
                   .done()
               ? &known
               : nullptr;
}

bool Store::record_end(Known& known, const std::string& state, const char* type, uint64_t time_ns) {
    using Nothing = std::optional<int64_t>;
    known.state = state;
    return end_process_.bind(state, time_ns, known.row).done() &&
           put_event_
               .bind(time_ns, std::string(type), known.row, Nothing(), Nothing(), Nothing(), Nothing(), Nothing(),
                     Nothing())
               .done();
}

// Removes what a process held on devices that it does not list any more. A ledger keeps its devices: only one that is
// written by hand takes them back, and would otherwise get ever more rows.
bool Store::drop_unlisted(Known& known, const api::Process& process, const std::vector<int64_t>& devices) {
    if (known.held.size() <= process.devices.size()) {
        return true;
    }
    std::set<int64_t> listed;
    for (const api::ProcessDevice& use : process.devices) {
        listed.insert(use.device < devices.size() ? devices[use.device] : 0);
    }
    for (auto held = known.held.begin(); held != known.held.end();) {
        if (listed.contains(held->first)) {
            ++held;
        } else if (drop_held_.bind(known.row, held->first).done()) {
            held = known.held.erase(held);
        } else {
            return false;
        }
    }
    return true;
}

// `points`: of its user in this moment.
bool Store::record_process(const api::Model& model, const api::Process& process, const std::vector<int64_t>& devices,
                           size_t& points) {
    Known* known = process_row(process, model.time_ns);
    if (known == nullptr || !drop_unlisted(*known, process, devices)) {
        return false;
    }
    for (const api::ProcessDevice& use : process.devices) {
        if (use.device >= devices.size()) {
            continue;
        }
        const int64_t device = devices[use.device];
        const auto written = known->held.find(device);
        if (written == known->held.end() || !same_figures(written->second, use)) {
            const auto& b = use.bytes.values;
            const auto& p = use.peak_bytes.values;
            if (!put_held_
                     .bind(known->row, device, b[0], b[1], b[2], b[3], use.circular_buffer_bytes, use.kernel_bytes,
                           p[0], p[1], p[2], p[3])
                     .done()) {
                return false;
            }
            known->held[device] = use;
        }
        const bool has_room = process.uid.value_or(0) == 0 || points < kMostPointsOfUser;
        points += api::counts(process.state) ? 1 : 0;
        if (has_room && api::counts(process.state) &&
            !add_sample(model.time_ns / kNsPerSecond, device, known->row, use.bytes, rising_peaks(use),
                        use.circular_buffer_bytes, use.kernel_bytes)) {
            return false;
        }
    }
    return true;
}

bool Store::record_failures(const api::Model& model, const std::vector<int64_t>& devices) {
    for (const api::Failure& failure : model.failures) {
        const api::Process& process = model.processes[failure.process];
        const auto found = processes_.find(key_of(process));
        if (found == processes_.end() || failure.number < found->second.failures) {
            continue;
        }
        found->second.failures = failure.number + 1;
        std::optional<int64_t> device;
        if (!failure.devices.empty() && failure.devices.front() < devices.size()) {
            device = devices[failure.devices.front()];
        }
        const std::optional<std::string> kind = kind_of(failure);
        if (!put_event_
                 .bind(failure.time_ns, std::string(failure.type == api::FailureType::kClash ? "clash" : "failure"),
                       found->second.row, device, kind, failure.requested_bytes, failure.largest_free_bytes_per_bank,
                       failure.allocated_bytes, words_of(failure))
                 .done() ||
            !count_failures_.bind(found->second.failures, found->second.row).done()) {
            return false;
        }
    }
    return true;
}

bool Store::add_sample(uint64_t time_s, int64_t device, int64_t process, const api::PerKind<api::Bytes>& bytes,
                       const api::PerKind<api::Bytes>& peaks, api::Bytes circular, api::Bytes kernels) {
    // A peak that rose since the second before was reached within this one.
    LastPeak& last = last_peaks_[{device, process}];
    std::array<api::Bytes, api::kMemoryKinds> most = bytes.values;
    for (size_t i = 0; i < api::kMemoryKinds; ++i) {
        if (last.round > 0 && last.bytes.values[i] && peaks.values[i] && *peaks.values[i] > *last.bytes.values[i]) {
            most[i] = peaks.values[i];
        }
    }
    last = {peaks, round_};
    const auto& b = bytes.values;
    return put_sample_
        .bind(static_cast<uint32_t>(Tier::kSecond), time_s, device, process, b[0], b[1], b[2], b[3], circular, kernels,
              most[0], most[1], most[2], most[3])
        .done();
}

bool Store::add_reading(uint64_t time_s, int64_t row, const api::Device& device) {
    const auto value = [&](const char* name) {
        const api::Sensor* sensor = api::fresh_sensor(device, name);
        return sensor == nullptr ? std::nullopt : sensor->value;
    };
    const std::optional<double> temperature = value("asic_temperature");
    const std::optional<double> clock = value("ai_clock");
    const std::optional<double> power = value("power");
    if (!temperature && !clock && !power) {
        return true;
    }
    return put_reading_
        .bind(static_cast<uint32_t>(Tier::kSecond), time_s, row, temperature, clock, power, temperature, clock, power)
        .done();
}

bool Store::roll_up(uint64_t time_s) {
    const auto up = [&](uint64_t from_tier, uint64_t tier, uint64_t& rolled) {
        const uint64_t until = time_s / tier * tier;
        if (until <= rolled) {
            return true;
        }
        Statement make(*database_, kRollUp);
        Statement readings(*database_, kRollUpReadings);
        Statement mark(*database_, "INSERT OR REPLACE INTO rolled(tier, until_s) VALUES(?, ?)");
        if (!make.bind(tier, tier, tier, from_tier, rolled, until, tier).done() ||
            !readings.bind(tier, tier, tier, from_tier, rolled, until, tier).done() || !mark.bind(tier, until).done()) {
            return false;
        }
        rolled = until;
        return true;
    };
    return up(1, 10, rolled_ten_) && up(10, 60, rolled_minute_);
}

bool Store::remove_before(Tier tier, uint64_t time_s, int& pieces) {
    Statement readings(*database_, kDeleteReadings);
    if (!readings.bind(static_cast<uint32_t>(tier), time_s).done()) {
        return fail("removing what is old");
    }
    Statement old(*database_, kDeleteSamples);
    do {
        if (!old.bind(static_cast<uint32_t>(tier), time_s, kRowsAtOnce).done()) {
            return fail("removing what is old");
        }
    } while (++pieces < kMostPieces && database_->number("SELECT changes()").value_or(0) == kRowsAtOnce);
    return true;
}

bool Store::remove_happenings_before(uint64_t time_ns) {
    Statement events(*database_, "DELETE FROM event WHERE time_ns < ?");
    Statement held(*database_, "DELETE FROM held WHERE process IN (SELECT id FROM process WHERE last_seen_ns < ?)");
    Statement processes(*database_, "DELETE FROM process WHERE last_seen_ns < ?");
    if (!events.bind(time_ns).done() || !held.bind(time_ns).done() || !processes.bind(time_ns).done()) {
        return fail("removing what is old");
    }
    Statement devices(
        *database_, "DELETE FROM device WHERE last_seen_ns < ? AND id NOT IN (SELECT device FROM held) RETURNING key");
    devices.bind(time_ns);
    while (devices.step()) {
        devices_.erase(devices.text(0));
    }
    return true;
}

bool Store::prune(uint64_t time_s) {
    const bool early = time_s < next_prune_s_ && next_prune_s_ - time_s <= kPruneEveryS;
    if (early && bytes() <= settings_.max_bytes) {
        return true;
    }
    next_prune_s_ = time_s + kPruneEveryS;
    int pieces = 0;
    const auto before = [&](uint64_t age_s) { return time_s > age_s ? time_s - age_s : 0; };
    if (may_age() && (!remove_before(Tier::kSecond, before(settings_.keep_seconds_s), pieces) ||
                      !remove_before(Tier::kTenSeconds, before(settings_.keep_ten_seconds_s), pieces) ||
                      !remove_before(Tier::kMinute, before(settings_.keep_minutes_s), pieces) ||
                      !remove_happenings_before(before(settings_.keep_minutes_s) * kNsPerSecond))) {
        return false;
    }
    // Too large: the users that have the most give up their oldest rows. Once, since it costs a pass over all; where that
    // is not enough the next moment's pruning goes on.
    database_->run("PRAGMA incremental_vacuum");
    if (bytes() > settings_.max_bytes) {
        if (!give_up_shares(*database_, time_s * kNsPerSecond, kRowsAtOnce, kMostPieces - pieces)) {
            return fail("removing what is old");
        }
        database_->run("PRAGMA incremental_vacuum");
    }
    return true;
}

}  // namespace ttmem::history
