// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/list_turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ttmem::server {
namespace {

// Tasks that note when they are begun and refused, under their names.
struct Table {
    explicit Table(size_t room) : turns(room) {}

    ListTurns::SharedTask make(const std::string& name, size_t weight = 1) {
        auto task = std::make_shared<ListTurns::Task>();
        task->weight = weight;
        task->begin = [this, name] { begun.push_back(name); };
        task->refuse = [this, name] { refused.push_back(name); };
        return task;
    }
    // A task of that client, which is kept.
    bool enter(const std::string& client, const std::string& name, size_t weight = 1) {
        tasks.push_back(make(name, weight));
        names.push_back(name);
        return turns.enter(client, tasks.back());
    }
    void end(const std::string& name) {
        turns.end(tasks.at(static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin())));
    }
    bool has_begun(const std::string& name) const { return std::find(begun.begin(), begun.end(), name) != begun.end(); }

    ListTurns turns;
    std::vector<ListTurns::SharedTask> tasks;
    std::vector<std::string> names, begun, refused;
};

TEST(ListTurns, AClientWithMuchToAskDoesNotKeepAnotherFromItsTurn) {
    Table table(256);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(table.enter("much", "m" + std::to_string(i)));
    }
    EXPECT_EQ(table.begun.size(), ListTurns::kMostAtOnce);
    ASSERT_TRUE(table.enter("little", "l0"));
    ASSERT_TRUE(table.enter("little", "l1"));
    EXPECT_FALSE(table.has_begun("l0"));
    for (int i = 0; i < 4; ++i) {
        table.end("m" + std::to_string(i));
    }
    EXPECT_TRUE(table.has_begun("l0") && table.has_begun("l1")) << "after two turns of the other";
    EXPECT_EQ(table.begun.size(), ListTurns::kMostAtOnce + 4);
    EXPECT_EQ(table.turns.taken(), 102u - 4u);
}

TEST(ListTurns, WhoWaitsForMostGivesWay) {
    Table table(20);
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(table.enter("much", "m" + std::to_string(i)));
    }
    EXPECT_FALSE(table.enter("much", "m20"));
    EXPECT_TRUE(table.enter("little", "l0", 2));
    EXPECT_EQ(table.refused, (std::vector<std::string>{"m19", "m18"})) << "its latest";
    EXPECT_EQ(table.turns.taken(), 20u);
    EXPECT_FALSE(table.enter("huge", "h", 21)) << "what is made is not broken off";
    EXPECT_EQ(table.refused.size(), 2u) << "and for nothing none gives way";
    while (!table.begun.empty()) {
        const std::string name = table.begun.front();
        table.begun.erase(table.begun.begin());
        table.end(name);
    }
    EXPECT_EQ(table.turns.taken(), 0u);
    EXPECT_TRUE(table.enter("huge", "h again", 21)) << "alone, whatever its weight";
}

TEST(ListTurns, AnAnswerOfSeveralClientsHasTheFirstOfTheirTurns) {
    Table table(256);
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(table.enter("much", "m" + std::to_string(i)));
    }
    table.turns.join("little", table.tasks.back());
    table.turns.join("little", table.tasks.back());
    table.end("m0");
    table.end("m1");
    EXPECT_TRUE(table.has_begun("m49"));
    for (size_t i = 2; i < 50; ++i) {
        table.end("m" + std::to_string(i));
    }
    EXPECT_EQ(std::count(table.begun.begin(), table.begun.end(), "m49"), 1);
    EXPECT_EQ(table.turns.taken(), 0u);
}

TEST(ListTurns, AnAnswerThatIsMadeAtOnceLetsTheNextOneBegin) {
    Table table(256);
    for (int i = 0; i < 50; ++i) {
        const ListTurns::SharedTask task = table.make("t");
        task->begin = [&table, raw = std::weak_ptr<ListTurns::Task>(task)] {
            table.begun.emplace_back("t");
            table.turns.end(raw.lock());
        };
        table.tasks.push_back(task);
        ASSERT_TRUE(table.turns.enter("one", task));
    }
    EXPECT_EQ(table.begun.size(), 50u);
    EXPECT_EQ(table.turns.taken(), 0u);
}

}  // namespace
}  // namespace ttmem::server
