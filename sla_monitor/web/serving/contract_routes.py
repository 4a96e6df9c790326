"""What programs read of a contract beside its register: months, changes, credits, duties, proposals; the audit."""

from __future__ import annotations

from typing import Any

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.recalculations import recalculations
from sla_monitor.document.recovery import credit_account_json
from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.audit import DeedFilter, proved_deeds
from sla_monitor.ledger.recording.month_results import MonthResult
from sla_monitor.register.terms_history import terms_history
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.failure_json import month_failures_json
from sla_monitor.web.api.month_json import deeds_json, months_json, proposal_json, recalculation_json
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.obligation_json import obligations_json
from sla_monitor.web.api.outage_json import CursorError
from sla_monitor.web.api.register_shapes import (
    AuditJson,
    CreditsJson,
    MonthsJson,
    ObligationsJson,
    RecalculationsJson,
    TermsProposalsJson,
)
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.entering import as_read_by
from sla_monitor.web.desk.month_now import month_now
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

    def assessed(self, name: str) -> ContractAssessment:
        """The contract as it was last assessed, for whoever asks. Raises Refusal."""
        found = next((one for one in self.board.assessment.contracts if one.contract == name), None)
        if found is None:
            raise Refusal(503, "the contract has not been assessed yet", {"Retry-After": "15"})
        return found


class MonthsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/months`: how far each is that has begun."""

    def answer(self, *names: str) -> MonthsJson:
        contract = self.contract(names[0])
        found = months_json(
            contract, self.desk.standing(contract.id), self.results(contract.id), self.site.clock.now_ms()
        )
        return {"contract": contract.id, "months": list(found)}


class MonthResource(MonthsResource):
    """`GET /api/v1/contracts/<contract>/months/<month>`: how far it is."""

    def answer(self, *names: str) -> Any:
        found = next((one for one in super().answer(names[0])["months"] if one["month"] == names[1]), None)
        if found is None:
            raise Refusal(404, f"{names[1]} is no month of the term that has begun", remedy="see its months")
        return found


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
        entries = {entry.number: entry for entry in self.desk.entries(contract.id)}
        found = recalculations(self.results(contract.id), self.desk.standing(contract.id))
        several = [recalculation_json(one, contract.currency, entries) for one in found]
        return {"contract": contract.id, "recalculations": several}


class CreditsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/credits`: what became of its credits."""

    def answer(self, *names: str) -> CreditsJson:
        contract, nulls = self.contract(names[0]), Nulls()
        found = self.assessed(contract.id)
        account = credit_account_json(found.recovery, found.currency) if found.recovery else None
        told = nulls.told("recovery", account, "the contract has no terms of invoicing")
        return {"contract": contract.id, "recovery": told, "why_null": nulls.why}


class ObligationsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/obligations`: its duties."""

    def answer(self, *names: str) -> ObligationsJson:
        contract = self.contract(names[0])
        return {"contract": contract.id, "obligations": obligations_json(self.assessed(contract.id))}


class TermsResource(ReadResource):
    """`GET /api/v1/contracts/<contract>/terms`: the terms that were proposed, and what became of them.
    A draft is no supplier's business."""

    action = Action.SEE_NOTES

    def answer(self, *names: str) -> TermsProposalsJson:
        contract = self.contract(names[0])
        entries = self.desk.entries(contract.id)
        shown = {entry.number: as_read_by(self.person, entry) for entry in entries}
        history = terms_history(self.desk.standing(contract.id).entries)
        return {
            "contract": contract.id,
            "proposals": [proposal_json(one, contract, shown) for one in history.proposals],
        }


class AuditResource(ReadResource):
    """`GET /api/v1/audit`: who came, was refused, downloaded and entered. To have asked is in the audit itself."""

    action = Action.SEE_AUDIT
    names = ("limit",)

    def answer(self, *names: str) -> AuditJson:
        limit = self.number("limit", 100, 1, MOST)
        found = proved_deeds(self.desk.ledger, limit, DeedFilter())
        self.note(DeskEvent.DOWNLOADED, subject="audit")
        return {"deeds": deeds_json(found)}


_CONTRACT = rf"{API}/contracts/([^/]+)"

CONTRACT_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (rf"{_CONTRACT}/months", MonthsResource),
    (rf"{_CONTRACT}/months/([0-9]{{4}}-[0-9]{{2}})", MonthResource),
    (rf"{_CONTRACT}/months/([0-9]{{4}}-[0-9]{{2}})/outages", MonthFailuresResource),
    (rf"{_CONTRACT}/recalculations", RecalculationsResource),
    (rf"{_CONTRACT}/credits", CreditsResource),
    (rf"{_CONTRACT}/obligations", ObligationsResource),
    (rf"{_CONTRACT}/terms", TermsResource),
    (rf"{API}/audit", AuditResource),
)
