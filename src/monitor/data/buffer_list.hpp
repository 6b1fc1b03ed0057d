// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The rows of view 4: which live buffers, in which order, in which groups. They stay where the inventory has them; kept
// here are eight bytes for each, and only the visible ones are sorted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inventory/inventory.hpp"
#include "monitor/data/row_texts.hpp"
#include "monitor/state.hpp"

namespace ttmem::monitor {

struct BufferGroup {
    uint64_t key = 0;
    std::string name;
    size_t count = 0;
    uint64_t bytes = 0;  // on each device
};

// The list of buffers as the layout sees it.
class BufferRows {
public:
    virtual ~BufferRows() = default;
    virtual size_t size() const = 0;
    virtual inventory::BufferRow at(size_t i) const = 0;
    virtual std::vector<api::DeviceIndex> devices(size_t i) const = 0;
    virtual uint64_t bytes() const = 0;                          // of all rows, each on each of its devices once
    virtual const std::vector<BufferGroup>& groups() const = 0;  // the largest first; empty when rows are shown
    // A text of row i; empty unknown. Lives until the picture is drawn.
    virtual std::string_view text(size_t i, RowText which) const = 0;
    // The buffer that is open (State::open_buffer); nothing when there is none, or it is gone.
    virtual std::optional<inventory::BufferDetail> open() const = 0;
};

class BufferList final : public BufferRows {
public:
    explicit BufferList(const inventory::Inventory& inventory) : inventory_(inventory) {}

    // After each refresh with lists, and when the choices change. Does nothing when neither did.
    void update(const api::Model& model, const State& state);
    void clear();

    size_t size() const override { return refs_.size(); }
    inventory::BufferRow at(size_t i) const override;
    std::vector<api::DeviceIndex> devices(size_t i) const override;
    uint64_t bytes() const override { return bytes_; }
    const std::vector<BufferGroup>& groups() const override { return groups_; }
    std::string_view text(size_t i, RowText which) const override { return texts_.text(at(i), which); }
    std::optional<inventory::BufferDetail> open() const override;

private:
    struct Ref {
        uint32_t process;
        uint32_t row;
    };

    void collect(const api::Model& model, const State& state);
    void group();
    uint64_t group_of(const inventory::BufferRow& row) const;
    void sort_until(size_t count) const;
    uint64_t key(const Ref& ref) const;
    uint64_t rank(std::string_view text) const;

    const inventory::Inventory& inventory_;
    const api::Model* model_ = nullptr;
    mutable std::vector<Ref> refs_;
    mutable size_t sorted_ = 0;  // so many rows at the beginning are in their place
    mutable std::vector<std::string_view> ranks_;
    mutable RowTexts texts_;
    std::optional<BufferKey> open_;
    std::vector<BufferGroup> groups_;
    uint64_t bytes_ = 0;
    size_t column_ = 0;
    bool descending_ = true;
    BufferGroups by_ = BufferGroups::kNone;
    std::string made_from_;  // choices and version that the rows are of
};

// Number of a group by the text that its rows have in common.
uint64_t group_key(std::string_view name);

// The text that rows are grouped by. Not of kNone and kSize, which are none.
RowText text_of(BufferGroups groups);

}  // namespace ttmem::monitor
