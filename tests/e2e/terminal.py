# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A terminal with a user at it: tmux, driven through a server of its own."""
import os
import shlex
import shutil
import subprocess
import tempfile
import time

PATIENCE = 30  # seconds; only a hang is a failure


class Terminal:
    """Runs `command` in a terminal of that size. A context manager: whatever happens, the terminal is gone afterwards."""

    def __init__(self, command, environment, width=120, height=40, term=None):
        self.folder = tempfile.mkdtemp(prefix="ttmem-tmux.")
        self.width, self.height = width, height
        config = os.path.join(self.folder, "conf")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"set -g default-terminal {term or 'tmux-256color'}\nset -g escape-time 5\nset -g mouse on\nset -g status off\n"
                      f"set -g remain-on-exit on\nset -g default-shell {shutil.which('bash')}\n")
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment}
        env = {k: v for k, v in env.items() if k not in ("LINES", "COLUMNS", "TERM", "TMUX")}  # the caller's terminal is not this one
        line = shlex.join(command) if isinstance(command, list) else command
        subprocess.run(["tmux", "-S", self.socket, "-u", "-f", config, "new-session", "-d", "-x", str(width), "-y", str(height), line], env=env,
                       check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)

    @property
    def socket(self):
        return os.path.join(self.folder, "socket")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def tmux(self, *words, check=True):
        done = subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def click(self, row, column, button=0):
        """As a terminal of this type reports a mouse: three bytes after ESC [ M, counted from 33."""
        for code in (button, 3):  # pressed, let go
            self.tmux("send-keys", "-H", "1b", "5b", "4d", f"{32 + code:x}", f"{33 + column:x}", f"{33 + row:x}")

    def resize(self, width, height):
        self.width, self.height = width, height
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self, colours=False):
        """A whole picture: the monitor puts the cursor into the last corner after each, and a picture still being written is waited for."""
        where = "#{alternate_on} #{cursor_x} #{cursor_y} #{pane_width} #{pane_height}"
        limit = time.monotonic() + PATIENCE
        while True:  # picture and cursor in one command: tmux takes nothing from the program in between
            picture = self.tmux("capture-pane", "-p", *(["-e"] if colours else []), ";", "display-message", "-p", where)
            picture, _, state = picture[:-1].rpartition("\n")
            full_screen, x, y, width, height = map(int, state.split())
            if not full_screen or (x, y) == (width - 1, height - 1):
                return picture + "\n"
            assert time.monotonic() < limit, f"a picture that never ends, cursor at {x},{y} of {width}x{height}:\n{picture}"
            time.sleep(0.01)

    def pid(self):
        return int(self.tmux("display-message", "-p", "#{pane_pid}"))

    def is_over(self):
        return self.tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def until(self, seen, what=""):
        """The screen as soon as `seen` (a text, or what judges the screen) is there."""
        judge = seen if callable(seen) else lambda screen: seen in screen
        limit = time.monotonic() + PATIENCE
        while True:
            screen = self.screen()
            if judge(screen):
                return screen
            assert time.monotonic() < limit, f"{what or seen} did not come to be seen:\n{screen}"
            time.sleep(0.03)

    def until_over(self):
        limit = time.monotonic() + PATIENCE
        while not self.is_over():
            assert time.monotonic() < limit, f"it did not end:\n{self.screen()}"
            time.sleep(0.03)
