# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A process with ttnn that runs the statements of a test (tests/hosts/statements.py)."""
import json

import host


class Program:
    """A context manager. `tracked`: with the hooks in front of it from the beginning."""

    def __init__(self, tools, python, cluster="n150", tracked=True, **environment):
        self.host = host.Host(tools, [python, host.HOSTS / "statements.py"], "statements", cluster, (tools.preload() if tracked else {}) | environment)

    @property
    def pid(self):
        return self.host.pid

    def __enter__(self):
        self.host.__enter__()
        assert self.host.hear()["ready"]
        return self

    def __exit__(self, *failure):
        self.host.__exit__(*failure)

    def run(self, statements):
        """The value that the statements leave in `answer`; their exception is raised in the test."""
        said = self.attempt(statements)
        assert "error" not in said, said["error"][-3000:]
        return said["answer"]

    def attempt(self, statements):
        """{"answer"} or {"error"}."""
        self.host.say(json.dumps(statements))
        return self.host.hear()

    def end(self):
        self.host.say("end")
        assert self.host.process.wait(host.PATIENCE) == 0, self.host.errors()[-2000:]
