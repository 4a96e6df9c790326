"""Day roots: whether two ledgers have the same of a day, and what the first difference is.

Two that are equal differ in nothing that counts. Of two that are not, ever smaller parts are asked for, until a line is
found that one has and the other has not: no day travels as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from json import dumps, loads
from typing import Any

from sla_monitor.ledger.reading.day_rows import ATTACHED, ENTRY, OBSERVATION, DayRows
from sla_monitor.register.instant import format_utc

BUCKETS = 256
"""Into so many parts keys are put, by their digest: so few names travel at a time."""

AT_ONCE = 1_000
"""Lines of entries in one answer: a server takes a million bytes."""

REGISTER = "register"
"""Under what name entries are compared, where an observation has its endpoint's key."""

Question = Mapping[str, Any]
Answer = Mapping[str, Any]
Ask = Callable[[Question], Answer]
"""Asks one ledger: `{"day": ms}`, with `bucket`, `key`, `hour`, or `entries`, for less and less of it. `since`: how
many lines of entries are known."""


Digests = tuple[int, dict[str, str], int]
"""Of which day, by key the digest of its lines, and how many lines there are."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is first found to differ. `key`: an endpoint's, as the record has it, or `register`; `here` and `there`: the
    lines, none where it has none; `at_ms`: of that line."""

    day_ms: int
    key: str
    at_ms: int
    here: str | None
    there: str | None

    def told(self, here: str, there: str) -> str:
        """In a sentence, with the names of the two."""
        if self.here is not None and self.there is not None:
            columns = zip(self._columns, loads(self.here), loads(self.there), strict=True)
            each = [
                f"{column} is {dumps(ours)} at {here} and {dumps(theirs)} at {there}"
                for column, ours, theirs in columns
                if ours != theirs
            ]
        else:
            each = [f"{name} has {self._short(line)}" for name, line in ((here, self.here), (there, self.there))]
        return f"{self.key} at {format_utc(self.at_ms)}: {', '.join(each)}"

    @property
    def _columns(self) -> tuple[str, ...]:
        return ENTRY if self.key == REGISTER else OBSERVATION

    def _short(self, line: str | None) -> str:
        if line is None:
            return "nothing"
        if _is_attached(line):
            file = dict(zip(ATTACHED, loads(line), strict=True))
            return f"{file['name']} attached to entry {file['entry']} by {file['actor']}"
        said = dict(zip(self._columns, loads(line), strict=True))
        if self.key == REGISTER:
            return f"entry {said['number']}, {said['kind']} by {said['actor']}"
        return f"{said['outcome']} ({said['reason']})" if said["reason"] else f"{said['outcome']}"


class Teller:
    """Answers for one ledger. `known`: what it has read last, for further questions about the day."""

    def __init__(self, rows: DayRows, without: Collection[str] = ()) -> None:
        self._rows, self._without = rows, without
        self.known: Digests | None = None

    def __call__(self, question: Question) -> Answer:
        """Raises LedgerError and its kinds; KeyError, TypeError and ValueError for what is no question."""
        day_ms = int(question["day"])
        if "entries" in question:
            since = int(question["since"])
            return {"lines": self._rows.entries(day_ms)[since : since + AT_ONCE]}
        if "hour" in question:
            return {"lines": self._rows.lines(day_ms, str(question["key"]), int(question["hour"]))}
        if "key" in question:
            return {"hours": {f"{hour}": one for hour, one in self._rows.hours(day_ms, str(question["key"])).items()}}
        keys, count = self._digests(day_ms)
        if "bucket" in question:
            return {"keys": {key: one for key, one in keys.items() if _bucket(key) == int(question["bucket"])}}
        return self._root(day_ms, keys, count)

    def _root(self, day_ms: int, keys: Mapping[str, str], count: int) -> Answer:
        buckets = [sha256() for _ in range(BUCKETS)]
        for key in sorted(keys):
            buckets[_bucket(key)].update(f"{key}\n{keys[key]}\n".encode())
        entries = sha256("\n".join(self._rows.entries(day_ms)).encode()).hexdigest()
        several = [one.hexdigest()[:32] for one in buckets]
        root = sha256("\n".join([*several, entries]).encode()).hexdigest()
        return {"root": root, "observations": count, "entries": entries, "buckets": several}

    def _digests(self, day_ms: int) -> tuple[dict[str, str], int]:
        if self.known is None or self.known[0] != day_ms:
            self.known = day_ms, *self._rows.digests(day_ms, self._without)
        return self.known[1:]


def difference(day_ms: int, here: Ask, there: Ask) -> Difference | None:
    """The first difference between two ledgers' days; None: there is none."""
    ours, theirs = here({"day": day_ms}), there({"day": day_ms})
    if ours["root"] == theirs["root"]:
        return None
    if ours["entries"] != theirs["entries"]:
        return _line(day_ms, REGISTER, _entries(day_ms, here), _entries(day_ms, there))
    bucket = next(place for place in range(BUCKETS) if ours["buckets"][place] != theirs["buckets"][place])
    question: Question = {"day": day_ms, "bucket": bucket}
    key = _first(here(question)["keys"], there(question)["keys"])
    question = {"day": day_ms, "key": key}
    hour = _first(here(question)["hours"], there(question)["hours"])
    question = {"day": day_ms, "key": key, "hour": int(hour)}
    return _line(day_ms, key, here(question)["lines"], there(question)["lines"])


def _entries(day_ms: int, ask: Ask) -> list[str]:
    """However many there are."""
    found = list[str]()
    while more := ask({"day": day_ms, "entries": True, "since": len(found)})["lines"]:
        found += more
    return found


def _first(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    return next(name for name in sorted({*ours, *theirs}, key=_in_order) if ours.get(name) != theirs.get(name))


def _in_order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (0, name)


def _line(day_ms: int, key: str, ours: list[str], theirs: list[str]) -> Difference:
    """The first that only one has, or that is another at each."""
    here, there = {_at(line): line for line in ours}, {_at(line): line for line in theirs}
    at = next(at for at in sorted({*here, *there}) if here.get(at) != there.get(at))
    return Difference(day_ms, key, at[0], here.get(at), there.get(at))


def _at(line: str) -> tuple[int, str]:
    """When it is of, and for an entry its number; for what was attached, all of it."""
    first, at_ms, *_ = loads(line)
    return int(at_ms), line if _is_attached(line) else f"{first}"


def _is_attached(line: str) -> bool:
    return bool(loads(line)[0] == ATTACHED[0])


def _bucket(key: str) -> int:
    return sha256(key.encode()).digest()[0]


def utc_day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}"
