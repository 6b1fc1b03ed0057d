#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Tries Debian packages in a fresh system of its own: install, upgrade with a changed configuration, use, remove, purge; in the
# end nothing may be left. Where a C compiler is here and the packages are all three, a program that is built against their header and
# library reports its memory inside, and its bytes are read there. Usage (as root, with debootstrap):
#   scripts/try_deb.sh [--suite bookworm] [--system DIR] DEB...
#     --system DIR    a system that debootstrap has made, which is copied; without it one is made
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

suite=bookworm system='' debs=()
while [ $# -gt 0 ]; do
    case $1 in
        --suite) [ $# -gt 1 ] || die "--suite needs a name"; suite=$2; shift 2 ;;
        --system) [ $# -gt 1 ] || die "--system needs a folder"; system=$2; shift 2 ;;
        -h | --help) sed -n '4,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) die "unknown option $1" ;;
        *) debs+=("$(realpath "$1")"); shift ;;
    esac
done
[ ${#debs[@]} -gt 0 ] || die "no package is named"
[ "$(id -u)" = 0 ] || die "this needs root: it makes a system and enters it"
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
fresh_system "$suite" "$system" "$work/system"
within() { inside "$work/system" "$@"; }
# Files that a package may leave or change; logs and the package manager's own are others' business.
files() {
    within find / -xdev \( -path /proc -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /packages \
        -o -path /tmp -o -path /etc/ld.so.cache -o -path /var/lib/systemd/deb-systemd-helper-enabled \) -prune -o -print | sort
}
expect() { # expect WHAT COMMAND...
    local what=$1
    shift
    "$@" >"$work/said" 2>&1 || { cat "$work/said"; die "$what"; }
}
state_of() { within dpkg-query -W -f='${db:Status-Status}' ttmem 2>/dev/null || true; }

mkdir "$work/system/packages" "$work/old"
step "try: package lists" within apt-get update -q
# Everything that the packages depend on goes in first: what is compared then is these packages alone.
names=() needed=()
for deb in "${debs[@]}"; do
    name=$(dpkg-deb -f "$deb" Package)
    names+=("$name")
    cp "$deb" "$work/system/packages/$name.deb"
    # The same package as an earlier version, to upgrade from.
    dpkg-deb -R "$deb" "$work/old/$name"
    sed -i -e 's/^Version: .*/Version: 0.0.1/' -e 's/(= [^)]*)/(= 0.0.1)/' "$work/old/$name/DEBIAN/control"
    dpkg-deb -Znone -b "$work/old/$name" "$work/system/packages/$name-old.deb" >/dev/null
done
while read -r package; do
    needed+=("$package")
done < <(within sh -c 'apt-get install -s --no-install-recommends $(ls /packages/*.deb | grep -v old)' | sed -n 's/^Inst \([^ ]*\) .*/\1/p' |
    grep -v -x -F -f <(printf '%s\n' "${names[@]}"))
[ ${#needed[@]} -eq 0 ] || step "try: installing what they depend on" within apt-get install -q -y --no-install-recommends "${needed[@]}"
files >"$work/before"

say "try: installing version 0.0.1"
within sh -c 'cd /packages && dpkg -i *-old.deb' >"$work/said" 2>&1 || { cat "$work/said"; die "version 0.0.1 cannot be installed"; }
[ "$(within dpkg-query -W -f='${Version}' ttmem)" = 0.0.1 ] || die "version 0.0.1 is not what is installed"
expect "the installation enabled a unit" sh -c "! ls $work/system/etc/systemd/system/*.wants/ttmem* 2>/dev/null"
within sed -i '1i log_level = "debug"' /etc/ttmem/server.toml
step "try: upgrading" within sh -c 'cd /packages && rm -f *-old.deb && dpkg -i *.deb'
[ "$(within dpkg-query -W -f='${Version}' ttmem)" != 0.0.1 ] || die "nothing was upgraded"
expect "the upgrade lost a changed configuration" within grep -q 'log_level = "debug"' /etc/ttmem/server.toml

expect "ttmem does not run" within ttmem --version
within ttmem doctor >"$work/doctor" 2>&1 || [ $? = 1 ] || { cat "$work/doctor"; die "doctor fails"; }
expect "snapshot prints no JSON" within sh -c "ttmem snapshot --json | grep -q '\"schema\": 1'"
expect "ttmem run tracks nothing" within sh -c "ttmem run -- env | grep -q 'LD_PRELOAD=/usr/lib/libtt_alloc_hooks.so'"
# The example reports 8 banks x 125,056 bytes on one chip and twice that on another (examples/own_allocator.c).
library=$(find "$work/system/usr/lib" -name 'libtt_alloc_client.so.0*' -type f | head -n 1)
if command -v cc >/dev/null && [ -n "$library" ] && [ -e "$work/system/usr/include/tt_alloc/client.h" ]; then
    step "try: building a program against them" cc -I "$work/system/usr/include" -o "$work/system/packages/own_allocator" "$root/examples/own_allocator.c" "$library"
    cat >"$work/system/packages/demo.sh" <<'END'
mkfifo /packages/hold
TT_ALLOC_TRACKING_ENABLED=1 /packages/own_allocator </packages/hold >/packages/printed &
exec 3>/packages/hold
tries=0
until grep -q 'tracking is on' /packages/printed || [ $((tries += 1)) -gt 100 ]; do sleep 0.1; done
ttmem snapshot --json --server none >/packages/snapshot.json
exec 3>&-
wait
cat /packages/printed
python3 -c '
import json, sys
processes = [each for each in json.load(open("/packages/snapshot.json"))["processes"] if each["pid"] == int(sys.argv[1])]
held = [sum(device["dram_bytes"] for device in each["devices"]) for each in processes]
sys.exit(held != [3 * 8 * 125056] and f"snapshot shows {held}")
' $!
END
    expect "a program that reports its memory is not seen to the byte" within sh /packages/demo.sh
    say "try: a program's memory is seen to the byte"
else
    say "try: no C compiler here or not all three packages, so no program reported its memory"
fi
expect "ttmem-leftovers leaves something" within ttmem-leftovers --remove
expect "the server does not know its configuration" within sh -c 'timeout -s TERM 3 ttmem server --config /etc/ttmem/server.toml --no-history --socket /tmp/old.sock --api-socket /tmp/api.sock --http off; [ $? = 124 ] || [ $? = 0 ]'
expect "the old names do not run" within tt_smi_umd --version
expect "something is left by a server without a history" within sh -c "ttmem-leftovers | grep -q 'nothing is left'"
expect "a manual page is missing" within sh -c 'test -e /usr/share/man/man1/ttmem-snapshot.1.gz || grep -rqs path-exclude=/usr/share/man /etc/dpkg/dpkg.cfg.d'
expect "a completion is missing" within test -e /usr/share/bash-completion/completions/ttmem
say "try: ttmem $(within ttmem --version | cut -d' ' -f2) works"
within sh -c 'mkdir -p /var/lib/ttmem && echo history >/var/lib/ttmem/history.db'

step "try: removing" within apt-get remove -q -y "${names[@]}"
expect "removing took the changed configuration away" within grep -q debug /etc/ttmem/server.toml
expect "removing took the history away" within test -e /var/lib/ttmem/history.db
step "try: purging" within dpkg --purge "${names[@]}"
[ -z "$(state_of)" ] || [ "$(state_of)" = not-installed ] || die "after purge the package is $(state_of)"
files >"$work/after"
if ! diff "$work/before" "$work/after" >"$work/left"; then
    cat "$work/left"
    die "purging left something or took something away"
fi
say "try: installed, upgraded, used, removed and purged in $suite; nothing left"
