# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The OCI image in one run of scripts/oci.sh, then run as an engine would: its file system in a mount namespace, with the folders of docs/containers.md. Minutes, and
the distribution's archive: with --long alone."""
import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tarfile
import time
import urllib.request

import pytest
import yaml
from scraping import free_port, until

pytestmark = pytest.mark.long
PROCESSES, BUFFERS = 3, 500
PATIENCE = 120


def unpacked(archive, out):
    """(its root file system, its configuration), read as the image specification says"""
    layout, files = out / "layout", out / "files"
    with tarfile.open(archive) as packed:
        packed.extractall(layout, filter="data")

    def blob(descriptor):
        return layout / "blobs" / descriptor["digest"].replace(":", "/")

    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(entry).read_text())
    files.mkdir()
    for layer in manifest["layers"]:
        subprocess.run(["tar", "-xf", blob(layer), "-C", files, "--numeric-owner"], check=True)
    return files, json.loads(blob(manifest["config"]).read_text())


@pytest.fixture(scope="module")
def image(root, build, tmp_path_factory):
    missing = [program for program in ("mmdebstrap", "umoci", "dpkg-buildpackage", "dh", "unshare") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"these are not installed here: {' '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("the image's file system is entered as root")
    out = tmp_path_factory.mktemp("image")
    for words in (["deb.sh", "--out", out, "--build", build], ["oci.sh", "--out", out, None]):
        words = [next(out.glob("ttmem_*.deb")) if word is None else word for word in words]
        done = subprocess.run([root / "scripts" / words[0], *words[1:]], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    (archive,) = out.glob("*.oci.tar")
    return unpacked(archive, out)


@contextlib.contextmanager
def shared_folder(build, tmp_path):
    """A folder as the host makes it, and processes of the host that keep their ledgers there: (folder, environment, pids)."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTMEM_"))} | {"TT_ALLOC_LEDGER_DIR": str(shared)}
    fleet = subprocess.Popen([build / "benchmarks/fleet", "--mock", "--processes", str(PROCESSES), "--devices", "2", "--buffers", str(BUFFERS)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield shared, environment, [int(pid) for pid in fleet.stdout.readline().split()[1:]]
    finally:
        fleet.stdin.close()
        fleet.wait(60)


def in_image(image, shared, words, **environment):
    """The command that runs `words` in the image, with the shared folder where the documentation has it, and the host's pids."""
    files, config = image
    named = dict(pair.split("=", 1) for pair in config["config"]["Env"]) | environment
    script = 'mkdir -p "$1/dev/shm/ttmem" && mount --bind "$2" "$1/dev/shm/ttmem" && mount -t proc proc "$1/proc" && root=$1 && shift 2 && exec chroot "$root" "$@"'
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(files), str(shared),
            "env", "-i", *(f"{name}={value}" for name, value in named.items()), *words]


def test_its_server_shows_what_the_shared_folder_has(root, build, image, tmp_path):
    config = image[1]["config"]
    assert config["Entrypoint"] == ["ttmem"] and config["Cmd"][0] == "server" and "9465/tcp" in config["ExposedPorts"]
    compose = yaml.safe_load(re.search(r"```yaml\n(# compose.*?)```", (root / "docs/containers.md").read_text(), re.S).group(1))
    port = free_port()
    words = [word.replace(":9465", f":{port}") for word in compose["services"]["ttmem"]["command"]]
    with shared_folder(build, tmp_path) as (shared, environment, pids):
        assert len(pids) == PROCESSES
        with open(tmp_path / "server.log", "wb") as log:
            server = subprocess.Popen(in_image(image, shared, [*config["Entrypoint"], *words]), stdout=log, stderr=log)
        try:
            def answer():
                assert server.poll() is None, (tmp_path / "server.log").read_text()
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/snapshot", timeout=PATIENCE) as got:
                        return json.load(got)
                except OSError:
                    return None

            inside = until(answer, (tmp_path / "server.log").read_text)
            outside = json.loads(subprocess.run([build / "bin/ttmem", "snapshot", "--json", "--server", "none"], env=environment, capture_output=True, text=True, check=True).stdout)
        finally:
            server.send_signal(getattr(signal, config["StopSignal"]))
            assert server.wait(PATIENCE) == 0, (tmp_path / "server.log").read_text()

    def held(snapshot):
        return sorted((process["pid"], process["state"], [(each["dram_bytes"], each["l1_bytes"]) for each in process["devices"]]) for process in snapshot["processes"])

    assert [pid for pid, _, _ in held(inside)] == sorted(pids) and held(inside) == held(outside)
    assert sum(device["memory"]["dram"]["allocated_bytes"] for device in inside["devices"]) == sum(device["memory"]["dram"]["allocated_bytes"] for device in outside["devices"]) > 0
    assert (image[0] / "var/lib/ttmem/history.db").exists(), "kept where the documentation mounts a volume"


def test_its_monitor_shows_what_the_shared_folder_has(build, image, tmp_path):
    with shared_folder(build, tmp_path) as (shared, _, pids):
        command = in_image(image, shared, ["ttmem", "top", "-w", "--server", "none"], TT_ALLOC_LEDGER_DIR="/dev/shm/ttmem", TERM="xterm-256color", LINES="40", COLUMNS="120")
        child, terminal = pty.fork()
        if child == 0:
            os.execvp(command[0], command)
        seen, limit = b"", time.monotonic() + PATIENCE
        while not all(str(pid).encode() in seen for pid in pids) or b"Total: 3 live" not in seen:
            assert time.monotonic() < limit and select.select([terminal], [], [], PATIENCE)[0], seen.decode(errors="replace")[-3000:]
            seen += os.read(terminal, 65536)
        os.write(terminal, b"q")
        with contextlib.suppress(OSError):  # the terminal is gone with its last program
            while os.read(terminal, 65536):
                pass
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        os.close(terminal)
