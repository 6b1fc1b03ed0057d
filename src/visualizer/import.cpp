// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/import.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "sqlite/untrusted.hpp"
#include "visualizer/makers.hpp"

namespace ttmem::visualizer {

namespace {

using sqlite::Statement;

// Beyond what any device has; a number above is no figure of a report.
constexpr int64_t kMostAddress = int64_t{1} << 48;
constexpr int64_t kMostBankBytes = int64_t{1} << 40;
constexpr int64_t kMostDevice = 4096;
constexpr int64_t kMostRank = 65535;
constexpr int64_t kMostOperation = int64_t{1} << 48;
// Sums of the first pass: an operation's buffers of one kind on one device.
constexpr size_t kMostSums = 4'000'000;
constexpr size_t kMostOperations = 4'000'000;

class Import {
public:
    Import(const std::string& path, sqlite::Untrusted& file, inventory::GroupBy by)
        : path_(path), file_(file), makers_(file, by) {}

    Result<Imported> run();

private:
    struct Row {
        int64_t operation = 0;
        Place place;
        BufferAt at;
    };

    // Calls `use` with each row of buffers. False: wrong_ says why not.
    template <typename Use>
    bool each_buffer(const Use& use);
    bool read_number(const Statement& row, int column, int64_t most, const char* what, int64_t& value);
    bool read_operations();
    bool read_sums();
    bool read_peaks();
    std::optional<uint64_t> l1_banks(const Place& place);
    void read_facts();
    bool refuse(const std::string& why);

    const std::string& path_;
    sqlite::Untrusted& file_;
    Makers makers_;
    bool has_rank_ = false;
    std::optional<Error> wrong_;
    Imported result_;
    std::map<Place, std::unordered_map<int64_t, uint64_t>> sums_;  // by operation
    std::map<uint32_t, std::vector<int64_t>> operations_;          // of each rank, in order
};

bool Import::refuse(const std::string& why) {
    wrong_ = Error{path_ + ": " + why, 0};
    return false;
}

bool Import::read_number(const Statement& row, int column, int64_t most, const char* what, int64_t& value) {
    value = row.number(column);
    if (!row.is_integer(column) || value < 0 || value > most) {
        return refuse(std::string("buffers has a row whose ") + what + " is none: " + row.text(column).substr(0, 40));
    }
    return true;
}

template <typename Use>
bool Import::each_buffer(const Use& use) {
    Statement rows(file_.connection(),
                   std::string("SELECT operation_id, device_id, address, max_size_per_bank, buffer_type") +
                       (has_rank_ ? ", rank" : "") + " FROM buffers");
    while (rows.step()) {
        if (rows.is_null(4)) {
            continue;  // of the host
        }
        int64_t operation = 0, device = 0, address = 0, bytes = 0, type = 0, rank = 0;
        if (!read_number(rows, 0, kMostOperation, "operation", operation) ||
            !read_number(rows, 1, kMostDevice, "device", device) ||
            !read_number(rows, 2, kMostAddress, "address", address) ||
            !read_number(rows, 3, kMostBankBytes, "size", bytes) || !read_number(rows, 4, 255, "type", type) ||
            (has_rank_ && !read_number(rows, 5, kMostRank, "rank", rank))) {
            return false;
        }
        const auto account = static_cast<uint8_t>(type);
        if (inventory::kind_of_account(account) &&
            !use(Row{operation,
                     {static_cast<uint32_t>(rank), static_cast<int>(device), account},
                     {static_cast<uint64_t>(address), static_cast<uint64_t>(bytes)}})) {
            return false;
        }
    }
    if (!rows.good()) {
        wrong_ = file_.error();
    }
    return rows.good();
}

bool Import::read_operations() {
    has_rank_ = Statement(file_.connection(), "SELECT rank FROM buffers").good();
    const bool ranked = Statement(file_.connection(), "SELECT rank FROM operations").good();
    Statement rows(file_.connection(),
                   ranked ? "SELECT operation_id, rank FROM operations" : "SELECT operation_id, 0 FROM operations");
    while (rows.step()) {
        int64_t operation = 0, rank = 0;
        if (!read_number(rows, 0, kMostOperation, "operation", operation) ||
            !read_number(rows, 1, kMostRank, "rank", rank)) {
            return false;
        }
        operations_[static_cast<uint32_t>(rank)].push_back(operation);
        if (++result_.operations > kMostOperations) {
            return refuse("has more than " + std::to_string(kMostOperations) + " operations");
        }
    }
    if (!rows.good()) {
        wrong_ = file_.error();
        return false;
    }
    for (auto& [rank, numbers] : operations_) {
        std::sort(numbers.begin(), numbers.end());
    }
    return true;
}

bool Import::read_sums() {
    size_t count = 0;
    return each_buffer([&](const Row& row) {
        ++result_.buffer_rows;
        const auto [at, is_new] = sums_[row.place].try_emplace(row.operation);
        saturating_add(at->second, row.at.bank_bytes);
        count += is_new ? 1 : 0;
        return count <= kMostSums || refuse("has too many operations with buffers");
    });
}

std::optional<uint64_t> Import::l1_banks(const Place& place) {
    if (place.account == ledger::kAccountDram || place.account == ledger::kAccountTrace ||
        !file_.tables().contains("devices")) {
        return std::nullopt;
    }
    Statement rows(file_.connection(), "SELECT device_id, l1_num_banks FROM devices");
    while (rows.step()) {
        if (rows.number(0) == place.device && rows.number(1) > 0 && rows.number(1) < 65536) {
            return static_cast<uint64_t>(rows.number(1));
        }
    }
    return std::nullopt;
}

bool Import::read_peaks() {
    std::map<Place, size_t> peak_of;
    std::map<uint32_t, size_t> process_of;
    for (const auto& [place, by_operation] : sums_) {
        // The first of the highest.
        int64_t highest = -1;
        uint64_t most = 0;
        for (const auto& [operation, bytes] : by_operation) {
            if (highest < 0 || bytes > most || (bytes == most && operation < highest)) {
                highest = operation;
                most = bytes;
            }
        }
        const auto [process, is_new] = process_of.try_emplace(place.rank, result_.report.processes.size());
        if (is_new) {
            result_.report.processes.emplace_back().name = "rank " + std::to_string(place.rank);
        }
        peak_of[place] = result_.report.peaks.size();
        report::Peak& peak = result_.report.peaks.emplace_back();
        peak.process = process->second;
        peak.devices = {place.device};
        peak.kind = *inventory::kind_of_account(place.account);
        peak.bytes = most;
        result_.peak_operations.push_back({place.rank, highest, {}, l1_banks(place)});
    }
    std::vector<std::vector<BufferAt>> held(result_.report.peaks.size());
    const bool read = each_buffer([&](const Row& row) {
        const size_t peak = peak_of[row.place];
        if (row.operation == result_.peak_operations[peak].number) {
            held[peak].push_back(row.at);
            makers_.want({row.place, row.at}, row.operation);
        }
        return true;
    });
    const bool seen = read && each_buffer([&](const Row& row) {
                          makers_.see({row.place, row.at}, row.operation);
                          return true;
                      });
    if (!seen || !makers_.find(operations_)) {
        wrong_ = wrong_ ? wrong_ : file_.error();
        return false;
    }
    for (const auto& [place, number] : peak_of) {
        report::Peak& peak = result_.report.peaks[number];
        std::map<std::optional<std::string>, report::Holder> by_name;
        for (const BufferAt& at : held[number]) {
            const std::optional<std::string> name = makers_.name({place, at});
            report::Holder& holder = by_name[name];
            holder.name = name;
            ++holder.buffers;
            saturating_add(holder.bytes, at.bank_bytes);
        }
        for (auto& [name, holder] : by_name) {
            peak.holders.push_back(std::move(holder));
        }
        std::stable_sort(peak.holders.begin(), peak.holders.end(),
                         [](const report::Holder& a, const report::Holder& b) { return a.bytes > b.bytes; });
        peak.buffers = held[number].size();
        result_.peak_operations[number].name =
            makers_.operation_name(place.rank, result_.peak_operations[number].number);
    }
    return true;
}

void Import::read_facts() {
    if (file_.tables().contains("report_metadata")) {
        Statement rows(file_.connection(), "SELECT key, value FROM report_metadata");
        while (rows.step()) {
            if (rows.text(0) == "schema_version") {
                result_.schema_version = rows.text(1).substr(0, 20);
            }
        }
    }
    if (file_.tables().contains("errors")) {
        Statement rows(file_.connection(), "SELECT operation_id FROM errors");
        while (rows.step()) {
            ++result_.errors;
        }
    }
}

Result<Imported> Import::run() {
    for (const char* const table : {"operations", "buffers"}) {
        if (!file_.tables().contains(table)) {
            return Error{path_ + ": is no report of ttnn: it has no table '" + table + "'", 0};
        }
    }
    if (!read_operations() || !read_sums() || !read_peaks()) {
        return *wrong_;
    }
    read_facts();
    result_.report.finished = true;
    return std::move(result_);
}

}  // namespace

bool is_database(const std::string& path) {
    return sqlite::is_database(path);
}

Result<Imported> import_database(const std::string& path, inventory::GroupBy by) {
    Result<std::unique_ptr<sqlite::Untrusted>> file = sqlite::Untrusted::open(path);
    return file ? Import(path, *file.value(), by).run() : Result<Imported>(file.error());
}

}  // namespace ttmem::visualizer
