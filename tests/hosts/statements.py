# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the Python statements that the test sends, one JSON string a line, in one namespace with `ttnn` and what host_protocol has; sends what `answer` is then.

An exception of a statement is sent as text: refusals are what some tests are about.
"""
import json

import host_protocol
from host_protocol import ask


def main():
    names = {name: value for name, value in vars(host_protocol).items() if not name.startswith("_")}
    said = {"ready": True}
    while True:
        names["answer"] = None
        line = ask(**said)
        try:
            exec(json.loads(line), names)  # the test's own statements
            said = {"answer": names["answer"]}
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
