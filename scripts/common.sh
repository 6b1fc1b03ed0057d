# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Shared by setup.sh, demo.sh and test.sh; sourced, not run. Needs $root, the top of the source tree.

venv=${TTMEM_VENV:-$root/.venv}              # Python with the pinned ttnn
venvs=${TTMEM_VENVS:-$root/.venvs}           # one environment for each further ttnn release of the suite
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

# The stand-in's checksum is part of the kernel cache's name: kernels of another compiler are never taken up.
kernel_cache() {
    local sum
    sum=$(cksum <"$root/tests/support/stand-in-riscv-gpp")
    printf '%s/tt-metal-cache-%s' "$build" "${sum%% *}"
}

# Open MPI, which ttnn brings along, leaves its segments in /dev/shm when a process is killed.
# shm_segments lists them; remove_new_segments LIST removes those that are not in LIST and that no process maps.
shm_segments() { find /dev/shm -maxdepth 1 -name 'sm_segment.*' -user "$(id -u)" 2>/dev/null | sort; }
remove_new_segments() {
    local file
    while IFS= read -r file; do
        if [ -n "$file" ] && ! grep -qxF "$file" <<<"$1" && ! grep -qsF "$file" /proc/[0-9]*/maps; then
            rm -f "$file"
        fi
    done <<<"$(shm_segments)"
}
