"""What is told below the command line fits a page and a program too. Read from the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_owners import HOUSE, sources

OPTION = re.compile(r"--[a-z]")
COMMAND = re.compile(r"\b(sla-monitor|sha256sum)\b")
"""Commands that are told whole, to be typed on a host."""


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """The text literals of a module with their lines, without docstrings; what is filled in is `{}`."""
    tree = ast.parse(text)
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in node.values}
            parts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.lineno, node.value


def options_told(text: str) -> list[int]:
    """The lines of a module whose messages name an option by itself. A word that is nothing but an option is an
    argument of a process."""
    if not OPTION.search(text):
        return []
    return [
        line
        for line, words in sentences(text)
        for found in OPTION.finditer(words)
        if found.start() and not COMMAND.search(words[: found.start()])
    ]


def test_no_message_below_the_command_line_names_an_option_by_itself() -> None:
    """Who reads it on a page or in an answer of the API has no options: `remedies.py` has words for all of them."""
    below = [path for path in sources() if path.relative_to(HOUSE).parts[0] != "cli"]
    assert not [f"{path}:{line}" for path in below for line in options_told(path.read_text())]


def test_no_rule_of_the_register_names_a_command() -> None:
    """They are told on pages, to people who have none."""
    told = [
        f"{path}:{line}"
        for path in sources()
        if path.relative_to(HOUSE).parts[0] == "register"
        if COMMAND.search(text := path.read_text())
        for line, words in sentences(text)
        if COMMAND.search(words)
    ]
    assert not told


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('raise ValueError("is missing (say why: --note)")', [1]),
        ('yield f"entry {number} is final " f"(say why: --why)"', [1]),
        ('["sla-monitor", "--config", path]', []),
        ('f"`sla-monitor terms show {name} --output FOLDER`"', []),
        ('"""Give it by --note."""', []),
    ],
)
def test_an_option_in_a_message_is_found(text: str, lines: list[int]) -> None:
    """The walk finds what it should, and nothing else."""
    assert options_told(text) == lines
