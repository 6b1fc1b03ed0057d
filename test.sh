#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Sets the machine up and runs everything that checks this tree. The last line sums all stages; any failure ends non-zero.
#   ./test.sh                everything (needs no accelerator)
#   ./test.sh --quick        the unit tests alone
#   ./test.sh --long         everything, the tests that take minutes or hours too; writes the result into benchmarks/RESULTS.md
#   ./test.sh --only STAGE   one stage; may be given several times
#   ./test.sh --list         the stages there are
#   ./test.sh --setup        stops after set-up and build
# Environment: as scripts/setup.sh. Logs and JUnit files are left under build/test-results/.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root" || exit 1
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"
cd "$root" || exit 1 # which may be a link now

# A stage whose folder does not exist is not there. Stages that are cheap and find much come first.
# A long test: of pytest one with the marker `long` (tests/conftest.py), of ctest one with the label `long`.
stages=(unit)
[ -e tests/repo ] && stages+=(repo)
[ -e tests/e2e ] && stages+=(e2e)
[ -e tests/python ] && stages+=(python)
[ -e tests/web ] && stages+=(web)
stages+=(asan)
[ -e tests/e2e ] && stages+=(hooks)
stages+=(tsan)
[ -e tests/fuzz ] && stages+=(fuzz)

only=()
setup_only=no
quick=no
long=no
while [ $# -gt 0 ]; do
    case $1 in
        --setup) setup_only=yes; shift ;;
        --quick) quick=yes; only=(unit); shift ;;
        --long) long=yes; shift ;;
        --only)
            case " ${stages[*]} " in *" ${2:-} "*) ;; *) die "--only takes one of: ${stages[*]}" ;; esac
            only+=("$2"); shift 2 ;;
        --list) printf '%s\n' "${stages[@]}"; exit 0 ;;
        -h | --help) sed -n '4,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown option $1 (see --help)" ;;
    esac
done
[ ${#only[@]} -eq 0 ] || stages=("${only[@]}")
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null)" ] || commit="$commit and changes"
[ "$long" = no ] || export TTMEM_LONG=1

mkdir -p "$build"
exec 7>"$build/.test-lock"
flock -n 7 || die "another ./test.sh runs in this tree"
setup=(--for test)
case " ${stages[*]} " in
    *" e2e "* | *" python "* | *" hooks "*) ;;
    *" repo "* | *" web "*) setup+=(--without-releases) ;;
    *) setup+=(--without-python) ;;
esac
# The stage asan has these tests too, and they are compiled without optimisation either way.
case "$long ${stages[*]} " in "no "*" asan "*) setup+=(--without-one-thread-tests) ;; esac
scripts/setup.sh "${setup[@]}" || die "set-up failed"
[ "$setup_only" = no ] || exit 0
if [ -z "${TTMEM_COMPILER_LAUNCHER+set}" ] && command -v ccache >/dev/null; then
    export TTMEM_COMPILER_LAUNCHER=ccache
fi

# The sanitizer builds start beside the stages before them, which wait for ttnn most of the time and leave a core idle: at the
# lowest priority, one file at a time. A stage that needs such a build stops this and goes on where it stands.
ahead=
build_ahead() {
    local preset
    [ -z "$ahead" ] || return 0
    set -m
    for preset in asan tsan fuzz; do
        case " ${stages[*]} " in *" $preset "*) ;; *) continue ;; esac
        case $preset in fuzz) set -- --target fuzzers ;; *) set -- ;; esac
        cmake --preset "$preset" && nice -n 19 cmake --build --preset "$preset" -j 1 "$@"
    done >"$results/ahead.log" 2>&1 </dev/null 7>&- &
    ahead=$!
    set +m
}
stop_building_ahead() {
    [ -n "$ahead" ] || return 0
    kill -TERM -- "-$ahead" 2>/dev/null
    wait "$ahead" 2>/dev/null
    ahead=
}

results=$build/test-results
rm -rf "$results"
mkdir -p "$results"
python=$venv/bin/python
[ -x "$python" ] || python=python3
segments_before=$(shm_segments)
child=
cleanup() {
    trap - EXIT INT TERM
    stop_building_ahead
    # The stage runs in a process group of its own, so that nothing it started outlives this script.
    [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null
    [ -z "$child" ] || wait "$child" 2>/dev/null
    remove_new_segments "$segments_before"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

# Writes what a stage found for scripts/tally.py: record pass|fail|skip NAME[: why]
record() { printf '%s\n' "$*" >>"$stage_results/stage.lines"; }

# build_preset PRESET [OPTIONS OF cmake --build]: a build that fails is a failure of the stage.
build_preset() {
    local preset=$1
    shift
    if ! cmake --preset "$preset" || ! cmake --build --preset "$preset" -j "$jobs" "$@"; then
        record "fail build of preset $preset"
        return 1
    fi
}
# run_ctest PRESET FOLDER LABELS [CTEST OPTIONS]: all tests but those with these labels (an expression) and the long ones, which
# --long adds. The caller's `wrap`, if any, goes before the command.
run_ctest() {
    local preset=$1 folder=$2 without=$3
    shift 3
    declare -p wrap >/dev/null 2>&1 || local wrap=()
    rm -rf "$folder/test-results-gtest"
    [ "$long" = yes ] || without="${without:+$without|}long"
    [ -z "$without" ] || set -- "$@" -LE "^($without)\$"
    "${wrap[@]}" ctest --preset "$preset" --no-tests=error --output-junit "$stage_results/ctest.xml" "$@"
    [ -e "$stage_results/ctest.xml" ] || record "fail ctest of preset $preset: no results"
    [ ! -d "$folder/test-results-gtest" ] || cp -r "$folder/test-results-gtest" "$stage_results/gtest"
}

stage_unit() {
    if [ "$quick" = yes ]; then
        run_ctest dev build slow -j "$jobs"
    else
        run_ctest dev build "" -j "$jobs"
    fi
}
# run_pytest FOLDER [OPTIONS]; the caller's `results_name` names the file of results
run_pytest() {
    local file=$stage_results/${results_name:-pytest}.xml
    "$python" -m pytest -p no:cacheprovider -ra --junit-xml="$file" "$@" || true
    [ -e "$file" ] || record "fail pytest $*: no results"
}
stage_repo() { TTMEM_BUILD_DIR=$build run_pytest tests/repo; }
run_e2e() {
    TTMEM_BUILD_DIR=$build TTMEM_VENV=$venv TTMEM_VENVS=$venvs TT_METAL_CACHE=$(kernel_cache) TT_LOGGER_LEVEL=error run_pytest tests/e2e "$@"
}
stage_e2e() { run_e2e; }
# The end-to-end tests with other builds of the hooks library: a sample of them (tests/e2e/conftest.py), all with --long. Without
# optimisation each register that a stand-in did not declare is empty when it passes on.
stage_hooks() {
    local sample=(-m sample) results_name
    [ "$long" = no ] || sample=()
    results_name=unoptimised
    TTMEM_TEST_HOOKS=$build/tests/unoptimised/libtt_alloc_hooks.so run_e2e "${sample[@]}"
    if ! cmake --preset asan || ! cmake --build --preset asan -j "$jobs" --target tt_alloc_hooks; then
        record "fail build of the hooks library with AddressSanitizer"
        return
    fi
    results_name=asan
    TTMEM_TEST_HOOKS=$root/build-asan/lib/libtt_alloc_hooks.so TTMEM_TEST_RUNTIME=$(c++ -print-file-name=libasan.so) run_e2e "${sample[@]}"
}
stage_python() {
    TTMEM_BUILD_DIR=$build TTMEM_VENV=$venv TTMEM_VENVS=$venvs TT_METAL_CACHE=$(kernel_cache) TT_LOGGER_LEVEL=error run_pytest tests/python
}
stage_web() { TTMEM_BUILD_DIR=$build run_pytest tests/web; }
stage_asan() {
    build_preset asan || return
    ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1} \
        run_ctest asan build-asan slow -j "$jobs"
}
stage_tsan() {
    build_preset tsan || return
    # ThreadSanitizer of older compilers cannot place its shadow where newer kernels randomise more address bits.
    local wrap=()
    ! setarch "$(uname -m)" -R true || wrap=(setarch "$(uname -m)" -R)
    TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1} run_ctest tsan build-tsan slow -j "$jobs"
}
stage_fuzz() {
    build_preset fuzz --target fuzzers || return
    local target name corpus scratch seconds=10
    [ "$long" = no ] || seconds=600
    seconds=${TTMEM_FUZZ_SECONDS:-$seconds}
    for target in build-fuzz/bin/*_fuzz; do
        [ -x "$target" ] || continue
        name=${target##*/}
        corpus=tests/fuzz/corpus/${name%_fuzz}
        scratch=$(mktemp -d)
        # New inputs go to the scratch folder (the first one), so that a run never changes the tree.
        if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="$stage_results/" "$scratch" "$corpus" >"$stage_results/$name.log" 2>&1; then
            record "pass $name"
            tail -n 6 "$stage_results/$name.log"
        else
            record "fail $name: see $stage_results"
            # The cause stands between the list of new inputs and the sanitizer's picture of its shadow.
            grep -v -e '^#' -e NEW_FUNC "$stage_results/$name.log" | cut -c1-300 | grep -v '^ *0x\|=>0x' \
                >"$stage_results/failed-$name.log"
        fi
        rm -rf "$scratch"
    done
    [ -e "$stage_results/stage.lines" ] || record "fail fuzz: no target was built"
}

passed=0 failed=0 skipped=0 summary=()
for stage in "${stages[@]}"; do
    stage_results=$results/$stage
    mkdir -p "$stage_results"
    say "== $stage"
    started=$SECONDS
    case $stage in
        e2e) build_ahead ;;
        asan | hooks | tsan | fuzz) stop_building_ahead ;;
    esac
    set -m
    "stage_$stage" </dev/null >"$stage_results/log" 2>&1 7>&- &
    child=$!
    set +m
    wait "$child"
    status=$?
    child=
    read -r p f s < <(python3 scripts/tally.py "$stage_results")
    if [ $((p + f + s)) -eq 0 ]; then
        f=1 # a stage that shows no result at all did not pass
        say "  fail: $stage ended with status $status and no results"
    fi
    # A failed test has a log of its own where a stage has many tests; the end of the stage's log is that of the last test.
    if [ "$f" -ne 0 ]; then
        for log in "$stage_results"/failed-*.log "$stage_results/log"; do
            [ ! -e "$log" ] || tail -n 60 "$log"
        done
    fi
    python3 scripts/tally.py --details "$stage_results" | tail -n +2
    line=$(printf '%-6s %5d passed %4d failed %4d skipped %6d s' "$stage" "$p" "$f" "$s" $((SECONDS - started)))
    say "$line"
    summary+=("$line")
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

say ""
say "== summary ($SECONDS s)"
printf '%s\n' "${summary[@]}"
say "$passed passed, $failed failed, $skipped skipped"
if [ "$long" = yes ]; then
    python3 benchmarks/long_suite.py --commit "$commit" "${summary[@]}"
fi
[ "$failed" -eq 0 ]
