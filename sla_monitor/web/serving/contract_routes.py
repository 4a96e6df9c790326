"""What programs read of a contract beside its register: months, changes, credits, duties, proposals; the audit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from sla_monitor.assess.maintenance_month import maintenance_month
from sla_monitor.assess.recalculations import recalculations
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.document.recovery import credit_account_json
from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.audit import DeedFilter, DeedPlace, proved_deeds
from sla_monitor.ledger.recording.month_results import MonthResult
from sla_monitor.periods.edges import month_at
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.failure_json import month_failures_json
from sla_monitor.web.api.maintenance_json import maintenance_json
from sla_monitor.web.api.month_json import audit_json, months_json, recalculation_json
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.obligation_json import obligations_json
from sla_monitor.web.api.outage_json import CursorError
from sla_monitor.web.api.register_shapes import (
    AuditJson,
    CreditsJson,
    MonthsJson,
    ObligationsJson,
    RecalculationsJson,
)
from sla_monitor.web.api.service_json import API
from sla_monitor.web.api.shares_json import shares_json
from sla_monitor.web.desk.assessed_months import has_month
from sla_monitor.web.desk.audit_page import EVENTS, chosen
from sla_monitor.web.desk.credits_page import account_of
from sla_monitor.web.desk.entering import visible_to
from sla_monitor.web.desk.month_now import month_now
from sla_monitor.web.desk.obligations_page import standing_obligations
from sla_monitor.web.desk.shares_page import shares_of
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.serving.api_handler import JsonAnswering, json_text
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.register_routes import MOST
from sla_monitor.web.serving.writing import Desk


class ReadResource(Desk):
    """Base of what is read from the record, in a thread."""

    action = Action.SEE_SERVICE

    async def get(self, *names: str) -> None:
        self.given()
        answer = await self.site.entering.run(self.answer, *names)
        self.send("application/json", json_text(answer))

    head = get

    def answer(self, *names: str) -> Any:
        """The whole answer; called from the register's thread. Raises Refusal, LedgerError and its kinds."""
        raise NotImplementedError

    def results(self, contract: str) -> list[MonthResult]:
        """What the contract's closed months came to, oldest first."""
        with read_only(self.desk.ledger) as reader:
            return reader.month_results(contract)


class MonthsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/months`: how far each is that has begun."""

    def answer(self, *names: str) -> MonthsJson:
        contract = self.contract(names[0])
        found = months_json(
            contract, self.desk.standing(contract.id), self.results(contract.id), self.site.clock.now_ms()
        )
        return {"contract": contract.id, "months": list(found)}


class MonthFailuresResource(Desk):
    """`GET /api/v1/contracts/<contract>/months/<month>/outages`: what failed in it, so many at a time."""

    action = Action.SEE_SERVICE
    names = ("limit", "cursor")

    async def get(self, name: str, month: str) -> None:
        self.given()
        contract, limit, cursor = self.contract(name), self.number("limit", 100, 1, MOST), self.argument("cursor")
        now = await month_now(self.site, self.desk, self.board, contract, month)
        days = await self.site.entering.run(self.desk.days, contract)
        try:
            answer = await self.site.rendering.run(month_failures_json, now, days, limit, cursor)
        except CursorError:
            raise Refusal(
                400, "this cursor was not given out here", remedy="begin without one, and follow `next`"
            ) from None
        self.send("application/json", json_text(answer))

    head = get


class RecalculationsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/recalculations`: months that are over and came out otherwise."""

    def answer(self, *names: str) -> RecalculationsJson:
        contract = self.contract(names[0])
        shown = visible_to(self.person, contract.id, self.desk.entries(contract.id))
        entries = {entry.number: entry for entry in shown}
        found = recalculations(self.results(contract.id), self.desk.standing(contract.id))
        several = [recalculation_json(one, contract.currency, entries) for one in found]
        return {"contract": contract.id, "recalculations": several}


class CreditsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/credits`: what became of its credits, with all that was entered."""

    def answer(self, *names: str) -> CreditsJson:
        contract, nulls = self.contract(names[0]), Nulls()
        found = account_of(self.board, contract, self.desk.standing(contract.id), self.site.clock.now_ms())
        account = credit_account_json(found, contract.currency) if found else None
        told = nulls.told("recovery", account, "the contract has no terms of invoicing")
        return {"contract": contract.id, "recovery": told, "why_null": nulls.why}


class ObligationsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/obligations`: its duties, with all that was entered."""

    def answer(self, *names: str) -> ObligationsJson:
        contract = self.contract(names[0])
        found = obligations_json(standing_obligations(self.desk, contract), contract.time_zone)
        return {"contract": contract.id, "obligations": found}


class MaintenanceResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/maintenance`: what the contract permits in a month, and what is booked;
    `?month=`, otherwise the one that runs, and `?service=`, otherwise all."""

    names = ("month", "service")

    async def get(self, *names: str) -> None:
        self.given()
        contract, service = self.contract(names[0]), self.argument("service")
        month = self.argument("month") or month_at(self.site.clock.now_ms(), contract.time_zone)
        if not has_month(contract, month):
            raise Refusal(404, "the contract has no such month", remedy="month=2026-11, within its term")
        known = [one.id for one in contract.versions[-1].terms.services]
        if service and service not in known:
            raise Refusal(404, "the contract has no such service", remedy=suggestion(service, known))
        standing = await self.site.entering.run(self.desk.standing, contract.id)
        meant = [service] if service else []
        found = await self.site.fetching.run(maintenance_month, RequestContext(contract, standing), month, meant)
        self.send_json(maintenance_json(contract.id, found, meant or known, contract.service_names))

    head = get


class AuditResource(ReadResource):
    """`GET /api/v1/audit`: who came, was refused, downloaded and entered, the newest so many; `?person=`, `?event=` and
    `?day=` choose, as on the page. To have asked is in the audit itself."""

    action = Action.SEE_AUDIT
    names = ("person", "event", "day", "limit", "cursor")

    def answer(self, *names: str) -> AuditJson:
        limit, choice = self.number("limit", 100, 1, MOST), chosen(self.given())
        if (event := self.argument("event")) and event not in EVENTS:
            raise Refusal(400, f"no event is called {event[:60]}", remedy=suggestion(event, EVENTS))
        if choice.problem:
            raise Refusal(400, "the day makes no sense", remedy="day=2026-11-30, a day of UTC")
        wanted, ledger = self._before(choice.wanted), self.desk.ledger
        found = proved_deeds(ledger, limit + 1, wanted)
        with read_only(ledger) as reader:
            head = reader.head()
        self.note(DeskEvent.DOWNLOADED, subject="audit")
        page, following = found[-limit:], ""
        if len(found) > limit:
            asked = {name: self.argument(name) for name in ("person", "event", "day") if self.argument(name)}
            cursor = "-".join(map(str, page[0].place))
            following = f"{API}/audit?{urlencode({**asked, 'limit': limit, 'cursor': cursor})}"
        return audit_json(page, head.line(self.site.clock.now_ms()) if head else "", following)

    def _before(self, wanted: DeedFilter) -> DeedFilter:
        """Raises Refusal."""
        cursor = self.argument("cursor")
        if not cursor:
            return wanted
        found = _CURSOR.fullmatch(cursor)
        if found is None:
            raise Refusal(400, "this is no cursor", remedy="take `next` of the page before")
        at_ms, is_entry, number = map(int, found.groups())
        return replace(wanted, before=DeedPlace(at_ms, is_entry, number))


class SharesResource(Desk):
    """`GET /api/v1/participants/<id>/shares`: what contracts come to for a participant."""

    action = Action.SEE_SHARE

    async def get(self, participant: str) -> None:
        self.given()
        self.send_json(shares_json(participant, shares_of(self.site.board, participant)))

    head = get


_CURSOR = re.compile(r"([0-9]{1,15})-([01])-([0-9]{1,15})", re.ASCII)
_CONTRACT = rf"{API}/contracts/([^/]+)"

CONTRACT_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (rf"{_CONTRACT}/months", MonthsResource),
    (rf"{_CONTRACT}/months/([0-9]{{4}}-[0-9]{{2}})/outages", MonthFailuresResource),
    (rf"{_CONTRACT}/recalculations", RecalculationsResource),
    (rf"{_CONTRACT}/credits", CreditsResource),
    (rf"{_CONTRACT}/obligations", ObligationsResource),
    (rf"{_CONTRACT}/maintenance", MaintenanceResource),
    (rf"{API}/participants/([^/]+)/shares", SharesResource),
    (rf"{API}/audit", AuditResource),
)
