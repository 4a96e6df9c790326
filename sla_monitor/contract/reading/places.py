"""From the path that pydantic gives for a mistake to the place in the file, and to a path that people can read.

Pydantic's paths hold segments that are no part of the file: the tags of unions, `[key]`, positions that a
validator made up. They are passed over; what is left leads to the deepest value that is really in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from sla_monitor.contract.reading.keys import TAG_KEYS
from sla_monitor.contract.reading.nodes import FilePlace, Items, Leaf, Mapping, Node, Path, text_at, word


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a path of pydantic's leads: the path in the file, the value there, and where its key stands.

    `beyond`: the last segment, if it is not in the file: a key that is missing, or the tag of a union.
    """

    path: Path
    node: Node
    key: FilePlace
    beyond: str | int | None = None


def locate(root: Node, loc: Path, untagged: int = 0) -> Spot:
    """Follow a path of pydantic's through the file as far as it goes. `untagged`: so many segments at its end are a
    path in the file, where a key may be called like the tag of a union (see `Mistake`)."""
    path: Path = ()
    node, key = root, root.place
    tag_passed = False
    beyond: str | int | None = None
    for position, segment in enumerate(loc, untagged - len(loc)):
        beyond = None
        if position < 0 and not tag_passed and _is_tag(node, segment):
            tag_passed = True
            continue
        found = _step(node, segment)
        if found is None:
            beyond = segment
            continue
        if isinstance(node, Mapping):
            key = node.keys[str(segment)]
        node, path, tag_passed = found, (*path, segment), False
        if isinstance(segment, int):
            key = node.place
    return Spot(path, node, key, beyond)


def _is_tag(node: Node, segment: str | int) -> bool:
    """Whether the segment is the tag of a union (the value of `kind`, say) and not a key of the same name."""
    return isinstance(segment, str) and any(text_at(node, key) == segment for key in TAG_KEYS)


def _step(node: Node, segment: str | int) -> Node | None:
    if isinstance(node, Items) and isinstance(segment, int) and segment < len(node.nodes):
        return node.nodes[segment]
    return node.entries.get(segment) if isinstance(node, Mapping) and isinstance(segment, str) else None


def dotted(root: Node, path: Path) -> str:
    """`services.custody.endpoints.2.every`: items by their id where they have one that is short and plain."""
    words = []
    node: Node | None = root
    for segment in path:
        node = _step(node, segment) if node else None
        words.append(_word(node, segment))
    return ".".join(words) or "file"


def repeated_for(root: Node, path: Path) -> str:
    """The row for which the item at a path, or one around it, was repeated; empty if there is none."""
    node: Node | None = root
    for segment in path:
        node = _step(node, segment) if node else None
        if isinstance(node, Mapping) and node.repeated_for:
            return node.repeated_for
    return ""


def _word(node: Node | None, segment: str | int) -> str:
    name = text_at(node, "id") if isinstance(segment, int) and node and not isinstance(node, Leaf) else None
    return name if name and len(name) <= 63 and name.replace("-", "").replace("_", "").isalnum() else word(segment)
