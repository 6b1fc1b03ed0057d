# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The packages of a release, made from the build that is there and tried in systems of their own. Minutes, and the distribution's archive: with --long alone."""
import json
import os
import re
import shutil
import subprocess
import tarfile

import pytest

pytestmark = pytest.mark.long
PUBLISHER = {"DEBFULLNAME": "Ann Æble", "DEBEMAIL": "ann@example.org"}


def script(root, *command, environment=None):
    done = subprocess.run([root / "scripts" / command[0], *command[1:]], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needed(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"these are not installed here: {' '.join(missing)}")


@pytest.fixture(scope="module")
def release(root, build, tmp_path_factory):
    """Everything but wheels (tests/python builds those) and the image, with checksums and a bill of materials."""
    needed("dpkg-buildpackage", "dh", "lintian", "patchelf")
    out = tmp_path_factory.mktemp("release")
    script(root, "release.sh", "--out", out, "--build", build, "--without", "wheels", "--without", "oci", environment=os.environ | PUBLISHER)
    return out


def test_debian_packages_come_and_go(root, release):
    needed("debootstrap")
    if os.geteuid() != 0:
        pytest.skip("a system of its own is made and entered as root")
    assert "nothing left" in script(root, "try_deb.sh", *sorted(release.glob("*.deb")))


def test_debian_packages_name_who_publishes_them(release):
    debs = sorted(release.glob("*.deb"))
    assert len(debs) == 3
    for deb in debs:
        assert subprocess.run(["dpkg-deb", "-f", deb, "Maintainer"], capture_output=True, text=True, check=True).stdout == "Ann Æble <ann@example.org>\n"


def test_the_archive_runs_where_it_is_unpacked(release, tmp_path):
    (archive,) = release.glob("ttmem-*-linux-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="fully_trusted")
    (tree,) = tmp_path.iterdir()
    program = tree / "bin/ttmem"
    assert json.loads(subprocess.run([program, "snapshot", "--json", "--server", "none"], capture_output=True, text=True, check=True).stdout)["schema"] == 1
    for each in (program, tree / "libexec/ttmem/ttmem-server"):
        loaded = subprocess.run(["ldd", each], capture_output=True, text=True, check=True).stdout
        outside = {name for name, path in re.findall(r"(\S+) => (\S+)", loaded) if not path.startswith(str(tree))}
        assert not {name for name in outside if not re.match(r"(libc|libm|libpthread|libdl|librt|libresolv|ld-linux)[.-]", name)}


def test_the_chart_has_its_rules(root, release):
    (archive,) = release.glob("ttmem-chart-*.tgz")
    with tarfile.open(archive) as packed:
        rules = packed.getmember("ttmem/ttmem.rules.yml")
        assert rules.isfile() and packed.extractfile(rules).read() == (root / "packaging/prometheus/ttmem.rules.yml").read_bytes()
        assert packed.getmember("ttmem/Chart.yaml").isfile()


def test_checksums_and_bill_of_materials(release):
    listed = {line.split()[1] for line in (release / "SHA256SUMS").read_text().splitlines()}
    assert listed == {file.name for file in release.iterdir()} - {"SHA256SUMS"}
    (bill,) = release.glob("*.cdx.json")
    names = {component["name"] for component in json.loads(bill.read_text())["components"]}
    assert {"libsqlite3-0", "libmicrohttpd12", "zlib1g", "libcli11-dev", "preact"} <= names
