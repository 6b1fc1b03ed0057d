// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/meters.hpp"

#include <algorithm>

namespace ttmem::telemetry {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kRateWindow = 5 * kSecond;
// Two samples nearer than this say little about a rate.
constexpr std::uint64_t kShortestRate = 20'000'000;

}  // namespace

const std::array<CounterKind, kCounterKinds> kCounterTable{{
    {"slv_posted_wr_data_word_received", false},
    {"slv_nonposted_wr_data_word_received", false},
    {"slv_rd_data_word_sent", true},
    {"mst_posted_wr_data_word_sent", true},
    {"mst_nonposted_wr_data_word_sent", true},
    {"mst_rd_data_word_received", false},
}};

void TrafficMeter::gap() {
    if (started_) {
        lower_bound_ = true;
    }
    last_.reset();
}

TrafficMeter::Totals TrafficMeter::update(const RawCounters& raw, std::uint64_t now_ns, double link_bytes_per_second,
                                          bool firmware_restarted) {
    Totals out;
    if (link_bytes_per_second <= 0) {
        link_bytes_per_second = kFastestLink;
    }
    if (last_) {
        const std::uint64_t elapsed_ns = now_ns > last_ns_ ? now_ns - last_ns_ : 0;
        const double seconds = static_cast<double>(elapsed_ns) / static_cast<double>(kSecond);
        RawCounters delta{};
        std::size_t fell = 0;
        std::size_t counting = 0;
        std::uint64_t to_device = 0;
        std::uint64_t to_host = 0;
        for (std::size_t i = 0; i < kCounters; ++i) {
            delta[i] = raw[i] - (*last_)[i];  // modulo 2^32: a wrap needs nothing more
            fell += raw[i] < (*last_)[i] ? 1 : 0;
            counting += (*last_)[i] != 0 ? 1 : 0;
            (kCounterTable[i / 2].to_device ? to_device : to_host) += delta[i];
        }
        // More than twice the link's bytes is a reset; a quarter of a second is added for a late clock.
        const double most = 2 * link_bytes_per_second * (seconds + 0.25);
        const double flit = flit_bytes_;
        const bool too_much =
            fell > 0 && (static_cast<double>(to_device) * flit > most || static_cast<double>(to_host) * flit > most);
        const bool reset = (firmware_restarted && fell > 0) || (fell >= 2 && fell == counting) || too_much;
        if (reset) {
            to_device = 0;
            to_host = 0;
            for (std::size_t i = 0; i < kCounters; ++i) {
                (kCounterTable[i / 2].to_device ? to_device : to_host) += raw[i];
            }
            lower_bound_ = true;
            out.reset_seen = true;
        } else {
            // After a wait in which a counter could have wrapped, its rate is unknown.
            if (seconds * link_bytes_per_second > kRound * flit) {
                lower_bound_ = true;
            }
            if (elapsed_ns >= kShortestRate) {
                out.host_to_device_per_second = static_cast<double>(to_device) * flit / seconds;
                out.device_to_host_per_second = static_cast<double>(to_host) * flit / seconds;
            }
        }
        flits_to_device_ += to_device;
        flits_to_host_ += to_host;
    }
    last_ = raw;
    last_ns_ = now_ns;
    started_ = true;
    out.host_to_device_bytes = flits_to_device_ * flit_bytes_;
    out.device_to_host_bytes = flits_to_host_ * flit_bytes_;
    out.lower_bound = lower_bound_;
    return out;
}

HeartbeatMeter::Answer HeartbeatMeter::update(std::uint32_t count, std::uint64_t now_ns) {
    Answer answer;
    if (used_ > 0 && count < points_[used_ - 1].count) {
        answer.restarted = true;
        used_ = 0;
    }
    if (used_ == kPoints) {
        std::move(points_.begin() + 1, points_.end(), points_.begin());
        --used_;
    }
    points_[used_++] = {now_ns, count};
    // The oldest point inside the window, or the one before the last when samples are far apart.
    std::size_t from = 0;
    while (from + 2 < used_ && now_ns - points_[from].at_ns > kRateWindow) {
        ++from;
    }
    if (used_ >= 2 && now_ns > points_[from].at_ns && now_ns - points_[from].at_ns >= kSecond * 9 / 10) {
        const double seconds = static_cast<double>(now_ns - points_[from].at_ns) / static_cast<double>(kSecond);
        answer.per_second = static_cast<double>(count - points_[from].count) / seconds;
    }
    return answer;
}

}  // namespace ttmem::telemetry
