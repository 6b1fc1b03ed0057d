// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds the Python objects that hold a buffer, for `ttmem holders PID BUFFER`, which calls through attach. Runs
// ttmem.holders() in the process's own Python, on the thread that attach made, with the GIL as any thread gets it.
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "base/errno_keeper.hpp"

// 0: `message` (of `size` bytes, terminated) is the answer, a line each; else why there is none. The GIL is held for up to
// `milliseconds`. Not from a thread that holds the GIL.
extern "C" __attribute__((visibility("default"))) int ttmem_hooks_holders(char* message, size_t size, uint64_t buffer,
                                                                          uint64_t milliseconds);

namespace {

// Python's own functions, of its stable ABI. New references are given back.
struct Python {
    int (*is_initialized)() = nullptr;
    int (*ensure)() = nullptr;
    void (*release)(int) = nullptr;
    void* (*import)(const char*) = nullptr;
    void* (*call)(void*, const char*, const char*, ...) = nullptr;
    void* (*text)(void*) = nullptr;
    const char* (*utf8)(void*, int64_t*) = nullptr;
    void (*drop)(void*) = nullptr;
    void (*fetch_error)(void**, void**, void**) = nullptr;

    bool take() noexcept {
        return get(is_initialized, "Py_IsInitialized") && get(ensure, "PyGILState_Ensure") &&
               get(release, "PyGILState_Release") && get(import, "PyImport_ImportModule") &&
               get(call, "PyObject_CallMethod") && get(text, "PyObject_Str") && get(utf8, "PyUnicode_AsUTF8AndSize") &&
               get(drop, "Py_DecRef") && get(fetch_error, "PyErr_Fetch");
    }

private:
    template <typename Function>
    static bool get(Function& to, const char* name) noexcept {
        to = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
        return to != nullptr;
    }
};

// Writes str(value) to `to` and drops the reference to `value`. False: there is no text.
bool copy_text(const Python& python, void* value, char* to, size_t size) noexcept {
    void* text = value == nullptr ? nullptr : python.text(value);
    int64_t bytes = 0;
    const char* utf8 = text == nullptr ? nullptr : python.utf8(text, &bytes);
    if (utf8 != nullptr) {
        std::snprintf(to, size, "%s", utf8);
    }
    for (void* each : {text, value}) {
        if (each != nullptr) {
            python.drop(each);
        }
    }
    return utf8 != nullptr;
}

// Takes the error that is set, and writes `before` and its text.
void say_error(const Python& python, const char* before, char* to, size_t size) noexcept {
    void* type = nullptr;
    void* value = nullptr;
    void* traceback = nullptr;
    python.fetch_error(&type, &value, &traceback);
    const int used = std::snprintf(to, size, "%s", before);
    const size_t at = used < 0 ? 0 : static_cast<size_t>(used);
    if (at < size) {
        copy_text(python, value, to + at, size - at);
    }
    for (void* each : {type, traceback}) {
        if (each != nullptr) {
            python.drop(each);
        }
    }
}

}  // namespace

int ttmem_hooks_holders(char* message, size_t size, uint64_t buffer, uint64_t milliseconds) {
    const ttmem::ErrnoKeeper keeper;
    Python python;
    if (!python.take() || python.is_initialized() == 0) {
        std::snprintf(message, size, "it runs no Python, so C++ alone holds its buffers");
        return 1;
    }
    const int state = python.ensure();
    int result = 1;
    if (void* package = python.import("ttmem"); package == nullptr) {
        say_error(python, "its Python has no package ttmem to ask (pip install ttmem there): ", message, size);
    } else {
        void* answer = python.call(package, "holders", "Kd", static_cast<unsigned long long>(buffer),
                                   static_cast<double>(milliseconds) / 1000);
        python.drop(package);
        if (answer != nullptr && copy_text(python, answer, message, size)) {
            result = 0;
        } else {
            say_error(python, "ttmem.holders() failed there: ", message, size);
        }
    }
    python.release(state);
    return result;
}
