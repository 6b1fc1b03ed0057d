# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""web/dist is what web/src and the pinned packages give: nothing else may be in the file that the server gives out."""
import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A copy of web/ with its packages installed as package-lock.json pins them, by checksum."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("no npm here: the page is not built again")
    copy = tmp_path_factory.mktemp("web")
    for name in ("package.json", "package-lock.json", "tsconfig.json", "build.mjs"):
        shutil.copy(ROOT / "web" / name, copy)
    shutil.copytree(ROOT / "web/src", copy / "src")
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=copy, capture_output=True, text=True)
    if done.returncode != 0 and re.search(r"ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH", done.stderr):
        pytest.skip("no network: the packages of the page cannot be fetched")
    assert done.returncode == 0, done.stderr[-2000:]
    return copy


def test_the_types_are_sound(packages):
    done = subprocess.run(["npm", "run", "--silent", "check"], cwd=packages, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_building_again_gives_the_same_bytes(packages):
    done = subprocess.run(["node", "build.mjs", packages / "again"], cwd=packages, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("page.html", "policy.txt", "report.html"):
        assert (packages / "again" / name).read_bytes() == (ROOT / "web/dist" / name).read_bytes(), f"web/dist/{name} is stale: run npm ci && npm run build in web/"


def test_packages_are_pinned():
    said = json.loads((ROOT / "web/package.json").read_text())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for kind in ("dependencies", "devDependencies") for version in said[kind].values())
    locked = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for name, package in locked.items() if name)


def test_the_policy_is_that_of_the_file():
    page = (ROOT / "web/dist/page.html").read_text()
    policy = (ROOT / "web/dist/policy.txt").read_text()
    for element, directive in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    assert "MIT" in page and "preact" in page and "uplot" in page, "the licences of what is inside"
