"""Terms that change on a date. A file is resolved for a day before any model sees it, so models know no versions.

- Any mapping may carry `versions:`, a list of `{from: 2026-04-01, ref: CCN-12, <keys>}`. From midnight on that
  date, in the contract's zone, those keys replace the mapping's own; a mapping is merged key by key, everything
  else is replaced whole. Where two levels change the same key, the later date wins.
- Any item of a list that is a mapping may carry `from:`, `until:` and `ref:`: it is there in [from, until).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sla_monitor.contract.fields import parse_day
from sla_monitor.contract.reading.nodes import Items, Mapping, Node, children, text_at

VERSIONS, FROM, UNTIL, REF = "versions", "from", "until", "ref"
ITEM_KEYS = frozenset({FROM, UNTIL, REF})


@dataclass(frozen=True, slots=True, order=True)
class TermsChange:
    """A date on which something changes, and the reference of the change notice."""

    on: date
    ref: str = ""


def day_at(node: Node, key: str) -> date | None:
    """The date under a key; None if there is none."""
    try:
        return parse_day(text_at(node, key))
    except ValueError:
        return None


def changes(node: Node, is_item: bool = False) -> Iterator[TermsChange]:
    """Every change that a file names, in no order. Versions are items of a list too."""
    if is_item:
        days = (day_at(node, FROM), day_at(node, UNTIL))
        yield from (TermsChange(day, text_at(node, REF) or "") for day in days if day)
    for _, child in children(node):
        yield from changes(child, isinstance(node, Items))


def resolve(root: Node, day: date, dates: Iterable[date] | None = None) -> Node:
    """The file as it stands on a day, without `versions`, `from`, `until` and `ref`.

    `dates`: those of all its changes, for a caller who has them already.
    """
    dates = {change.on for change in changes(root)} if dates is None else dates
    for moment in sorted(each for each in dates if each <= day):
        root = _advance(root, moment)
    return _present(root, day)


def _advance(node: Node, moment: date) -> Node:
    """Apply the versions that begin on one day: the outer ones first, so that the inner, more exact ones win."""
    if isinstance(node, Items):
        return Items(node.place, tuple(_advance(item, moment) for item in node.nodes))
    if not isinstance(node, Mapping):
        return node
    for version in _versions(node):
        if day_at(version, FROM) == moment:
            node = _merge(node, version)
    return node.having(
        {key: value if key == VERSIONS else _advance(value, moment) for key, value in node.entries.items()}, node.keys
    )


def _versions(node: Mapping) -> tuple[Mapping, ...]:
    listed = node.entries.get(VERSIONS)
    return tuple(item for item in listed.nodes if isinstance(item, Mapping)) if isinstance(listed, Items) else ()


def _merge(base: Mapping, change: Mapping) -> Mapping:
    entries = dict(base.entries)
    for key, value in _changed(change):
        old = entries.get(key)
        entries[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return base.having(entries, {**base.keys, **change.keys})


def _changed(change: Mapping) -> Iterator[tuple[str, Node]]:
    """What a version replaces: all of it but the words about the version itself."""
    return ((key, value) for key, value in change.entries.items() if key not in {FROM, REF, VERSIONS})


def _present(node: Node, day: date) -> Node:
    """Only what is there on the day, without the words that say so."""
    if isinstance(node, Items):
        return Items(node.place, tuple(_present_item(item, day) for item in node.nodes if _is_there(item, day)))
    if not isinstance(node, Mapping):
        return node
    kept = {key: _present(value, day) for key, value in node.entries.items() if key != VERSIONS}
    return node.having(kept, node.keys)


def _present_item(item: Node, day: date) -> Node:
    if not isinstance(item, Mapping):
        return _present(item, day)
    bare = {key: value for key, value in item.entries.items() if key not in ITEM_KEYS}
    return _present(item.having(bare, item.keys), day)


def _is_there(item: Node, day: date) -> bool:
    start, end = day_at(item, FROM), day_at(item, UNTIL)
    return (start is None or start <= day) and (end is None or day < end)
