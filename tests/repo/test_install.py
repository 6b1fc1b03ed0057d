# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""An installed copy is complete: another project finds it, builds against it, and what it reports is seen."""
import json
import os
import shutil
import subprocess
import time
import tomllib

import pytest


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(build, tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed") / "moved"
    built_for = prefix.with_name("prefix")
    run("cmake", "--install", build, "--prefix", built_for)
    built_for.rename(prefix)  # nothing in it may depend on where it was installed
    return prefix


@pytest.fixture(scope="module")
def examples(root, installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    run("cmake", "-S", root / "examples", "-B", folder, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={installed}", "-DSTAND_IN_MEMORY_REPORT=ON")
    run("cmake", "--build", folder)
    return folder


def memory_of(program, installed, ledgers, **more):
    """The one process of a running program, and its buffers, from `ttmem snapshot`."""
    environment = {**os.environ, "TT_ALLOC_LEDGER_DIR": str(ledgers), "TT_ALLOC_TRACKING_ENABLED": "1", **more}
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout.readline() == "tracking is on\n"
        seen = json.loads(run(installed / "bin/ttmem", "snapshot", "--json", "--buffers", env=environment))
        running.stdin.close()
        assert running.wait() == 0
    (process,) = [p for p in seen["processes"] if p["pid"] == running.pid]
    assert process["state"] == "live"
    return {d["id"]: d for d in process["devices"]}, [b for b in seen["buffers"] if b["pid"] == running.pid]


def test_the_six_reports_are_seen(installed, examples, tmp_path):
    devices, buffers = memory_of(examples / "six_reports", installed, tmp_path)
    assert devices[0]["dram_bytes"] == 64 << 20 and devices[0]["l1_bytes"] == 2 << 20
    assert devices[0]["cb_bytes"] == 64 * 16384 and devices[0]["kernel_bytes"] == 64 * 4096
    assert sorted((b["kind"], b["address"]) for b in buffers) == [("dram", 0x100000), ("l1", 0x20000)]


def test_an_allocator_with_banks_is_seen(installed, examples, tmp_path):
    devices, buffers = memory_of(examples / "own_allocator", installed, tmp_path)
    assert devices[0]["dram_bytes"] == 8 * 125056 and devices[1]["dram_bytes"] == 2 * 8 * 125056
    assert sorted((b["id"], b["requested_bytes"], b["devices"]) for b in buffers) == [(1, 1000000, [0, 1]), (2, 1000000, [1])]


def test_a_library_that_embeds_the_client_links_against_nothing(root, installed, examples, tmp_path):
    """docs/upstreaming.md: on, its buffers and its refusal are seen; without the variable or the client nothing is loaded and no ledger made."""
    program = examples / "embedded/embedded"
    needed = run("readelf", "-d", examples / "embedded/libstand_in.so")
    assert "tt_alloc" not in needed
    found = {**os.environ, "TT_ALLOC_LEDGER_DIR": str(tmp_path), "LD_LIBRARY_PATH": str(installed / "lib")}
    found.pop("TT_ALLOC_TRACKING_ENABLED", None)
    for environment in (found, {**found, "TT_ALLOC_TRACKING_ENABLED": "1", "LD_LIBRARY_PATH": ""}):
        assert run(program, stdin=subprocess.DEVNULL, env=environment) == "refused\nready\n"
        assert list(tmp_path.iterdir()) == []
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**found, "TT_ALLOC_TRACKING_ENABLED": "1"}) as running:
        assert running.stdout.readline() + running.stdout.readline() == "refused\nready\n"
        seen = json.loads(run(installed / "bin/ttmem", "snapshot", "--json", "--buffers", "--server", "none", env=found))
        why = json.loads(run(installed / "bin/ttmem", "why", str(running.pid), "--json", "--server", "none", env=found))
        running.stdin.close()
        assert running.wait() == 0
    # Each of 12 banks takes a twelfth, rounded up to 64 bytes; the second buffer is freed and its room not used again.
    rows = [(buffer["address"], buffer["requested_bytes"], buffer["bytes_per_bank"]) for buffer in seen["buffers"] if buffer["pid"] == running.pid]
    assert sorted(rows) == [(64, 1000000, 83392), (64 + 83392 + 416704, 120000, 10048)]
    of_a_bank = (-(-(1 << 40) // 12) + 63) // 64 * 64
    assert why["verdict"] == "larger_than_device" and why["wanted_bytes"] == 12 * of_a_bank


def test_the_seam_is_nothing_where_it_is_not_compiled_in(root, tmp_path):
    run("c++", "-std=c++20", "-O1", "-c", root / "examples/embedded/runtime.cpp", "-o", tmp_path / "runtime.o")
    assert not [line for line in run("nm", "-C", tmp_path / "runtime.o").splitlines() if "memory_report" in line or "dlopen" in line]


NAMESPACES = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


@pytest.mark.parametrize("shared", [True, False])
def test_a_program_in_a_container(installed, examples, tmp_path, shared):
    """docs/containers.md: with one shared folder and one variable its memory is seen from outside; a /dev/shm of its own hides it."""
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("namespaces are not permitted here")
    outside = tmp_path / "shared"
    outside.mkdir(mode=0o777)
    inner = tmp_path / "inside"
    inner.mkdir()
    start = 'mount -t tmpfs none /dev/shm && mount --bind "$1" "$2" && shift 2 && exec "$@"'
    environment = {**os.environ, "TT_ALLOC_TRACKING_ENABLED": "1"}
    environment.pop("TT_ALLOC_LEDGER_DIR", None)
    inside = {**environment, "TT_ALLOC_LEDGER_DIR": str(inner)} if shared else environment
    command = [*NAMESPACES, "sh", "-c", start, "sh", outside, inner, examples / "own_allocator"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=inside) as running:
        assert running.stdout.readline() == "tracking is on\n"
        seen = json.loads(run(installed / "bin/ttmem", "snapshot", "--json", "--server", "none", env={**environment, "TT_ALLOC_LEDGER_DIR": str(outside)}))
        running.stdin.close()
        assert running.wait() == 0
    live = [process for process in seen["processes"] if process["state"] == "live"]
    if not shared:
        assert not live
        return
    (process,) = live
    assert {d["id"]: d["dram_bytes"] for d in process["devices"]} == {0: 8 * 125056, 1: 2 * 8 * 125056}
    assert process["pid_visible"], "the kernel tells the pid that it has outside"


def test_slurm_epilog_prints_a_jobs_peaks_and_refusals(root, installed, examples, tmp_path):
    """The example allocates 8 x 125056 bytes on two chips, as much again on one of them, and is refused twice what a bank has."""
    environment = {**os.environ, "TT_ALLOC_LEDGER_DIR": str(tmp_path), "PATH": f"{installed / 'bin'}:{os.environ['PATH']}"}
    database = tmp_path / "history.db"
    server = [installed / "bin/ttmem", "server", "--http", "off", "--api-socket", "off", "--socket", tmp_path / "old", "--history", database]
    epilog = [root / "packaging/slurm/ttmem-epilog", "--database", database, "--since", "1h", "4711"]
    with subprocess.Popen(server, env=environment, stderr=subprocess.DEVNULL) as serving:
        job = {**environment, "TT_ALLOC_TRACKING_ENABLED": "1", "SLURM_JOB_ID": "4711"}
        with subprocess.Popen([examples / "own_allocator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=job) as running:
            assert running.stdout.readline() == "tracking is on\n"
            end = time.monotonic() + 60
            while True:
                told = json.loads(run(*epilog, env=environment))
                if told.get("refusals") or time.monotonic() > end:
                    break
                time.sleep(0.2)
            running.stdin.close()
            running.wait()
        serving.terminate()
    assert told["processes"] == 1 and told["died"] == 0, told
    assert max(device["dram_peak_bytes_of_a_process"] for device in told["devices"]) == 2 * 8 * 125056
    (refusal,) = told["refusals"]
    assert refusal["kind"] == "dram" and refusal["requested_bytes"] == 16 << 30 and told["refusals_in_all"] == 1
    other = json.loads(run(*epilog[:-1], "4712", env=environment))
    assert other["processes"] == 0 and other["refusals"] == []
    assert "error" in json.loads(run(epilog[0], "--database", tmp_path / "nowhere", "1", env=environment)), "and it ends with 0"


def test_pkg_config_finds_it(root, installed, tmp_path):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(installed / "lib/pkgconfig"), "LD_LIBRARY_PATH": str(installed / "lib")}
    if not (installed / "lib/pkgconfig").exists():  # a distribution's own folder for libraries
        (found,) = installed.glob("**/pkgconfig")
        environment.update(PKG_CONFIG_PATH=str(found), LD_LIBRARY_PATH=str(found.parent))
    flags = run("pkg-config", "--cflags", "--libs", "tt_alloc_client", env=environment).split()
    run("cc", root / "examples/own_allocator.c", "-o", tmp_path / "program", *flags)
    devices, _ = memory_of(tmp_path / "program", installed, tmp_path, LD_LIBRARY_PATH=environment["LD_LIBRARY_PATH"])
    assert set(devices) == {0, 1}


# A user uses an installed copy, with places of his own for everything that is usually the machine's: $1 is the installation, $2 the examples.
USED = r"""
set -eu
mount --bind "$1" /mnt && mount --bind "$2" /media
for folder in /tmp /run /dev/shm /var/lib /var/tmp; do mount -t tmpfs none $folder; done
cd /
unset TT_ALLOC_LEDGER_DIR XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
export HOME=/tmp/home LD_LIBRARY_PATH=/mnt/lib TT_ALLOC_TRACKING_ENABLED=1 PATH=/mnt/bin:$PATH
mkdir $HOME
ttmem server --http off 2>/dev/null & server=$!
/media/own_allocator </dev/null >/dev/null
mkfifo /dev/shm/input
/media/own_allocator </dev/shm/input >/dev/null & live=$!
exec 9>/dev/shm/input
for try in $(seq 600); do
    [ ! -e $HOME/.local/state/ttmem/history.db ] || [ ! -e /dev/shm/tt_alloc.*/$live-*.ledger ] || break
    sleep 0.1
done
rm /dev/shm/input
! refused=$(ttmem-leftovers --remove 2>&1) && echo "refused: $refused"
kill -TERM $server && wait $server
listed() { find /tmp /run /dev/shm /var/lib /var/tmp -type f -o -type s -o -type l; }
echo "left: $(listed | tr '\n' ' ')"
echo "said: $(ttmem-leftovers | sed 's/^ *[^ ]* *//; s/  *(.*//' | tr '\n' ' ')"
ttmem-leftovers --remove >/dev/null
echo "kept: $(listed | sed "s/$live-.*/LIVE/" | sort -u | tr '\n' ' ')"
exec 9>&-
wait $live
ttmem-leftovers --remove >/dev/null
echo "at the end: $(listed)"
ttmem-leftovers
"""


def test_what_a_user_leaves_is_listed_and_removed(installed, examples):
    """docs/packages.md, "Leaving": every file that use has made is under a place that ttmem-leftovers names, and goes with --remove; not that of a process that runs."""
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("namespaces are not permitted here")
    told = dict(line.split(": ", 1) for line in run(*NAMESPACES, "sh", "-c", USED, "sh", installed, examples).splitlines() if ": " in line)
    assert "stop it first" in told["refused"], "a server that runs would write again"
    left, said = told["left"].split(), told["said"].split()
    assert any(path.endswith("/history.db") for path in left) and sum(path.endswith(".ledger") for path in left) == 2, told
    assert not [path for path in left if not any(path.startswith(place) for place in said)], told
    assert set(told["kept"].split()) == {"/dev/shm/tt_alloc.0/LIVE"}, told
    assert told["at the end"] == "", told


def test_a_build_is_uninstalled_by_its_manifest(root, build, tmp_path):
    """docs/packages.md: the files that `cmake --install` has put somewhere are those that install_manifest.txt names."""
    copied = tmp_path / "build"
    copied.mkdir()
    run("cmake", "--install", build, "--prefix", tmp_path / "prefix", env={**os.environ, "DESTDIR": str(copied)})
    assert [path for path in copied.rglob("*") if path.is_file()]
    run("sh", "-c", f"sed 's|^|{copied}|' {build}/install_manifest.txt | xargs rm -f --")
    assert [path for path in copied.rglob("*") if not path.is_dir()] == []


def test_the_entry_for_the_vendors_command(root, build):
    """packaging/tt/supplement.toml names the package, its version and a program that the package has; tests/python installs it by the vendor's own code."""
    file = tomllib.loads((root / "packaging/tt/supplement.toml").read_text())
    assert file["schema_version"] == 1
    (name, entry), = file["tools"].items()
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert name in project["scripts"] and entry["package"] == project["name"]  # the vendor's command calls the program that is named like the package
    assert run(build / "bin" / name, *entry["health"]) == f"{name} {entry['golden_version']}\n"


def test_old_names_are_installed(installed):
    for name in ("ttmem", "tt_smi_umd", "allocation_server_poc"):
        assert (installed / "bin" / name).exists()
        assert run(installed / "bin" / name, "--help")
