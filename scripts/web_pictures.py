#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the page for the documents, from a real run: a server and a workload are started, and Chromium is driven as a person would.

usage: scripts/web_pictures.py [--build build] [--views overview timeline ...] [--out docs/pictures] [--dark] -- COMMAND...
The COMMAND runs under `ttmem run`, for example: python demo/workload.py with TT_METAL_MOCK_CLUSTER_DESC_PATH set. Needs chromium, chromium-driver, selenium.

       scripts/web_pictures.py --recording FILE.ttrec [--build build] [--out docs/pictures]     the page of a recording instead
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/web"))
import browser  # noqa: E402


def smaller(path):
    """The same picture with at most 256 colours: a quarter of the bytes."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


def choose(window, select, word):
    """The first entry of a choice that has the word."""
    window.run("""const s = document.getElementById(arguments[0]), found = [...s.options].find(o => o.textContent.includes(arguments[1]));
                  s.value = found.value; s.dispatchEvent(new Event('change', {bubbles: true}));""", select, word)


def of_recording(options, ttmem, size):
    """A timeline, a map of L1 at two moments in dark, and a flame graph."""
    with tempfile.TemporaryDirectory(prefix="ttmem-pictures.") as folder:
        page = f"{folder}/page.html"
        subprocess.run([ttmem, "report", options.recording, "--html", page], check=True)
        for name, dark, key in (("timeline", False, "2"), ("map-dark", True, "3"), ("flame", False, "6")):
            with browser.Browser(size, dark) as window:
                window.open(f"file://{page}")
                window.wait("document.querySelector('main[data-view]')", "the page")
                window.keys(key)
                window.wait("document.querySelector('main:not([data-view=overview])')", name)
                if name == "map-dark":
                    choose(window, "pool", "L1,")
                    choose(window, "moment-A", "peak of L1,")
                    choose(window, "moment-B", "hole of L1,")
                elif name == "flame":
                    choose(window, "graph", "Allocated")
                time.sleep(1)
                path = options.out / f"recording-{name}.png"
                window.picture(path)
                smaller(path)
                print(path)


def of_moments(options, ttmem, size):
    """The page that `ttmem web FILE` serves: the buffers of the peak of L1, and of one of them the stack."""
    served = subprocess.Popen([ttmem, "web", "--no-browser", options.recording], stdout=subprocess.PIPE, text=True)
    try:
        url, _, token = served.stdout.readline().strip().partition("#")
        with browser.Browser(size, False) as window:
            window.open(f"{url}?view=buffers#{token}")
            window.wait("document.querySelector('[data-moment]')", "the page")
            window.keys("<", "<")  # the refusal, then the peak of L1
            window.wait("document.querySelector('.said').textContent.includes('peak of l1')", "the peak of L1")
            time.sleep(2)
            window.run("document.querySelectorAll('table[aria-label=Buffers] tbody tr')[3].click(); document.activeElement.blur()")
            time.sleep(1)
            path = options.out / "web-moments.png"
            window.picture(path)
            smaller(path)
            print(path)
    finally:
        served.terminate()
        served.wait()


def main():
    words = sys.argv[1:]
    command = words[words.index("--") + 1:] if "--" in words else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--views", nargs="*", default=["overview", "timeline", "map"])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs/pictures")
    parser.add_argument("--size", default="1280x860")
    parser.add_argument("--settle", type=float, default=45, help="seconds before the first picture, for charts to fill")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--recording", help="a recording, whose page is opened")
    options = parser.parse_args(words[:words.index("--")] if command else words)
    if why := browser.missing():
        sys.exit(f"web_pictures.py: {why}")
    ttmem = str((options.build / "bin/ttmem").resolve())
    options.out.mkdir(parents=True, exist_ok=True)
    size = tuple(int(part) for part in options.size.split("x"))
    if options.recording:
        of_recording(options, ttmem, size)
        return of_moments(options, ttmem, size)
    with tempfile.TemporaryDirectory(prefix="ttmem-pictures.", dir="/dev/shm") as folder:
        environment = os.environ | {"TT_ALLOC_LEDGER_DIR": folder, "XDG_STATE_HOME": folder, "TTMEM_SERVER": f"{folder}/api/api.sock"}
        os.mkdir(f"{folder}/api")
        started = [subprocess.Popen([ttmem, "server", "--socket", f"{folder}/old.sock", "--http", "127.0.0.1:0", "--api-socket", f"{folder}/api/api.sock"],
                                    env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True)]
        try:
            for line in started[0].stderr:
                if re.search("listening on", line):
                    break
            if command:
                started.append(subprocess.Popen([ttmem, "run", "--", *command], env=environment, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True))
            time.sleep(options.settle)
            with browser.Browser(size, options.dark) as window:
                for view in options.views:
                    address = subprocess.run([ttmem, "web", "--no-browser"], env=environment, check=True, capture_output=True, text=True).stdout.strip()
                    window.open(address.replace("#", f"?view={view}#"))
                    window.wait("document.querySelector('.status.live')", "the page", patience=60)
                    time.sleep(4)
                    path = options.out / f"web-{view}{'-dark' if options.dark else ''}.png"
                    window.picture(path)
                    smaller(path)
                    print(path)
        finally:
            for process in reversed(started):
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()


if __name__ == "__main__":
    main()
