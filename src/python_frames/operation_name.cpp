// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The name of a ttnn operation, read raw out of its object: an instance of a plain class, which keeps its attributes in
// a dict, or in an array whose names its class shares.
#include <cstring>

#include "python_frames/interpreter.hpp"

namespace ttmem::python_frames {

namespace {

constexpr char kAttribute[] = "python_fully_qualified_name";
constexpr uint64_t kMostAttributes = 256;
constexpr uint64_t kManagedDict = 1u << 4;   // a flag of types
constexpr uint32_t kGeneralKeys = 0;         // 3.12: entries with a hash before the key
constexpr int32_t kManagedDictOffset = -24;  // 3.12: before the object

bool is_attribute(const void* key) noexcept {
    char text[sizeof kAttribute + 8];
    return copy_text(key, text, sizeof text) && std::strcmp(text, kAttribute) == 0;
}

// A table of keys: where the entry of the attribute is. `values`: those of a split table, whose entries have none.
const void* value_in(const void* keys, const void* values) noexcept {
    if (!may_be_object(keys)) {
        return nullptr;
    }
    const Layout& layout = *interpreter.layout;
    const auto count = field<uint64_t>(keys, layout.keys_entry_count);
    if (count > kMostAttributes) {
        return nullptr;
    }
    uint64_t indices = 0;
    uint32_t stride = 24;
    uint32_t key_at = 8;
    if (layout.minor == 10) {
        const auto size = field<uint64_t>(keys, 8);
        if (size == 0 || size > 0x10000) {
            return nullptr;
        }
        indices = size <= 0xff ? size : (size <= 0xffff ? 2 * size : 4 * size);
    } else {
        const auto log2 = field<uint8_t>(keys, 9);
        if (log2 > 20) {
            return nullptr;
        }
        indices = uint64_t{1} << log2;
        if (field<uint8_t>(keys, 10) != kGeneralKeys) {
            stride = 16;
            key_at = 0;
        }
    }
    const char* entries = static_cast<const char*>(keys) + layout.keys_indices + indices;
    for (uint64_t i = 0; i < count; ++i) {
        const char* entry = entries + i * stride;
        if (is_attribute(field<const void*>(entry, key_at))) {
            return values != nullptr ? field<const void*>(values, static_cast<uint32_t>(i * sizeof(void*)))
                                     : field<const void*>(entry, key_at + 8);
        }
    }
    return nullptr;
}

const void* value_in_dict(const void* dict) noexcept {
    if (!has_type(dict, interpreter.dict_type)) {
        return nullptr;
    }
    const Layout& layout = *interpreter.layout;
    return value_in(field<const void*>(dict, layout.dict_keys), field<const void*>(dict, layout.dict_values));
}

}  // namespace

bool operation_name(const void* self, char* to, uint32_t room) noexcept {
    to[0] = '\0';
    if (!may_be_object(self)) {
        return false;
    }
    const void* type = field<const void*>(self, kObjectType);
    if (!may_be_object(type)) {
        return false;
    }
    const void* value = nullptr;
    if (interpreter.layout->minor == 12 && (field<uint64_t>(type, kTypeFlags) & kManagedDict) != 0) {
        const auto tagged = field<uintptr_t>(static_cast<const char*>(self) + kManagedDictOffset, 0);
        value = (tagged & 1) != 0
                    ? value_in(field<const void*>(type, kTypeCachedKeys312), reinterpret_cast<const void*>(tagged + 1))
                    : value_in_dict(reinterpret_cast<const void*>(tagged));
    } else {
        const auto offset = field<int64_t>(type, kTypeDictOffset);
        if (offset > 0 && offset < 4096) {
            value = value_in_dict(field<const void*>(self, static_cast<uint32_t>(offset)));
        }
    }
    return copy_text(value, to, room) && to[0] != '\0';
}

}  // namespace ttmem::python_frames
