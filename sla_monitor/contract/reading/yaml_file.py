"""YAML 1.2, core schema, as people expect it: `NO`, `08:30` and dates stay text, and numbers are exact.

PyYAML's C scanner gives the events; what they mean is decided here, because PyYAML's own rules are YAML 1.1
(18:30 would be 1,110) and because places, double keys and a bound on aliases are needed. Files are hostile text:
size, depth and the number of values are bounded, and whatever is in them, the answer is a Document.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import yaml

from sla_monitor.contract.reading.nodes import START, Document, FilePlace, Items, Leaf, Mapping, Node, word

SIZE_LIMIT = 8 * 1024 * 1024
"""Bytes of one file."""
DEPTH_LIMIT = 40
NODE_LIMIT = 400_000
"""Values in one file, each alias counted with all that it stands for."""
ALIAS_LIMIT = 1_000
NUMBER_LIMIT = 30
"""Digits of a number, and its largest power of ten."""

_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = {"", "~", "null", "Null", "NULL"}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_REMEDIES = {
    "found character that cannot start any token": "indent with spaces, and quote a value that begins with @ ` or %",
    "mapping values are not allowed in this context": "quote a value that holds ': ', or check the indentation",
    "did not find expected key": "check the indentation of this line and the one above",
    "did not find expected '-' indicator": "check the indentation of this line and the one above",
    "could not find expected ':'": "write a colon and a space after the key",
    "did not find expected ',' or ']'": "close the bracket, or write a comma",
    "did not find expected ',' or '}'": "close the brace, or write a comma",
    "found unexpected end of stream": "close the quotes",
    "found unknown escape character": "use single quotes around a value with backslashes",
}

_LIST_END = yaml.SequenceEndEvent


class _RefusedYaml(Exception):  # noqa: N818 - never leaves this module
    """The rest of the file cannot be read."""

    def __init__(self, place: FilePlace, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


def read_document(path: Path) -> Document:
    """Read one file. Never raises: what is wrong is in the Document's problems, and `root` is what could be read."""
    content = read_content(path)
    return content if isinstance(content, Document) else parse_document(content, str(path))


def read_documents(path: Path) -> tuple[Document, tuple[Node, ...]]:
    """Read a file that may hold several documents; `root` of the Document, which has the problems, is the first."""
    content = read_content(path, may_be_pipe=True)
    return (content, ()) if isinstance(content, Document) else _parsed(content, str(path), several=True)


def parse_document(content: bytes, name: str) -> Document:
    """The Document that some bytes spell."""
    return _parsed(content, name, several=False)[0]


def read_content(path: Path, *, may_be_pipe: bool = False) -> bytes | Document:
    """The file's bytes, or that it cannot be read. What the daemon reads may be no pipe: it would wait for ever."""
    try:
        if not may_be_pipe and path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is a folder, a pipe or a device")
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        document = Document(str(path), Leaf(START, None))
        document.blame(START, "file", f"cannot be read: {why} (check the path and its permissions)")
        return document


def _parsed(content: bytes, name: str, *, several: bool) -> tuple[Document, tuple[Node, ...]]:
    document = Document(name, Leaf(START, None))
    roots: tuple[Node, ...] = ()
    try:
        text = _decoded(content)
        roots = tuple(_Builder(document).build(text, several=several))
        document.root = roots[0] if roots else document.root
    except _RefusedYaml as refused:
        document.blame(refused.place, "yaml", refused.message)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "is not YAML"
        document.blame(_place(mark), "yaml", what + (f" ({_REMEDIES[what]})" if what in _REMEDIES else ""))
    except yaml.YAMLError:
        document.blame(START, "yaml", "is not YAML (write plain text with spaces, no control characters)")
    return document, roots


def _decoded(content: bytes) -> str:
    if len(content) > SIZE_LIMIT:
        raise _RefusedYaml(START, f"is larger than {SIZE_LIMIT // 1024 // 1024} MiB (split it: one contract a file)")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        raise _RefusedYaml(_place_after(before), "is not UTF-8 text (save the file as UTF-8)") from None
    junk = _UNPRINTABLE.search(text)
    if junk:
        raise _RefusedYaml(_place_after(text[: junk.start()]), f"control character U+{ord(junk[0]):04X} (remove it)")
    return text


def _place_after(text: str) -> FilePlace:
    return FilePlace(text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)


def _place(mark: Any) -> FilePlace:
    """PyYAML's mark (from 0; the C scanner's class is another one) as a place."""
    return FilePlace(mark.line + 1, mark.column + 1) if mark else START


class _Builder:
    """Builds nodes from the events of one file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.anchors: dict[str, tuple[Node, int, int]] = {}
        self.trail: list[str] = []
        self.count = 0
        self.deepest = 0
        self.aliases = 0

    def build(self, text: str, *, several: bool) -> list[Node]:
        self.events = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        roots: list[Node] = []
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if roots and not several:
                    raise _RefusedYaml(_place(event.start_mark), "a second document begins (one contract a file)")
                self.anchors.clear()
            if isinstance(event, yaml.NodeEvent):
                roots.append(self.node(event, 0))
        return roots

    def node(self, event: yaml.NodeEvent, depth: int) -> Node:
        place = _place(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, place, depth)
        outside, before = self.deepest, self.count
        self.deepest = depth
        self.grow(1, depth, place)
        if getattr(event, "tag", None) not in {None, "!"}:
            self.document.blame(place, "yaml", "tags are refused (quote a value that begins with '!')")
        node = self.untagged(event, place, depth)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.count - before, self.deepest - depth)
        self.deepest = max(outside, self.deepest)
        return node

    def untagged(self, event: yaml.NodeEvent, place: FilePlace, depth: int) -> Node:
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(place, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(place, tuple(self.within(str(i), e, depth) for i, e in enumerate(self.until(_LIST_END))))
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            return self.scalar(str(event.value), place)
        return Leaf(place, str(getattr(event, "value", "")))

    def within(self, step: str, event: yaml.NodeEvent, depth: int) -> Node:
        """A value inside the present one, under a key or a position."""
        self.trail.append(step)
        node = self.node(event, depth + 1)
        self.trail.pop()
        return node

    def until(self, end: type[yaml.Event]) -> Iterator[yaml.NodeEvent]:
        """The values of one level, up to its end."""
        for event in self.events:
            if isinstance(event, end):
                return
            yield cast(yaml.NodeEvent, event)

    def grow(self, nodes: int, depth: int, place: FilePlace) -> None:
        """Count values that reach down to a depth; an alias costs what it stands for, so that none can explode."""
        self.count += nodes
        self.deepest = max(self.deepest, depth)
        if depth > DEPTH_LIMIT:
            raise _RefusedYaml(place, f"is nested more than {DEPTH_LIMIT} deep (flatten it)")
        if self.count > NODE_LIMIT:
            raise _RefusedYaml(place, f"holds more than {NODE_LIMIT:,} values, aliases counted (split it)")

    def alias(self, event: yaml.AliasEvent, place: FilePlace, depth: int) -> Node:
        self.aliases += 1
        if self.aliases > ALIAS_LIMIT:
            raise _RefusedYaml(place, f"has more than {ALIAS_LIMIT:,} aliases (write the values out)")
        if event.anchor not in self.anchors:
            raise _RefusedYaml(place, "an alias of nothing before it (quote a value that begins with '*')")
        node, size, height = self.anchors[event.anchor]
        self.grow(size, depth + height, place)
        return node

    def mapping(self, place: FilePlace, depth: int) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, FilePlace] = {}
        for event in self.until(yaml.MappingEndEvent):
            key = self.key(event, depth)
            value = self.within(word(key or ""), cast(yaml.NodeEvent, next(self.events)), depth)
            if key is None:
                continue
            place_of_key = _place(event.start_mark)
            if key in entries:
                path = ".".join([*self.trail, word(key)])
                self.document.blame(place_of_key, path, f"is given twice, first on line {keys[key].line} (keep one)")
                continue
            entries[key] = value
            keys[key] = place_of_key
        return Mapping(place, entries, keys)

    def key(self, event: yaml.NodeEvent, depth: int) -> str | None:
        if isinstance(event, yaml.ScalarEvent):
            if event.tag or event.anchor:
                self.document.blame(_place(event.start_mark), "yaml", "a key may have no tag and no anchor")
            return str(event.value)
        self.node(event, depth + 1)
        self.document.blame(_place(event.start_mark), "yaml", "a key must be a plain word (key: value)")
        return None

    def scalar(self, text: str, place: FilePlace) -> Leaf:
        """What an unquoted value means in the core schema."""
        if text in _NULL:
            return Leaf(place, None)
        if text in _BOOL:
            return Leaf(place, _BOOL[text])
        if _INT.fullmatch(text) or _DECIMAL.fullmatch(text):
            return Leaf(place, self.number(text, place))
        if _NOT_FINITE.fullmatch(text):
            self.document.blame(place, "yaml", "is not a finite number (quote it if it is text)")
        return Leaf(place, text)

    def number(self, text: str, place: FilePlace) -> int | Decimal:
        if len(text) <= NUMBER_LIMIT:
            if _INT.fullmatch(text):
                return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
            number = Decimal(text)
            if not number or abs(number.adjusted()) <= NUMBER_LIMIT:
                return number
        self.document.blame(place, "yaml", f"has more than {NUMBER_LIMIT} digits (quote it if it is text)")
        return 0
