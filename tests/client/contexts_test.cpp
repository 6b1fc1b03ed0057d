// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Contexts as they are read back from ledger and sidecar: texts, stacks that share their beginnings, scopes, bounds,
// forks.
#include "client/contexts.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../crash/ledger_home.hpp"
#include "in_child.hpp"
#include "ledger/read/reader.hpp"

namespace ttmem::test {
namespace {

struct Place {
    std::string file;
    std::string function;
    uint32_t line;
    std::string operation;
    bool operator==(const Place&) const = default;
};
using Stack = std::vector<Place>;  // outermost first

uint32_t add(uint64_t key, const Stack& stack, bool cut = false, const client::ContextName& name = {}) {
    const auto frame = [](void* of, uint32_t index, client::ContextFrame& to) noexcept {
        const Place& place = (*static_cast<const Stack*>(of))[index];
        to = {place.file.c_str(), place.function.c_str(), place.operation.c_str(), place.line};
        return true;
    };
    return client::add_context(key, static_cast<uint32_t>(stack.size()), cut ? uint32_t{ledger::kContextCut} : 0, frame,
                               const_cast<Stack*>(&stack), name);
}

// Reports a buffer that came from the context.
void allocate_in(uint32_t allocator, uint64_t id, uint32_t context) {
    const client::RecordContext record(context);
    allocate(allocator, id);
}

struct Left {
    ledger::Snapshot snapshot;
    ledger::Sidecar sidecar;

    std::string text(uint32_t id) const {
        for (const auto& [number, text] : sidecar.texts) {
            if (number == id) {
                return text;
            }
        }
        return "";
    }
    std::string name(uint32_t context) const {
        for (const auto& [number, text] : sidecar.operations) {
            if (number == context) {
                return text;
            }
        }
        return "";
    }
    const ledger::Buffer& buffer(uint64_t id) const {
        for (const ledger::Buffer& row : snapshot.buffers) {
            if (row.id == id) {
                return row;
            }
        }
        throw std::out_of_range("no such buffer");
    }
    ledger::ContextRecord context(uint32_t number) const {
        for (const auto& [id, record] : sidecar.contexts) {
            if (id == number) {
                return record;
            }
        }
        throw std::out_of_range("no such context");
    }
    Stack stack(uint32_t number) const {
        const std::map<uint32_t, ledger::StackNodeRecord> nodes(sidecar.stack_nodes.begin(), sidecar.stack_nodes.end());
        const std::map<uint32_t, ledger::FrameRecord> frames(sidecar.frames.begin(), sidecar.frames.end());
        Stack found;
        for (uint32_t node = context(number).stack; node != 0; node = nodes.at(node).caller) {
            const ledger::FrameRecord& frame = frames.at(nodes.at(node).frame);
            found.insert(found.begin(), {text(frame.file), text(frame.function), frame.line, text(frame.operation)});
        }
        return found;
    }
};

Left left_by(const LedgerHome& home, const std::function<void()>& act) {
    const ChildResult result = in_child(act);
    EXPECT_TRUE(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0) << "status " << result.status;
    Left left;
    auto answer = read_ledger(home.ledger(), true);
    left.snapshot = std::get<ledger::Snapshot>(answer);
    const std::string path = home.ledger() + ".detail";
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    left.sidecar = std::get<ledger::Sidecar>(ledger::read_sidecar(
        [&fd](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            return pread(fd.get(), to, bytes, static_cast<off_t>(offset));
        },
        left.snapshot.identity.nonce));
    return left;
}

const Stack kMain = {{"model.py", "<module>", 10, ""}};
const Stack kForward = {{"model.py", "<module>", 10, ""},
                        {"größe/attention.py", "forward", 42, ""},
                        {"ttnn/decorators.py", "__call__", 1245, "ttnn.linear"},
                        {"ttnn/linear.py", "linear", 7, ""},
                        {"ttnn/decorators.py", "__call__", 1245, "ttnn.matmul"}};

TEST(Contexts, AreReadBackAsTheyWereKept) {
    const LedgerHome home;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        allocate_in(allocator, 2, add(11, kMain));
        allocate_in(allocator, 3, add(12, kForward, true));
        allocate_in(allocator, 4, client::find_context(11));
        allocate_in(allocator, 5, add(13, kForward, true));  // the same stack by another key
        allocate(allocator, 6);
    });
    EXPECT_EQ(left.buffer(1).context, 0u);
    EXPECT_EQ(left.buffer(6).context, 0u);
    EXPECT_EQ(left.stack(left.buffer(2).context), kMain);
    EXPECT_EQ(left.stack(left.buffer(3).context), kForward);
    EXPECT_EQ(left.buffer(4).context, left.buffer(2).context);
    EXPECT_EQ(left.buffer(5).context, left.buffer(3).context);
    EXPECT_GE(left.buffer(2).context, ledger::kFirstContext);
    EXPECT_EQ(left.text(left.context(left.buffer(3).context).operation), "ttnn.linear");  // the outermost
    EXPECT_EQ(left.context(left.buffer(3).context).flags, uint32_t{ledger::kContextCut});
    EXPECT_EQ(left.context(left.buffer(2).context).flags, 0u);
    EXPECT_EQ(left.sidecar.contexts.size(), 2u);
    EXPECT_EQ(left.sidecar.stack_nodes.size(), 5u);  // the module's frame stands once
    EXPECT_EQ(left.sidecar.frames.size(), 5u);
}

// A text that is new costs the host no system call, which is what a model of ever new shapes would feel.
TEST(Contexts, TextsNeedNoDescriptor) {
    const LedgerHome home;
    constexpr uint32_t kTexts = 200;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        for (uint32_t i = 0; i < 40; ++i) {  // fills the first room, so that room for many texts is taken
            tt_alloc_name_context((std::string(120, 'a') + std::to_string(i)).c_str());
        }
        rlimit none{};
        getrlimit(RLIMIT_NOFILE, &none);
        none.rlim_cur = 0;
        setrlimit(RLIMIT_NOFILE, &none);
        for (uint32_t i = 0; i < kTexts; ++i) {
            allocate_in(allocator, 2 + i, add(100 + i, {{"model.py", "forward", 100 + i, ""}}));
        }
    });
    ASSERT_EQ(left.snapshot.lost[ledger::kLostText], 0u);
    for (uint32_t i = 0; i < kTexts; ++i) {
        ASSERT_GE(left.buffer(2 + i).context, ledger::kFirstContext) << i;
        ASSERT_EQ(left.stack(left.buffer(2 + i).context), (Stack{{"model.py", "forward", 100 + i, ""}}));
    }
}

TEST(Contexts, TextsThatPassTheRoomOfManySteps) {
    const LedgerHome home;
    constexpr uint32_t kTexts = 5'000;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        for (uint32_t i = 0; i < kTexts; ++i) {
            const std::string file = "model_of_a_name_that_is_rather_long_" + std::to_string(i) + ".py";
            allocate_in(allocator, 1 + i, add(100 + i, {{file, "forward", i, ""}}));
        }
    });
    std::set<std::string> files;
    for (const auto& [id, text] : left.sidecar.texts) {
        files.insert(text);
    }
    for (uint32_t i = 0; i < kTexts; ++i) {
        ASSERT_TRUE(files.contains("model_of_a_name_that_is_rather_long_" + std::to_string(i) + ".py"));
    }
    EXPECT_EQ(left.sidecar.contexts.size(), kTexts);
    EXPECT_EQ(left.snapshot.lost[ledger::kLostText], 0u);
}

TEST(Contexts, BelongToTheScopeThatTheThreadIsIn) {
    const LedgerHome home;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        const uint32_t scope = tt_alloc_name_context("decoder");
        tt_alloc_set_context(scope);
        allocate_in(allocator, 1, add(21, kMain));
        allocate(allocator, 2);
        tt_alloc_set_context(0);
        allocate_in(allocator, 3, add(22, kMain));
    });
    EXPECT_NE(left.buffer(1).context, left.buffer(3).context);
    EXPECT_EQ(left.stack(left.buffer(1).context), kMain);
    EXPECT_EQ(left.context(left.buffer(1).context).scope, left.buffer(1).scope);
    EXPECT_EQ(left.buffer(2).context, left.buffer(1).scope);
    EXPECT_EQ(left.context(left.buffer(3).context).scope, 0u);
    ASSERT_EQ(left.sidecar.operations.size(), 1u);
    EXPECT_EQ(left.sidecar.operations[0].second, "decoder");
}

constexpr client::ContextName kNamed{2, "ttnn.linear (attention.py:42)", sizeof "ttnn.linear" - 1, true};

TEST(Contexts, HaveTheNamesThatAreGivenWithThem) {
    const LedgerHome home;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        client::set_context_names(2);
        client::set_region(client::name_region("decoder"));
        allocate_in(allocator, 1, add(11, kForward, false, kNamed));
        client::ContextName alone = kNamed;
        alone.after_scope = false;
        allocate_in(allocator, 2, add(12, kMain, false, alone));
        client::set_region(0);
        allocate_in(allocator, 3, add(13, kForward, false, kNamed));
        allocate_in(allocator, 4, client::find_context(11));
    });
    EXPECT_EQ(left.name(left.buffer(1).context), "decoder/ttnn.linear (attention.py:42)");
    EXPECT_EQ(left.name(left.buffer(2).context), "ttnn.linear (attention.py:42)");
    EXPECT_EQ(left.name(left.buffer(3).context), "ttnn.linear (attention.py:42)");
    EXPECT_EQ(left.buffer(4).context, left.buffer(1).context);
    EXPECT_EQ(left.name(left.context(left.buffer(1).context).scope), "decoder");
}

TEST(Contexts, AreOthersWhereTheyAreNamedInAnotherWay) {
    const LedgerHome home;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        allocate_in(allocator, 1, add(11, kForward));
        client::set_context_names(2);
        if (client::find_context(11) != 0) {
            _exit(3);
        }
        allocate_in(allocator, 2, add(11, kForward, false, kNamed));
        client::set_context_names(0);
        allocate_in(allocator, 3, client::find_context(11));
        allocate_in(allocator, 4, add(12, kForward, false, kNamed));  // made before the names were switched off
        if (client::find_context(12) != 0) {
            _exit(4);
        }
        client::set_context_names(2);
        allocate_in(allocator, 5, client::find_context(11));
    });
    EXPECT_EQ(left.name(left.buffer(1).context), "");
    EXPECT_EQ(left.name(left.buffer(2).context), "ttnn.linear (attention.py:42)");
    EXPECT_EQ(left.buffer(3).context, left.buffer(1).context);
    EXPECT_EQ(left.buffer(4).context, left.buffer(2).context);
    EXPECT_EQ(left.buffer(5).context, left.buffer(2).context);
    EXPECT_EQ(left.stack(left.buffer(2).context), kForward);
}

TEST(Contexts, AreNamedWithoutLinesWhereTheRoomForStacksEnds) {
    const LedgerHome home;
    setenv("TT_ALLOC_STACK_BYTES", "1", 1);
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        client::set_context_names(2);
        client::set_region(client::name_region("decoder"));
        allocate_in(allocator, 1, add(11, kMain, false, kNamed));
        allocate_in(allocator, 2, add(12, kForward, false, kNamed));
    });
    unsetenv("TT_ALLOC_STACK_BYTES");
    EXPECT_EQ(left.name(left.buffer(1).context), "decoder/ttnn.linear (attention.py:42)");
    EXPECT_EQ(left.name(left.buffer(2).context), "decoder/ttnn.linear");
}

TEST(Contexts, KeepOperationAndScopeWhereTheRoomForStacksEnds) {
    const LedgerHome home;
    const Left left = left_by(home, [] {
        setenv("TT_ALLOC_STACK_BYTES", "4096", 1);
        const uint32_t allocator = open_n150();
        for (uint32_t i = 0; i < 500; ++i) {
            allocate_in(allocator, i,
                        add(100 + i, {{"long/name/of/a/file.py", "f" + std::to_string(i), i + 1, ""},
                                      {"ttnn/decorators.py", "__call__", 1, "ttnn.add"}}));
        }
    });
    const uint32_t last = left.buffer(499).context;
    EXPECT_EQ(left.text(left.context(last).operation), "ttnn.add");
    EXPECT_EQ(left.context(last).flags, uint32_t{ledger::kContextDropped});
    EXPECT_EQ(left.context(last).stack, 0u);
    EXPECT_FALSE(left.stack(left.buffer(0).context).empty());
    size_t kept = 0;
    for (uint32_t i = 0; i < 500; ++i) {
        kept += left.context(left.buffer(i).context).stack != 0 ? 1 : 0;
    }
    EXPECT_EQ(left.snapshot.lost[ledger::kLostStack], 500 - kept);
    EXPECT_LT(kept, 100u);
}

TEST(Contexts, OfManyThreadsAreTheirOwn) {
    const LedgerHome home;
    constexpr uint32_t kThreads = 4;
    constexpr uint32_t kEach = 2000;
    const auto stack_of = [](uint64_t id) {
        return Stack{{"model.py", "<module>", 1, ""},
                     {"layer.py", "f" + std::to_string(id % 700), static_cast<uint32_t>(id % 700), ""}};
    };
    const Left left = left_by(home, [&] {
        const uint32_t allocator = open_n150();
        std::vector<std::thread> threads;
        for (uint32_t t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (uint64_t i = 0; i < kEach; ++i) {
                    const uint64_t id = t * kEach + i;
                    const uint64_t key = 1 + id % 700;
                    const uint32_t known = client::find_context(key);
                    allocate_in(allocator, id, known != 0 ? known : add(key, stack_of(id)));
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    });
    ASSERT_EQ(left.snapshot.buffers.size(), size_t{kThreads} * kEach);
    for (uint64_t id = 0; id < uint64_t{kThreads} * kEach; id += 97) {
        EXPECT_EQ(left.stack(left.buffer(id).context), stack_of(id)) << id;
    }
    EXPECT_EQ(left.sidecar.contexts.size(), 700u);
}

TEST(Labels, NameLiveBuffersAndGoWithThem) {
    const LedgerHome home;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        for (uint64_t id = 1; id <= 5; ++id) {
            allocate(allocator, id);
        }
        // The buffers are another thread's.
        std::thread([] {
            const bool named = tt_alloc_label_buffer(1, "layers.0.größe") == 1 &&
                               tt_alloc_label_buffer(2, "layers.1") == 1 && tt_alloc_label_buffer(3, "x") == 1 &&
                               tt_alloc_label_buffer(4, "layers.1") == 1;
            if (!named || tt_alloc_label_buffer(99, "nothing") != 0 || tt_alloc_label_buffer(3, "") != 1 ||
                tt_alloc_label_buffer(2, "layers.2") != 1) {
                _exit(2);
            }
        }).join();
        tt_alloc_buffer_freed(4);
        allocate(allocator, 6);  // where 4 was
    });
    std::map<uint32_t, std::string> texts(left.sidecar.labels.begin(), left.sidecar.labels.end());
    EXPECT_EQ(texts[left.buffer(1).label], "layers.0.größe");
    EXPECT_EQ(texts[left.buffer(2).label], "layers.2");
    EXPECT_EQ(left.buffer(3).label, 0u);
    EXPECT_EQ(left.buffer(5).label, 0u);
    EXPECT_EQ(left.buffer(6).label, 0u);
    EXPECT_EQ(left.buffer(6).slot, 3u);
}

TEST(Tensors, OfLiveBuffersMayChange) {
    const LedgerHome home;
    const Left left = left_by(home, [] {
        const uint32_t allocator = open_n150();
        const ledger::TensorHead heads[] = {{0, 1, 0, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0}};
        const uint32_t first = client::add_tensor(1, heads, sizeof *heads);
        const uint32_t second = client::add_tensor(2, heads + 1, sizeof *heads);
        client::thread_state.slot.tensor = first;
        for (uint64_t id = 1; id <= 3; ++id) {
            allocate(allocator, id);
        }
        client::set_tensor(1, second);
        std::thread([second] { client::set_tensor(2, second); }).join();
        client::set_tensor(99, second);  // no such buffer
        tt_alloc_buffer_freed(2);
        allocate(allocator, 4);  // where 2 was
    });
    EXPECT_EQ(left.buffer(1).tensor, 2u);
    EXPECT_EQ(left.buffer(3).tensor, 1u);
    EXPECT_EQ(left.buffer(4).tensor, 1u);
    EXPECT_EQ(left.buffer(4).slot, 1u);
}

TEST(Labels, WithoutALedgerDoNothing) {
    const ChildResult result = in_child([] { _exit(tt_alloc_label_buffer(1, "x") == 0 ? 0 : 1); });
    EXPECT_EQ(WEXITSTATUS(result.status), 0);
}

TEST(Contexts, OfAForkedChildAreInItsOwnLedger) {
    const LedgerHome home;
    const ChildResult result = in_child([] {
        const uint32_t allocator = open_n150();
        allocate_in(allocator, 1, add(31, kForward));
        const pid_t child = fork();
        if (child == 0) {
            if (client::find_context(31) != 0) {
                _exit(2);  // that is a number of the parent's ledger
            }
            const uint32_t own = open_n150();
            allocate_in(own, 2, add(32, kMain));
            _exit(client::find_context(32) == ledger::kFirstContext ? 0 : 3);
        }
        int status = 0;
        waitpid(child, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
    });
    EXPECT_EQ(WEXITSTATUS(result.status), 0);
}

}  // namespace
}  // namespace ttmem::test
