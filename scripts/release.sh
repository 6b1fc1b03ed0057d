#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Makes everything that a release consists of: sdist and wheels, Debian packages, a tar archive, an OCI image, a Helm chart, a bill of
# materials and checksums. Programs are compiled once; the Python bindings once for each interpreter. Usage:
#   scripts/release.sh [--out DIR] [--build DIR] [--without PART]... [PYTHON...]
#     --out DIR        where it goes (dist); what is there already stays
#     --build DIR      a release build that exists (build-release is made otherwise)
#     --without PART   wheels, deb, tarball or oci; said in the last line
#     PYTHON           interpreters to make wheels for (python3)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

out=$root/dist built='' without='' pythons=()
while [ $# -gt 0 ]; do
    case $1 in
        --out) [ $# -gt 1 ] || die "--out needs a folder"; out=$2; shift 2 ;;
        --build) [ $# -gt 1 ] || die "--build needs a folder"; built=$2; shift 2 ;;
        --without)
            case ${2:-} in wheels | deb | tarball | oci) ;; *) die "--without takes wheels, deb, tarball or oci" ;; esac
            without="$without $2"; shift 2 ;;
        -h | --help) sed -n '4,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) die "unknown option $1" ;;
        *) pythons+=("$1"); shift ;;
    esac
done
wanted() { case " $without " in *" $1 "*) return 1 ;; esac; }
begin_package "package git" git
tag=$(git -C "$root" describe --exact-match --tags 2>/dev/null || true)
[ -z "$tag" ] || [ "$tag" = "v$version" ] || die "the tag $tag is not that of version $version (CMakeLists.txt)"
[ -z "$(git -C "$root" status --porcelain --untracked-files=no)" ] || say "release: the tree has changes that no commit has"

if [ -z "$built" ]; then
    built=$root/build-release
    step "release: configuring" cmake -S "$root" -B "$built" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTTMEM_BUILD_TESTS=OFF \
        -DCMAKE_C_COMPILER_LAUNCHER="${TTMEM_COMPILER_LAUNCHER:-}" -DCMAKE_CXX_COMPILER_LAUNCHER="${TTMEM_COMPILER_LAUNCHER:-}"
    step "release: compiling" cmake --build "$built"
fi
made=()
gather() { # gather SCRIPT...: its last lines name what it made
    local line
    while IFS= read -r line; do
        say "$line"
        [ ! -f "$line" ] || made+=("$line")
    done < <("$@")
    wait "$!" || die "failed: $*"
}
if wanted wheels; then
    gather "$root/scripts/wheel.sh" --out "$out" "${pythons[@]:-python3}"
fi
if wanted deb; then
    gather "$root/scripts/deb.sh" --out "$out" --build "$built"
fi
if wanted tarball; then
    gather "$root/scripts/tarball.sh" --out "$out" --build "$built"
fi
if wanted oci; then
    wanted deb || die "the image is made from the Debian package: --without deb needs --without oci"
    gather "$root/scripts/oci.sh" --out "$out" "$out/ttmem_${version}_$(dpkg --print-architecture).deb"
fi
# The Helm chart. It links to the rules that stand elsewhere in the tree; the archive has the file.
chart=$out/ttmem-chart-$version.tgz
tar -C "$root/packaging/helm" -h --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c ttmem | gzip -n -9 >"$chart"
say "$chart"
made+=("$chart")
"$root/scripts/sbom.py" "$built" >"$out/ttmem-$version.cdx.json"
made+=("$out/ttmem-$version.cdx.json")
(cd "$out" && sha256sum "${made[@]#"$out"/}" >SHA256SUMS && sha256sum --quiet -c SHA256SUMS)
say "release: version $version, ${#made[@]} files in $out, with SHA256SUMS${without:+; without$without}"
