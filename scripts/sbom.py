#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Prints a bill of materials (CycloneDX 1.5) of a build: the libraries that its programs load, by the distribution's package that
holds each, the headers-only libraries that were compiled in, and the npm packages in the page. Usage: scripts/sbom.py BUILD-FOLDER"""
import json
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Compiled in, so that no program names them; Debian's packages of them.
HEADERS_ONLY = ("libcli11-dev", "nlohmann-json3-dev", "libtomlplusplus-dev")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def debian_package(name):
    version, architecture = output("dpkg-query", "-W", "-f=${Version} ${Architecture}", name).split()
    os_release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line)
    distribution = os_release["ID"].strip('"')
    plain = name.partition(":")[0]
    return {
        "type": "library", "name": plain, "version": version,
        "purl": f"pkg:deb/{distribution}/{plain}@{version.replace(':', '%3A').replace('+', '%2B')}?arch={architecture}",
    }


def loaded_packages(programs):
    names = set()
    for program in programs:
        for path in re.findall(r"=> (/\S+)", output("ldd", program)):
            # dpkg knows a file by the path that its package has, which on a merged /usr is one of two.
            for known in (path, path.removeprefix("/usr"), "/usr" + path, str(pathlib.Path(path).resolve())):
                found = subprocess.run(["dpkg-query", "-S", known], capture_output=True, text=True, check=False)
                if found.returncode == 0:
                    names.add(found.stdout.split(": ")[0].split(",")[0])
                    break
            else:
                raise SystemExit(f"sbom.py: no package holds {path}, which {program} loads")
    return names


def page_packages():
    lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    for path, package in lock.items():
        if path.startswith("node_modules/") and not package.get("dev"):
            name = path.removeprefix("node_modules/")
            yield {
                "type": "library", "name": name, "version": package["version"], "purl": f"pkg:npm/{name.replace('@', '%40')}@{package['version']}",
                "licenses": [{"license": {"id": package["license"]}}],
            }


def main():
    build = pathlib.Path(sys.argv[1])
    version = re.search(r"project\(ttmem VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    programs = [build / "bin/ttmem", build / "bin/ttmem-server", build / "lib/libtt_alloc_hooks.so", build / "lib/libtt_alloc_client.so"]
    components = [debian_package(name) for name in sorted(loaded_packages(programs) | set(HEADERS_ONLY))] + list(page_packages())
    commit = output("git", "-C", str(ROOT), "rev-parse", "HEAD").strip()
    main_component = {
        "type": "application", "name": "ttmem", "version": version, "bom-ref": "ttmem", "licenses": [{"license": {"id": "Apache-2.0"}}],
        "properties": [{"name": "commit", "value": commit}],
    }
    print(json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'ttmem/{version}/{commit}')}",
        "metadata": {"component": main_component}, "components": components,
    }, indent=1))


main()
