// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "references.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ttmem::python {
namespace {

namespace nb = nanobind;
using Clock = std::chrono::steady_clock;
using Objects = std::unordered_set<PyObject*>;

constexpr size_t kMostDepth = 24;
constexpr size_t kMostFrontier = 4096;    // of a level; a wider one is cut, and the answer is not complete
constexpr uint64_t kBetweenLooks = 2048;  // references that are followed between two looks at the clock

// While it lives nothing is collected, so no finalizer runs.
class NoCollection {
public:
    NoCollection() : was_on_(PyGC_Disable() != 0) {}
    ~NoCollection() {
        if (was_on_) {
            PyGC_Enable();
        }
    }
    NoCollection(const NoCollection&) = delete;
    NoCollection& operator=(const NoCollection&) = delete;

private:
    bool was_on_;
};

using GetVariable = PyObject* (*)(PyObject* frame, PyObject* name);  // since Python 3.12
using VisitObjects = void (*)(int (*)(PyObject*, void*), void*);     // since Python 3.12, no list of them all is made

GetVariable get_variable() {
    static const auto kFunction = reinterpret_cast<GetVariable>(dlsym(RTLD_DEFAULT, "PyFrame_GetVar"));
    return kFunction;
}

VisitObjects visit_objects() {
    static const auto kFunction = reinterpret_cast<VisitObjects>(dlsym(RTLD_DEFAULT, "PyUnstable_GC_VisitObjects"));
    return kFunction;
}

// All objects that the collector knows; empty from Python 3.12 on, which has a function for each. Called once, before a
// pointer is kept, as an audit hook of the program may run here. The list keeps the objects alive.
nb::list objects_known() {
    if (visit_objects() != nullptr) {
        return nb::list();
    }
    const nb::object all = nb::module_::import_("gc").attr("get_objects")();
    return nb::borrow<nb::list>(all);
}

// A variable's value without a reference: the frame keeps it. Null: it has none.
PyObject* variable(PyObject* frame, PyObject* name) {
    PyObject* value = get_variable()(frame, name);
    if (value == nullptr) {
        PyErr_Clear();
        return nullptr;
    }
    Py_DECREF(value);
    return value;
}

struct Variable {
    PyObject* frame;
    PyObject* value;
};

// Of running frames, which the collector cannot look into since Python 3.11.
std::vector<Variable> variables_of(const nb::list& frames) {
    std::vector<Variable> all;
    if (get_variable() == nullptr) {
        return all;
    }
    for (const nb::handle frame : frames) {
        // The attribute f_code would call audit hooks.
        const nb::object code =
            nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(reinterpret_cast<PyFrameObject*>(frame.ptr()))));
        for (const char* kind : {"co_varnames", "co_cellvars"}) {
            for (const nb::handle name : nb::tuple(code.attr(kind))) {
                if (PyObject* value = variable(frame.ptr(), name.ptr())) {
                    all.push_back({frame.ptr(), value});
                }
            }
        }
    }
    return all;
}

// The time that a search may take. It is asked before each object and each reference, so that neither many objects nor
// a large one can hold the GIL for long after the end: at most kBetweenLooks references.
class Deadline {
public:
    explicit Deadline(uint64_t budget_ns) : end_(Clock::now() + std::chrono::nanoseconds(budget_ns)) {}
    bool passed() {
        if (!passed_ && ++looks_ % kBetweenLooks == 0) {
            passed_ = Clock::now() >= end_;
        }
        return passed_;
    }
    uint64_t looks() const { return looks_; }

private:
    const Clock::time_point end_;
    uint64_t looks_ = 0;
    bool passed_ = false;
};

// Calls `see(object, what it refers to)` for each reference of each object that the collector knows, and of the
// dictionaries and tuples in them that it does not follow since they hold nothing that can be part of a cycle.
template <typename See>
class Pass {
public:
    Pass(See& see, Deadline& deadline, const nb::list& all) : see_(see), deadline_(deadline), all_(all) {}

    // False: the time was over before everything was looked at.
    bool run() {
        if (!complete_) {
            return false;
        }
        if (visit_objects() != nullptr) {
            visit_objects()([](PyObject* object, void* self) { return static_cast<Pass*>(self)->look(object) ? 1 : 0; },
                            this);
        } else {
            for (const nb::handle object : all_) {
                if (!look(object.ptr())) {
                    break;
                }
            }
        }
        return complete_;
    }
    // An object that was come upon elsewhere.
    void also(PyObject* object) {
        if (is_untracked_container(object) && untracked_.insert(object).second) {
            pending_.push_back(object);
        }
        follow_pending();
    }

private:
    static bool is_untracked_container(PyObject* object) {
        return (PyDict_CheckExact(object) || PyTuple_CheckExact(object)) && PyObject_GC_IsTracked(object) == 0;
    }
    bool look(PyObject* object) {
        if (deadline_.passed()) {
            complete_ = false;
            return false;
        }
        traverse(object);
        follow_pending();
        return complete_;
    }
    void follow_pending() {
        while (!pending_.empty() && complete_) {
            PyObject* next = pending_.back();
            pending_.pop_back();
            traverse(next);
        }
    }
    void traverse(PyObject* object) {
        const auto function = reinterpret_cast<traverseproc>(PyType_GetSlot(Py_TYPE(object), Py_tp_traverse));
        if (function == nullptr) {
            return;
        }
        from_ = object;
        function(
            object,
            [](PyObject* to, void* self) {
                auto* pass = static_cast<Pass*>(self);
                if (pass->deadline_.passed()) {
                    pass->complete_ = false;
                    return 1;  // ends this traversal
                }
                pass->see_(pass->from_, to);
                if (is_untracked_container(to) && pass->untracked_.insert(to).second) {
                    pass->pending_.push_back(to);
                }
                return 0;
            },
            this);
    }

    See& see_;
    Deadline& deadline_;
    const nb::list& all_;
    PyObject* from_ = nullptr;
    std::vector<PyObject*> pending_;
    Objects untracked_;
    bool complete_ = true;
};

// A set of pointers that is asked for far more often than it has what is asked for.
class Frontier {
public:
    void insert(PyObject* object) {
        objects_.insert(object);
        filter_[place(object)] = true;
    }
    bool contains(PyObject* object) const { return filter_[place(object)] && objects_.contains(object); }
    const Objects& objects() const { return objects_; }

private:
    static size_t place(PyObject* object) { return reinterpret_cast<uintptr_t>(object) >> 4 & (kPlaces - 1); }
    static constexpr size_t kPlaces = 1 << 16;
    std::vector<bool> filter_ = std::vector<bool>(kPlaces);
    Objects objects_;
};

class Search {
public:
    Search(const nb::list& targets, const nb::list& modules, const nb::list& frames, const nb::list& skipped,
           size_t most, uint64_t budget_ns)
        : deadline_(budget_ns), variables_(variables_of(frames)), most_(most) {
        for (const nb::handle module : modules) {
            if (PyModule_Check(module.ptr())) {
                module_dicts_.insert(PyModule_GetDict(module.ptr()));
            }
        }
        for (const nb::handle frame : frames) {
            frames_.insert(frame.ptr());
        }
        for (const nb::handle skip : skipped) {
            skipped_.insert(skip.ptr());
        }
        for (const nb::list* list : {&targets, &modules, &frames, &skipped}) {
            skipped_.insert(list->ptr());
        }
        for (const nb::handle target : targets) {
            frontier_.insert(target.ptr());
            targets_.insert(target.ptr());
            next_[target.ptr()] = nullptr;
        }
    }

    nb::tuple run() {
        bool complete = true;
        for (size_t depth = 0; depth < kMostDepth && !frontier_.objects().empty() && roots_.size() < most_; ++depth) {
            if (!step(depth == 0)) {
                complete = false;
                break;
            }
        }
        complete = complete && (frontier_.objects().empty() || roots_.size() >= most_);
        nb::list chains;
        for (size_t i = 0; i < std::min(roots_.size(), most_); ++i) {
            chains.append(chain_from(roots_[i]));
        }
        nb::list cycles;
        if (roots_.empty() && complete && !cut_) {
            for (PyObject* referrer : direct_) {
                cycles.append(chain_from(referrer));
            }
        }
        return nb::make_tuple(chains, cycles, complete && !cut_, deadline_.looks());
    }

private:
    // Finds who refers to the frontier. False: out of time.
    bool step(bool first) {
        Frontier after;
        Objects referred;
        const auto see = [&](PyObject* from, PyObject* to) {
            if (!frontier_.contains(to) || from == to || skipped_.contains(from)) {
                return;
            }
            referred.insert(to);
            if (!next_.emplace(from, to).second) {
                return;
            }
            if (first && direct_.size() < most_) {
                direct_.push_back(from);
            }
            if (is_root(from)) {
                roots_.push_back(from);
            } else if (after.objects().size() < kMostFrontier) {
                after.insert(from);
            } else {
                cut_ = true;
            }
        };
        Pass pass(see, deadline_, all_);
        for (const Variable& each : variables_) {
            see(each.frame, each.value);
            pass.also(each.value);
        }
        if (!pass.run()) {
            return false;
        }
        for (PyObject* object : frontier_.objects()) {
            if (!referred.contains(object) && !targets_.contains(object)) {
                roots_.push_back(object);  // nothing that Python knows refers to it
            }
        }
        frontier_ = std::move(after);
        return true;
    }

    bool is_root(PyObject* object) const {
        return module_dicts_.contains(object) || frames_.contains(object) || PyType_Check(object) != 0 ||
               PyModule_Check(object) != 0;
    }

    nb::list chain_from(PyObject* object) const {
        nb::list chain;
        for (; object != nullptr; object = next_.at(object)) {
            chain.append(nb::borrow(object));
        }
        return chain;
    }

    Deadline deadline_;  // the first: the list of all objects counts
    const nb::list all_ = objects_known();
    const std::vector<Variable> variables_;
    const size_t most_;
    Objects module_dicts_;
    Objects frames_;
    Objects skipped_;
    Objects targets_;
    std::unordered_map<PyObject*, PyObject*> next_;  // what it refers to, towards a target
    Frontier frontier_;
    std::vector<PyObject*> roots_;   // the nearest first
    std::vector<PyObject*> direct_;  // that refer to a target themselves
    bool cut_ = false;
};

}  // namespace

nb::tuple instances_of(nb::handle class_, const nb::list& frames, uint64_t budget_ns) {
    const NoCollection quiet;
    Deadline deadline(budget_ns);
    const nb::list everything = objects_known();
    auto* const wanted = reinterpret_cast<PyTypeObject*>(class_.ptr());
    std::unordered_map<PyTypeObject*, bool> types;
    Objects found;
    const auto look = [&](PyObject* object) {
        PyTypeObject* type = Py_TYPE(object);
        const auto [known, fresh] = types.try_emplace(type, false);
        if (fresh) {
            known->second = PyType_IsSubtype(type, wanted) != 0;
        }
        if (known->second) {
            found.insert(object);
        }
    };
    const auto see = [&](PyObject*, PyObject* to) { look(to); };
    Pass pass(see, deadline, everything);
    for (const Variable& each : variables_of(frames)) {
        look(each.value);
        pass.also(each.value);
    }
    const bool complete = pass.run();
    nb::list all;
    for (PyObject* object : found) {
        all.append(nb::borrow(object));
    }
    return nb::make_tuple(all, complete, deadline.looks());
}

nb::tuple reference_chains(const nb::list& targets, const nb::list& modules, const nb::list& frames,
                           const nb::list& skipped, size_t most, uint64_t budget_ns) {
    const NoCollection quiet;
    return Search(targets, modules, frames, skipped, most, budget_ns).run();
}

nb::object frame_variable(nb::handle frame, nb::handle name) {
    PyObject* value = get_variable() == nullptr ? nullptr : variable(frame.ptr(), name.ptr());
    return value == nullptr ? nb::none() : nb::borrow(value);
}

}  // namespace ttmem::python
