"""Rules for versions: which keys may change, and from which date."""

from __future__ import annotations

from itertools import pairwise

from sla_monitor.contract.reading.nodes import Document, Items, Leaf, Mapping, Node, Path, children, plain
from sla_monitor.contract.reading.places import dotted
from sla_monitor.contract.versions import FROM, ITEM_KEYS, REF, UNTIL, VERSIONS, changes, day_at

DATES_LIMIT = 200
"""Dates on which one contract may change: each costs a whole reading of the file."""

FIXED: tuple[Path, ...] = (
    ("id",),
    ("authority",),
    ("supplier",),
    ("time_zone",),
    ("currency",),
    ("term", "start"),
    ("accounting", "quarters"),
)
"""What makes a contract the same contract."""


def check_versions(document: Document) -> None:
    """Add what is wrong with the document's versions to its problems."""
    dates = {change.on for change in changes(document.root)}
    if len(dates) > DATES_LIMIT:
        document.blame(document.root.place, VERSIONS, f"changes on more than {DATES_LIMIT} dates (split the contract)")
    _Rules(document).walk(document.root, (), inside_version=False)


def check_fixed(document: Document, first: Node, later: Node) -> None:
    """Add a problem for each term that no version may change."""
    for path in FIXED:
        before, after = _found(first, path), _found(later, path)
        if after and (before is None or plain(before) != plain(after)):
            document.blame(after.place, dotted(later, path), "cannot change by version (make it a contract of its own)")


def _found(node: Node | None, path: Path) -> Node | None:
    for key in path:
        node = node.entries.get(str(key)) if isinstance(node, Mapping) else None
    return node


class _Rules:
    """One walk over a file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        term = _found(document.root, ("term",))
        self.begins = None if term is None else day_at(term, "start")

    def blame(self, node: Node, path: Path, message: str) -> None:
        self.document.blame(node.place, dotted(self.document.root, path), message)

    def walk(self, node: Node, path: Path, *, inside_version: bool) -> None:
        for key, child in children(node):
            here = (*path, key)
            if key == VERSIONS and isinstance(node, Mapping):
                self.versions(child, here, inside_version)
                continue
            if isinstance(node, Items) and isinstance(child, Mapping):
                self.item(child, here)
            self.walk(child, here, inside_version=inside_version)

    def item(self, item: Mapping, path: Path) -> None:
        """`from`, `until` and `ref` of an item of a list."""
        for key in ITEM_KEYS & item.entries.keys():
            self.word(item, key, path)
        start, end = day_at(item, FROM), day_at(item, UNTIL)
        if start and end and start >= end:
            self.blame(item.entries[UNTIL], (*path, UNTIL), "must be later than from (write the first day without it)")

    def word(self, node: Mapping, key: str, path: Path) -> None:
        value = node.entries[key]
        if key == REF:
            if not isinstance(value, Leaf) or not isinstance(value.value, str) or not value.value:
                self.blame(value, (*path, key), "must be text (write for example CCN-12)")
        elif day_at(node, key) is None:
            self.blame(value, (*path, key), "must be a date (write for example 2026-04-01)")

    def versions(self, listed: Node, path: Path, inside_version: bool) -> None:
        if inside_version:
            self.blame(listed, path, "cannot stand inside a version (give each date its own line in one list)")
            return
        if not isinstance(listed, Items):
            self.blame(listed, path, "must be a list (write - from: 2026-04-01 and below it what changes)")
            return
        for position, version in enumerate(listed.nodes):
            self.version(version, (*path, position))
        self.ascending(listed, path)

    def version(self, version: Node, path: Path) -> None:
        if not isinstance(version, Mapping):
            self.blame(version, path, "must be a mapping (write from: 2026-04-01 and below it what changes)")
            return
        if FROM not in version.entries:
            self.blame(version, (*path, FROM), "is missing (write for example from: 2026-04-01)")
        for key in {FROM, REF} & version.entries.keys():
            self.word(version, key, path)
        since = day_at(version, FROM)
        if since and self.begins and since < self.begins:
            message = f"is before the term, which begins on {self.begins} (write the terms themselves, or a later date)"
            self.blame(version.entries[FROM], (*path, FROM), message)
        if UNTIL in version.entries:
            self.blame(
                version.entries[UNTIL],
                (*path, UNTIL),
                "is not for versions (leave it out: the next version ends this one)",
            )
        if not version.entries.keys() - ITEM_KEYS:
            self.blame(version, path, "changes nothing (write below it the keys that change)")
        self.walk(version, path, inside_version=True)

    def ascending(self, listed: Items, path: Path) -> None:
        days = [(day_at(version, FROM), version) for version in listed.nodes]
        known = [(day, version) for day, version in days if day]
        for (before, _), (after, version) in pairwise(known):
            if after <= before and isinstance(version, Mapping):
                position = listed.nodes.index(version)
                message = f"must be later than the version before, {before} (put the oldest first, one version a date)"
                self.blame(version.entries[FROM], (*path, position, FROM), message)
