// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How tools ask a server on its unix socket: paths, parameters, and the greeting by which a tool knows whether the
// server is of its own version and looks at its own places (inventory/source_places.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ttmem::api {

inline constexpr const char* kToolHello = "/api/v1/tools/hello";
inline constexpr const char* kToolModel = "/api/v1/tools/model";      // ?want=, a sum of:
inline constexpr const char* kToolHistory = "/api/v1/tools/history";  // ?question=, bytes in hexadecimal
inline constexpr const char* kToolPage = "/api/v1/tools/page";        // JSON: url, token, seconds that it is good for

inline constexpr uint32_t kWantBuffers = 1;
inline constexpr uint32_t kWantSpace = 2;
inline constexpr uint32_t kWantPrograms = 4;
inline constexpr uint32_t kWantFailures = 8;
inline constexpr uint32_t kWantL1 = 16;
inline constexpr uint32_t kWantAll = 31;

// The whole body of the greeting. A tool takes a server at its word only if it would say the same.
std::string tool_hello(std::string_view version, std::string_view source_places);
// Its first line: of one version and one build of the structures that are exchanged.
std::string tool_version(std::string_view version);

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

}  // namespace ttmem::api
