// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The libraries of another process as they stand in its memory: where they lie, what they export, where their code has
// room. Read from memory and not from files, which may have been replaced since the process started.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace ttmem::attach {

// A line of /proc/PID/maps.
struct Mapping {
    uint64_t begin = 0;
    uint64_t end = 0;
    bool readable = false;
    bool writable = false;
    bool executable = false;
    uint64_t offset = 0;
    std::string path;  // empty: no file; "[stack]", "[vdso]" and the like as they are
};
std::vector<Mapping> parse_maps(const std::string& text);

// A loaded library or program.
struct Image {
    std::string path;
    uint64_t base = 0;                                // of its first mapping
    uint64_t bias = 0;                                // what is added to addresses in its headers
    std::vector<std::pair<uint64_t, uint64_t>> code;  // executable stretches
    std::vector<std::pair<uint64_t, uint64_t>> room;  // after each, to the end of its last page
};

class MemoryImage {
public:
    // Opens the process's memory and lists what is mapped. The error says what is in the way.
    static Result<MemoryImage> open(pid_t pid);

    const std::vector<Mapping>& mappings() const { return mappings_; }
    // Reads the list of mappings again.
    bool refresh();
    const Mapping* mapping_at(uint64_t address) const;

    // The image whose file name begins with `prefix` ("libc.so.6"), mapped executable. nullopt: not loaded.
    std::optional<Image> find(const std::string& prefix) const;
    // All images with code, by their paths.
    std::vector<Image> images() const;

    // The address of a function that the image exports (the default version); 0: it does not.
    uint64_t function(const Image& image, const std::string& name) const;

    bool read(uint64_t address, void* to, size_t bytes) const;
    // As much as is readable without a gap.
    size_t read_up_to(uint64_t address, void* to, size_t bytes) const;
    bool write(uint64_t address, const void* from, size_t bytes) const;

private:
    explicit MemoryImage(pid_t pid) : pid_(pid) {}
    std::optional<Image> image_of(const std::string& path) const;

    pid_t pid_;
    UniqueFd memory_;
    std::vector<Mapping> mappings_;
};

}  // namespace ttmem::attach
