// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/program_reader.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>

#include "base/say_once.hpp"
#include "tt_metal/release/known_releases.hpp"
#include "tt_metal/release/readable_memory.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr uint32_t kCoreTypes = 3;  // Tensix, active and idle ethernet; later ones are of chips that ttnn does not open
constexpr int kComputeBinaries = 3;  // one for each of the three compute processors

using namespace dataflow_offsets;  // NOLINT(google-build-using-namespace): a row of known_releases.hpp

// How far offsets of dataflow buffers are believed: untried; agreed with the arguments of a program's buffers, which in
// a release that was looked into is enough for programs whose buffers all lie in tensors; agreed with an allocation;
// contradicted.
enum class Belief : uint8_t { kUntried, kMade, kProven, kRefuted };
std::atomic<Belief> g_belief{Belief::kUntried};

template <typename T>
T at(const void* object, size_t offset) noexcept {
    T value;
    std::memcpy(&value, static_cast<const char*>(object) + offset, sizeof value);
    return value;
}

struct DataflowFields {
    uint32_t id = 0;
    uint64_t bytes = 0;
    uint64_t address = 0;
    bool placed = false;
    uint32_t flags = TT_ALLOC_CB_DATAFLOW;
};

DataflowFields read_dataflow(const DataflowBuffer* buffer) noexcept {
    DataflowFields fields;
    fields.id = at<uint32_t>(buffer, kId);
    fields.bytes = uint64_t{at<uint32_t>(buffer, kEntryBytes)} * at<uint32_t>(buffer, kEntries);
    fields.flags |= at<uint8_t>(buffer, kAlias) != 0 ? uint32_t{TT_ALLOC_CB_ALIAS} : 0u;
    fields.flags |= at<uint8_t>(buffer, kBorrows) != 0 ? uint32_t{TT_ALLOC_CB_BORROWED} : 0u;
    if (const void* node = at<const void*>(buffer, kFirstAddress)) {
        fields.address = at<uint32_t>(node, kNodeAddress);
        fields.placed = true;
    }
    return fields;
}

bool is_own(uint32_t flags) noexcept {
    return (flags & (TT_ALLOC_CB_GLOBAL | TT_ALLOC_CB_ALIAS | TT_ALLOC_CB_BORROWED)) == 0;
}

using DataflowBuffers = std::vector<std::shared_ptr<DataflowBuffer>>;

// Whether these may be read as they stand.
bool can_believe(const Symbols& symbols, const DataflowBuffers& buffers) noexcept {
    const Belief belief = g_belief.load(std::memory_order_relaxed);
    return belief == Belief::kProven || (belief == Belief::kMade && symbols.dataflow_layout == LayoutTrust::kKnown &&
                                         std::none_of(buffers.begin(), buffers.end(), [](const auto& buffer) {
                                             return is_own(read_dataflow(buffer.get()).flags);
                                         }));
}

// Whether each range lies in one of the others.
bool lie_within(const ForeignCoreRanges& ranges, const ForeignCoreRanges& others) noexcept {
    return std::all_of(ranges.begin(), ranges.end(), [&](const ForeignCoreRange& range) {
        return std::any_of(others.begin(), others.end(), [&](const ForeignCoreRange& other) {
            return range.start_x >= other.start_x && range.start_y >= other.start_y && range.end_x <= other.end_x &&
                   range.end_y <= other.end_y;
        });
    });
}

bool believe(Belief belief) noexcept {
    return g_belief.exchange(belief, std::memory_order_relaxed) != belief;
}

bool refute() noexcept {
    static std::atomic<bool> said{false};
    say_once(said,
             "ttmem: dataflow buffers of this libtt_metal.so are not where they are expected; circular buffer "
             "figures are unknown\n");
    return believe(Belief::kRefuted);
}

// Whether the words of a CoreRangeSet are one: few ranges, in memory that can be read, each within a chip's grid.
bool are_core_ranges(const void* words) noexcept {
    constexpr uint64_t kMostRanges = 256;
    constexpr size_t kMostCores = 64;  // of a row or column
    const auto begin = at<uintptr_t>(words, 0);
    const auto end = at<uintptr_t>(words, sizeof begin);
    const uint64_t ranges = (end - begin) / sizeof(ForeignCoreRange);
    if (begin == 0 || end <= begin || (end - begin) % sizeof(ForeignCoreRange) != 0 || ranges > kMostRanges) {
        return false;
    }
    for (uint64_t i = 0; i < ranges; ++i) {
        ForeignCoreRange range{};
        if (!copy_if_readable(reinterpret_cast<const void*>(begin + i * sizeof range), &range, sizeof range) ||
            range.start_x > range.end_x || range.start_y > range.end_y || range.end_x >= kMostCores ||
            range.end_y >= kMostCores) {
            return false;
        }
    }
    return true;
}

// Whether the buffer can be read as it is laid out in the release that was looked into: without trusting any word of it.
bool is_readable(const DataflowBuffer* buffer) noexcept {
    char words[kBytes];
    if (!copy_if_readable(buffer, words, sizeof words) || at<uint8_t>(words, kBorrows) > 1 ||
        at<uint8_t>(words, kAlias) > 1 || !are_core_ranges(words + kCores)) {
        return false;
    }
    const void* node = at<const void*>(words, kFirstAddress);
    uint32_t address = 0;
    return node == nullptr || copy_if_readable(static_cast<const char*>(node) + kNodeAddress, &address, sizeof address);
}

bool is_readable_config(const DataflowConfig* config) noexcept {
    char words[kConfigBorrows + 1];
    return copy_if_readable(config, words, sizeof words);
}

// Of a release that was not looked into every word is checked before the offsets are believed.
bool is_safe(const Symbols& symbols, const DataflowBuffers& buffers) noexcept {
    return symbols.dataflow_layout == LayoutTrust::kKnown ||
           g_belief.load(std::memory_order_relaxed) == Belief::kProven ||
           std::all_of(buffers.begin(), buffers.end(), [](const auto& buffer) { return is_readable(buffer.get()); });
}

// Holds the fields against what the allocation marked.
bool check(const Symbols& symbols, const DataflowBuffers& buffers, const std::vector<Mark>& marks) noexcept {
    if (!is_safe(symbols, buffers)) {
        return refute();
    }
    bool any = false;
    for (const auto& buffer : buffers) {
        const DataflowFields fields = read_dataflow(buffer.get());
        const bool marked =
            fields.placed && std::find(marks.begin(), marks.end(), Mark(fields.address, fields.bytes)) != marks.end();
        if (is_own(fields.flags) && !marked) {
            return refute();
        }
        any = any || is_own(fields.flags);
    }
    return any && believe(Belief::kProven);
}

std::vector<tt_alloc_core_range> convert(const ForeignCoreRanges& from) {
    std::vector<tt_alloc_core_range> to;
    to.reserve(from.size());
    for (const ForeignCoreRange& range : from) {
        to.push_back({static_cast<uint16_t>(range.start_x), static_cast<uint16_t>(range.start_y),
                      static_cast<uint16_t>(range.end_x), static_cast<uint16_t>(range.end_y)});
    }
    return to;
}

const std::vector<std::shared_ptr<DataflowBuffer>>* dataflow_buffers(const Symbols& symbols,
                                                                     const Program* program) noexcept {
    const auto ask = symbols.api.program_dataflow_buffers;
    const auto* buffers = ask != nullptr ? ask(program) : nullptr;
    return buffers == nullptr || buffers->empty() ? nullptr : buffers;
}

constexpr uint32_t kMostIndices = 64;  // bits of an index mask

tt_alloc_circular_buffer_use use_of_index(uint32_t index) noexcept {
    const uint64_t mask = index < kMostIndices ? uint64_t{1} << index : 0;
    return {mask, TT_ALLOC_FORMAT_UNKNOWN, {}};
}

// tt-metal's DataFormat (tt_backend_api_types.hpp), by value: a byte that is none of these is no format.
constexpr uint32_t kFormats = 0x0fff | 1u << 14 | 1u << 15 | 1u << 24 | 1u << 26 | 1u << 30;

// The bytes of 16 numbers that share an exponent; 1 for formats without shared exponents.
constexpr uint32_t block_bytes(uint8_t format) noexcept {
    return format == 2 || format == 6 ? 17 : format == 3 || format == 7 ? 9 : 1;
}

// Unknown where the byte contradicts the size of the buffer's pages.
uint8_t format_of(const DataflowBuffer* buffer) noexcept {
    const auto format = at<uint8_t>(buffer, kFormat);
    const bool agrees =
        format < 32 && (kFormats >> format & 1) != 0 && at<uint32_t>(buffer, kEntryBytes) % block_bytes(format) == 0;
    return agrees ? format : uint8_t{TT_ALLOC_FORMAT_UNKNOWN};
}

// By which numbers the program's kernels call the circular buffer. A number may stand there without a data format.
tt_alloc_circular_buffer_use read_use(const Api& api, const CircularBufferView& view) noexcept {
    tt_alloc_circular_buffer_use use{0, TT_ALLOC_FORMAT_UNKNOWN, {}};
    if (api.circular_buffer_indices == nullptr) {
        return use;
    }
    try {
        uint32_t lowest = kMostIndices;
        for (const uint8_t index : *api.circular_buffer_indices(&view)) {
            use.index_mask |= use_of_index(index).index_mask;
            lowest = std::min(lowest, uint32_t{index});
        }
        if (lowest < kMostIndices && api.circular_buffer_format != nullptr) {
            use.data_format = api.circular_buffer_format(&view, lowest);
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch): the format stays unknown
    }
    return use;
}

void read_buffers(const Symbols& symbols, const Program* program, ProgramReport& out) {
    const Api& api = symbols.api;
    const SharedSpan<CircularBufferImpl> buffers = api.program_circular_buffers(program);
    for (size_t i = 0; i < buffers.size; ++i) {
        const CircularBufferImpl* impl = buffers.data[i].get();
        const CircularBufferView view{impl};
        tt_alloc_circular_buffer to{};
        to.id = api.circular_buffer_id(&view);
        to.bytes = api.circular_buffer_size(&view);
        to.flags = api.circular_buffer_is_global(&view) ? uint32_t{TT_ALLOC_CB_GLOBAL} : 0u;
        to.address = api.circular_buffer_address(impl);
        out.cores.push_back(convert(*api.circular_buffer_cores(&view)));
        out.circular_buffers.push_back(to);
        out.uses.push_back(read_use(api, view));
    }
    const auto* dataflow = dataflow_buffers(symbols, program);
    if (dataflow == nullptr) {
        return;
    }
    if (symbols.dataflow_layout == LayoutTrust::kOther || !can_believe(symbols, *dataflow)) {
        out.program.flags |= TT_ALLOC_PROGRAM_BUFFERS_UNKNOWN;
        return;
    }
    for (const auto& buffer : *dataflow) {
        const DataflowFields fields = read_dataflow(buffer.get());
        tt_alloc_circular_buffer to{};
        to.id = fields.id;
        to.bytes = fields.bytes;
        to.flags = fields.flags;
        to.address = fields.address;
        const auto* cores =
            reinterpret_cast<const ForeignCoreRanges*>(reinterpret_cast<const char*>(buffer.get()) + kCores);
        out.cores.push_back(convert(*cores));
        out.circular_buffers.push_back(to);
        out.uses.push_back(use_of_index(fields.id));
        out.uses.back().data_format = format_of(buffer.get());
    }
}

uint8_t type_of_kernel(const std::string& name, bool is_system) noexcept {
    const size_t slash = name.rfind('/');
    const size_t begin = slash == std::string::npos ? 0 : slash + 1;
    if (name.compare(begin, 3, "cq_") == 0) {
        return TT_ALLOC_KERNEL_DISPATCH;
    }
    // An application may give its own kernels such a name; only tt-metal compiles for a single device by itself.
    return is_system && name.compare(begin, 6, "fabric") == 0 ? TT_ALLOC_KERNEL_FABRIC : TT_ALLOC_KERNEL_APPLICATION;
}

uint8_t processor_of(const Api& api, const Kernel* kernel) noexcept {
    const void* vtable = at<const void*>(kernel, 0);
    if (vtable == api.compute_kernel_vtable) {
        return TT_ALLOC_PROCESSOR_COMPUTE;
    }
    return vtable == api.ethernet_kernel_vtable ? TT_ALLOC_PROCESSOR_ETHERNET : TT_ALLOC_PROCESSOR_DATA_MOVEMENT;
}

// The scratchpads that a kernel binds: bytes on each core, and the word of its common runtime arguments that holds the
// address.
std::vector<std::pair<uint32_t, uint32_t>> scratchpads_of(const Api& api, const Kernel* kernel) {
    std::vector<std::pair<uint32_t, uint32_t>> bound;
    if (api.kernel_scratchpads != nullptr) {
        api.kernel_scratchpads(kernel, [&bound](const std::string&, uint32_t bytes, uint32_t word,
                                                const KernelMetadata&) { bound.emplace_back(bytes, word); });
    } else if (api.kernel_scratchpads_078 != nullptr) {
        api.kernel_scratchpads_078(
            kernel, [&bound](const std::string&, uint32_t bytes, uint32_t word) { bound.emplace_back(bytes, word); });
    }
    return bound;
}

// Scratchpads lie above the program's dataflow buffers, at one address on all cores of their kernel. The program places
// them before it is launched; an address that is not there, or 0, is not known.
void read_scratchpads(const Api& api, Kernel* kernel, const ForeignCoreRanges& cores, ProgramReport& out) {
    for (const auto& [bytes, word] : scratchpads_of(api, kernel)) {
        const RuntimeArguments* arguments = api.kernel_common_arguments(kernel);
        const bool placed = arguments->words != nullptr && word < arguments->count && arguments->words[word] != 0;
        if (!placed) {
            out.program.flags |= TT_ALLOC_PROGRAM_BUFFERS_UNKNOWN;
            continue;
        }
        tt_alloc_circular_buffer to{};
        to.id = out.scratchpads++;
        to.address = arguments->words[word];
        to.bytes = bytes;
        to.flags = TT_ALLOC_CB_SCRATCHPAD;
        out.cores.push_back(convert(cores));
        out.circular_buffers.push_back(to);
        out.uses.push_back({0, TT_ALLOC_FORMAT_UNKNOWN, {}});
    }
}

void read_all_scratchpads(const Symbols& symbols, Program* program, ProgramReport& out) {
    for (uint32_t core_type = 0; symbols.has_scratchpads && core_type < kCoreTypes; ++core_type) {
        for (const auto& [id, kernel] : *symbols.api.program_kernels(program, core_type)) {
            if (symbols.scratchpads_known) {
                read_scratchpads(symbols.api, kernel.get(), symbols.api.kernel_cores(kernel.get()), out);
            } else {
                out.program.flags |= TT_ALLOC_PROGRAM_BUFFERS_UNKNOWN;
            }
        }
    }
}

void read_kernels(const Api& api, Program* program, Device* device, bool is_system, ProgramReport& out) {
    for (uint32_t core_type = 0; core_type < kCoreTypes; ++core_type) {
        for (const auto& [id, kernel] : *api.program_kernels(program, core_type)) {
            ForeignCoreRanges cores = api.kernel_cores(kernel.get());
            tt_alloc_kernel to{};
            to.id = id;
            to.core_type = static_cast<uint16_t>(core_type);
            to.processor = processor_of(api, kernel.get());
            const int binaries = to.processor == TT_ALLOC_PROCESSOR_COMPUTE ? kComputeBinaries : 1;
            to.packed_bytes = api.kernel_packed_size != nullptr ? 0 : TT_ALLOC_NONE;
            for (int binary = 0; binary < binaries && api.kernel_packed_size != nullptr; ++binary) {
                to.packed_bytes += api.kernel_packed_size(kernel.get(), device, binary);
            }
            out.names.push_back(api.kernel_name(kernel.get()));
            to.type = type_of_kernel(out.names.back(), is_system);
            out.program.type = std::max(out.program.type, to.type);
            out.cores.push_back(convert(cores));
            out.kernels.push_back(to);
        }
    }
}

void mix(uint64_t& print, uint64_t value) noexcept {
    print = (print ^ value) * 0x9e3779b97f4a7c15u;
    print ^= print >> 29;
}

}  // namespace

bool check_dataflow_layout(const Symbols& symbols, const Program* program, const std::vector<Mark>& marks) noexcept {
    if (symbols.dataflow_layout == LayoutTrust::kOther || marks.empty()) {
        return false;
    }
    // In a release that was not looked into, one of its buffers must have stood as it was asked for before.
    const Belief belief = g_belief.load(std::memory_order_relaxed);
    if (belief == Belief::kRefuted || (symbols.dataflow_layout == LayoutTrust::kProbe && belief == Belief::kUntried)) {
        return false;
    }
    const DataflowBuffers* buffers = dataflow_buffers(symbols, program);
    return buffers != nullptr && check(symbols, *buffers, marks);
}

bool check_dataflow_made(const Symbols& symbols, const Program* program, uint32_t id, const ForeignCoreRanges& cores,
                         const DataflowConfig* config) noexcept {
    if (symbols.dataflow_layout == LayoutTrust::kOther ||
        g_belief.load(std::memory_order_relaxed) != Belief::kUntried) {
        return false;
    }
    const DataflowBuffers* buffers = dataflow_buffers(symbols, program);
    if (buffers == nullptr) {
        return false;
    }
    const DataflowBuffer* made = buffers->back().get();
    const bool is_known = symbols.dataflow_layout == LayoutTrust::kKnown;
    if (!is_known && !(is_readable(made) && is_readable_config(config))) {
        return refute();
    }
    // The cores that were asked for may stand there joined.
    const auto* stored = reinterpret_cast<const ForeignCoreRanges*>(reinterpret_cast<const char*>(made) + kCores);
    const bool agrees = at<uint32_t>(made, kId) == id && at<uint32_t>(made, kEntryBytes) == at<uint32_t>(config, 0) &&
                        at<uint32_t>(made, kEntries) == at<uint32_t>(config, kConfigEntries) &&
                        at<uint8_t>(made, kBorrows) == at<uint8_t>(config, kConfigBorrows) &&
                        at<uint8_t>(made, kBorrows) <= 1 && lie_within(cores, *stored);
    if (!agrees && !is_known) {
        return refute();
    }
    Belief untried = Belief::kUntried;
    return agrees && g_belief.compare_exchange_strong(untried, Belief::kMade, std::memory_order_relaxed);
}

ProgramReport read_program(const Symbols& symbols, Program* program, Device* device, bool is_system) {
    ProgramReport out;
    out.program.struct_size = sizeof out.program;
    out.program.id = symbols.api.program_id(program);
    out.program.config_bytes = UINT64_MAX;
    read_buffers(symbols, program, out);
    read_all_scratchpads(symbols, program, out);
    read_kernels(symbols.api, program, device, is_system, out);
    // The vectors grow no more, so pointers into them stay valid.
    size_t set = 0;
    for (tt_alloc_circular_buffer& buffer : out.circular_buffers) {
        buffer.cores = out.cores[set].data();
        buffer.core_ranges = static_cast<uint32_t>(out.cores[set++].size());
    }
    for (size_t i = 0; i < out.kernels.size(); ++i) {
        out.kernels[i].name = out.names[i].c_str();
        out.kernels[i].cores = out.cores[set].data();
        out.kernels[i].core_ranges = static_cast<uint32_t>(out.cores[set++].size());
    }
    out.program.circular_buffers = out.circular_buffers.data();
    out.program.circular_buffer_uses = out.uses.data();
    out.program.circular_buffer_count = static_cast<uint32_t>(out.circular_buffers.size());
    out.program.kernels = out.kernels.data();
    out.program.kernel_count = static_cast<uint32_t>(out.kernels.size());
    return out;
}

std::string kernel_names(const Symbols& symbols, Program* program) {
    std::vector<std::string> names;
    for (uint32_t core_type = 0; core_type < kCoreTypes; ++core_type) {
        for (const auto& [id, kernel] : *symbols.api.program_kernels(program, core_type)) {
            names.push_back(symbols.api.kernel_name(kernel.get()));
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string all;
    for (const std::string& name : names) {
        all += (all.empty() ? "" : ", ") + name;
    }
    return all;
}

ProgramPrint print_of(const Symbols& symbols, const Program* program) {
    const Api& api = symbols.api;
    ProgramPrint print;
    const SharedSpan<CircularBufferImpl> buffers = api.program_circular_buffers(program);
    for (size_t i = 0; i < buffers.size; ++i) {
        const CircularBufferImpl* impl = buffers.data[i].get();
        const CircularBufferView view{impl};
        mix(api.circular_buffer_is_global(&view) ? print.global : print.own, api.circular_buffer_address(impl));
        mix(print.own, api.circular_buffer_size(&view));
    }
    const auto* dataflow =
        symbols.dataflow_layout != LayoutTrust::kOther ? dataflow_buffers(symbols, program) : nullptr;
    if (dataflow != nullptr && can_believe(symbols, *dataflow)) {
        for (const auto& buffer : *dataflow) {
            const DataflowFields fields = read_dataflow(buffer.get());
            mix(print.own, fields.address);
            mix(print.own, fields.bytes);
            print.follows_tensors = print.follows_tensors || (fields.flags & TT_ALLOC_CB_BORROWED) != 0;
        }
    }
    return print;
}

std::vector<std::pair<uint32_t, uint64_t>> global_addresses(const Symbols& symbols, const Program* program) {
    std::vector<std::pair<uint32_t, uint64_t>> addresses;
    const SharedSpan<CircularBufferImpl> buffers = symbols.api.program_circular_buffers(program);
    for (size_t i = 0; i < buffers.size; ++i) {
        const CircularBufferView view{buffers.data[i].get()};
        if (symbols.api.circular_buffer_is_global(&view)) {
            addresses.emplace_back(static_cast<uint32_t>(i), symbols.api.circular_buffer_address(view.impl));
        }
    }
    return addresses;
}

}  // namespace ttmem::tt_metal
