// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The shared objects of this process that hooks look into: libtt_metal.so and the driver library that it loads.
//
// A Python module loads libtt_metal.so into a scope of its own, where neither dlsym(RTLD_NEXT) nor RTLD_DEFAULT finds
// it, however our library came in (LD_PRELOAD, or loaded with RTLD_GLOBAL before). So it is found in the list of loaded
// objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ttmem::tt_metal {

// The functions that a loaded object exports, by address. Refers to the object, which is never unloaded.
class ExportedFunctions {
public:
    bool covers(uintptr_t address) const noexcept { return address >= begin_ && address < end_; }
    // The mangled name of the function that the address is in, or nullptr: it is in none that is exported. Reads the
    // whole table.
    const char* name_at(uintptr_t address) const noexcept;

private:
    friend class Library;
    uintptr_t begin_ = 0;  // of what is loaded; 0: nothing is known, and no address is covered
    uintptr_t end_ = 0;
    uintptr_t base_ = 0;  // that the table's addresses count from
    const void* symbols_ = nullptr;
    size_t count_ = 0;
    const char* names_ = nullptr;
};

// A loaded object. Copies share the handle, which is never closed: what hooks call must stay.
class Library {
public:
    // The loaded object whose file name begins with `prefix`, for example "libtt_metal.so". Loads nothing. Not found:
    // empty.
    static Library loaded(const char* prefix) noexcept;

    explicit operator bool() const noexcept { return handle_ != nullptr; }
    const std::string& path() const noexcept { return path_; }

    // The address of an exported symbol that the object itself or what it needs defines; never our stand-in. nullptr:
    // none.
    void* symbol(const char* name) const noexcept;

    // Empty where the object's table cannot be read.
    ExportedFunctions exported_functions() const noexcept;

    // Whether the object was linked with a library whose name begins with `prefix`.
    bool needs(const char* prefix) const noexcept;

    // The release of the Python wheel that the object was installed with (site-packages/ttnn/build/lib/libtt_metal.so
    // beside site-packages/ttnn-0.81.1.dist-info), cut to fit; empty when it is not such a place.
    void wheel_release(char (&release)[32]) const noexcept;

private:
    void* handle_ = nullptr;
    std::string path_;
};

}  // namespace ttmem::tt_metal
