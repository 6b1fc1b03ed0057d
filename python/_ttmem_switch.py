# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Loads the hooks library as the interpreter starts; ttmem_switch.pth imports this where TT_ALLOC_TRACKING_ENABLED asks for it.

The library must be in the global scope before ttnn is imported: ttnn's libraries then find its functions first. It does nothing until a
device is opened. Whatever goes wrong here costs the program a line on stderr and its tracking, never its start.
(PYTEST_DONT_REWRITE: pytest would warn, since this belongs to a plugin's package and is there before pytest is.)
"""


def _load():
    import ctypes
    import os
    import sys

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ttmem", "lib", "libtt_alloc_hooks.so")
    if "libtt_alloc_hooks" in os.environ.get("LD_PRELOAD", ""):
        return  # it is here already
    try:
        ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        sys.stderr.write(f"ttmem: {error}; this process runs untracked\n")


_load()
