"""Marks that both collectors of a pair read and replace: what one has told others, the other need not tell again."""

from __future__ import annotations

from typing import Protocol


class SharedMarks(Protocol):
    """Values by key. Either method raises LineError where the server cannot be reached."""

    def read(self, key: str) -> tuple[bytes, int]:
        """The value and its revision; 0: there is none."""

    def replace(self, key: str, data: bytes, revision: int) -> int:
        """Its new revision, if it still had that one; else 0."""
