"""What is refused or doubted ends in what to do: its remedy begins with a verb, or says how the value is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sla_monitor

CONTRACT = Path(sla_monitor.__file__).parent / "contract"
VERBS = frozenset(
    [
        "add",
        "capture",
        "change",
        "check",
        "choose",
        "encode",
        "freeze",
        "give",
        "leave",
        "let",
        "make",
        "move",
        "name",
        "promise",
        "put",
        "send",
        "set",
        "split",
        "take",
        "write",
    ]
)


def remedies(source: str) -> Iterator[str]:
    """The words in brackets at the end of each text that is yielded, blamed or raised."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if match := re.search(r"\w.* \(([^()]+)\)$", text, re.DOTALL):
            yield match[1]


@pytest.mark.parametrize("folder", ["rules", "advice"])
def test_a_remedy_says_what_to_do(folder: str) -> None:
    found = [one for path in (CONTRACT / folder).glob("*.py") for one in remedies(path.read_text(encoding="utf-8"))]
    assert len(found) > 10
    assert [one for one in found if one.split()[0] not in VERBS and not one.startswith("{}")] == []


def test_a_remark_in_place_of_a_remedy_is_seen() -> None:
    assert list(remedies('yield f"is {a} (not given: 10s)"\nyield "ends (write one)"')) == [
        "not given: 10s",
        "write one",
    ]
