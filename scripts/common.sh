# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Shared by demo.sh, test.sh and the scripts of this folder; sourced, not run. Needs $root, the top of the source tree.

# LD_PRELOAD, the first line of a script and the commands that tt-metal compiles kernels with take no path with a space, a colon,
# quotes and their like. A tree in such a folder is worked in through a link to it.
case $root in
    *[[:space:]:\"\'\`\$\\\;\&\|\<\>\(\)\*\?\[\]\{\}\!\#]*)
        trees=${XDG_CACHE_HOME:-$HOME/.cache}/ttmem/trees
        case $trees in *[[:space:]:]*) trees=/var/tmp/ttmem-trees-$(id -u) ;; esac
        mkdir -p -m 0700 "$trees"
        [ -O "$trees" ] || { printf '%s is not yours; move this tree to a folder whose path has no space\n' "$trees" >&2; exit 1; }
        link=$trees/$(printf '%s' "$root" | cksum | cut -d ' ' -f 1)
        [ "$(readlink "$link")" = "$root" ] || ln -sfn "$root" "$link"
        root=$link
        # Not in the tree: tt-metal asks for the real path of its own library, and gives that to a shell unquoted.
        environments=$link-python
        unset trees link
        ;;
    *) environments=$root ;;
esac

venv=${TTMEM_VENV:-$environments/.venv}      # Python with the pinned ttnn
venvs=${TTMEM_VENVS:-$environments/.venvs}   # one environment for each further ttnn release of the suite
build=$root/build
jobs=$(nproc)

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# step TEXT CMD…: says what it does, runs CMD quietly; when CMD fails shows the end of what it printed and stops.
step() {
    local text=$1 log
    shift
    say "$text"
    log=$(mktemp)
    if ! "$@" </dev/null >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        die "failed: $*"
    fi
    rm -f "$log"
}

# project_version TREE: as its CMakeLists.txt says.
project_version() { sed -n 's/^project(ttmem VERSION \([0-9.]*\).*/\1/p' "$1/CMakeLists.txt"; }

# begin_package PACKAGES TOOL…: what every script does that makes a package, after its options. Stops if a tool is missing, and names the
# Debian packages that have it. Makes the folder $out and its path absolute; makes $work, which goes when the script ends. Sets $version,
# and SOURCE_DATE_EPOCH, the time of the last commit, so that a package made again has the same bytes.
begin_package() {
    local packages=$1 tool
    shift
    for tool in "$@"; do
        command -v "$tool" >/dev/null || die "$tool is missing ($packages)"
    done
    mkdir -p "$out"
    out=$(cd "$out" && pwd)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    version=$(project_version "$root")
    SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct)
    export SOURCE_DATE_EPOCH
}

# fresh_system SUITE FROM TO: a system of that release of Debian in the folder TO; a copy of the one in FROM, or made by debootstrap where
# FROM is empty. Needs root. inside TO COMMAND… runs one in it, with processes of its own: it sees no server of this machine.
fresh_system() {
    if [ -n "$2" ]; then
        cp -a "$2" "$3"
    else
        step "making a system ($1)" debootstrap --variant=minbase "$1" "$3"
    fi
    cp /etc/resolv.conf "$3/etc/resolv.conf"
}
inside() {
    local system=$1
    shift
    unshare --pid --fork --mount-proc="$system/proc" chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root "$@"
}

# The stand-in's checksum is part of the kernel cache's name: kernels of another compiler are never taken up.
kernel_cache() {
    local sum
    sum=$(cksum <"$root/tests/support/stand-in-riscv-gpp")
    printf '%s/tt-metal-cache-%s' "$build" "${sum%% *}"
}

# Files that libraries under ttnn leave in /dev/shm when a process is killed: Open MPI's segments, upstream's counters and locks.
# shm_segments lists them; remove_new_segments LIST removes those that are not in LIST and that no process maps.
shm_segments() {
    find /dev/shm -maxdepth 1 -user "$(id -u)" \( -name 'sm_segment.*' -o -name 'tt_device_*_memory' -o -name 'TT_UMD_LOCK.*' \) \
        2>/dev/null | sort
}
remove_new_segments() {
    local file
    while IFS= read -r file; do
        if [ -n "$file" ] && ! grep -qxF "$file" <<<"$1" && ! grep -qsF "$file" /proc/[0-9]*/maps; then
            rm -f "$file"
        fi
    done <<<"$(shm_segments)"
}

# remove_ledgers_of PID: what a process of ours that has ended leaves for readers; the folder too when nothing else is in it.
remove_ledgers_of() {
    local folder
    for folder in "${TT_ALLOC_LEDGER_DIR:-/dev/shm}/tt_alloc.$(id -u)" "${TT_ALLOC_LEDGER_DIR:-/dev/shm}/tt_alloc.$(id -u)".*; do
        if [ -d "$folder" ]; then
            rm -f "$folder/$1"-*.ledger "$folder/$1"-*.ledger.detail
            rmdir "$folder" 2>/dev/null || true
        fi
    done
}
