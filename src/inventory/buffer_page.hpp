// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A part of the list of live buffers, for lists that are too long to be copied for a few of their rows. The list is that
// of Model::buffers: process by process as the model has them, and by id within each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/model.hpp"

namespace ttmem::inventory {

struct TrackedLedger;

// Which buffers; what is absent rules out none.
struct BufferQuery {
    std::optional<int64_t> pid = {};
    std::optional<api::DeviceIndex> device = {};  // index into Model::devices
    std::optional<std::string> kind = {};         // api::to_string(BufferKind)
    std::optional<uint64_t> address = {};         // of a bank, which the buffer covers
    size_t offset = 0;                            // rows that are left out at the front
    size_t limit = 0;                             // most rows of the page
};

// `model` has the rows as its buffers, and of devices and processes what these name: ids, pids and users. Rows that
// match the query are counted whether or not they are on the page; bytes are those on all devices together.
struct BufferPage {
    api::Model model;
    size_t matching = 0;
    uint64_t matching_allocated_bytes = 0;
    size_t looked_at = 0;  // rows that were looked at one by one for it
};

// An index of one ledger's list, the same for every page, so that a page looks at few rows beside its own. Made by one
// pass over the list. Pure.
class ListIndex {
public:
    explicit ListIndex(const TrackedLedger& ledger);

    // Rows that a query without an address cannot distinguish.
    struct Group {
        uint32_t allocator = 0;
        api::BufferKind kind = api::BufferKind::kDram;
        size_t row = 0;  // one of them, as an example
        size_t rows = 0;
        uint64_t bytes = 0;  // on one device
    };
    uint64_t list_number = 0;     // of the list that it is of
    std::vector<uint32_t> order;  // rows that are buffers, by id
    std::vector<uint32_t> group;  // of each of them
    std::vector<Group> groups;
};

// Makes one page. Rows come in the order of the list: first those of ledgers, then add_model().
class BufferPageMaker {
public:
    // `model`: the one that rows are of. It and the query are there as long as this.
    BufferPageMaker(const api::Model& model, const BufferQuery& query);

    // `places`: index into Model::devices, by index in the ledger.
    void add_ledger(const TrackedLedger& ledger, const ListIndex& index, api::ProcessIndex process,
                    const std::vector<api::DeviceIndex>& places);
    // The rows that the model itself lists.
    void add_model();
    BufferPage take() { return std::move(page_); }

private:
    bool wants(api::ProcessIndex process) const;
    bool covers(uint64_t address, uint64_t bytes_per_bank) const;
    bool is_on_page(size_t number) const { return number >= query_.offset && number - query_.offset < query_.limit; }

    const api::Model& model_;
    const BufferQuery& query_;
    BufferPage page_;
};

}  // namespace ttmem::inventory
