"""A contract's running month as JSON: points, money, caps, triggers, KPIs, and what is due. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment
from sla_monitor.document.recovery import CreditAccountJson, credit_account_json
from sla_monitor.document.values import Money, money, optional, times
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.results import CapResult, PeriodResult
from sla_monitor.web.api.booking_json import bookings_json
from sla_monitor.web.api.kpi_json import kpis_json
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.obligation_json import obligations_json
from sla_monitor.web.api.reconciliation_json import reconciliation_json
from sla_monitor.web.api.service_json import service_row_json
from sla_monitor.web.api.shapes import CapLeftJson, ContractJson
from sla_monitor.web.page.selection import ListedService
from sla_monitor.web.page.subject import contract_address
from sla_monitor.wording.recovery import describe_account
from sla_monitor.wording.text import plain

UNMEASURED = "no KPI has a figure yet"
NO_FORECAST = "the month's end is not forecast"


def contract_json(contract: ContractAssessment, services: Sequence[ListedService], now_ms: int) -> ContractJson:
    """All that the status page tells of a contract. `services`: its own, the worst first."""
    nulls, currency = Nulls(), contract.currency
    result = contract.result if contract.result and contract.result.is_measured else None
    worst = contract.forecast.worst if result and contract.forecast else None
    credit = result.credit.total + result.withheld if result else None
    at_worst = worst.credit if worst else None
    return {
        "url": contract_address(contract.contract),
        "contract": contract.contract,
        "title": plain(contract.title or contract.contract),
        "note": nulls.text("note", plain(contract.note), "the contract has none"),
        "authority": plain(contract.authority),
        "supplier": plain(contract.supplier),
        "time_zone": contract.time_zone,
        "currency": currency,
        "assessed_at": format_utc(contract.at_ms),
        "month": times(contract.period),
        "status": contract.status,
        "terms_since": format_utc(contract.terms_from_ms),
        "terms_reference": nulls.text("terms_reference", plain(contract.terms_reference), "they are the first"),
        "points": nulls.told("points", optional(result.points if result else None), UNMEASURED),
        "points_at_worst": nulls.told("points_at_worst", optional(worst.points if worst else None), NO_FORECAST),
        "credit": nulls.told("credit", _money(credit, currency), UNMEASURED),
        "credit_at_worst": nulls.told("credit_at_worst", _money(at_worst, currency), NO_FORECAST),
        "caps": [_cap(one, currency) for one in (contract.result.credit.caps if contract.result else ())],
        "set_off": nulls.told("set_off", _set_off(result), UNMEASURED),
        "awaiting_decision": len(contract.pending),
        "figures_owed": [{"kpi": kpi, "month": month} for kpi, month in contract.missing_figures],
        "claim_by": nulls.told(
            "claim_by", f"{contract.claim_by}" if contract.claim_by else None, "no credit lapses unless it is claimed"
        ),
        "kpis": kpis_json(contract.kpis, contract.contract, (ZoneInfo(contract.time_zone), now_ms)),
        "accounting": [plain(line) for line in contract.accounting],
        "bookings": bookings_json(contract, now_ms),
        "reconciliation": nulls.told(
            "reconciliation", reconciliation_json(contract), "the register has no list of the supplier's"
        ),
        "obligations": obligations_json(contract.obligations, ZoneInfo(contract.time_zone)),
        "recovery": nulls.told("recovery", _recovery(contract), "the contract has no terms of invoicing"),
        "credits_open": nulls.text(
            "credits_open", describe_account(contract.recovery, currency), "nothing of them is open"
        ),
        "services": [service_row_json(one) for one in services],
        "why_null": nulls.why,
    }


def _recovery(contract: ContractAssessment) -> CreditAccountJson | None:
    return credit_account_json(contract.recovery, contract.currency) if contract.recovery else None


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else money(amount, currency)


def _set_off(result: PeriodResult | None) -> list[str] | None:
    return None if result is None else [one.trigger for one in result.triggers]


def _cap(one: CapResult, currency: str) -> CapLeftJson:
    nulls = Nulls()
    return {
        "cap": one.cap,
        "scope": nulls.text("scope", one.scope, "it is of the whole contract"),
        "limit": money(one.limit, currency),
        "left": money(one.left, currency),
        "why_null": nulls.why,
    }
