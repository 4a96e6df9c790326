"""Recalculations: closed months whose figures became others after they were first told, from what to what, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.ledger.recording.month_results import MonthResult
from sla_monitor.register.affected_months import Others, first_changed
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry, SignOff
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.rounding import exact_decimal


@dataclass(frozen=True, slots=True)
class KpiFigures:
    """What is told of a KPI's result."""

    value: Fraction | None
    band: str | None
    is_met: bool | None
    points: Fraction


@dataclass(frozen=True)
class MonthFigures:
    """The key figures of a month. `text` spells them; equal figures have equal texts."""

    text: str

    @cached_property
    def _read(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.text)
        return read

    @property
    def is_measured(self) -> bool:
        return bool(self._read["measured"])

    @property
    def points(self) -> Fraction:
        return Fraction(self._read["points"])

    @property
    def deducted(self) -> Decimal:
        """Credits after the caps, and charges kept back."""
        return Decimal(self._read["deducted"])

    @property
    def triggers(self) -> tuple[str, ...]:
        return tuple(self._read["triggers"])

    @cached_property
    def kpis(self) -> Mapping[str, KpiFigures]:
        return {
            name: KpiFigures(None if value is None else Fraction(value), band, is_met, Fraction(points))
            for name, (value, band, is_met, points) in self._read["kpis"].items()
        }


def figures_of(result: PeriodResult) -> MonthFigures:
    spelled = {
        "measured": result.is_measured,
        "points": f"{result.points}",
        "deducted": f"{result.deducted}",
        "triggers": [one.trigger for one in result.triggers],
        "kpis": {
            one.kpi: [None if one.value is None else f"{one.value}", one.band, one.is_met, f"{one.points}"]
            for one in result.kpis
        },
    }
    return MonthFigures(json.dumps(spelled, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class Basis:
    """What a contract's months rested on at an instant: the last entry of its register, the digest of its terms, the
    imports in force, and the program's maths."""

    entry: int
    terms: str
    imports: tuple[int, ...]
    program: str

    def text(self) -> str:
        return json.dumps([self.entry, self.terms, self.imports, self.program], separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> Basis:
        entry, terms, imports, program = json.loads(text)
        return cls(entry, terms, tuple(imports), program)


@dataclass(frozen=True, slots=True)
class Because:
    """Why a month came out otherwise. `entries`: those about it, or a month before it; `terms`: the digests before and
    after; `imports`: brought in or taken back. With none of them, it was seen otherwise: observations came in late, or
    the clock was set."""

    entries: tuple[int, ...] = ()
    terms: tuple[str, str] | None = None
    imports: tuple[int, ...] = ()
    is_other_program: bool = False

    def text(self) -> str:
        told = {
            "entries": self.entries,
            "terms": self.terms,
            "imports": self.imports,
            "program": self.is_other_program,
        }
        return json.dumps(told, separators=(",", ":"))

    def is_known_to(self, signed: Entry) -> bool:
        """Whether entries that stood at a sign-off are all of it: figures are told some seconds after an entry, and
        who signs meanwhile signs those that follow from it."""
        others = self.terms is not None or self.imports or self.is_other_program
        return not others and bool(self.entries) and max(self.entries) < signed.number

    @classmethod
    def of(cls, text: str) -> Because:
        read = json.loads(text)
        terms = read.get("terms")
        return cls(
            tuple(read.get("entries", ())),
            None if terms is None else (terms[0], terms[1]),
            tuple(read.get("imports", ())),
            bool(read.get("program")),
        )


def why(before: Basis, now: Basis, entries: Iterable[Entry], month: str, zone: ZoneInfo, reach_ms: int) -> Because:
    """What changed between two instants of what a month rests on. `reach_ms`: how far an outage reaches over the end of
    a month."""
    several = tuple(entries)
    others = Others(several)
    later = (one for one in several if before.entry < one.number <= now.entry)
    first = ((one.number, first_changed(one.body, zone, others, reach_ms)) for one in later)
    return Because(
        tuple(number for number, from_month in first if from_month is not None and from_month <= month),
        None if before.terms == now.terms else (before.terms, now.terms),
        tuple(sorted(set(before.imports) ^ set(now.imports))),
        before.program != now.program,
    )


@dataclass(frozen=True, slots=True)
class Recalculation:
    """A month that came out otherwise at `at_ms`. `is_signed`: whether other figures were signed off by then."""

    at_ms: int
    month: str
    before: MonthFigures
    after: MonthFigures
    because: Because
    is_signed: bool = False


def recalculations(results: Sequence[MonthResult], effective: EffectiveEntries) -> Iterator[Recalculation]:
    """Every change of a month after it was first told, oldest first. `results`: of one contract, oldest first."""
    last: dict[str, MonthFigures] = {}
    for one in results:
        after = MonthFigures(one.figures)
        before = last.get(one.month)
        if before is not None and before != after:
            signed = effective.sign_off(one.month)
            because = Because.of(one.because)
            is_signed = signed is not None and signed[0].at_ms <= one.at_ms and not because.is_known_to(signed[0])
            yield Recalculation(one.at_ms, one.month, before, after, because, is_signed)
        last[one.month] = after


@dataclass(slots=True)
class MonthsTold:
    """What was told of one contract's closed months, by month, oldest first."""

    results: dict[str, list[MonthResult]] = field(default_factory=dict)

    def add(self, one: MonthResult) -> None:
        self.results.setdefault(one.month, []).append(one)

    def last(self, month: str) -> MonthResult | None:
        told = self.results.get(month)
        return told[-1] if told else None

    def signed(self, month: str, signed: Entry) -> MonthFigures | None:
        """What had been told when it was signed off, or follows from the entries that stood then."""
        told: list[MonthResult] = []
        for one in self.results.get(month, ()):
            if one.at_ms > signed.at_ms and not Because.of(one.because).is_known_to(signed):
                break
            told.append(one)
        return MonthFigures(told[-1].figures) if told else None


def is_worth_as_signed(result: PeriodResult, said: SignOff) -> bool:
    """Whether points and money are those that were signed; a month without figures was signed without them."""
    return said.measured is False or (exact_decimal(result.points, 9) == said.points and result.deducted == said.credit)


def differ_from_signed(results: Iterable[PeriodResult], effective: EffectiveEntries, told: MonthsTold) -> list[str]:
    """The months that would now come out otherwise than they were signed: in points or money, or in a KPI's figure, as
    it was when it was signed."""
    found: list[str] = []
    for result in results:
        signed = effective.sign_off(result.month)
        if signed is None:
            continue
        entry, said = signed
        now, then = figures_of(result), told.signed(result.month, entry)
        if not is_worth_as_signed(result, said) or (then is not None and then != now):
            found.append(result.month)
    return found
