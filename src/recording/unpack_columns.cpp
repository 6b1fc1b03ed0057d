// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The columns of a chunk's events back into events. All columns are read side by side, a few events at a time that stay
// in the processor's nearest cache: a report reads a run of millions of events twice and does little else.
#include <algorithm>
#include <array>
#include <cstring>

#include "recording/event_columns.hpp"
#include "recording/format.hpp"

namespace ttmem::recording {

namespace {

constexpr size_t kBlock = 256;  // events that are read at a time

// The end of `count` numbers. nullptr: there are not as many.
const char* end_of_numbers(const char* at, const char* end, uint64_t count) {
    // A number ends at each byte below 0x80. Eight bytes end at most eight of them.
    while (count >= 8 && end - at >= 8) {
        uint64_t bytes = 0;
        std::memcpy(&bytes, at, sizeof bytes);
        count -= (~bytes >> 7 & 0x0101010101010101) * 0x0101010101010101 >> 56;
        at += 8;
    }
    for (; count > 0 && at < end; ++at) {
        count -= (*at & 0x80) == 0 ? 1 : 0;
    }
    return count == 0 ? at : nullptr;
}

// A column whose end was found, so that every number in it has one.
class ColumnReader {
public:
    // Takes `count` numbers off the front of `bytes`. False: there are not as many.
    bool take(std::string_view& bytes, uint64_t count) {
        at_ = bytes.data();
        const char* const end = end_of_numbers(at_, at_ + bytes.size(), count);
        if (end != nullptr) {
            bytes.remove_prefix(static_cast<size_t>(end - at_));
        }
        return end != nullptr;
    }
    uint64_t number() {
        const auto byte = static_cast<unsigned char>(*at_++);
        return byte < 0x80 ? byte : rest_of_number(byte & 0x7fu);
    }
    // The next value: each is stored as its difference to the one before.
    uint64_t value() { return before_ += unzigzag(number()); }
    bool is_sound() const { return sound_; }

private:
    uint64_t rest_of_number(uint64_t number) {
        for (unsigned shift = 7; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(*at_++);
            number |= uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) {
                return number;
            }
        }
        sound_ = false;
        while ((*at_++ & 0x80) != 0) {
        }
        return 0;
    }

    const char* at_ = nullptr;
    uint64_t before_ = 0;
    bool sound_ = true;
};

class EventReader {
public:
    // False: the bytes end within the columns.
    bool begin(std::string_view bytes, uint64_t count) {
        for (ColumnReader& column : all_) {
            if (!column.take(bytes, count)) {
                return false;
            }
        }
        if (!numbers_.take(bytes, count)) {
            return false;
        }
        uint64_t others = 0;
        ColumnReader types = all_[0];
        for (uint64_t i = 0; i < count; ++i) {
            others += types.value() != ledger::kEventFree ? 1 : 0;
        }
        return std::all_of(others_.begin(), others_.end(),
                           [&bytes, others](ColumnReader& column) { return column.take(bytes, others); });
    }

    // False: a value is none that its field can have.
    bool read(Event* begin, Event* end) {
        std::fill(begin, end, Event());
        const auto column = [this, begin, end](ColumnReader& from, auto member) {
            ColumnReader reader = from;
            for (Event* event = begin; event != end; ++event) {
                store(event->*member, reader.value());
            }
            from = reader;
        };
        column(all_[0], &Event::type);
        column(all_[1], &Event::shard);
        column(all_[2], &Event::time_ns);
        column(all_[3], &Event::id);
        column(all_[4], &Event::thread);
        column(all_[5], &Event::allocator);
        column(all_[6], &Event::account);
        column(all_[7], &Event::context);
        column(all_[8], &Event::form);
        if (misfits_ != 0) {
            return false;  // more columns are read by these
        }
        read_others(begin, end);
        return read_numbers(begin, end) && are_sound(begin, end);
    }

    bool is_sound() const {
        const auto sound = [](const ColumnReader& column) { return column.is_sound(); };
        return misfits_ == 0 && numbers_.is_sound() && std::all_of(all_.begin(), all_.end(), sound) &&
               std::all_of(others_.begin(), others_.end(), sound);
    }

private:
    template <typename To>
    void store(To& to, uint64_t value) {
        to = static_cast<To>(value);
        misfits_ |= uint64_t{to} ^ value;
    }

    bool read_numbers(Event* begin, Event* end) {
        for (Event* event = begin; event != end; ++event) {
            if (event->shard >= kMostShards) {
                return false;
            }
            uint64_t& next = next_numbers_[event->shard];
            event->number = next + numbers_.number();
            next = event->number + 1;
        }
        return true;
    }

    // Fields of events other than frees: a free's amounts are those of its allocation.
    void read_others(Event* begin, Event* end) {
        for (Event* event = begin; event != end; ++event) {
            if (event->type != ledger::kEventFree) {
                store(event->bytes, others_[0].value());
                store(event->requested_bytes, others_[1].value());
                store(event->address, others_[2].value());
                store(event->tensor, others_[3].value());
                store(event->page_bytes, others_[4].value());
            }
        }
    }

    static bool are_sound(const Event* begin, const Event* end) {
        return std::all_of(begin, end, [](const Event& event) {
            const bool needs_none = event.allocator == kNone && event.type != ledger::kEventAllocate;
            return event.account < ledger::kAccounts && (event.allocator < kMostAllocators || needs_none);
        });
    }

    std::array<ColumnReader, 9> all_;
    ColumnReader numbers_;
    std::array<ColumnReader, 5> others_;
    std::array<uint64_t, kMostShards> next_numbers_{};
    uint64_t misfits_ = 0;  // bits of values that their fields have no place for
};

}  // namespace

bool unpack_event_columns(std::string_view bytes, uint64_t count, std::vector<Event>& to) {
    EventReader reader;
    if (!reader.begin(bytes, count)) {
        return false;
    }
    to.resize(count);
    for (size_t at = 0; at < count; at += kBlock) {
        if (!reader.read(to.data() + at, to.data() + std::min<size_t>(at + kBlock, count))) {
            return false;
        }
    }
    return reader.is_sound();
}

}  // namespace ttmem::recording
