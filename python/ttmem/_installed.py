# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Where the package's programs and libraries lie."""
import os


def path(folder: str, name: str) -> str:
    """Path of a file of this installation, in "bin" or "lib".

    Beside these modules; or, where `pip install -e` runs them from a clone, beside the binding, which is built and installed.
    """
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), folder, name)
    if os.path.exists(here):
        return here
    from . import _native

    beside = os.path.join(os.path.dirname(os.path.abspath(_native.__file__)), folder, name)
    return beside if os.path.exists(beside) else here
