// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/testing/fake_callers.hpp"

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

// A call that is not the last thing that its function does, or the compiler makes a jump of it.
#define FAKE_CALL(call)   \
    do {                  \
        call;             \
        asm volatile(""); \
    } while (false)

namespace fake_model {

struct Request {
    uint64_t (*make)();
    std::vector<std::string> names;  // outermost first

    void done() const {
        std::printf("stack %llu", static_cast<unsigned long long>(make()));
        for (auto name = names.rbegin(); name != names.rend(); ++name) {
            std::printf("|%s", name->c_str());
        }
        std::puts("");
    }
};

[[gnu::noinline]] void forward(Request request) {
    request.names.emplace_back("fake_model::forward");
    FAKE_CALL(request.done());
}

[[gnu::noinline]] void descend(Request request, int depth) {
    request.names.emplace_back("fake_model::descend");
    FAKE_CALL(depth == 0 ? forward(request) : descend(request, depth - 1));
}

template <typename Weight, int kLayer>
struct Layer {
    [[gnu::noinline]] void operator()(Request request) const {
        request.names.emplace_back("fake_model::Layer::operator()");
        FAKE_CALL(forward(request));
    }
    [[gnu::noinline]] Layer& operator<<(Request request) {
        request.names.emplace_back("fake_model::Layer::operator<<");
        FAKE_CALL((*this)(request));
        return *this;
    }
    template <typename Input>
    [[gnu::noinline]] Input run(Input input, Request request) {
        request.names.emplace_back("fake_model::Layer::run");
        FAKE_CALL(*this << request);
        return input;
    }
};
template struct Layer<float, 3>;
template float Layer<float, 3>::run<float>(float, Request);

extern "C" [[gnu::noinline]] void fake_model_from_c(Request* request) {
    request->names.emplace_back("fake_model_from_c");
    FAKE_CALL(forward(*request));
}

}  // namespace fake_model

namespace fake {

void call_by_names(uint64_t (*make)()) {
    using namespace fake_model;
    const Request start{make, {"fake::call_by_names"}};
    forward(start);
    descend(start, 0);
    descend(start, 5);
    Layer<float, 3> layer;
    layer(start);
    layer.run(1.0f, start);
    Request from_c = start;
    fake_model_from_c(&from_c);
    std::thread([make] { descend({make, {}}, 2); }).join();
}

}  // namespace fake
