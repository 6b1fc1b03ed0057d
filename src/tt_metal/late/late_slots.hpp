// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The words through which loaded objects call the hooked functions: slots of the procedure linkage table, entries of
// the global offset table, entries of vtables. Late enabling points them at our stand-ins and disabling points them
// back.
//
// A slot is one aligned word and is stored whole: a thread that calls through it meanwhile goes the old way or the new.
// Not thread safe: the lock of late_enable.cpp is held. Needs the loader's list of objects to be as at the last find()
// or find() again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

struct dl_phdr_info;

namespace ttmem::tt_metal {

// A hooked function and the values that its slots may have. All nullptr but the name where this release lacks it.
struct HookedFunction {
    const char* name = nullptr;
    void* original = nullptr;
    void* stand_in = nullptr;
    void* gate = nullptr;  // nullptr: this one needs no gate (late_gate.hpp)
};

class Slots {
public:
    enum class Target {
        kGate,     // the gate of those that have one, the stand-in of the others
        kStandIn,  // the stand-in of every one
        kHome      // what the loader had put there: the original, or our stand-in where it came first
    };

    // Looks for slots in every loaded object but our own. Cheap when nothing was loaded since the last time. False when
    // there is no memory for the list.
    bool find(const std::vector<HookedFunction>& functions) noexcept;

    // Whether some object calls the function (an index into `functions`) through a slot that can be changed.
    bool reaches(size_t function) const noexcept;

    // False when a page could not be made writable: the slots on it are as before, the rest is changed.
    bool point_to(const std::vector<HookedFunction>& functions, Target target) noexcept;

private:
    struct Slot {
        uintptr_t* word;
        uint32_t function;
        bool came_first;  // our stand-in was there before we were asked to enable late
        bool read_only;   // in the part of an object that is read-only after relocation
    };
    struct Search;
    static int visit(dl_phdr_info* info, size_t size, void* data);

    std::vector<Slot> slots_;
    unsigned long long loads_ = 0;  // the loader's counts at the last find()
    unsigned long long unloads_ = 0;
};

}  // namespace ttmem::tt_metal
