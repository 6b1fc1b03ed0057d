// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The patterns of allocation that every peer is measured with. A peer has allocate(id, bytes) and free(id, bytes), both
// made in the caller's loop as a program would make them.
#pragma once

#include <cstdint>
#include <vector>

namespace ttmem::bench {

inline constexpr uint32_t kManyBuffers = 10'000;

// Allocate and free in turn. Ids are ttnn's: a counter.
template <typename Peer>
void alternate(Peer& peer, uint64_t& next_id, uint64_t pairs) {
    for (uint64_t i = 0; i < pairs; ++i) {
        const uint64_t id = next_id++;
        peer.allocate(id, kManyBuffers);
        peer.free(id, kManyBuffers);
    }
}

// Frees a random one of many live buffers and allocates another in its stead.
template <typename Peer>
class RandomFrees {
public:
    RandomFrees(Peer& peer, uint64_t& next_id) : peer_(peer), next_id_(next_id), live_(kManyBuffers) {
        for (Live& buffer : live_) {
            renew(buffer);
        }
    }
    ~RandomFrees() {
        for (const Live& buffer : live_) {
            peer_.free(buffer.id, buffer.bytes);
        }
    }
    RandomFrees(const RandomFrees&) = delete;
    RandomFrees& operator=(const RandomFrees&) = delete;

    void step() {
        random_ = random_ * 6364136223846793005u + 1442695040888963407u;
        Live& buffer = live_[(random_ >> 32) * kManyBuffers >> 32];
        peer_.free(buffer.id, buffer.bytes);
        renew(buffer);
    }

private:
    struct Live {
        uint64_t id;
        uint64_t bytes;
    };
    void renew(Live& buffer) {
        const uint64_t id = next_id_++;
        buffer = {id, 2048 * (1 + (id & 63))};
        peer_.allocate(buffer.id, buffer.bytes);
    }

    Peer& peer_;
    uint64_t& next_id_;
    uint64_t random_ = 1;
    std::vector<Live> live_;
};

}  // namespace ttmem::bench
