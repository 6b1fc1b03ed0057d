// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/query.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "history/schema.hpp"
#include "history/store.hpp"
#include "sqlite/sqlite.hpp"

namespace ttmem::history {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr const char* kServicePath = "/var/lib/ttmem/history.db";

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::optional<uint64_t> parse_hex(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<uint64_t>(std::strtoull(text.c_str(), nullptr, 16));
}

uint32_t seconds(Tier tier) {
    return static_cast<uint32_t>(tier);
}

// Rows of the file and where they stand in an answer.
class Collector {
public:
    Collector(Connection& database, const Question& question, Answer& answer)
        : database_(database), question_(question), answer_(answer) {}

    bool collect() {
        answer_.tier = choose_tier();
        return devices() && processes() && series() && cards() && (!question_.events || events()) && held();
    }

private:
    // The finest tier that has all that the history has of the time asked for, and no more points than wanted.
    Tier choose_tier() {
        if (question_.tier) {
            return *question_.tier;
        }
        std::map<Tier, uint64_t> oldest;
        uint64_t first = UINT64_MAX;
        for (const Tier tier : kTiers) {
            const std::string query = "SELECT min(time_s) FROM sample WHERE tier=" + std::to_string(seconds(tier));
            if (const std::optional<int64_t> time_s = database_.number(query)) {
                oldest[tier] = static_cast<uint64_t>(*time_s);
                first = std::min(first, oldest[tier]);
            }
        }
        const uint64_t newest =
            static_cast<uint64_t>(database_.number("SELECT max(time_s) FROM sample WHERE tier=1").value_or(0));
        const uint64_t from = std::max(question_.since_ns / kNsPerSecond, first);
        const uint64_t until = std::min(most() / kNsPerSecond, newest);
        Tier best = Tier::kSecond;
        for (const auto& [tier, begins] : oldest) {
            best = tier;
            // A coarser tier may begin earlier by the rest of its first step.
            const bool reaches = begins < from + seconds(Tier::kMinute);
            if (reaches && (until <= from || (until - from) / seconds(tier) <= question_.most_points)) {
                break;
            }
        }
        return best;
    }

    bool devices() {
        Statement rows(database_,
                       "SELECT id, logical_id, unique_id, pci, arch, board, mock, first_seen_ns, last_seen_ns "
                       "FROM device WHERE last_seen_ns>=? AND first_seen_ns<=? ORDER BY mock, logical_id, id");
        rows.bind(question_.since_ns, most());
        while (rows.step()) {
            KnownDevice device;
            if (!rows.is_null(1)) {
                device.id = static_cast<int>(rows.number(1));
            }
            device.unique_id = parse_hex(rows.text(2));
            if ((question_.device && device.id != question_.device) ||
                (question_.unique_id && device.unique_id != question_.unique_id)) {
                continue;
            }
            device.pci = rows.text(3);
            device.arch = rows.text(4);
            device.board = rows.text(5);
            device.mock = rows.number(6) != 0;
            device.first_seen_ns = static_cast<uint64_t>(rows.number(7));
            device.last_seen_ns = static_cast<uint64_t>(rows.number(8));
            devices_.emplace(rows.number(0), answer_.devices.size());
            answer_.devices.push_back(std::move(device));
        }
        return rows.good();
    }

    bool processes() {
        Statement rows(database_,
                       "SELECT id, pid, uid, user, command, source, container_runtime, container_id, start_ns, "
                       "first_seen_ns, last_seen_ns, state, ended_ns, pod, job FROM process "
                       "WHERE max(last_seen_ns, coalesce(ended_ns, 0))>=? AND first_seen_ns<=? "
                       "AND (?3 IS NULL OR pid=?3) ORDER BY first_seen_ns, id");
        rows.bind(question_.since_ns, most(), question_.pid);
        while (rows.step()) {
            KnownProcess process;
            if (!rows.is_null(1)) {
                process.pid = static_cast<int>(rows.number(1));
            }
            if (!rows.is_null(2)) {
                process.uid = static_cast<uint32_t>(rows.number(2));
            }
            process.user = rows.text(3);
            process.command = rows.text(4);
            process.source = rows.text(5);
            if (!rows.is_null(7)) {
                process.container = api::Container{rows.text(6), rows.text(7), rows.text(13), rows.text(14)};
            }
            process.start_time_ns = rows.maybe(8);
            process.first_seen_ns = static_cast<uint64_t>(rows.number(9));
            process.last_seen_ns = static_cast<uint64_t>(rows.number(10));
            process.state = rows.text(11);
            process.ended_ns = rows.maybe(12);
            processes_.emplace(rows.number(0), answer_.processes.size());
            answer_.processes.push_back(std::move(process));
        }
        return rows.good();
    }

    bool series() {
        Statement rows(database_,
                       "SELECT device, process, time_s, dram, l1, l1_small, trace, dram_max, l1_max, l1_small_max, "
                       "trace_max, cb, kernel FROM sample WHERE tier=? AND time_s>=? AND time_s<=? ORDER BY time_s");
        rows.bind(seconds(answer_.tier), first_second(), most() / kNsPerSecond);
        std::map<std::pair<size_t, size_t>, Series> found;  // the device's own first
        while (rows.step()) {
            const auto device = devices_.find(rows.number(0));
            const int64_t process_row = rows.number(1);
            const auto process = processes_.find(process_row);
            if (device == devices_.end() || (process_row == 0 ? !wants_devices() : !question_.processes) ||
                (process_row != 0 && process == processes_.end())) {
                continue;
            }
            const size_t place = process_row == 0 ? 0 : process->second + 1;
            Series& series = found[{device->second, place}];
            series.device = device->second;
            if (process_row != 0) {
                series.process = process->second;
            }
            Point point;
            point.time_ns = static_cast<uint64_t>(rows.number(2)) * kNsPerSecond;
            for (int i = 0; i < static_cast<int>(api::kMemoryKinds); ++i) {
                point.bytes.values[static_cast<size_t>(i)] = rows.maybe(3 + i);
                point.max_bytes.values[static_cast<size_t>(i)] = rows.maybe(7 + i);
            }
            point.circular_buffer_bytes = rows.maybe(11);
            point.kernel_bytes = rows.maybe(12);
            series.points.push_back(point);
        }
        for (auto& [place, series] : found) {
            answer_.series.push_back(std::move(series));
        }
        return rows.good();
    }
    bool cards() {
        const bool recorded = database_.number("PRAGMA user_version").value_or(0) > kFirstSchemaVersion;
        if (!recorded || !wants_devices()) {
            return true;
        }
        Statement rows(database_,
                       "SELECT device, time_s, temperature, clock, power, temperature_max, clock_max, power_max "
                       "FROM reading WHERE tier=? AND time_s>=? AND time_s<=? ORDER BY time_s");
        rows.bind(seconds(answer_.tier), first_second(), most() / kNsPerSecond);
        std::map<size_t, CardSeries> found;
        while (rows.step()) {
            const auto device = devices_.find(rows.number(0));
            if (device == devices_.end()) {
                continue;
            }
            CardSeries& series = found[device->second];
            series.device = device->second;
            series.readings.push_back({static_cast<uint64_t>(rows.number(1)) * kNsPerSecond, rows.maybe_real(2),
                                       rows.maybe_real(3), rows.maybe_real(4), rows.maybe_real(5), rows.maybe_real(6),
                                       rows.maybe_real(7)});
        }
        for (auto& [place, series] : found) {
            answer_.cards.push_back(std::move(series));
        }
        return rows.good();
    }
    uint64_t first_second() const {
        const uint64_t step = seconds(answer_.tier);
        return question_.since_ns / kNsPerSecond / step * step;
    }
    // A device's totals are left out where one process is asked for: they are not its own.
    bool wants_devices() const { return question_.devices && !question_.pid; }

    bool events() {
        Statement rows(database_,
                       "SELECT time_ns, type, process, device, kind, requested, largest_free, allocated, text "
                       "FROM event WHERE time_ns>=? AND time_ns<=? ORDER BY time_ns DESC, id DESC");
        rows.bind(question_.since_ns, most());
        const bool all = !question_.pid && !question_.device && !question_.unique_id;
        while (rows.step()) {
            Happening event;
            event.time_ns = static_cast<uint64_t>(rows.number(0));
            event.type = rows.text(1);
            if (const auto process = processes_.find(rows.number(2)); process != processes_.end()) {
                event.process = process->second;
            }
            if (const auto device = devices_.find(rows.number(3)); device != devices_.end()) {
                event.device = device->second;
            }
            const bool of_device = rows.is_null(3) || event.device;
            if (!all && (!event.process || !of_device)) {
                continue;
            }
            if (answer_.events.size() == kMostEvents) {
                answer_.events_cut = true;
                break;
            }
            event.kind = rows.text(4);
            event.requested_bytes = rows.maybe(5);
            event.largest_free_bytes_per_bank = rows.maybe(6);
            event.allocated_bytes = rows.maybe(7);
            event.text = rows.text(8);
            answer_.events.push_back(std::move(event));
        }
        std::reverse(answer_.events.begin(), answer_.events.end());
        return rows.good();
    }

    bool held() {
        Statement rows(database_,
                       "SELECT process, device, dram, l1, l1_small, trace, dram_peak, l1_peak, l1_small_peak, "
                       "trace_peak, cb, kernel FROM held ORDER BY process, device");
        while (rows.step()) {
            const auto process = processes_.find(rows.number(0));
            const auto device = devices_.find(rows.number(1));
            if (process == processes_.end() || device == devices_.end()) {
                continue;
            }
            Held held;
            held.device = device->second;
            for (int i = 0; i < static_cast<int>(api::kMemoryKinds); ++i) {
                held.bytes.values[static_cast<size_t>(i)] = rows.maybe(2 + i);
                held.peak_bytes.values[static_cast<size_t>(i)] = rows.maybe(6 + i);
            }
            held.circular_buffer_bytes = rows.maybe(10);
            held.kernel_bytes = rows.maybe(11);
            answer_.processes[process->second].held.push_back(held);
        }
        return rows.good();
    }

    uint64_t most() const { return std::min<uint64_t>(question_.until_ns, INT64_MAX); }

    Connection& database_;
    const Question& question_;
    Answer& answer_;
    std::map<int64_t, size_t> devices_;    // row to index
    std::map<int64_t, size_t> processes_;  // row to index
};

}  // namespace

std::string default_database_path() {
    if (const std::string state = variable("STATE_DIRECTORY"); !state.empty()) {
        return state.substr(0, state.find(':')) + "/history.db";
    }
    if (const std::string state = variable("XDG_STATE_HOME"); !state.empty()) {
        return state + "/ttmem/history.db";
    }
    const std::string home = variable("HOME");
    return home.empty() ? "" : home + "/.local/state/ttmem/history.db";
}

std::string database_to_ask() {
    const std::string own = default_database_path();
    return own.empty() || (access(own.c_str(), F_OK) != 0 && access(kServicePath, F_OK) == 0) ? kServicePath : own;
}

std::vector<api::ChipIdentity> identities(const Answer& answer) {
    std::vector<api::ChipIdentity> chips;
    for (const KnownDevice& device : answer.devices) {
        chips.push_back({device.id, std::nullopt, device.pci, device.unique_id});
    }
    return chips;
}

void keep_device(Answer& answer, size_t device) {
    answer.devices = {answer.devices[device]};
    const auto others = [device](const auto& of_device) { return of_device.device != device; };
    std::erase_if(answer.series, others);
    std::erase_if(answer.cards, others);
    std::erase_if(answer.events, [device](const Happening& event) { return event.device && event.device != device; });
    for (Series& series : answer.series) {
        series.device = 0;
    }
    for (CardSeries& series : answer.cards) {
        series.device = 0;
    }
    for (Happening& event : answer.events) {
        event.device = event.device ? std::optional<size_t>(0) : std::nullopt;
    }
    for (KnownProcess& process : answer.processes) {
        std::erase_if(process.held, others);
        for (Held& held : process.held) {
            held.device = 0;
        }
    }
}

Result<History> History::open(const std::string& path) {
    const Error none{path + ": there is no history (ttmem server writes one)", 0};
    if (access(path.c_str(), F_OK) != 0) {
        return none;
    }
    auto opened = Connection::open(path, Connection::Use::kRead);
    if (!opened) {
        return opened.error();
    }
    Connection& database = *opened.value();
    const std::optional<int64_t> tables = database.number("SELECT count(*) FROM sqlite_schema");
    if (tables == 0) {
        return none;  // a server is about to make them
    }
    const std::optional<int64_t> version = database.number("PRAGMA user_version");
    if (!tables || !version) {
        return Error{path + ": " + database.error(), 0};
    }
    if (*version < kFirstSchemaVersion || *version > kSchemaVersion) {
        return Error{path + ": no history of this version (" + std::to_string(*version) + ")", 0};
    }
    return History(std::move(opened.value()));
}

History::History(std::unique_ptr<Connection> database) : database_(std::move(database)) {}
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;
History::~History() = default;

Result<Answer> History::ask(const Question& question) {
    Answer answer;
    // A transaction, so that all tables are read as of one moment: the server may write between two statements.
    if (!database_->run("BEGIN")) {
        return Error{database_->error(), database_->code()};
    }
    const bool good = Collector(*database_, question, answer).collect();
    const Error error{database_->error(), database_->code()};
    database_->run("ROLLBACK");
    if (!good) {
        return error;
    }
    return answer;
}

}  // namespace ttmem::history
