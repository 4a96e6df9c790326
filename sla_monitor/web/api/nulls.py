"""Why a key is null: nothing that is not known goes out without a reason."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class Nulls:
    """Gathers the reasons of one object; its `why` goes out as the object's `why_null`."""

    def __init__(self) -> None:
        self.why: dict[str, str] = {}

    def told(self, key: str, value: T | None, reason: str) -> T | None:
        """The value of a key, as it is; where it is None, the reason is kept."""
        if value is None:
            self.why[key] = reason
        return value

    def text(self, key: str, value: str, reason: str) -> str | None:
        """A text, of which an empty one says nothing."""
        return self.told(key, value or None, reason)
