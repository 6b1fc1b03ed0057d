// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Preloaded in front of the hooks by who_cost.py: passes the function by which the hooks learn of a tensor straight to
// libtt_metal.so, so that a tracked process without tensors can be measured beside one with them.
#include <dlfcn.h>

#include <cstdlib>

namespace {

// shared_ptr<MeshBuffer> (MeshDevice*, const TensorSpec&), with the address of the result first.
using Allocate = void* (*)(void* result, void* device, const void* spec);

Allocate original() noexcept {
    void* library = dlopen("libtt_metal.so", RTLD_LAZY | RTLD_NOLOAD);
    void* found = library == nullptr ? nullptr
                                     : dlsym(library,
                                             "_ZN2tt8tt_metal11tensor_impl22allocate_device_bufferEPNS0_11distributed10"
                                             "MeshDeviceERKNS0_10TensorSpecE");
    if (found == nullptr) {
        std::abort();  // a benchmark of another release would measure something else
    }
    return reinterpret_cast<Allocate>(found);
}

}  // namespace

__attribute__((visibility("default"))) void* without_tensors(void* result, void* device, const void* spec) __asm__(
    "_ZN2tt8tt_metal11tensor_impl22allocate_device_bufferEPNS0_11distributed10MeshDeviceERKNS0_10TensorSpecE");

void* without_tensors(void* result, void* device, const void* spec) {
    static const Allocate kOriginal = original();
    return kOriginal(result, device, spec);
}
