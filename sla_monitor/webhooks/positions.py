"""How far a receiver was told: up to which entry of the register, and up to when closed months.

There is no queue: what is to be sent is what the ledger has behind this position.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from sla_monitor.errors import LineError
from sla_monitor.transport.shared_marks import SharedMarks

MONTHS_BACK_MS = 3_600_000
"""Two collectors of a pair work a month out within so long of each other."""


class PositionError(Exception):
    """A position cannot be read or written; the text says why."""


@dataclass(frozen=True, slots=True)
class Position:
    """`entry`: the last entry that was told, or passed over; `month_ms`: when the last month was told; `recent`: by
    their ids, when the months of the messages were told of the last MONTHS_BACK_MS. Each collector of a pair works
    months out at an instant of its own, so that one number does not say which were told."""

    entry: int
    month_ms: int
    recent: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def beginning(cls, entry: int, now_ms: int) -> Position:
        """Of a receiver that is new: it is told of what comes."""
        return cls(entry, now_ms + MONTHS_BACK_MS)

    def is_new(self, message: str, at_ms: int) -> bool:
        """Whether a message about a month that was told at an instant was not sent yet."""
        return at_ms > self.month_ms - MONTHS_BACK_MS and message not in self.recent

    def after_month(self, message: str, at_ms: int) -> Position:
        month_ms = max(self.month_ms, at_ms)
        kept = {key: told_ms for key, told_ms in self.recent.items() if told_ms > month_ms - MONTHS_BACK_MS}
        return replace(self, month_ms=month_ms, recent={**kept, message: at_ms})

    def text(self) -> bytes:
        return json.dumps({"entry": self.entry, "month_ms": self.month_ms, "recent": dict(self.recent)}).encode()

    @classmethod
    def of(cls, text: bytes) -> Position:
        """Raises PositionError."""
        try:
            read = json.loads(text)
            recent = {str(key): int(at_ms) for key, at_ms in read["recent"].items()}
            return cls(int(read["entry"]), int(read["month_ms"]), recent)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PositionError(f"cannot be read ({type(error).__name__})") from None


class Positions(Protocol):
    """Where the position of one receiver is kept. Both raise PositionError."""

    def load(self) -> Position | None:
        """None: it was never told anything."""

    def store(self, position: Position) -> None: ...


@dataclass
class FilePosition:
    """In a file beside the ledger."""

    path: Path

    def load(self) -> Position | None:
        try:
            return Position.of(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PositionError(f"{self.path}: {error.strerror}") from None
        except PositionError as error:
            raise PositionError(f"{self.path}: {error}") from None

    def store(self, position: Position) -> None:
        fresh = self.path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.write(position.text())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise PositionError(f"{self.path}: {error.strerror}") from None


@dataclass
class MarkPosition:
    """Where both collectors of a pair read it: whoever speaks next goes on from there."""

    marks: SharedMarks
    key: str
    _revision: int = 0

    def load(self) -> Position | None:
        try:
            text, self._revision = self.marks.read(self.key)
        except LineError as error:
            raise PositionError(f"it is not known what the other collector has sent: {error}") from None
        return Position.of(text) if text else None

    def store(self, position: Position) -> None:
        try:
            found = self.marks.replace(self.key, position.text(), self._revision)
        except LineError as error:
            raise PositionError(f"what was sent cannot be told the other collector: {error}") from None
        if not found:
            raise PositionError("the other collector has sent something meanwhile")
        self._revision = found
