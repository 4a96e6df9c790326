"""A CSV file as rows of words by field, however a spreadsheet or a service desk's tool has spelled it.

Text is text: a cell that a spreadsheet would take for a formula is kept as it is, and means nothing to anybody here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from sla_monitor import remedies

FIELDS = {
    "ticket": ("id", "priority", "service", "opened", "responded", "ended", "stops", "attempts", "state"),
    "figure": ("kpi", "month", "party", "value", "in_target", "total"),
}
"""What the columns of a file may say, for each kind that may be imported. A ticket's `state` is not kept: it tells
whether the ticket can be open."""

MORE = ("reference", "evidence", "note")
"""What every entry may have besides."""

LISTED = ("id", "service", "started", "ended", "title")
"""What a row of an outage list may say: it is no entry of its own, and has no more than this."""

BILLED = ("invoice", "line", "date", "month", "amount", "currency", "contract")
"""What a row of an invoice may say. By its `contract` a row is another contract's, and left out."""

SYNONYMS = {
    "ticket": {
        "number": "id",
        "ticket": "id",
        "incident": "id",
        "issue_key": "id",
        "created": "opened",
        "created_at": "opened",
        "opened_at": "opened",
        "resolved": "ended",
        "resolved_at": "ended",
        "status": "state",
    },
    "figure": {"indicator": "kpi", "period": "month"},
    "invoice": {
        "invoice_number": "invoice",
        "invoice_no": "invoice",
        "line_number": "line",
        "line_no": "line",
        "invoice_date": "date",
        "period": "month",
        "service_period": "month",
        "net": "amount",
        "net_amount": "amount",
        "contract_id": "contract",
    },
    "outage": {
        "number": "id",
        "incident": "id",
        "ticket": "id",
        "component": "service",
        "system": "service",
        "start": "started",
        "begin": "started",
        "from": "started",
        "end": "ended",
        "resolved": "ended",
        "to": "ended",
        "summary": "title",
        "description": "title",
    },
}
"""Other headings that are known without being told."""

SIZE_LIMIT = 64 * 2**20
COLUMNS_LIMIT, HEADINGS_LIMIT = 500, 50_000
"""Columns with a heading, and characters of all headings together: each field is offered each of them."""
WORKBOOK = b"PK\x03\x04"
DELIMITERS = (",", ";", "\t")
_KEPT_TEXT = re.compile(r'="([^"]*)"')
"""How a spreadsheet is told to leave a number alone: ="00123"."""
_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
"""How a spreadsheet is told the separator, in a line before the heading."""


LIKE = 3
"""Values of a column that show what it holds."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its heading, the field that it has (None: it means nothing here), and its first values."""

    heading: str
    field: str | None
    like: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows`: the line on which each begins, and its words by field, empty ones left out. `columns`: those with a
    heading. `problems`: `(line, what is wrong)`; with any of them the rows are not all there.
    """

    rows: tuple[tuple[int, dict[str, str]], ...] = ()
    columns: tuple[Column, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()
    heading_line: int = 1

    @property
    def fields(self) -> frozenset[str]:
        """Those that have a column."""
        return frozenset(column.field for column in self.columns if column.field)

    @property
    def ignored(self) -> tuple[str, ...]:
        """Headings of columns that mean nothing here."""
        return tuple(column.heading for column in self.columns if column.field is None)


def read_sheet(
    content: bytes,
    kind: str,
    columns: Mapping[str, str],
    preset: Mapping[str, str] | None = None,
) -> Sheet:
    """The rows of a file of one kind. `columns`: fields by heading, for headings that are not known by themselves.
    `preset`: the headings of a tool, which then are the only ones that are known."""
    if content[:4] == WORKBOOK:
        return Sheet(problems=((1, "is a workbook or another archive, whatever its name says (save it as CSV UTF-8)"),))
    if len(content) > SIZE_LIMIT:
        return Sheet(problems=((1, f"the file is larger than {SIZE_LIMIT // 2**20} MiB (split it)"),))
    try:
        text = content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Sheet(problems=((line, "is not UTF-8 text (save the file as CSV UTF-8)"),))
    names = {"outage": LISTED, "invoice": BILLED}.get(kind) or (*FIELDS[kind], *MORE)
    known = {**SYNONYMS[kind], **{field: field for field in names}} if preset is None else dict(preset)
    chosen = {heading(told): field for told, field in columns.items()}
    known = {heading: field for heading, field in known.items() if field not in chosen.values()} | chosen
    return _read(text, known, list(chosen))


def heading(text: str) -> str:
    """`Opened at` and `opened_at` are one."""
    return re.sub(r"[\s_-]+", "_", text.strip().casefold())


def is_blank(cells: Sequence[str]) -> bool:
    """Whether a row has nothing that a person can see."""
    return not any(one.isprintable() and not one.isspace() for text in cells for one in cell(text))


def separator(line: str) -> str | None:
    """What the line `sep=;` says, if it is one: every cell of it but the first is empty then."""
    match = _SEPARATOR.fullmatch(line.strip().strip('"'))
    return match[1] if match else None


def _read(text: str, known: Mapping[str, str], asked: Sequence[str]) -> Sheet:
    problems: list[tuple[int, str]] = []
    told, _, rest = text.partition("\n")
    named = separator(told)
    skipped, text = (1, rest) if named else (0, text)
    delimiter = named or _delimiter(text, known)
    records = (
        (line + skipped, cells)
        for line, cells in _records(text, delimiter, lambda line, why: problems.append((line + skipped, why)))
        if not is_blank(cells)
    )
    first_line, first = next(records, (1, []))
    named_columns = [text.strip() for text in first if text.strip()]
    if len(named_columns) > COLUMNS_LIMIT or sum(map(len, named_columns)) > HEADINGS_LIMIT:
        what = f"{len(named_columns):,} columns, with {sum(map(len, named_columns)):,} characters of headings"
        remedy = f"at most {COLUMNS_LIMIT} and {HEADINGS_LIMIT:,}: check that the first row has the headings"
        return Sheet(problems=((first_line, f"has {what} ({remedy})"),))
    headings = [heading(text) for text in first]
    fields = [known.get(heading) for heading in headings]
    problems += [(first_line, message) for message in _wrong_headings(headings, fields, asked)]
    rows = []
    like: list[list[str]] = [[] for _ in first]
    for line, cells in records:
        if not is_blank(cells[len(fields) :]):
            problems.append((line, f"has {len(cells)} cells, and the heading has {len(fields)} (check the quotes)"))
        words = {field: cell(text) for field, text in zip(fields, cells, strict=False) if field}
        rows.append((line, {field: word for field, word in words.items() if word}))
        for several, text in zip(like, cells, strict=False):
            if len(several) < LIKE and text.strip():
                several.append(cell(text))
    found = zip(first, fields, map(tuple, like), strict=True)
    columns = tuple(Column(name, field, values) for name, field, values in found if name.strip())
    return Sheet(tuple(rows), columns, tuple(problems), first_line)


def _delimiter(text: str, known: Mapping[str, str]) -> str:
    """The one that makes most sense of the heading, or the most cells where none makes any."""

    def sense(delimiter: str) -> tuple[int, int]:
        records = _records(text, delimiter, lambda *_: None)
        cells: list[str] = next((cells for _, cells in records if not is_blank(cells)), [])
        return sum(heading(text) in known for text in cells), len(cells)

    return max(DELIMITERS, key=sense)


def _records(text: str, delimiter: str, blame: Callable[[int, str], None]) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line on which it begins; a quoted cell may go over several."""
    csv.field_size_limit(SIZE_LIMIT)  # of the whole process: a description may be longer than 128 KiB
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            blame(line, f"cannot be read: {error} (check the quotes)")
            return


def _wrong_headings(headings: Sequence[str], fields: Sequence[str | None], asked: Sequence[str]) -> Iterator[str]:
    for heading in asked:
        if heading not in headings:
            yield f"has no column {heading!r} (its columns: {', '.join(headings) or 'none'})"
    given = [field for field in fields if field]
    for field in dict.fromkeys(given):
        if given.count(field) > 1:
            yield f"has {given.count(field)} columns for {field} ({remedies.COLUMNS}, or rename the others)"
    if not given:
        yield f"has no column that is known ({remedies.COLUMNS}; its columns: {', '.join(headings) or 'none'})"


def cell(text: str) -> str:
    text = text.strip().replace("\r\n", "\n")
    match = _KEPT_TEXT.fullmatch(text)
    return match[1].strip() if match else text
