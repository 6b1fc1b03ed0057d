# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Shared by all Python tests: tests marked `long` run with ./test.sh --long (TTMEM_LONG=1) alone; else they are deselected, and pytest counts them.

    @pytest.mark.long
    def test_an_hour_of_kills(...)
"""
import os

LONG = os.environ.get("TTMEM_LONG") == "1"


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; runs with ./test.sh --long")


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if item.get_closest_marker("long")] if not LONG else []
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
