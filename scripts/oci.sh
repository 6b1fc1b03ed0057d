#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Makes an OCI image (an archive of an image layout) with ttmem in it, from the distribution's packages and ours alone: no base
# image, no daemon, no root (mmdebstrap in a user namespace; as root in a chroot). Usage:
#   scripts/oci.sh [--out DIR] [--suite bookworm] TTMEM.deb     DIR: dist
# The image runs `ttmem server`; docs/containers.md says with which folders. Needs mmdebstrap and umoci.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

out=$root/dist suite=bookworm deb=
while [ $# -gt 0 ]; do
    case $1 in
        --out) [ $# -gt 1 ] || die "--out needs a folder"; out=$2; shift 2 ;;
        --suite) [ $# -gt 1 ] || die "--suite needs a name"; suite=$2; shift 2 ;;
        -h | --help) sed -n '4,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) die "unknown option $1" ;;
        *) deb=$(realpath "$1"); shift ;;
    esac
done
[ -f "$deb" ] || die "name the package ttmem_VERSION_ARCH.deb, as scripts/deb.sh makes it"
begin_package "packages mmdebstrap and umoci" mmdebstrap umoci
architecture=$(dpkg-deb -f "$deb" Architecture)

cp "$deb" "$work/ttmem.deb"
mode=unshare
[ "$(id -u)" != 0 ] || mode=root
step "oci: file system ($suite)" mmdebstrap --mode=$mode --variant=minbase --include=python3-minimal \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="copy-in $work/ttmem.deb /tmp" \
    --customize-hook='chroot "$1" apt-get install -q -y --no-install-recommends /tmp/ttmem.deb' \
    --customize-hook='rm -rf "$1"/tmp/ttmem.deb "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
    "$suite" "$work/root.tar"
step "oci: layout" umoci init --layout "$work/image"
umoci new --image "$work/image:$version"
step "oci: layer" umoci raw add-layer --image "$work/image:$version" "$work/root.tar"
step "oci: configuration" umoci config --image "$work/image:$version" --architecture "$architecture" --os linux \
    --created "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" \
    --config.entrypoint ttmem --config.cmd server --config.cmd=--http --config.cmd=0.0.0.0:9465 --config.cmd=--http-remote \
    --config.env PATH=/usr/sbin:/usr/bin:/sbin:/bin --config.env LC_ALL=C.UTF-8 --config.exposedports 9465/tcp --config.stopsignal SIGTERM \
    --config.label org.opencontainers.image.title=ttmem --config.label "org.opencontainers.image.version=$version" \
    --config.label org.opencontainers.image.licenses=Apache-2.0
umoci gc --layout "$work/image" >/dev/null
archive=$out/ttmem-$version-$architecture.oci.tar
tar -C "$work/image" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf "$archive" .
say "$archive"
