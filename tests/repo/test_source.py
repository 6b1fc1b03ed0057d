# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import re
import shutil
import subprocess

import pytest

CPP = {".hpp", ".cpp", ".h", ".c"}
LONGEST_FILE = 600
# DESIGN: which parts of src/ a part may include besides itself; docs/architecture.md says why.
MAY_KNOW = {
    "base": set(),
    "attach": {"base"},
    "ledger": {"base"},
    "client": {"base", "ledger"},
    "python_frames": {"base"},
    "tt_metal": {"base", "client", "python_frames"},
    "telemetry": {"base"},
    "model": {"base"},
    "analysis": {"base", "model"},
    "history": {"base", "model"},
    "output": {"base", "model", "analysis", "history"},
    "inventory": {"base", "ledger", "telemetry", "model", "analysis"},
    "doctor": {"base", "tt_metal", "telemetry", "model", "inventory", "ledger"},
    "server": {"base", "model", "analysis", "history", "output", "inventory"},
    "monitor": {"base", "model", "analysis", "history", "output", "inventory"},
}


def text_of(root, path):
    try:
        return (root / path).read_text()
    except UnicodeDecodeError:
        return None


def is_program_text(root, path):
    if path.suffix in CPP | {".py", ".sh", ".cmake"} or path.name == "CMakeLists.txt":
        return True
    with open(root / path, "rb") as f:
        return f.read(2) == b"#!"


def test_every_source_file_has_the_licence_lines(root, files):
    without = []
    for path in files:
        if is_program_text(root, path):
            head = "\n".join(text_of(root, path).splitlines()[:4])
            if "SPDX-FileCopyrightText:" not in head or "SPDX-License-Identifier: Apache-2.0" not in head:
                without.append(str(path))
    assert not without


def test_no_file_names_a_path_of_one_machine(root, files):
    foreign = re.compile(r"(?<![\w.})$-])/(?:root|home|work|Users)/\w")
    found = []
    for path in files:
        for number, line in enumerate((text_of(root, path) or "").splitlines(), 1):
            if foreign.search(line):
                found.append(f"{path}:{number}: {line.strip()[:100]}")
    assert not found


def test_nothing_is_left_to_do(root, files):
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{path}:{number}"
        for path in files
        if is_program_text(root, path) or path.suffix == ".md"
        for number, line in enumerate(text_of(root, path).splitlines(), 1)
        if marks.search(line)
    ]
    assert not found


def test_files_stay_short(root, files):
    long = {str(p): n for p in files if p.suffix in CPP | {".py"} and (n := len(text_of(root, p).splitlines())) > LONGEST_FILE}
    assert not long, f"longer than {LONGEST_FILE} lines"


def test_no_large_file_is_tracked(root, files):
    assert not [str(p) for p in files if (root / p).stat().st_size > 1 << 20]


def test_cpp_is_formatted(root, files):
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout if program else ""
    if "version 14." not in version:
        pytest.skip(f"needs clang-format 14, whose output .clang-format was settled with; here: {version.strip() or 'none'}")
    sources = [str(p) for p in files if p.suffix in CPP]
    done = subprocess.run([program, "--dry-run", "-Werror", *sources], cwd=root, capture_output=True, text=True)
    bad = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line})
    assert not bad
    assert done.returncode == 0, done.stderr


def includes(root, path):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', text_of(root, path), re.M)


def test_parts_know_only_what_they_may(root, files):
    wrong = []
    for path in files:
        if path.suffix not in CPP or path.parts[0] != "src" or path.stem.endswith("_test"):
            continue
        part = path.parts[1]
        assert part in MAY_KNOW, f"{path}: src/{part} is no part that docs/architecture.md knows"
        for include in includes(root, path):
            other = include.split("/")[0]
            if other in MAY_KNOW and other != part and other not in MAY_KNOW[part]:
                wrong.append(f"{path} includes {include}")
    assert not wrong


# Folders of src/ of which neither includes the other.
APART = [("ledger/write", "ledger/read"), ("server/http", "server/legacy")]


def test_folders_that_stand_apart_do_not_include_each_other(root, files):
    wrong = []
    for path in files:
        if path.suffix not in CPP or path.parts[0] != "src" or path.stem.endswith("_test"):
            continue
        for pair in APART:
            for own, other in (pair, pair[::-1]):
                if str(path).startswith(f"src/{own}/"):
                    wrong += [f"{path} includes {include}" for include in includes(root, path) if include.startswith(f"{other}/")]
    assert not wrong


def test_the_format_header_stands_alone(root, files):
    headers = [p for p in files if p.parts[:2] == ("src", "ledger") and p.name.startswith("format") and p.suffix == ".hpp"]
    for path in headers:
        assert not [i for i in includes(root, path) if not i.startswith("ledger/format")], path


def test_shell_scripts_parse_and_run(root, files):
    wrong = []
    for path in files:
        head = (text_of(root, path) or "").splitlines()[:1]
        if head and head[0].startswith("#!"):
            if not (root / path).stat().st_mode & 0o111:
                wrong.append(f"{path} is not executable")
            if "sh" in head[0].split("/")[-1]:
                done = subprocess.run(["bash", "-n", str(root / path)], capture_output=True, text=True)
                if done.returncode:
                    wrong.append(f"{path}: {done.stderr.strip()}")
    assert not wrong


def test_links_between_documents_lead_somewhere(root, files):
    broken = []
    for path in files:
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(root, path)):
                if "://" not in target and not (root / path.parent / target).exists():
                    broken.append(f"{path}: {target}")
    assert not broken
