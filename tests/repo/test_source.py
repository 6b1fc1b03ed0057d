# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import ast
import re
import shutil
import subprocess

import pytest

CPP = {".hpp", ".cpp", ".h", ".c"}
LONGEST_FILE = 600
LONGEST_FUNCTION = 100
# DESIGN: which parts of src/ a part may include besides itself; docs/architecture.md says why.
MAY_KNOW = {
    "base": set(),
    "attach": {"base"},
    "ledger": {"base"},
    "client": {"base", "ledger"},
    "native_frames": {"base"},
    "python_frames": {"base"},
    "tt_metal": {"base", "client", "native_frames", "python_frames"},
    "telemetry": {"base"},
    "model": {"base"},
    "analysis": {"base", "model"},
    "sqlite": {"base"},
    "history": {"base", "model", "sqlite"},
    "output": {"base", "model", "analysis", "history"},
    "inventory": {"base", "ledger", "telemetry", "model", "analysis"},
    "doctor": {"base", "tt_metal", "telemetry", "model", "inventory", "ledger"},
    "server": {"base", "model", "analysis", "history", "output", "inventory"},
    "monitor": {"base", "model", "analysis", "history", "output", "inventory", "replay"},
    "dry_run": {"base", "ledger", "inventory"},
    "recording": {"base", "ledger"},
    "replay": {"base", "ledger", "model", "analysis", "output", "inventory", "recording", "report"},
    "replay_server": {"base", "model", "analysis", "history", "output", "inventory", "replay", "server"},
    "recorder": {"base", "ledger", "model", "inventory", "recording"},
    "report": {"base", "ledger", "model", "analysis", "output", "inventory", "recording"},
    "visualizer": {"base", "ledger", "model", "analysis", "output", "inventory", "recording", "report", "sqlite"},
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


NO_FUNCTION = re.compile(r"(?:if|for|while|switch|do|else|try|catch|namespace|struct|class|enum|union|extern|using|case|default)\b")


def functions_of_cpp(text):
    """First line and length of each function, by the layout that clang-format gives it: the brace that ends one stands under its first column."""
    lines = text.splitlines()
    indents = [len(line) - len(line.lstrip()) for line in lines]
    for end, line in enumerate(lines):
        if line.strip() == "}":
            begin = end - 1
            while begin >= 0 and (indents[begin] != indents[end] or not lines[begin].strip() or lines[begin].lstrip().startswith(("#", "public:", "private:"))):
                begin -= 1
            first = lines[begin].lstrip()
            if begin >= 0 and "(" in first and not NO_FUNCTION.match(first):
                yield begin + 1, end - begin + 1


def functions_of_python(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def test_functions_stay_short(root, files):
    long, seen = [], 0
    for path in files:
        # A test in Python may be one long story.
        if path.suffix in CPP or (path.suffix == ".py" and path.parts[0] != "tests"):
            text = text_of(root, path)
            for line, length in functions_of_python(text) if path.suffix == ".py" else functions_of_cpp(text):
                seen += 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{path}:{line}: {length} lines")
    assert seen > 3000
    assert not long, f"longer than {LONGEST_FUNCTION} lines"


def melted(lines):
    """Numbers of comment lines that a formatter broke: a word or two between a full line and one that stands under a table's column, or a ruler torn off its title."""
    comment = re.compile(r"^\s*(?://| \*)( *)(.*)$")
    for number in range(1, len(lines) - 1):
        before, here, after = (comment.match(line) for line in lines[number - 1 : number + 2])
        if before and here and len(lines[number]) < 118 and re.fullmatch(r"-{40,}", here[2]) and re.match(r"--- \w", before[2]):
            yield number + 1
        if before and here and after and here[2] and after[2] and len(lines[number - 1]) > 95:
            orphan = len(here[2].split()) <= 3 and not here[2].endswith(":") and len(after[1]) > len(here[1]) + 1
            if orphan:
                yield number + 1


def test_no_table_in_a_comment_is_melted(root, files):
    assert "ReflowComments: false" in (root / ".clang-format").read_text()
    found = [f"{path}:{line}" for path in files if path.suffix in CPP for line in melted(text_of(root, path).splitlines())]
    assert not found


def test_the_search_for_melted_tables_finds_one():
    long = "//   offsets   (up to 0.78.0)       size, type and device have inline accessors only and are read at their offsets,"
    assert list(melted([long, "//   which a check", "//                                  at start proves"])) == [2]
    assert list(melted(["x", "// --- Slots", "// " + "-" * 100, ""])) == [3]
    assert not list(melted([long, "//                                  which a check at start proves against", "// Thread safe."]))


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


# Folders outside of src/, and the parts that they may include.
MAY_KNOW_OUTSIDE = {
    ("apps",): {"base", "attach", "model", "analysis", "history", "output", "inventory", "server", "monitor", "doctor", "dry_run", "recording", "recorder", "replay", "replay_server", "report", "visualizer"},
    ("python", "native"): {"model", "analysis", "output", "inventory"},
}
# Folders of src/ of which neither includes the other.
APART = [("ledger/write", "ledger/read"), ("server/http", "server/legacy")]
# Within tt_metal a folder includes those before it: what a release may change, whether the process is tracked and what a thread keeps
# (the part's own folder), tt-metal's objects, the hooks, switching on late.
TT_METAL = ["release", "", "objects", "hooks", "late"]


def code_of_src(root, files):
    """The parts' code with what it includes; tests may look across."""
    for path in files:
        if path.suffix in CPP and path.parts[0] == "src" and not path.stem.endswith("_test") and "testing" not in path.parts:
            yield path, includes(root, path)


def test_parts_know_only_what_they_may(root, files):
    wrong = []
    for path, included in code_of_src(root, files):
        part = path.parts[1]
        assert part in MAY_KNOW, f"{path}: src/{part} is no part that docs/architecture.md knows"
        for include in included:
            other = include.split("/")[0]
            if other in MAY_KNOW and other != part and other not in MAY_KNOW[part]:
                wrong.append(f"{path} includes {include}")
    assert not wrong


def test_what_stands_outside_of_src_knows_only_what_it_may(root, files):
    wrong, seen = [], set()
    for path in files:
        for folder, known in MAY_KNOW_OUTSIDE.items():
            if path.suffix in CPP and path.parts[: len(folder)] == folder and not path.stem.endswith("_test"):
                seen.add(folder)
                wrong += [f"{path} includes {i}" for i in includes(root, path) if i.split("/")[0] in MAY_KNOW and i.split("/")[0] not in known]
    assert seen == set(MAY_KNOW_OUTSIDE)
    assert not wrong


def test_architecture_says_the_same(root):
    """The table of docs/architecture.md names for each part what MAY_KNOW allows it."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", (root / "docs/architecture.md").read_text(), re.M)
    documented = {part: set(re.findall(r"`(\w+)`", known)) for part, known in rows}
    assert documented == MAY_KNOW


def test_folders_that_stand_apart_do_not_include_each_other(root, files):
    wrong, seen = [], set()
    for path, included in code_of_src(root, files):
        for pair in APART:
            for own, other in (pair, pair[::-1]):
                if str(path).startswith(f"src/{own}/"):
                    seen.add(own)
                    wrong += [f"{path} includes {include}" for include in included if include.startswith(f"{other}/")]
    assert seen == {folder for pair in APART for folder in pair}
    assert not wrong


def test_folders_of_tt_metal_build_on_each_other_in_one_direction(root, files):
    def level(path):
        folder = path.split("/")[1] if path.count("/") > 1 else ""
        return TT_METAL.index(folder)

    wrong = []
    for path, included in code_of_src(root, files):
        if path.parts[1] == "tt_metal":
            own = level(str(path.relative_to("src")))
            wrong += [f"{path} includes {include}" for include in included if include.startswith("tt_metal/") and level(include) > own]
    assert not wrong


def test_the_folder_of_ttnn_is_the_same_everywhere(root, files):
    """Which lines of a stack are the program's own is one function of C++; the page and the pytest plugin have the same rule."""
    rule = "src/base/ttnn_files.hpp"
    folder = re.search(r'kTtnnFolder = "(.*)"', (root / rule).read_text())[1]
    others = [str(path) for path in files if path.parts[0] in ("src", "apps") and path.suffix in CPP and not path.stem.endswith("_test") and str(path) != rule
              and f'"{folder}"' in (root / path).read_text()]
    assert others == []
    assert f'includes("{folder}") && !frame.file.startsWith("<")' in (root / "web/src/data/format.ts").read_text()
    assert 'f"{os.sep}ttnn{os.sep}" not in file and not file.startswith("<")' in (root / "python/ttmem/pytest_plugin.py").read_text()


RELEASE_TABLE = "src/tt_metal/release/known_releases.hpp"


def test_releases_are_known_in_one_table(root, files):
    """No code compares with a release or reads at an offset that stands elsewhere; the newest that is known is the newest that was tried."""
    wrong = []
    for path in files:
        if path.parts[0] in ("src", "apps") and path.suffix in CPP and "test" not in str(path) and str(path) != RELEASE_TABLE:
            code = re.sub(r"//.*", "", (root / path).read_text())
            wrong += [f"{path}: {found}" for found in re.findall(r'"0\.\d+\.\d+"', code)]
            if path.parts[1] == "tt_metal":
                wrong += [f"{path}: {found}" for found in re.findall(r"constexpr (?:size_t|uintptr_t) k\w+ = 0x\w+", code)]
    assert not wrong
    table = (root / RELEASE_TABLE).read_text()
    tried = re.findall(r'"(0\.\d+\.\d+)"', re.search(r"^RELEASES = \((.*?)\)", (root / "scripts/compatibility.py").read_text(), re.M | re.S)[1])
    assert re.search(r'kNewestRelease = "(.*)"', table)[1] == tried[-1]
    assert re.search(r'kOldestRelease = "(.*)"', table)[1] in tried


def circles(edges):
    """The sets of more than one node that reach each other (Tarjan)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for other in edges.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = set()
            while node not in component:
                component.add(stack.pop())
            on_stack.difference_update(component)
            if len(component) > 1:
                found.append(sorted(component))

    for node in list(edges):
        if node not in index:
            visit(node)
    return found


def test_no_header_includes_itself_by_a_detour(root, files):
    edges = {}
    for path, included in code_of_src(root, files):
        if path.suffix in {".hpp", ".h"}:
            edges[str(path.relative_to("src"))] = included
    assert not circles(edges)


def test_no_python_module_of_the_package_imports_itself_by_a_detour(root, files):
    modules = {path: path.stem for path in files if path.parts[0] == "python" and path.suffix == ".py"}
    edges = {}
    for path, name in modules.items():
        edges[name] = set()
        for node in ast.walk(ast.parse(text_of(root, path))):
            if isinstance(node, ast.Import):
                edges[name] |= {alias.name.split(".")[-1] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                edges[name] |= {(node.module or "").split(".")[-1], *(alias.name for alias in node.names)}
        edges[name] &= set(modules.values()) - {name}
    assert not circles(edges)


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
