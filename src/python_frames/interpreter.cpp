// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Finding the interpreter, and its check.
#include "python_frames/interpreter.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace ttmem::python_frames {

Interpreter interpreter;
std::atomic<uint32_t> current_state{static_cast<uint32_t>(State::kNoInterpreter)};
std::atomic<bool> gives_keys{false};
std::atomic<const void*> call_codes[kCallCodes];

namespace {

std::atomic<uint32_t> g_most_frames{~uint32_t{0}};  // not yet looked up

// The process in which a look for the interpreter, or its check, is under way on some thread; 0 none. What a forked
// child finds here is its parent's.
std::atomic<uint32_t> g_busy{0};
std::atomic<uint32_t> g_looks{0};
std::atomic<uint32_t> g_pending{0};
std::atomic<bool> g_kept_back{false};
constexpr uint32_t kEveryLooks = 4096;

void* find(const char* name) noexcept {
    return dlsym(RTLD_DEFAULT, name);
}

void set(State state) noexcept {
    current_state.store(static_cast<uint32_t>(state), std::memory_order_release);
    gives_keys.store(state == State::kOn && !g_kept_back.load(std::memory_order_relaxed), std::memory_order_release);
}

State found_state() noexcept {
    using Version = const char* (*)();
    using MainInterpreter = void* (*)();
    using IsInitialized = int (*)();
    const auto version = reinterpret_cast<Version>(find("Py_GetVersion"));
    const auto is_initialized = reinterpret_cast<IsInitialized>(find("Py_IsInitialized"));
    const auto main_interpreter = reinterpret_cast<MainInterpreter>(find("PyInterpreterState_Main"));
    if (version == nullptr || is_initialized == nullptr || main_interpreter == nullptr || is_initialized() == 0) {
        return State::kNoInterpreter;
    }
    const char* text = version();
    if (std::strncmp(text, "3.", 2) != 0) {
        return State::kUnknownVersion;
    }
    const auto minor = static_cast<uint32_t>(std::strtoul(text + 2, nullptr, 10));
    const Layout* layout = nullptr;
    for (const Layout& one : kLayouts) {
        layout = one.minor == minor ? &one : layout;
    }
    if (layout == nullptr) {
        return State::kUnknownVersion;
    }
    // Only builds that count all references have it, and objects of another shape.
    if (find("_Py_NegativeRefcount") != nullptr || std::strstr(text, "free-threading") != nullptr) {
        return State::kUnusualBuild;
    }
    interpreter.layout = layout;
    interpreter.thread_state = reinterpret_cast<void* (*)()>(find("PyGILState_GetThisThreadState"));
    interpreter.is_finalizing = reinterpret_cast<int (*)()>(find("_Py_IsFinalizing"));
    interpreter.main_interpreter = main_interpreter();
    interpreter.code_type = find("PyCode_Type");
    interpreter.text_type = find("PyUnicode_Type");
    interpreter.bytes_type = find("PyBytes_Type");
    interpreter.cell_type = find("PyCell_Type");
    interpreter.dict_type = find("PyDict_Type");
    const bool whole = interpreter.thread_state != nullptr && interpreter.is_finalizing != nullptr &&
                       interpreter.main_interpreter != nullptr && interpreter.code_type != nullptr &&
                       interpreter.text_type != nullptr && interpreter.bytes_type != nullptr &&
                       interpreter.cell_type != nullptr && interpreter.dict_type != nullptr;
    return whole ? State::kUnverified : State::kUnusualBuild;
}

// The GIL is held.
void check() noexcept {
    set(known_answer_is_right() ? State::kOn : State::kCheckFailed);
}

// Runs on the interpreter's main thread, between two instructions of Python, with the GIL.
int check_when_called(void*) noexcept {
    if (state() == State::kUnverified) {
        check();
    }
    return 0;
}

void start_check() noexcept {
    using HoldsGil = int (*)();
    using AddPendingCall = int (*)(int (*)(void*), void*);
    const auto holds_gil = reinterpret_cast<HoldsGil>(find("PyGILState_Check"));
    if (holds_gil != nullptr && readable_thread() != nullptr && holds_gil() != 0) {
        check();
        return;
    }
    const auto add = reinterpret_cast<AddPendingCall>(find("Py_AddPendingCall"));
    if (add != nullptr && g_pending.exchange(1, std::memory_order_relaxed) == 0 &&
        add([](void* nothing) { return check_when_called(nothing); }, nullptr) != 0) {
        g_pending.store(0, std::memory_order_relaxed);  // the interpreter's list is full: at another event
    }
}

}  // namespace

uint32_t most_frames() noexcept {
    uint32_t most = g_most_frames.load(std::memory_order_relaxed);
    if (most == ~uint32_t{0}) [[unlikely]] {
        const char* text = std::getenv("TT_ALLOC_STACK_FRAMES");
        most = kDefaultFrames;
        if (text != nullptr && *text != '\0') {
            char* end = nullptr;
            const unsigned long value = std::strtoul(text, &end, 10);
            most = *end != '\0' ? kDefaultFrames : (value > kMostFrames ? kMostFrames : static_cast<uint32_t>(value));
        }
        g_most_frames.store(most, std::memory_order_relaxed);
    }
    return most;
}

State state() noexcept {
    return static_cast<State>(current_state.load(std::memory_order_acquire));
}

void keep_stack_key_back() noexcept {
    g_kept_back.store(true, std::memory_order_relaxed);
}

State prepare() noexcept {
    const State now = state();
    if (now != State::kNoInterpreter && now != State::kUnverified) [[likely]] {
        return now;
    }
    if (most_frames() == 0) {
        set(State::kOffByRequest);
        return State::kOffByRequest;
    }
    // A program without Python is asked ever more seldom.
    const uint32_t looks = now == State::kNoInterpreter ? g_looks.load(std::memory_order_relaxed) : 0;
    g_looks.store(looks + 1, std::memory_order_relaxed);  // threads may lose a count to each other
    if ((looks & (looks - 1)) != 0 && looks % kEveryLooks != 0) {
        return now;
    }
    const auto own = static_cast<uint32_t>(getpid());
    uint32_t busy = g_busy.load(std::memory_order_relaxed);
    if (busy == own || !g_busy.compare_exchange_strong(busy, own, std::memory_order_acquire)) {
        return now;
    }
    if (state() == State::kNoInterpreter) {
        set(found_state());
    }
    if (state() == State::kUnverified) {
        start_check();
    }
    g_busy.store(0, std::memory_order_release);
    return state();
}

}  // namespace ttmem::python_frames
