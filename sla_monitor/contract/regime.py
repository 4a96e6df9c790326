"""What a contract says about performance and money, as it stands at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import Field, model_validator

from sla_monitor.contract.consistency import Found
from sla_monitor.contract.credits import Credit
from sla_monitor.contract.fields import Misplaced, Strict
from sla_monitor.contract.kpi import CompositeKpi, Kpi
from sla_monitor.contract.money import Cap, Charges, Claims
from sla_monitor.contract.nearest import suggestion
from sla_monitor.contract.triggers import Trigger


class Regime(Strict):
    """Everything that turns what was seen into points, credits and consequences."""

    kpis: tuple[Kpi, ...] = ()
    charges: Charges = Charges()
    credits: tuple[Credit, ...] = ()
    caps: tuple[Cap, ...] = Field((), description="Applied in this order: those of services first.")
    triggers: tuple[Trigger, ...] = ()
    claims: Claims = Claims()

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> Self:
        problems = [*_twice(self), *_references(self)]
        if problems:
            raise Misplaced(problems)
        return self


def _twice(regime: Regime) -> Iterator[Found]:
    for key in ("credits", "caps", "triggers"):
        seen: set[str] = set()
        for position, item in enumerate(getattr(regime, key)):
            if item.id in seen:
                yield (key, position, "id"), f"{item.id!r} is given twice (choose another id)"
            seen.add(item.id)


def _references(regime: Regime) -> Iterator[Found]:
    kpis = {kpi.id for kpi in regime.kpis}
    caps = {cap.id for cap in regime.caps}
    for i, credit in enumerate(regime.credits):
        for key, named in _kpis_named(credit):
            yield from _unknown(("credits", i, *key), "KPI", named, kpis)
    for i, kpi in enumerate(regime.kpis):
        for j, part in enumerate(kpi.parts if isinstance(kpi, CompositeKpi) else ()):
            earlier = {other.id for other in regime.kpis[:i]}
            yield from _unknown(("kpis", i, "parts", j, "kpi"), "KPI above this one", part.kpi, earlier)
    for i, trigger in enumerate(regime.triggers):
        above = {other.id for other in regime.triggers[:i]}
        yield from _unknown(("triggers", i, "cap"), "cap", trigger.cap, caps)
        for j, condition in enumerate(trigger.conditions):
            path = ("triggers", i, "conditions", j)
            yield from _unknown((*path, "trigger"), "trigger above this one", condition.trigger, above)
            yield from _unknown((*path, "cap"), "cap", condition.cap, caps)
            for k, named in enumerate(condition.kpis):
                yield from _unknown((*path, "kpis", k), "KPI", named, kpis)


def _kpis_named(credit: Credit) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every KPI that a rule names, with the path to the name."""
    for position, named in enumerate(getattr(credit, "kpis", ())):
        yield ("kpis", position), named
    if getattr(credit, "kpi", None):
        yield ("kpi",), getattr(credit, "kpi", "")
    for key in ("allocation", "amounts"):
        yield from (((key, named), named) for named in getattr(credit, key, ()))


def _unknown(path: tuple[str | int, ...], what: str, named: str | None, known: Iterable[str]) -> Iterator[Found]:
    if named is not None and named not in known:
        yield path, f"no such {what} ({suggestion(named, known)})"
