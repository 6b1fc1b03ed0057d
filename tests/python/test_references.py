# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""label() gives tensors the names of their places in a model, holders() says what keeps them alive; on real ttnn."""
import json
import re
import subprocess

from conftest import HOSTS, ROOT, run

# The path expected for each planted leak (hosts/leaks.py).
PATHS = {
    "module global": "__main__.CACHE['k']",
    "model": "__main__.MODEL.layers[3].cache['k']",
    "class": "__main__.Registry.last",
    "closure": "__main__.KEEP['closure'].<closure variable tensor of later()>",
    "default argument": "__main__.KEEP['default'].__defaults__[0]",
    "bound method": "__main__.KEEP['method'].__self__.cache['v']",
    "partial": "__main__.KEEP['partial'].args[0]",
    "deque": "__main__.KEEP['deque'][1]",
    "slots": "__main__.KEEP['slots'].weight",
    "named tuple": "__main__.KEEP['pair'].values",
    "property": "__main__.KEEP['suspicious'].held",
    "dict of its own class": "__main__.KEEP['counting'][('layer', 3)]",
    "set": "__main__.KEEP['set'][a member]",
    "weak reference that is none": "__main__.KEEP['strong'].tensor",
    "thread local": "__main__.LOCAL.<of a thread>.weight",
}
# The same where a frame is named, by its function; before Python 3.12 its variable has no name.
IN_FRAMES = {
    "generator": ("__main__.KEEP['generator'].", "tensor", "by_generator()"),
    "coroutine": ("__main__.KEEP['coroutine'].", "tensor", "by_coroutine()"),
    "exception traceback": ("__main__.KEEP['error'].__traceback__.tb_frame.", "t", "caught()"),
    "running function": ("", "in_thread", "thread_main()"),
}
OTHERWISE = {"cycle": "a cycle that nothing else refers to", "C++": "held by C++ alone", "trace": "held by a trace"}


def test_twenty_leaks_are_named(own_python, runner):
    answer = runner.answer(own_python, "leaks.py")
    told = answer["told"]
    assert {name: told[name]["paths"] for name in PATHS} == {name: [path] for name, path in PATHS.items()}
    named_variables = "cpython-310" not in run(own_python, "-c", "import sysconfig; print(sysconfig.get_config_var('SOABI'))")
    for name, (before, variable, function) in IN_FRAMES.items():
        (path,) = told[name]["paths"]
        assert path.startswith(before) and f"of {function} at " in path, path
        assert not named_variables or f"<variable {variable} of" in path, path
    cached = [name for name in told if name.startswith("program cache")]
    otherwise = OTHERWISE | {name: "held by the program cache" for name in cached}
    for name, words in otherwise.items():
        assert told[name]["paths"] == [] and told[name]["other"].startswith(words), (name, told[name])
    assert len(told) == len(PATHS) + len(IN_FRAMES) + len(otherwise) >= 20 + len(cached) and cached
    assert all(each["other"] is None for name, each in told.items() if name not in otherwise)
    assert answer["ran"] == [], "code of the program's ran"
    assert answer["more_references"] == 0 and answer["gone"].startswith("no live buffer")
    assert {words[:14] for words in answer["uncached"]} == {"no live buffer"}, "clearing the cache is what frees them"
    (path,) = answer["caller"]
    assert "of caller() at " in path


def test_searches_stop_at_their_deadline(own_python, runner):
    """holders() holds the GIL for 200 ms: each of its searches looks at the clock after at most 2,048 references, and at no more of them once its time is over."""
    many = 200_000
    said = runner.answer(own_python, "deadline.py", many)
    for search in ("instances", "chains"):
        complete, looked = said["in time"][search]
        assert complete and looked >= 3 * many, said
        complete, looked = said["without"][search]
        assert not complete and looked == 2048, said
    assert said["in time"]["found"] == 3


def test_the_demos_weights_are_named_after_their_places(own_python, runner):
    command = [str(own_python), str(HOSTS / "labels.py"), str(ROOT / "demo")]
    with subprocess.Popen(command, env=runner.environment(), cwd=HOSTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        said = json.loads(process.stdout.readline())
        assert said["own"] == said["truth"], "what the process sees itself"
        assert said["named"] == len(said["truth"]) == 333 and said["weights"] == 154, "weights of 22 layers, caches of four requests, and three more"
        assert said["unnamed"] == [], "every tensor that the demo holds has a name"
        outside = {row["label"]: row["address"] for row in runner.tools.snapshot()["buffers"] if row["label"] is not None}
        assert outside == said["truth"]
        environment = runner.environment(tracked=False)
        table = run(runner.tools.ttmem, "snapshot", "--buffers", env=environment)
        assert all(f" {label}, " in table for label in said["truth"])
        groups = json.loads(run(runner.tools.ttmem, "snapshot", "--json", "--group-by", "tensor", env=environment))["groups"]
        of_layers = {group["name"]: group["buffers"] for group in groups if group["name"].startswith("served.decoder.layers.*.q: ")}
        assert list(of_layers.values()) == [said["weights"] // 7], groups
        # From outside, through the attach path: what ttmem.holders() says in the process itself.
        number = next(row["id"] for row in runner.tools.snapshot()["buffers"] if row["label"] == "served.decoder.layers.1.q")
        assert re.fullmatch(r"(held by .*\.layers\[1\]\['q'\]\n)+", run(runner.tools.ttmem, "holders", process.pid, number, "--seconds", 30, env=environment))
        assert run(runner.tools.ttmem, "holders", process.pid, 2**60, env=environment) == "no live buffer of this process has this id\n"
        process.stdin.write("\n")
        process.stdin.flush()
        said = json.loads(process.stdout.readline())
        assert said["label"] is None and said["by_label"] == 1 and said["renamed"] == "by itself"
        process.wait(60)
    assert process.returncode == 0
