"""A CSV file of somebody else's probes or outages, read line by line, however a spreadsheet has spelled it.

What cannot be read is told with its line, and nothing of the file is taken then. Local times are in a zone; one that
the clocks leave out or tell twice is refused, because nobody can know which was meant.
"""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from sla_monitor import remedies
from sla_monitor.backfill.foreign import Foreign
from sla_monitor.backfill.probe_lists import BackfillRecord, Probe, Probes
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.errors import BackfillError
from sla_monitor.evidence.file_evidence import stated_spans
from sla_monitor.register.csv_sheet import DELIMITERS, cell, heading, is_blank, separator
from sla_monitor.register.foreign_instant import Dates, iso_spelling
from sla_monitor.register.importing import TOLD_AT_MOST, abridged
from sla_monitor.register.instant import parse_instant
from sla_monitor.sla.observation import Outcome, Reason

T = TypeVar("T")
Kind = Literal["outages", "probes"]
Progress = Callable[[int, int], None]

FIELDS: dict[Kind, tuple[str, ...]] = {
    "outages": ("endpoint", "service", "start", "end", "reason"),
    "probes": ("endpoint", "at", "outcome", "reason", "duration_ms"),
}
SYNONYMS: dict[Kind, dict[str, str]] = {
    "outages": {"from": "start", "began": "start", "to": "end", "until": "end", "ended": "end"},
    "probes": {"time": "at", "timestamp": "at", "status": "outcome", "result": "outcome", "duration": "duration_ms"},
}
NEEDED: dict[Kind, tuple[str, ...]] = {"outages": ("start",), "probes": ("at", "outcome")}
OUTCOMES = {
    "1": Outcome.UP, "true": Outcome.UP, "ok": Outcome.UP,
    "0": Outcome.DOWN, "false": Outcome.DOWN, "failed": Outcome.DOWN,
} | {outcome.value: outcome for outcome in Outcome}  # fmt: skip
LINE_LIMIT = 1 << 20
"""Characters of one cell."""

CELL_SHOWN = 40
"""Characters of a cell that cannot be read, as a person is told them; no instant is longer."""

LONGEST_US = 86_400_000_000


@dataclass(frozen=True)
class CsvFile:
    """A file and how to read it. `columns`: fields by heading; `endpoints`: of each service, by id. `whole`: the
    endpoints that rows without one of their own are about."""

    path: Path
    kind: Kind
    zone: ZoneInfo
    endpoints: Mapping[str, tuple[str, ...]]
    whole: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    dates: Dates = "iso"

    def probes(
        self, every_ms: int, range_ms: tuple[int, int], single: Iterable[str], progress: Progress
    ) -> tuple[BackfillRecord, str]:
        """What a file of probes tells of a range, each vouching for so long, and the SHA-256 of the file. Raises
        BackfillError."""
        reading = _Reading(self, progress)
        with Probes() as probes, Foreign(self.path) as file:
            taken = reading.taken(partial(self._probe, every_ms))
            probes.add(one for one in taken if range_ms[0] <= one.at_ms < range_ms[1])
            reading.end()
            return probes.collected(f"{self.path.name}:", frozenset(single)), file.digest

    def outages(self, seen_ms: tuple[int, int], progress: Progress) -> tuple[BackfillRecord, str]:
        """What a list of outages tells of a range, in which the endpoints were up otherwise, and the file's SHA-256. An
        endpoint of `whole` that has none was up throughout. Raises BackfillError."""
        found: dict[str, list[tuple[int, int | None, Reason | None]]] = {name: [] for name in self.whole}
        reading = _Reading(self, progress)
        with Foreign(self.path) as file:
            for endpoint, outage in reading.taken(partial(self._outage, seen_ms)):
                found.setdefault(endpoint, []).append(outage)
            reading.end()
        spans = {name: sorted(stated_spans(several, [], seen_ms)) for name, several in sorted(found.items())}
        return BackfillRecord(spans), file.digest

    def _probe(self, every_ms: int, line: int, words: Mapping[str, str]) -> Iterator[Probe]:
        outcome = OUTCOMES.get(words["outcome"].casefold())
        if outcome is None:
            raise ValueError(
                f"outcome: {words['outcome'][:40]!r} is not an outcome (write one of {', '.join(OUTCOMES)})"
            )
        at_ms, reason = self._instant("at", words["at"]), _reason(words, outcome)
        duration_us = _microseconds(words["duration_ms"]) if "duration_ms" in words else None
        for endpoint in self._endpoints(words):
            yield Probe(endpoint, at_ms, outcome, reason, every_ms, duration_us, line)

    def _outage(
        self, seen_ms: tuple[int, int], line: int, words: Mapping[str, str]
    ) -> Iterator[tuple[str, tuple[int, int | None, Reason | None]]]:
        start_ms = self._instant("start", words["start"])
        end_ms = self._instant("end", words["end"]) if "end" in words else None
        if end_ms is not None and end_ms <= start_ms:
            raise ValueError("end: must be after the start")
        if start_ms >= seen_ms[1] or (end_ms or seen_ms[1]) <= seen_ms[0]:
            raise ValueError("lies outside the range that is brought in (check the dates)")
        for endpoint in self._endpoints(words):
            yield endpoint, (start_ms, end_ms, _reason(words, Outcome.DOWN))

    def _instant(self, name: str, text: str) -> int:
        try:
            spelled = iso_spelling(text[:CELL_SHOWN], self.dates)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        try:
            return parse_instant(spelled, self.zone)
        except ValueError as error:
            raise ValueError(f"{name}: {text[:CELL_SHOWN]!r} {error}") from None

    def _endpoints(self, words: Mapping[str, str]) -> tuple[str, ...]:
        if "endpoint" in words:
            return (_known("endpoint", words, [name for several in self.endpoints.values() for name in several]),)
        if "service" in words:
            return self.endpoints[_known("service", words, self.endpoints)]
        if not self.whole:
            raise ValueError(f"names no endpoint ({remedies.ENDPOINT}, or add a column)")
        return self.whole


class _Reading:
    """One reading of a file: rows as they are taken, and what is wrong with them."""

    def __init__(self, file: CsvFile, progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._problems: list[str] = []

    def end(self) -> None:
        """Raises BackfillError with everything that was wrong."""
        if self._problems:
            raise BackfillError(abridged(self._problems))

    def taken(self, take: Callable[[int, Mapping[str, str]], Iterator[T]]) -> Iterator[T]:
        """What `take` makes of each row, by its line and its words by field. Goes on over rows that are wrong."""
        for line, words in self._rows():
            missing = [name for name in NEEDED[self._file.kind] if name not in words]
            if missing:
                self._blame(line, f"{missing[0]}: is missing")
                continue
            try:
                yield from list(take(line, words))
            except ValueError as error:
                self._blame(line, str(error))

    def _blame(self, line: int, message: str) -> None:
        if len(self._problems) <= TOLD_AT_MOST:
            self._problems.append(f"{self._file.path.name}:{line}: {message}")

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        csv.field_size_limit(LINE_LIMIT)
        with self._file.path.open("rb") as raw:
            lines = _Lines(raw, self._progress)
            try:
                yield from self._records(lines)
            except UnicodeDecodeError:
                self._blame(lines.number + 1, "is not UTF-8 text (save the file as CSV UTF-8)")
            except csv.Error as error:
                self._blame(lines.number, f"cannot be read: {error} (check the quotes)")

    def _records(self, lines: _Lines) -> Iterator[tuple[int, dict[str, str]]]:
        reader = csv.reader(lines, delimiter=self._delimiter(lines), strict=True)
        fields = self._fields(next(reader, []), lines.number)
        before = lines.number
        for cells in reader:
            line, before = before + 1, lines.number
            if is_blank(cells):
                continue
            if not is_blank(cells[len(fields) :]):
                self._blame(line, f"has {len(cells)} cells, and the heading has {len(fields)} (check the quotes)")
            words = {name: cell(text) for name, text in zip(fields, cells, strict=False) if name}
            yield line, {name: word for name, word in words.items() if word}

    def _delimiter(self, lines: _Lines) -> str:
        """The one that makes most sense of the heading; a spreadsheet may say which in a line before it."""
        first = lines.peek().strip()
        if named := separator(first):
            next(lines)
            return named
        known = self._known()
        return max(DELIMITERS, key=lambda one: sum(heading(text.strip('"')) in known for text in first.split(one)))

    def _known(self) -> dict[str, str]:
        kind = self._file.kind
        known = {**SYNONYMS[kind], **{name: name for name in FIELDS[kind]}}
        return known | {heading(text): name for text, name in self._file.columns.items()}

    def _fields(self, cells: list[str], line: int) -> list[str | None]:
        """The field of each column. Raises BackfillError for a heading of which nothing can be made."""
        known, named = self._known(), [heading(text) for text in cells]
        fields, told = [known.get(text) for text in named], ", ".join(named) or "none"
        wrong = [
            f"has no column {asked!r} (its columns: {told})"
            for asked in self._file.columns
            if heading(asked) not in named
        ]
        wrong += [
            f"has {fields.count(name) or 'no'} columns for {name} ({remedies.COLUMNS}; its columns: {told})"
            for name in FIELDS[self._file.kind]
            if fields.count(name) > 1 or (name in NEEDED[self._file.kind] and name not in fields)
        ]
        if wrong:
            raise BackfillError([f"{self._file.path.name}:{line}: {message}" for message in wrong])
        return fields


class _Lines(Iterator[str]):
    """The lines of a file, counted; the first of them can be seen before it is read."""

    def __init__(self, raw: BufferedReader, progress: Progress) -> None:
        start = raw.peek(2)[:2]
        is_wide = start in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        self._text = TextIOWrapper(raw, encoding="utf-16" if is_wide else "utf-8-sig", newline="")
        self._raw, self._size, self._progress = raw, os.fstat(raw.fileno()).st_size, progress
        self._first: str | None = None
        self.number = 0

    def peek(self) -> str:
        if self._first is None:
            self._first = self._text.readline(LINE_LIMIT)
        return self._first

    def __next__(self) -> str:
        line, self._first = self.peek(), None
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= LINE_LIMIT:
            raise csv.Error("the line has no end")
        if self.number % 10_000 == 0:
            self._progress(self._raw.tell(), self._size)
        return line


def _known(what: str, words: Mapping[str, str], names: Iterable[str]) -> str:
    """The endpoint or service that a row names. Raises ValueError for one that is none of the contract's."""
    several = list(names)
    if words[what] not in several:
        raise ValueError(f"no such {what}: {words[what][:63]} ({suggestion(words[what], several)})")
    return words[what]


def _reason(words: Mapping[str, str], outcome: Outcome) -> Reason | None:
    """One of ours; what others say in words of their own stays in their file."""
    told = words.get("reason", "").casefold().replace(" ", "_")
    return Reason(told) if told in set(Reason) and outcome is not Outcome.UP else None


def _microseconds(text: str) -> int:
    try:
        told = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"duration_ms: {text[:40]!r} is no number of milliseconds") from None
    if not told.is_finite() or not 0 <= told * 1000 <= LONGEST_US:
        raise ValueError(f"duration_ms: {text[:40]!r} is not between nothing and a day")
    return int(told * 1000)
