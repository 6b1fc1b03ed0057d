# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import re
import subprocess

import pytest

# The oldest system that has ttnn wheels: their tag is manylinux_2_34; GLIBCXX_3.4.29 is the libstdc++ of that generation.
NEWEST = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29), "CXXABI": (1, 3, 13)}


def shipped(build):
    """Programs and shared libraries that the build leaves for users."""
    found = []
    for folder in ("bin", "lib"):
        for path in sorted((build / folder).glob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix not in (".a", ".o"):
                with open(path, "rb") as f:
                    if f.read(4) == b"\x7fELF":
                        found.append(path)
    return found


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True, text=True).stdout


def test_no_binary_needs_a_newer_c_library(build):
    binaries = shipped(build)
    if not binaries:
        pytest.skip("nothing is built that is shipped")
    newer = []
    for path in binaries:
        needs = readelf("-V", str(path)).partition("Version needs section")[2]
        for family, numbers in re.findall(r"Name: (GLIBC|GLIBCXX|CXXABI)_([0-9.]+)\b", needs):
            if tuple(map(int, numbers.split("."))) > NEWEST[family]:
                newer.append(f"{path.name}: {family}_{numbers}")
    assert not newer


def test_versions_are_seen_at_all(build):
    """Guards the check above: every program needs some symbol of the C library."""
    for path in shipped(build):
        assert re.search(r"Name: GLIBC_2\.", readelf("-V", str(path))), path.name


def test_no_binary_has_a_path_of_this_machine_to_its_libraries(build):
    for path in shipped(build):
        for line in readelf("-d", str(path)).splitlines():
            if "RPATH" in line or "RUNPATH" in line:
                for entry in re.search(r"\[(.*)\]", line).group(1).split(":"):
                    assert entry.startswith("$ORIGIN") or entry == "", f"{path.name}: {line.strip()}"
