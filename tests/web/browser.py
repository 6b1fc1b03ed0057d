# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Chromium, driven as a person would: Debian's chromium and chromium-driver, without a screen and without a network beyond the loopback."""
import json
import os
import shutil
import tempfile

CHROMIUM, DRIVER = "chromium", "chromedriver"


def missing():
    """Why no browser can be driven here; empty when one can."""
    absent = [name for name in (CHROMIUM, DRIVER) if not shutil.which(name)]
    if absent:
        return f"no {' and no '.join(absent)} here (scripts/setup.sh --for test installs them where the distribution has them)"
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "the package selenium is not installed (scripts/python-tools.txt)"
    return ""


class Browser:
    """One window. Close it, or use it in a with statement."""

    def __init__(self, size=(1440, 1000), dark=False):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        os.environ["SE_AVOID_STATS"] = "true"
        self.profile = tempfile.mkdtemp(prefix="ttmem-chromium.")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which(CHROMIUM)
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-device-scale-factor=1", "--hide-scrollbars",
                     "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={self.profile}", f"--window-size={size[0]},{size[1]}"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which(DRIVER), log_output=os.devnull))
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False})
        self.driver.set_script_timeout(60)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def open(self, url):
        self.driver.get("about:blank")
        self.driver.get(url)

    def leave(self):
        """Ends the page, and forgets its errors and requests."""
        self.driver.get("about:blank")
        self.complaints()
        self.requests()

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def keys(self, *words):
        """Typed into whatever has the focus."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*words).perform()

    def wait(self, condition, what, patience=30):
        """Until the JavaScript expression is true; its value."""
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.ui import WebDriverWait

        try:
            return WebDriverWait(self.driver, patience, poll_frequency=0.1).until(lambda driver: driver.execute_script(f"return {condition}"))
        except TimeoutException:
            raise AssertionError(f"{what}: not within {patience} s; the page says {self.text()[:1500]!r}, and {self.complaints()}") from None

    def text(self):
        return self.run("return document.body.innerText")

    def picture(self, path):
        self.driver.save_screenshot(str(path))

    def complaints(self):
        """The page's errors since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def requests(self):
        """Addresses that were asked for since the last call."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"])
        return found
