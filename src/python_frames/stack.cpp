// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "python_frames/stack.hpp"

#include "python_frames/interpreter.hpp"

namespace ttmem::python_frames {

namespace {

// As many frames as are gone through in search of those that count: shims and frames that have not begun are left out.
constexpr uint32_t kMostSteps = 4 * kMostFrames;

constexpr uint64_t kOdd1 = 0x9e3779b97f4a7c15u;
constexpr uint64_t kOdd2 = 0xbf58476d1ce4e5b9u;
constexpr uint64_t kOdd3 = 0x94d049bb133111ebu;
constexpr uint64_t kOdd4 = 0xd6e8feb86659fd93u;

// Each value is spread over all bits before it comes in, so that only a rotation and an addition of two frames wait for
// each other.
class Key {
public:
    void add(uint64_t spread) noexcept { hash_ = (hash_ << 29 | hash_ >> 35) + spread; }
    uint64_t value() const noexcept {
        uint64_t mixed = (hash_ ^ hash_ >> 31) * kOdd2;
        mixed = (mixed ^ mixed >> 29) * kOdd3;
        mixed ^= mixed >> 32;
        return mixed == 0 ? 1 : mixed;
    }

private:
    uint64_t hash_ = 0x243f6a8885a308d3u;
};

// The codes whose frames are calls of operations, as one look finds them.
class CallCodes {
public:
    CallCodes() noexcept {
        for (const std::atomic<const void*>& known : call_codes) {
            const void* one = known.load(std::memory_order_relaxed);
            if (one == nullptr) {
                break;
            }
            codes_[count_++] = one;
        }
    }
    bool has(const void* code) const noexcept {
        if (code == codes_[0] || code == codes_[1]) {
            return true;
        }
        for (uint32_t i = 2; i < count_; ++i) {
            if (codes_[i] == code) {
                return true;
            }
        }
        return false;
    }

private:
    const void* codes_[kCallCodes] = {};
    uint32_t count_ = 0;
};

// --- 3.12

struct Python312 {
    static constexpr const Layout& kLayout = kLayouts[1];

    static const void* innermost(void* thread) noexcept {
        return field<const void*>(field<const void*>(thread, kLayout.thread_frame), 0);
    }
    static const void* back(const void* frame) noexcept { return field<const void*>(frame, kLayout.frame_back); }
    static const void* code(const void* frame) noexcept { return field<const void*>(frame, kLayout.frame_code); }

    static bool is_shim(const void* frame) noexcept {
        return field<uint8_t>(frame, kLayout.frame_owner) == kOwnedByCStack312;
    }
    // Whether a traceback would leave it out: it has not come to its first own instruction.
    static bool is_incomplete(const void* frame) noexcept {
        return field<uint8_t>(frame, kLayout.frame_owner) != kOwnedByGenerator312 &&
               static_cast<int64_t>(index(frame)) < field<int32_t>(code(frame), kLayout.code_traceable);
    }
    static int32_t index(const void* frame) noexcept {
        const auto instruction = field<uintptr_t>(frame, kLayout.frame_position);
        const auto begin = reinterpret_cast<uintptr_t>(code(frame)) + kLayout.code_instructions;
        return static_cast<int32_t>(static_cast<int64_t>(instruction - begin) / 2);
    }
    // Code objects have a version that is never reused: it differs when another code object comes at the same address.
    static void add(Key& key, const void* frame) noexcept {
        key.add(field<uint64_t>(frame, kLayout.frame_position) * kOdd1 ^
                field<uint32_t>(code(frame), kCodeVersion312) * kOdd2);
    }
};

// --- 3.10

struct Python310 {
    static constexpr const Layout& kLayout = kLayouts[0];

    static const void* innermost(void* thread) noexcept { return field<const void*>(thread, kLayout.thread_frame); }
    static const void* back(const void* frame) noexcept { return field<const void*>(frame, kLayout.frame_back); }
    static const void* code(const void* frame) noexcept { return field<const void*>(frame, kLayout.frame_code); }
    static bool is_shim(const void*) noexcept { return false; }
    static bool is_incomplete(const void*) noexcept { return false; }
    static int32_t index(const void* frame) noexcept { return field<int32_t>(frame, kLayout.frame_position); }

    // Code objects have nothing that is given once, so what a frame's text is made of goes in: where the objects lie
    // and how long the table of lines is, with its first and last bytes. Code that is made again at the same addresses
    // with the same of all that has the same text.
    static void add(Key& key, const void* frame) noexcept {
        const void* own = code(frame);
        const void* lines = field<const void*>(own, kLayout.code_lines);
        const auto bytes = field<uint64_t>(lines, kVarSize);
        const char* data = static_cast<const char*>(lines) + kBytesData;
        uint64_t first = 0;
        uint64_t last = 0;
        if (bytes >= 8) [[likely]] {
            first = field<uint64_t>(data, 0);
            last = field<uint64_t>(data + bytes - 8, 0);
        } else if (bytes >= 4) {
            first = field<uint32_t>(data, 0);
            last = field<uint32_t>(data + bytes - 4, 0);
        } else if (bytes >= 2) {
            first = field<uint16_t>(data, 0);
        }
        key.add((reinterpret_cast<uintptr_t>(own) * kOdd1 ^ field<uint64_t>(own, kLayout.code_file) * kOdd2 ^
                 field<uint64_t>(own, kLayout.code_name) * kOdd3) +
                ((uint64_t{field<uint32_t>(frame, kLayout.frame_position)} << 32 |
                  field<uint32_t>(own, kLayout.code_first_line)) *
                     kOdd4 ^
                 first * kOdd3 ^ (last + (bytes << 56)) * kOdd2));
    }
};

template <typename Python>
uint64_t key_of(void* thread, uint32_t most) noexcept {
    Key key;
    const CallCodes calls;
    uint32_t kept = 0;
    uint32_t steps = 0;
    for (const void* frame = Python::innermost(thread); frame != nullptr && kept < most && steps < kMostSteps;
         frame = Python::back(frame), ++steps) {
        if (Python::is_shim(frame)) {
            continue;
        }
        Python::add(key, frame);
        if (calls.has(Python::code(frame))) [[unlikely]] {
            key.add(reinterpret_cast<uintptr_t>(first_local(Python::code(frame), frame)) * kOdd4);
        }
        ++kept;
    }
    return kept == 0 ? 0 : key.value();
}

template <typename Python>
uint32_t frames_of(void* thread, RawFrame* to, uint32_t room, bool& cut) noexcept {
    uint32_t kept = 0;
    uint32_t steps = 0;
    cut = false;
    for (const void* frame = Python::innermost(thread); frame != nullptr && steps < kMostSteps;
         frame = Python::back(frame), ++steps) {
        if (Python::is_shim(frame)) {
            continue;
        }
        if (kept == room) {
            cut = true;
            break;
        }
        const void* code = Python::code(frame);
        if (!has_type(code, interpreter.code_type)) {
            break;  // not what it was taken for
        }
        if (Python::is_incomplete(frame)) {
            continue;
        }
        const int32_t index = Python::index(frame);
        to[kept] = {code, index < 0 ? 0 : static_cast<uint32_t>(index), index < 0, first_local(code, frame)};
        ++kept;
    }
    return kept;
}

inline uint64_t readable_key() noexcept {
    void* thread = readable_thread();
    if (thread == nullptr) {
        return 0;
    }
    const uint32_t most = most_frames();
    return interpreter.layout == &kLayouts[1] ? key_of<Python312>(thread, most) : key_of<Python310>(thread, most);
}

}  // namespace

uint64_t stack_key() noexcept {
    return gives_keys.load(std::memory_order_acquire) ? readable_key() : 0;
}

uint64_t own_stack_key() noexcept {
    return state() == State::kOn ? readable_key() : 0;
}

uint32_t read_stack(RawFrame* to, uint32_t room, bool& cut) noexcept {
    cut = false;
    if (current_state.load(std::memory_order_acquire) != static_cast<uint32_t>(State::kOn)) {
        return 0;
    }
    void* thread = readable_thread();
    return thread == nullptr ? 0 : read_frames(thread, to, room < most_frames() ? room : most_frames(), cut);
}

uint32_t read_frames(void* thread, RawFrame* to, uint32_t room, bool& cut) noexcept {
    return interpreter.layout == &kLayouts[1] ? frames_of<Python312>(thread, to, room, cut)
                                              : frames_of<Python310>(thread, to, room, cut);
}

void note_call_code(const void* code) noexcept {
    for (std::atomic<const void*>& known : call_codes) {
        const void* expected = nullptr;
        if (known.compare_exchange_strong(expected, code, std::memory_order_relaxed) || expected == code) {
            return;
        }
    }
}

const void* first_local(const void* code, const void* frame) noexcept {
    if (field<int32_t>(code, interpreter.layout->code_arguments) < 1) {
        return nullptr;  // what stands there is no argument, and may be anything
    }
    const void* value = field<const void*>(frame, interpreter.layout->frame_locals);
    return has_type(value, interpreter.cell_type) ? field<const void*>(value, kCellContent) : value;
}

}  // namespace ttmem::python_frames
