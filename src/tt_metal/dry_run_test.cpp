// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The stand-ins of a dry run, tested on a library made for the purpose (testing/fake_mock.cpp): they act only where a
// dry run asked, a mock description is set and the chip is a mock. With any one missing, every original is called.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/dry_run_record.hpp"

namespace ttmem {
namespace {

constexpr const char* kOriginals =
    "begin 7\noperations\nend 8\nend 7\ntrace\nwait\nreset\nreset of 0.78\nread\nsubmit\nsubmit of 0.66\nsignals\n"
    "signals of 0.80\nsignals of 0.78\ngrid of dispatch 0\ndone\n";

class DryRun : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ttmem-dry-run-test-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
        write_record(kDryRunMagic, sizeof(DryRunRecord));
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string record() const { return folder_ + "/record"; }
    void write_record(uint64_t magic, size_t bytes) const {
        std::string text(bytes, '\0');
        std::memcpy(text.data(), &magic, sizeof magic);
        std::ofstream(record(), std::ios::binary) << text;
    }
    uint64_t figure(DryRunFigure which) const {
        std::ifstream file(record(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        uint64_t value = 0;
        std::memcpy(&value, text.data() + sizeof(uint64_t) * (1 + static_cast<uint32_t>(which)), sizeof value);
        return value;
    }
    std::string asked() const { return std::string(kDryRunVariable) + "=" + record() + " "; }

    std::string run(const std::string& environment) const {
        const std::string command = environment + "LD_PRELOAD=" TTMEM_PRELOADED " " TTMEM_FAKE_HOST " " TTMEM_FAKES
                                                  "/mock/libtt_metal.so run 2>&1";
        std::string output;
        FILE* pipe = popen(command.c_str(), "r");
        std::array<char, 4096> chunk{};
        while (const size_t got = fread(chunk.data(), 1, chunk.size(), pipe)) {
            output.append(chunk.data(), got);
        }
        EXPECT_EQ(pclose(pipe), 0) << output;
        return output;
    }

    static constexpr const char* kDescription = "TT_METAL_MOCK_CLUSTER_DESC_PATH=/some/board.yaml ";
    static constexpr const char* kMock = "FAKE_CHIP=mock ";
    std::string folder_;
};

TEST_F(DryRun, StandsInWhereAllThreeComeTogether) {
    // An empty trace is captured where the real one ends; the grid is that of the device's own dispatch.
    EXPECT_EQ(run(asked() + kDescription + kMock), "operations\nend 8\nbegin 7\nend 7\ngrid of dispatch 1\ndone\n");
    EXPECT_EQ(figure(DryRunFigure::kTracesCaptured), 1u);
    EXPECT_EQ(figure(DryRunFigure::kTracesExecuted), 1u);
    EXPECT_EQ(figure(DryRunFigure::kEventWaits), 1u);
    EXPECT_EQ(figure(DryRunFigure::kSubDeviceLoads), 2u);
    EXPECT_EQ(figure(DryRunFigure::kReadsSkipped), 1u);
    EXPECT_EQ(figure(DryRunFigure::kGridsCorrected), 1u);
    EXPECT_EQ(figure(DryRunFigure::kPartialLaunches), 3u);
}

TEST_F(DryRun, CallsTheOriginalsWhereOneIsMissing) {
    EXPECT_EQ(run(std::string(kDescription) + kMock), kOriginals) << "the dry run did not ask";
    EXPECT_EQ(run(asked() + kMock), kOriginals) << "no description is set";
    EXPECT_EQ(run(asked() + kDescription), kOriginals) << "the chip is no mock";
    EXPECT_EQ(run(asked() + kDescription + "FAKE_CHIP=card "), kOriginals) << "the chip is no mock";
    for (uint32_t which = 0; which < kDryRunFigures; ++which) {
        EXPECT_EQ(figure(static_cast<DryRunFigure>(which)), 0u);
    }
}

TEST_F(DryRun, TakesNoOtherFileForItsRecord) {
    write_record(kDryRunMagic + 1, sizeof(DryRunRecord));
    EXPECT_EQ(run(asked() + kDescription + kMock), kOriginals);
    write_record(kDryRunMagic, sizeof(DryRunRecord) - 1);
    EXPECT_EQ(run(asked() + kDescription + kMock), kOriginals);
    EXPECT_EQ(run(std::string(kDryRunVariable) + "=1 " + kDescription + kMock), kOriginals);
}

}  // namespace
}  // namespace ttmem
