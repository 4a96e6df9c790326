"""A closed month: its figures, whether both parties have signed them, and the forms with which they do.

Whoever signs sends the digest of the figures that they were shown. Where the figures have moved since, nothing is
signed, and they are shown again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sla_monitor.assess import ContractAssessment, KpiAssessment, assess_month
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.month_outages import disputes_of, waivers_of
from sla_monitor.assess.open_points import open_points, why_not_assessed
from sla_monitor.contract.contract import Contract
from sla_monitor.document.signing_off import describe_worth, record_points, signed_words
from sla_monitor.errors import RegisterError
from sla_monitor.periods.edges import month_at, run_of
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.failure_deeds import FailureDeeds
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.web.desk.month_now import MonthNow
from sla_monitor.web.desk.outages_page import FailureReader, SaidRow
from sla_monitor.web.desk.shown_entry import ShownEntry, shown_entry
from sla_monitor.web.desk.two_steps import ProposingForm, problems_by_field
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.wording.figure_changes import format_result
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.text import plain

CHECKED_BYTES = 2**20
"""Up to this size the whole ledger is checked for a page. One of fifty contracts after ten years takes a quarter of a
minute, in which nobody else would see what an entry changes; that one is checked by the daemon, by night."""
MOVED = "The figures have moved since you looked. Look at them again before you sign."


@dataclass(frozen=True, slots=True)
class MonthKpi:
    """A KPI with its result. `waived`: the entries that let it pass; `waive`: the form that does, empty: there is
    nothing to waive, or this person may not."""

    kpi: str
    title: str
    result: str
    waived: tuple[int, ...]
    waive: str


@dataclass(frozen=True, slots=True)
class ShownMonth:
    """A month with its signatures. `rows`: of its KPIs; `disputes`: about its time, settled or not; `digest`: of the
    figures as they are now; `points`: what is open and would be acknowledged; `is_restated`: what was signed is
    something else."""

    name: str
    worth: str
    rows: tuple[MonthKpi, ...]
    disputes: tuple[SaidRow, ...]
    digest: str
    words: Mapping[str, Any]
    points: tuple[str, ...]
    signed: ShownEntry | None
    countersigned: ShownEntry | None
    signed_digest: str

    @property
    def is_restated(self) -> bool:
        return self.signed is not None and self.signed_digest != self.digest


class MonthPage(ProposingForm):
    """`GET /desk/contracts/<contract>/months/<month>`."""

    methods: tuple[str, ...] = ("GET", "HEAD")
    action = Action.SEE_SERVICE

    async def get(self, contract: str, month: str) -> None:
        await self.show_month(self.contract(contract), month)

    head = get

    async def show_month(self, contract: Contract, month: str, trouble: str = "", reason: str = "") -> None:
        """Answer with the page. `trouble`: why nothing was entered; `reason`: what was typed."""
        found = await self.month(contract, month)
        may = {action.value: self.person.may(action, contract.id) for action in (Action.SIGN_OFF, Action.COUNTERSIGN)}
        self.show_page(
            "month.html",
            contract=contract,
            title=format_month(month),
            month=found,
            here=_address(contract, month),
            trouble=trouble,
            reason=reason,
            may_sign=may[Action.SIGN_OFF.value] and (found.signed is None or found.is_restated),
            may_countersign=may[Action.COUNTERSIGN.value] and found.signed is not None and not found.countersigned,
        )

    async def month(self, contract: Contract, month: str) -> ShownMonth:
        """The month as it is now. Raises Refusal where it is none that is over."""
        run = run_of(contract)
        if not run.first <= month <= (run.last or month) or month >= month_at(
            self.site.clock.now_ms(), contract.time_zone
        ):
            raise Refusal(404, "the contract has no such month that is over")
        standing = await self.site.entering.run(self.desk.standing, contract.id)
        future = await self.site.entering.run(self.desk.future_entries, contract.id)
        days = await self.site.entering.run(self.desk.days, contract)
        return await self.site.previewing.run(self._month, days, month, standing, future)

    def _month(self, days: KnownDays, month: str, standing: EffectiveEntries, future: list[str]) -> ShownMonth:
        """From the one thread of `WebParts.previewing`."""
        contract, now_ms = days.contract, self.site.clock.now_ms()
        with self.site.previews.asking(contract.id) as (evidence, cache):
            found = assess_month(contract, evidence, month, now_ms, cache=cache)
        deeds = FailureDeeds(days, self.person, month, _address(contract, month), now_ms)
        reader = FailureReader(MonthNow(contract, month, found, standing, now_ms), self.person, deeds)
        words = signed_words(found)
        signed, counter = standing.sign_off(month), standing.countersignature(month)
        where = self.desk.ledger, self.site.archive
        points = (*open_points(found), *future, *record_points(*where, found, CHECKED_BYTES))
        return ShownMonth(
            name=month,
            worth=describe_worth(found),
            rows=tuple(_row(found, one, standing, deeds) for one in found.kpis),
            disputes=tuple(reader.dispute(entry) for entry in disputes_of(contract, standing, month)),
            digest=words["digest"],
            words=words,
            points=tuple(map(plain, points)),
            signed=None if signed is None else shown_entry(contract, signed[0]),
            countersigned=None if counter is None else shown_entry(contract, counter[0]),
            signed_digest="" if signed is None else signed[1].digest,
        )


def _address(contract: Contract, month: str) -> str:
    return f"/desk/contracts/{contract.id}/months/{month}"


def _row(found: ContractAssessment, one: KpiAssessment, standing: EffectiveEntries, deeds: FailureDeeds) -> MonthKpi:
    is_assessed = one.result is not None and one.result.value is not None
    return MonthKpi(
        one.kpi,
        plain(one.title if one.title != one.kpi else ""),
        format_result(one.result, None, one.terms)
        if is_assessed
        else plain(f"not assessed: {why_not_assessed(found, one)}"),
        tuple(entry.number for entry in waivers_of(standing, one.kpi, found.period.name)),
        deeds.waive(one),
    )


class SignOffForm(MonthPage):
    """`POST /desk/contracts/<contract>/months/<month>/sign-off`, by the authority."""

    methods = ("GET", "HEAD", "POST")
    action = Action.SIGN_OFF
    kind = "sign_off"

    async def submitted(self, form: PostedForm, *names: str) -> None:
        contract, month = self.contract(names[0]), names[1]
        found = await self.month(contract, month)
        if form.text("digest") != self.digest_of(found):
            self.set_status(409)
            await self.show_month(contract, month, MOVED, form.text("reason"))
            return

        async def again(problems: Mapping[str, str]) -> None:
            told = "; ".join(f"{name} {text}" for name, text in problems.items())
            await self.show_month(contract, month, f"Nothing was signed: {told}.", form.text("reason"))

        try:
            said = body_of(self.kind, self.words_of(found, form), contract.time_zone)
        except RegisterError as error:
            self.set_status(422)
            await again(problems_by_field(error))
            return
        await self.propose(form, contract, [Statement(said)], again)

    def digest_of(self, found: ShownMonth) -> str:
        """What has to be signed."""
        return found.digest

    def words_of(self, found: ShownMonth, form: PostedForm) -> dict[str, Any]:
        """The entry's words."""
        return {**found.words, "acknowledged": found.points or None, "reason": form.text("reason")}


class CountersignForm(SignOffForm):
    """`POST /desk/contracts/<contract>/months/<month>/countersign`, by the supplier."""

    action = Action.COUNTERSIGN
    kind = "countersignature"

    def digest_of(self, found: ShownMonth) -> str:
        return found.signed_digest

    def words_of(self, found: ShownMonth, form: PostedForm) -> dict[str, Any]:
        return {"month": found.name, "digest": found.signed_digest}
