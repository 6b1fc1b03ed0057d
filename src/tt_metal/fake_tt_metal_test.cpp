// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The hooks against libraries made for the purpose (testing/fake_tt_metal.cpp), judged by the ledger that the process
// leaves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "ledger/read/reader.hpp"

namespace ttmem {
namespace {

using ledger::Snapshot;

struct Outcome {
    int status = -1;
    std::string output;                // both streams
    std::optional<Snapshot> snapshot;  // of the only ledger
    ledger::Sidecar sidecar;
    size_t ledgers = 0;
};

enum class Way { kPreload, kGlobal, kLate };

std::string fake(const std::string& name) {
    return std::string(TTMEM_FAKES) + "/" + name + "/libtt_metal.so";
}

ledger::Sidecar read_sidecar_of(const std::string& path, uint64_t nonce) {
    const UniqueFd fd(open((path + ".detail").c_str(), O_RDONLY | O_CLOEXEC));
    auto read = ledger::read_sidecar(
        [&fd](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            return pread(fd.get(), to, bytes, static_cast<off_t>(offset));
        },
        nonce);
    auto* sidecar = std::get_if<ledger::Sidecar>(&read);
    return sidecar != nullptr ? std::move(*sidecar) : ledger::Sidecar{};
}

Outcome run(const std::string& name, const std::string& scenario, Way way,
            const std::string& environment = "TT_ALLOC_TRACKING_ENABLED=1") {
    char folder[] = "/dev/shm/ttmem-hooks-test-XXXXXX";
    EXPECT_NE(mkdtemp(folder), nullptr);
    std::string command = "TT_ALLOC_LEDGER_DIR=" + std::string(folder) + " " + environment;
    command += way == Way::kPreload ? " LD_PRELOAD=" TTMEM_PRELOADED : "";
    command += way == Way::kLate ? " FAKE_HOOKS=" TTMEM_HOOKS_LIBRARY : "";
    command += " " TTMEM_FAKE_HOST " " + fake(name) + " " + scenario;
    command += way == Way::kGlobal ? " " TTMEM_HOOKS_LIBRARY : "";

    Outcome outcome;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    std::array<char, 4096> chunk{};
    while (const size_t got = fread(chunk.data(), 1, chunk.size(), pipe)) {
        outcome.output.append(chunk.data(), got);
    }
    outcome.status = pclose(pipe);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".ledger") {
            continue;
        }
        ++outcome.ledgers;
        ledger::ReadOptions options;
        options.buffers = true;
        options.writer_halted = true;
        auto read = ledger::Reader::from_fd(UniqueFd(open(entry.path().c_str(), O_RDONLY | O_CLOEXEC))).read(options);
        if (auto* snapshot = std::get_if<Snapshot>(&read)) {
            outcome.snapshot = std::move(*snapshot);
            outcome.sidecar = read_sidecar_of(entry.path().string(), outcome.snapshot->identity.nonce);
        } else {
            ADD_FAILURE() << std::get<ledger::ReadError>(read).message;
        }
    }
    std::filesystem::remove_all(folder);
    return outcome;
}

// Live buffers of one account.
std::vector<ledger::Buffer> buffers_of(const Snapshot& snapshot, uint32_t account) {
    std::vector<ledger::Buffer> found;
    for (const ledger::Buffer& buffer : snapshot.buffers) {
        if (buffer.account == account) {
            found.push_back(buffer);
        }
    }
    return found;
}

constexpr uint32_t kDram = 0;
constexpr uint64_t kFirstBytes = 12 * 1024;   // one page in each of 12 banks
constexpr uint64_t kSecondBytes = 24 * 1024;  // 13 pages: two in each

class EachRelease : public ::testing::TestWithParam<std::tuple<const char*, Way>> {
protected:
    Outcome run_here(const std::string& scenario) {
        Outcome outcome = run(std::get<0>(GetParam()), scenario, std::get<1>(GetParam()));
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output, "done\n");
        EXPECT_EQ(outcome.ledgers, 1u);
        EXPECT_TRUE(outcome.snapshot.has_value());
        if (!outcome.snapshot) {
            outcome.snapshot.emplace();
        }
        return outcome;
    }
};

TEST_P(EachRelease, AllocationsAreRecorded) {
    const Outcome outcome = run_here("hold");
    const Snapshot& snapshot = *outcome.snapshot;
    ASSERT_EQ(snapshot.devices.size(), 1u);
    EXPECT_EQ(snapshot.devices[0].logical_id, 5);
    ASSERT_EQ(snapshot.allocators.size(), 1u);
    const ledger::Allocator& allocator = snapshot.allocators[0];
    EXPECT_TRUE(allocator.open);
    EXPECT_EQ(allocator.mesh_id, 1);
    EXPECT_EQ(allocator.geometry[kDram].banks, 12u);
    EXPECT_EQ(allocator.geometry[kDram].bank_bytes, 1u << 20);
    EXPECT_EQ(allocator.geometry[kDram].base_address, 0x1000u);
    EXPECT_EQ(allocator.totals[kDram].bytes, kFirstBytes + kSecondBytes);
    EXPECT_EQ(allocator.totals[kDram].requested_bytes, 14u * 1024);
    ASSERT_EQ(snapshot.buffers.size(), 2u);
    EXPECT_NE(snapshot.buffers[0].id, snapshot.buffers[1].id);
    EXPECT_NE(snapshot.buffers[0].address, snapshot.buffers[1].address);
    EXPECT_EQ(snapshot.buffers[0].page_bytes, 1024u);
}

TEST_P(EachRelease, FreesAreRecorded) {
    const Outcome outcome = run_here("free");
    ASSERT_EQ(outcome.snapshot->allocators.size(), 1u);
    EXPECT_EQ(outcome.snapshot->allocators[0].totals[kDram].bytes, kSecondBytes);
    EXPECT_EQ(outcome.snapshot->buffers.size(), 1u);
}

TEST_P(EachRelease, ClosingTheDeviceFreesWhatLives) {
    const Outcome outcome = run_here("close");
    ASSERT_EQ(outcome.snapshot->allocators.size(), 1u);
    EXPECT_FALSE(outcome.snapshot->allocators[0].open);
    EXPECT_EQ(outcome.snapshot->allocators[0].totals[kDram].bytes, 0u);
    EXPECT_TRUE(outcome.snapshot->buffers.empty());
}

TEST_P(EachRelease, AnAllocatorAtAnOldAddressIsAnother) {
    const Outcome outcome = run_here("reopen");
    uint64_t bytes = 0;
    int open = 0;
    for (const ledger::Allocator& allocator : outcome.snapshot->allocators) {
        bytes += allocator.totals[kDram].bytes;
        open += allocator.open ? 1 : 0;
    }
    EXPECT_EQ(open, 1);
    EXPECT_EQ(bytes, kFirstBytes);  // two pages
    EXPECT_EQ(outcome.snapshot->buffers.size(), 1u);
}

TEST_P(EachRelease, AnEndThatWasNotSeenIsFoundByTheNextBeginning) {
    const Outcome outcome = run_here("unseen-end");
    EXPECT_TRUE(outcome.snapshot->buffers.empty());
    for (const ledger::Allocator& allocator : outcome.snapshot->allocators) {
        EXPECT_FALSE(allocator.open);
    }
}

TEST_P(EachRelease, RefusedAllocationsPassThroughAndAreKept) {
    const Outcome outcome = run_here("out-of-memory");
    ASSERT_EQ(outcome.snapshot->failures.size(), 1u);
    const ledger::Failure& failure = outcome.snapshot->failures[0];
    EXPECT_EQ(failure.requested_bytes, 24u << 20);
    EXPECT_EQ(failure.bytes_per_bank, 2u << 20);
    EXPECT_EQ(failure.banks, 12u);
    EXPECT_EQ(failure.largest_free_per_bank, 1u << 20);
    EXPECT_EQ(outcome.snapshot->buffers.size(), 2u);
}

// A mock cluster crashes as a real trace is captured, so this stands for it; the ring's refusal is provoked on real ttnn too
// (tests/e2e/test_refusals.py).
TEST_P(EachRelease, WhatIsLargerThanItsMemoryRegionIsKept) {
    const Outcome outcome = run_here("larger-than-region");
    const auto& failures = outcome.snapshot->failures;
    ASSERT_GE(failures.size(), 1u);
    EXPECT_EQ(failures[0].type, ledger::kFailureConfigRing);
    EXPECT_EQ(failures[0].end_address, 18064u);
    EXPECT_EQ(failures[0].limit_bytes, 13984u);
    EXPECT_EQ(failures[0].region_kind, ledger::kProgramRegionWorkerRing);
    if (std::string(std::get<0>(GetParam())) == "65") {
        return;  // meshes of 0.65.0 are not followed from their traces
    }
    ASSERT_EQ(failures.size(), 2u);
    EXPECT_EQ(failures[1].type, ledger::kFailureTraceRegion);
    EXPECT_EQ(failures[1].account, ledger::kAccountTrace);
    EXPECT_EQ(failures[1].end_address, 98304u);
    EXPECT_EQ(failures[1].limit_bytes, 65536u);
    EXPECT_EQ(outcome.snapshot->buffers.size(), 2u);
}

TEST_P(EachRelease, AnAllocatorFirstMetThroughABufferIsOpenedThen) {
    const Outcome outcome = run_here("sub-device");
    const Snapshot& snapshot = *outcome.snapshot;
    ASSERT_EQ(snapshot.allocators.size(), 2u);
    EXPECT_EQ(snapshot.allocators[1].parent, 0u);
    EXPECT_EQ(snapshot.allocators[1].devices, snapshot.allocators[0].devices);
    EXPECT_EQ(snapshot.allocators[1].totals[kDram].bytes, kFirstBytes);
    EXPECT_EQ(snapshot.allocators[0].totals[kDram].bytes, kFirstBytes + kSecondBytes);
}

// Incident: on Blackhole a page of 80 B in L1, whose alignment is 16, takes 128 B of its bank.
TEST_P(EachRelease, BytesAreTakenInUnitsOfTheLargerAlignment) {
    const Outcome outcome = run_here("small-pages");
    EXPECT_EQ(outcome.snapshot->allocators[0].totals[1].bytes, 12u * 128);
    EXPECT_EQ(outcome.snapshot->allocators[0].totals[1].requested_bytes, 12u * 80);
}

TEST_P(EachRelease, HandlesOfAMeshBufferAreNoBuffersOfTheirOwn) {
    EXPECT_EQ(run_here("handles").snapshot->buffers.size(), 2u);
}

TEST_P(EachRelease, BuffersAtAGivenAddressCountNowhere) {
    const Outcome outcome = run_here("fixed");
    const auto fixed = buffers_of(*outcome.snapshot, ledger::kAccountFixed);
    ASSERT_EQ(fixed.size(), 3u);  // the fourth is gone again
    for (const ledger::Buffer& buffer : fixed) {
        EXPECT_NE(buffer.address, 0x90000u);
    }
    for (const uint64_t lost : outcome.snapshot->lost) {
        EXPECT_EQ(lost, 0u);
    }
    EXPECT_EQ(outcome.snapshot->allocators[0].totals[kDram].bytes, kFirstBytes + kSecondBytes);
}

TEST_P(EachRelease, HookedBuffersCountNowhereAndEndWithTheObject) {
    const Outcome outcome = run_here("hooked");
    const auto hooked = buffers_of(*outcome.snapshot, ledger::kAccountHooked);
    ASSERT_EQ(hooked.size(), 1u);
    EXPECT_EQ(hooked[0].requested_bytes, 1024u);
    EXPECT_EQ(outcome.snapshot->allocators[0].totals[kDram].bytes, kFirstBytes + kSecondBytes);
}

INSTANTIATE_TEST_SUITE_P(Fakes, EachRelease,
                         ::testing::Combine(::testing::Values("65", "78", "81"),
                                            ::testing::Values(Way::kPreload, Way::kGlobal)),
                         [](const auto& instance) {
                             return std::string("Release") + std::get<0>(instance.param) +
                                    (std::get<1>(instance.param) == Way::kPreload ? "Preload" : "Global");
                         });

void expect_untracked(const Outcome& outcome, const std::string& reason) {
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.ledgers, 0u);
    if (reason.empty()) {
        EXPECT_EQ(outcome.output, "done\n");
    } else {
        EXPECT_NE(outcome.output.find(reason), std::string::npos) << outcome.output;
        EXPECT_NE(outcome.output.find("this process runs untracked\n"), std::string::npos) << outcome.output;
        EXPECT_NE(outcome.output.find("done\n"), std::string::npos) << outcome.output;
        // The reason is one line.
        EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 2) << outcome.output;
    }
}

TEST(Untracked, WithoutTheSwitch) {
    expect_untracked(run("81", "fixed", Way::kPreload, "TT_ALLOC_TRACKING_ENABLED=0"), "");
}

TEST(Untracked, WhereTheLibraryReportsByItself) {
    expect_untracked(run("instrumented", "hold", Way::kPreload), "");
}

TEST(Untracked, NamesTheMissingSymbol) {
    expect_untracked(run("lacks-banks", "hold", Way::kPreload), "lacks _ZNK2tt8tt_metal13AllocatorImpl13get_num_banks");
}

TEST(Untracked, SaysWhenAFieldIsElsewhere) {
    expect_untracked(run("other-offset", "hold", Way::kPreload),
                     "lacks tt::tt_metal::Buffer with size, type and page size");
}

// --- C++ stacks, on request ---

constexpr const char* kNative = "TT_ALLOC_TRACKING_ENABLED=1 TT_ALLOC_STACKS=native ";

struct Call {
    std::string file;
    std::string function;
    uint32_t line = 0;
    std::string operation;
};

struct CppStack {
    std::vector<Call> calls;  // innermost first
    uint32_t flags = 0;

    std::string functions() const {
        std::string all;
        for (const Call& call : calls) {
            all += "|" + call.function;
        }
        return all + "|";
    }
};

CppStack stack_of(const ledger::Sidecar& sidecar, uint32_t number) {
    const std::map<uint32_t, std::string> texts(sidecar.texts.begin(), sidecar.texts.end());
    const std::map<uint32_t, ledger::FrameRecord> frames(sidecar.frames.begin(), sidecar.frames.end());
    const std::map<uint32_t, ledger::StackNodeRecord> nodes(sidecar.stack_nodes.begin(), sidecar.stack_nodes.end());
    const std::map<uint32_t, ledger::ContextRecord> contexts(sidecar.contexts.begin(), sidecar.contexts.end());
    CppStack stack;
    if (contexts.count(number) == 0) {
        return stack;
    }
    stack.flags = contexts.at(number).flags;
    const auto text = [&](uint32_t id) { return id == 0 ? "" : texts.at(id); };
    for (uint32_t node = contexts.at(number).stack; node != 0; node = nodes.at(node).caller) {
        const ledger::FrameRecord& frame = frames.at(nodes.at(node).frame);
        stack.calls.push_back({text(frame.file), text(frame.function), frame.line, text(frame.operation)});
    }
    return stack;
}

class CppStacks : public ::testing::TestWithParam<Way> {};

// The program prints what it went through for each buffer: "stack ADDRESS|NAME|NAME", innermost first.
TEST_P(CppStacks, AreWhatTheProgramSaysOfItself) {
    const Outcome outcome = run("81", "callers", GetParam(), kNative);
    EXPECT_EQ(outcome.status, 0);
    ASSERT_TRUE(outcome.snapshot.has_value()) << outcome.output;
    std::istringstream lines(outcome.output);
    size_t compared = 0;
    std::set<uint32_t> contexts;
    for (std::string line; std::getline(lines, line);) {
        unsigned long long address = 0;
        if (std::sscanf(line.c_str(), "stack %llu", &address) != 1) {
            continue;
        }
        const std::string said = line.substr(line.find('|')) + "|";
        for (const ledger::Buffer& buffer : outcome.snapshot->buffers) {
            if (buffer.address == address) {
                const CppStack stack = stack_of(outcome.sidecar, buffer.context);
                EXPECT_NE(stack.functions().find(said), std::string::npos) << said << "\nbut " << stack.functions();
                EXPECT_EQ(stack.flags, uint32_t{ledger::kContextNative});
                EXPECT_FALSE(stack.calls.empty() || stack.calls[0].file != fake("81")) << stack.calls[0].file;
                contexts.insert(buffer.context);
                ++compared;
            }
        }
    }
    EXPECT_EQ(compared, 7u) << outcome.output;
    EXPECT_EQ(contexts.size(), 7u);
}

// Functions of an unnamed namespace and of the program are not exported; their place in the file is.
TEST_P(CppStacks, FunctionsThatAreNotExportedHaveTheirPlaceInTheFile) {
    const Outcome outcome = run("81", "hold", GetParam(), kNative);
    ASSERT_TRUE(outcome.snapshot.has_value()) << outcome.output;
    ASSERT_EQ(outcome.snapshot->buffers.size(), 2u);
    EXPECT_NE(outcome.snapshot->buffers[0].context,
              outcome.snapshot->buffers[1].context);  // another line of one function
    const CppStack stack = stack_of(outcome.sidecar, outcome.snapshot->buffers[0].context);
    bool found = false;
    for (const Call& call : stack.calls) {
        EXPECT_EQ(call.line, 0u);
        EXPECT_EQ(call.file.find("libtt_alloc_hooks"), std::string::npos);
        std::error_code none;
        const bool is_host = std::filesystem::equivalent(call.file, TTMEM_FAKE_HOST, none);  // the tree may be a link
        found = found || (is_host && call.function.rfind("+0x", 0) == 0);
    }
    EXPECT_TRUE(found) << stack.functions();
    EXPECT_NE(stack.functions().find("|run_scenario|+0x"), std::string::npos) << stack.functions();
}

INSTANTIATE_TEST_SUITE_P(Fakes, CppStacks, ::testing::Values(Way::kPreload, Way::kGlobal));

TEST(CppStacksOnRequest, RefusalsHaveThem) {
    const Outcome outcome = run("81", "out-of-memory", Way::kPreload, kNative);
    ASSERT_TRUE(outcome.snapshot.has_value()) << outcome.output;
    ASSERT_EQ(outcome.snapshot->failures.size(), 1u);
    const CppStack stack = stack_of(outcome.sidecar, outcome.snapshot->failures[0].context);
    EXPECT_NE(stack.functions().find("|run_scenario|"), std::string::npos) << stack.functions();
}

TEST(CppStacksOnRequest, AreCutWhereTheLimitSays) {
    const Outcome outcome = run("81", "callers", Way::kPreload, kNative + std::string("TT_ALLOC_STACK_FRAMES=3"));
    ASSERT_TRUE(outcome.snapshot.has_value()) << outcome.output;
    for (const ledger::Buffer& buffer : outcome.snapshot->buffers) {
        const CppStack stack = stack_of(outcome.sidecar, buffer.context);
        EXPECT_EQ(stack.calls.size(), 3u);
        EXPECT_EQ(stack.flags, uint32_t{ledger::kContextNative | ledger::kContextCut});
    }
}

TEST(CppStacksOnRequest, AreOffUnlessRequested) {
    for (const char* environment : {"TT_ALLOC_TRACKING_ENABLED=1", "TT_ALLOC_TRACKING_ENABLED=1 TT_ALLOC_STACKS=python",
                                    "TT_ALLOC_TRACKING_ENABLED=1 TT_ALLOC_STACKS=native TT_ALLOC_STACK_FRAMES=0"}) {
        const Outcome outcome = run("81", "hold", Way::kPreload, environment);
        ASSERT_TRUE(outcome.snapshot.has_value()) << outcome.output;
        EXPECT_EQ(outcome.output, "done\n");
        EXPECT_TRUE(outcome.sidecar.contexts.empty()) << environment;
    }
    const Outcome outcome = run("81", "hold", Way::kPreload, "TT_ALLOC_TRACKING_ENABLED=1 TT_ALLOC_STACKS=cpp");
    EXPECT_TRUE(outcome.sidecar.contexts.empty());
    EXPECT_EQ(outcome.output, "ttmem: TT_ALLOC_STACKS is neither python nor native; Python stacks are kept\ndone\n");
}

// Tracking that is switched on after the library was loaded, opened and used.
class Late : public ::testing::TestWithParam<const char*> {
protected:
    Outcome run_here(const std::string& scenario, const std::string& said) {
        Outcome outcome = run(GetParam(), scenario, Way::kLate, "TT_ALLOC_TRACKING_ENABLED=0");
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output, said + "done\n");
        EXPECT_EQ(outcome.ledgers, 1u);
        if (!outcome.snapshot) {
            outcome.snapshot.emplace();
        }
        return outcome;
    }
};

constexpr const char* kOn = "0 tracking is on\n";
constexpr const char* kOff = "0 tracking is off\n";

uint64_t dram_bytes(const Snapshot& snapshot) {
    uint64_t bytes = 0;
    for (const ledger::Allocator& allocator : snapshot.allocators) {
        bytes += allocator.open ? allocator.totals[kDram].bytes : 0;
    }
    return bytes;
}

TEST_P(Late, WhatWasThereIsListedAndWhatComesIsTracked) {
    const Outcome outcome = run_here("late", kOn + std::string("0 tracking is on already\n"));
    const Snapshot& snapshot = *outcome.snapshot;
    ASSERT_EQ(snapshot.allocators.size(), 2u);
    EXPECT_EQ(snapshot.allocators[0].mesh_id, 1);
    EXPECT_EQ(snapshot.allocators[1].mesh_id, 2);
    EXPECT_EQ(snapshot.allocators[1].parent, 0u);
    EXPECT_EQ(snapshot.allocators[0].totals[kDram].bytes,
              kSecondBytes + kFirstBytes);  // the first is gone, another came
    EXPECT_EQ(snapshot.allocators[1].totals[kDram].bytes, kFirstBytes);
    ASSERT_EQ(snapshot.buffers.size(), 3u);
    for (const ledger::Buffer& buffer : snapshot.buffers) {
        EXPECT_GT(buffer.address, 0x1000u);
    }
    for (const uint64_t lost : snapshot.lost) {
        EXPECT_EQ(lost, 0u);
    }
}

TEST_P(Late, OffAgainNothingIsFollowed) {
    const Outcome outcome = run_here("late-off", std::string(kOn) + kOff + "0 tracking is off already\n");
    EXPECT_TRUE(outcome.snapshot->exited);
    EXPECT_TRUE(outcome.snapshot->buffers.empty());
    EXPECT_EQ(dram_bytes(*outcome.snapshot), 0u);
}

TEST_P(Late, OnAgainTheSameLedgerIsRight) {
    const Outcome outcome = run_here("late-again", std::string(kOn) + kOff + kOn);
    EXPECT_FALSE(outcome.snapshot->exited);
    EXPECT_EQ(dram_bytes(*outcome.snapshot), kSecondBytes + kFirstBytes);
    EXPECT_EQ(outcome.snapshot->buffers.size(), 2u);
}

TEST_P(Late, ThreadsAllocateAllTheTime) {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "what late enabling publishes, it publishes by storing into linkage tables: ThreadSanitizer does "
                    "not see the order";
#endif
    const Outcome outcome = run(GetParam(), "late-threads", Way::kLate, "TT_ALLOC_TRACKING_ENABLED=0");
    EXPECT_EQ(outcome.status, 0);
    ASSERT_TRUE(outcome.snapshot.has_value()) << outcome.output;
    const size_t at = outcome.output.find("held ");
    ASSERT_NE(at, std::string::npos) << outcome.output;
    const size_t held = std::strtoul(outcome.output.c_str() + at + 5, nullptr, 10) + 2;
    EXPECT_EQ(outcome.snapshot->buffers.size(), held);
    EXPECT_EQ(dram_bytes(*outcome.snapshot), (held - 1) * kFirstBytes + kSecondBytes);
    EXPECT_EQ(outcome.output.find("1 "), std::string::npos) << outcome.output;
    for (const uint64_t lost : outcome.snapshot->lost) {
        EXPECT_EQ(lost, 0u);
    }
}

INSTANTIATE_TEST_SUITE_P(Fakes, Late, ::testing::Values("65", "78", "81"),
                         [](const auto& instance) { return std::string("Release") + instance.param; });

TEST(LateRefusal, NamesTheMissingSymbol) {
    for (const auto& [fake_name, symbol] :
         {std::pair("lacks-banks", "lacks _ZNK2tt8tt_metal13AllocatorImpl13get_num_banks"),
          std::pair("lacks-listing", "lacks _ZNK2tt8tt_metal13AllocatorImpl21get_allocated_buffersEv")}) {
        const Outcome outcome = run(fake_name, "late", Way::kLate, "TT_ALLOC_TRACKING_ENABLED=0");
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.ledgers, 0u);
        EXPECT_NE(outcome.output.find(symbol), std::string::npos) << outcome.output;
        EXPECT_EQ(outcome.output.rfind("1 ", 0), 0u) << outcome.output;
    }
}

TEST(LateRefusal, ALibraryThatReportsByItselfIsLeftAlone) {
    const Outcome outcome = run("instrumented", "late", Way::kLate, "TT_ALLOC_TRACKING_ENABLED=0");
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.output.find("reports by itself"), std::string::npos) << outcome.output;
}

TEST(LateWithoutDevices, IsOnAndOpensNothing) {
    const Outcome outcome = run("81", "late-closed", Way::kLate, "TT_ALLOC_TRACKING_ENABLED=0");
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.output, std::string(kOn) + "done\n");
    EXPECT_EQ(outcome.ledgers, 0u);
}

}  // namespace
}  // namespace ttmem
