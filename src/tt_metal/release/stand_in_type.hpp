// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Derives the type of a stand-in from tt-metal's own declaration (declared.hpp): `this` first for a member, references
// as pointers, enumerations as their integers, tt-metal's classes by our names for them (foreign.hpp). A parameter by
// value must have the same size in both worlds and travel in the same way: in registers, or by the address of a copy
// that the caller made (x86-64 psABI 3.2.3, Itanium C++ ABI 3.1).
//
//   StandIn<decltype(&tt::tt_metal::BufferImpl::view)>    std::shared_ptr<Buffer> (*)(BufferImpl*, Buffer*,
//                                                                                     const BufferRegion*)
#pragma once

#include <type_traits>

#include "tt_metal/release/declared.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

// Our name for a type of tt-metal's. A class that nothing is declared for here does not compile.
template <typename Theirs>
struct OurName {
    static_assert(std::is_arithmetic_v<Theirs>, "foreign.hpp has no name for this class of tt-metal's");
    using Type = Theirs;
};

#define TTMEM_OUR_NAME(theirs, ours)         \
    template <>                              \
    struct OurName<::tt::tt_metal::theirs> { \
        using Type = ours;                   \
    }
TTMEM_OUR_NAME(Allocator, Allocator);
TTMEM_OUR_NAME(AllocatorConfig, AllocatorConfig);
TTMEM_OUR_NAME(AllocatorImpl, Allocator);
TTMEM_OUR_NAME(Buffer, Buffer);
TTMEM_OUR_NAME(BufferImpl, BufferImpl);
TTMEM_OUR_NAME(BufferRegion, BufferRegion);
TTMEM_OUR_NAME(BufferShardingArgs, ShardingArgs);
TTMEM_OUR_NAME(CoreRangeSet, ForeignCoreRanges);
TTMEM_OUR_NAME(LaunchMessageArray, LaunchMessages);
TTMEM_OUR_NAME(ConfigBufferArray, RingManager);
TTMEM_OUR_NAME(ExpectedWorkersArray, ExpectedWorkers);
TTMEM_OUR_NAME(GraphTracker, GraphTracker);
TTMEM_OUR_NAME(GlobalSemaphoreImpl, GlobalSemaphore);
TTMEM_OUR_NAME(Hal, Hal);
TTMEM_OUR_NAME(IDevice, Device);
TTMEM_OUR_NAME(MeshTensor, MeshTensor);
TTMEM_OUR_NAME(PersistentL1Arena, Arena);
TTMEM_OUR_NAME(TensorSpec, TensorSpec);
TTMEM_OUR_NAME(TensorTopology, TensorTopology);
TTMEM_OUR_NAME(PersistentL1Arena::Allocation, ArenaAllocation);
TTMEM_OUR_NAME(Program, ProgramHandle);
TTMEM_OUR_NAME(SystemMemoryManager, SystemMemory);
TTMEM_OUR_NAME(MetalEnvImpl, MetalEnvironment);
TTMEM_OUR_NAME(DispatchCoreConfig, DispatchConfig);
TTMEM_OUR_NAME(CoreDescriptorConfig, CoreDescriptor);
TTMEM_OUR_NAME(trace_dispatch::TraceDispatchMetadata, TraceMetadata);
TTMEM_OUR_NAME(program_dispatch::ProgramDispatchMetadata, DispatchMetadata);
TTMEM_OUR_NAME(SubDeviceId, SubDeviceNumber);
TTMEM_OUR_NAME(WorkerConfigBufferMgr, RingManager);
TTMEM_OUR_NAME(internal::ServiceCoreManagerImpl, ServiceCoreManager);
TTMEM_OUR_NAME(detail::ProgramImpl, Program);
TTMEM_OUR_NAME(detail::ProgramImpl::CircularBufferAllocator, CircularBufferMarker);
TTMEM_OUR_NAME(distributed::MeshBuffer, MeshBuffer);
TTMEM_OUR_NAME(distributed::MeshCommandQueue, MeshQueue);
TTMEM_OUR_NAME(distributed::FDMeshCommandQueue, MeshQueue);
TTMEM_OUR_NAME(distributed::MeshCoordinate, MeshCoordinate);
TTMEM_OUR_NAME(distributed::MeshCoordinateRange, MeshRange);
TTMEM_OUR_NAME(distributed::D2HSocket, MeshSocket);
TTMEM_OUR_NAME(distributed::H2DSocket, MeshSocket);
TTMEM_OUR_NAME(distributed::MeshCoreCoord, MeshCore);
TTMEM_OUR_NAME(distributed::MeshSocket, MeshSocket);
TTMEM_OUR_NAME(distributed::MeshTraceId, MeshTraceId);
TTMEM_OUR_NAME(distributed::SocketConfig, SocketConfig);
TTMEM_OUR_NAME(distributed::MeshDevice, MeshDevice);
TTMEM_OUR_NAME(distributed::MeshDeviceImpl, MeshDeviceImpl);
TTMEM_OUR_NAME(distributed::MeshWorkload, MeshWorkload);
TTMEM_OUR_NAME(distributed::MeshWorkloadImpl, MeshWorkload);
TTMEM_OUR_NAME(experimental::GlobalCircularBuffer, GlobalCircularBuffer);
TTMEM_OUR_NAME(experimental::GlobalCircularBufferImpl, GlobalCircularBuffer);
TTMEM_OUR_NAME(experimental::dfb::DataflowBufferConfig, DataflowConfig);
#undef TTMEM_OUR_NAME

template <>
struct OurName<::tt::xy_pair> {
    using Type = Grid;
};
template <>
struct OurName<std::vector<::tt::xy_pair>> {
    using Type = std::vector<Grid>;
};
template <>
struct OurName<std::vector<uint32_t>> {
    using Type = std::vector<uint32_t>;
};
template <>
struct OurName<std::span<const uint32_t>> {
    using Type = Span32;
};
template <>
struct OurName<std::span<const ::tt::tt_metal::SubDeviceId>> {
    using Type = ForeignSpan;
};
template <>
struct OurName<::tt::tt_metal::program_dispatch::DispatchData> {
    using Type = ForeignSpan;
};
template <>
struct OurName<std::optional<::tt::tt_metal::BufferRegion>> {
    using Type = OptionalRegion;
};
template <>
struct OurName<std::unordered_map<::tt::tt_metal::IDevice*, uint32_t>> {
    using Type = TransfersPerDevice;
};
template <>
struct OurName<std::unordered_set<uint32_t>> {
    using Type = ChipIds;
};
template <>
struct OurName<std::vector<::tt::tt_metal::MemoryPin>> {
    using Type = MemoryPins;
};
template <>
struct OurName<std::shared_ptr<::tt::tt_metal::experimental::PinnedMemory>> {
    using Type = std::shared_ptr<PinnedMemory>;
};
template <>
struct OurName<void> {
    using Type = void;
};
template <>
struct OurName<std::optional<bool>> {
    using Type = Optional8;
};
template <>
struct OurName<std::optional<uint32_t>> {
    using Type = std::optional<uint32_t>;
};
template <>
struct OurName<std::optional<uint64_t>> {
    using Type = std::optional<uint64_t>;
};
template <>
struct OurName<std::shared_ptr<::tt::tt_metal::distributed::MeshDevice>> {
    using Type = std::shared_ptr<MeshDevice>;
};
template <>
struct OurName<std::optional<::tt::tt_metal::SubDeviceId>> {
    using Type = Optional8;
};
template <>
struct OurName<std::shared_ptr<::tt::tt_metal::Buffer>> {
    using Type = std::shared_ptr<Buffer>;
};
template <>
struct OurName<std::shared_ptr<::tt::tt_metal::distributed::MeshBuffer>> {
    using Type = std::shared_ptr<MeshBuffer>;
};
template <>
struct OurName<std::pair<::tt::tt_metal::ConfigBufferSync, std::vector<::tt::tt_metal::ConfigBufferEntry>&>> {
    using Type = RingReservation;
};

// Whether a class travels as its bytes, and not by the address of a copy (Itanium C++ ABI: trivial for calls).
template <typename T>
inline constexpr bool kTravelsAsBytes = std::is_trivially_copy_constructible_v<T>&&
    std::is_trivially_move_constructible_v<T>&& std::is_trivially_destructible_v<T>;

// An argument or a result.
template <typename Theirs>
struct Passed {
    using Type = typename OurName<Theirs>::Type;
    static_assert(sizeof(Type) == sizeof(Theirs) && alignof(Type) == alignof(Theirs), "the sizes differ");
    static_assert(kTravelsAsBytes<Type> == kTravelsAsBytes<Theirs>, "they travel in different ways");
};
template <>
struct Passed<void> {
    using Type = void;
};
template <typename Theirs>
requires std::is_enum_v<Theirs>
struct Passed<Theirs> {
    using Type = std::underlying_type_t<Theirs>;
};
template <typename Theirs>
struct Passed<Theirs*> {
    using Type = typename OurName<Theirs>::Type*;
};
template <typename Theirs>
struct Passed<const Theirs*> {
    using Type = const typename OurName<Theirs>::Type*;
};
template <typename Theirs>
struct Passed<Theirs&> : Passed<Theirs*> {};
template <typename Theirs>
struct Passed<Theirs&&> : Passed<Theirs*> {};

// An argument by value that a stand-in looks into and hands on as it is: the address of the caller's copy, which the
// caller destroys (Itanium C++ ABI 3.1.2.3).
template <typename Theirs>
struct PassedIn : Passed<Theirs> {};
#define TTMEM_BY_ADDRESS(theirs, ours)                               \
    template <>                                                      \
    struct PassedIn<theirs> {                                        \
        static_assert(!kTravelsAsBytes<theirs>, "its bytes travel"); \
        using Type = ours*;                                          \
    }
TTMEM_BY_ADDRESS(::tt::tt_metal::TensorSpec, const TensorSpec);
TTMEM_BY_ADDRESS(::tt::tt_metal::TensorTopology, const TensorTopology);
TTMEM_BY_ADDRESS(std::shared_ptr<::tt::tt_metal::distributed::MeshBuffer>, std::shared_ptr<MeshBuffer>);
#undef TTMEM_BY_ADDRESS

template <typename Declared>
struct StandInOf;
template <typename Result, typename... Arguments>
struct StandInOf<Result (*)(Arguments...)> {
    using Type = typename Passed<Result>::Type (*)(typename PassedIn<Arguments>::Type...);
};
template <typename Result, typename Class, typename... Arguments>
struct StandInOf<Result (Class::*)(Arguments...)> {
    using Type = typename Passed<Result>::Type (*)(typename Passed<Class*>::Type,
                                                   typename PassedIn<Arguments>::Type...);
};
template <typename Declared>
using StandIn = typename StandInOf<Declared>::Type;

// Constructors and destructors have no address: ConstructorOf<Class(Arguments...)>, DestructorOf<Class>.
template <typename Declared>
struct ConstructorOf;
template <typename Class, typename... Arguments>
struct ConstructorOf<Class(Arguments...)> {
    static_assert(std::is_constructible_v<Class, Arguments...>, "tt-metal declares no such constructor");
    using Type = void (*)(typename Passed<Class*>::Type, typename PassedIn<Arguments>::Type...);
};
template <typename Class>
struct DestructorOf {
    using Type = void (*)(typename Passed<Class*>::Type);
};

// Chooses among overloads: overload<void(Program&, CBHandle, const Buffer&)>(&UpdateDynamicCircularBufferAddress).
template <typename Function>
constexpr Function* overload(Function* function) {
    return function;
}
template <typename Function, typename Class>
constexpr Function Class::*overload(Function Class::*function) {
    return function;
}

}  // namespace ttmem::tt_metal
