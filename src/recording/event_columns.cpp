// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/event_columns.hpp"

#include <algorithm>

namespace ttmem::recording {

namespace {

constexpr size_t kMostNumberBytes = 10;  // of a number of 64 bits

char* write_number(char* at, uint64_t value) {
    while (value >= 0x80) {
        *at++ = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    *at++ = static_cast<char>(value);
    return at;
}

}  // namespace

// `values` calls the function that it is given with each number, which is already what stands in the file.
template <typename Values>
void EventColumns::append(Column& to, const Values& values) {
    if (to.room.size() - to.used < kMostPending * kMostNumberBytes) {
        to.room.resize(to.room.size() * 2 + kMostPending * kMostNumberBytes);
    }
    char* at = to.room.data() + to.used;
    values([&at](uint64_t number) { at = write_number(at, number); });
    to.used = static_cast<size_t>(at - to.room.data());
}

void EventColumns::encode_pending() {
    if (pending_.empty()) {
        return;
    }
    first_ns_ = encoded_ == 0 ? pending_.front().time_ns : first_ns_;
    last_ns_ = pending_.back().time_ns;
    const auto column = [this](Column& to, auto member, bool of_frees) {
        append(to, [&](const auto& put) {
            uint64_t before = to.before;
            for (const Event& event : pending_) {
                if (of_frees || event.type != ledger::kEventFree) {
                    const uint64_t value = event.*member;
                    put(zigzag(value - before));
                    before = value;
                }
            }
            to.before = before;
        });
    };
    column(all_[0], &Event::type, true);
    column(all_[1], &Event::shard, true);
    column(all_[2], &Event::time_ns, true);
    column(all_[3], &Event::id, true);
    column(all_[4], &Event::thread, true);
    column(all_[5], &Event::allocator, true);
    column(all_[6], &Event::account, true);
    column(all_[7], &Event::context, true);
    column(all_[8], &Event::form, true);
    // Numbers within a shard follow each other; where one is left out (an event type of a newer ledger) the step is more.
    append(numbers_, [this](const auto& put) {
        for (const Event& event : pending_) {
            if (event.shard >= next_numbers_.size()) {
                next_numbers_.resize(event.shard + size_t{1});
            }
            put(event.number - next_numbers_[event.shard]);
            next_numbers_[event.shard] = event.number + 1;
        }
    });
    // A free's amounts are those of its allocation.
    column(others_[0], &Event::bytes, false);
    column(others_[1], &Event::requested_bytes, false);
    column(others_[2], &Event::address, false);
    column(others_[3], &Event::tensor, false);
    column(others_[4], &Event::page_bytes, false);
    encoded_ += pending_.size();
    pending_.clear();
}

void EventColumns::pack_into(Packer& to) {
    encode_pending();
    to.number(encoded_);
    for (const Column& column : all_) {
        to.raw(column.view());
    }
    to.raw(numbers_.view());
    for (const Column& column : others_) {
        to.raw(column.view());
    }
}

void EventColumns::clear() {
    const auto clear_column = [](Column& column) {
        column.used = 0;
        column.before = 0;
    };
    std::for_each(all_.begin(), all_.end(), clear_column);
    std::for_each(others_.begin(), others_.end(), clear_column);
    clear_column(numbers_);
    pending_.clear();
    next_numbers_.clear();
    encoded_ = 0;
    first_ns_ = 0;
    last_ns_ = 0;
}

}  // namespace ttmem::recording
