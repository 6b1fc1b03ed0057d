// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Prints everything that a ledger says as one JSON object, also a dead process's: ledger_dump FILE. Kernels have their
// names in words.
#include <fcntl.h>

#include <cstdio>
#include <map>

#include "base/unique_fd.hpp"
#include "ledger_json.hpp"

using ttmem::UniqueFd;
using ttmem::ledger::Json;

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: ledger_dump FILE\n", stderr);
        return 2;
    }
    const std::string path = argv[1];
    ttmem::ledger::ReadOptions options;
    options.buffers = true;
    options.programs = true;
    options.writer_halted = true;
    const auto answer =
        ttmem::ledger::Reader::from_fd(UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC))).read(options);
    if (const auto* error = std::get_if<ttmem::ledger::ReadError>(&answer)) {
        std::fprintf(stderr, "%s: %s\n", path.c_str(), error->message.c_str());
        return 1;
    }
    const auto& snapshot = std::get<ttmem::ledger::Snapshot>(answer);
    Json said = to_json(snapshot);
    const UniqueFd sidecar(open((path + ".detail").c_str(), O_RDONLY | O_CLOEXEC));
    const auto texts = ttmem::ledger::read_sidecar(
        [&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            return pread(sidecar.get(), to, bytes, static_cast<off_t>(offset));
        },
        snapshot.identity.nonce);
    if (const auto* read = std::get_if<ttmem::ledger::Sidecar>(&texts)) {
        const std::map<uint32_t, std::string> names(read->kernel_names.begin(), read->kernel_names.end());
        const auto name_it = [&names](Json& id) {
            if (const auto found = names.find(id.get<uint32_t>()); found != names.end()) {
                id = found->second;
            }
        };
        for (Json& program : said["programs"]) {
            for (Json& kernel : program["kernels"]) {
                name_it(kernel["name"]);
            }
        }
        for (Json& failure : said["failures"]) {
            name_it(failure["kernels"]);
        }
    }
    std::puts(said.dump().c_str());
    return 0;
}
