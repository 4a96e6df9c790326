"""A supplier's own outage list from a file: CSV, or the `incidents.json` of a public status page.

The file is hostile: it is bounded, its texts are cut and made printable, every mistake is told with its place, and
nothing of it is left out without being told.

Of the status page format (Atlassian Statuspage, `/api/v2/incidents.json`, its 50 newest incidents) these keys are read:
of an incident `id`, `name`, `impact`, `started_at` (or `created_at`), `resolved_at`, and the `name` of each of its
`components` and of those that its `incident_updates` list under `affected_components`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from sla_monitor import remedies
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import Strict
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.errors import RegisterError
from sla_monitor.register.csv_sheet import SIZE_LIMIT, read_sheet
from sla_monitor.register.entries import ListedOutage
from sla_monitor.register.foreign_instant import Dates, iso_spelling
from sla_monitor.register.importing import OTHERS, abridged
from sla_monitor.register.instant import Milliseconds, format_utc, parse_instant
from sla_monitor.register.kinds.outage_list import LISTED_AT_MOST

StatusImpact = Literal["none", "minor", "major", "critical", "maintenance"]
IMPACTS: tuple[StatusImpact, ...] = ("minor", "major", "critical")
"""Impacts of a status page that are outages, where nobody says which."""
NEWEST = 50
"""Incidents that a status page's file holds at most: those before them are not in it."""
WORDS_AT_MOST = 200

_STARTED, _ENDED = "started", "ended"


class NamesFile(Strict):
    """What a supplier calls our services, in a file of its own: it is the same month after month."""

    names: dict[str, str | None]


@dataclass(frozen=True)
class ListFile:
    """A file and how to read it. `columns`: fields by heading; `names`: what the supplier calls our services, by its
    name, with the id or the name of a service or an endpoint of ours, or None for what is not one of ours. `services`:
    of these alone; none: of all."""

    name: str
    content: bytes
    columns: Mapping[str, str] = field(default_factory=dict)
    dates: Dates = "iso"
    names: Mapping[str, str | None] = field(default_factory=dict)
    impacts: Sequence[StatusImpact] = IMPACTS
    services: Sequence[str] = ()

    @cached_property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def is_json(self) -> bool:
        return self.content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


@dataclass(frozen=True, slots=True)
class ReadList:
    """`start_ms`: since when the file tells of everything. `left_out`: rows that are not among the outages, counted by
    why. `ignored`: headings of columns that mean nothing here."""

    start_ms: int
    outages: tuple[ListedOutage, ...]
    left_out: Mapping[str, int]
    ignored: tuple[str, ...] = ()


class _Row(NamedTuple):
    """One line of a file. `place` is where it stands; `names`: every name of ours that it may be about."""

    place: str
    id: str
    names: tuple[str, ...]
    title: str
    started: str
    ended: str


def read_list(source: ListFile, contract: Contract, span_ms: tuple[int, int]) -> ReadList:
    """The outages of a file in `[start, end)`, or as much of that as a status page still tells of. Raises RegisterError
    with every mistake of it, by its place."""
    left_out: Counter[str] = Counter()
    ignored: tuple[str, ...] = ()
    since_ms = span_ms[0]
    if source.is_json:
        incidents = _incidents(source)
        since_ms = max(since_ms, _oldest_start(incidents))
        rows = list(_of_impact(source, incidents, left_out))
    else:
        rows, ignored = _sheet(source)
    if since_ms >= span_ms[1]:
        why = f"{format_utc(since_ms)}, and of nothing before (ask the supplier for a list of that time)"
        raise RegisterError([f"{source.name}: covers only its {NEWEST} newest incidents, since {why}"])
    reader = _Reader(source, contract, (since_ms, span_ms[1]), left_out)
    outages = [one for row in rows for one in reader.outages(row)]
    if len(outages) > LISTED_AT_MOST:
        reader.problems.append(f"{source.name}: has {len(outages):,} outages, more than {LISTED_AT_MOST:,} (split it)")
    if reader.problems:
        raise RegisterError(abridged(reader.problems))
    outages.sort(key=lambda one: (one.start_ms, one.service, one.id))
    return ReadList(since_ms, tuple(outages), dict(sorted(left_out.items())), ignored)


class _Reader:
    """Rows of one file as outages of one contract."""

    def __init__(self, source: ListFile, contract: Contract, span_ms: tuple[int, int], left_out: Counter[str]) -> None:
        self._source, self._span_ms, self._left_out = source, span_ms, left_out
        self._zone = None if source.is_json else contract.time_zone
        self._ours = _our_names(contract, span_ms)
        self._theirs = {_folded(name): ours for name, ours in source.names.items()}
        self.problems: list[str] = [
            f"names: {ours} is not one of ours ({suggestion(ours, _shown(self._ours))})"
            for ours in dict.fromkeys(filter(None, source.names.values()))
            if len(self._ours.get(_folded(ours), ())) != 1
        ]

    def outages(self, row: _Row) -> Iterator[ListedOutage]:
        """One for each service that a row is about."""
        started, ended = self._instant(row, _STARTED, row.started), self._instant(row, _ENDED, row.ended)
        if not row.started:
            self._blame(row, f"{_STARTED}: is missing (write when the outage began)")
        if started is None or (row.ended and ended is None):
            return
        if ended is not None and ended < started:
            self._blame(row, f"{_ENDED}: must not be before {_STARTED} (check the dates)")
        elif started >= self._span_ms[1] or (ended is not None and ended <= self._span_ms[0]):
            self._left_out["of other time"] += 1
        elif ended == started:
            self._left_out["without any length"] += 1
        else:
            for service, named in self._services(row).items():
                if self._source.services and service not in self._source.services:
                    self._left_out["of other services"] += 1
                    continue
                yield ListedOutage(
                    service=service,
                    start=Milliseconds(started),
                    end=None if ended is None else Milliseconds(ended),
                    id=_text(row.id),
                    title=_text(row.title),
                    named="" if named == service else _text(named),
                )

    def _services(self, row: _Row) -> dict[str, str]:
        """The services of ours that a row is about, with what it calls them."""
        found: dict[str, str] = {}
        names = [name for name in row.names if name.strip()]
        if not names:
            self._blame(row, "service: is missing (say which service it is about)")
        for name in names:
            known, theirs = self._ours.get(_folded(name), set()), self._theirs
            if _folded(name) in theirs or (not known and OTHERS in theirs):
                ours = theirs.get(_folded(name), theirs.get(OTHERS))
                known = self._ours.get(_folded(ours), set()) if ours else {""}
            if len(known) == 1:
                found.setdefault(next(iter(known)), name)
            elif known:
                self._blame(
                    row, f"service: {_text(name)} may be {' or '.join(sorted(known))} ({remedies.SERVICE_NAMES})"
                )
            else:
                near = suggestion(_text(name), _shown(self._ours))
                self._blame(row, f"service: {_text(name)} is not one of ours ({near}; {remedies.SERVICE_NAMES})")
        if found.pop("", None) is not None and not found:
            self._left_out["of names that are not ours"] += 1
        return found

    def _instant(self, row: _Row, what: str, text: str) -> int | None:
        try:
            return _instant(text, self._zone, self._source.dates) if text else None
        except ValueError as error:
            self._blame(row, f"{what}: {error}")
            return None

    def _blame(self, row: _Row, message: str) -> None:
        self.problems.append(f"{self._source.name}:{row.place}: {_text(message, 400)}")


def _sheet(source: ListFile) -> tuple[list[_Row], tuple[str, ...]]:
    sheet = read_sheet(source.content, "outage", source.columns)
    if sheet.problems:
        raise RegisterError(abridged([f"{source.name}:{line}: {message}" for line, message in sheet.problems]))
    rows = [
        _Row(
            str(line),
            words.get("id", ""),
            (words.get("service", ""),),
            words.get("title", ""),
            words.get(_STARTED, ""),
            words.get(_ENDED, ""),
        )
        for line, words in sheet.rows
    ]
    return rows, sheet.ignored


class _Loose(BaseModel):
    """Of somebody else's format no more than what is read here."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class _Component(_Loose):
    name: str


class _Update(_Loose):
    affected_components: list[_Component] | None = None


class _Incident(_Loose):
    id: str
    name: str = ""
    impact: str | None = None
    created_at: str | None = None
    started_at: str | None = None
    resolved_at: str | None = None
    components: list[_Component] | None = None
    incident_updates: list[_Update] | None = None

    @property
    def started(self) -> str:
        return self.started_at or self.created_at or ""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the components; where it has none, its own id, so that a table of names can say what it is about."""
        updates = (one for update in self.incident_updates or () for one in update.affected_components or ())
        names = dict.fromkeys(one.name for one in (*(self.components or ()), *updates))
        return tuple(names) or (self.id,)


class _StatusPage(_Loose):
    incidents: list[_Incident]


def _incidents(source: ListFile) -> list[_Incident]:
    if len(source.content) > SIZE_LIMIT:
        raise RegisterError([f"{source.name}: is larger than {SIZE_LIMIT // 2**20} MiB (split it)"])
    try:
        return _StatusPage.model_validate(json.loads(source.content.decode("utf-8-sig"))).incidents
    except ValidationError as error:
        raise RegisterError(abridged(list(_misfits(source.name, error)))) from None
    except (ValueError, RecursionError):
        raise RegisterError([f"{source.name}: is not JSON (fetch /api/v2/incidents.json again)"]) from None


def _of_impact(source: ListFile, incidents: Iterable[_Incident], left_out: Counter[str]) -> Iterator[_Row]:
    for one in incidents:
        if one.impact is not None and one.impact not in source.impacts:
            left_out[f"of impact {_text(one.impact, 20)}"] += 1
            continue
        yield _Row(f" incident {_text(one.id)}", one.id, one.names, one.name, one.started, one.resolved_at or "")


def _oldest_start(incidents: Sequence[_Incident]) -> int:
    """When the oldest incident began, of a file that may have left older ones out."""
    if len(incidents) < NEWEST:
        return 0
    began = []
    for one in incidents:
        with suppress(ValueError):  # told with its place when the row is read
            began.append(_instant(one.started))
    return min(began, default=0)


def _instant(text: str, zone: ZoneInfo | None = None, dates: Dates = "iso") -> int:
    return parse_instant(iso_spelling(text, dates), zone)


def _misfits(name: str, error: ValidationError) -> Iterator[str]:
    for details in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(map(str, details["loc"])) or "the file"
        yield f"{name}: {_text(place)}: {details['msg'].lower()} (is it the page's /api/v2/incidents.json?)"


def _our_names(contract: Contract, span_ms: tuple[int, int]) -> dict[str, set[str]]:
    """The services that a name may stand for: ids and names of services, and of their endpoints."""
    found: dict[str, set[str]] = {}
    versions = list(contract.versions_in(*span_ms))
    for version in versions:
        for service in version.terms.services:
            parts = (name for one in service.endpoints for name in (one.id, one.name))
            for name in filter(None, (service.id, service.name, *parts)):
                found.setdefault(_folded(name), set()).add(service.id)
    ids = {service.id for version in versions for service in version.terms.services}
    return found | {_folded(name): {name} for name in ids}  # a service's own id is no other's endpoint


def _shown(ours: Mapping[str, Iterable[str]]) -> list[str]:
    return [next(iter(services)) for services in ours.values() if len(list(services)) == 1]


def _folded(name: str) -> str:
    """`Custody  API` and `custody api` are one."""
    return " ".join(name.casefold().split())


def _text(text: str, at_most: int = WORDS_AT_MOST) -> str:
    """A text that can be printed and kept: line breaks as spaces, controls and invisible characters as U+FFFD, no
    longer than a field may be."""
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in " ".join(text.split()))
    return shown if len(shown) <= at_most else f"{shown[: at_most - 1]}…"
