# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""`ttmem doctor` says of each real ttnn wheel that set-up brought as which release it can be tracked, and of one that lacks a function, which."""
import json
import pathlib
import re
import subprocess

import pytest

# The releases that set-up installs for the suite: one release at least of each family that the hooks distinguish.
RELEASES = {"0.66.0": "0.66 to 0.75", "0.72.0": "0.66 to 0.75", "0.78.0": "0.76 to 0.78", "0.80.0": "0.79 and later", "0.81.1": "0.79 and later"}


def library_of(python):
    """The library of an interpreter's ttnn. Nothing of it is loaded."""
    found = list(pathlib.Path(python).parent.parent.glob("lib/python3*/site-packages/ttnn/build/lib/libtt_metal.so"))
    assert len(found) == 1, found
    return found[0]


def findings(tools, *places):
    done = subprocess.run([tools.ttmem, "doctor", "--json", "--http", "off", *places], capture_output=True, text=True, timeout=300)
    answer = json.loads(done.stdout)
    assert done.returncode == int(answer["problems"]), done
    return [one for one in answer["findings"] if one["topic"] == "ttnn"]


@pytest.mark.parametrize("version", RELEASES)
def test_a_real_wheel_is_named_with_its_family(tools, python_for, version):
    environment = pathlib.Path(python_for(version)).parent.parent
    for place in (environment, library_of(python_for(version))):
        (found,) = findings(tools, place)
        assert found["level"] == "ok", found
        assert found["text"].startswith(f"ttnn {version} can be tracked as {RELEASES[version]} ("), found
        assert found["remedy"] is None


def test_several_at_once_each_once(tools, python_for):
    places = [pathlib.Path(python_for(version)).parent.parent for version in RELEASES]
    texts = [one["text"] for one in findings(tools, *places, places[0])]
    assert [re.match(r"ttnn (\S+) ", text)[1] for text in texts] == list(RELEASES)


def test_a_library_without_a_function_is_told_by_its_name(tools, python, tmp_path):
    """The real library with one exported name spelt otherwise, as in a release that renamed the function."""
    image = library_of(python).read_bytes()
    name = re.search(rb"\0(_ZN2tt8tt_metal\w*Allocator\w*15allocate_buffer\w+)\0", image)[1]
    copy = tmp_path / "libtt_metal.so"
    copy.write_bytes(image.replace(name + b"\0", name.replace(b"15allocate_buffer", b"15allocate_bufXer") + b"\0"))
    (found,) = findings(tools, copy)
    assert found["level"] == "problem" and name.decode() in found["text"], found
    assert found["remedy"]
    copy.write_bytes(image[: len(image) // 2])
    (found,) = findings(tools, copy)
    assert found["level"] == "problem", found
