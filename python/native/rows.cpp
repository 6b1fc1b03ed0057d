// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "output/json_values.hpp"
#include "output/l1_json.hpp"
#include "views.hpp"

namespace ttmem::python {
namespace {

namespace nb = nanobind;

// The keys of a row, in the order of api::to_json(buffer, model).
// clang-format off
enum Key : size_t {
    kPid, kId, kDevices, kDeviceIndexes, kMesh, kKind, kViewOf, kAddress, kRequestedBytes, kAllocatedBytes,
    kBytesPerBank, kBanks, kPageBytes, kLayout, kKernelBinaries, kProgramCache, kWhileTraced, kThread, kAllocatedAtNs,
    kRegion, kScope, kOperation, kLabel, kStack, kTensor, kPaddingBytes, kLockstepWasteBytes, kCores, kAddresses, kKeys
};
constexpr std::array<const char*, kKeys> kNames = {
    "pid", "id", "devices", "device_indexes", "mesh", "kind", "view_of", "address", "requested_bytes", "allocated_bytes",
    "bytes_per_bank", "banks", "page_bytes", "layout", "kernel_binaries", "program_cache", "while_traced", "thread", "allocated_at_ns",
    "region", "scope", "operation", "label", "stack", "tensor", "padding_bytes", "lockstep_waste_bytes", "cores", "addresses"
};
// clang-format on

nb::object text_of(std::string_view text) {
    return text.empty() ? nb::none() : nb::object(nb::str(text.data(), text.size()));
}

template <typename Value>
nb::object value_of(const std::optional<Value>& value) {
    return value ? nb::object(nb::int_(*value)) : nb::none();
}

// Texts of a program need not be UTF-8; what is not becomes U+FFFD, as in JSON.
nb::object foreign_text(std::string_view text) {
    PyObject* const made = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
    if (made == nullptr) {
        throw nb::python_error();
    }
    return nb::steal(made);
}

nb::object foreign_text_or_none(std::string_view text) {
    return text.empty() ? nb::none() : foreign_text(text);
}

nb::object python_of(const nlohmann::ordered_json& value) {
    if (value.is_string()) {
        return foreign_text(value.get_ref<const std::string&>());
    }
    if (value.is_boolean()) {
        return nb::bool_(value.get<bool>());
    }
    if (value.is_number_unsigned()) {
        return nb::int_(value.get<uint64_t>());
    }
    if (value.is_number_integer()) {
        return nb::int_(value.get<int64_t>());
    }
    if (value.is_array()) {
        nb::list list;
        for (const auto& each : value) {
            list.append(python_of(each));
        }
        return list;
    }
    if (value.is_object()) {
        nb::dict dict;
        for (const auto& [key, each] : value.items()) {
            dict[key.c_str()] = python_of(each);
        }
        return dict;
    }
    return nb::none();
}

nb::object copy_of_dict(const nb::object& dict) {
    PyObject* const copy = PyDict_Copy(dict.ptr());
    if (copy == nullptr) {
        throw nb::python_error();
    }
    return nb::steal(copy);
}

nb::object copy_of_list(const nb::object& list) {
    PyObject* const copy = PyList_GetSlice(list.ptr(), 0, PY_SSIZE_T_MAX);
    if (copy == nullptr) {
        throw nb::python_error();
    }
    return nb::steal(copy);
}

// Makes rows one after the other. Most of a row is that of the row before it: a row starts as a copy of that one, which
// is one step however many keys it has, and only what differs is put in. Lists and dictionaries are made for each row.
class Rows {
public:
    Rows(const api::Model& model, bool stack) : model_(model), with_stack_(stack), tensors_(model.tensors.size()) {
        nb::dict empty;
        for (size_t key = 0; key < kKeys; ++key) {
            keys_[key] = nb::steal(PyUnicode_InternFromString(kNames[key]));
            empty[keys_[key]] = nb::none();
        }
        row_ = empty;
    }

    nb::object next(const api::Buffer& buffer) {
        row_ = copy_of_dict(row_);
        const api::Buffer* const before = std::exchange(before_, &buffer);
        const auto differs = [&](auto member) { return before == nullptr || before->*member != buffer.*member; };
        if (differs(&api::Buffer::process)) {
            put(kPid, value_of(model_.processes[buffer.process].pid));
        }
        put(kId, nb::int_(buffer.id));
        put_devices(buffer, differs(&api::Buffer::devices));
        if (differs(&api::Buffer::mesh)) {
            put(kMesh, value_of(buffer.mesh));
        }
        if (differs(&api::Buffer::kind)) {
            put(kKind, text_of(api::to_string(buffer.kind)));
        }
        if (differs(&api::Buffer::view_of)) {
            put(kViewOf, buffer.view_of ? text_of(api::to_string(*buffer.view_of)) : nb::none());
        }
        put_numbers(buffer, differs);
        put_origin(buffer, differs);
        put(kCores, buffer.cores ? python_of(api::cores_json(*buffer.cores)) : nb::none());
        put(kAddresses, python_of(api::addresses_json(buffer)));
        return row_;
    }

private:
    void put(Key key, const nb::object& value) {
        if (PyDict_SetItem(row_.ptr(), keys_[key].ptr(), value.ptr()) != 0) {
            throw nb::python_error();
        }
    }

    void put_devices(const api::Buffer& buffer, bool differ) {
        if (differ) {
            nb::list ids;
            nb::list indexes;
            for (const api::DeviceIndex device : buffer.devices) {
                ids.append(value_of(model_.devices[device].id));
                indexes.append(nb::int_(size_t{device}));
            }
            ids_ = ids;
            indexes_ = indexes;
        }
        put(kDevices, copy_of_list(ids_));
        put(kDeviceIndexes, copy_of_list(indexes_));
    }

    template <typename Differs>
    void put_numbers(const api::Buffer& buffer, const Differs& differs) {
        const auto number = [&](Key key, auto member) {
            if (differs(member)) {
                put(key, nb::int_(buffer.*member));
            }
        };
        const auto flag = [&](Key key, auto member) {
            if (differs(member)) {
                put(key, nb::bool_(buffer.*member));
            }
        };
        number(kAddress, &api::Buffer::address);
        number(kRequestedBytes, &api::Buffer::requested_bytes);
        number(kAllocatedBytes, &api::Buffer::allocated_bytes);
        number(kBytesPerBank, &api::Buffer::bytes_per_bank);
        number(kBanks, &api::Buffer::banks);
        if (differs(&api::Buffer::page_bytes)) {
            put(kPageBytes, value_of(buffer.page_bytes));
        }
        if (differs(&api::Buffer::layout)) {
            put(kLayout, text_of(buffer.layout));
        }
        flag(kKernelBinaries, &api::Buffer::kernel_binaries);
        flag(kProgramCache, &api::Buffer::program_cache);
        flag(kWhileTraced, &api::Buffer::while_traced);
        number(kThread, &api::Buffer::thread);
        number(kAllocatedAtNs, &api::Buffer::allocated_at_ns);
        put_if_new(kPaddingBytes, buffer.padding_bytes(), padding_);
        put_if_new(kLockstepWasteBytes, buffer.lockstep_waste_bytes(), waste_);
    }

    void put_if_new(Key key, const api::Bytes& bytes, api::Bytes& before) {
        if (bytes != before) {
            put(key, value_of(bytes));
            before = bytes;
        }
    }

    template <typename Differs>
    void put_origin(const api::Buffer& buffer, const Differs& differs) {
        if (differs(&api::Buffer::region)) {
            put(kRegion, buffer.region ? foreign_text(*buffer.region) : nb::none());
        }
        if (differs(&api::Buffer::label)) {
            put(kLabel, buffer.label ? foreign_text(*buffer.label) : nb::none());
        }
        const api::Context* const context = buffer.context ? &model_.contexts[*buffer.context] : nullptr;
        if (differs(&api::Buffer::context)) {
            put(kScope, context == nullptr ? nb::none() : foreign_text_or_none(context->scope));
            put(kOperation, context == nullptr ? nb::none() : foreign_text_or_none(context->operation));
        }
        if (with_stack_) {
            put(kStack, context == nullptr ? nb::none() : python_of(api::stack_or_null(*context)));
        }
        put(kTensor, buffer.tensor ? tensor(*buffer.tensor) : nb::none());
    }

    // A copy for each row, with lists of its own.
    nb::object tensor(size_t index) {
        nb::object& made = tensors_[index];
        if (!made.is_valid()) {
            made = python_of(api::tensor_json(model_.tensors[index]));
        }
        const nb::object copy = copy_of_dict(made);
        for (const char* const name : {"shape", "padded_shape", "shard_shape", "distribution_shape", "sharded_along"}) {
            const nb::object key = nb::steal(PyUnicode_InternFromString(name));
            PyObject* const list = PyDict_GetItemWithError(made.ptr(), key.ptr());
            if (list != nullptr && PyList_Check(list) &&
                PyDict_SetItem(copy.ptr(), key.ptr(), copy_of_list(nb::borrow(list)).ptr()) != 0) {
                throw nb::python_error();
            }
        }
        return copy;
    }

    const api::Model& model_;
    bool with_stack_;
    std::array<nb::object, kKeys> keys_;
    nb::object row_;  // the last one made
    const api::Buffer* before_ = nullptr;
    nb::object ids_;  // of the last one's devices
    nb::object indexes_;
    api::Bytes padding_;
    api::Bytes waste_;
    std::vector<nb::object> tensors_;  // by index in the model; made when they are first needed
};

}  // namespace

nb::list own_rows(std::optional<int32_t> device, bool stack) {
    const std::shared_ptr<const api::Model> model = own_model(inventory::Depth::kBuffers);
    Rows rows(*model, stack);
    nb::list all;
    for (const api::Buffer& buffer : model->buffers) {
        const bool wanted =
            !device || std::any_of(buffer.devices.begin(), buffer.devices.end(),
                                   [&](api::DeviceIndex place) { return model->devices[place].id == device; });
        if (wanted) {
            all.append(rows.next(buffer));
        }
    }
    return all;
}

}  // namespace ttmem::python
