// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/origin.hpp"

#include <gtest/gtest.h>

namespace ttmem::output {
namespace {

const api::Frame kCall{"/venv/site-packages/ttnn/decorators.py", "__call__", 1245, "ttnn.matmul"};
const api::Frame kLine{"/srv/models/attention.py", "forward", 42, ""};
const api::Frame kMain{"main.py", "<module>", 7, ""};

std::string text(api::Context context, const std::optional<std::string>& region = {}) {
    api::Model model;
    model.contexts.push_back(std::move(context));
    return origin_text(model, api::ContextIndex(0), region);
}

TEST(Origin, IsScopeOperationAndTheLineThatIsNotTtnnsOwn) {
    EXPECT_EQ(text({0, "decoder", "ttnn.matmul", {kCall, kLine, kMain}, false}),
              "decoder/ttnn.matmul (models/attention.py:42)");
    EXPECT_EQ(text({0, "", "ttnn.matmul", {kCall, kMain}, false}), "ttnn.matmul (main.py:7)");
    EXPECT_EQ(text({0, "decoder", "", {kLine}, false}), "decoder (models/attention.py:42)");
    EXPECT_EQ(text({0, "", "", {kLine}, false}), "models/attention.py:42");
    EXPECT_EQ(text({0, "decoder", "ttnn.matmul", {}, false}), "decoder/ttnn.matmul");
}

TEST(Origin, DoesNotSayTwiceWhatTheScopeSays) {
    EXPECT_EQ(text({0, "decoder/ttnn.matmul (m.py:1)", "ttnn.matmul", {kCall, kLine}, false}),
              "decoder/ttnn.matmul (m.py:1)");
    EXPECT_EQ(text({0, "decoder/ttnn.matmul", "ttnn.matmul", {kCall, kMain}, false}),
              "decoder/ttnn.matmul (main.py:7)");
}

TEST(Origin, IsTheNameThatTheProcessGaveTheContext) {
    const api::Context context{0, "decoder", "ttnn.matmul", {kCall, kLine, kMain}, false};
    EXPECT_EQ(text(context, "decoder/ttnn.matmul (attention.py:42 < main.py:7)"),
              "decoder/ttnn.matmul (attention.py:42 < main.py:7)");
    EXPECT_EQ(text(context, "decoder/ttnn.matmul"), "decoder/ttnn.matmul (models/attention.py:42)");
    EXPECT_EQ(text(context, "decoder"), "decoder/ttnn.matmul (models/attention.py:42)");
}

TEST(Origin, WithoutAContextIsTheRegion) {
    const api::Model model;
    EXPECT_EQ(origin_text(model, {}, "weights"), "weights");
    EXPECT_EQ(origin_text(model, {}, {}), "");
    EXPECT_EQ(origin_text(model, api::ContextIndex(5), "weights"), "weights");
    api::Buffer buffer;
    buffer.label = "layers.3.wq";
    EXPECT_EQ(origin_text(model, buffer), "layers.3.wq");
    buffer.region = "weights";
    EXPECT_EQ(origin_text(model, buffer), "layers.3.wq, weights");
}

}  // namespace
}  // namespace ttmem::output
