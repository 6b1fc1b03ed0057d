# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Comments and documents in plain English: the subject of a sentence is a thing with a name, and the words are the field's."""
import bisect
import pathlib
import re

import comments

DOCUMENTS = re.compile(r"docs/.*\.md|README\.md|CONTRIBUTING\.md")
# Retired words, and what to write instead. "Left behind", "lags behind" and a word in quotation marks stay.
RETIRED = [
    (r"\bnobody\b", "no thread, no process, no user: name what does not"),
    (r"\b(?:some|any|every)body\b", "another thread, process, user; any; every: name it"),
    (r"\bwho(?:so|m)?ever\b", "any thread, the caller, a process that: name it"),
    (r"\bwhom\b", "name the process or user"),
    (r"\banew\b", "again; rebuilds, restarts, reads again"),
    (r"\b(?:told|tells?)\b", "reports, records, prints, describes, is passed; distinguishes; known from"),
    (r"\b(?<!falls )(?<!lags )(?<!lag )(?<!left )(?<!leaves )(?<!leave )(?<!leaves nothing )(?<!nothing stays )behind\b", "after, past, below; or name the relation"),
    (r"\b(?:by|for|of|on|one|ones|those|to) who\b", "for a client that; of the process that: name it"),
    (r"\bdeeds?\b", "change, call, event"),
    (r"\bnews\b", "notification, event, change"),
]
# How a sentence must not begin.
RIDDLES = [
    (r"Who(?:se|m)?\b(?! [^.]*\?)", "the thread, process, user or client that"),
    (r"who\b", "the thread, process, user or client that"),
    (r"One (?:that|who|whose)\b", "a ledger, buffer or process that: its name"),
    (r"Nothing(?::| when\b| where\b)", "nullopt, nullptr, false, empty: the value that is given"),
]
# How a comment must not begin: there is nothing yet for the pronoun to stand for.
ORPHANS = [(r"(?:It|They|Those|Ours|Such|Something|Somewhere)\b(?!,? (?:of|on|in|for|at|with)\b|-)", "the thing's name")]
# How no paragraph must begin, of a comment or of a document.
UNNAMED = [(r"What\b(?! [^.]*\?)", "the thing's name: bytes, records, the result, the reason")]
FLAT = re.compile('(?<!")(?:' + "|".join(f"(?P<w{i}>{pattern})" for i, (pattern, _) in enumerate(RETIRED)) + ")", re.I)
SENTENCE = re.compile("(?:^|[.;:!?] )(?:" + "|".join(f"(?P<w{i}>{pattern})" for i, (pattern, _) in enumerate(RIDDLES)) + ")")
FIRST = re.compile("^(?:" + "|".join(f"(?P<w{i}>{pattern})" for i, (pattern, _) in enumerate(ORPHANS)) + ")")
BEGINNING = re.compile("^(?:" + "|".join(f"(?P<w{i}>{pattern})" for i, (pattern, _) in enumerate(UNNAMED)) + ")")


def paragraphs(lines):
    """Comments of adjacent lines as one text each: (line numbers, where each line begins in the text, text, whether a comment begins with it)."""
    numbers, begins, text, last, first = [], [], "", None, True
    for number, line in [*lines, (None, "")]:
        if numbers and (number != numbers[-1] + 1 or not line.strip()):
            yield numbers, begins, text, first
            numbers, begins, text = [], [], ""
        if not numbers:
            first = last is None or number != last + 1
        last = number
        if line.strip():
            text += " " if numbers else ""
            numbers.append(number)
            begins.append(len(text))
            text += " ".join(line.split())


def complaints(lines):
    """(line, word, what to write instead) of each retired word."""
    for numbers, begins, text, first in paragraphs(lines):
        for expression, words in ((FLAT, RETIRED), (SENTENCE, RIDDLES), (BEGINNING, UNNAMED), *([(FIRST, ORPHANS)] if first else [])):
            for match in expression.finditer(text):
                at = match.start(match.lastgroup)
                yield numbers[bisect.bisect_right(begins, at) - 1], match[match.lastgroup], words[int(match.lastgroup[1:])][1]


def prose_of(root, path):
    try:
        text = (root / path).read_text()
    except UnicodeDecodeError:
        return ()
    return comments.of_document(text) if DOCUMENTS.fullmatch(str(path)) else comments.of_file(path, text)


def test_comments_and_documents_are_plain_english(root, files):
    found, lines = [], 0
    for path in files:
        if path != pathlib.Path("tests/repo/test_words.py"):
            prose = list(prose_of(root, path))
            lines += len(prose)
            found += [f"{path}:{line}: '{word}': write: {instead}" for line, word, instead in complaints(prose)]
    assert lines > 15_000
    assert not found, "\n" + "\n".join(found)


CPP = """
int a = 1;  // Whoever asks
const char* url = "http://nobody";  // a string is no comment
char quote = '"';  // nobody
/* The thread that
 * nobody joins. One that
 * ended is told. */

// It was left behind. The text comes
// behind it. Nothing: no device.
int big = 1'000'000;  // anew

// What a thread holds.
//
// What if it ends? Its buffers stay.
//
// What it held goes.
"""
PYTHON = '''
def f():
    """Tells the "anew".

    It is what nobody asks."""
    return "nobody"  # anew, # twice
'''
SHELL = """
echo "a # nobody" '# anew'  # it is told $#
cut -d '#' "${x#anew}" # behind
"""


def words_of(name, text):
    return [(line, word) for line, word, _ in sorted(complaints(comments.of_file(pathlib.Path(name), text)))]


def test_the_search_looks_at_comments_alone():
    assert words_of("a.cpp", CPP) == [
        (2, "Whoever"), (4, "nobody"), (6, "One that"), (6, "nobody"), (7, "told"), (9, "It"), (10, "Nothing:"), (10, "behind"), (11, "anew"),
        (13, "What"), (17, "What"),
    ]
    assert words_of("a.py", PYTHON) == [(3, "Tells"), (5, "nobody"), (6, "anew")]
    assert words_of("a.sh", SHELL) == [(2, "told"), (3, "behind")]
    assert not words_of("a.json", '{"nobody": 1}')


def test_the_search_passes_over_code_in_documents():
    text = "Who asks?\n\n```\nnobody\n```\n`told` is [here](behind.md), and nobody else.\n"
    assert [(line, word) for line, word, _ in complaints(comments.of_document(text))] == [(6, "nobody")]
