# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Whether another tensor as large as the largest so far fits, said before it is asked for: by the server's metrics and by `ttmem snapshot`, against ttnn."""
import collections
import re
import subprocess
import time
import urllib.request

import host
import pytest
from scraping import PATIENCE, until

SERIES = re.compile(r"^(tt_[a-z0-9_]+)(?:{(.*)})? (\S+)$", re.M)


@pytest.fixture
def metrics(tools, tmp_path):
    """Gives the page of a server as {(metric, value of its label `kind`): value}, read after the call."""
    errors = tmp_path / "server.err"
    with open(errors, "wb") as log:
        server = subprocess.Popen([tools.ttmem, "server", "--socket", tmp_path / "socket", "--http", "127.0.0.1:0", "--api-socket", "off", "--no-history"], stderr=log,
                                  env=tools.without_runtime(tools.environment()))

    def read():
        after = time.time()

        def page():
            text = urllib.request.urlopen(f"http://{target}/metrics", timeout=PATIENCE).read().decode()
            found = {}
            for name, labels, value in SERIES.findall(text):
                kind = re.search(r'\bkind="(\w+)"', labels)
                found[name, kind and kind.group(1)] = float(value)
            return found if found["tt_model_time_seconds", None] > after else None

        return until(page, lambda: "no figures that were read after the question")

    try:
        target = until(lambda: re.search(r"HTTP on http://(\S+)", errors.read_text()), errors.read_text).group(1)
        yield read
        server.terminate()
        assert server.wait(60) == 0, errors.read_text()
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def test_another_one_as_large_fits_where_the_metrics_say_so(tools, python, metrics):
    answers = collections.Counter()
    with host.Host(tools, [python, host.HOSTS / "foreseen.py"], "foreseen", "n150", tools.preload()) as run:
        message = run.hear()
        while not message.get("end"):
            page, snapshot = metrics(), tools.snapshot()
            (process,) = [each for each in snapshot["processes"] if each["pid"] == message["pid"]]
            assert process["steps"] == page["tt_process_steps_total", None] == message["step"]
            memory = next(each["memory"] for each in snapshot["devices"] if each["live_processes"])
            foreseen = {}
            for kind, largest in message["largest"].items():
                free = message["free"][kind]
                for name, told in (("largest_buffer_bytes_per_bank", largest), ("largest_free_bytes_per_bank", free)):
                    assert memory[kind][name] == page[f"tt_device_memory_{name}", kind] == told, (message, kind, name)
                foreseen[kind] = largest <= free
            run.say()
            assert run.hear()["fits"] == foreseen, message
            answers.update(foreseen.items())
            message = run.hear()
    print(dict(answers))
    assert all(answers[kind, fits] >= 5 for kind in ("dram", "l1") for fits in (True, False)), answers


def test_the_smallest_hole_of_thousands_of_buffers_is_known(tools, python):
    with host.Host(tools, [python, host.HOSTS / "many_small.py"], "many_small", "n150", tools.preload()) as run:
        message = run.hear()
        memory = next(each["memory"] for each in tools.snapshot()["devices"] if each["live_processes"])
        for kind, least in message["least"].items():
            assert memory[kind]["least_largest_free_bytes_per_bank"] == least, (kind, message)
            assert memory[kind]["largest_free_bytes_per_bank"] == message["now"][kind] >= least
        run.say()
        assert run.hear()["end"]
