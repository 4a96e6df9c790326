"""Blocks: the sections, tables and texts of a pack, ready to be rendered.

All renderings are made from these, so none of them can say a number that another does not. What a supplier may have
written is made harmless here, once: a text that is in a block has no control characters in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.text import plain

Tone: TypeAlias = Literal[
    "", "met", "minor", "missed", "serious", "severe", "below_threshold", "unknown", "no_data", "so_far", "code"
]
"""How a cell is coloured. No tone says anything that the text or the mark does not."""

MARKS: dict[Tone, str] = {
    "met": "✓",
    "minor": "!",
    "missed": "!!",
    "serious": "!!",
    "severe": "!!!",
    "below_threshold": "✕",
    "unknown": "?",
    "so_far": "…",
}
"""What stands for a tone in a scorecard, so that a grey print says the same as a coloured one."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text; for spreadsheets `value` is its number, `seconds` its length in whole seconds, or `moments` the day, the
    instant or the two instants that it tells (dates; datetimes in the contract's zone). `hint` is read to those who
    cannot see the mark."""

    text: str
    value: Fraction | Decimal | int | None = None
    tone: Tone = ""
    mark: str = ""
    hint: str = ""
    seconds: int | None = None
    moments: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", plain(self.text))


def duration_cell(milliseconds: int | Fraction) -> Cell:
    return Cell(format_duration(milliseconds), seconds=int(milliseconds // 1000))


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is relative to the other columns'. `is_stretch`: its cells tell from when to when, which is two columns
    in a spreadsheet."""

    title: str
    width: float = 1
    is_number: bool = False
    is_stretch: bool = False


Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`id` is its name in files and links. The first cell of each row is what the row is about. `empty`: what is said
    where there are no rows. `look`: a scorecard has a mark and a figure for each month, a heat map one of them."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = "None."
    look: Literal["plain", "scorecard", "heat"] = "plain"
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are, side by side; as tiles where few large figures are meant to be seen first."""

    items: tuple[tuple[str, Cell], ...]
    style: Literal["rows", "tiles"] = "rows"
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs, or the points of a list. `caption`: over them, where no heading says what they are."""

    lines: tuple[str, ...]
    style: Literal["text", "list", "lead", "key"] = "text"
    caption: str = ""
    kind: Literal["prose"] = "prose"

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(plain(line) for line in self.lines))


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that nobody may miss."""

    text: str
    tone: Tone = "serious"
    kind: Literal["notice"] = "notice"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", plain(self.text))


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG. `description` says in words what is seen in it. `width`, `height`: its own units."""

    id: str
    title: str
    description: str
    svg: str
    width: float
    height: float
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class TextLines:
    """Room for handwriting: a label and a line to write on, for each."""

    labels: tuple[str, ...]
    kind: Literal["lines"] = "lines"


Block: TypeAlias = Table | Facts | Prose | Notice | Picture | TextLines


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what belongs to it. `is_wide`: on a page that lies on its side; `own_page`: begins a page.
    `is_whole`: is not broken over pages, unless it is long."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()
    is_wide: bool = False
    own_page: bool = False
    is_whole: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", plain(self.title))

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table in it and in the sections under it, in their order."""
        own = tuple(block for block in self.blocks if isinstance(block, Table))
        return own + tuple(table for section in self.sections for table in section.tables)


@dataclass(frozen=True, slots=True)
class Pack:
    """One review pack. `name` is that of its files; `header` runs along the top of every page; `cover` is the one page
    that stands alone."""

    name: str
    title: str
    subtitle: str
    parties: str
    header: str
    status: str
    digest: str
    cover: tuple[Block, ...]
    sections: tuple[Section, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        for name in ("title", "subtitle", "parties", "header"):
            object.__setattr__(self, name, plain(getattr(self, name)))

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, the cover's first."""
        own = tuple(block for block in self.cover if isinstance(block, Table))
        return own + tuple(table for section in self.sections for table in section.tables)
