#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Makes the sdist, and from it wheels that run on any Linux with glibc 2.34: auditwheel puts the libraries that not every machine has
# into them, refuses what would need newer ones, and tags them manylinux_2_34. Usage:
#   scripts/wheel.sh [--out DIR] [PYTHON…]     interpreters to build for (python3); a wheel of 3.12 serves later ones too. DIR: dist
# Needs what scripts/setup.sh installs, and the package index for the tools.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

out=$root/dist pythons=()
while [ $# -gt 0 ]; do
    case $1 in
        --out) [ $# -gt 1 ] || die "--out needs a folder"; out=$2; shift 2 ;;
        -h | --help) sed -n '4,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) die "unknown option $1" ;;
        *) pythons+=("$1"); shift ;;
    esac
done
[ ${#pythons[@]} -gt 0 ] || pythons=(python3)
begin_package "package git" git

sdist=
for python in "${pythons[@]}"; do
    minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || die "$python does not run"
    tools=$work/tools-$minor
    step "wheel: tools for Python $minor" "$python" -m venv "$tools"
    step "wheel: installing them" "$tools/bin/python" -m pip install --disable-pip-version-check --no-compile --no-deps -r "$root/scripts/wheel-tools.txt"
    if [ -z "$sdist" ]; then
        step "wheel: sdist" "$tools/bin/python" -m build --sdist --outdir "$out" "$root"
        sdist=$out/ttmem-$version.tar.gz
        tar -xzf "$sdist" -C "$work"
    fi
    raw=$work/raw-$minor
    step "wheel: building for Python $minor" "$tools/bin/python" -m build --wheel --outdir "$raw" "$work/$(basename "$sdist" .tar.gz)"
    step "wheel: bundling libraries" env PATH="$tools/bin:$PATH" "$tools/bin/auditwheel" repair \
        --plat "manylinux_2_34_$(uname -m)" --only-plat --wheel-dir "$out" "$raw"/*.whl
done
for made in "$sdist" "$out"/ttmem-"$version"-*manylinux*.whl; do
    say "$made"
done
