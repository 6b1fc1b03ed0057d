// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Checks at compile time: each original has its stand-in's type, and every name declared as a member is one.
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {
namespace {

// Pins travel by the address of the caller's copy, and an original gets that very copy: its type says the address.
template <typename Argument>
struct AsPassed {
    using Type = Argument;
};
template <>
struct AsPassed<MemoryPins> {
    using Type = MemoryPins*;
};
template <typename Function>
struct AsPassedTo;
template <typename Result, typename... Arguments>
struct AsPassedTo<Result (*)(Arguments...)> {
    using Type = Result (*)(typename AsPassed<Arguments>::Type...);
};

#define TTMEM_IS_RIGHT_member(...) std::is_member_function_pointer_v<decltype(__VA_ARGS__)>
#define TTMEM_IS_RIGHT_static_member(...) !TTMEM_IS_RIGHT_member(__VA_ARGS__)
#define TTMEM_IS_RIGHT_function(...) !TTMEM_IS_RIGHT_member(__VA_ARGS__)
#define TTMEM_IS_RIGHT_constructor(...) true
#define TTMEM_IS_RIGHT_destructor(...) true
#define TTMEM_CHECK(often, kind, since, until, stand_in, original, name, ...)                           \
    static_assert(TTMEM_IS_RIGHT_##kind(__VA_ARGS__), name " is no " #kind);                            \
    static_assert(std::is_same_v<AsPassedTo<decltype(&stand_in)>::Type, decltype(Originals::original)>, \
                  name ": Originals::" #original " is called with other arguments or another result");
TTMEM_HOOKED_FUNCTIONS(TTMEM_CHECK)

}  // namespace
}  // namespace ttmem::tt_metal
