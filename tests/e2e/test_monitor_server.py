# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The live monitor beside a real server: its charts begin with what the server wrote down, and its figures are the server's while there is one."""
import json
import re
import subprocess
import time

import host
import pytest
from terminal import PATIENCE, Terminal

WARM, COOL = "70000\n", "30000\n"


class Room:
    """A fake card, and a server that watches it."""

    def __init__(self, tools, folder):
        self.tools, self.folder, self.server = tools, folder, None
        subprocess.run([host.ROOT / "tests" / "support" / "fake-kmd-tree", folder / "tree", "n150"], check=True)
        hwmon = (folder / "tree/sys/class/tenstorrent/tenstorrent!0").resolve().parent.parent / "hwmon"
        self.thermometer = next(hwmon.iterdir()) / "temp1_input"
        self.environment = {**tools.environment(), "TT_ALLOC_SYSFS_ROOT": str(folder / "tree/sys"), "TT_ALLOC_PROCFS_ROOT": str(folder / "tree/proc"),
                            "XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config"), "TTMEM_SERVER": str(folder / "api.sock"), "TTMEM_SERVER_PATIENCE_MS": "60000"}

    def serve(self):
        self.server = subprocess.Popen([self.tools.ttmem, "server", "--socket", self.folder / "old.sock", "--http", "off", "--api-socket",
                                        self.folder / "api.sock"], env=self.tools.without_runtime(self.environment), stderr=subprocess.DEVNULL)
        self.until(lambda: (self.folder / "api.sock").exists())

    def until(self, seen):
        limit = time.monotonic() + PATIENCE
        while not seen():
            assert time.monotonic() < limit and self.server.poll() is None
            time.sleep(0.05)

    def written(self, celsius):
        """How many seconds with that temperature stand in the history."""
        done = subprocess.run([self.tools.ttmem, "history", "--json", "--seconds", "1"], env=self.environment, capture_output=True, text=True, check=False)
        cards = json.loads(done.stdout)["cards"] if done.returncode == 0 else []
        return sum(point[1] == celsius for card in cards for point in card["points"])

    def stop(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait(PATIENCE)


@pytest.fixture
def room(tools, tmp_path):
    made = Room(tools, tmp_path)
    yield made
    made.stop()


def test_charts_begin_with_what_the_server_wrote_down(tools, room):
    """The card was warm before the monitor was there, and never since: only the history knows."""
    room.thermometer.write_text(WARM)
    room.serve()
    room.until(lambda: room.written(70) >= 3)
    room.thermometer.write_text(COOL)
    room.until(lambda: room.written(30) >= 2)
    with Terminal([str(tools.ttmem), "top", "-r", "500"], room.environment, 120, 40) as terminal:
        terminal.until("30°C")
        terminal.keys("2")

        def top_of_the_chart(screen):
            lines = screen.splitlines()
            title = next((i for i, line in enumerate(lines) if "Temperature 30 C" in line), len(lines))
            return re.findall("[\u2801-\u28ff]", "".join(lines[title + 1: title + 3]))

        terminal.until(lambda screen: len(top_of_the_chart(screen)) >= 3, "what was warm before")
        terminal.keys("3")  # the server has seen both
        terminal.until(lambda screen: re.search(r"asic_temperature +30 C +75 C +30 C +70 C", screen))
        room.stop()
        terminal.until(lambda screen: re.search(r"asic_temperature +30 C +75 C +30 C +30 C", screen), "the monitor's own readings")
        terminal.keys("q")
        terminal.until_over()
