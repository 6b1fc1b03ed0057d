// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "model/tool_protocol.hpp"

#include "model/model.hpp"

namespace ttmem::api {
namespace {

// Another number when a structure changed its size: two builds of one version may differ while one is being made.
constexpr uint64_t kShape = [] {
    uint64_t shape = 0;
    for (const size_t size : {sizeof(Model), sizeof(Device), sizeof(Telemetry), sizeof(Sensor), sizeof(Process),
                              sizeof(ProcessDevice), sizeof(Buffer), sizeof(Event), sizeof(Allocator), sizeof(Region),
                              sizeof(ConfigRing), sizeof(Program), sizeof(Kernel), sizeof(CircularBuffer),
                              sizeof(Failure), sizeof(L1Summary), sizeof(FreeSpace), sizeof(ClashAhead)}) {
        shape = shape * 31 + size;
    }
    return shape;
}();

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string tool_version(std::string_view version) {
    return "ttmem " + std::string(version) + " " + std::to_string(kShape);
}

std::string tool_hello(std::string_view version, std::string_view source_places) {
    return tool_version(version) + "\n" + std::string(source_places);
}

std::string to_hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0 || text.find_first_not_of(kDigits) != text.npos) {
        return std::nullopt;
    }
    std::string bytes;
    for (size_t i = 0; i < text.size(); i += 2) {
        bytes += static_cast<char>(kDigits.find(text[i]) << 4 | kDigits.find(text[i + 1]));
    }
    return bytes;
}

}  // namespace ttmem::api
