"""The register of a contract: its entries, the newest first, page by page, and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sla_monitor.contract.contract import Contract
from sla_monitor.document.spreadsheet import MEDIA_TYPE, csv_of_texts
from sla_monitor.ledger import read_only
from sla_monitor.periods.months import is_month
from sla_monitor.register.affected_months import months_of
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import KINDS, Entry, Timed
from sla_monitor.register.instant import format_utc
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import as_read_by, visible_to
from sla_monitor.web.desk.entry_page import EntryFate, fate_of
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.identity.person import Person
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.instants import format_instant, format_stretch
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import abridged, describe_left_out, plain, plain_lines

SHOWN, IN_FILE = 50, 100_000
"""Entries on a page, and in a file: the newest."""

OTHERS = "choose a kind, a month or a person on the page, and take the file of that"
NOTE_SHOWN = 160
"""Characters of a note in the list."""

STATES = {"waits": "waits for a decision", "decided": "decided", "replaced": "replaced", "undone": "taken back"}
"""What `state_of` says of an entry, by what the address says; of one that is decided it says how."""
COLUMNS = (
    "entry", "entered_at", "actor", "known_by", "kind", "says", "from", "until", "months", "state", "by_entry", "files",
    "reference", "documents", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RegisterChoice:
    """What was asked for; empty: whatever it is. `who`: a part of the name of whoever entered it, or a party;
    `before`: entries before this one, 0: all; `problem`: what of it means nothing."""

    kind: str = ""
    who: str = ""
    month: str = ""
    state: str = ""
    before: int = 0
    problem: str = ""

    @property
    def query(self) -> str:
        """The same as the end of an address."""
        given = {"kind": self.kind, "who": self.who, "month": self.month, "state": self.state}
        told = {name: text for name, text in given.items() if text}
        return urlencode(told | ({"before": f"{self.before}"} if self.before else {}))

    def page_before(self, number: int) -> str:
        """The end of the address of another page of the same."""
        return replace(self, before=number).query


def chosen(given: Mapping[str, Sequence[str]]) -> RegisterChoice:
    kind, who, month, state, before = (
        next(iter(given.get(name, ())), "").strip()[:200] for name in ("kind", "who", "month", "state", "before")
    )
    is_number = before.isascii() and before.isdecimal() and len(before) <= 10
    found = RegisterChoice(
        kind if kind in KINDS else "", who, month, state if state in STATES else "", int(before) if is_number else 0
    )
    if month and not is_month(month):
        return replace(found, month="", problem="The month makes no sense: write it as 2026-10.")
    asked = {"kind": (kind, found.kind), "state": (state, found.state)}
    unknown = next(
        (f"No {name} is called {plain(text[:60])}." for name, (text, kept) in asked.items() if text != kept), ""
    )
    return replace(found, problem=unknown)


def wanted_entries(
    entries: Sequence[Entry], standing: EffectiveEntries, contract: Contract, choice: RegisterChoice
) -> Iterator[Entry]:
    """Those that were asked for, the newest first. `entries`: those that somebody may know of, ascending."""
    by_number = {one.number: one for one in entries} if choice.month else {}
    who, zone = choice.who.casefold(), contract.time_zone
    for entry in reversed(entries):
        body = entry.body
        if (
            (choice.before and entry.number >= choice.before)
            or (choice.kind and body.kind != choice.kind)
            or (who and who not in entry.actor.casefold() and who != getattr(body, "party", ""))
            or (choice.state and not _is_in(choice.state, fate_of(entry, standing, contract)))
            or (choice.month and choice.month not in months_of(body, zone, by_number))
        ):
            continue
        yield entry


def _is_in(state: str, fate: EntryFate) -> bool:
    told, _ = state_of(fate)
    return bool(told) and told == {**STATES, "decided": fate.decided}[state]


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """An entry in the list. `state`: what came of it, and `by` the entry by which it did; `tone`: how it looks."""

    number: int
    words: str
    when: str
    entered: str
    actor: str
    note: str
    files: str
    state: str
    by: int | None
    tone: str


def register_row(entry: Entry, contract: Contract, fate: EntryFate, files: int) -> RegisterRow:
    body, zone = entry.body, contract.time_zone
    state, by = state_of(fate)
    tones = {"granted": "up", "granted in part": "up", "refused": "down", "waits for a decision": "degraded"}
    return RegisterRow(
        entry.number,
        describe_entry(entry, contract),
        format_stretch(body.start_ms, body.end_ms, zone) if isinstance(body, Timed) else "",
        format_instant(entry.at_ms, zone),
        plain(entry.actor),
        plain(abridged(" ".join(entry.note.split()), NOTE_SHOWN)),
        format_count(files, "file") if files else "",
        state,
        by,
        tones.get(state, ""),
    )


def state_of(fate: EntryFate) -> tuple[str, int | None]:
    """What came of an entry in a word or two, and by which entry."""
    if fate.undone:
        return "taken back", fate.undone
    if fate.replaced:
        return "replaced", fate.replaced
    if fate.decided_by:
        return fate.decided, fate.decided_by
    return ("waits for a decision", None) if fate.waits else ("", None)


def register_csv(
    found: Sequence[Entry], everything: Sequence[Entry], standing: EffectiveEntries, contract: Contract,
    files: Mapping[int, int],
) -> str:  # fmt: skip
    """Entries for a spreadsheet, with instants in UTC: IN_FILE at most, and what is left out is said."""
    entries = found[:IN_FILE]
    by_number = {one.number: one for one in everything}
    rows = []
    for entry in entries:
        body = entry.body
        span = (format_utc(body.start_ms), format_utc(body.end_ms)) if isinstance(body, Timed) else ("", "")
        state, by = state_of(fate_of(entry, standing, contract))
        months = " ".join(months_of(body, contract.time_zone, by_number))
        rows.append(
            (
                f"{entry.number}", format_utc(entry.at_ms), plain(entry.actor), plain(entry.known_by or ""), body.kind,
                describe_entry(entry, contract), *span, months, state, f"{by or ''}",
                f"{files.get(entry.number, '')}", *map(plain, (entry.reference, entry.evidence)),
                plain_lines(entry.note),
            )
        )  # fmt: skip
    is_cut = len(found) > len(entries)
    return csv_of_texts(COLUMNS, rows, describe_left_out(IN_FILE, OTHERS) if is_cut else "")


class RegisterPages(DeskHandler):
    """Base of the list and of its file."""

    action = Action.SEE_SERVICE

    async def found(
        self, contract: Contract, choice: RegisterChoice, most: int
    ) -> tuple[list[Entry], Sequence[Entry], EffectiveEntries]:
        """Those that were asked for, so many at most, as this person may read them; all that they may know of; and what
        stands."""
        said = await self.site.entering.run(self.desk.entries, contract.id)
        standing = await self.standing(contract.id)
        return await self.site.fetching.run(_found, self.person, contract, said, standing, choice, most)

    def counts(self, entries: Sequence[Entry]) -> Mapping[int, int]:
        """How many files these have; from a thread. Raises LedgerError and its kinds."""
        if not entries:
            return {}
        with read_only(self.desk.ledger) as reader:
            return reader.attachment_counts(entries[-1].number, entries[0].number)


def _found(
    person: Person, contract: Contract, said: Sequence[Entry], standing: EffectiveEntries, choice: RegisterChoice,
    most: int,
) -> tuple[list[Entry], Sequence[Entry], EffectiveEntries]:  # fmt: skip
    visible = visible_to(person, contract.id, said)
    several = wanted_entries(visible, standing, contract, choice)
    return [as_read_by(person, one) for one, _ in zip(several, range(most), strict=False)], visible, standing


class RegisterPage(RegisterPages):
    """`GET /desk/contracts/<contract>/entries`; `?kind=`, `?who=`, `?month=` and `?state=` choose, `?before=` leads to
    older ones."""

    async def get(self, name: str) -> None:
        contract, choice = self.contract(name), chosen(self.arguments_given())
        if choice.problem:
            self.set_status(422)
        found, visible, standing = await self.found(contract, choice, SHOWN + 1)
        shown = found[:SHOWN]
        files = await self.site.fetching.run(self.counts, shown)
        rows = [
            register_row(one, contract, fate_of(one, standing, contract), files.get(one.number, 0)) for one in shown
        ]
        self.show_page(
            "register.html", contract=contract, choice=choice, kinds=_kinds(visible), states=STATES, rows=rows,
            older=choice.page_before(shown[-1].number) if len(found) > SHOWN else "",
            newest=choice.page_before(0), may_comment=self.person.may(Action.COMMENT, contract.id),
            total=format_count(len(visible), "entry", "entries"), is_chosen=bool(choice.page_before(0)),
            in_file="These as CSV" if len(visible) <= IN_FILE else f"The newest {IN_FILE:,} of these as CSV",
        )  # fmt: skip

    head = get


def _kinds(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """The kinds that there are entries of: names and words."""
    there = {one.body.kind for one in entries}
    return [(name, name.replace("_", " ")) for name in KINDS if name in there]


class RegisterFile(RegisterPages):
    """`GET /desk/contracts/<contract>/entries.csv`: the same, see `register_csv`. The download is in the audit."""

    async def get(self, name: str) -> None:
        contract, choice = self.contract(name), chosen(self.arguments_given())
        self.refuse_senseless(choice.problem)
        found, visible, standing = await self.found(contract, choice, IN_FILE + 1)
        files = await self.site.fetching.run(self.counts, found)
        content = await self.site.fetching.run(register_csv, found, visible, standing, contract, files)
        self.note(DeskEvent.DOWNLOADED, contract=contract.id, subject="entries.csv")
        self.give_file(content.encode(), MEDIA_TYPE, f"{contract.id}-entries.csv")

    head = get
