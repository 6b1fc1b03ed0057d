// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/sidecar_writer.hpp"

#include <cstring>
#include <mutex>

#include "base/process_stat.hpp"
#include "ledger/write/private_memory.hpp"
#include "ledger/write/store.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint64_t kMostContextNameBytes = 512;
constexpr uint64_t kMostKernelNameBytes = 1024;

constexpr uint32_t padded(uint64_t bytes) noexcept {
    return static_cast<uint32_t>((bytes + 7) / 8 * 8);
}

}  // namespace

void SidecarWriter::begin(uint64_t nonce) noexcept {
    struct Detail {
        SidecarHeader header;
        SidecarRecord record;
        char text[16 * 1024];
    };
    auto* detail = reserve_private<Detail>(1);
    if (detail == nullptr) {
        return;
    }
    const unsigned length = read_small_file("/proc/self/cmdline", detail->text, sizeof detail->text - 8);
    detail->header.magic = kSidecarMagic;
    detail->header.major = kMajor;
    detail->header.minor = kMinor;
    detail->header.header_bytes = sizeof(SidecarHeader);
    detail->header.nonce = nonce;
    put(detail->header.bytes_used, uint64_t{sizeof(SidecarRecord) + padded(length)});
    detail->record.type = kSidecarCommandLine;
    detail->record.bytes = length;
    sections_.file().write_sidecar(detail, sizeof(SidecarHeader) + sizeof(SidecarRecord) + padded(length));
    munmap(detail, sizeof *detail);
}

uint64_t SidecarWriter::hash_of(const char* text, uint64_t bytes) noexcept {
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < bytes; ++i) {
        hash = (hash ^ static_cast<uint8_t>(text[i])) * 0x100000001b3u;
    }
    return hash == IdIndex<KernelName>::kEmptyId ? 0 : hash;
}

uint32_t SidecarWriter::kernel_name(const char* name) noexcept {
    const uint64_t bytes = name == nullptr ? 0 : strnlen(name, kMostKernelNameBytes);
    if (bytes == 0) {
        return 0;
    }
    const uint64_t hash = hash_of(name, bytes);
    const std::lock_guard<SpinLock> guard(lock_);
    if (const KernelName* known = kernel_names_.find(hash)) {
        return known->name;
    }
    if (!kernel_names_.reserve_one()) {
        return 0;
    }
    struct {
        SidecarRecord record;
        char text[kMostKernelNameBytes + 8];
    } detail{};
    detail.record.type = kSidecarKernelName;
    detail.record.id = kernel_names_given_ + 1;
    detail.record.bytes = static_cast<uint32_t>(bytes);
    std::memcpy(detail.text, name, bytes);
    if (!sections_.file().append_sidecar(&detail, sizeof(SidecarRecord) + padded(bytes))) {
        return 0;
    }
    ++kernel_names_given_;
    kernel_names_.insert({hash, kernel_names_given_, 0});
    return kernel_names_given_;
}

void SidecarWriter::name_context(uint16_t context, const char* name) noexcept {
    struct {
        SidecarRecord record;
        char text[kMostContextNameBytes + 8];
    } detail{};
    const uint64_t bytes = strnlen(name, kMostContextNameBytes);
    detail.record.type = kSidecarOperation;
    detail.record.id = context;
    detail.record.bytes = static_cast<uint32_t>(bytes);
    std::memcpy(detail.text, name, bytes);
    append(&detail, sizeof(SidecarRecord) + padded(bytes));
}

bool SidecarWriter::append(const void* records, uint64_t bytes) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (!sections_.file().append_sidecar(records, bytes)) {
        header_.count_lost(kLostText);
        return false;
    }
    return true;
}

}  // namespace ttmem::ledger
