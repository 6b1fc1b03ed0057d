// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Incident: BufferImpl::view was stood in for without its `this`, and its last argument arrived by luck.
//
// This program calls the hooked functions as tt-metal declares them (declared.hpp), so that its undefined symbols are
// the names that a compiler mangles those declarations to. It links only against a library that exports them all, which
// is the hooks library alone; nothing is called here.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <set>
#include <sstream>
#include <string>

#include "tt_metal/release/stand_ins.hpp"

namespace ttmem::tt_metal {
namespace {

// Calls the constructors and destructors whose names the rows have: a derived object's run those of its base (C2, D2).
template <typename Base, typename... Arguments>
struct Derived : Base {
    explicit Derived(Arguments... arguments) : Base(arguments...) {}
};
[[gnu::noinline, gnu::used]] void refer_to_structors(
    void* const (&memory)[11], const theirs::AllocatorConfig& config, const theirs::CoreRangeSet& cores,
    const std::shared_ptr<theirs::distributed::MeshDevice>& mesh, const theirs::distributed::SocketConfig& socket,
    const theirs::distributed::MeshCoreCoord& core, const std::shared_ptr<theirs::distributed::MeshBuffer>& buffer,
    const theirs::TensorSpec& spec, const theirs::TensorTopology& topology) {
    (new (memory[0]) Derived<theirs::AllocatorImpl, const theirs::AllocatorConfig&>(config))->~Derived();
    (new (memory[1]) Derived<theirs::Allocator, const theirs::AllocatorConfig&>(config))->~Derived();
    static_cast<theirs::AllocatorImpl*>(memory[2])->~AllocatorImpl();
    static_cast<theirs::Allocator*>(memory[3])->~Allocator();
    new (memory[4]) theirs::PersistentL1Arena(0, 0, cores);
    static_cast<theirs::Buffer*>(memory[5])->~Buffer();
    static_cast<theirs::detail::ProgramImpl*>(memory[6])->~ProgramImpl();
    new (memory[7]) theirs::distributed::MeshSocket(mesh, socket);
    new (memory[8]) theirs::distributed::D2HSocket(mesh, core, 0, {});
    new (memory[10]) theirs::MeshTensor(buffer, spec, topology);
    new (memory[9]) theirs::distributed::H2DSocket(mesh, core, {}, 0, {});
}

// The code that a pointer leads to; of a member function the first word holds it (Itanium C++ ABI 2.3).
template <typename Pointer>
void* code(Pointer pointer) {
    void* address = nullptr;
    std::memcpy(&address, &pointer, sizeof address);
    return address;
}

std::set<std::string> lines_of(const std::string& command) {
    std::set<std::string> lines;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string text;
    char chunk[4096];
    while (const size_t got = fread(chunk, 1, sizeof chunk, pipe.get())) {
        text.append(chunk, got);
    }
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        const size_t at = line.find("_ZN2tt8tt_metal");
        if (at != std::string::npos) {
            lines.insert(line.substr(at));
        }
    }
    return lines;
}

TEST(Signatures, EveryNameIsWhatTheCompilerMakesOfTheDeclaration) {
    std::set<std::string> names;
#define TTMEM_NAME(often, kind, since, until, stand_in, original, name, ...) names.insert(name);
    TTMEM_HOOKED_FUNCTIONS(TTMEM_NAME)
#undef TTMEM_NAME
    // Not through a shell that would expand the name of a folder: the program's own file, as the kernel knows it.
    EXPECT_EQ(lines_of("nm -D --undefined-only /proc/" + std::to_string(getpid()) + "/exe"), names);
}

#define TTMEM_CODE_member(...) code(__VA_ARGS__)
#define TTMEM_CODE_static_member(...) code(__VA_ARGS__)
#define TTMEM_CODE_function(...) code(__VA_ARGS__)
#define TTMEM_CODE_constructor(...) nullptr
#define TTMEM_CODE_destructor(...) nullptr

TEST(Signatures, EveryDeclarationLeadsToItsOwnStandIn) {
#define TTMEM_COMPARE(often, kind, since, until, stand_in, original, name, ...)    \
    if (void* const address = TTMEM_CODE_##kind(__VA_ARGS__)) {                    \
        EXPECT_EQ(address, dlsym(RTLD_DEFAULT, name)) << #stand_in << " " << name; \
    }
    TTMEM_HOOKED_FUNCTIONS(TTMEM_COMPARE)
#undef TTMEM_COMPARE
}

}  // namespace
}  // namespace ttmem::tt_metal
