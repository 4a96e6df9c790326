"""Items that a file writes once and repeats for each row of a list: for sites, circuits, queues.

    lists:
      site:
        - {id: hq, name: Headquarters, host: hq.example}
        - {id: depot, name: Depot, host: depot.example, from: 2026-10-01}
    services:
      - for_each: site
        id: wan-${site.id}

They are written out for one day, before any model sees them: rows and items that come and go by date need no rule of
their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.reading.nodes import Document, Items, Leaf, Mapping, Node, Path, text_at
from sla_monitor.contract.reading.places import dotted
from sla_monitor.contract.reading.yaml_file import NODE_LIMIT, SIZE_LIMIT

LISTS, FOR_EACH = "lists", "for_each"
PLACEHOLDER = re.compile(r"\$\{([\w-]+)\.([\w-]+)\}")
"""`${site.id}`: with a point, unlike `${name}` and `${env:NAME}`."""
_TOKEN = re.compile(rf"\$\$|{PLACEHOLDER.pattern}")
"""A doubled dollar sign is passed over."""

Rows = dict[str, Mapping]
"""By their ids."""


class _TooMuch(Exception):  # noqa: N818 - never leaves this module
    """The file as written out is too large."""


def repeated(document: Document, root: Node) -> Node:
    """A file of one day with each item that says `for_each` written out, and without `lists`. Mistakes are added to the
    document's problems; what they concern is left out."""
    if not isinstance(root, Mapping):
        return root
    repeater = _Repeater(document, root)
    try:
        written = {key: repeater.outside(node, (key,)) for key, node in root.entries.items() if key != LISTS}
    except _TooMuch:
        document.blame(root.place, LISTS, "become too much when written out (use fewer rows, or split the contract)")
        return root
    return root.having(written, root.keys)


class _Repeater:
    """One pass over a file. Values without anything repeated in them stay the objects that they are."""

    def __init__(self, document: Document, root: Mapping) -> None:
        self.document = document
        self.root = root
        self.values_left = NODE_LIMIT
        self.text_left = SIZE_LIMIT
        self.lists = dict(self.read_lists(root.entries.get(LISTS)))

    def blame(self, node: Node, path: Path, message: str, row: str = "") -> None:
        self.document.blame(node.place, dotted(self.root, path), message, row)

    def read_lists(self, lists: Node | None) -> Iterator[tuple[str, Rows]]:
        if lists is not None and not isinstance(lists, Mapping):
            self.blame(lists, (LISTS,), "must be a mapping (write site: and below it the rows)")
        for name, rows in lists.entries.items() if isinstance(lists, Mapping) else ():
            path = (LISTS, name)
            yield name, dict(self.read_rows(rows, path))

    def read_rows(self, rows: Node, path: Path) -> Iterator[tuple[str, Mapping]]:
        if not isinstance(rows, Items):
            self.blame(rows, path, "must be a list of rows (write - {id: hq, name: Headquarters})")
            return
        seen: set[str] = set()
        for position, row in enumerate(rows.nodes):
            here, name = (*path, position), text_at(row, "id")
            if not isinstance(row, Mapping) or not name:
                self.blame(row, here, "must be a mapping with an id (write - {id: hq}, and quote an id of digits)")
                continue
            if name in seen:
                self.blame(row.entries["id"], (*here, "id"), f"{name!r} is there twice (keep one)")
            for key, value in row.entries.items():
                if not isinstance(value, Leaf):
                    self.blame(value, (*here, key), "must be one plain value (rows are a table)")
            seen.add(name)
            yield name, row

    def outside(self, node: Node, path: Path) -> Node:
        """A value that no item around it repeats."""
        if isinstance(node, Items):
            items = [one for i, item in enumerate(node.nodes) for one in self.item(item, (*path, i))]
            is_same = len(items) == len(node.nodes) and all(a is b for a, b in zip(items, node.nodes, strict=True))
            return node if is_same else Items(node.place, tuple(items))
        if isinstance(node, Mapping):
            entries = {key: self.outside(value, (*path, key)) for key, value in node.entries.items()}
            is_same = all(entries[key] is value for key, value in node.entries.items())
            return node if is_same else node.having(entries, node.keys)
        if self.lists and isinstance(node.value, str) and "${" in node.value:
            for found in _TOKEN.finditer(node.value):
                if found[1] in self.lists:
                    self.blame(node, path, f"{found[0]} has no row here (write for_each: {found[1]} at the item)")
        return node

    def item(self, item: Node, path: Path) -> Iterator[Node]:
        """What an item of a list becomes."""
        if not isinstance(item, Mapping) or FOR_EACH not in item.entries:
            yield self.outside(item, path)
            return
        name = text_at(item, FOR_EACH)
        if name is None or name not in self.lists:
            remedy = suggestion(name or "", self.lists) if self.lists else f"write its rows under {LISTS}"
            self.blame(item.entries[FOR_EACH], (*path, FOR_EACH), f"no such list ({remedy})")
            return
        bare = {key: value for key, value in item.entries.items() if key != FOR_EACH}
        for row_id, row in self.lists[name].items():
            yield _ListRow(self, name, row_id, row).filled(item.having(bare, item.keys), path)


class _ListRow:
    """Fills one row's values in."""

    def __init__(self, repeater: _Repeater, name: str, row_id: str, row: Mapping) -> None:
        self.repeater = repeater
        self.name = name
        self.label = f"{name} {row_id}"
        self.values: dict[str, Node] = row.entries

    def filled(self, item: Mapping, path: Path) -> Mapping:
        entries = {key: self.node(value, (*path, key)) for key, value in item.entries.items()}
        return Mapping(item.place, entries, item.keys, self.label)

    def node(self, node: Node, path: Path) -> Node:
        self.repeater.values_left -= 1
        if self.repeater.values_left < 0:
            raise _TooMuch
        if isinstance(node, Items):
            return Items(node.place, tuple(self.node(item, (*path, i)) for i, item in enumerate(node.nodes)))
        if isinstance(node, Mapping):
            if FOR_EACH in node.entries:
                self.blame(node.entries[FOR_EACH], (*path, FOR_EACH), "cannot stand inside an item that is repeated")
            entries = {key: self.node(value, (*path, key)) for key, value in node.entries.items()}
            return node.having(entries, node.keys)
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        whole = _TOKEN.fullmatch(node.value)
        if whole and whole[1]:
            # The row's own value, with its type and its place: a mistake in it is a mistake of the row.
            return self.value(whole, node, path)
        return Leaf(node.place, _TOKEN.sub(lambda found: self.text(found, node, path), node.value))

    def value(self, found: re.Match[str], node: Leaf, path: Path) -> Leaf:
        """What a placeholder stands for."""
        value = self.values.get(found[2]) if found[1] == self.name else None
        if isinstance(value, Leaf):
            return value
        if found[1] != self.name:
            message = f"{found[0]} is of no list here (write ${{{self.name}.{found[2]}}})"
        elif value is None:
            message = f"{found[0]} is not in the row ({suggestion(found[2], self.values)})"
        else:
            return node
        self.blame(node, path, message)
        return node

    def text(self, found: re.Match[str], node: Leaf, path: Path) -> str:
        """What a placeholder stands for within a text."""
        if not found[1]:
            return found[0]
        value = self.value(found, node, path)
        if value is not node and (isinstance(value.value, bool) or not isinstance(value.value, str | int | Decimal)):
            self.blame(value, path, f"is neither text nor a number, and {found[0]} stands in a text (quote it)")
        text = str(value.value)
        self.repeater.text_left -= len(text)
        if self.repeater.text_left < 0:
            raise _TooMuch
        return text

    def blame(self, node: Node, path: Path, message: str) -> None:
        self.repeater.blame(node, path, message, self.label)
