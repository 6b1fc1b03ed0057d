// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which operation of a report made a buffer that is held at a peak: a report lists what lives after each operation, so
// it is the first one from which the buffer is in every list up to the peak. Memory is bounded by the rows of buffers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/holders.hpp"
#include "sqlite/untrusted.hpp"

namespace ttmem::visualizer {

struct BufferAt {
    uint64_t address = 0;
    uint64_t bank_bytes = 0;
    auto operator<=>(const BufferAt&) const = default;
};

// One kind of memory of one device.
struct Place {
    uint32_t rank = 0;
    int device = 0;
    uint8_t account = 0;
    auto operator<=>(const Place&) const = default;
};

struct BufferKey {
    Place place;
    BufferAt at;
    auto operator<=>(const BufferKey&) const = default;
};

class Makers {
public:
    Makers(sqlite::Untrusted& file, inventory::GroupBy by) : file_(file), by_(by) {}

    // First all that are held at peaks, then all rows, then find().
    void want(const BufferKey& key, int64_t peak_operation);
    void see(const BufferKey& key, int64_t operation);
    // `operations`: of each rank, in order. False: the file's error says why.
    bool find(const std::map<uint32_t, std::vector<int64_t>>& operations);

    // Absent: the report does not say.
    std::optional<std::string> name(const BufferKey& key) const;
    std::string operation_name(uint32_t rank, int64_t operation) const;

private:
    using Operation = std::pair<uint32_t, int64_t>;  // rank, number
    struct Wanted {
        int64_t peak = 0;
        std::vector<int64_t> seen;  // up to the peak
        int64_t maker = 0;
    };

    bool read_texts(const char* table, const char* text, std::map<Operation, std::string>& to);
    bool read_tensors();

    sqlite::Untrusted& file_;
    const inventory::GroupBy by_;
    std::map<BufferKey, Wanted> wanted_;
    std::set<Operation> named_;  // whose texts are wanted
    std::map<Operation, std::string> names_, stacks_, scopes_;
    std::map<std::tuple<uint32_t, int64_t, uint64_t>, std::string> tensors_;  // by rank, maker, address
};

}  // namespace ttmem::visualizer
