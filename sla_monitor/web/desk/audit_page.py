"""The audit for who may read it: who came, was refused, downloaded and entered, each with what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sla_monitor.contract.fields import parse_day
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.document.spreadsheet import MEDIA_TYPE, csv_of_texts
from sla_monitor.ledger import ChainHead, read_only
from sla_monitor.ledger.recording.audit import DeedFilter, ProvedDeed, proved_deeds
from sla_monitor.register.instant import format_utc
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.known_by import describe_known_by
from sla_monitor.wording.text import describe_left_out, plain

SHOWN, IN_FILE = 150, 100_000
"""Rows on a page, and in a file, the newest; a day and a person choose others."""
OTHERS = "choose a day, a person or an event on the page, and take the file of that"

ENTERED = "entered"
EVENTS = (ENTERED, *DeskEvent)
COLUMNS = ("at", "until", "event", "count", "who", "known", "contract", "what", "from", "entry", "digest", "link")


@dataclass(frozen=True, slots=True)
class AuditChoice:
    """What was asked for, as it was typed, and what it means; `problem`: why it means nothing."""

    person: str
    event: str
    day: str
    wanted: DeedFilter
    problem: str = ""

    @property
    def query(self) -> str:
        """The same as the end of an address."""
        given = {"person": self.person, "event": self.event, "day": self.day}
        return urlencode({name: text for name, text in given.items() if text})


def chosen(given: dict[str, list[str]]) -> AuditChoice:
    """Days are of UTC: the audit is of all contracts."""
    person, event, day = (next(iter(given.get(name, ())), "").strip()[:200] for name in ("person", "event", "day"))
    if event and event not in EVENTS:
        return AuditChoice(person, "", day, DeedFilter(person), f"No event is called {plain(event[:60])}.")
    if not day:
        return AuditChoice(person, event, day, DeedFilter(person, event))
    try:
        on = parse_day(day)
        from_ms, until_ms = (midnight_ms(one, UTC) for one in (on, on + timedelta(days=1)))
    except (ValueError, OverflowError):
        problem = "The day makes no sense: write it as 2026-11-30."
        return AuditChoice(person, event, day, DeedFilter(person, event), problem)
    return AuditChoice(person, event, day, DeedFilter(person, event, from_ms=from_ms, until_ms=until_ms))


@dataclass(frozen=True, slots=True)
class DeedRow:
    """What somebody did. `proof`: where the chain has it; `digest`: of an entry, its own."""

    at: str
    event: str
    who: str
    known: str
    contract: str
    what: str
    where: str
    proof: str
    digest: str


def deed_row(deed: ProvedDeed) -> DeedRow:
    one = deed.event
    return DeedRow(
        format_instant(one.at_ms, ZoneInfo("UTC")),
        _event(one.event, one.count),
        plain(one.actor),
        plain(describe_known_by(one.known_by)),
        plain(one.contract),
        _about(one.event, one.subject),
        plain(one.addresses),
        f"link {deed.link}",
        deed.digest,
    )


def audit_csv(deeds: Sequence[ProvedDeed]) -> str:
    """The same for a spreadsheet, the newest last, with instants in UTC and whole digests: IN_FILE at most, and what is
    left out is said."""
    rows = []
    for deed in deeds[-IN_FILE:]:
        one = deed.event
        entry = "" if deed.entry is None else f"{deed.entry}"
        words = (one.actor, one.known_by, one.contract, one.subject, one.addresses)
        times = (format_utc(one.at_ms), format_utc(one.until_ms))
        rows.append((*times, one.event, f"{one.count}", *map(plain, words), entry, deed.digest, f"{deed.link}"))
    is_cut = len(deeds) > len(rows)
    return csv_of_texts(COLUMNS, rows, describe_left_out(IN_FILE, OTHERS) if is_cut else "")


def _about(event: str, subject: str) -> str:
    """What somebody was forbidden, in the words of the refusal; another version may have had other names for it."""
    is_known = event == DeskEvent.FORBIDDEN and subject in set(Action)
    return TABLE[Action(subject)].words if is_known else plain(subject)


def _event(event: str, count: int) -> str:
    words = event.replace("-", " ").capitalize()
    return f"{words} × {count:,}" if count > 1 else words


class AuditPage(DeskHandler):
    """`GET /desk/audit`; `?person=`, `?event=` and `?day=` choose."""

    action = Action.SEE_AUDIT

    async def get(self) -> None:
        choice = chosen(self.arguments_given())
        if choice.problem:
            self.set_status(422)
        deeds, head = await self.site.fetching.run(self._found, choice.wanted, SHOWN + 1)
        self.show_page(
            "audit.html", choice=choice, events=EVENTS, rows=[deed_row(one) for one in reversed(deeds[-SHOWN:])],
            is_more=len(deeds) > SHOWN, shown=SHOWN, in_file=f"{IN_FILE:,}",
            head=head.line(self.site.clock.now_ms()) if head else "",
        )  # fmt: skip

    head = get

    def _found(self, wanted: DeedFilter, count: int) -> tuple[list[ProvedDeed], ChainHead | None]:
        path = self.desk.ledger
        with read_only(path) as reader:
            return proved_deeds(path, count, wanted), reader.head()


class AuditFile(DeskHandler):
    """`GET /desk/audit.csv`: the same, as `audit_csv` has it. The download is in the audit itself."""

    action = Action.SEE_AUDIT

    async def get(self) -> None:
        choice = chosen(self.arguments_given())
        self.refuse_senseless(choice.problem)
        deeds = await self.site.fetching.run(proved_deeds, self.desk.ledger, IN_FILE + 1, choice.wanted)
        self.note(DeskEvent.DOWNLOADED, subject="audit.csv")
        self.give_file(audit_csv(deeds).encode(), MEDIA_TYPE, "audit.csv")

    head = get
