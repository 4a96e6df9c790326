"""Nodes of a file: each value with its place, and the mistakes found in it.

Everything that is done to a file before the models see it (versions, secrets, places of mistakes) works on these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

Path = tuple[str | int, ...]
"""Keys and list positions that lead from the top of a file to a value."""


class FilePlace(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


START = FilePlace(1, 1)

_PLAIN_WORD = re.compile(r"[\w$<>/@(){}….\-\[\]]([\w$<>/@(){}….\- \[\]]*[\w$<>/@(){}….\-\[\]])?")
WORD_LIMIT = 80
"""Characters of one step of a path."""
LENGTH_LIMIT = 400
"""Characters of a message."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One plain value. Numbers are exact."""

    place: FilePlace
    value: bool | int | Decimal | str | None


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: FilePlace
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values; `keys` says where each key stands.

    `repeated_for`: the row for which an item was repeated, `site hq` (see `repeating`).
    """

    place: FilePlace
    entries: dict[str, Node]
    keys: dict[str, FilePlace]
    repeated_for: str = ""

    def having(self, entries: dict[str, Node], keys: dict[str, FilePlace]) -> Mapping:
        """The same mapping with other entries, some of which may come from elsewhere in the file."""
        return Mapping(self.place, entries, {key: keys[key] for key in entries}, self.repeated_for)


Node: TypeAlias = Leaf | Items | Mapping


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one file. `path` is made for people: items of a list go by their id where they have one.

    `repeated_for`: the row for which the item with the mistake was repeated; `others`: how many more rows have it.
    """

    file: str
    place: FilePlace
    path: str
    message: str
    repeated_for: str = ""
    others: int = 0

    def __str__(self) -> str:
        message = self.message if len(self.message) <= LENGTH_LIMIT else self.message[:LENGTH_LIMIT] + "…"
        rows = self.repeated_for + (f" and {self.others} more" if self.others else "")
        line = f"{self.file}:{self.place.line}:{self.place.column}: {self.path}: {message}" + (
            f" [{rows}]" if rows else ""
        )
        return "".join(letter if letter.isprintable() else "�" for letter in line)


@dataclass(slots=True)
class Document:
    """One file as read: its values, and the mistakes found while reading."""

    file: str
    root: Node
    problems: list[Problem] = field(default_factory=list)

    def blame(self, place: FilePlace, path: str, message: str, repeated_for: str = "") -> None:
        self.problems.append(Problem(self.file, place, path, message, repeated_for))


def gathered(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in the file's order, each once; what is wrong for many rows of a list stands there for the first."""
    groups: dict[tuple[str, FilePlace, str], list[Problem]] = {}
    for problem in sorted(set(problems)):
        groups.setdefault((problem.file, problem.place, problem.message), []).append(problem)
    found: list[Problem] = []
    for group in groups.values():
        others = len({problem.repeated_for for problem in group}) - 1
        first = group[0].repeated_for
        found += [replace(problem, others=others) for problem in group if problem.repeated_for == first]
    return sorted(found)


def word(segment: str | int) -> str:
    """One step of a path for people; a key that could be misread in a line (`a: b`, a line break) is quoted."""
    text = str(segment)
    text = text if len(text) <= WORD_LIMIT else text[: WORD_LIMIT - 1] + "…"
    return text if _PLAIN_WORD.fullmatch(text) else repr(text)


def plain(node: Node) -> Any:
    """The values alone: dict, list, str, int, Decimal, bool, None."""
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return {key: plain(value) for key, value in node.entries.items()}


def children(node: Node) -> Iterator[tuple[str | int, Node]]:
    """What stands directly inside a value."""
    if isinstance(node, Items):
        yield from enumerate(node.nodes)
    elif isinstance(node, Mapping):
        yield from node.entries.items()


def text_at(node: Node, key: str) -> str | None:
    """The text under a key of a mapping; None if there is no such text."""
    entry = node.entries.get(key) if isinstance(node, Mapping) else None
    return entry.value if isinstance(entry, Leaf) and isinstance(entry.value, str) else None
