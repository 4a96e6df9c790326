"""What waits for somebody in a contract: decisions, figures, duties, credits, sign-offs, each with its last day. Pure.

What was entered is taken from the register as it stands, what follows from figures from the Assessment: it is at most a
minute older.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.assess.deadlines import Deadline
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.recalculations import is_worth_as_signed
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.periods.edges import period_of, run_of
from sla_monitor.periods.terms_slices import terms_in
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import CreditClaim, Entry, Maintenance, Timed
from sla_monitor.register.kinds.parts import is_same_person
from sla_monitor.register.terms_history import terms_said
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.sla.money.recovery import MonthCredit
from sla_monitor.sla.results import PeriodResult
from sla_monitor.wording.deadlines import describe_deadline
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.instants import format_month, format_stretch
from sla_monitor.wording.numbers import format_count, format_money
from sla_monitor.wording.text import abridged, plain
from sla_monitor.wording.waiting import MatterKind

AHEAD_DAYS = 31
"""Windows that close later than that wait for nobody yet."""
NOTE_LENGTH = 160
MONTHS_APART = 3
"""So many unsigned months are told one by one; the older ones together: a pilot may have years of them."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits. `action`: what somebody does who does it, by the access table; `party`: whose it is, empty
    where it is whoever may; `barred`: who may not, for another person has to (four eyes); `on`: the last day, None:
    none is set; `entry`, `month`, `name`: what it is about, `name` the id of a KPI or an obligation; `amount`: as a
    form takes it."""

    kind: MatterKind
    action: Action
    what: str
    on: date | None = None
    party: str = ""
    barred: str = ""
    entry: int | None = None
    month: str = ""
    name: str = ""
    amount: str = ""

    def is_for(self, name: str, side: str) -> bool:
        """Whether it waits for somebody of a side (`supplier`, `authority`), if they may do such a thing at all."""
        return self.party in {"", side} and not (self.barred and is_same_person(self.barred, name))


def matters_of(
    days: KnownDays,
    effective: EffectiveEntries,
    one: ContractAssessment | None,
    now_ms: int,
    differing: Collection[str] = (),
) -> tuple[Matter, ...]:
    """All of a contract, that of `days`, the soonest first, what has no day last. `one`: its running month; None:
    nothing is assessed yet. `differing`: signed months of which a KPI's figure is another one than was signed."""
    found = _Waiting(days, effective, now_ms, differing)
    several = [*found.entered(), *(found.worked_out(one) if one is not None else ())]
    return tuple(sorted(several, key=lambda matter: (matter.on or date.max, matter.kind, matter.entry or 0)))


def describe_asked(entry: Entry, contract: Contract) -> str:
    """An entry that asks for a decision, with the time that it is about."""
    body = entry.body
    when = f", {format_stretch(body.start_ms, body.end_ms, contract.time_zone)}" if isinstance(body, Timed) else ""
    return f"{describe_entry(entry, contract)}{when}"


@dataclass(frozen=True)
class _Waiting:
    days: KnownDays
    effective: EffectiveEntries
    now_ms: int
    differing: Collection[str]

    @property
    def contract(self) -> Contract:
        return self.days.contract

    @property
    def zone(self) -> ZoneInfo:
        return self.contract.time_zone

    @property
    def today(self) -> date:
        return local_date(self.now_ms, self.zone)

    def entered(self) -> Iterator[Matter]:
        """What follows from the register alone."""
        yield from map(self._decision, self.effective.pending(self.contract))
        for entry, action in self.effective.open_actions:
            what = f"{plain(action.owner)}: {abridged(plain(entry.note), NOTE_LENGTH)}"
            yield Matter("action", Action.FINISH_ACTION, what, action.due_on, entry=entry.number)
        for proposal in terms_said(self.effective).open:
            begins_on = local_date(proposal.said.start_ms, self.zone)
            yield Matter(
                "terms", Action.APPROVE_TERMS, describe_entry(proposal.entry, self.contract), begins_on,
                barred=proposal.entry.actor, entry=proposal.entry.number,
            )  # fmt: skip

    def worked_out(self, one: ContractAssessment) -> Iterator[Matter]:
        """What follows from figures."""
        yield from self._figures(one)
        yield from self._obligations(one)
        yield from self._claims(one)
        for month in one.recovery.months:
            yield from self._credit(month, one.currency)
        yield from self._sign_offs(one)

    def _decision(self, entry: Entry) -> Matter:
        body = entry.body
        what = describe_asked(entry, self.contract)
        has_four_eyes = self.contract.version_at(getattr(body, "start_ms", entry.at_ms)).terms.relief.four_eyes
        barred = entry.actor if has_four_eyes else ""
        return Matter("decide", Action.DECIDE, what, self._decide_by(entry), barred=barred, entry=entry.number)

    def _decide_by(self, entry: Entry) -> date | None:
        """A booking before it begins; the rest by the review of the month that it is about."""
        body = entry.body
        if isinstance(body, Maintenance) and body.start_ms > self.now_ms:
            return local_date(body.start_ms, self.zone)
        months = body.months(self.zone)
        return self._deadline(months[-1], "review") if months else None

    def _deadline(self, month: str, kind: str) -> date | None:
        run = run_of(self.contract)
        if not run.first <= month <= (run.last or month):
            return None
        return next((one.on for one in self.days.of_month(month) if one.kind == kind), None)

    def _figures(self, one: ContractAssessment) -> Iterator[Matter]:
        titles = {kpi.kpi: kpi.title for kpi in one.kpis}
        for kpi, month in one.missing_figures:
            title = f" ({titles[kpi]})" if titles.get(kpi, kpi) not in {"", kpi} else ""
            what = f"{kpi}{title} of {format_month(month)}"
            party = self._gives(kpi, month)
            on = self._deadline(month, "report")
            yield Matter("figure", Action.GIVE_FIGURES, plain(what), on, party=party, month=month, name=kpi)

    def _gives(self, kpi: str, month: str) -> str:
        """The party whose figure counts; empty: either may give it."""
        period = period_of(self.contract, month)
        terms = terms_in(self.contract, period, period.end_ms)
        source = next((each.source_of_truth for each in terms.kpis if each.id == kpi), "joint")
        return source if source in {"supplier", "authority"} else ""

    def _obligations(self, one: ContractAssessment) -> Iterator[Matter]:
        for due in one.obligations.due:
            if due.state in {"late", "due", "due_soon"}:
                what = f"{plain(due.terms.title)}{f', {plain(due.terms.clause)}' if due.terms.clause else ''}"
                yield Matter(
                    "obligation", Action.FINISH_ACTION, what, due.last_on, party=due.terms.party,
                    month=f"{due.due_on}", name=due.terms.id,
                )  # fmt: skip

    def _claims(self, one: ContractAssessment) -> Iterator[Matter]:
        """What can be claimed for a while only: the authority's credits, and relief of the supplier's failures."""
        today, claimed = self.today, {said.month for _, said in self.effective.of(CreditClaim)}
        for past in one.earlier:
            credit = past.credit
            if credit.unclaimed and not credit.is_lapsed and past.month not in claimed:
                what = f"{format_money(credit.unclaimed, one.currency)} of {format_month(past.month)}"
                yield Matter(
                    "claim_credit", Action.TRACK_CREDITS, what, credit.claim_by, party="authority", month=past.month
                )
            relief_by = self.days.relief_by(past.month)
            is_near = relief_by is not None and today <= relief_by <= today + timedelta(days=AHEAD_DAYS)
            if is_near and past.failures:
                failed = format_count(past.failures, "KPI")
                what = f"Last day to claim relief for {format_month(past.month)}, in which {failed} missed the target"
                yield Matter("claim_relief", Action.CLAIM_RELIEF, what, relief_by, party="supplier", month=past.month)

    def _credit(self, one: MonthCredit, currency: str) -> Iterator[Matter]:
        """The next step of a month's credit, and what of it is late."""

        def step(kind: MatterKind, amount: Decimal, on: date | None) -> Matter:
            disputed = ", which is disputed" if one.disputed_by else ""
            part = ", credit of" if amount == one.expected else " of the credit of"
            what = f"{format_money(amount, currency)}{part} {format_month(one.month)}{disputed}"
            return Matter(kind, Action.TRACK_CREDITS, what, on, party="authority", month=one.month, amount=f"{amount}")

        left = one.open
        if not left:
            return
        if left < 0:
            yield step("refund", -left, None)
            return
        if one.to_notify:
            yield step("notify", one.to_notify, one.days.notify_by)
        if one.notified and one.to_invoice:
            yield step("invoice", one.to_invoice, one.days.invoice_by)
        if one.days_late and one.invoiced:
            yield step("payment", left, one.due_on)

    def _sign_offs(self, one: ContractAssessment) -> Iterator[Matter]:
        months = [past.month for past in one.earlier if past.is_measured and not self.effective.sign_off(past.month)]
        old, young = months[: 1 - MONTHS_APART], months[1 - MONTHS_APART :]
        for month in young:
            on = self._deadline(month, "review")
            what = describe_deadline(Deadline(on or self.today, "review", month))
            yield Matter("sign_off", Action.SIGN_OFF, what, on, month=month)
        if old:
            yield self._older(old)
        for past in filter(self._is_restated, one.earlier):
            what = f"{format_month(past.month)} once more: its figures are not those that were signed off"
            yield Matter("sign_off", Action.SIGN_OFF, what, None, month=past.month)
        for past in one.earlier:
            signed = self.effective.sign_off(past.month)
            if signed is not None and self.effective.countersignature(past.month) is None:
                what = f"{describe_entry(signed[0], self.contract)}"
                yield Matter(
                    "countersign", Action.COUNTERSIGN, what, None,
                    party="supplier", barred=signed[0].actor, entry=signed[0].number, month=past.month,
                )  # fmt: skip

    def _is_restated(self, past: PeriodResult) -> bool:
        signed = self.effective.sign_off(past.month)
        if signed is None:
            return False
        return past.month in self.differing or not is_worth_as_signed(past, signed[1])

    def _older(self, months: Sequence[str]) -> Matter:
        """The oldest comes first: its sign-off is what the next one rests on."""
        more = f", and {format_count(len(months) - 1, 'later month')}" if len(months) > 1 else ""
        on, month = self._deadline(months[0], "review"), months[0]
        return Matter("sign_off", Action.SIGN_OFF, f"{format_month(month)} is not signed off{more}", on, month=month)
