"""The JSON of an assessment as a whole."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any, Literal, NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from sla_monitor.assess import assessment
from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.document.kpis import Kpi, kpi
from sla_monitor.document.money import Earlier, Month, earlier, month
from sla_monitor.document.obligations import ObligationJson, obligation
from sla_monitor.document.outlook import OutlookJson, Restated, outlook, restated
from sla_monitor.document.reconciled import ReconciledMonth, reconciled_month
from sla_monitor.document.recovery import CreditAccountJson, credit_account_json
from sla_monitor.document.services import ServiceJson, service
from sla_monitor.document.values import Money, StepJson, TimesJson, instant, money, seconds, steps, times
from sla_monitor.evidence.writing import entry_json
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.money.recovery import CreditAccount

FORMAT: Literal["sla-monitor-assessment"] = "sla-monitor-assessment"
VERSION: Literal[1] = 1
"""A change that a reader of the format could stumble over (a key gone, another meaning) makes another version."""

NOT_FIGURES = {
    "inputs", "status", "imports", "restatement", "register_number", "entries", "pending", "missing_figures",
    "reconciliation", "clock_moves", "allowances", "obligations", "recovery",
}  # fmt: skip
"""What may change in a document while the figures stay what they are."""


class PartyNames(TypedDict):
    """The contract that is assessed."""

    id: str
    """Its id."""
    title: str
    """Its name."""
    note: str
    """What is shown beside the name."""
    authority: str
    """Who buys."""
    supplier: str
    """Who delivers."""
    currency: str
    """Of all money here."""
    time_zone: str
    """Time zone of the days and months."""
    starts_on: str
    """The first day of the term."""
    ends_on: str
    """The last day of the term."""
    total_value: Money | None
    """What the contract is worth over its term; null: the terms do not say."""


class TermsInForce(TypedDict):
    """The version of the terms that was in force last in the period."""

    since: str
    """When it came into force."""
    reference: str
    """The change notice that brought it."""


class Inputs(TypedDict):
    """Digests of the inputs: the same digests give the same figures."""

    contract_sha256: str
    """SHA-256 of the contract's file, as `sha256sum` prints it."""
    holidays_sha256: list[str]
    """The same of every file of bank holidays that the contract names, in the order of the numbers."""
    evidence_sha256: str
    """SHA-256 of the observations and entries."""


class ShareJson(TypedDict):
    """A participant's part of the credit, and of charges that are kept back."""

    participant: str
    """Its id."""
    amount: Money
    """Its part."""
    working: list[StepJson]
    """Its share of the month, by the days for which it took part, and what that comes to."""


class Missing(TypedDict):
    """A figure that a party owes."""

    kpi: str
    """Of this KPI."""
    month: str
    """For the measurement period that ended with this month."""


class ClockChange(TypedDict):
    """That the clock by which all was seen was set, or that the host slept."""

    at: str
    """The clock's reading after the step."""
    step_seconds: str
    """By how much it was set: ahead, or back where it is negative."""
    slept_seconds: str
    """For how long the host had slept."""


class ImportedTime(TypedDict):
    """Agreed time of a service that an import covers."""

    service: str
    """Its id."""
    seconds: str
    """In which what is known of any of its endpoints was brought in."""


class ImportedEvidence(TypedDict):
    """Something that was brought in from elsewhere, beneath what was seen here, and counts in the period."""

    number: int
    """Of the import in the ledger."""
    at: str
    """When it was brought in."""
    actor: str
    """Who did it."""
    kind: str
    """From what: `evidence`, `prometheus`, `uptime-kuma`, `csv-outages`, `csv-probes`."""
    source: str
    """From where, in words."""
    sha256: str
    """SHA-256 of what was read there."""
    services: list[ImportedTime]
    """How much of which service."""


class AllowanceJson(TypedDict):
    """An allowance of maintenance at the end of the month."""

    services: list[str]
    """The ids of those that share it."""
    over: Literal["month", "contract_year", "calendar_year", "booking"]
    """What it is for."""
    allowance_seconds: str
    """The most that is permitted."""
    used_seconds: str
    """By what is booked and permitted, up to the end of the month."""


class AssessmentJson(TypedDict):
    """One contract in one month."""

    format: Literal["sla-monitor-assessment"]
    """What kind of file this is."""
    version: Literal[1]
    """Of the format."""
    contract: PartyNames
    """Which contract."""
    terms: TermsInForce
    """Which version of its terms."""
    inputs: Inputs | None
    """Digests of the inputs."""
    period: TimesJson
    """The month."""
    as_of: str
    """The instant of the assessment: the end of the month, or earlier while it runs."""
    status: Literal["running", "provisional", "final"]
    """It goes on; it has ended and nobody has signed; it is signed."""
    accounting: list[str]
    """The way of counting, in words."""
    services: list[ServiceJson]
    """Every service."""
    imports: list[ImportedEvidence]
    """What was brought in from elsewhere and counts here; its time is seen time in every coverage."""
    kpis: list[Kpi]
    """Every KPI."""
    result: Month | None
    """Points and money."""
    forecast: OutlookJson | None
    """For a running month."""
    restatement: Restated | None
    """For a signed month that has changed."""
    shares: list[ShareJson]
    """Each participant's part of the credit."""
    claim_by: str | None
    """The last day for claiming the credit; null: no claim is needed."""
    missing_figures: list[Missing]
    """Figures that are owed."""
    report_due: str | None
    """When the report on the month before this one is due."""
    clock_moves: list[ClockChange]
    """When the monitor's clock was set, or its host slept; the time in doubt is unknown."""
    allowances: list[AllowanceJson]
    """What bookings have used of the allowances of maintenance; none of those for each booking, or for downtime."""
    register_number: int
    """The last entry of the register that was read."""
    entries: list[dict[str, Any]]
    """What the register says about this month, as in an evidence file."""
    pending: list[dict[str, Any]]
    """All entries that await a decision, as in an evidence file."""
    reconciliation: ReconciledMonth | None
    """The outages against the supplier's own list; null: none is kept of this month."""
    earlier: list[Earlier]
    """The months before, oldest first."""
    obligations: NotRequired[list[ObligationJson]]
    """Duties of the month, late ones, and the next of each; only where the contract has any."""
    recovery: NotRequired[CreditAccountJson]
    """What became of the credits of months that are over; only where the contract has terms of invoicing, or something
    was entered about it."""


def document(one: ContractAssessment, inputs: Inputs | None = None) -> AssessmentJson:
    """One contract in one month. The same assessment gives the same document, key by key."""
    currency = one.currency
    told: AssessmentJson = {
        "format": FORMAT,
        "version": VERSION,
        "contract": _contract(one),
        "terms": {"since": format_utc(one.terms_from_ms), "reference": one.terms_reference},
        "inputs": inputs,
        "period": times(one.period),
        "as_of": format_utc(min(one.at_ms, one.period.end_ms)),
        "status": one.status,
        "accounting": list(one.accounting),
        "services": [service(each, currency) for each in one.services],
        "imports": [_imported(each) for each in one.imports],
        "kpis": [kpi(each) for each in one.kpis],
        "result": None if one.result is None else month(one.result, currency),
        "forecast": None if one.forecast is None else outlook(one.forecast, currency),
        "restatement": None if one.restatement is None else restated(one.restatement, one.result, currency),
        "shares": [_share(one, name) for name in one.shares],
        "claim_by": None if one.claim_by is None else one.claim_by.isoformat(),
        "missing_figures": [{"kpi": name, "month": of} for name, of in one.missing_figures],
        "report_due": instant(one.report_due_ms),
        "clock_moves": [
            {
                "at": format_utc(move.at_ms),
                "step_seconds": seconds(move.step_ms),
                "slept_seconds": seconds(move.slept_ms),
            }
            for move in one.clock_moves
        ],
        "allowances": [_allowance(each) for each in one.allowances],
        "register_number": one.register_number,
        "entries": [entry_json(each) for each in one.entries],
        "pending": [entry_json(each) for each in one.pending],
        "reconciliation": None if one.reconciliation is None else reconciled_month(one.reconciliation, one.contract),
        "earlier": [earlier(past, currency) for past in one.earlier],
    }
    if one.recovery:
        told["recovery"] = credit_account_json(one.recovery, currency)
    if one.obligations:
        told["obligations"] = [obligation(each, ZoneInfo(one.time_zone)) for each in one.obligations.near]
    return told


def _allowance(one: assessment.AllowanceUse) -> AllowanceJson:
    return {
        "services": list(one.services),
        "over": one.over,
        "allowance_seconds": seconds(one.allowance_ms),
        "used_seconds": seconds(one.used_ms),
    }


def _imported(one: assessment.Imported) -> ImportedEvidence:
    record = one.record
    return {
        "number": record.number,
        "at": format_utc(record.at_ms),
        "actor": record.actor,
        "kind": record.kind,
        "source": record.source,
        "sha256": record.digest,
        "services": [{"service": name, "seconds": seconds(ms)} for name, ms in one.services.items()],
    }


def _share(one: ContractAssessment, name: str) -> ShareJson:
    working = one.shares_working.get(name, ())
    return {"participant": name, "amount": money(one.shares[name], one.currency), "working": steps(working)}


def document_text(told: Any) -> str:
    """A document as it is printed, byte for byte the same wherever it is made, in plain ASCII."""
    return json.dumps(told, indent=1) + "\n"


def figures_digest(one: ContractAssessment) -> str:
    """SHA-256, in hex, of the figures: what a sign-off names. To sign, or to say anything that moves no figure, does
    not change it."""
    told = document(replace(one, recovery=CreditAccount()))  # ten years of steps, which are no figures
    figures = {key: value for key, value in told.items() if key not in NOT_FIGURES}
    return sha256(document_text(figures).encode()).hexdigest()


def _contract(one: ContractAssessment) -> PartyNames:
    return {
        "id": one.contract,
        "title": one.title,
        "note": one.note,
        "authority": one.authority,
        "supplier": one.supplier,
        "currency": one.currency,
        "time_zone": one.time_zone,
        "starts_on": one.starts_on.isoformat(),
        "ends_on": one.ends_on.isoformat(),
        "total_value": None if one.total_value is None else money(one.total_value, one.currency),
    }
