// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// pprof's profile.proto: as Go's heap profiles, what was ever allocated and what was in use, by stack. In use is what each
// kind of memory of an allocator held at its peak. Labels: kind, devices, pid.
#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "output/text.hpp"
#include "recording/replay.hpp"
#include "report/at_moment.hpp"
#include "report/export.hpp"
#include "report/names.hpp"
#include "report/protobuf.hpp"
#include "report/report.hpp"

namespace ttmem::report {

namespace {

using recording::Held;

// Of profile.proto.
enum ProfileField : uint32_t {
    kSampleType = 1,
    kSample = 2,
    kLocation = 4,
    kFunction = 5,
    kStrings = 6,
    kTime = 9,
    kDuration = 10,
    kDefaultType = 14
};
enum ValueTypeField : uint32_t { kType = 1, kUnit = 2 };
enum SampleField : uint32_t { kLocations = 1, kValues = 2, kLabel = 3 };
enum LabelField : uint32_t { kKey = 1, kText = 2 };
enum LocationField : uint32_t { kLocationId = 1, kLine = 4 };
enum LineField : uint32_t { kLineFunction = 1, kLineNumber = 2 };
enum FunctionField : uint32_t { kFunctionId = 1, kFunctionName = 2, kFunctionSystemName = 3, kFunctionFile = 4 };

// Buffers with the same labels and the same stack.
struct Place {
    size_t process = 0;
    uint32_t allocator = 0;
    uint8_t account = 0;
    uint32_t context = 0;
    auto operator<=>(const Place&) const = default;
};
struct Sums {
    uint64_t allocated = 0, allocated_bytes = 0, in_use = 0, in_use_bytes = 0;
};

// The format's values are signed: what is larger becomes the largest of those.
uint64_t as_signed(uint64_t value) {
    return std::min<uint64_t>(value, INT64_MAX);
}

class Profile {
public:
    Profile() { text(""); }

    uint64_t text(const std::string& text) {
        const auto [at, is_new] = texts_.try_emplace(text, texts_.size());
        if (is_new) {
            strings_.bytes(kStrings, text);
        }
        return at->second;
    }
    void value_type(const char* type, const char* unit) {
        all_.message(kSampleType, Protobuf().number(kType, text(type)).number(kUnit, text(unit)));
    }
    // The place of one frame; 0 is none.
    uint64_t location(const std::string& name, const std::string& file, uint32_t line) {
        const auto [at, is_new] = locations_.try_emplace({name, file, line}, locations_.size() + 1);
        if (is_new) {
            const auto [function, unknown] = functions_.try_emplace({name, file}, functions_.size() + 1);
            if (unknown) {
                all_.message(kFunction, Protobuf()
                                            .number(kFunctionId, function->second)
                                            .number(kFunctionName, text(name))
                                            .number(kFunctionSystemName, text(name))
                                            .number(kFunctionFile, text(file)));
            }
            all_.message(
                kLocation,
                Protobuf()
                    .number(kLocationId, at->second)
                    .message(kLine, Protobuf().number(kLineFunction, function->second).number(kLineNumber, line)));
        }
        return at->second;
    }
    void sample(const std::vector<uint64_t>& leaf_first, const Sums& sums,
                const std::vector<std::pair<std::string, std::string>>& labels) {
        Protobuf one;
        one.packed(kLocations, leaf_first);
        one.packed(kValues, {as_signed(sums.allocated), as_signed(sums.allocated_bytes), as_signed(sums.in_use),
                             as_signed(sums.in_use_bytes)});
        for (const auto& [key, value] : labels) {
            one.message(kLabel, Protobuf().number(kKey, text(key)).number(kText, text(value)));
        }
        all_.message(kSample, one);
    }
    void times(uint64_t first_ns, uint64_t last_ns) {
        all_.number(kTime, as_signed(first_ns)).number(kDuration, as_signed(last_ns - std::min(first_ns, last_ns)));
        all_.number(kDefaultType, text("inuse_space"));
    }
    // Fields may stand in any order, so the texts come last.
    std::string take() const { return all_.text() + strings_.text(); }

private:
    Protobuf all_, strings_;
    std::map<std::string, uint64_t> texts_;
    std::map<std::tuple<std::string, std::string, uint32_t>, uint64_t> locations_;
    std::map<std::pair<std::string, std::string>, uint64_t> functions_;
};

std::vector<uint64_t> stack_of(Profile& profile, Names& names, uint32_t context) {
    std::vector<uint64_t> stack;
    if (const api::Context* found = names.context(context)) {
        if (!found->operation.empty()) {
            stack.push_back(profile.location(found->operation, "", 0));
        }
        for (const api::Frame& frame : found->stack) {
            stack.push_back(profile.location(frame.function.empty() ? "?" : frame.function, frame.file, frame.line));
        }
    }
    if (const std::string& scope = names.scope(context); !scope.empty()) {
        stack.push_back(profile.location(scope, "", 0));
    }
    if (stack.empty()) {
        stack.push_back(profile.location("(unknown)", "", 0));
    }
    return stack;
}

std::string devices_of(const recording::RecordedProcess& process, uint32_t allocator) {
    std::vector<int> devices;
    if (process.facts && allocator < process.facts->allocators.size()) {
        for (const uint32_t device : process.facts->allocators[allocator].devices) {
            devices.push_back(process.facts->devices[device].logical_id);
        }
    }
    return monitor::ranges(std::move(devices));
}

// By process: samples of one follow each other.
std::map<Place, Sums> sums_of(const recording::Reader& reader, uint64_t& last_ns) {
    std::map<Place, Sums> all;
    for (size_t i = 0; i < reader.processes().size(); ++i) {
        const recording::RecordedProcess& process = reader.processes()[i];
        recording::Visitor visitor;
        visitor.on_event = [&](recording::Moment& moment, const recording::Event& event) {
            last_ns = std::max(last_ns, event.time_ns);
            if (moment.apply(event) == recording::Change::kAllocated && inventory::kind_of_account(event.account)) {
                Sums& sums = all[{i, event.allocator, event.account, event.context}];
                ++sums.allocated;
                saturating_add(sums.allocated_bytes, event.bytes);
            }
        };
        replay(reader, process, visitor);
    }
    Options options;
    options.course = false;
    for (const Peak& peak : make_report(reader, options).peaks) {
        const auto account = static_cast<uint8_t>(inventory::account_of(peak.kind));
        const std::optional<recording::Moment> moment =
            moment_at(reader, reader.processes()[peak.process], {peak.chunk, peak.events});
        for (const Held& held : moment ? moment->by_id() : std::vector<Held>{}) {
            if (held.allocator == peak.allocator && held.account == account) {
                Sums& sums = all[{peak.process, held.allocator, held.account, held.context}];
                ++sums.in_use;
                saturating_add(sums.in_use_bytes, held.bytes);
            }
        }
    }
    return all;
}

uint32_t crc_of(std::string_view bytes) {
    uint32_t crc = ~uint32_t{0};
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ (0xedb88320 & (0 - (crc & 1)));
        }
    }
    return ~crc;
}

// RFC 1952 around stored blocks of RFC 1951: readers of profiles expect gzip, and profiles are small.
std::string gzipped(const std::string& bytes) {
    constexpr size_t kBlock = 65535;
    std::string all("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    const auto little = [&all](uint32_t value, int count) {
        for (int i = 0; i < count; ++i) {
            all.push_back(static_cast<char>(value >> (8 * i)));
        }
    };
    for (size_t at = 0; at < bytes.size() || at == 0; at += kBlock) {
        const auto size = static_cast<uint32_t>(std::min(kBlock, bytes.size() - at));
        little(at + kBlock >= bytes.size() ? 1 : 0, 1);
        little(size, 2);
        little(~size, 2);
        all.append(bytes, at, size);
    }
    little(crc_of(bytes), 4);
    little(static_cast<uint32_t>(bytes.size()), 4);
    return all;
}

}  // namespace

std::string export_pprof(const recording::Reader& reader) {
    Profile profile;
    profile.value_type("alloc_objects", "count");
    profile.value_type("alloc_space", "bytes");
    profile.value_type("inuse_objects", "count");
    profile.value_type("inuse_space", "bytes");
    uint64_t last_ns = 0;
    std::optional<Names> names;
    std::optional<size_t> of;
    for (const auto& [place, sums] : sums_of(reader, last_ns)) {
        const recording::RecordedProcess& process = reader.processes()[place.process];
        if (of != place.process) {
            of = place.process;
            names.emplace(process);
        }
        std::vector<std::pair<std::string, std::string>> labels{
            {"kind", std::string(api::to_string(*inventory::kind_of_account(place.account)))},
            {"devices", devices_of(process, place.allocator)}};
        if (process.facts) {
            labels.emplace_back("pid", std::to_string(process.facts->pid));
        }
        profile.sample(stack_of(profile, *names, place.context), sums, labels);
    }
    profile.times(first_event_ns(reader), last_ns);
    return gzipped(profile.take());
}

}  // namespace ttmem::report
