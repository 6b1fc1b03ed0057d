// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Uses of indexes into the lists of a model that the compiler takes, and those that it refuses.
#include "model/ids.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <type_traits>

#include "model/model.hpp"

namespace ttmem::api {
namespace {

template <typename Things, typename Place>
concept LooksUp = requires(Things& things, Place place) {
    things[place];
};
template <typename Left, typename Right>
concept Compares = requires(Left left, Right right) {
    left == right;
    left < right;
};

static_assert(LooksUp<decltype(Model::processes), ProcessIndex> && LooksUp<const List<Buffer>, BufferIndex>);
static_assert(LooksUp<List<Device>, size_t> && LooksUp<List<Device>, int>);
static_assert(!LooksUp<decltype(Model::processes), DeviceIndex> && !LooksUp<const List<Buffer>, TensorIndex>);
static_assert(!LooksUp<decltype(Model::devices), ProcessIndex> && !LooksUp<decltype(Model::allocators), DeviceIndex> &&
              !LooksUp<decltype(Model::contexts), TensorIndex> && !LooksUp<decltype(Model::tensors), ContextIndex> &&
              !LooksUp<decltype(Model::buffers), ProgramIndex> && !LooksUp<decltype(Model::programs), BufferIndex>);

static_assert(Compares<DeviceIndex, DeviceIndex> && Compares<DeviceIndex, size_t> && Compares<size_t, DeviceIndex>);
static_assert(!Compares<DeviceIndex, ProcessIndex>);

// Neither an index of another list nor a variable becomes an index by itself.
static_assert(!std::is_constructible_v<DeviceIndex, ProcessIndex> && !std::is_assignable_v<DeviceIndex&, ProcessIndex>);
static_assert(!std::is_constructible_v<std::optional<DeviceIndex>, ProcessIndex> &&
              !std::is_convertible_v<std::optional<size_t>, std::optional<DeviceIndex>>);
static_assert(!std::is_convertible_v<size_t, DeviceIndex> && std::is_constructible_v<DeviceIndex, size_t>);
static_assert(std::is_convertible_v<DeviceIndex, size_t> && sizeof(DeviceIndex) == sizeof(size_t));

TEST(Ids, AnIndexReadsAsItsNumber) {
    Model model;
    model.processes.resize(3);
    model.processes[ProcessIndex(2)].name = "third";
    EXPECT_EQ(model.processes[2].name, "third");
    ProcessIndex place = 1;
    EXPECT_EQ(++place, model.processes.size() - 1);
    EXPECT_EQ(&model.processes[place], &model.processes.back());
    EXPECT_EQ(ProcessIndex(), 0);
}

TEST(Ids, AListTakesWhatAVectorHolds) {
    std::vector<Device> devices(2);
    const Device* const first = devices.data();
    Model model;
    model.devices = std::move(devices);
    EXPECT_EQ(&model.devices[DeviceIndex(0)], first) << "moved, not copied";
}

}  // namespace
}  // namespace ttmem::api
