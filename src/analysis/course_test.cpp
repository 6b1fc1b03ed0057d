// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/course.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace ttmem::analysis {
namespace {

using Type = CourseEvent::Type;

constexpr uint32_t kWeights = 1, kFirst = 2, kWork = 3, kLeak = 4, kWindow = 5;

std::optional<std::string> line_of(uint32_t context) {
    return context == 0 ? std::nullopt : std::optional("line " + std::to_string(context));
}

// A program as its events say it, of which the last ones are kept, and what lived at its end.
class Program {
public:
    uint64_t allocate(uint32_t context, uint64_t bytes) {
        add({Type::kAllocate, 0, ++ids_, bytes, context, true, true});
        live_[ids_] = {ids_, bytes, context};
        return ids_;
    }
    void free(uint64_t id) {
        add({Type::kFree, 0, id, live_.at(id).bytes, 0, true, true});
        live_.erase(id);
    }
    void mark() { add({Type::kMark, 0, 0, 0, 0, false, false}); }

    // 40 weights, then steps with work that is freed in each. `leak`: bytes that stay of each; `window`: a buffer of
    // each stays for five steps.
    static Program of_steps(size_t steps, uint64_t leak, bool window, bool marked = false) {
        Program program;
        std::mt19937 rng(7);
        for (int i = 0; i < 40; ++i) {
            program.allocate(kWeights, 1 << 20);
        }
        std::vector<uint64_t> kept;
        for (size_t step = 0; step < steps; ++step) {
            if (marked) {
                program.mark();
            }
            std::vector<uint64_t> here{program.allocate(kFirst, 4096)};
            for (int i = 0; i < 5; ++i) {
                here.push_back(program.allocate(kWork, (1 + rng() % 64) << 10));
            }
            if (leak != 0) {
                program.allocate(kLeak, leak);
            }
            if (window) {
                kept.push_back(program.allocate(kWindow, 1 << 19));
                if (kept.size() > 5) {
                    program.free(kept.front());
                    kept.erase(kept.begin());
                }
            }
            std::shuffle(here.begin(), here.end(), rng);
            for (const uint64_t id : here) {
                program.free(id);
            }
        }
        return program;
    }

    // From the last `count` events alone.
    std::optional<Course> course(size_t count, uint64_t until_ns = UINT64_MAX) const {
        const std::vector<CourseEvent> kept(events_.end() - static_cast<int64_t>(std::min(count, events_.size())),
                                            events_.end());
        std::vector<CourseBuffer> held;
        for (const auto& [id, buffer] : live_) {
            held.push_back(buffer);
        }
        return course_of(kept, held, until_ns, line_of);
    }
    const std::vector<CourseEvent>& events() const { return events_; }

private:
    void add(CourseEvent event) {
        event.time_ns = 10 * (events_.size() + 1);
        events_.push_back(event);
    }
    uint64_t ids_ = 0;
    std::vector<CourseEvent> events_;
    std::map<uint64_t, CourseBuffer> live_;
};

TEST(Course, ARingNamesTheLineThatLeaks) {
    const Program program = Program::of_steps(400, 3 << 15, true);
    for (const size_t count : {size_t{300}, size_t{1111}, size_t{100'000}}) {
        const std::optional<Course> course = program.course(count);
        ASSERT_TRUE(course) << count;
        EXPECT_EQ(course->step, line_of(kFirst)) << "what each step allocates once";
        ASSERT_EQ(course->rows.size(), 1u) << count << ": not the window, whose buffers were made before the events";
        EXPECT_EQ(course->rows[0].name, line_of(kLeak));
        EXPECT_NEAR(course->rows[0].bytes_per_step, 3 << 15, 1);
    }
    EXPECT_EQ(program.course(300)->rows[0].last_bytes, 399u * (3 << 15)) << "with what was held before the events";
}

TEST(Course, NothingGrowsWhereNothingLeaks) {
    const Program program = Program::of_steps(400, 0, true);
    for (size_t count = 100; count < 1000; count += 37) {
        const std::optional<Course> course = program.course(count);
        EXPECT_TRUE(!course || course->rows.empty()) << count << " " << *course->rows[0].name;
    }
}

// A line that replaces its one large buffer late: its old one was made before the events.
TEST(Course, WhatIsReplacedDoesNotGrow) {
    Program program;
    const uint64_t old = program.allocate(kWindow, 1 << 20);
    std::vector<uint64_t> parts;
    for (size_t step = 0; step < 64; ++step) {
        const uint64_t id = program.allocate(kFirst, 64);
        if (step >= 32) {
            parts.push_back(program.allocate(kWindow, 1 << 15));  // by and by as large as the old one
        }
        program.free(id);
        if (step == 62) {
            program.free(old);
        }
    }
    const std::optional<Course> course = program.course(program.events().size() - 1);
    ASSERT_TRUE(course);
    EXPECT_TRUE(course->rows.empty()) << course->rows[0].last_bytes << " of " << course->rows[0].first_bytes;
}

TEST(Course, MarksAreTheSteps) {
    const Program program = Program::of_steps(50, 4096, false, true);
    const std::optional<Course> course = program.course(100'000);
    ASSERT_TRUE(course);
    EXPECT_EQ(course->step, "ttmem.step()");
    EXPECT_EQ(course->steps, 50u);
    const auto is_mark = [](const CourseEvent& event) { return event.type == Type::kMark; };
    const auto first = std::find_if(program.events().begin(), program.events().end(), is_mark);
    const auto last = std::find_if(program.events().rbegin(), program.events().rend(), is_mark);
    EXPECT_EQ(course->first_step_ns, first->time_ns);
    EXPECT_EQ(course->last_step_ns, last->time_ns);
    const std::optional<Course> before = program.course(100'000, last->time_ns - 1);
    ASSERT_TRUE(before);
    EXPECT_EQ(before->steps, 49u) << "the moment asked for is before the last step";
    EXPECT_LT(before->last_step_ns, last->time_ns);
}

TEST(Course, TooFewStepsTellNothing) {
    EXPECT_FALSE(Program::of_steps(1, 4096, false).course(30));
    EXPECT_FALSE(Program().course(10));
    Program filling;  // no steps: equal parts
    for (int i = 0; i < 1000; ++i) {
        filling.allocate(kWeights, 4096);
    }
    const std::optional<Course> course = filling.course(1000);
    ASSERT_TRUE(course);
    EXPECT_FALSE(course->step);
    ASSERT_EQ(course->rows.size(), 1u);
    EXPECT_EQ(course->rows[0].name, line_of(kWeights));
}

}  // namespace
}  // namespace ttmem::analysis
