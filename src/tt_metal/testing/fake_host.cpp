// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process that loads a libtt_metal.so the way Python loads a module, into a scope of its own.
// fake_host LIBTT_METAL SCENARIO [HOOKS]: with HOOKS that library is loaded before, with RTLD_GLOBAL.
#include <dlfcn.h>

#include <cstdio>

int main(int argc, char** argv) {
    if (argc < 3) {
        return 2;
    }
    if (argc > 3 && dlopen(argv[3], RTLD_NOW | RTLD_GLOBAL) == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 3;
    }
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 4;
    }
    reinterpret_cast<void (*)(const char*)>(dlsym(library, "run_scenario"))(argv[2]);
    return 5;
}
