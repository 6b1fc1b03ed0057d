// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Takes the bytes of one connection apart into messages, without knowing which of the three sizes they have
// (docs/legacy-protocol.md has the rule and its reasons). Pure: bytes and time go in, messages and a deadline come out.
// Each connection has an object of its own; not thread safe; never allocates.
//
//   size unknown   At most kDecideBytes are held. The first message goes out as soon as 112 bytes are there, for all
//                  that a report or a question says stands in its first 40 bytes. A question's answer needs the size:
//                  it goes out when the size is known, or kAnswerWaitNs after it may have been complete.
//   size known     Messages go out as they are complete. The size never changes again.
//   senseless      No size fits what arrived: the connection is of no use.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>

#include "model/legacy_wire.hpp"

namespace ttmem::server {

inline constexpr uint64_t kAnswerWaitNs = 20'000'000;

// Messages whose sender waits for an answer.
constexpr bool is_question(uint8_t type) {
    return type == api::kLegacyQuery || type == api::kLegacyDeviceInfoQuery;
}

class LegacyStream {
public:
    // Takes bytes of one sender (any number that identifies the caller's senders) at a moment of a steady clock.
    // Calls sink(const api::LegacyRequest&, api::LegacySize answer_size, uint32_t sender) for each message, in order;
    // the sender is that of the message's first byte. False: senseless, now and from now on.
    template <typename Sink>
    [[nodiscard]] bool feed(std::span<const std::byte> bytes, uint32_t sender, uint64_t now_ns, Sink&& sink) {
        if (!size_) {
            bytes = bytes.subspan(hold(bytes, sender));
            settle(now_ns, sink);
        }
        if (size_) {
            take_known(bytes, sender, sink);
        }
        return !senseless_;
    }

    // When on_deadline wants to be called, if at all.
    std::optional<uint64_t> deadline_ns() const { return deadline_ns_; }

    // Hands out a first question whose time has come, in the size that it most likely has.
    template <typename Sink>
    void on_deadline(uint64_t now_ns, Sink&& sink) {
        if (deadline_ns_ && now_ns >= *deadline_ns_) {
            hand_out_first(likely_size(), sink);
        }
    }

    // No more bytes will come: a first question that may be complete is handed out at once.
    template <typename Sink>
    void on_end(Sink&& sink) {
        if (deadline_ns_) {
            hand_out_first(likely_size(), sink);
        }
    }

    std::optional<api::LegacySize> size() const { return size_; }
    // The size in which the first question was answered was a wrong guess: its bytes came in parts that were more
    // than kAnswerWaitNs apart.
    bool answered_in_wrong_size() const { return answered_ && size_ && *answered_ != *size_; }
    // Some of a message is here and its rest is not.
    bool in_the_middle() const;

private:
    // The two smallest messages: enough to see the head of the second message, whatever its size.
    static constexpr size_t kDecideBytes = 2 * api::kSmallestLegacyMessage;
    static constexpr size_t kSizes = std::size(api::kLegacySizes);
    static_assert(kDecideBytes >= api::kLargestLegacyMessage + api::kLegacyRequestBytes);

    size_t hold(std::span<const std::byte> bytes, uint32_t sender);
    bool is_possible(api::LegacySize size) const;
    void decide();
    std::optional<api::LegacySize> rank() const;
    api::LegacySize likely_size() const;
    void arm(uint64_t now_ns);

    template <typename Sink>
    void hand_out_first(api::LegacySize size, Sink& sink) {
        waiting_ = false;
        answered_ = size;
        deadline_ns_.reset();
        candidate_.reset();
        sink(first_, size, first_sender_);
    }

    template <typename Sink>
    void settle(uint64_t now_ns, Sink& sink) {
        if (senseless_ || held_ < api::kSmallestLegacyMessage) {
            return;
        }
        if (!first_seen_) {
            first_seen_ = true;
            first_ = api::decode_legacy_request(bytes_.data());
            waiting_ = is_question(first_.type);
            if (!waiting_) {
                sink(first_, api::LegacySize::k112, first_sender_);
            }
        }
        decide();
        if (waiting_ && (size_ || senseless_)) {
            hand_out_first(size_.value_or(api::LegacySize::k112), sink);
        }
        if (!size_) {
            arm(now_ns);
            return;
        }
        // Held bytes after the first message begin the second; at 112 they may be all of it.
        const size_t first = api::bytes_of(*size_);
        held_ -= first;
        std::memmove(bytes_.data(), bytes_.data() + first, held_);
        partial_sender_ = second_senders_[static_cast<size_t>(
            std::find(std::begin(api::kLegacySizes), std::end(api::kLegacySizes), *size_) -
            std::begin(api::kLegacySizes))];
        if (held_ == first) {
            held_ = 0;
            sink(api::decode_legacy_request(bytes_.data()), *size_, partial_sender_);
        }
    }

    template <typename Sink>
    void take_known(std::span<const std::byte> bytes, uint32_t sender, Sink& sink) {
        const api::LegacySize size = *size_;
        const size_t whole = api::bytes_of(size);
        if (held_ > 0) {
            const size_t taken = std::min(whole - held_, bytes.size());
            std::copy_n(bytes.begin(), taken, bytes_.begin() + static_cast<std::ptrdiff_t>(held_));
            held_ += taken;
            if (held_ < whole) {
                return;
            }
            held_ = 0;
            bytes = bytes.subspan(taken);
            sink(api::decode_legacy_request(bytes_.data()), size, partial_sender_);
        }
        for (; bytes.size() >= whole; bytes = bytes.subspan(whole)) {
            sink(api::decode_legacy_request(bytes.data()), size, sender);
        }
        std::copy(bytes.begin(), bytes.end(), bytes_.begin());
        held_ = bytes.size();
        partial_sender_ = sender;
    }

    std::array<std::byte, kDecideBytes> bytes_;  // size unknown: from the stream's start; known: a message's first part
    size_t held_ = 0;
    uint32_t partial_sender_ = 0;  // of bytes_[0] when the size is known
    std::optional<api::LegacySize> size_;

    // While the size is unknown.
    bool senseless_ = false;
    bool first_seen_ = false;
    bool waiting_ = false;  // the first message is a question and was not handed out
    uint32_t first_sender_ = 0;
    std::array<uint32_t, kSizes> second_senders_{};  // of the byte after the first message, for each size
    api::LegacyRequest first_;
    std::optional<api::LegacySize> candidate_;  // the size that deadline_ns_ is for
    std::optional<uint64_t> deadline_ns_;
    std::optional<api::LegacySize> answered_;
};

}  // namespace ttmem::server
