// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The check: the calling thread's stack as it was read raw, against the one that Python's own interface reports. It is
// the only place that calls Python; the GIL is held, and it runs once.
#include <dlfcn.h>

#include <cstring>

#include "python_frames/interpreter.hpp"

namespace ttmem::python_frames {

namespace {

// Python's own functions. New references are given back.
struct Reporter {
    void* (*frame)() = nullptr;      // borrowed
    void* (*code)(void*) = nullptr;  // new
    void* (*back)(void*) = nullptr;  // new, or null
    int (*line)(void*) = nullptr;
    void* (*attribute)(void*, const char*) = nullptr;      // new
    const char* (*utf8)(void*, int64_t* bytes) = nullptr;  // the object's
    void (*add_reference)(void*) = nullptr;
    void (*drop_reference)(void*) = nullptr;
    void (*clear_error)() = nullptr;

    bool take() noexcept {
        return get(frame, "PyEval_GetFrame") && get(code, "PyFrame_GetCode") && get(back, "PyFrame_GetBack") &&
               get(line, "PyFrame_GetLineNumber") && get(attribute, "PyObject_GetAttrString") &&
               get(utf8, "PyUnicode_AsUTF8AndSize") && get(add_reference, "Py_IncRef") &&
               get(drop_reference, "Py_DecRef") && get(clear_error, "PyErr_Clear");
    }

private:
    template <typename Function>
    static bool get(Function& to, const char* name) noexcept {
        to = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
        return to != nullptr;
    }
};

bool has_text(const Reporter& python, void* code, const char* attribute, const char* text) noexcept {
    void* value = python.attribute(code, attribute);
    if (value == nullptr) {
        python.clear_error();
        return false;
    }
    int64_t bytes = 0;
    const char* reported = python.utf8(value, &bytes);
    if (reported == nullptr) {
        python.clear_error();  // no UTF-8: a name of a file from elsewhere; it says nothing either way
    }
    const bool same = reported == nullptr || std::strncmp(reported, text, std::strlen(text)) == 0;
    python.drop_reference(value);
    return same;
}

}  // namespace

bool known_answer_is_right() noexcept {
    Reporter python;
    void* thread = readable_thread();
    if (thread == nullptr || !python.take()) {
        return false;
    }
    RawFrame frames[kDefaultFrames];
    bool cut = false;
    const uint32_t count = read_frames(thread, frames, kDefaultFrames, cut);
    void* frame = python.frame();
    if (frame == nullptr || count == 0) {
        return false;
    }
    python.add_reference(frame);
    bool right = true;
    uint32_t compared = 0;
    FrameText text;
    while (frame != nullptr && right && compared < count) {
        const RawFrame& own = frames[compared];
        void* code = python.code(frame);
        right = code == own.code && describe(own, text) && static_cast<int>(text.line) == python.line(frame) &&
                has_text(python, code, "co_filename", text.file) && has_text(python, code, "co_name", text.function);
        python.drop_reference(code);
        void* caller = python.back(frame);
        python.drop_reference(frame);
        frame = caller;
        ++compared;
    }
    const bool both_end = cut || frame == nullptr;
    if (frame != nullptr) {
        python.drop_reference(frame);
    }
    return right && compared == count && both_end;
}

}  // namespace ttmem::python_frames
