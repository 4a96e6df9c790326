"""The outages and failures of a month: how each counts, what was said about it, and what can be entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import KpiAssessment
from sla_monitor.assess.failure_causes import GivenCause
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.month_outages import MissedWithoutOutage, MonthFailures, MonthOutage, month_failures, waivers_of
from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import Entry, Timed
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import as_read_by
from sla_monitor.web.desk.failure_deeds import Deed, FailureDeeds
from sla_monitor.web.desk.forms import ENTERED, IS_AGAIN, desk_path
from sla_monitor.web.desk.month_now import MonthNow, month_now
from sla_monitor.web.identity.person import Person
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.figure_changes import format_result
from sla_monitor.wording.instants import format_instant, format_month, format_stretch
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.rulings import AWAITS, NO_CAUSE, describe_excluded, describe_ruling, describe_waivers
from sla_monitor.wording.sights import describe_end, describe_lasted, describe_seen_at
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import MISSED, describe_reason

SHOWN = 50
"""Outages on one page."""


@dataclass(frozen=True, slots=True)
class SaidRow:
    """An entry about a failure. `pieces`: what becomes of the time that it asks for; `decide`: where this person
    decides about it, empty: they do not."""

    number: int
    words: str
    state: str
    pieces: tuple[str, ...]
    decide: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class CauseRow:
    """`entry` None: nobody has said."""

    words: str
    owner: str = ""
    entry: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """An outage as people read it. `kpis`: those that count some of it, each with how much, and how it stands where it
    is missed; `in_hand`: who has acknowledged it, and what they wrote."""

    id: str
    service: str
    address: str
    when: str
    lasted: str
    in_hours: str
    counts: str
    kpis: tuple[tuple[str, str, str], ...]
    reason: str
    seen_at: str
    cause: CauseRow
    lacks_cause: bool
    said: tuple[SaidRow, ...]
    in_hand: tuple[tuple[str, str], ...]
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class MissedRow:
    """A KPI that was missed, and no outage is why. `waived`: by which entries, in words."""

    kpi: str
    title: str
    result: str
    cause: CauseRow
    waived: str
    said: tuple[SaidRow, ...]
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class CameBack:
    """What somebody has entered who comes back from a form. `undo`: where they take it back, empty: they may not."""

    number: int
    is_again: bool
    undo: str


@dataclass(frozen=True, slots=True)
class FailureReader:
    """Failures in words, for one person. `deeds`: what they can enter about each."""

    now: MonthNow
    person: Person
    deeds: FailureDeeds

    @property
    def zone(self) -> ZoneInfo:
        return self.now.contract.time_zone

    def outage(self, one: MonthOutage) -> FailureRow:
        outage, contract = one.outage, self.now.contract
        until_ms = self.now.now_ms if outage.end_ms is None else outage.end_ms
        when = format_stretch(outage.start_ms, outage.end_ms, self.zone)
        return FailureRow(
            id=f"{one.service.service}-{outage.start_ms}",
            service=plain(one.service.name),
            address=f"/services/{quote(contract.id, safe='')}/{quote(one.service.service, safe='')}",
            when=describe_end(when, is_seen=outage.end_seen),
            lasted=describe_lasted(until_ms - outage.start_ms, is_seen=outage.end_seen),
            in_hours=format_duration(outage.gross_ms),
            counts=format_duration(outage.downtime_ms),
            kpis=tuple(
                (plain(kpi.title or kpi.kpi), format_duration(each.downtime_ms), self._missed_words(kpi))
                for kpi, each in one.kpis
            ),
            reason=describe_reason(outage.reason),
            seen_at=plain(describe_seen_at(outage.endpoints, outage.places)),
            cause=self.cause(one.cause),
            lacks_cause=one.lacks_cause,
            said=tuple(self._said(entry, one) for entry in one.entries),
            in_hand=tuple(map(self._in_hand, one.in_hand)),
            deeds=tuple(self.deeds.of_outage(one)),
        )

    def missed(self, one: MissedWithoutOutage) -> MissedRow:
        kpi, period = one.kpi, one.kpi.period or self.now.assessed.period
        span = period.start_ms, min(period.end_ms, self.now.now_ms)
        return MissedRow(
            kpi=kpi.kpi,
            title=plain(kpi.title if kpi.title != kpi.kpi else ""),
            result=plain(format_result(kpi.result, None, kpi.terms)),
            cause=self.cause(one.cause),
            waived=describe_waivers(waivers_of(self.now.effective, kpi.kpi, self.now.month)),
            said=tuple(self._row(entry, ()) for entry in one.entries),
            deeds=tuple(self.deeds.of_kpi(kpi, one.cause, span)),
        )

    def cause(self, given: GivenCause | None) -> CauseRow:
        if given is None:
            return CauseRow(NO_CAUSE)
        entry, said = given
        return CauseRow(plain(said.root_cause), plain(said.owner), entry.number, entry.note)

    def _missed_words(self, kpi: KpiAssessment) -> str:
        """`missed`, `missed, waived by entry 12`; empty: it is not missed."""
        if kpi.is_kept is not False:
            return ""
        waived = describe_waivers(waivers_of(self.now.effective, kpi.kpi, self.now.month))
        return f"{MISSED.lower()}, {waived}" if waived else MISSED.lower()

    def dispute(self, entry: Entry) -> SaidRow:
        """One that is told of the month as a whole, with its time if it has one."""
        row, body = self._row(entry, ()), entry.body
        when = f", {format_stretch(body.start_ms, body.end_ms, self.zone)}" if isinstance(body, Timed) else ""
        told = f"{row.words}{when}"
        return SaidRow(row.number, told, row.state, row.pieces, row.decide, row.is_open)

    def _said(self, entry: Entry, one: MonthOutage) -> SaidRow:
        pieces = (each for each in one.excluded if each.entry == entry.number and not each.is_pending)
        return self._row(
            entry,
            tuple(
                describe_excluded((each.start_ms, each.end_ms), each.granted, each.why, self.zone) for each in pieces
            ),
        )

    def _row(self, entry: Entry, pieces: tuple[str, ...]) -> SaidRow:
        contract = self.now.contract
        state = describe_ruling(entry, self.now.effective, contract)
        is_open = state == AWAITS
        decide = f"/desk/contracts/{quote(contract.id, safe='')}/entries/{entry.number}/decide"
        may = is_open and self.person.may(Action.DECIDE, contract.id)
        return SaidRow(entry.number, describe_entry(entry, contract), state, pieces, decide if may else "", is_open)

    def _in_hand(self, entry: Entry) -> tuple[str, str]:
        read = as_read_by(self.person, entry)
        at = format_instant(entry.at_ms, self.zone)
        return f"{describe_actor(entry.actor, entry.known_by)}, {at}, entry {entry.number}", plain(read.note)


class MonthPart(DeskHandler):
    """Base of the pages about a month that has begun."""

    action = Action.SEE_SERVICE

    async def now(self, contract: str, month: str) -> MonthNow:
        """Raises Refusal, LedgerError and its kinds."""
        return await month_now(self.site, self.desk, self.board, self.contract(contract), month)

    async def days(self, contract: Contract) -> KnownDays:
        return await self.site.entering.run(self.desk.days, contract)

    async def came_back(self, contract: Contract) -> CameBack | None:
        """What this person has entered just now; None: nothing."""
        given = self.arguments_given()
        number = next(iter(given.get(ENTERED, ())), "")
        if not number or number not in await self.own_numbers(contract.id):
            return None
        may = self.person.may(Action.UNDO, contract.id)
        undo = f"/desk/contracts/{quote(contract.id, safe='')}/entries/{number}/undo"
        return CameBack(int(number), IS_AGAIN in given, undo if may else "")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of a month is asked for. `service`: its id, empty: all; `page`: from 1 on."""

    service: str = ""
    is_without_cause: bool = False
    page: int = 1

    def address(self, path: str, page: int) -> str:
        asked = {"service": self.service, "without": "cause" if self.is_without_cause else ""}
        asked["page"] = f"{page}" if page > 1 else ""
        told = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{told}" if told else path

    def holds(self, one: MonthOutage) -> bool:
        return self.service in {"", one.service.service} and (one.lacks_cause or not self.is_without_cause)


class OutagesPage(MonthPart):
    """`GET /desk/contracts/<contract>/months/<month>/outages`; `?service=…`, `&without=cause`, `&page=2`."""

    async def get(self, contract: str, month: str) -> None:
        now, chosen = await self.now(contract, month), self._chosen()
        failures = await self.site.rendering.run(month_failures, now.contract, now.assessed, now.effective)
        path = f"/desk/contracts/{quote(now.contract.id, safe='')}/months/{month}/outages"
        shown = [one for one in failures.outages if chosen.holds(one)]
        pages = max(1, -(-len(shown) // SHOWN))
        chosen = Chosen(chosen.service, chosen.is_without_cause, min(chosen.page, pages))
        here = chosen.address(path, chosen.page)
        deeds = FailureDeeds(await self.days(now.contract), self.person, month, desk_path(here) or path, now.now_ms)
        reader = FailureReader(now, self.person, deeds)
        self.show_page(
            "outages.html",
            contract=now.contract,
            title=format_month(month),
            month=month,
            now=now,
            as_of=format_instant(now.assessed.at_ms, now.contract.time_zone),
            came_back=await self.came_back(now.contract),
            chosen=chosen,
            services=[(one.service, plain(one.name)) for one in now.assessed.services],
            total=len(failures.outages),
            summary=_summary(failures),
            found=len(shown),
            without_cause=failures.without_cause,
            rows=[reader.outage(one) for one in shown[(chosen.page - 1) * SHOWN : chosen.page * SHOWN]],
            missed=_missed(failures, chosen, reader),
            pages=pages,
            before=chosen.address(path, chosen.page - 1) if chosen.page > 1 else "",
            after=chosen.address(path, chosen.page + 1) if chosen.page < pages else "",
        )

    head = get

    def _chosen(self) -> Chosen:
        given = self.arguments_given()

        def first(name: str) -> str:
            return next(iter(given.get(name, ())), "")

        page = first("page")
        number = int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 6 else 1
        return Chosen(first("service"), first("without") == "cause", max(1, number))


def _summary(failures: MonthFailures) -> str:
    outages = format_count(len(failures.outages), "outage")
    missed = format_count(len(failures.missed), "KPI")
    return f"{outages}; {missed} missed without one." if failures.missed else f"{outages}."


def _missed(failures: MonthFailures, chosen: Chosen, reader: FailureReader) -> Sequence[MissedRow]:
    """On the first page, where no other service is asked for."""
    if chosen.page > 1 or chosen.service:
        return ()
    several = (one for one in failures.missed if one.cause is None or not chosen.is_without_cause)
    return [reader.missed(one) for one in several]
