// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// ttmem._native: what ttmem/*.py stands on. Private; _native.pyi declares its types.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "detached.hpp"
#include "figures.hpp"
#include "loaded.hpp"
#include "own.hpp"
#include "peaks.hpp"
#include "references.hpp"
#include "rows.hpp"
#include "views.hpp"

namespace nb = nanobind;

namespace ttmem::python {
namespace {

int32_t chip_number(nb::handle value) {
    int32_t number = 0;
    if (!nb::try_cast<int32_t>(value, number)) {
        const nb::str name(value.type().attr("__name__"));
        const std::string message =
            "device is a chip's number, a device or mesh of ttnn, or None, not of type " + std::string(name.c_str());
        throw nb::type_error(message.c_str());
    }
    return number;
}

// A device as callers name one: None (the lowest that is open), tt-metal's number, or an object of ttnn's; of a mesh
// its first chip.
int32_t device_number(const Loaded& library, nb::handle device) {
    if (device.is_none()) {
        return library.device();
    }
    if (PyLong_CheckExact(device.ptr())) {
        return chip_number(device);
    }
    if (nb::hasattr(device, "get_device_ids")) {
        return chip_number(nb::object(device.attr("get_device_ids")()[0]));
    }
    if (nb::hasattr(device, "id")) {
        const nb::object id = device.attr("id");
        return chip_number(PyCallable_Check(id.ptr()) ? id() : id);
    }
    return chip_number(device);
}

uint32_t account(nb::str kind) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(kind.ptr(), &size);
    if (text == nullptr) {
        throw nb::python_error();
    }
    if (const auto found = account_of({text, static_cast<size_t>(size)})) {
        return *found;
    }
    const std::string message = "kind is 'dram', 'l1', 'l1_small' or 'trace', not '" + std::string(text) + "'";
    throw nb::value_error(message.c_str());
}

// By account.
constexpr api::MemoryKind kMemoryKinds[] = {api::MemoryKind::kDram, api::MemoryKind::kL1, api::MemoryKind::kDram,
                                            api::MemoryKind::kL1Small, api::MemoryKind::kTrace};

uint64_t memory_allocated(nb::handle device, nb::str kind) {
    const Loaded& library = own_library();
    const int32_t chip = device_number(library, device);
    const uint32_t number = account(kind);
    if (const auto held = held_bytes(library, chip, number)) [[likely]] {
        return *held;
    }
    if (const auto held = listed_bytes(chip, kMemoryKinds[number])) {
        return *held;
    }
    throw NotTracked(
        "several allocators hold bytes on this device, and more buffers live than the ledger lists: their union is not "
        "known (TT_ALLOC_LEDGER_MAX_BUFFERS lists more)");
}

PeakWindow& whole() {
    static auto* window = new PeakWindow(true);
    return *window;
}

std::optional<uint64_t> max_memory_allocated(nb::handle device, nb::str kind) {
    const Loaded& library = own_library();
    return whole().bytes(device_number(library, device), account(kind));
}

void reset_peak(nb::handle device) {
    const Loaded& library = own_library();
    whole().restart(device.is_none() ? -1 : device_number(library, device));
}

nb::dict counters(nb::handle device, uint32_t number) {
    const Loaded& library = own_library();
    const int32_t chip = device_number(library, device);
    const tt_alloc_own_totals_t sum = sum_of(library, chip, number);
    nb::dict all;
    all["peak_bytes"] = whole().bytes(chip, number);
    const Extremes furthest = whole().extremes(chip, number);
    all["highest_address"] = furthest.highest_end;
    all["lowest_address"] = furthest.lowest_address;
    all["least_largest_free_bytes_per_bank"] = furthest.least_largest_free;
    all["least_headroom_bytes_per_core"] = furthest.least_headroom;
    all["buffers"] = sum.buffers;
    all["requested_bytes"] = sum.requested_bytes;
    all["allocations"] = sum.allocations;
    all["frees"] = sum.frees;
    all["allocated_bytes"] = sum.allocated_bytes;
    all["freed_bytes"] = sum.freed_bytes;
    all["failures"] = sum.failures;
    return all;
}

// 0 done; else why not.
std::string call_hooks(bool on) {
    const Loaded* library = loaded();
    const auto function = library == nullptr ? nullptr : on ? library->enable : library->disable;
    if (function == nullptr) {
        return "";
    }
    char message[1024] = "";
    int status = 0;
    {
        const nb::gil_scoped_release released;
        status = function(message, sizeof message);
    }
    return status == 0 ? "" : *message != '\0' ? message : "the hooks library refused without a reason";
}

// Binds the questions: memory held, explanations of refusals, fits, and references to an object.
void bind_answers(nb::module_& module) {
    module.def("own_places", &own_places);
    module.def("instances_of", &instances_of, nb::arg("class_"), nb::arg("frames"), nb::arg("budget_ns"));
    module.def("reference_chains", &reference_chains, nb::arg("targets"), nb::arg("modules"), nb::arg("frames"),
               nb::arg("skipped"), nb::arg("most"), nb::arg("budget_ns"));
    module.def("frame_variable", &frame_variable, nb::arg("frame"), nb::arg("name"));
    module.def("own_json", &own_json, nb::arg("buffers"));
    module.def("own_rows", &own_rows, nb::arg("device").none(), nb::arg("stack"));
    module.def(
        "own_figures",
        [](nb::handle device, nb::str kind) {
            return own_figures(device_number(own_library(), device), kMemoryKinds[account(kind)]);
        },
        nb::arg("device").none(), nb::arg("kind"));
    module.def("own_why", &own_why, nb::arg("width"));
    module.def(
        "own_peak",
        [](nb::object kind, size_t width) {
            return own_peak(kind.is_none() ? std::nullopt : std::optional(kMemoryKinds[account(nb::str(kind))]), width);
        },
        nb::arg("kind").none(), nb::arg("width"));
    module.def("saved_why", &saved_why, nb::arg("path"), nb::arg("width"));
    module.def(
        "own_fits",
        [](int32_t device, std::string shape, std::string data_type, std::string layout, std::string memory,
           std::string sharding, std::string shard_shape, std::string cores) {
            return own_fits(device, {std::move(shape), std::move(data_type), std::move(layout), std::move(memory),
                                     std::move(sharding), std::move(shard_shape), std::move(cores)});
        },
        nb::arg("device"), nb::arg("shape"), nb::arg("data_type"), nb::arg("layout"), nb::arg("memory"),
        nb::arg("sharding"), nb::arg("shard_shape"), nb::arg("cores"));
    module.def("own_groups", &own_groups, nb::arg("by"), nb::arg("device"));
    module.def("machine_json", &machine_json, nb::arg("buffers"), nb::arg("telemetry"));
}

// The names that a program gives to its parts: scopes, steps, tensors.
void bind_names(nb::module_& module) {
    // 0 where nothing is tracked.
    module.def(
        "name_context",
        [](const std::string& name) { return loaded() == nullptr ? 0u : loaded()->name_context(name.c_str()); },
        nb::arg("name"));
    module.def(
        "set_context", [](uint32_t number) { return loaded() == nullptr ? 0u : loaded()->set_context(number); },
        nb::arg("number"));

    // Raises ValueError where the value means nothing. The GIL is held, so that the hooks can read stacks from here on.
    module.def(
        "name_operations",
        [](const std::string& value) {
            const Loaded* library = loaded();
            char message[512] = "";
            if (library != nullptr && library->name_operations != nullptr &&
                library->name_operations(value.c_str(), message, sizeof message) != 0) {
                throw nb::value_error(message);
            }
        },
        nb::arg("value"));

    // 0 where nothing is tracked, or the library is of before steps.
    module.def(
        "step",
        [](const std::string& name) {
            const Loaded* library = loaded();
            return library != nullptr && library->step != nullptr ? library->step(name.c_str()) : uint64_t{0};
        },
        nb::arg("name"));

    // False: no such buffer is listed, there is no room for the name, or the library is of before labels.
    module.def(
        "label_buffer",
        [](uint64_t id, const std::string& name) {
            const Loaded* library = loaded();
            return library != nullptr && library->label_buffer != nullptr &&
                   library->label_buffer(id, name.c_str()) != 0;
        },
        nb::arg("id"), nb::arg("name"));
}

}  // namespace

NB_MODULE(_native, module) {
    module.doc() = "What the ttmem package stands on; private.";
    nb::set_leak_warnings(
        false);  // a block or watcher that still stands as the interpreter ends is no leak, and stderr is the program's
    const nb::exception<NotTracked> not_tracked(module, "NotTrackedError", PyExc_RuntimeError);
    not_tracked.attr("__doc__") = "Nothing tracks this process, or what was asked is not known here.";
    not_tracked.attr("__module__") = "ttmem";  // under the name by which it is caught

    module.def("hooks_path", &hooks_path);
    module.def("tt_metal_is_loaded", &tt_metal_is_loaded);
    module.def("load_hooks", &load_hooks, nb::arg("path"));
    module.def("enable_hooks", [] { return call_hooks(true); });
    module.def("disable_hooks", [] { return call_hooks(false); });
    module.def("is_connected", [] { return loaded() != nullptr; });
    // False: what tt-metal allocates in this process is recorded by nothing (switched off, or a release that is
    // unknown).
    module.def("tracking_is_on", [] {
        const Loaded* library = loaded();
        return library != nullptr && (library->state == nullptr || library->state() != 2 || !tt_metal_is_loaded());
    });
    module.def("generation", [] { return loaded() == nullptr ? 0 : loaded()->generation(); });

    module.def(
        "device_number", [](nb::handle device) { return device_number(own_library(), device); },
        nb::arg("device").none());
    module.def("memory_allocated", &memory_allocated, nb::arg("device").none() = nb::none(), nb::arg("kind") = "dram",
               "Bytes of a kind of memory that this process holds on a device now: what ttnn.get_memory_view calls "
               "allocated,\n"
               "times banks. Costs about a tenth of a microsecond.\n\n"
               "Raises NotTrackedError where nothing tracks this process.");
    module.def("max_memory_allocated", &max_memory_allocated, nb::arg("device").none() = nb::none(),
               nb::arg("kind") = "dram",
               "The most bytes of a kind that this process held on a device at once, since it began or since\n"
               "reset_peak_memory_stats; where tracking was turned on late, since then.\n\n"
               "None where it cannot be known: several allocators (a mesh and its submesh) held bytes there at\n"
               "overlapping times. Raises NotTrackedError where nothing tracks this process.");
    module.def("reset_peak", &reset_peak, nb::arg("device").none() = nb::none());
    module.def("counters", &counters, nb::arg("device").none(), nb::arg("account"));

    nb::class_<PeakWindow>(module, "PeakWindow")
        .def("__init__",
             [](PeakWindow* self) {
                 whole();
                 new (self) PeakWindow();
             })
        .def(
            "bytes",
            [](PeakWindow& self, nb::handle device, nb::str kind) {
                return self.bytes(device_number(own_library(), device), account(kind));
            },
            nb::arg("device").none(), nb::arg("kind"))
        .def(
            "least_headroom",
            [](PeakWindow& self, nb::handle device) {
                return self.extremes(device_number(own_library(), device), account(nb::str("l1"))).least_headroom;
            },
            nb::arg("device").none())
        .def("restart", [](PeakWindow& self) { self.restart(-1); })
        .def("close", &PeakWindow::close);

    nb::class_<OwnEvents>(module, "OwnEvents").def(nb::init<>()).def("take", &OwnEvents::take);
    module.def("own_regions", &own_regions, nb::arg("contexts"));

    // Bytes, for paths and variables need not be UTF-8.
    module.def(
        "start_detached",
        [](const nb::bytes& program, const std::vector<nb::bytes>& words, const std::vector<nb::bytes>& environment,
           int output) {
            const auto texts = [](const std::vector<nb::bytes>& all) {
                std::vector<std::string> copies;
                for (const nb::bytes& each : all) {
                    copies.emplace_back(each.c_str(), each.size());
                }
                return copies;
            };
            return start_detached({program.c_str(), program.size()}, texts(words), texts(environment), output);
        },
        nb::arg("program"), nb::arg("words"), nb::arg("environment"), nb::arg("output"));
    module.def("process_descriptor", &process_descriptor, nb::arg("pid"));
    module.def("end_process", &end_process, nb::arg("descriptor"));
    bind_names(module);
    bind_answers(module);
}

}  // namespace ttmem::python
