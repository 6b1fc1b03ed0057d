// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Places in the lists of a model. Each list has a type of its own, so that a process cannot be looked up among devices.
// An index is made from a variable on purpose only; a number written in the source becomes an index by itself. An index
// reads as its number wherever a number is wanted.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace ttmem::api {

template <typename Thing>
class Index {
public:
    constexpr Index() = default;
    // Templates, so that no other number becomes an int on the way: std::optional would take it then.
    template <std::same_as<int> Literal>
    consteval Index(Literal place) : place_(static_cast<size_t>(place)) {}
    template <std::integral Number>
    requires(!std::same_as<Number, int>) constexpr explicit Index(Number place) : place_(static_cast<size_t>(place)) {}
    constexpr operator size_t() const { return place_; }
    constexpr Index& operator++() {
        ++place_;
        return *this;
    }

    // Indexes into different lists have no order and are never equal.
    template <typename Other>
    friend bool operator==(Index, Index<Other>) = delete;
    template <typename Other>
    friend std::strong_ordering operator<=>(Index, Index<Other>) = delete;
    friend constexpr bool operator==(Index a, Index b) { return a.place_ == b.place_; }
    friend constexpr std::strong_ordering operator<=>(Index a, Index b) { return a.place_ <=> b.place_; }
    template <std::integral Number>
    friend constexpr bool operator==(Index a, Number b) {
        return a.place_ == static_cast<size_t>(b);
    }
    template <std::integral Number>
    friend constexpr std::strong_ordering operator<=>(Index a, Number b) {
        return a.place_ <=> static_cast<size_t>(b);
    }

private:
    size_t place_ = 0;
};

// A list that its own indexes and plain numbers look things up in; the compiler refuses the index of another list.
template <typename Thing>
class List : public std::vector<Thing> {
public:
    using std::vector<Thing>::vector;
    List(std::vector<Thing> things) : std::vector<Thing>(std::move(things)) {}

    using std::vector<Thing>::operator[];
    Thing& operator[](Index<Thing> place) { return (*this)[static_cast<size_t>(place)]; }
    const Thing& operator[](Index<Thing> place) const { return (*this)[static_cast<size_t>(place)]; }
    template <typename Other>
    Thing& operator[](Index<Other>) = delete;
    template <typename Other>
    const Thing& operator[](Index<Other>) const = delete;
};

// For nlohmann::basic_json, which finds it by its name.
template <typename Json, typename Thing>
void to_json(Json& json, Index<Thing> index) {
    json = static_cast<size_t>(index);
}

struct Device;
struct Process;
struct Allocator;
struct Context;
struct Tensor;
struct Buffer;
struct Program;

using DeviceIndex = Index<Device>;        // into Model::devices
using ProcessIndex = Index<Process>;      // into Model::processes
using AllocatorIndex = Index<Allocator>;  // into Model::allocators
using ContextIndex = Index<Context>;      // into Model::contexts
using TensorIndex = Index<Tensor>;        // into Model::tensors
using BufferIndex = Index<Buffer>;        // into Model::buffers
using ProgramIndex = Index<Program>;      // into Model::programs

}  // namespace ttmem::api
