"""No test waits without an end: `tests/support/waiting.py` has the loop for it. Read from the tests themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
WAITS, ENDS = {"sleep", "turn"}, {"monotonic", "patience"}
"""What passes time, and what sees to an end."""


def calls(node: ast.AST) -> set[str]:
    """The last word of what is called in it."""
    called = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in called}


def endless_waits(tree: ast.AST, *, has_end: bool = False) -> Iterator[int]:
    """Lines of loops that pass time until something is so. One without a condition is a process of its own; one that
    asks a peer for its next request ends with the peer."""
    for node in ast.iter_child_nodes(tree):
        ends = has_end or (isinstance(node, ast.AsyncWith) and bool(calls(node) & ENDS))
        if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant) and not ends:
            found = calls(node)
            if found & WAITS and not found & ENDS and "request" not in calls(node.test):
                yield node.lineno
        yield from endless_waits(node, has_end=ends)


def test_every_wait_has_an_end() -> None:
    several = [path for path in sorted(TESTS.rglob("*.py")) if "while " in path.read_text()]
    found = [f"{path}:{line}" for path in several for line in endless_waits(ast.parse(path.read_text()))]
    assert not found, "use `until` or `wait_until` of tests/support/waiting.py"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("while not done():\n    time.sleep(1)", [1]),
        ("while left:\n    loop.turn(0.1)", [1]),
        ("while not done():\n    assert time.monotonic() < end\n    time.sleep(1)", []),
        (
            "async def f():\n    async with patience('x'):\n        while not so():\n            await sleep(1)",
            [],
        ),
        ("while True:\n    time.sleep(1)", []),
        ("while peer.request():\n    time.sleep(1)", []),
        ("for _ in until(done):\n    loop.turn(0.1)", []),
    ],
)
def test_a_wait_without_an_end_is_found(text: str, lines: list[int]) -> None:
    assert list(endless_waits(ast.parse(text))) == lines
