// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The memory that senders on the old socket hold. Knows no sockets: the caller passes each report with its sender, and
// each sender's end. Not thread safe.
//
//   buffers             A key (device, address) names one piece of memory, whichever sender reports it: it counts once
//                       on the device. Each sender has a count of its own on it; the key lives until all are zero.
//   circular buffers,   Ids mean something to their sender alone, and several live programs of a sender may share one:
//   kernels             each report adds its bytes, each release takes bytes away, and figures are sums.
//
// A sender is one process on one connection. A release by a sender that holds none changes nothing. When a sender
// ends, what it still holds leaves: at once up to kReleaseAtOnce keys, the rest in slices of release_some.
//
// Bytes are sums modulo 2^64. A report of an impossible size (above 1 TiB) is not taken, so that senders within their
// bounds do not reach the end of the range.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "model/legacy_wire.hpp"
#include "server/legacy/flat_table.hpp"

namespace ttmem::server {

struct SenderInfo {
    pid_t pid = 0;  // as the kernel says; 0: of a pid namespace that cannot be seen from here
    uid_t uid = 0;
    gid_t gid = 0;
    uint64_t start_time_ticks = 0;  // 0 unknown
};

// The use of one device, by one sender or by all.
struct SocketDeviceUse {
    std::array<uint64_t, api::kLegacyBufferTypes> bytes{};
    std::array<uint64_t, api::kLegacyBufferTypes> peak_bytes{};
    std::array<uint64_t, api::kLegacyBufferTypes> buffers{};
    uint64_t cb_bytes = 0;
    std::array<uint64_t, api::kLegacyKernelTypes> kernel_bytes{};
    uint64_t reports = 0;  // live keys of all kinds

    uint64_t kernel_bytes_sum() const { return kernel_bytes[0] + kernel_bytes[1] + kernel_bytes[2]; }
};
using SocketDevices = std::map<int32_t, SocketDeviceUse>;

struct SocketBuffer {
    int32_t device = 0;
    uint64_t address = 0;
    uint64_t bytes = 0;
    uint8_t type = 0;
    uint64_t allocated_at_ns = 0;  // as its sender says
    uint64_t count = 0;            // how often this sender holds it
};

// ReportKey::kind.
enum ReportKind : uint32_t { kReportBuffer = 1, kReportCircularBuffer = 2, kReportKernel = 3 };

class SocketClients {
public:
    struct Limits {
        size_t keys = size_t{8} << 20;  // of all senders
        size_t keys_of_sender = size_t{2} << 20;
    };
    static constexpr size_t kReleaseAtOnce = 16384;

    using SenderId = uint32_t;  // may be used again after its sender has ended

    enum class Effect : uint8_t {
        kHeld,         // a new key
        kCounted,      // a key that the sender held already: held once more
        kLowered,      // held once less, and still held
        kLeft,         // the sender's last hold on it is gone
        kUnknownFree,  // the sender holds no such key
        kBadType,      // buffer_type out of range
        kBadDevice,    // negative
        kNoRoom,       // the limits are reached, or memory is short
        kNoReport      // not one of the six reports
    };

    SocketClients() : SocketClients(Limits{}) {}
    explicit SocketClients(Limits limits) : limits_(limits) {}

    SenderId add_sender(const SenderInfo& info);
    Effect apply(SenderId sender, const api::LegacyRequest& report);
    // The sender has ended: no more reports come from it.
    void end_sender(SenderId sender);
    // Goes on releasing the holdings of large senders that ended, at most `budget` slots. True: there is more.
    bool release_some(size_t budget);

    // Whether a sender's holdings are in the devices' figures (they are at first). A process that is counted from a
    // better source still is followed here. Takes time in the number of its holdings.
    void set_counted(SenderId sender, bool counted);
    bool is_counted(SenderId sender) const { return senders_[sender]->counted; }

    // Figures of a device over the counted senders. nullptr: none of them holds anything there.
    const SocketDeviceUse* device(int32_t id) const;
    const SocketDevices& devices() const { return devices_; }
    uint64_t live_keys() const { return live_keys_; }

    // Devices of one sender; those that it holds nothing of any more keep their peaks.
    const SenderInfo& info(SenderId sender) const { return senders_[sender]->info; }
    const SocketDevices& devices_of(SenderId sender) const { return senders_[sender]->devices; }
    std::vector<SenderId> senders() const;  // those that have not ended

    // Visits (const SocketBuffer&) each buffer of a sender, in no order.
    template <typename Visit>
    void for_each_buffer(SenderId sender, Visit&& visit) const {
        senders_[sender]->held.for_each([&](const Held& held) {
            if (held.key.kind != kReportBuffer) {
                return;
            }
            if (const Shared* shared = buffers_.find(held.key)) {
                visit(SocketBuffer{held.key.device, held.key.id, shared->bytes, shared->type, held.value, held.count});
            }
        });
    }

private:
    struct Held {
        ReportKey key;
        uint64_t value = 0;  // buffers: when it was allocated; others: bytes
        uint32_t count = 0;
        uint8_t type = 0;  // of a kernel
    };
    struct Shared {
        ReportKey key;
        uint64_t bytes = 0;
        uint32_t holders = 0;  // senders
        uint32_t counted = 0;  // those of them whose holdings are in the device's figures
        uint8_t type = 0;
    };
    struct Sender {
        SenderInfo info;
        FlatTable<Held, 16> held;
        SocketDevices devices;
        bool counted = true;
        bool ended = false;
    };

    Effect hold_buffer(Sender& sender, const api::LegacyRequest& report);
    Effect leave_buffer(Sender& sender, const api::LegacyRequest& report);
    Effect add_program(Sender& sender, const api::LegacyRequest& report, ReportKind kind);
    Effect take_program(Sender& sender, const api::LegacyRequest& report, ReportKind kind);
    bool has_room(const Sender& sender, const api::LegacyRequest& report) const;
    void count_shared(Shared& shared);
    void discount_shared(Shared& shared);
    void count_program(const Held& held, bool counted);
    void leave(Sender& sender, const Held& held);
    void forget_empty(SocketDevices& devices, int32_t id, size_t keep);

    Limits limits_;
    std::vector<std::unique_ptr<Sender>> senders_;
    std::vector<SenderId> free_;
    std::vector<SenderId> ended_;  // with something left to release
    FlatTable<Shared, 64> buffers_;
    SocketDevices devices_;
    uint64_t live_keys_ = 0;
};

}  // namespace ttmem::server
