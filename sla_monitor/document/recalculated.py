"""The JSON of a contract's recalculations: closed months that came out otherwise than they were told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from typing_extensions import TypedDict

from sla_monitor.assess.recalculations import MonthFigures, Recalculation
from sla_monitor.document.values import Money, Number, money, number, optional
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.wording.recalculations import describe_because


class KpiFiguresPart(TypedDict):
    """What was told of a KPI's result; null: no figure, no band."""

    value: Number | None
    band: str | None
    met: bool | None
    points: Number


class FiguresPart(TypedDict):
    """The key figures of a month. `measured` false: points and money are no figures."""

    measured: bool
    points: Number
    deducted: Money
    triggers: list[str]
    kpis: dict[str, KpiFiguresPart]


class EntryPart(TypedDict):
    """An entry of the register that changed a month, and who made it."""

    entry: int
    actor: str
    kind: str


class TermsChangePart(TypedDict):
    """The digests of the terms."""

    before: str
    after: str


class BecausePart(TypedDict):
    """Why. With nothing in it, observations came in late, or the clock was set."""

    entries: list[EntryPart]
    terms: TermsChangePart | None
    imports: list[int]
    other_program: bool
    words: str


class RecalculationPart(TypedDict):
    """A month that came out otherwise. `kpis` of both sides: those that differ."""

    at: str
    month: str
    signed: bool
    before: FiguresPart
    after: FiguresPart
    because: BecausePart


class RecalculationsDocument(TypedDict):
    """Every one of a contract, oldest first."""

    contract: str
    recalculations: list[RecalculationPart]


def recalculations_document(
    contract: str, currency: str, several: Iterable[Recalculation], entries: Mapping[int, Entry]
) -> RecalculationsDocument:
    """`entries`: the contract's register, by number."""
    return {"contract": contract, "recalculations": [_part(one, currency, entries) for one in several]}


def _part(one: Recalculation, currency: str, entries: Mapping[int, Entry]) -> RecalculationPart:
    names = dict.fromkeys((*one.before.kpis, *one.after.kpis))
    differ = {name for name in names if one.before.kpis.get(name) != one.after.kpis.get(name)}
    return {
        "at": format_utc(one.at_ms),
        "month": one.month,
        "signed": one.is_signed,
        "before": _figures(one.before, differ, currency),
        "after": _figures(one.after, differ, currency),
        "because": _because(one, entries),
    }


def _figures(figures: MonthFigures, names: set[str], currency: str) -> FiguresPart:
    return {
        "measured": figures.is_measured,
        "points": number(figures.points),
        "deducted": money(figures.deducted, currency),
        "triggers": list(figures.triggers),
        "kpis": {
            name: {
                "value": optional(one.value),
                "band": one.band,
                "met": one.is_met,
                "points": number(one.points),
            }
            for name, one in figures.kpis.items()
            if name in names
        },
    }


def _because(one: Recalculation, entries: Mapping[int, Entry]) -> BecausePart:
    because = one.because
    terms = because.terms
    return {
        "entries": [
            {"entry": number, "actor": entries[number].actor, "kind": entries[number].body.kind}
            for number in because.entries
            if number in entries
        ],
        "terms": None if terms is None else {"before": terms[0], "after": terms[1]},
        "imports": list(because.imports),
        "other_program": because.is_other_program,
        "words": describe_because(because, entries),
    }
