// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace ttmem::server {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // the largest window; 16 asks for gzip's header
constexpr int kMemoryLevel = 9;

}  // namespace

std::shared_ptr<const std::string> gzip_of(std::string_view text) {
    z_stream stream{};
    if (text.size() > std::numeric_limits<uInt>::max() ||
        deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
        return nullptr;
    }
    auto packed = std::make_shared<std::string>(deflateBound(&stream, text.size()), '\0');
    const auto room = std::min<size_t>(packed->size(), std::numeric_limits<uInt>::max());
    // zlib only reads what next_in points to.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed->data());
    stream.avail_out = static_cast<uInt>(room);
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed->resize(stream.total_out);
    packed->shrink_to_fit();
    deflateEnd(&stream);
    return done ? packed : nullptr;
}

}  // namespace ttmem::server
