"""The parts of a contract as plain values, junk included: what the rules between parts are written with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sla_monitor.contract.reading.nearest import suggestion

ALWAYS = "always"
"""The calendar that every contract has: 24 hours, 7 days."""

RuleProblem = tuple[tuple[str | int, ...], str]
"""The path of a value, and what is wrong with it."""


def entries(value: Any, key: str) -> list[tuple[int, dict[str, Any]]]:
    """The mappings in the list under a key, each with its position."""
    return [(position, entry) for position, entry in enumerate(listed(value, key)) if isinstance(entry, dict)]


def listed(value: dict[str, Any], key: str) -> Sequence[Any]:
    found = value.get(key)
    return found if isinstance(found, list | tuple) else ()


def names_in(contract: dict[str, Any], key: str) -> list[str] | None:
    """The ids in a list of the contract; None if any is missing, when nothing can be said about references."""
    ids = [entry.get("id") for _, entry in entries(contract, key)]
    names = [name for name in ids if isinstance(name, str)]
    return names if len(names) == len(listed(contract, key)) else None


def calendar_names(contract: dict[str, Any]) -> list[str]:
    """Every calendar of the contract, the built-in one first."""
    own = contract.get("calendars")
    return [ALWAYS, *own] if isinstance(own, dict) else [ALWAYS]


def unknown(what: str, path: tuple[str | int, ...], name: Any, known: Iterable[str] | None) -> Iterator[RuleProblem]:
    if isinstance(name, str) and known is not None and name not in known:
        yield path, f"no such {what} ({suggestion(name, known)})"
