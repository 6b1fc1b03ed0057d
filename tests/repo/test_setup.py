# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""scripts/setup.sh, in a tree of its own with nothing but the scripts."""
import fcntl
import shutil
import subprocess


def test_waiting_for_another_set_up_is_said(root, tmp_path):
    """Incident: ./demo.sh beside a ./test.sh that sets up stood at a blank screen."""
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    (tmp_path / "build").mkdir()
    lock = tmp_path / "build" / ".setup-lock"
    with open(lock, "a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("process 4711, for test, since 12:00:00\n")
        held.flush()
        with subprocess.Popen([tmp_path / "scripts" / "setup.sh", "--for", "demo", "--without-python"], stdout=subprocess.PIPE, text=True) as waiting:
            line = waiting.stdout.readline()
            waiting.kill()
    assert line == "set-up: another set-up of this tree is at work (process 4711, for test, since 12:00:00); waiting for it to end\n"
