"""One word for one thing: names and phrases that were given up do not come back.

The words to use are in the glossary of docs/architecture.md.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "raytune_lite").rglob("*.py"))}
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for pattern in (
        "*.md", "docs/**/*.md", "cluster/*.md", "examples/*.md", "examples/*.py", "benchmarks/*.py",
        "raytune_lite/**/*.md",
    )
    for path in sorted(ROOT.glob(pattern))
}

# A word (or two) of a module's, class's or function's name, and what to write instead.
NAMES = {
    "admission": "name what it holds",
    "ahead": "prefetched",
    "alike": "common_failure",
    "asking": "suggest requests",
    "autopsy": "worker_logs",
    "beat": "heartbeat",
    "book": "name what it holds",
    "deposed": "is_superseded",
    "foreign": "external",
    "foresee": "suggest",
    "foreseen": "suggested",
    "heard": "acknowledged",
    "heart": "heartbeat",
    "helper": "name what it does",
    "helpers": "name what they do",
    "mgr": "name what it holds",
    "paid": "charged_to_run",
    "question": "suggest request",
    "last_words": "stderr_tail",
    "spent": "dropped, used or finished",
    "taken_from": "previous_owner",
    "thinker": "sampler thread",
    "told": "delivered, reported or acknowledged",
    "untouched": "isolated globals",
    "util": "name what it does",
    "utils": "name what they do",
    "whereabouts": "locate_attempts",
    "wire": "transport",
}
PHRASES = {  # in docstrings, comments, messages and documents
    r"\b(the|a|its) \w+ is none\b(?! of)": "say what it must be, and what was given",
    r"\blast words\b": "stderr tail",
    r"\blaws? \d": "name the rule",
    r"\bwhose word\b|\bwithout a word\b": "say it plainly: a message, silently",
    r"\bof the others nobody\b|\bnobody (tells|hears|wished)\b": "say who does what",
    r"\bdeposed\b|\bwhereabouts\b|\bautopsy\b": "see the names above",
}

def words(name: str) -> set[str]:
    """The lower-case words of a snake_case or CamelCase name, and each two that follow one another."""
    parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]
    return {*parts, *("_".join(pair) for pair in pairwise(parts))}


def names_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [path.stem, *(node.name for node in ast.walk(tree) if isinstance(node, kinds))]


def test_no_name_has_a_word_that_was_given_up() -> None:
    wrong = [
        f"{file}: {name}: {word} -> {NAMES[word]}"
        for file, path in FILES.items()
        for name in names_of(path)
        for word in words(name) & NAMES.keys()
    ]
    assert not wrong


def found_phrases(text: str) -> list[str]:
    return [
        f"{match[0]!r}: {instead}"
        for pattern, instead in PHRASES.items()
        for match in re.finditer(pattern, " ".join(text.split()), re.IGNORECASE)
    ]


def test_no_text_has_a_phrase_that_was_given_up() -> None:
    found = {file: found_phrases(path.read_text(encoding="utf-8")) for file, path in {**FILES, **PAGES}.items()}
    assert not {file: phrases for file, phrases in found.items() if phrases}


def test_the_checks_find_what_they_look_for() -> None:
    assert words("_read_last_words") == {"read", "last", "words", "read_last", "last_words"}
    assert words("WireServer") & NAMES.keys() == {"wire"}
    assert words("heartbeat") == {"heartbeat"}
    assert words("HTTPHeart2") & NAMES.keys() == set()
    assert words("_Heart") & NAMES.keys() == {"heart"}
    assert len(found_phrases("ValueError: the seed is none. (law 11) It ends without\n a word.")) == 3
    assert not found_phrases("the seed is none of these; a law; None")
