// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The golden recording of format 1.2, whose script knows the document alone.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "recording/programs_then.hpp"
#include "recording/reader.hpp"
#include "recording/replay.hpp"

namespace ttmem::recording {
namespace {

constexpr uint64_t kBegin = 1'700'000'000'000'000'000;

class GoldenRecording : public testing::Test {
protected:
    void SetUp() override {
        Result<Reader> opened = Reader::open(std::string(TTMEM_GOLDEN_FOLDER) + "/recording-v1.2.ttrec");
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        reader_ = std::make_unique<Reader>(std::move(opened.value()));
        ASSERT_EQ(reader_->processes().size(), 1u);
    }
    const RecordedProcess& process() const { return reader_->processes()[0]; }

    ProgramsThen::Answer programs_at(size_t chunk, size_t events) {
        const std::optional<EventChunk> of = reader_->read(process().events.at(chunk));
        auto answer = programs_.at(*reader_, process(), *of, {chunk, events});
        EXPECT_TRUE(answer.has_value());
        return answer.value_or(ProgramsThen::Answer());
    }
    // Of each program its number and its circular buffers' bytes; 1 unknown.
    std::vector<std::pair<uint64_t, uint64_t>> loaded_at(size_t chunk, size_t events) {
        std::vector<std::pair<uint64_t, uint64_t>> all;
        for (const ledger::Program& program : programs_at(chunk, events).programs) {
            const bool known = (program.flags & ledger::kProgramBuffersUnknown) == 0;
            all.emplace_back(program.id, known ? program.circular_buffer_bytes : 1);
        }
        return all;
    }

    std::unique_ptr<Reader> reader_;
    ProgramsThen programs_;
};

TEST_F(GoldenRecording, IsWhole) {
    EXPECT_TRUE(reader_->finished());
    EXPECT_TRUE(reader_->damages().empty()) << reader_->damages()[0];
    EXPECT_EQ(reader_->created_ns(), kBegin);
    ASSERT_TRUE(process().facts && process().end);
    EXPECT_EQ(process().facts->command, "python3 model.py");
    EXPECT_EQ(process().facts->allocators.at(0).geometry[1].bank_bytes, 1u << 19);
    EXPECT_EQ(process().end->ending, Ending::kExited);
    EXPECT_EQ(process().events.size(), 2u);
}

TEST_F(GoldenRecording, BuffersAreThoseOfEachMoment) {
    const auto bytes_at = [&](size_t chunk, size_t events) {
        const std::optional<Moment> moment = moment_at(*reader_, process(), {chunk, events});
        return moment ? moment->total(0, ledger::kAccountDram).bytes : 1;
    };
    EXPECT_EQ(bytes_at(0, 0), 0u);
    EXPECT_EQ(bytes_at(0, 1), 4096u * 12);
    EXPECT_EQ(bytes_at(0, 6), 12288u * 12);
    EXPECT_EQ(bytes_at(1, 0), 12288u * 12);
    EXPECT_EQ(bytes_at(1, 2), 8192u * 12);
}

TEST_F(GoldenRecording, ProgramsAreThoseOfEachMoment) {
    using Loaded = std::vector<std::pair<uint64_t, uint64_t>>;
    EXPECT_EQ(loaded_at(0, 1), (Loaded{}));
    EXPECT_EQ(loaded_at(0, 2), (Loaded{{7, 4096 * 64}}));
    EXPECT_EQ(loaded_at(0, 5), (Loaded{{7, 4096 * 64}, {8, 8192 * 64}}));
    EXPECT_EQ(loaded_at(0, 6), (Loaded{{8, 8192 * 64}}));
    EXPECT_EQ(loaded_at(1, 0), (Loaded{{8, 8192 * 64}}));
    EXPECT_EQ(loaded_at(1, 1), (Loaded{{8, 8192 * 64}, {9, 1}})) << "of program 9 the event alone is known";
    const ProgramsThen::Answer answer = programs_at(1, 1);
    const ledger::Program& program = answer.programs.at(0);
    EXPECT_EQ(program.loaded_ns, kBegin + 40);
    EXPECT_EQ(program.last_launch, 9u);
    EXPECT_GT(answer.programs.at(1).last_launch, 9u);
    EXPECT_EQ(program.config_bytes, 1536u);
    ASSERT_EQ(program.circular_buffers.size(), 1u);
    EXPECT_EQ(program.circular_buffers[0].address, 102400u);
    EXPECT_EQ(program.circular_buffers[0].data_format, 5);
    EXPECT_EQ(program.circular_buffers[0].cores.at(0).end_x, 7);
    ASSERT_EQ(program.kernels.size(), 1u);
    EXPECT_EQ(program.kernels[0].packed_bytes, 2048u);
    EXPECT_EQ(program.kernels[0].cores.size(), 2u);
    ASSERT_EQ(answer.rings.size(), 1u);
    EXPECT_EQ(answer.rings[0].capacity_bytes, 70656u);
    EXPECT_EQ(answer.rings[0].evictions, 1u);
    ASSERT_EQ(answer.regions.size(), 2u);
    EXPECT_EQ(answer.regions[1].type, ledger::kRegionServiceCore);
    EXPECT_EQ(answer.regions[1].device, 0u);
    EXPECT_EQ(answer.regions[1].cores.at(0).start_y, 8);
}

TEST_F(GoldenRecording, ARefusalHasItsRecord) {
    ASSERT_EQ(process().refusals.size(), 1u);
    const ledger::Failure& refusal = process().refusals.at(0);
    EXPECT_EQ(refusal.type, ledger::kFailureOutOfMemory);
    EXPECT_EQ(refusal.time_ns, kBegin + 30);
    EXPECT_EQ(refusal.banks, 12u);
    EXPECT_EQ(refusal.bytes_per_bank, 89478486u);
    EXPECT_EQ(refusal.largest_free_per_bank, 80000000u);
    EXPECT_EQ(refusal.available_bytes, 200000000u);
    EXPECT_EQ(refusal.limit_bytes, 1u << 28);
    EXPECT_EQ(refusal.wanted_bytes_per_core, std::nullopt);
    EXPECT_TRUE(refusal.handled);
}

}  // namespace
}  // namespace ttmem::recording
