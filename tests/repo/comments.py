# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The comments of a source file, without its code and string literals."""
import ast
import io
import re
import tokenize

CPP = {".hpp", ".cpp", ".h", ".c"}
# A string literal is consumed first, so that "//" or "#" inside it starts no comment. The ' between digits of 1'000 is no quote.
CPP_TOKEN = re.compile(
    r'R"(?P<raw>[^()\\\s]{0,16})\(.*?\)(?P=raw)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'|(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)', re.S
)
HASH_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|\\.|(?:^|(?<=\s))(?P<line>#[^\n]*)', re.S | re.M)


def of_cpp(text):
    for match in CPP_TOKEN.finditer(text):
        comment = match["line"] or match["block"]
        if comment:
            first = text.count("\n", 0, match.start()) + 1
            for offset, line in enumerate(comment.splitlines()):
                yield first + offset, re.sub(r"^\s*(?://[/!]?|/\*+|\*/|\*)|\*/\s*$", "", line)


def of_hash(text):
    """Comments of shell and CMake. A here-document is taken for code of the same kind."""
    for match in HASH_TOKEN.finditer(text):
        if match["line"]:
            yield text.count("\n", 0, match.start()) + 1, match["line"].lstrip("#")


def of_python(text):
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("#")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0].lineno
            for offset, line in enumerate(ast.get_docstring(node, clean=False).split("\n")):
                yield first + offset, line


def of_document(text):
    """The prose of a Markdown file: lines outside of code blocks, without `code` and the targets of links."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`|\]\([^)]*\)", "`", line)


def of_file(path, text):
    """(line number, text) of each line of comment in a file, in the order of its lines; nothing for a file of another kind."""
    if path.suffix in CPP:
        found = of_cpp(text)
    elif path.suffix == ".py" or re.match(r"#!.*python", text):
        found = of_python(text)
    elif path.suffix in {".sh", ".cmake"} or path.name == "CMakeLists.txt" or re.match(r"#!.*\b(?:ba)?sh\b", text):
        found = of_hash(text)
    else:
        found = ()
    return sorted(found)
