"""Instants of tests: numbers that the program itself would put into an entry."""

from __future__ import annotations

from typing import Any

from sla_monitor.register.instant import Milliseconds

_KEYS = {"at", "start", "end", "opened", "responded", "ended", "aware", "notified", "claimed"}


def exact(words: Any) -> Any:
    """The words of an entry, with whole numbers as instants where instants stand."""
    if isinstance(words, list | tuple):
        return [exact(one) for one in words]
    if not isinstance(words, dict):
        return words
    return {
        key: Milliseconds(value) if key in _KEYS and type(value) is int else exact(value)
        for key, value in words.items()
    }
