// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/compress.hpp"

#include <zstd.h>

#include <memory>

namespace ttmem::recording {

namespace {

// Fast enough to keep up with any writer on a core that it shares; the columns do most of the work.
constexpr int kLevel = 1;

}  // namespace

std::optional<std::string> compress(std::string_view raw) {
    const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
    if (context == nullptr) {
        return std::nullopt;
    }
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string stored(ZSTD_compressBound(raw.size()), '\0');
    const size_t size = ZSTD_compress2(context.get(), stored.data(), stored.size(), raw.data(), raw.size());
    if (ZSTD_isError(size) != 0) {
        return std::nullopt;
    }
    stored.resize(size);
    return stored;
}

bool decompress(std::string_view stored, uint64_t raw_bytes, std::string& to) {
    // A frame that says itself that it holds something else is not begun with.
    if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != raw_bytes) {
        return false;
    }
    to.resize(raw_bytes);
    return ZSTD_decompress(to.data(), to.size(), stored.data(), stored.size()) == raw_bytes;
}

}  // namespace ttmem::recording
