# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Completions in real shells, and manual pages as man's own checkers see them. Both are made from what --help prints, so --help is what they are compared with."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

SHELLS = {"bash": "bash", "zsh": "_ttmem", "fish": "ttmem.fish"}


def needed(program):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here; scripts/setup.sh --for test installs it")
    return program


@pytest.fixture(scope="session")
def ttmem(build):
    program = build / "bin/ttmem"
    assert program.exists()

    def run(*words):
        return subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout

    return run


@pytest.fixture(scope="session")
def commands(ttmem):
    """The commands in --help, and the options of each."""
    names = re.findall(r"^  ([a-z0-9-]+)\s", ttmem("--help").partition("now:")[2], re.M)
    assert len(names) > 10
    return {name: set(re.findall(r"(?:^  |,)(--?[a-z][a-z-]*)", ttmem(name, "--help").partition("Options:")[2], re.M)) for name in names}


@pytest.fixture(scope="session")
def completion(ttmem, tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    for shell, name in SHELLS.items():
        (folder / name).write_text(ttmem("completion", shell))
        if shell == "bash":
            (folder / name).rename(folder / "ttmem.bash")
    return folder


def in_bash(completion, line):
    """The completions that bash offers for the last word of a line, which is split as bash does it."""
    script = f"""
        source {completion}/ttmem.bash
        COMP_WORDS=({re.sub(r"=", " = ", line)}{' ""' if line[-1] in " =" else ""}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        compopt() {{ :; }}  # works inside a completion alone
        _ttmem
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run([needed("bash"), "--norc", "-c", script], capture_output=True, text=True, check=True, cwd=completion)
    assert done.stderr == ""
    return set(done.stdout.split())


def in_fish(completion, line):
    script = f"source {completion}/ttmem.fish; complete -C '{line}'"
    done = subprocess.run([needed("fish"), "--no-config", "-c", script], capture_output=True, text=True, check=True, cwd=completion)
    assert done.stderr == ""
    return {offered.split("\t")[0] for offered in done.stdout.splitlines()}


def in_zsh(completion, line):
    """A zsh on a terminal of its own, where a person types the line and the Tab key: the words that it then shows."""
    needed("zsh")
    start = f"""
        PS1='ready> '; unset zle_bracketed_paste; LISTMAX=10000; unsetopt prompt_sp list_ambiguous
        fpath=({completion} $fpath); autoload -U compinit; compinit -u -d {completion}/zcompdump
        print started
    """
    (completion / "start.zsh").write_text(start)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(completion)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "COLUMNS": "200"})

    def until(pattern, seconds=60):
        seen, end = "", time.monotonic() + seconds
        while not re.search(pattern, seen, re.S) and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                seen += os.read(terminal, 65536).decode(errors="replace")
        assert re.search(pattern, seen, re.S), seen
        return seen

    try:
        os.write(terminal, f"source {completion}/start.zsh\n".encode())
        until("started\r?\n")
        os.write(terminal, f"{line}\t".encode())
        shown = until(re.escape(line) + r".*\S")
        while select.select([terminal], [], [], 1)[0]:  # zsh lists nothing while more input waits
            shown += os.read(terminal, 65536).decode(errors="replace")
        os.write(terminal, b"\x15print do''ne\n")  # Ctrl-U takes the line away
        until("\ndone\r?\n")
    finally:
        os.write(terminal, b"\x15exit\n")
        end = time.monotonic() + 30
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(pid, 9)
            if select.select([terminal], [], [], 0.05)[0]:
                try:
                    os.read(terminal, 65536)
                except OSError:  # it is gone
                    pass
        os.close(terminal)
    return {word.removesuffix("=") for word in shown.split()}


@pytest.mark.parametrize("ask", [in_bash, in_zsh, in_fish])
def test_shells_offer_what_help_lists(ask, completion, commands):
    assert set(commands) <= ask(completion, "ttmem ")
    # zsh is slow to start: of it three commands, of the others all.
    for command in commands if ask is not in_zsh else ("snapshot", "server", "export"):
        offered = ask(completion, f"ttmem {command} -")
        wanted = {name for name in commands[command] if name.startswith("--")}
        assert wanted <= offered, (command, wanted - offered)


@pytest.mark.parametrize("ask", [in_bash, in_zsh, in_fish])
def test_shells_offer_values(ask, completion):
    (completion / "recording.ttrec").write_text("")
    assert {"scope", "operation", "line", "tensor", "kind"} <= ask(completion, "ttmem snapshot --group-by ")
    assert "recording.ttrec" in ask(completion, "ttmem report rec")
    assert str(os.getpid()) in ask(completion, "ttmem attach ")
    assert str(os.getpid()) in ask(completion, f"ttmem why {str(os.getpid())[:2]}")
    assert "recording.ttrec" in ask(completion, "ttmem why rec")
    assert "printf" in ask(completion, "ttmem run print")
    assert {"memory_viz"} <= {word.split("=")[-1] for word in ask(completion, "ttmem export --to=mem")}
    assert "n150" in ask(completion, "ttmem dry-run --board n1")
    assert "--watch" in ask(completion, "tt_smi_umd --wa")
    assert "--http-host" in ask(completion, "allocation_server_poc --http-h")


def test_bash_leaves_the_words_of_another_command_alone(completion):
    assert in_bash(completion, "ttmem run -- python3 --vers") == set()
    assert "ttmem.bash" in in_bash(completion, "ttmem record -o x python3 ttm")
    assert "ttmem.bash" in in_bash(completion, "ttmem dry-run --board=n150 python3 ttm")


def test_manual_pages(ttmem, commands, tmp_path):
    """Each page passes mandoc's and groff's checks, and names each option that --help has. They have no date: a build makes them again, and the version says as much."""
    linter = needed("mandoc")
    pages = {"": ttmem("manual"), **{name: ttmem("manual", name) for name in commands}}
    for name, page in pages.items():
        file = tmp_path / f"ttmem{name and '-' + name}.1"
        file.write_text(page)
        found = subprocess.run([linter, "-Tlint", "-Wwarning", file], capture_output=True, text=True, check=False).stdout.splitlines()
        assert not [line for line in found if "missing date" not in line]
        if shutil.which("groff"):
            said = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", file], capture_output=True, text=True, check=True)
            assert said.stderr == ""
        text = subprocess.run([linter, "-Tascii", "-Owidth=200", file], capture_output=True, text=True, check=True).stdout
        text = re.sub(r".\x08", "", text)
        assert not [option for option in commands.get(name, ()) if option not in text]
    assert not [name for name in commands if f"ttmem-{name}(1)" not in re.sub(r".\x08", "", subprocess.run(
        [linter, "-Tascii", tmp_path / "ttmem.1"], capture_output=True, text=True, check=True).stdout)]


@pytest.mark.parametrize(
    "words, meant",
    [(["snapsho"], "snapshot"), (["tpo"], "top"), (["dryrun"], "dry-run"), (["snapshot", "--jsn"], "--json"), (["report", "x", "--tpo=3"], "--top"), (["bogus"], None), (["snapshot", "--xyzzy"], None)],
)
def test_what_is_mistyped_gets_a_suggestion(build, words, meant):
    done = subprocess.run([build / "bin/ttmem", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert (f"did you mean {meant}?" in done.stderr) if meant else ("did you mean" not in done.stderr)


def test_help_is_a_command_too(ttmem):
    assert ttmem("help") == ttmem("--help")
    assert ttmem("help", "report") == ttmem("report", "--help")


def test_installed_where_shells_and_man_look(build, tmp_path):
    subprocess.run(["cmake", "--install", build, "--prefix", tmp_path], check=True, capture_output=True)
    for path in ("bash-completion/completions/ttmem", "bash-completion/completions/tt_smi_umd", "zsh/vendor-completions/_ttmem",
                 "fish/vendor_completions.d/ttmem.fish", "man/man1/ttmem.1", "man/man1/ttmem-snapshot.1", "man/man1/tt_smi_umd.1"):
        assert (tmp_path / "share" / path).is_file(), path
