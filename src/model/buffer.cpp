// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/model.hpp"

namespace ttmem::api {

bool Buffer::names(const Core& core) const {
    return cores &&
           std::any_of(cores->begin(), cores->end(), [&](const CoreRange& range) { return range.contains(core); });
}

bool Buffer::lies_on(const Core& core) const {
    return !cores || bankless || names(core);
}

uint64_t Buffer::address_on(const Core& core) const {
    const auto own =
        std::find_if(addresses.begin(), addresses.end(), [&](const AddressOnCore& each) { return each.core == core; });
    return own != addresses.end() ? own->address : address;
}

Bytes Buffer::lockstep_waste_bytes() const {
    if (!used_banks || allocated_bytes == 0) {
        return std::nullopt;
    }
    const uint64_t unused = banks > *used_banks ? banks - *used_banks : 0;
    const auto waste = static_cast<unsigned __int128>(unused) * bytes_per_bank;
    return waste > allocated_bytes ? allocated_bytes : static_cast<uint64_t>(waste);
}

Bytes Buffer::padding_bytes() const {
    const Bytes waste = lockstep_waste_bytes();
    if (!waste) {
        return std::nullopt;
    }
    const uint64_t used = allocated_bytes - *waste;
    return used > requested_bytes ? used - requested_bytes : 0;
}

}  // namespace ttmem::api
