"""Pieces of an OpenSLO file with their places, and what is said of those that cannot be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sla_monitor.contract.reading.nodes import Document, FilePlace, Items, Leaf, Mapping, Node, Problem, plain, word


class Refused(Exception):  # noqa: N818 - it says what became of a piece
    """A piece that cannot be taken, and with it everything that needs it; its reason has been noted."""


@dataclass(slots=True)
class OpenSloPiece:
    """One value of the file: where it is, and how people find it."""

    document: Document
    node: Node
    place: FilePlace
    path: str
    left_out: list[Problem] = field(default_factory=list)

    def at(self, key: str | int) -> OpenSloPiece | None:
        """What stands under a key; None if nothing does."""
        node = self.node.entries.get(str(key)) if isinstance(self.node, Mapping) else None
        if isinstance(self.node, Items) and isinstance(key, int):
            node = self.node.nodes[key]
        if node is None or (isinstance(node, Leaf) and node.value is None):
            return None
        place = self.node.keys[str(key)] if isinstance(self.node, Mapping) else node.place
        return OpenSloPiece(self.document, node, place, f"{self.path}.{word(key)}", self.left_out)

    def need(self, key: str) -> OpenSloPiece:
        """The same where something must be. Raises Refused."""
        found = self.at(key)
        if found is None:
            raise self.refusal(f"{word(key)} is missing (OpenSLO v1 asks for it)")
        return found

    def items(self) -> Iterator[OpenSloPiece]:
        """The items of a list; of anything else none."""
        for position in range(len(self.node.nodes) if isinstance(self.node, Items) else 0):
            item = self.at(position)
            if item is not None:
                yield item

    def keys(self) -> list[str]:
        return list(self.node.entries) if isinstance(self.node, Mapping) else []

    @property
    def value(self) -> Any:
        return plain(self.node)

    def text(self) -> str:
        """Raises Refused for what is no text."""
        value = self.value
        if not isinstance(value, str) or not value.strip():
            raise self.refusal("must be text (quote a number, or a word such as true)")
        return value

    def leave(self, message: str) -> None:
        """Note that this was not taken, or not all of it."""
        problem = Problem(self.document.file, self.place, self.path, message)
        if problem not in self.left_out:
            self.left_out.append(problem)

    def refusal(self, message: str) -> Refused:
        """The same, to be raised."""
        self.leave(message)
        return Refused(message)

    def leave_others(self, known: set[str], message: str) -> None:
        """Note every key that is not among those that are read."""
        for key in self.keys():
            piece = self.at(key)
            if key not in known and piece is not None:
                piece.leave(message)
