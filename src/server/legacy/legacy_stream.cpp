// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/legacy_stream.hpp"

namespace ttmem::server {
namespace {

using api::LegacySize;

bool is_known_type(uint8_t type) {
    return type >= api::kLegacyAlloc && type <= api::kLastLegacyType;
}

}  // namespace

size_t LegacyStream::hold(std::span<const std::byte> bytes, uint32_t sender) {
    const size_t taken = std::min(kDecideBytes - held_, bytes.size());
    if (held_ == 0 && taken > 0) {
        first_sender_ = sender;
    }
    for (size_t i = 0; i < kSizes; ++i) {
        const size_t second = api::bytes_of(api::kLegacySizes[i]);
        if (second >= held_ && second < held_ + taken) {
            second_senders_[i] = sender;
        }
    }
    std::copy_n(bytes.begin(), taken, bytes_.begin() + static_cast<ptrdiff_t>(held_));
    held_ += taken;
    return taken;
}

// Whether a first message of this size can be: the byte after it would begin the second message, and no message begins
// with a zero. A longer message has zeros there: the fields for an answer, which a client leaves empty.
bool LegacyStream::is_possible(LegacySize size) const {
    const size_t second = api::bytes_of(size);
    return held_ <= second || bytes_[second] != std::byte{0};
}

// Gives the same size for the same bytes, however they were split.
void LegacyStream::decide() {
    std::optional<LegacySize> only;
    size_t possible = 0;
    for (const LegacySize size : api::kLegacySizes) {
        if (is_possible(size)) {
            ++possible;
            only = size;
        }
    }
    if (possible == 0) {
        only =
            LegacySize::k144;  // what follows is a message that begins with a zero: odd, but the others are ruled out
    }
    if (possible <= 1 && held_ >= api::bytes_of(*only)) {
        size_ = only;
    } else if (held_ == kDecideBytes) {
        size_ = rank();
        senseless_ = !size_;
    }
}

// The size at whose end the best head of a second message stands; of equals the smallest, since a shorter message's
// second head is real, while a longer message's bytes there are fields of an answer that a report does not fill in.
std::optional<LegacySize> LegacyStream::rank() const {
    std::optional<LegacySize> best;
    int best_grade = 0;
    for (const LegacySize size : api::kLegacySizes) {
        if (!is_possible(size)) {
            continue;
        }
        const std::byte* head = bytes_.data() + api::bytes_of(size);
        const api::LegacyRequest second = api::decode_legacy_request(head);
        const bool clean = api::legacy_padding_is_zero(head);
        const bool same_process = second.process_id == first_.process_id;
        int grade = 0;
        if (is_known_type(second.type)) {
            grade = !clean ? 1 : same_process ? 4 : 2;
        } else if (clean && same_process && first_.process_id != 0) {
            grade = 3;
        }
        if (grade > best_grade) {
            best_grade = grade;
            best = size;
        }
    }
    return best;
}

// Called when at least one possible size may be complete.
LegacySize LegacyStream::likely_size() const {
    LegacySize likely = *candidate_;
    for (const LegacySize size : api::kLegacySizes) {
        if (is_possible(size) && held_ == api::bytes_of(size)) {
            likely = size;
        }
    }
    return likely;
}

void LegacyStream::arm(uint64_t now_ns) {
    if (!waiting_ || senseless_) {
        deadline_ns_.reset();
        candidate_.reset();
        return;
    }
    std::optional<LegacySize> smallest;
    for (const LegacySize size : api::kLegacySizes) {
        if (is_possible(size)) {
            smallest = size;
            break;
        }
    }
    if (!smallest || held_ < api::bytes_of(*smallest)) {
        deadline_ns_.reset();  // not complete, whatever its size
        candidate_.reset();
    } else if (candidate_ != smallest) {
        candidate_ = smallest;
        deadline_ns_ = now_ns + kAnswerWaitNs;
    }
}

bool LegacyStream::in_the_middle() const {
    if (size_) {
        return held_ > 0;
    }
    return held_ > 0 && std::none_of(std::begin(api::kLegacySizes), std::end(api::kLegacySizes),
                                     [this](LegacySize size) { return held_ == api::bytes_of(size); });
}

}  // namespace ttmem::server
