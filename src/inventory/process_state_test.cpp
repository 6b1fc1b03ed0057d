// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Each judgement from the evidence alone, the kinds that a test cannot bring about for real included.
#include "inventory/process_state.hpp"

#include <gtest/gtest.h>

namespace ttmem::inventory {
namespace {

using api::ProcessState;

constexpr uint64_t kOurNamespace = 4026531836;
const Surroundings kHere{kOurNamespace, {1, 2, 3}};

// A ledger of user 1000 whose writer, process 77, holds its lock.
Evidence live() {
    Evidence evidence;
    evidence.owner = 1000;
    evidence.claim.pid = 77;
    evidence.claim.uid = 1000;
    evidence.claim.start_time_ticks = 5000;
    evidence.claim.pid_namespace = kOurNamespace;
    evidence.claim.boot_id = kHere.boot_id;
    evidence.lock = {true, 77};
    evidence.status = ProcessStatus{'S', 5000};
    evidence.users = {1000, 1000, 1000, 1000};
    return evidence;
}

Evidence unlocked() {
    Evidence evidence = live();
    evidence.lock = {};
    evidence.mapping = Mapping::kYes;
    return evidence;
}

ProcessState state(const Evidence& evidence) {
    return judge(evidence, kHere).state;
}

TEST(JudgeLocked, HolderOfTheLockIsTheWriter) {
    EXPECT_EQ(state(live()), ProcessState::kLive);
    EXPECT_EQ(judge(live(), kHere).pid, 77);
}

TEST(JudgeLocked, Halted) {
    for (const char halted : {'T', 't'}) {
        Evidence evidence = live();
        evidence.status->state = halted;
        EXPECT_EQ(state(evidence), ProcessState::kStopped);
    }
}

TEST(JudgeLocked, SaidGoodbyeAndHasNotGoneYet) {
    Evidence evidence = live();
    evidence.claim.exited = true;
    EXPECT_EQ(state(evidence), ProcessState::kExited);
}

TEST(JudgeLocked, WriterInAContainerThatWeSeeInto) {
    Evidence evidence = live();
    evidence.claim.pid_namespace = 99;
    evidence.claim.pid = 1;
    EXPECT_EQ(state(evidence), ProcessState::kLive);
    EXPECT_EQ(judge(evidence, kHere).pid, 77) << "the pid as we see it";
}

TEST(JudgeLocked, WriterInANamespaceThatWeCannotSeeInto) {
    Evidence evidence = live();
    evidence.claim.pid_namespace = 99;
    evidence.lock.pid.reset();
    evidence.status.reset();
    evidence.users.reset();
    EXPECT_EQ(state(evidence), ProcessState::kLive);
    EXPECT_EQ(judge(evidence, kHere).pid, std::nullopt);
    evidence.claim.pid_namespace = kOurNamespace;
    EXPECT_EQ(state(evidence), ProcessState::kUntrusted) << "a process of ours would be seen";
}

TEST(JudgeLocked, ClaimsThatTheKernelDoesNotConfirm) {
    Evidence evidence = live();
    evidence.claim.pid = 78;
    EXPECT_EQ(state(evidence), ProcessState::kUntrusted) << "another pid than the lock's holder";
    evidence = live();
    evidence.claim.start_time_ticks = 4999;
    EXPECT_EQ(state(evidence), ProcessState::kUntrusted) << "another start time";
    evidence = live();
    evidence.users = {1001, 1001, 1001, 1001};
    EXPECT_EQ(state(evidence), ProcessState::kUntrusted) << "another user's process";
    evidence = live();
    evidence.claim.uid = 1001;
    EXPECT_EQ(state(evidence), ProcessState::kUntrusted) << "another user than the file's";
}

TEST(JudgeLocked, AnyOfTheProcessUsersMayOwnTheFile) {
    Evidence evidence = live();
    evidence.users = {0, 0, 1000, 0};
    EXPECT_EQ(state(evidence), ProcessState::kLive);
}

TEST(JudgeLocked, HiddenByProcMountOptions) {
    Evidence evidence = live();
    evidence.status.reset();
    evidence.users.reset();
    evidence.hidden = true;
    EXPECT_EQ(state(evidence), ProcessState::kLive);
    evidence.hidden = false;
    EXPECT_EQ(state(evidence), ProcessState::kDied) << "it ended between the two questions";
}

TEST(JudgeFree, GoneProcess) {
    Evidence evidence = unlocked();
    evidence.status.reset();
    EXPECT_EQ(state(evidence), ProcessState::kDied);
    evidence.claim.exited = true;
    EXPECT_EQ(state(evidence), ProcessState::kExited);
}

TEST(JudgeFree, ZombieIsGone) {
    Evidence evidence = unlocked();
    evidence.status->state = 'Z';
    EXPECT_EQ(state(evidence), ProcessState::kDied);
}

TEST(JudgeFree, ReusedPid) {
    Evidence evidence = unlocked();
    evidence.status->start_time_ticks = 9000;
    EXPECT_EQ(state(evidence), ProcessState::kDied);
}

TEST(JudgeFree, EarlierBoot) {
    Evidence evidence = unlocked();
    evidence.claim.boot_id = {9};
    EXPECT_EQ(state(evidence), ProcessState::kDied);
}

TEST(JudgeFree, AnotherNamespaceCannotBeLookedUp) {
    Evidence evidence = unlocked();
    evidence.claim.pid_namespace = 99;
    EXPECT_EQ(state(evidence), ProcessState::kDied);
}

TEST(JudgeFree, MappingTellsLifeFromExec) {
    Evidence evidence = unlocked();
    EXPECT_EQ(state(evidence), ProcessState::kLive);
    EXPECT_FALSE(judge(evidence, kHere).unless_newer);
    evidence.mapping = Mapping::kNo;
    EXPECT_EQ(state(evidence), ProcessState::kDied);
    evidence.mapping = Mapping::kUnreadable;
    EXPECT_EQ(state(evidence), ProcessState::kLive);
    EXPECT_TRUE(judge(evidence, kHere).unless_newer);
}

TEST(JudgeFree, AnotherUsersProcess) {
    Evidence evidence = unlocked();
    evidence.users = {1001, 1001, 1001, 1001};
    EXPECT_EQ(state(evidence), ProcessState::kUntrusted);
}

TEST(Procfs, StatWithAnUglyName) {
    const auto status = parse_stat("77 (a) S 9 (b) T 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 123456 20 21");
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->state, 'T');
    EXPECT_EQ(status->start_time_ticks, 123456u);
    EXPECT_FALSE(parse_stat("77 (a").has_value());
    EXPECT_FALSE(parse_stat("77 (a) S 1 2 3").has_value());
    EXPECT_FALSE(parse_stat("").has_value());
}

TEST(Procfs, Users) {
    EXPECT_EQ(parse_users("Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t5\t5\t5\n"), (std::array<uid_t, 4>{1, 2, 3, 4}));
    EXPECT_EQ(parse_users("Name:\tx\n"), std::nullopt);
    EXPECT_EQ(parse_users("Uid:\t1\t2\n"), std::nullopt);
}

TEST(Procfs, OwnBootAndNamespaceAreKnown) {
    EXPECT_NE(own_pid_namespace(), 0u);
    EXPECT_NE(own_boot_id(), (std::array<uint8_t, 16>{}));
}

}  // namespace
}  // namespace ttmem::inventory
