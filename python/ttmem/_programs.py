# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The programs of the wheel as console scripts: each becomes the real one, under the name it was called by."""
import os
import sys

from . import _installed


def program(name: str = "ttmem") -> str:
    """Path of a program in this installation: "ttmem" (which has the old names too) or "ttmem-leftovers"."""
    return _installed.path("bin", name)


def _become(name: str, program_name: str = "ttmem") -> None:
    path = program(program_name)
    try:
        os.execv(path, [name, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"{name}: {path}: {error.strerror}")


def ttmem() -> None:
    _become("ttmem")


def tt_smi_umd() -> None:
    _become("tt_smi_umd")


def allocation_server_poc() -> None:
    _become("allocation_server_poc")


def leftovers() -> None:
    _become("ttmem-leftovers", "ttmem-leftovers")
