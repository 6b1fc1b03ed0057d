// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/native_caller.hpp"

#include <cxxabi.h>
#include <unwind.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/memo.hpp"
#include "tt_metal/release/library.hpp"

namespace ttmem::tt_metal {

namespace {

constexpr int kMostFrames = 96;

struct Libraries {
    ExportedFunctions metal = Library::loaded("libtt_metal.so").exported_functions();
    ExportedFunctions ttnn = Library::loaded("_ttnncpp.so").exported_functions();
};

// Found once, when ttnn is loaded. Never destroyed: a thread may allocate while the process ends.
const Libraries& libraries() noexcept {
    static const Libraries* const found = new (std::nothrow) Libraries;
    static const Libraries none{{}, {}};
    return found != nullptr ? *found : none;
}

// Names by return address; 0: no exported function.
Memo<1, 1, 1024> g_found;

const char* function_at(uintptr_t address) noexcept {
    decltype(g_found)::Value found;
    if (!g_found.find({address}, found)) {
        const Libraries& all = libraries();
        found = {reinterpret_cast<uint64_t>(all.metal.covers(address) ? all.metal.name_at(address)
                                                                      : all.ttnn.name_at(address))};
        g_found.remember({address}, found);
    }
    return reinterpret_cast<const char*>(found[0]);
}

struct Walk {
    int frames = 0;
    const char* outermost = nullptr;
};

_Unwind_Reason_Code step(_Unwind_Context* context, void* of) {
    Walk& walk = *static_cast<Walk*>(of);
    const uintptr_t address = _Unwind_GetIP(context);
    const Libraries& all = libraries();
    if (address != 0 && (all.metal.covers(address - 1) || all.ttnn.covers(address - 1))) {
        // The call is before the return address, which may be the first byte of another function.
        if (const char* mangled = function_at(address - 1); mangled != nullptr) {
            walk.outermost = mangled;
        }
    }
    return ++walk.frames < kMostFrames ? _URC_NO_REASON : _URC_END_OF_STACK;
}

// Cuts `text` off at the bracket that opens a list of arguments, and takes lists of template arguments out.
void take_arguments_out(char* text) noexcept {
    char* to = text;
    int depth = 0;
    for (const char* from = text; *from != '\0'; ++from) {
        if (*from == '<') {
            ++depth;
        } else if (*from == '>' && depth > 0) {
            --depth;
        } else if (depth == 0) {
            if (*from == '(') {
                break;
            }
            *to++ = *from;
        }
    }
    *to = '\0';
}

bool give_short_name(const char* mangled, char* name, size_t room) noexcept {
    int status = -1;
    char* demangled = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    const char* found = status == 0 && demangled != nullptr ? short_function_name(demangled) : "";
    std::snprintf(name, room, "%s", found);
    std::free(demangled);
    return name[0] != '\0';
}

}  // namespace

const char* short_function_name(char* demangled) noexcept {
    if (std::strstr(demangled, "operator") != nullptr || std::strstr(demangled, "{lambda") != nullptr ||
        std::strncmp(demangled, "std::", 5) == 0) {
        return "";
    }
    take_arguments_out(demangled);
    const char* space = std::strrchr(demangled, ' ');  // after the type that a template's name begins with
    const char* name = space != nullptr ? space + 1 : demangled;
    for (const char* part = std::strstr(name, "::"); part != nullptr; part = std::strstr(name, "::")) {
        if (std::strstr(part + 2, "::") == nullptr) {
            break;
        }
        name = part + 2;
    }
    return name;
}

bool native_caller(char* name, size_t room) noexcept {
    Walk walk;
    _Unwind_Backtrace(step, &walk);
    return walk.outermost != nullptr && give_short_name(walk.outermost, name, room);
}

bool exported_function(uintptr_t address, char* name, size_t room) noexcept {
    const Libraries& all = libraries();
    if (!all.metal.covers(address) && !all.ttnn.covers(address)) {
        return false;
    }
    const char* mangled = function_at(address);
    return mangled != nullptr && give_short_name(mangled, name, room);
}

}  // namespace ttmem::tt_metal
