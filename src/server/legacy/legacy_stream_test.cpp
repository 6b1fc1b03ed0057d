// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/legacy_stream.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ttmem::server {
namespace {

using api::LegacyMessage;
using api::LegacyRequest;
using api::LegacySize;

constexpr uint64_t kMs = 1'000'000;

struct Seen {
    LegacyRequest request;
    LegacySize size;
    uint32_t sender;
};

struct Recorder {
    LegacyStream stream;
    std::vector<Seen> seen;
    bool sensible = true;

    auto sink() {
        return [this](const LegacyRequest& request, LegacySize size, uint32_t sender) {
            seen.push_back({request, size, sender});
        };
    }
    void feed(std::span<const std::byte> bytes, uint64_t now_ns = 0, uint32_t sender = 1) {
        sensible = stream.feed(bytes, sender, now_ns, sink());
    }
    std::vector<LegacyRequest> requests() const {
        std::vector<LegacyRequest> all;
        for (const Seen& one : seen) {
            all.push_back(one.request);
        }
        return all;
    }
};

LegacyMessage message(uint8_t type, uint64_t id = 7) {
    LegacyMessage m;
    m.request = {type, 2, 4096, 1, 4321, id, 1'700'000'000'123'456'789};
    return m;
}

std::vector<std::byte> stream_of(const std::vector<LegacyMessage>& messages, LegacySize size) {
    std::vector<std::byte> bytes(messages.size() * bytes_of(size));
    for (size_t i = 0; i < messages.size(); ++i) {
        encode_legacy(messages[i], size, std::span(bytes).subspan(i * bytes_of(size)));
    }
    return bytes;
}

const std::vector<uint8_t> kRequests = {1, 2, 3, 5, 6, 8, 9, 10, 11};

TEST(LegacyStream, EveryFirstMessageInEverySizeSplitAtEveryByte) {
    for (const LegacySize size : api::kLegacySizes) {
        for (const uint8_t first : kRequests) {
            for (const uint8_t second : kRequests) {
                const std::vector<LegacyMessage> messages = {message(first, 1), message(second, 2), message(8, 3)};
                const auto bytes = stream_of(messages, size);
                for (size_t split = 0; split <= bytes.size(); ++split) {
                    Recorder r;
                    r.feed(std::span(bytes).first(split));
                    // At once: no message waits for more than itself, save the answers to a first question.
                    const size_t complete = split / bytes_of(size);
                    if (!(complete == 1 && is_question(first))) {
                        ASSERT_GE(r.seen.size(), complete) << "split at " << split;
                    }
                    r.feed(std::span(bytes).subspan(split));
                    ASSERT_TRUE(r.sensible);
                    ASSERT_EQ(r.stream.size(), size) << int(first) << int(second) << " split at " << split;
                    ASSERT_EQ(r.seen.size(), 3u);
                    for (size_t i = 0; i < 3; ++i) {
                        ASSERT_EQ(r.seen[i].request, messages[i].request);
                        if (i > 0 || is_question(first)) {
                            ASSERT_EQ(r.seen[i].size, size);
                        }
                    }
                    ASSERT_FALSE(r.stream.in_the_middle());
                    ASSERT_FALSE(r.stream.deadline_ns());
                }
            }
        }
    }
}

TEST(LegacyStream, ByteByByte) {
    for (const LegacySize size : api::kLegacySizes) {
        const std::vector<LegacyMessage> messages = {message(3, 1), message(1, 2), message(6, 3), message(2, 2)};
        const auto bytes = stream_of(messages, size);
        Recorder r;
        for (size_t i = 0; i < bytes.size(); ++i) {
            r.feed(std::span(bytes).subspan(i, 1), i);
        }
        ASSERT_EQ(r.seen.size(), 4u);
        EXPECT_EQ(r.seen[0].size, size);
        EXPECT_EQ(r.seen[2].size, size);
    }
}

// A report is applied when its 112th byte is here, although its size is not known.
TEST(LegacyStream, FirstReportIsAppliedAtOnce) {
    for (const LegacySize size : api::kLegacySizes) {
        const auto bytes = stream_of({message(1)}, size);
        Recorder r;
        r.feed(std::span(bytes).first(111));
        EXPECT_TRUE(r.seen.empty());
        r.feed(std::span(bytes).subspan(111, 1));
        ASSERT_EQ(r.seen.size(), 1u);
        EXPECT_EQ(r.seen[0].request, message(1).request);
        EXPECT_FALSE(r.stream.deadline_ns()) << "nobody waits for an answer";
        r.feed(std::span(bytes).subspan(112), 1000 * kMs);
        EXPECT_EQ(r.seen.size(), 1u);
    }
}

TEST(LegacyStream, FirstQuestionAloneIsAnsweredAfterTheWait) {
    for (const LegacySize size : {LegacySize::k112, LegacySize::k128}) {
        const auto bytes = stream_of({message(3)}, size);
        Recorder r;
        r.feed(bytes, 100);
        EXPECT_TRUE(r.seen.empty());
        ASSERT_EQ(r.stream.deadline_ns(), 100 + kAnswerWaitNs);
        r.stream.on_deadline(99 + kAnswerWaitNs, r.sink());
        EXPECT_TRUE(r.seen.empty());
        r.stream.on_deadline(100 + kAnswerWaitNs, r.sink());
        ASSERT_EQ(r.seen.size(), 1u);
        EXPECT_EQ(r.seen[0].size, size);
        EXPECT_FALSE(r.stream.deadline_ns());

        // From the second question on nothing waits.
        r.feed(bytes, 200 * kMs);
        ASSERT_EQ(r.seen.size(), 2u);
        EXPECT_EQ(r.seen[1].size, size);
        EXPECT_FALSE(r.stream.answered_in_wrong_size());
    }
}

TEST(LegacyStream, LargestQuestionNeedsNoWait) {
    Recorder r;
    r.feed(stream_of({message(6)}, LegacySize::k144));
    ASSERT_EQ(r.seen.size(), 1u);
    EXPECT_EQ(r.seen[0].size, LegacySize::k144);
}

TEST(LegacyStream, WaitStartsAnewWhenTheSmallerSizeIsOut) {
    const auto bytes = stream_of({message(3)}, LegacySize::k128);
    Recorder r;
    r.feed(std::span(bytes).first(112), 0);
    EXPECT_EQ(r.stream.deadline_ns(), kAnswerWaitNs);
    r.feed(std::span(bytes).subspan(112, 3), 5 * kMs);  // zeros: no message begins here
    EXPECT_FALSE(r.stream.deadline_ns()) << "it is not complete in any size that is left";
    r.feed(std::span(bytes).subspan(115), 9 * kMs);
    EXPECT_EQ(r.stream.deadline_ns(), 9 * kMs + kAnswerWaitNs);
}

TEST(LegacyStream, QuestionWhoseRestComesTooLateIsStillReadRight) {
    const auto bytes = stream_of({message(3), message(1, 9), message(3)}, LegacySize::k144);
    Recorder r;
    r.feed(std::span(bytes).first(112), 0);
    r.stream.on_deadline(kAnswerWaitNs, r.sink());
    ASSERT_EQ(r.seen.size(), 1u);
    EXPECT_EQ(r.seen[0].size, LegacySize::k112);
    r.feed(std::span(bytes).subspan(112), 50 * kMs);
    EXPECT_TRUE(r.stream.answered_in_wrong_size());
    ASSERT_EQ(r.seen.size(), 3u);
    EXPECT_EQ(r.seen[1].request, message(1, 9).request);
    EXPECT_EQ(r.seen[2].size, LegacySize::k144);
}

TEST(LegacyStream, QuestionIsAnsweredWhenTheSenderHasFinished) {
    for (const LegacySize size : api::kLegacySizes) {
        Recorder r;
        r.feed(stream_of({message(6)}, size));
        r.stream.on_end(r.sink());
        ASSERT_EQ(r.seen.size(), 1u);
        EXPECT_EQ(r.seen[0].size, size);
        EXPECT_FALSE(r.stream.in_the_middle());
    }
    Recorder r;
    const auto whole = stream_of({message(6)}, LegacySize::k112);
    r.feed(std::span(whole).first(111));
    r.stream.on_end(r.sink());
    EXPECT_TRUE(r.seen.empty()) << "half a question is none";
    EXPECT_TRUE(r.stream.in_the_middle());
}

// A client that leaves whatever it found in memory where an answer would be.
TEST(LegacyStream, RubbishInTheAnswerFields) {
    std::mt19937_64 random(11);
    for (int round = 0; round < 3000; ++round) {
        const LegacySize size = api::kLegacySizes[round % 3];
        std::vector<LegacyMessage> messages;
        for (uint64_t i = 0; i < 4; ++i) {
            messages.push_back(message(kRequests[random() % kRequests.size()], i));
        }
        auto bytes = stream_of(messages, size);
        for (size_t m = 0; m < messages.size(); ++m) {
            for (size_t i = 40; i < bytes_of(size); ++i) {
                bytes[m * bytes_of(size) + i] = static_cast<std::byte>(random());
            }
        }
        Recorder r;
        const size_t split = random() % bytes.size();
        r.feed(std::span(bytes).first(split));
        r.feed(std::span(bytes).subspan(split));
        ASSERT_EQ(r.stream.size(), size) << "round " << round;
        ASSERT_EQ(r.seen.size(), messages.size());
    }
}

TEST(LegacyStream, RubbishInThePadding) {
    for (const LegacySize size : api::kLegacySizes) {
        auto bytes = stream_of({message(1, 1), message(2, 2), message(8, 3)}, size);
        for (size_t m = 0; m < 3; ++m) {
            for (const size_t at : {1, 2, 3, 17, 18, 19}) {
                bytes[m * bytes_of(size) + at] = std::byte{0x5a};
            }
        }
        Recorder r;
        r.feed(bytes);
        EXPECT_EQ(r.stream.size(), size);
        EXPECT_EQ(r.seen.size(), 3u);
    }
}

TEST(LegacyStream, TypesThatNobodyKnowsKeepTheirPlace) {
    for (const LegacySize size : api::kLegacySizes) {
        for (const uint8_t type : {uint8_t{12}, uint8_t{77}, uint8_t{255}}) {
            Recorder r;
            r.feed(stream_of({message(type, 1), message(type, 2), message(1, 3)}, size));
            EXPECT_EQ(r.stream.size(), size);
            ASSERT_EQ(r.seen.size(), 3u);
            EXPECT_EQ(r.seen[2].request, message(1, 3).request);
        }
    }
}

TEST(LegacyStream, BothHeadsOfOneProcessCount) {
    // A report of 128 bytes whose answer fields look like a head of another message: the process id decides.
    for (const LegacySize size : {LegacySize::k128, LegacySize::k144}) {
        LegacyMessage first = message(1, 1);
        first.dram_size_per_channel = 1;  // at 112: "ALLOC"
        first.ringbuffer_total_size = 2;  // at 128: "FREE"
        Recorder r;
        r.feed(stream_of({first, message(2, 1)}, size));
        EXPECT_EQ(r.stream.size(), size);
        EXPECT_EQ(r.seen.size(), 2u);
    }
}

TEST(LegacyStream, SendersKeepTheirMessages) {
    for (const LegacySize size : api::kLegacySizes) {
        LegacyMessage from_child = message(1, 2);
        from_child.request.process_id = 4400;
        const auto bytes = stream_of({message(1, 1), from_child, message(1, 3), from_child}, size);
        const size_t one = bytes_of(size);
        Recorder r;
        r.feed(std::span(bytes).first(one), 0, 1);
        r.feed(std::span(bytes).subspan(one, one), 0, 2);
        r.feed(std::span(bytes).subspan(2 * one, one + 5), 0, 1);
        r.feed(std::span(bytes).subspan(3 * one + 5), 0, 2);
        ASSERT_EQ(r.stream.size(), size);
        ASSERT_EQ(r.seen.size(), 4u);
        EXPECT_EQ(r.seen[0].sender, 1u);
        EXPECT_EQ(r.seen[1].sender, 2u);
        EXPECT_EQ(r.seen[2].sender, 1u);
        EXPECT_EQ(r.seen[3].sender, 1u) << "that of the first byte";
    }
}

TEST(LegacyStream, SenselessIsSaid) {
    Recorder r;
    r.feed(std::vector<std::byte>(300, std::byte{0xaa}));
    EXPECT_FALSE(r.sensible);
    r.feed(stream_of({message(1)}, LegacySize::k144));
    EXPECT_FALSE(r.sensible) << "and stays so";
    EXPECT_EQ(r.seen.size(), 1u);
    Recorder zeros;
    zeros.feed(std::vector<std::byte>(300, std::byte{0}));
    EXPECT_TRUE(zeros.sensible) << "of the largest size, for the others are ruled out; and of a type that nobody knows";
    EXPECT_EQ(zeros.stream.size(), LegacySize::k144);
}

// Random messages, random pieces, random pauses: every message comes out as it went in, and no answer is late.
TEST(LegacyStream, RandomStreams) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 4000; ++round) {
        const LegacySize size = api::kLegacySizes[random() % 3];
        std::vector<LegacyMessage> messages(1 + random() % 12);
        const auto pid = static_cast<int32_t>(random() % 3 == 0 ? 0 : random() % 4'194'304);
        for (LegacyMessage& m : messages) {
            m.request.type = kRequests[random() % kRequests.size()];
            m.request.device_id = static_cast<int32_t>(random() % 40) - 1;
            m.request.size = random() >> random() % 64;
            m.request.buffer_type = static_cast<uint8_t>(random() % 6);
            m.request.process_id = pid;
            m.request.buffer_id = random() >> random() % 64;
            m.request.timestamp = random() % 4 == 0 ? 0 : random() >> random() % 8;
        }
        const auto bytes = stream_of(messages, size);
        Recorder r;
        uint64_t now = 0;
        bool waited = false;
        for (size_t at = 0; at < bytes.size();) {
            const size_t piece = std::min<size_t>(1 + random() % (random() % 2 == 0 ? 20 : 400), bytes.size() - at);
            r.feed(std::span(bytes).subspan(at, piece), now);
            at += piece;
            now += random() % (30 * kMs);
            waited = waited || (r.stream.deadline_ns() && *r.stream.deadline_ns() <= now);
            r.stream.on_deadline(now, r.sink());
            ASSERT_TRUE(!r.stream.deadline_ns() || *r.stream.deadline_ns() > now);
        }
        r.stream.on_end(r.sink());
        ASSERT_TRUE(r.sensible);
        ASSERT_EQ(r.seen.size(), messages.size()) << "round " << round;
        for (size_t i = 0; i < messages.size(); ++i) {
            ASSERT_EQ(r.seen[i].request, messages[i].request);
            if (is_question(messages[i].request.type) && !(i == 0 && waited)) {
                ASSERT_EQ(r.seen[i].size, size) << "round " << round << " message " << i;
            }
        }
    }
}

}  // namespace
}  // namespace ttmem::server
