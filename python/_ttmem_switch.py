# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Switches tracking on as an interpreter starts; ttmem_switch.pth calls start() where TT_ALLOC_TRACKING_ENABLED asks for it.

The hooks library must be in the global scope before ttnn is imported: ttnn's libraries then find its functions first. It does nothing until a
device is opened. Whatever goes wrong here costs the program a line on stderr and its tracking, never its start.
(PYTEST_DONT_REWRITE: pytest would warn, since this belongs to a plugin's package and is there before pytest is.)
"""
import os
import sys

RECORD = "TT_ALLOC_RECORD"
MODULE = "ttnn.decorators"  # imported with ttnn
_started = False


def start():
    """Once, also in a virtual environment, whose path files an interpreter reads twice."""
    global _started
    if _started:
        return
    _started = True
    if os.environ.get(RECORD):
        os.environ.setdefault("TT_ALLOC_RING_EVENTS", "32768")  # read as the hooks are loaded
        when_imported(MODULE, record)
    load_hooks()


def has_started():
    return _started


def load_hooks():
    import ctypes

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ttmem", "lib", "libtt_alloc_hooks.so")
    if "libtt_alloc_hooks" in os.environ.get("LD_PRELOAD", ""):
        return  # it is here already
    try:
        ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        sys.stderr.write(f"ttmem: {error}; this process runs untracked\n")


def record(module):
    """As the variable says, as the program imports ttnn: before it can open a device."""
    from ttmem import _recorder

    _recorder.start_from_environment()


def when_imported(name, then):
    """Calls then(module) after the import of that module, where an error of it is a line on stderr; or now if it was imported, and an error is the caller's."""
    if name in sys.modules:
        then(sys.modules[name])
        return
    for finder in sys.meta_path:
        if isinstance(finder, _Finder) and finder.name == name:
            finder.thens.setdefault(then.__qualname__, then)  # a function once
            return
    sys.meta_path.insert(0, _Finder(name, then))


class _Finder:
    """A finder that lets those after it find the module, and watches as the module is executed."""

    def __init__(self, name, then):
        self.name = name
        self.thens = {then.__qualname__: then}

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self and hasattr(finder, "find_spec") else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    self._look_on(spec.loader)
                return spec
        return None

    def _look_on(self, loader):
        execute = loader.exec_module

        def exec_module(module):
            del loader.exec_module
            execute(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            for then in self.thens.values():
                try:
                    then(module)
                except Exception as error:
                    sys.stderr.write(f"ttmem: {error}; this process is not recorded\n")

        loader.exec_module = exec_module  # of this loader alone: each module has its own
