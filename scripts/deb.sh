#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Makes the Debian packages ttmem, libtt-alloc-client0 and libtt-alloc-client-dev from the files that git tracks. Usage:
#   scripts/deb.sh [--out DIR] [--build DIR]     DIR of --out: dist
#     --build DIR     package what is built in DIR already instead of compiling (its options then decide how it was optimised)
# Needs dpkg-dev, debhelper and what packaging/debian/control lists; runs lintian when it is installed, and fails if lintian does.
# Environment: DEBFULLNAME, DEBEMAIL: the maintainer that the packages name, that is, who publishes them. Unset: no address that gets mail.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

out=$root/dist prebuilt=
while [ $# -gt 0 ]; do
    case $1 in
        --out) [ $# -gt 1 ] || die "--out needs a folder"; out=$2; shift 2 ;;
        --build) [ $# -gt 1 ] || die "--build needs a folder"; prebuilt=$(cd "$2" && pwd); shift 2 ;;
        -h | --help) sed -n '4,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown option $1" ;;
    esac
done
begin_package "packages dpkg-dev and debhelper" dpkg-buildpackage dh

source=$work/ttmem-$version
mkdir "$source"
(cd "$root" && git ls-files -z | tar -c --null -T -) | tar -x -C "$source"
cp -r "$root/packaging/debian" "$source/debian"
maintainer="${DEBFULLNAME:-The ttmem authors} <${DEBEMAIL:-$(sed -n 's/^Maintainer:.*<\(.*\)>/\1/p' "$source/debian/control")}>"
case $maintainer in *[[:cntrl:]]*) die "DEBFULLNAME and DEBEMAIL are one line each" ;; esac
MAINTAINER=$maintainer perl -pi -e 's/^Maintainer: .*/Maintainer: $ENV{MAINTAINER}/' "$source/debian/control"
export DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}"
cat >"$source/debian/changelog" <<END
ttmem ($version) unstable; urgency=medium

  * Version $version; CHANGELOG.md says what is new.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
END
options=(-b -us -uc)
if [ -n "$prebuilt" ]; then
    export TTMEM_PREBUILT=$prebuilt
    options+=(-d) # nothing is compiled, so nothing is needed for that
fi
cd "$source"
step "deb: packaging version $version" dpkg-buildpackage "${options[@]}"
if command -v lintian >/dev/null; then
    step "deb: lintian" lintian --fail-on error,warning --tag-display-limit 0 "$work"/*.changes
else
    say "deb: lintian is not installed, so nothing has checked the packages"
fi
for made in "$work"/*.deb; do
    mv "$made" "$out/"
    say "$out/$(basename "$made")"
done
