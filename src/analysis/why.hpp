// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Why a request was refused, what holds the memory, and what would help. Pure: a model in, figures out; the words are
// src/output/why_text.hpp's. The model needs its buffers and failures.
//
// The arithmetic (wanted, free, largest hole) is of the moment of the refusal, as tt-metal said it. Advice on buffers comes
// from those that the process holds in the model, and holders too, unless these are others than at the refusal or the
// process has ended: then they are the largest of that moment, by context, and their tensors are not known. A model of
// the moment of the refusal (Moment::kRefusal) has all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/categories.hpp"
#include "analysis/course.hpp"
#include "model/model.hpp"

namespace ttmem::analysis {

enum class Verdict : uint8_t {
    kNone,  // nothing was refused
    kFull,
    kFragmented,
    kLargerThanDevice,
    kLargerThanMemoryRegion,
    kLockstepWaste,
    kL1Clash,
    kCircularBuffersTooLarge
};
std::string_view to_string(Verdict verdict);

enum class Action : uint8_t {
    kFree,                   // `buffers`; `bytes`: what they take on a device
    kReallocate,             // `buffers`, one after another; `bytes`: the largest hole of a bank afterwards
    kResizeMemoryRegion,     // `option` of the device: `bytes` at least
    kChangeTensor,           // the data type `option`: `bytes` in each bank
    kShrinkCircularBuffers,  // by `bytes` on each core
    kHybrid,                 // the allocator's HYBRID mode: `bytes` less on a device
    kLowerWorkerL1           // `option` of the device: at most `bytes`; 0: lower by the missing bytes
};
std::string_view to_string(Action action);

struct Advice {
    Action action = Action::kFree;
    uint64_t bytes = 0;
    std::vector<api::BufferIndex> buffers;  // indexes into Model::buffers
    std::string option;                     // "l1_small_size", "bfloat8_b"
};

// Buffers that came about in the same way. Empty texts are unknown.
struct HeldBy {
    std::string scope;
    std::string operation;
    std::string place;  // "models/attention.py:42"
    std::string tensor;
    uint64_t buffers = 0;
    uint64_t bytes = 0;  // on a device
};

// One bank of the allocator that refused, at the moment of the refusal. Every bank is alike.
struct BankMap {
    uint64_t base_address = 0;
    uint64_t bytes = 0;
    bool top_down = false;             // the allocator looks for room from the upper end (L1 and L1_SMALL)
    std::vector<api::FreeBlock> free;  // by address, within the bank
};

// A peak whose holders are shown, instead of a refusal's.
struct ShownPeak {
    uint64_t bytes = 0;           // the peak of the allocator, on a device
    uint64_t shown_bytes = 0;     // held in the allocator at the moment of the model
    uint64_t left_out_bytes = 0;  // of buffers that found no room in the picture, of all kinds together
    bool still_held = false;      // the model is of now, or of the end of the process: it frees nothing after its peak
};

struct Why {
    Verdict verdict = Verdict::kNone;
    std::optional<size_t> failure;             // index into Model::failures
    std::optional<api::ProcessIndex> process;  // index into Model::processes; absent: several, and nothing was refused
    std::vector<api::DeviceIndex> devices;     // indexes into Model::devices
    std::optional<api::MemoryKind> kind;
    bool living = false;   // its process lives and has the device open
    bool changed = false;  // what it holds of the kind is not what it held at the refusal
    bool holders_known = false;
    bool holders_then = false;  // they are of the moment of the refusal; else of the model's
    bool saved = false;         // read from a file: the process is shown as of that moment
    bool recorded = false;      // of a moment of a recording: the process is shown as of that moment
    bool frozen = false;        // the model is of that moment: holders, advice and map are complete
    api::Bytes wanted_bytes;    // in all banks together
    api::Bytes wanted_bytes_per_bank;
    std::optional<uint32_t> banks;  // that the request is spread over
    api::Bytes free_bytes_per_bank;
    api::Bytes largest_free_bytes_per_bank;
    api::Bytes limit_bytes;       // size of a bank, of a core's L1; of a clash, where the buffer begins
    api::Bytes missing_bytes;     // in a bank or on a core
    std::optional<BankMap> bank;  // of an allocation; nullopt: not known, or not the same in every bank (HYBRID)
    api::Bytes capacity_bytes;    // nothing refused: of the device, with the next
    api::Bytes allocated_bytes;
    std::vector<HeldBy> holders;          // most bytes first
    uint64_t held_bytes = 0;              // by all of them, on a device
    std::vector<CategorySum> categories;  // of the same bytes; empty: the holders are not single buffers
    std::vector<Advice> advice;           // the best first
    bool fits_now = false;                // the same request would be granted now
    std::optional<ShownPeak> peak;        // the model is of the moment of that peak; then nothing was refused
    std::optional<Course> course;         // how it came to this; absent: unknown (set_course())
};

// Of when the model is: of now, or of the moment of the refusal (inventory/picture_model.hpp).
enum class Moment : uint8_t { kNow, kRefusal };

// A refusal: an index into Model::failures.
Why explain(const api::Model& model, size_t failure, Moment moment = Moment::kNow);

// Puts the course into an explanation of the same model, and refines the categories by the ages that its steps give.
void set_course(Why& why, const api::Model& model, Course course);

// The refusal of that process (an index into Model::processes) that has this number there; nullopt: it has none.
std::optional<size_t> find_refusal(const api::Model& model, api::ProcessIndex process, uint64_t number);

// When nothing was refused: the fullest device and kind (DRAM or L1), of `process` and on `device` (indexes) where they
// are given.
Why fullest(const api::Model& model, std::optional<api::ProcessIndex> process = std::nullopt,
            std::optional<api::DeviceIndex> device = std::nullopt);

// The holdings of the allocator's process at a peak of that allocator (an index into Model::allocators); the model is of
// that moment.
Why at_peak(const api::Model& model, api::AllocatorIndex allocator, api::MemoryKind kind, const ShownPeak& peak);

// The latest refusal, of `process` where one is given; else the fullest.
Why explain_latest(const api::Model& model, std::optional<api::ProcessIndex> process = std::nullopt);

}  // namespace ttmem::analysis
