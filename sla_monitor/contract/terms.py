"""The terms of a contract as they stand at one instant: services, calendars, endpoints, KPIs.

Versions by effective date are no part of these models: a file is resolved for each date on which something
changes (`versions.py`), and each resolved document is one `Terms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.calendars import EVERY_DAY, WEEKDAYS, Calendar
from sla_monitor.contract.endpoints.endpoint import Endpoint, NetworkTerms
from sla_monitor.contract.endpoints.network import Url
from sla_monitor.contract.endpoints.several_places import Places
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
    YesNo,
)
from sla_monitor.contract.kpis.kpi import INDICATORS, AvailabilityKpi, DowntimeKpi, Kpi, availability_kpis
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.kpis.minutes import credits_in_minutes
from sla_monitor.contract.maintenance import MaintenanceTerms, Relief
from sla_monitor.contract.money.charges_and_caps import Cap, Charges, Claims
from sla_monitor.contract.money.combined_terms import Combined
from sla_monitor.contract.money.credit_methods import Credit
from sla_monitor.contract.money.credit_tables import PercentPart
from sla_monitor.contract.money.invoicing import Invoicing
from sla_monitor.contract.money.trigger_terms import Trigger
from sla_monitor.contract.notice import NoticeIdentifiers
from sla_monitor.contract.obligations import Obligation
from sla_monitor.contract.rules.consistency import as_written, inconsistencies
from sla_monitor.contract.rules.plain_values import ALWAYS

Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Contact(Strict):
    """A person or team to call or notify."""

    id: Identifier = Field(description="The name in `contacts` of a service.")
    name: Name = Field(description="Who, and for what: Northgate service desk (24 hours).")
    phone: Line = Field("", description="As one dials it.")
    email: Line = Field("", description="The address.")

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.phone, self.email) if part)


class Archive(Strict):
    """What sealed days keep of each observation; the outcome, its reason and the status are always kept."""

    phases: Literal["us", "ms", "none"] = Field(
        "us",
        description="How long each phase took: exact in us (about 9 bytes an observation), whole ms (about 3), or none"
        " (less than 1). Must be us where a KPI is made of single observations.",
    )


Rating = Literal["good", "approaching_target", "requires_improvement", "inadequate"]
"""The words of a Contract Performance Notice (Procurement Act 2023, section 71)."""
Days = Annotated[Whole, Field(ge=0, le=366)]


class Reporting(Strict):
    """The performance monitoring report, the review meeting, and the published ratings."""

    report_working_days: Days = Field(10, description="The report is due so many Working Days after the month's end.")
    review_working_days: Days = Field(5, description="The review takes place so many Working Days after the report.")
    publish: dict[Identifier, Rating] = Field(
        default_factory=dict,
        description="Band: its rating in a Contract Performance Notice; a KPI without bands is `met` or `missed`.",
    )
    notice: NoticeIdentifiers = Field(
        NoticeIdentifiers(), description="Identifiers that a Contract Performance Notice asks for."
    )


class Accounting(Strict):
    """How seconds are counted: printed in words on every report."""

    confirmation_failures: Whole = Field(
        2,
        ge=1,
        le=20,
        alias="confirmation",
        description="Probes in a row that must fail; downtime counts from the first.",
    )
    coverage_floor_percent: Percent = Field(
        Decimal(90), alias="coverage_floor", description="Below this a figure is shown but called not assessable."
    )
    quarters: Literal["term", "calendar"] = Field(
        "term",
        description="Measurement periods of several months count from the first month, or are the calendar's quarters,"
        " half-years and years.",
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
    available_when: Literal["all", "any", "weighted"] | Annotated[Whole, Field(ge=1)] = Field(
        "all",
        description="How many endpoints must be up: all, any, or a number. weighted: the share of the weight that is"
        " down is downtime.",
    )
    maintenance: MaintenanceTerms | None = Field(None, description="Its own terms; none: the contract's.")
    impact_cost_per_hour: Money | None = Field(
        None, description="What an hour of its downtime costs the authority: reported, and never credited."
    )
    contacts: tuple[Identifier, ...] = Field(
        (), description="Whom to call, in this order; none: all contacts of the contract."
    )
    runbook_url: Url | None = Field(None, description="What to do when it is down: linked on its page.")
    places: Places | None = Field(
        None, description="The sites that probe its endpoints, but for those that have their own; none: the collector."
    )
    endpoints: tuple[Endpoint, ...] = Field((), description="What is probed.")

    @model_validator(mode="after")
    def _hand_on_places(self) -> Self:
        """Endpoints know from where they are probed: nobody else has to ask their service."""
        if self.places is not None:
            lacking = {i for i, one in enumerate(self.endpoints) if isinstance(one, NetworkTerms) and not one.places}
            told = (
                one.model_copy(update={"places": self.places}) if i in lacking else one
                for i, one in enumerate(self.endpoints)
            )
            object.__setattr__(self, "endpoints", tuple(told))  # the model is frozen once it is made
        return self


class Participant(Strict):
    """One of the bodies that the contract serves."""

    id: Identifier = Field(description="The name in `participants` of a service.")
    name: str = Field("", description="The name for people.")
    share_percent: PercentPart | None = Field(
        None, alias="share", description="Its share of the charges in per cent; all of them have one, or none."
    )


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
    probe_after_term: YesNo = Field(False, description="Whether endpoints are probed once the term is over.")
    time_zone: TimeZone = Field(description="Zone of days, months and service hours.")
    currency: Currency = Field(description="Of all money.")
    total_value: Money | None = Field(None, description="Over the whole term.")
    participants: tuple[Participant, ...] = Field((), description="The bodies that the contract serves.")
    contacts: tuple[Contact, ...] = Field((), description="Whom to call when something is wrong, in this order.")
    calendars: dict[Identifier, Calendar] = Field(
        default_factory=dict, description="Service hours by name; `always` is built in."
    )
    working_days: Identifier | None = Field(
        None, description="The calendar whose days with hours are Working Days; none: Monday to Friday."
    )
    accounting: Accounting = Field(Accounting(), description="How seconds are counted.")
    maintenance: MaintenanceTerms = Field(MaintenanceTerms(), description="Which maintenance is permitted.")
    relief: Relief = Field(Relief(), description="When a failure is not held against the supplier.")
    services: tuple[Service, ...] = Field(min_length=1, description="What is bought.")
    kpis: tuple[Kpi, ...] = Field((), description="What is promised.")
    charges: Charges = Field(Charges(), description="What is paid, gross of credits.")
    credits: tuple[Credit, ...] = Field((), description="What failures cost; the credits of all rules add up.")
    combined: tuple[Combined, ...] = Field(
        (), description="Credits of which not all are paid: the greatest, the first, or a sum up to a limit."
    )
    caps: tuple[Cap, ...] = Field((), description="Limits on money, one after the other; those of services first.")
    triggers: tuple[Trigger, ...] = Field((), description="What several results together set off.")
    claims: Claims = Field(Claims(), description="What must be done to have a credit.")
    invoicing: Invoicing | None = Field(None, description="How credits come to money, and until when.")
    obligations: tuple[Obligation, ...] = Field((), description="Dated duties beside the KPIs.")
    reporting: Reporting = Field(Reporting(), description="When reports are due, and what is published.")
    archive: Archive = Field(Archive(), description="How exactly sealed days keep observations.")

    @cached_property
    def services_by_id(self) -> dict[str, Service]:
        """Asked for every KPI of every month: looking through hundreds of services each time would show."""
        return {service.id: service for service in self.services}

    @property
    def availability_kpis(self) -> tuple[AvailabilityKpi | DowntimeKpi, ...]:
        """The KPIs that probing endpoints decides."""
        return availability_kpis(self.kpis)

    @property
    def working_calendar(self) -> Calendar:
        """The calendar whose days with hours are Working Days."""
        if self.working_days is None:
            return WEEKDAYS
        return self.calendars.get(self.working_days, EVERY_DAY)

    def contacts_of(self, service: Service | None) -> tuple[Contact, ...]:
        """Whom to call about a service, or about the contract."""
        if service is None or not service.contacts:
            return self.contacts
        known = {contact.id: contact for contact in self.contacts}
        return tuple(known[name] for name in service.contacts)

    @property
    def maintenance_terms(self) -> tuple[MaintenanceTerms, ...]:
        """The contract's, and those that services have of their own."""
        return (self.maintenance, *(one.maintenance for one in self.services if one.maintenance is not None))

    def maintenance_of(self, service: Service) -> MaintenanceTerms:
        """The terms of maintenance that hold for a service."""
        return service.maintenance or self.maintenance

    def endpoints_of(self, kpi: KpiTerms) -> Iterator[tuple[Service, Endpoint]]:
        """Where a KPI's figures are seen: the endpoints that it names, or else all of its service. None: its figures
        come from the register."""
        named = kpi.named_endpoints
        if named:
            for service in self.services:
                yield from ((service, each) for each in service.endpoints if each.id in named)
        elif kpi.service in self.services_by_id:
            service = self.services_by_id[kpi.service]
            yield from ((service, each) for each in service.endpoints)

    @model_validator(mode="before")
    @classmethod
    def _minutes(cls, terms: Any) -> Any:
        return credits_in_minutes(terms, [name for name, kpi in INDICATORS.items() if kpi.unit == "minutes"])

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = inconsistencies(as_written(self))
        if problems:
            raise Misplaced(problems)
        return self
