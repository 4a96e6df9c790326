"""The terms of a contract as they stand at one instant: services, calendars, endpoints, KPIs.

Versions by effective date are no part of these models: a file is resolved for each date on which something
changes (`versions.py`), and each resolved document is one `Terms`.
"""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sla_monitor.contract.consistency import as_written, inconsistencies
from sla_monitor.contract.credits import Credit
from sla_monitor.contract.endpoint import Endpoint
from sla_monitor.contract.fields import (
    Currency,
    Day,
    Identifier,
    Misplaced,
    Money,
    Name,
    Percent,
    Strict,
    TimeZone,
    Whole,
)
from sla_monitor.contract.kpi import AvailabilityKpi, Kpi
from sla_monitor.contract.money import Cap, Charges, Claims
from sla_monitor.contract.parts import ALWAYS
from sla_monitor.contract.triggers import Trigger

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _hours(value: Any) -> Any:
    """`08:00-18:00` as (start, end); an end of 24:00 is midnight at the end of the day, held as time.max."""
    if isinstance(value, tuple):
        return value
    parts = value.split("-") if isinstance(value, str) else []
    try:
        start = time.fromisoformat(parts[0])
        end = time.max if parts[1] == "24:00" else time.fromisoformat(parts[1])
    except (ValueError, IndexError):
        raise ValueError(f"{value!r} is not a span of hours (write 08:00-18:00)") from None
    if len(parts) != 2 or start.tzinfo or end.tzinfo or start >= end:
        raise ValueError(f"{value!r} is not a span of hours within one day (write 08:00-18:00)")
    return start, end


Hours = Annotated[
    tuple[time, time],
    BeforeValidator(_hours),
    WithJsonSchema({"type": "string", "examples": ["08:00-18:00", "00:00-24:00"]}),
]


def _days(value: Any) -> Any:
    """`mon-fri: 08:00-18:00` spread over the days it names, lists of spans allowed."""
    if not isinstance(value, dict):
        return value
    week: dict[str, list[Any]] = {}
    problems: list[tuple[tuple[str | int, ...], str]] = []
    for key, spans in value.items():
        try:
            hours = [_hours(span) for span in (spans if isinstance(spans, list | tuple) else [spans])]
            for day in _run_of_days(str(key)):
                week.setdefault(day, []).extend(hours)
        except ValueError as error:
            problems.append(((key,), str(error)))
    if problems:
        raise Misplaced(problems)
    return week


def _run_of_days(key: str) -> tuple[str, ...]:
    first, _, last = key.partition("-")
    if first not in DAYS or (last or first) not in DAYS or DAYS.index(first) > DAYS.index(last or first):
        raise ValueError(f"{key!r} is not a day or a run of days (write mon, or mon-fri)")
    return DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]


class Calendar(Strict):
    """Service hours: weekly hours in the contract's zone, less the days on which the service is closed."""

    hours: Annotated[
        dict[str, tuple[Hours, ...]],
        BeforeValidator(_days),
        WithJsonSchema(
            {
                "$comment": "days: hours",
                "type": "object",
                "examples": [{"mon-fri": "08:00-18:00"}],
                "additionalProperties": {"type": ["string", "array"], "items": {"type": "string"}},
            }
        ),
    ] = Field(description="Day or run of days: a span of hours, or a list of them.")
    closed_on: tuple[Day, ...] = Field((), description="Dates without service, such as bank holidays.")


class Accounting(Strict):
    """How seconds are counted: printed in words on every report."""

    confirmation_failures: Whole = Field(
        2,
        ge=1,
        le=20,
        alias="confirmation",
        description="Looks in a row that must fail; downtime counts from the first.",
    )
    unknown: Literal["excluded"] = Field(
        "excluded", description="Time nobody saw: left out of both sides of the ratio, and shown as coverage."
    )
    coverage_floor_percent: Percent = Field(
        Decimal(90), alias="coverage_floor", description="Below this a figure is shown but called not assessable."
    )


class Service(Strict):
    """What is bought."""

    id: Identifier = Field(description="The name in metrics, pages and KPIs; keep it for the whole term.")
    name: str = Field("", description="The name for people.")
    criticality: Literal["critical", "high", "medium", "low"] = Field(
        "medium", description="How much depends on it: shown, and a label of its metrics."
    )
    service_hours: Identifier = Field(ALWAYS, description="The name of a calendar.")
    participants: tuple[Identifier, ...] = Field((), description="Who takes it; none: everybody.")
    available_when: Literal["all", "any"] | Annotated[Whole, Field(ge=1)] = Field(
        "all", description="How many endpoints must be up: all, any, or a number."
    )
    endpoints: tuple[Endpoint, ...] = Field((), description="What is probed.")


class Participant(Strict):
    """One of the bodies that the contract serves."""

    id: Identifier = Field(description="The name in `participants` of a service.")
    name: str = Field("", description="The name for people.")


class Term(Strict):
    """First and last day of the contract, both included."""

    start_on: Day = Field(alias="start", description="The first day.")
    end_on: Day = Field(alias="end", description="The last day.")


class Terms(Strict):
    """Everything one contract promises at one instant."""

    id: Identifier = Field(description="The name in metrics, pages and the ledger; keep it for the whole term.")
    title: str = Field("", description="The name for people.")
    note: str = Field("", description="Shown beside the title.")
    authority: Name = Field(description="Who buys.")
    supplier: Name = Field(description="Who delivers.")
    term: Term = Field(description="First and last day.")
    time_zone: TimeZone = Field(description="In which days, months and service hours are told.")
    currency: Currency = Field(description="Of all money.")
    total_value: Money | None = Field(None, description="Over the whole term.")
    participants: tuple[Participant, ...] = Field((), description="The bodies that the contract serves.")
    calendars: dict[Identifier, Calendar] = Field(
        default_factory=dict, description="Service hours by name; `always` is built in."
    )
    accounting: Accounting = Field(Accounting(), description="How seconds are counted.")
    services: tuple[Service, ...] = Field(min_length=1, description="What is bought.")
    kpis: tuple[Kpi, ...] = Field((), description="What is promised.")
    charges: Charges = Field(Charges(), description="What is paid, gross of credits.")
    credits: tuple[Credit, ...] = Field((), description="What failures cost; the credits of all rules add up.")
    caps: tuple[Cap, ...] = Field((), description="Limits on money, one after the other; those of services first.")
    triggers: tuple[Trigger, ...] = Field((), description="What several results together set off.")
    claims: Claims = Field(Claims(), description="What must be done to have a credit.")

    @property
    def availability_kpis(self) -> tuple[AvailabilityKpi, ...]:
        """The promises that looking at endpoints decides."""
        return tuple(kpi for kpi in self.kpis if isinstance(kpi, AvailabilityKpi))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = inconsistencies(as_written(self))
        if problems:
            raise Misplaced(problems)
        return self
