#!/usr/bin/env bash
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
# Makes a fresh machine ready: distribution packages, a Python environment with a pinned ttnn, a kernel compiler, the build.
# Safe to run again; a second run needs no network. Usage:
#   scripts/setup.sh [--for demo]         what ./demo.sh needs (release build; a build that is there already keeps its preset)
#   scripts/setup.sh --for test           what ./test.sh needs (clang, further ttnn releases, dev build)
#     --without-releases                  no further ttnn releases
#     --without-python                    no Python environment at all
#     --without-one-thread-tests          no unit tests whose code has a single thread (./test.sh runs them with AddressSanitizer)
# Environment: TTMEM_VENV (.venv), TTMEM_VENVS (.venvs), TTMEM_COMPILER_LAUNCHER (ccache when it is installed).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

purpose=demo python_wanted=yes releases_wanted=yes one_thread_tests=ON
while [ $# -gt 0 ]; do
    case $1 in
        --for) [ $# -gt 1 ] || die "--for needs demo or test"; purpose=$2; shift 2 ;;
        --without-releases) releases_wanted=no; shift ;;
        --without-python) python_wanted=no releases_wanted=no; shift ;;
        --without-one-thread-tests) one_thread_tests=OFF; shift ;;
        -h | --help) sed -n '4,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown option $1" ;;
    esac
done
case $purpose in demo | test) ;; *) die "--for takes demo or test" ;; esac

build_packages="g++ cmake ninja-build pkg-config libncurses-dev libcli11-dev nlohmann-json3-dev libfmt-dev libsqlite3-dev
    libmicrohttpd-dev prometheus-cpp-dev libtomlplusplus-dev libzstd-dev zlib1g-dev"
test_packages="libgtest-dev libgmock-dev libbenchmark-dev clang clang-format tmux ncurses-term binutils procps curl gdb
    zsh fish mandoc"
# Programs that the tests compare with or run against; their own recommendations (exporters, desktop parts) are not wanted.
peer_packages="prometheus systemd htop btop"
# A browser for the tests of the page; where the distribution has none as a package, those tests are skipped and counted.
browser_packages="chromium chromium-driver"
umd_package="tt-umd==0.9.14"
suite_ttnn="0.66.0 0.72.0 0.78.0 0.80.0"
oldest_ttnn="ttnn==0.65.0"

install_packages() {
    local wanted=$build_packages package missing="" peers=""
    [ "$purpose" = demo ] || wanted="$wanted $test_packages"
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "packages: no apt here; the build needs what Debian calls: $wanted"
        return
    fi
    for package in $wanted; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
    done
    if [ "$purpose" = test ]; then
        for package in $browser_packages; do
            [ -z "$(apt-cache madison "$package" 2>/dev/null)" ] || peer_packages="$peer_packages $package"
        done
        for package in $peer_packages; do
            [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || peers="$peers $package"
        done
    fi
    if [ -z "$missing$peers" ]; then
        say "packages: all there"
        return
    fi
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing, and there is no sudo to install them:$missing$peers"
        as_root=(sudo)
    fi
    step "packages: refreshing the package lists" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # shellcheck disable=SC2086
    [ -z "$missing" ] ||
        step "packages: installing$missing" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y $missing
    # shellcheck disable=SC2086
    [ -z "$peers" ] || step "packages: installing$peers" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $peers
}

# A usable Python is 3.12 or 3.10 (ttnn has wheels for these), runs, and can make virtual environments. A name on PATH may be
# a version manager's shim for a version that is not there, so each candidate is tried.
usable_python() {
    "$1" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info[:2] not in ((3, 12), (3, 10)) or sys.maxsize < 2**32)' \
        </dev/null >/dev/null 2>&1
}
find_python() {
    local version dir candidate roots=()
    while IFS= read -r -d : dir; do # a folder of shims on PATH says where its manager keeps the versions, whatever HOME is
        [ "${dir##*/}" != shims ] || roots+=("${dir%/shims}/versions" "${dir%/shims}/installs/python")
    done <<<"$PATH:"
    for version in ${*:-3.12 3.10}; do
        for candidate in "python$version" "/usr/bin/python$version" "/usr/local/bin/python$version"; do
            candidate=$(command -v "$candidate" || true)
            if [ -n "$candidate" ] && usable_python "$candidate"; then
                "$candidate" -c 'import sys; print(sys.executable)'
                return 0
            fi
        done
        for dir in "${roots[@]}" "${PYENV_ROOT:-$HOME/.pyenv}/versions" "$HOME/.pyenv/versions" \
            "${UV_PYTHON_INSTALL_DIR:-$HOME/.local/share/uv/python}" "$HOME/.asdf/installs/python" /opt /opt/python /usr/local; do
            for candidate in "$dir"/{"$version"*,"python$version"*,"python-$version"*,"cpython-$version"*}/bin/"python$version"; do
                if [ -x "$candidate" ] && usable_python "$candidate"; then
                    say "$candidate"
                    return 0
                fi
            done
        done
    done
    return 1
}
get_python() {
    if python=$(find_python); then
        return
    fi
    if command -v apt-cache >/dev/null; then
        local version
        for version in 3.12 3.10; do
            if apt-cache show "python$version-venv" >/dev/null 2>&1; then
                local as_root=()
                [ "$(id -u)" = 0 ] || as_root=(sudo)
                step "python: installing python$version" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                    apt-get install -q -y "python$version" "python$version-venv"
                if python=$(find_python); then
                    return
                fi
            fi
        done
    fi
    die "no Python 3.12 or 3.10 that runs was found (looked on PATH, in pyenv's, uv's and asdf's folders, /opt and /usr/local), and the
distribution has none; ttnn has wheels for these two alone. Get one, for example with 'uv python install 3.12', and run this again."
}

# make_venv DIR REQUIREMENT…: an environment with exactly these; a stamp of what went in shows whether it is stale.
make_venv() {
    local dir=$1 stamp
    shift
    stamp="$* $(cksum <"$root/scripts/constraints.txt")"
    if [ "$(cat "$dir/.ttmem-stamp" 2>/dev/null)" = "$stamp" ] && "$dir/bin/python" -c '' 2>/dev/null; then
        say "python: ${dir#"$root"/} has $1"
    else
        [ -n "${python:-}" ] || get_python
        [ ! -e "$dir" ] || [ -e "$dir/pyvenv.cfg" ] || die "$dir is there and is not a virtual environment"
        rm -rf "$dir"
        mkdir -p "$(dirname "$dir")"
        step "python: making ${dir#"$root"/} with $1 (about 670 MB), Python $("$python" -c 'import platform; print(platform.python_version())')" \
            fill_venv "$dir" "$@"
        printf '%s' "$stamp" >"$dir/.ttmem-stamp"
    fi
    install_kernel_compiler "$dir"
}
fill_venv() {
    local dir=$1
    shift
    "$python" -m venv "$dir" &&
        "$dir/bin/python" -m pip install --disable-pip-version-check --no-compile -c "$root/scripts/constraints.txt" "$@"
}

# The user-mode driver's Python package, for the tests of `--umd` (8 MB; it finds no device here).
make_umd_venv() {
    local dir=$venvs/umd
    if "$dir/bin/python" -c 'import tt_umd' 2>/dev/null && [ "$(cat "$dir/.ttmem-stamp" 2>/dev/null)" = "$umd_package" ]; then
        say "python: ${dir#"$root"/} has $umd_package"
        return
    fi
    [ -n "${python:-}" ] || get_python
    [ ! -e "$dir" ] || [ -e "$dir/pyvenv.cfg" ] || die "$dir is there and is not a virtual environment"
    rm -rf "$dir"
    mkdir -p "$venvs"
    step "python: making ${dir#"$root"/} with $umd_package (8 MB)" fill_venv "$dir" "$umd_package"
    printf '%s' "$umd_package" >"$dir/.ttmem-stamp"
}

# The oldest release that is supported opens no mock cluster, so that nothing can run with it; its library is looked into.
fetch_oldest_library() {
    local dir=$venvs/libtt_metal-0.65.0
    if [ -e "$dir/libtt_metal.so" ]; then
        say "python: ${dir#"$root"/} has the library of $oldest_ttnn"
        return
    fi
    step "python: fetching the library of $oldest_ttnn (32 MB)" take_library "$dir" "$oldest_ttnn"
}
take_library() {
    local dir=$1 folder
    folder=$(mktemp -d) && mkdir -p "$dir" &&
        "$venv/bin/python" -m pip download --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 -d "$folder" "$2" &&
        "$venv/bin/python" -c 'import sys, zipfile, glob
archive = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])
open(sys.argv[2], "wb").write(archive.read("ttnn/build/lib/libtt_metal.so"))' "$folder" "$dir/libtt_metal.so.new" &&
        mv "$dir/libtt_metal.so.new" "$dir/libtt_metal.so" && rm -r "$folder"
}

# Installs the tools that build and check the Python package.
install_python_tools() {
    local stamp
    stamp=$(cksum <"$root/scripts/python-tools.txt")
    [ "$(cat "$venv/.ttmem-tools-stamp" 2>/dev/null)" != "$stamp" ] || return 0
    step "python: installing the tools that build the package" "$venv/bin/python" -m pip install --disable-pip-version-check --no-compile \
        --no-deps -r "$root/scripts/python-tools.txt"
    printf '%s' "$stamp" >"$venv/.ttmem-tools-stamp"
}

# A second Python for the package's tests, where there is one.
make_second_python() {
    local first other
    first=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$first" != 3.12 ] || ! other=$(find_python 3.10); then
        say "python: no second Python with ttnn wheels here; the package's tests on it are skipped"
        return
    fi
    local python=$other
    make_venv "$venvs/ttnn-0.81.1-python3.10" "${pinned[@]}"
}

# tt-metal compiles kernels when a device opens. On a mock cluster a stand-in is enough; a real toolchain is never replaced.
install_kernel_compiler() {
    local stand_in=$root/tests/support/stand-in-riscv-gpp site compiler interpreter="$1/bin/python -ES"
    [ ! -x /opt/tenstorrent/sfpi/compiler/bin/riscv-tt-elf-g++ ] || return 0
    site=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    compiler=$site/ttnn/runtime/sfpi/compiler/bin/riscv-tt-elf-g++
    # tt-metal runs the stand-in hundreds of times: by the environment's own Python, for a `python3` on PATH may be a slow shim. A folder whose
    # name does not fit a first line keeps the one that asks PATH.
    case $interpreter in
        *[[:space:]]*[[:space:]]* | *[\|\&\\]*) interpreter='/usr/bin/env python3' ;;
    esac
    [ ${#interpreter} -lt 120 ] || interpreter='/usr/bin/env python3'
    mkdir -p "${compiler%/*}"
    sed "1s|.*|#!$interpreter|" "$stand_in" >"$compiler.new"
    if [ -e "$compiler" ]; then
        cmp -s "$compiler.new" "$compiler" && rm "$compiler.new" && return 0
        head -c 400 "$compiler" | grep -aq 'Stand-in for riscv-tt-elf-g++' || { rm "$compiler.new"; return 0; }
    fi
    say "kernels: no RISC-V toolchain; a stand-in for it, enough for mock clusters, goes into ${1#"$root"/}"
    chmod 755 "$compiler.new"
    mv "$compiler.new" "$compiler"
}

configure_and_build() {
    local preset=dev options=(-DTTMEM_BUILD_TESTS=ON -DTTMEM_BUILD_BENCHMARKS=ON "-DTTMEM_ONE_THREAD_TESTS=$one_thread_tests")
    if [ -z "${TTMEM_COMPILER_LAUNCHER+set}" ] && command -v ccache >/dev/null; then
        export TTMEM_COMPILER_LAUNCHER=ccache
    fi
    if [ "$purpose" = demo ]; then
        if [ -e "$build/build.ninja" ]; then
            step "build: bringing build/ up to date" cmake --build "$build" -j "$jobs"
            return
        fi
        preset=release
        options=(-DTTMEM_BUILD_TESTS=OFF -DTTMEM_BUILD_BENCHMARKS=OFF)
    fi
    cd "$root"
    step "build: configuring build/ ($preset)" cmake --preset "$preset" "${options[@]}"
    step "build: building with $jobs jobs" cmake --build --preset "$preset" -j "$jobs"
}

mkdir -p "$build"
exec 8>>"$build/.setup-lock"
if ! flock -n 8; then # two set-ups of one tree take turns
    holder=$(head -n 1 "$build/.setup-lock" 2>/dev/null)
    say "set-up: another set-up of this tree is at work${holder:+ ($holder)}; waiting for it to end"
    flock 8
fi
printf 'process %s, for %s, since %s\n' "$PPID" "$purpose" "$(date +%H:%M:%S)" >"$build/.setup-lock"
install_packages
if [ "$python_wanted" = yes ]; then
    mapfile -t pinned < <(grep -v -e '^#' -e '^-' "$root/scripts/requirements.txt")
    make_venv "$venv" "${pinned[@]}"
    [ "$purpose" = demo ] || install_python_tools
fi
if [ "$purpose" = test ] && [ "$releases_wanted" = yes ]; then
    make_umd_venv
    for version in $suite_ttnn; do
        make_venv "$venvs/ttnn-$version" "ttnn==$version"
    done
    make_second_python
    fetch_oldest_library
fi
configure_and_build
say "set-up: done"
