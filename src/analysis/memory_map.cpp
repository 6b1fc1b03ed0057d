// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/memory_map.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "analysis/clash_gauge.hpp"
#include "analysis/free_blocks.hpp"
#include "model/core_bits.hpp"

namespace ttmem::inventory {
namespace {

using api::Layout;
using api::MemoryKind;
using api::Region;
using api::RegionType;
using api::Stretch;
using api::StretchType;

bool has_device(const std::vector<api::DeviceIndex>& devices, api::DeviceIndex device) {
    return std::binary_search(devices.begin(), devices.end(), device);
}

bool in_use(const api::Model& model, api::AllocatorIndex allocator, api::DeviceIndex device) {
    return allocator < model.allocators.size() && model.allocators[allocator].open &&
           has_device(model.allocators[allocator].devices, device);
}

// Whether a region's addresses are those of a bank.
bool is_bank(RegionType type) {
    return type == RegionType::kAllocator || type == RegionType::kL1Small || type == RegionType::kTrace;
}

// A stretch that a source reports.
struct Claim {
    enum class Type { kRegion, kBankRegion, kArena, kBank, kBuffer } type = Type::kRegion;
    uint64_t begin = 0;
    uint64_t end = 0;
    RegionType region = RegionType::kUnused;
    MemoryKind kind = MemoryKind::kDram;
    std::string_view source;
    api::BufferIndex buffer;
    bool bankless = false;  // a buffer that lies where no bank is
};

constexpr std::string_view kBankSource = "the allocator's banks";
constexpr std::string_view kBufferSource = "the list of buffers";

// The claims that cover the current stretch.
class Cover {
public:
    void begin(const Claim& claim) { claims_.push_back(&claim); }
    void end(const Claim& claim) { std::erase(claims_, &claim); }

    Stretch decide(uint64_t address, uint64_t bytes, bool& contested) const {
        Stretch stretch;
        stretch.address = address;
        stretch.bytes = bytes;
        const Claim* region = first(Claim::Type::kRegion);
        const Claim* bank_region = first(Claim::Type::kBankRegion);
        const Claim* bank = first(Claim::Type::kBank);
        const Claim* arena = first(Claim::Type::kArena);
        contested = (region != nullptr && (bank != nullptr || bank_region != nullptr)) || differ();
        bool bankless = false;
        for (const Claim* claim : claims_) {
            if (claim->type == Claim::Type::kBuffer) {
                bankless = bankless || claim->bankless;
                if (stretch.buffer) {
                    ++stretch.more_buffers;
                    continue;
                }
                stretch.buffer = claim->buffer;
                stretch.kind = claim->kind;
            }
        }
        if (stretch.buffer) {
            contested = contested || (!bankless && (bank == nullptr || bank->kind != stretch.kind || arena != nullptr));
            stretch.type = StretchType::kBuffer;
            stretch.source = kBufferSource;
        } else if (arena != nullptr || region != nullptr) {
            const Claim* told = arena != nullptr ? arena : region;
            stretch.type = StretchType::kRegion;
            stretch.region = told->region;
            stretch.source = told->source;
        } else if (bank != nullptr) {
            stretch.type = StretchType::kFree;
            stretch.kind = bank->kind;
            stretch.source = kBankSource;
        } else if (bank_region != nullptr) {
            stretch.type = StretchType::kRegion;
            stretch.region = bank_region->region;
            stretch.source = bank_region->source;
        }
        return stretch;
    }

private:
    const Claim* first(Claim::Type type) const {
        for (const Claim* claim : claims_) {
            if (claim->type == type) {
                return claim;
            }
        }
        return nullptr;
    }
    // Two regions of different types, or banks of two kinds, at one address.
    bool differ() const {
        const Claim* region = first(Claim::Type::kRegion);
        const Claim* bank = first(Claim::Type::kBank);
        return std::any_of(claims_.begin(), claims_.end(), [&](const Claim* claim) {
            return (claim->type == Claim::Type::kRegion && claim->region != region->region) ||
                   (claim->type == Claim::Type::kBank && claim->kind != bank->kind);
        });
    }

    std::vector<const Claim*> claims_;
};

void add(api::LayoutSums& sums, const Stretch& stretch, bool contested) {
    uint64_t* const to[] = {&sums.region_bytes, &sums.buffer_bytes, &sums.free_bytes, &sums.unexplained_bytes};
    *to[static_cast<size_t>(stretch.type)] += stretch.bytes;
    sums.contested_bytes += contested ? stretch.bytes : 0;
}

bool continues(const Stretch& a, const Stretch& b) {
    return a.end() == b.address && std::tie(a.type, a.region, a.kind, a.source, a.buffer, a.more_buffers) ==
                                       std::tie(b.type, b.region, b.kind, b.source, b.buffer, b.more_buffers);
}

// Cuts [0, physical) wherever a claim begins or ends, and lets each piece be decided.
void lay_out(const std::vector<Claim>& claims, Layout& layout) {
    struct Edge {
        uint64_t address;
        bool begins;
        const Claim* claim;
    };
    std::vector<Edge> edges;
    edges.reserve(2 * claims.size() + 1);
    for (const Claim& claim : claims) {
        const uint64_t end = std::min(claim.end, layout.physical_bytes);
        if (claim.begin < end) {
            edges.push_back({claim.begin, true, &claim});
            edges.push_back({end, false, &claim});
        }
    }
    edges.push_back({layout.physical_bytes, false, nullptr});
    std::stable_sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.address < b.address; });
    Cover cover;
    uint64_t from = 0;
    for (const Edge& edge : edges) {
        if (edge.address > from) {
            bool contested = false;
            const Stretch stretch = cover.decide(from, edge.address - from, contested);
            add(layout.sums, stretch, contested);
            if (!layout.stretches.empty() && continues(layout.stretches.back(), stretch)) {
                layout.stretches.back().bytes += stretch.bytes;
            } else {
                layout.stretches.push_back(stretch);
            }
            from = edge.address;
        }
        if (edge.claim != nullptr && edge.begins) {
            cover.begin(*edge.claim);
        } else if (edge.claim != nullptr) {
            cover.end(*edge.claim);
        }
    }
}

bool stands_on(const api::Model& model, const Region& region, api::DeviceIndex device) {
    return in_use(model, region.allocator, device) && has_device(region.devices, device);
}

bool names(const Region& region, const api::Core& core) {
    return std::any_of(region.cores.begin(), region.cores.end(),
                       [&](const api::CoreRange& range) { return range.contains(core); });
}

// Region of another process or of a parent mesh that says the same.
using RegionKey = std::tuple<RegionType, uint64_t, uint64_t, api::CoreSet>;

// The regions that stand on a core (or in a bank) of a device, each once.
std::vector<const Region*> regions_of(const api::Model& model, api::DeviceIndex device, bool l1,
                                      const std::optional<api::Core>& core) {
    std::vector<const Region*> found;
    std::set<RegionKey> seen;
    for (const Region& region : model.regions) {
        if (region.l1 != l1 || !stands_on(model, region, device)) {
            continue;
        }
        const bool here = region.cores.empty() || (core && names(region, *core));
        if (here && seen.emplace(region.type, region.address, region.bytes, region.cores).second) {
            found.push_back(&region);
        }
    }
    return found;
}

Claim claim_of(const Region& region) {
    Claim claim;
    const bool on_top = region.type == RegionType::kArena || region.type == RegionType::kServiceCore;
    claim.type = on_top ? Claim::Type::kArena : is_bank(region.type) ? Claim::Type::kBankRegion : Claim::Type::kRegion;
    claim.begin = region.address;
    claim.end = make_interval(region.address, region.bytes, 1).end;
    claim.region = region.type;
    claim.source = region.source;
    return claim;
}

// The banks that lie in this memory, each extent once.
std::vector<Claim> bank_claims(const api::Model& model, api::DeviceIndex device,
                               std::initializer_list<MemoryKind> kinds) {
    std::vector<Claim> claims;
    std::set<std::tuple<MemoryKind, uint64_t, uint64_t>> seen;
    for (api::AllocatorIndex i{0}; i < model.allocators.size(); ++i) {
        for (const MemoryKind kind : kinds) {
            const std::optional<api::Banks>& banks = model.allocators[i].banks[kind];
            if (in_use(model, i, device) && banks && banks->banks > 0 &&
                seen.emplace(kind, banks->base_address, banks->bank_bytes).second) {
                Claim& claim = claims.emplace_back();
                claim.type = Claim::Type::kBank;
                claim.begin = banks->base_address;
                claim.end = make_interval(banks->base_address, banks->bank_bytes, 1).end;
                claim.kind = kind;
            }
        }
    }
    return claims;
}

// Adds the buffers on one core; without one, on all cores at the same addresses. A core in no bank has bankless ones.
void add_buffer_claims(const api::Model& model, api::DeviceIndex device, const std::optional<api::Core>& core,
                       bool in_bank, std::initializer_list<MemoryKind> kinds, std::vector<Claim>& claims) {
    const auto lies_here = [&](const api::Buffer& buffer) {
        return !in_bank ? buffer.bankless && core && buffer.names(*core)
                        : !buffer.cores || buffer.bankless || (core && buffer.lies_on(*core));
    };
    for (api::BufferIndex i{0}; i < model.buffers.size(); ++i) {
        const api::Buffer& buffer = model.buffers[i];
        const std::optional<MemoryKind> kind = memory_kind(buffer.kind);
        if (!kind || std::find(kinds.begin(), kinds.end(), *kind) == kinds.end() ||
            !has_device(buffer.devices, device) || !lies_here(buffer)) {
            continue;
        }
        Claim& claim = claims.emplace_back();
        claim.type = Claim::Type::kBuffer;
        claim.begin = core ? buffer.address_on(*core) : buffer.address;
        claim.end = make_interval(claim.begin, buffer.bytes_per_bank, 1).end;
        claim.kind = *kind;
        claim.buffer = i;
        claim.bankless = !in_bank;
    }
}

// The reason why no bank lies on a core: a region that stands on such cores alone, or that the allocator's own region
// names its cores and this is none of them. nullopt: a bank does.
std::optional<RegionType> reason_for_no_bank(const api::Model& model, api::DeviceIndex device,
                                             const std::optional<api::Core>& core) {
    if (!core) {
        return std::nullopt;
    }
    bool named = false;
    bool named_here = false;
    for (const Region& region : model.regions) {
        if (!region.l1 || region.cores.empty() || !stands_on(model, region, device)) {
            continue;
        }
        const bool here = names(region, *core);
        if (region.type == RegionType::kAllocator) {
            named = true;
            named_here = named_here || here;
        } else if (here && (region.type == RegionType::kDispatch || region.type == RegionType::kUnused)) {
            const std::optional<api::Banks>& l1 = model.allocators[region.allocator].banks[MemoryKind::kL1];
            if (l1 && region.address < l1->end() && region.address + region.bytes > l1->base_address) {
                return region.type;
            }
        }
    }
    return !named || named_here ? std::nullopt : std::optional(RegionType::kUnused);
}

// Whether, on a core that is in no bank, another region of this very core replaces what a region says of every core.
bool is_overridden(const Region& region, const std::vector<const Region*>& others) {
    return region.cores.empty() && std::any_of(others.begin(), others.end(), [&](const Region* other) {
               return !other->cores.empty() && other->type != RegionType::kServiceCore &&
                      other->address < region.address + region.bytes && other->address + other->bytes > region.address;
           });
}

std::optional<Layout> make_layout(const api::Model& model, api::DeviceIndex device, bool l1, const api::Bytes& whole,
                                  const std::optional<uint32_t>& parts, const std::optional<api::Core>& core,
                                  std::initializer_list<MemoryKind> kinds) {
    if (!whole || parts.value_or(0) == 0) {
        return std::nullopt;
    }
    std::vector<Claim> claims = bank_claims(model, device, kinds);
    if (claims.empty()) {
        return std::nullopt;
    }
    Layout layout;
    layout.l1 = l1;
    layout.core = core;
    layout.physical_bytes = *whole / *parts;
    layout.in_bank = !l1 || !reason_for_no_bank(model, device, core);
    if (!layout.in_bank) {
        claims.clear();
    }
    add_buffer_claims(model, device, core, layout.in_bank, kinds, claims);
    const std::vector<const Region*> regions = regions_of(model, device, l1, core);
    for (const Region* region : regions) {
        if (layout.in_bank || (!is_bank(region->type) && !is_overridden(*region, regions))) {
            claims.push_back(claim_of(*region));
        }
    }
    lay_out(claims, layout);
    return layout;
}

// The addresses that buffers of one kind cover on a device, alike in all banks: ascending, each address once.
struct Coverage {
    MemoryKind kind = MemoryKind::kDram;
    std::vector<Interval> covered;
    size_t at = 0;  // the first one that may reach into the next stretch

    // Bytes of [from, to) that are covered. `from` is never lower than in the call before.
    uint64_t bytes_in(uint64_t from, uint64_t to) {
        while (at < covered.size() && covered[at].end <= from) {
            ++at;
        }
        uint64_t bytes = 0;
        for (size_t i = at; i < covered.size() && covered[i].begin < to; ++i) {
            bytes += std::min(covered[i].end, to) - std::max(covered[i].begin, from);
            at = i;
        }
        return bytes;
    }
};

std::vector<Coverage> coverage_of(const api::Model& model, api::DeviceIndex device, const SpansOf& spans,
                                  std::initializer_list<MemoryKind> kinds) {
    std::vector<Claim> claims;
    add_buffer_claims(model, device, std::nullopt, true, kinds, claims);
    std::vector<Coverage> all;
    for (const MemoryKind kind : kinds) {
        std::vector<Interval> covered;
        for (const Claim& claim : claims) {
            if (claim.kind == kind && !spans.contains(model.buffers[claim.buffer].allocator)) {
                covered.push_back({claim.begin, claim.end, 1});
            }
        }
        for (const auto& [allocator, own] : spans) {
            if (own.taken[kind] != nullptr && has_device(model.allocators[allocator].devices, device)) {
                const auto before = static_cast<std::ptrdiff_t>(covered.size());
                for (const Interval& each : *own.taken[kind]) {
                    covered.push_back({each.begin, each.end, 1});
                }
                std::inplace_merge(covered.begin(), covered.begin() + before, covered.end(),
                                   [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
            }
        }
        all.push_back({kind, flattened(std::move(covered)), 0});
    }
    return all;
}

// The sums of lay_out(), from the buffers' coverage of each stretch between the other claims. False: buffers of two
// kinds lie in one stretch, and each piece needs a look of its own.
bool sum_up(std::vector<Claim> claims, std::vector<Coverage>& coverage, Layout& layout) {
    std::stable_sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.begin < b.begin; });
    std::set<uint64_t> cuts{layout.physical_bytes};
    for (const Claim& claim : claims) {
        cuts.insert(std::min(claim.begin, layout.physical_bytes));
        cuts.insert(std::min(claim.end, layout.physical_bytes));
    }
    uint64_t from = 0;
    for (const uint64_t to : cuts) {
        if (to == from) {
            continue;
        }
        Cover cover;
        for (const Claim& claim : claims) {
            if (claim.begin <= from && claim.end >= to) {
                cover.begin(claim);
            }
        }
        Claim buffer;
        buffer.type = Claim::Type::kBuffer;
        uint64_t covered = 0;
        for (Coverage& each : coverage) {
            const uint64_t bytes = each.bytes_in(from, to);
            if (bytes > 0 && covered > 0) {
                return false;
            }
            buffer.kind = bytes > 0 ? each.kind : buffer.kind;
            covered += bytes;
        }
        bool contested = false;
        if (covered < to - from) {
            const Stretch rest = cover.decide(from, to - from - covered, contested);
            add(layout.sums, rest, contested);
        }
        if (covered > 0) {
            cover.begin(buffer);
            const Stretch taken = cover.decide(from, covered, contested);
            add(layout.sums, taken, contested);
        }
        from = to;
    }
    return true;
}

// As make_layout() without a core, without its stretches.
std::optional<Layout> make_sums(const api::Model& model, api::DeviceIndex device, bool l1, const SpansOf& spans) {
    const api::Device& known = model.devices[device];
    const std::initializer_list<MemoryKind> l1_kinds = {MemoryKind::kL1, MemoryKind::kL1Small};
    const std::initializer_list<MemoryKind> dram_kinds = {MemoryKind::kDram, MemoryKind::kTrace};
    const std::initializer_list<MemoryKind> kinds = l1 ? l1_kinds : dram_kinds;
    const api::Bytes& whole = known.memory[l1 ? MemoryKind::kL1 : MemoryKind::kDram].physical_bytes;
    const std::optional<uint32_t>& parts = l1 ? known.l1_cores : known.dram_channels;
    std::vector<Claim> claims = bank_claims(model, device, kinds);
    if (!whole || parts.value_or(0) == 0 || claims.empty()) {
        return std::nullopt;
    }
    for (const Region* region : regions_of(model, device, l1, std::nullopt)) {
        claims.push_back(claim_of(*region));
    }
    Layout layout;
    layout.l1 = l1;
    layout.physical_bytes = *whole / *parts;
    std::vector<Coverage> coverage = coverage_of(model, device, spans, kinds);
    if (!sum_up(claims, coverage, layout)) {
        layout.sums = {};
        for (const Coverage& each : coverage) {
            for (const Interval& interval : each.covered) {
                Claim& claim = claims.emplace_back();
                claim.type = Claim::Type::kBuffer;
                claim.begin = interval.begin;
                claim.end = interval.end;
                claim.kind = each.kind;
            }
        }
        lay_out(claims, layout);
    }
    return layout;
}

// The grid that the process reports, else what is named, filled up where it spans as many cores as there are.
CoreBits worker_grid(const api::Model& model, api::DeviceIndex device) {
    const api::Device& known = model.devices[device];
    CoreBits bits;
    if (known.l1_cores.value_or(0) > 0 && known.l1_columns) {
        bits.add(0, 0, *known.l1_columns - 1, *known.l1_cores / *known.l1_columns - 1);
        return bits;
    }
    for (const Region& region : model.regions) {
        if (region.l1 && stands_on(model, region, device)) {
            bits.add(region.cores);
        }
    }
    for (const api::Program& program : model.programs) {
        if (has_device(program.devices, device)) {
            bits.add(worker_cores(program));
        }
    }
    uint32_t width = 0;
    uint32_t height = 0;
    bits.for_each([&](uint32_t place) {
        width = std::max(width, place % CoreBits::kSide + 1);
        height = std::max(height, place / CoreBits::kSide + 1);
    });
    if (width > 0 && width * height == known.l1_cores) {
        bits.add(0, 0, width - 1, height - 1);
    }
    return bits;
}

// The inputs of all pictures of a device: devices with equal inputs have equal pictures.
struct PictureInputs {
    std::vector<api::AllocatorIndex> allocators;
    std::vector<api::ProgramIndex> programs;
    std::vector<RegionKey> regions;
    api::Bytes l1;
    std::optional<uint32_t> l1_cores;
    std::optional<uint32_t> l1_columns;
    api::Bytes dram;
    std::optional<uint32_t> dram_channels;
    auto operator<=>(const PictureInputs&) const = default;
};

PictureInputs picture_inputs_of(const api::Model& model, api::DeviceIndex device) {
    PictureInputs inputs;
    for (api::AllocatorIndex i{0}; i < model.allocators.size(); ++i) {
        if (in_use(model, i, device)) {
            inputs.allocators.push_back(i);
        }
    }
    for (api::ProgramIndex i{0}; i < model.programs.size(); ++i) {
        if (has_device(model.programs[i].devices, device)) {
            inputs.programs.push_back(i);
        }
    }
    for (const Region& region : model.regions) {
        if (stands_on(model, region, device)) {
            inputs.regions.emplace_back(region.type, region.address, region.bytes, region.cores);
        }
    }
    const api::Device& known = model.devices[device];
    inputs.l1 = known.memory[MemoryKind::kL1].physical_bytes;
    inputs.l1_cores = known.l1_cores;
    inputs.l1_columns = known.l1_columns;
    inputs.dram = known.memory[MemoryKind::kDram].physical_bytes;
    inputs.dram_channels = known.dram_channels;
    return inputs;
}

}  // namespace

std::optional<Layout> l1_layout(const api::Model& model, api::DeviceIndex device,
                                const std::optional<api::Core>& core) {
    const api::Device& known = model.devices[device];
    return make_layout(model, device, true, known.memory[MemoryKind::kL1].physical_bytes, known.l1_cores, core,
                       {MemoryKind::kL1, MemoryKind::kL1Small});
}

std::optional<Layout> dram_layout(const api::Model& model, api::DeviceIndex device) {
    const api::Device& known = model.devices[device];
    return make_layout(model, device, false, known.memory[MemoryKind::kDram].physical_bytes, known.dram_channels,
                       std::nullopt, {MemoryKind::kDram, MemoryKind::kTrace});
}

std::optional<RegionType> core_without_bank(const api::Model& model, api::DeviceIndex device, const api::Core& core) {
    return reason_for_no_bank(model, device, core);
}

std::vector<api::Core> known_cores(const api::Model& model, api::DeviceIndex device) {
    std::vector<api::Core> cores;
    worker_grid(model, device).for_each([&](uint32_t place) { cores.push_back(CoreBits::core_at(place)); });
    return cores;
}

api::CoreSet known_core_set(const api::Model& model, api::DeviceIndex device) {
    return worker_grid(model, device).ranges();
}

std::vector<api::DeviceIndex> alike_devices(const api::Model& model) {
    std::vector<api::DeviceIndex> first_alike(model.devices.size());
    // Buffers on a part of their allocator's chips: the chips then differ.
    const bool whole = std::all_of(model.buffers.begin(), model.buffers.end(), [&](const api::Buffer& buffer) {
        return buffer.allocator >= model.allocators.size() ||
               buffer.devices == model.allocators[buffer.allocator].devices;
    });
    std::map<PictureInputs, api::DeviceIndex> done;
    for (api::DeviceIndex i{0}; i < first_alike.size(); ++i) {
        first_alike[i] = whole ? done.emplace(picture_inputs_of(model, i), i).first->second : i;
    }
    return first_alike;
}

void summarise_l1(api::Model& model, const SpansOf& spans) {
    const std::vector<api::DeviceIndex> first_alike = alike_devices(model);
    for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
        api::Device& device = model.devices[i];
        if (first_alike[i] != i) {
            device.l1 = model.devices[first_alike[i]].l1;
            continue;
        }
        api::L1Summary& summary = device.l1.emplace();
        if (const auto layout = make_sums(model, i, true, spans)) {
            summary.l1 = layout->sums;
            summary.l1_core_bytes = layout->physical_bytes;
        }
        if (const auto layout = make_sums(model, i, false, spans)) {
            summary.dram = layout->sums;
            summary.dram_bank_bytes = layout->physical_bytes;
        }
        summary.gauge = clash_gauge(model, i);
        summary.spaces = free_spaces(model, i, spans);
        for (api::FreeSpace& space : summary.spaces) {
            space.blocks = {};
        }
    }
}

}  // namespace ttmem::inventory
