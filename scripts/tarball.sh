#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Makes a tar archive that is unpacked anywhere and works: programs with the libraries that not every machine has beside them.
# glibc stays the machine's: the archive's name ends in the version of it that is needed. Usage:
#   scripts/tarball.sh [--out DIR] [--build DIR]     what is built in DIR (build) is packed; DIR of --out: dist
# Needs patchelf and objdump.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

out=$root/dist built=$build
while [ $# -gt 0 ]; do
    case $1 in
        --out) [ $# -gt 1 ] || die "--out needs a folder"; out=$2; shift 2 ;;
        --build) [ $# -gt 1 ] || die "--build needs a folder"; built=$2; shift 2 ;;
        -h | --help) sed -n '4,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown option $1" ;;
    esac
done
begin_package "packages patchelf and binutils" patchelf objdump strip
name=ttmem-$version-linux-$(uname -m)
tree=$work/$name

step "tarball: installing" cmake --install "$built" --prefix "$tree"
programs=("$tree/bin/ttmem" "$tree/libexec/ttmem/ttmem-server")
# glibc and the kernel's are every machine's, and of one kind with its loader: they are never taken along.
of_every_machine='^(linux-vdso|ld-linux|libc|libm|libpthread|libdl|librt|libresolv)[.-]'
mkdir -p "$tree/lib/ttmem"
for program in "${programs[@]}"; do
    ldd "$program" | awk '$2 == "=>" { print $1, $3 }' | while read -r soname path; do
        if ! grep -qE "$of_every_machine" <<<"$soname"; then
            [ -f "$path" ] || die "$program needs $soname, which this machine does not have"
            cp -L "$path" "$tree/lib/ttmem/$soname"
        fi
    done
done
chmod 0755 "$tree"/lib/ttmem/*
find "$tree" -type f \( -name '*.so' -o -name '*.so.*' -o -path "$tree/bin/ttmem" -o -name ttmem-server \) -exec strip --strip-unneeded {} + # before patchelf, whose files strip harms
for library in "$tree"/lib/ttmem/*; do
    patchelf --set-rpath "\$ORIGIN" "$library"
done
patchelf --set-rpath "\$ORIGIN/../lib/ttmem" "$tree/bin/ttmem"
patchelf --set-rpath "\$ORIGIN/../../lib/ttmem" "$tree/libexec/ttmem/ttmem-server"
# The unit and the configuration name the prefix that the installation had: they would be wrong wherever this is unpacked.
find "$tree" -name ttmem.service -delete
cp "$root/README.md" "$root/CHANGELOG.md" "$root/LICENSE" "$tree/"

# objdump fails for the scripts among them
needed=$({ find "$tree" -type f -perm -u+x -exec objdump -T {} + 2>/dev/null || true; } | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
"$tree/bin/ttmem" --version >/dev/null || die "ttmem does not run from the archive's tree"
archive=$out/$name-${needed/GLIBC_/glibc}.tar.gz
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c "$name" | gzip -n -9 >"$archive"
say "$archive"
