// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/answer_bytes.hpp"

#include <gtest/gtest.h>

#include "history/store.hpp"
#include "history/test_history.hpp"
#include "output/history_text.hpp"

namespace ttmem::history {
namespace {

Answer recorded() {
    const testing::Folder folder;
    std::vector<std::string> notices;
    auto store = Store::open(folder.settings(), notices);
    EXPECT_TRUE(store);
    for (uint64_t second = 1000; second < 1030; ++second) {
        EXPECT_TRUE(store.value()->record(testing::model_at(second, second * 10, second < 1015 ? 77 : 78)));
    }
    Question question;
    question.tier = Tier::kSecond;
    return folder.ask(question);
}

TEST(AnswerBytes, ComeBackAsTheyWere) {
    const Answer answer = recorded();
    ASSERT_FALSE(answer.series.empty());
    ASSERT_FALSE(answer.events.empty());
    const std::optional<Answer> back = answer_from_bytes(to_bytes(answer));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_json_text(*back, 1), to_json_text(answer, 1));
    EXPECT_EQ(to_csv(*back), to_csv(answer));
    EXPECT_EQ(to_bytes(*back), to_bytes(answer));
}

TEST(AnswerBytes, QuestionsToo) {
    Question question;
    question.device = 3;
    question.pid = 77;
    question.since_ns = 1;
    question.tier = Tier::kTenSeconds;
    question.events = false;
    const std::optional<Question> back = question_from_bytes(to_bytes(question));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_bytes(*back), to_bytes(question));
    EXPECT_EQ(back->tier, Tier::kTenSeconds);
    question.tier = static_cast<Tier>(7);
    EXPECT_FALSE(question_from_bytes(to_bytes(question))) << "there are no points of seven seconds";
}

TEST(AnswerBytes, CutOrWrongOnesAreNothing) {
    Answer answer = recorded();
    const std::string bytes = to_bytes(answer);
    for (size_t size = 0; size < bytes.size(); ++size) {
        ASSERT_FALSE(answer_from_bytes(std::string_view(bytes).substr(0, size))) << size;
    }
    EXPECT_FALSE(answer_from_bytes(bytes + "x"));
    answer.series[0].device = answer.devices.size();
    EXPECT_FALSE(answer_from_bytes(to_bytes(answer)));
}

}  // namespace
}  // namespace ttmem::history
