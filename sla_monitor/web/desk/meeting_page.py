"""The page on the wall of a review meeting: what was missed, its cost, what is open, who does what, and the minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from sla_monitor.assess.assessment import KpiAssessment
from sla_monitor.assess.month_outages import MonthOutage, month_failures, waivers_of
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.document.signing_off import describe_worth
from sla_monitor.register.entries import MeetingAction, Minute
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.closed_month import points_of
from sla_monitor.web.desk.entry_fields import Filled, FormField, fields_of
from sla_monitor.web.desk.failure_deeds import FailureDeeds
from sla_monitor.web.desk.month_now import MonthNow
from sla_monitor.web.desk.outages_page import FailureReader, FailureRow, MonthPart
from sla_monitor.wording.figure_changes import describe_set_off
from sla_monitor.wording.figures import format_figure, format_target
from sla_monitor.wording.instants import format_day, format_instant, format_month
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.numbers import format_points
from sla_monitor.wording.rulings import describe_waivers
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import MISSED, describe_id
from sla_monitor.wording.waiting import Urgency, describe_last_day, urgency_of

SHOWN_OUTAGES = 5
"""Without a cause, on the page itself: all of them are on the page of outages."""


@dataclass(frozen=True, slots=True)
class MissedKpi:
    """A KPI that missed its target. `gross`: with nothing excluded, before any relief; `claimed`: if every claim were
    granted; `counts`: after the relief that is agreed; `waive`: the form that lets it pass, empty: this person may
    not."""

    kpi: str
    title: str
    target: str
    gross: str
    claimed: str
    counts: str
    band: str
    points: str
    waived: str
    waive: str


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action that nobody has done yet."""

    number: int
    text: str
    owner: str
    due: str
    urgency: Urgency
    kpi: str
    review: str


@dataclass(frozen=True, slots=True)
class MinuteRow:
    """A line of the minutes, as it was written."""

    number: int
    text: str
    by: str


class MeetingPage(MonthPart):
    """`GET /desk/contracts/<contract>/months/<month>/meeting`. Its forms are those of the kinds of entry, and lead
    back."""

    async def get(self, contract: str, month: str) -> None:
        now = await self.now(contract, month)
        failures = await self.site.rendering.run(month_failures, now.contract, now.assessed, now.effective)
        days = await self.days(now.contract)
        here = f"/desk/contracts/{quote(now.contract.id, safe='')}/months/{month}"
        deeds = FailureDeeds(days, self.person, month, f"{here}/meeting", now.now_ms)
        reader = FailureReader(now, self.person, deeds)
        wanting = [one for one in failures.outages if one.lacks_cause]
        review_on = next((one.on for one in days.of_month(month) if one.kind == "review"), None)
        today = local_date(now.now_ms, now.contract.time_zone)
        self.show_page(
            "meeting.html",
            contract=now.contract,
            title=format_month(month),
            month=month,
            here=here,
            now=now,
            one=now.assessed,
            as_of=format_instant(now.assessed.at_ms, now.contract.time_zone),
            review=format_day(review_on) if review_on else "",
            worth=describe_worth(now.assessed),
            set_off=describe_set_off(now.assessed.result),
            missed=[_missed(kpi, now, deeds) for kpi in now.assessed.kpis if kpi.is_kept is False],
            points=await self._points(now),
            decisions=[reader.dispute(entry) for entry in now.effective.pending(now.contract)],
            wanting=_rows(reader, wanting[:SHOWN_OUTAGES]),
            more_wanting=len(wanting) - SHOWN_OUTAGES,
            missed_wanting=[reader.missed(one) for one in failures.missed if one.cause is None],
            actions=_actions(now, today),
            minutes=_minutes(now),
            came_back=await self.came_back(now.contract),
            may={
                "minutes": self.person.may(Action.KEEP_MINUTES, now.contract.id),
                "done": self.person.may(Action.FINISH_ACTION, now.contract.id),
            },
            action_fields=_action_fields(now.contract),
        )

    head = get

    async def _points(self, now: MonthNow) -> Sequence[str]:
        """What is open of a month that is over."""
        if now.is_running:
            return ()
        future = await self.site.entering.run(self.desk.future_entries, now.contract.id)
        return await self.site.fetching.run(points_of, self.site, now.assessed, future)


def _missed(kpi: KpiAssessment, now: MonthNow, deeds: FailureDeeds) -> MissedKpi:
    terms = kpi.terms

    def shown(view: str) -> str:
        figure = {f"{name}": figure for name, figure in kpi.views.items()}.get(view)
        return "" if terms is None or figure is None or figure.value is None else format_figure(figure.value, terms)

    agreed = kpi.views.get("agreed")
    counted = kpi.result.value if kpi.result is not None else agreed.value if agreed else None
    band = kpi.result.band if kpi.result is not None else agreed.band if agreed else None
    return MissedKpi(
        kpi=kpi.kpi,
        title=plain(kpi.title if kpi.title != kpi.kpi else ""),
        target=format_target(terms) if terms else "",
        gross=shown("gross"),
        claimed=shown("claimed"),
        counts=format_figure(counted, terms) if terms else "",
        band=describe_id(plain(band or "")) or MISSED.lower(),
        points=format_points(kpi.result.points) if kpi.result else "",
        waived=describe_waivers(waivers_of(now.effective, kpi.kpi, now.month)),
        waive=deeds.waive(kpi),
    )


def _rows(reader: FailureReader, several: Sequence[MonthOutage]) -> list[FailureRow]:
    return [reader.outage(one) for one in several]


def _actions(now: MonthNow, today: date) -> list[ActionRow]:
    """Those that are open, of all months: the soonest first, what has no day last."""
    several = sorted(now.effective.open_actions, key=lambda pair: (pair[1].due_on or date.max, pair[0].number))
    return [
        ActionRow(
            number=entry.number,
            text=entry.note,
            owner=plain(said.owner),
            due=describe_last_day(said.due_on, today),
            urgency=urgency_of(said.due_on, today),
            kpi=said.kpi or "",
            review="" if said.month in {None, now.month} else format_month(said.month or ""),
        )
        for entry, said in several
    ]


def _minutes(now: MonthNow) -> list[MinuteRow]:
    return [
        MinuteRow(entry.number, entry.note, describe_actor(entry.actor, entry.known_by))
        for entry, said in now.effective.of(Minute)
        if said.month == now.month
    ]


_ASKED: Mapping[str, tuple[str, str]] = {
    "note": ("What is to be done", "In a sentence."),
    "owner": ("Who", "The person who does it."),
    "due": ("By when", "The last day."),
    "kpi": ("KPI", "For a rectification plan."),
}


def _action_fields(contract: Contract) -> list[FormField]:
    """Those of an action that a meeting asks for, in its words."""
    known = {one.name: one for one in fields_of(MeetingAction, contract, Filled(), ())}
    return [
        replace(known[name], label=label, help=told, is_required=name in {"note", "owner"})
        for name, (label, told) in _ASKED.items()
    ]
