"""A CSV file as rows of words by field, however a spreadsheet or a service desk's tool has spelled it.

Text is text: a cell that a spreadsheet would take for a formula is kept as it is, and means nothing to anybody here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

FIELDS = {
    "ticket": ("id", "priority", "service", "opened", "responded", "ended", "stops", "attempts"),
    "figure": ("kpi", "month", "party", "value", "in_target", "total"),
}
"""What the columns of a file may say, for each kind that may be imported."""

MORE = ("reference", "evidence", "note")
"""What every entry may have besides."""

LISTED = ("id", "service", "started", "ended", "title")
"""What a row of an outage list may say: it is no entry of its own, and has no more than this."""

SYNONYMS = {
    "ticket": {"number": "id", "ticket": "id", "incident": "id", "created": "opened", "resolved": "ended"},
    "figure": {"indicator": "kpi", "period": "month"},
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
DELIMITERS = (",", ";", "\t")
_KEPT_TEXT = re.compile(r'="([^"]*)"')
"""How a spreadsheet is told to leave a number alone: ="00123"."""
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})((?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows`: the line on which each begins, and its words by field, empty ones left out. `ignored`: headings of
    columns that mean nothing here. `problems`: `(line, what is wrong)`; with any of them the rows are not all there.
    """

    rows: tuple[tuple[int, dict[str, str]], ...] = ()
    ignored: tuple[str, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()


def read_sheet(content: bytes, kind: str, columns: Mapping[str, str]) -> Sheet:
    """The rows of a file of one kind. `columns`: fields by heading, for headings that are not known by themselves."""
    if len(content) > SIZE_LIMIT:
        return Sheet(problems=((1, f"the file is larger than {SIZE_LIMIT // 2**20} MiB (split it)"),))
    try:
        text = content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Sheet(problems=((line, "is not UTF-8 text (save the file as CSV UTF-8)"),))
    known = {**SYNONYMS[kind], **{field: field for field in (LISTED if kind == "outage" else (*FIELDS[kind], *MORE))}}
    known |= {heading(told): field for told, field in columns.items()}
    return _read(text, known, [heading(told) for told in columns])


def day_first(text: str, *, month_first: bool = False) -> str:
    """`05/10/2026 14:00` as an instant of ours; what has another shape is left as it is."""
    match = _DAY_FIRST.fullmatch(text.strip())
    if match is None:
        return text
    day, month = (match[2], match[1]) if month_first else (match[1], match[2])
    clock = match[4].replace("T", " ").strip()
    padded = f" {clock.zfill(len('00:00:00') if clock.count(':') == 2 else len('00:00'))}" if clock else ""
    return f"{match[3]}-{month.zfill(2)}-{day.zfill(2)}{padded}"


def heading(text: str) -> str:
    """`Opened at` and `opened_at` are one."""
    return re.sub(r"[\s_-]+", "_", text.strip().casefold())


def _read(text: str, known: Mapping[str, str], asked: Sequence[str]) -> Sheet:
    problems: list[tuple[int, str]] = []
    records = _records(text, _delimiter(text, known), lambda line, message: problems.append((line, message)))
    _, first = next(records, (1, []))
    headings = [heading(text) for text in first]
    fields = [known.get(heading) for heading in headings]
    problems += [(1, message) for message in _wrong_headings(headings, fields, asked)]
    rows = []
    for line, cells in records:
        if len(cells) > len(fields):
            problems.append((line, f"has {len(cells)} cells, and the heading has {len(fields)} (check the quotes)"))
        words = {field: cell(text) for field, text in zip(fields, cells, strict=False) if field}
        if any(cells):
            rows.append((line, {field: word for field, word in words.items() if word}))
    ignored = tuple(cell for cell, field in zip(first, fields, strict=True) if field is None and cell.strip())
    return Sheet(tuple(rows), ignored, tuple(problems))


def _delimiter(text: str, known: Mapping[str, str]) -> str:
    """The one that makes most sense of the heading."""

    def sense(delimiter: str) -> int:
        _, cells = next(_records(text, delimiter, lambda *_: None), (1, []))
        return sum(heading(text) in known for text in cells)

    return max(DELIMITERS, key=sense)


def _records(text: str, delimiter: str, blame: Callable[[int, str], None]) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line on which it begins; a quoted cell may go over several."""
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
            yield f"has no column {heading!r}, which --map names (its columns: {', '.join(headings) or 'none'})"
    given = [field for field in fields if field]
    for field in dict.fromkeys(given):
        if given.count(field) > 1:
            yield f"has {given.count(field)} columns for {field} (choose one with --map, or rename the others)"
    if not given:
        yield f"has no column that is known (name them with --map; its columns: {', '.join(headings) or 'none'})"


def cell(text: str) -> str:
    text = text.strip().replace("\r\n", "\n")
    match = _KEPT_TEXT.fullmatch(text)
    return match[1].strip() if match else text
