#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Sets the machine up and shows the live memory of a real ttnn workload.
#   ./demo.sh                  the live monitor; q ends it. Without Tenstorrent hardware the workload runs on a mock cluster
#   ./demo.sh --once           one snapshot in the middle of the workload, with ttnn's own figures beside, and ends
#   ./demo.sh --cluster NAME   the mock cluster: n150 (default), n300, t3000, galaxy, p150, p150x8
#   ./demo.sh --workload       on hardware: runs the workload too (without, only what runs already is watched)
#   ./demo.sh --setup          stops after set-up and build
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

setup_only=no once=no workload=no cluster=
while [ $# -gt 0 ]; do
    case $1 in
        --setup) setup_only=yes; shift ;;
        --once) once=yes; shift ;;
        --workload) workload=yes; shift ;;
        --cluster) [ $# -gt 1 ] || die "--cluster needs a name"; cluster=$2; shift 2 ;;
        -h | --help) sed -n '4,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown option $1 (see --help)" ;;
    esac
done
description=$root/tests/support/clusters/${cluster:-n150}.yaml
[ -e "$description" ] || die "no mock cluster is called $cluster; there are: $(cd "$root/tests/support/clusters" && echo *.yaml | sed 's/\.yaml//g')"

"$root/scripts/setup.sh" --for demo
[ "$setup_only" = no ] || exit 0

scratch=$build/demo # the workload's folder: its log, and what ttnn leaves in the folder it runs in
mkdir -p "$scratch"
export TT_METAL_CACHE
TT_METAL_CACHE=$(kernel_cache)
if [ -n "$(find /dev/tenstorrent -maxdepth 1 -name '[0-9]*' 2>/dev/null)" ] && [ -z "$cluster" ]; then
    say "demo: hardware: watching the devices under /dev/tenstorrent"
    if [ "$workload" = no ]; then
        say "demo: run ./demo.sh --workload to run the workload on them too"
    fi
else
    say "demo: mock cluster ${cluster:-n150}: real ttnn, its real allocators and programs, no device behind them"
    workload=yes
    export TT_METAL_MOCK_CLUSTER_DESC_PATH=$description
fi

pid=
segments_before=$(shm_segments)
cleanup() {
    trap - EXIT INT TERM HUP
    if [ -n "$pid" ]; then
        kill -TERM "$pid" 2>/dev/null || true # the workload closes its device and ends
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        remove_ledgers_of "$pid"
    fi
    rm -rf "$scratch/checkpoint.json" "$scratch/checkpoint.json.go" "$scratch/generated"
    remove_new_segments "$segments_before"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# start_workload ARGUMENTS…: in the background, tracked, quiet
start_workload() {
    cd "$scratch"
    "$build/bin/ttmem" run -- "$venv/bin/python" "$root/demo/workload.py" "$@" </dev/null >"$scratch/workload.log" 2>&1 &
    pid=$!
    cd "$root"
}
# wait_until WHAT TEST…: until TEST holds; shows the workload's output if it ends before
wait_until() {
    local what=$1
    shift
    until "$@"; do
        if ! kill -0 "$pid" 2>/dev/null; then
            tail -n 30 "$scratch/workload.log" >&2
            die "the workload ended before $what"
        fi
        sleep 0.1
    done
}

if [ "$once" = yes ]; then
    if [ "$workload" = no ]; then
        "$build/bin/ttmem" snapshot
        exit 0
    fi
    checkpoint=$scratch/checkpoint.json
    rm -f "$checkpoint" "$checkpoint.go"
    say "demo: starting the workload; the first start compiles kernels"
    start_workload --checkpoint-file "$checkpoint"
    wait_until "its checkpoint" test -e "$checkpoint"
    "$build/bin/ttmem" snapshot
    "$build/bin/ttmem" snapshot --json >"$scratch/snapshot.json"
    status=0
    "$venv/bin/python" "$root/demo/compare.py" "$checkpoint" "$scratch/snapshot.json" || status=$?
    touch "$checkpoint.go"
    exit "$status"
fi

[ -t 1 ] || die "the live monitor needs a terminal; ./demo.sh --once prints one snapshot"
if [ "$workload" = yes ]; then
    say "demo: starting the workload; the first start compiles kernels (its log: build/demo/workload.log)"
    start_workload
    wait_until "it opened a device" grep -qs '^workload: pid' "$scratch/workload.log"
fi
"$build/bin/tt_smi_umd" -w
